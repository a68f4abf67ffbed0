"""HTTP about the person who owes: how to reach them, what they want and agreed to, what restricts us."""

from datetime import date, time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, Field, field_validator, model_validator

from services.collections.api import Accounts, Collector, Reader
from services.collections.core.person import Assistance, ConsentKind, Standing
from services.collections.core.person_facts import (
    BankruptcyNoted,
    CeaseNoted,
    ConsentGiven,
    ConsentWithdrawn,
    DebtNoted,
    FlagName,
    FlagNoted,
    HoldsReleased,
    HoursNoted,
    LanguageNoted,
    MediumAllowed,
    MediumName,
    MediumStopped,
    PersonFacts,
    QuietHours,
    ReachChange,
    ReachChanged,
    ReachNoted,
)
from services.collections.core.person_messages import NotePerson
from services.collections.person_views import shown_person
from services.collections.places import zone_exists
from services.collections.telling import Reasoned, ShortId, known_account, told
from shared.contracts import NonNegativeCents
from shared.http import Body, IdempotencyKey, Run
from shared.identity import PostalAddress

person = APIRouter()


class ReachBody(Reasoned):
    """A way to reach them: a postal address, or a number or e-mail address in `value`. It is sealed at once."""

    reach_id: ShortId
    kind: Literal["post", "phone", "mobile", "email"]
    value: Annotated[str, Field(min_length=3, max_length=254)] | None = None
    address: PostalAddress | None = None
    zones: tuple[str, ...] = ()
    of_workplace: bool = False
    confirmed: bool = False
    ownership_checked_on: date | None = None
    handed_over_on: date | None = None

    @field_validator("zones")
    @classmethod
    def _zones_exist(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        if not all(zone_exists(zone) for zone in zones):
            msg = "a time zone that does not exist; give IANA names such as America/Chicago"
            raise ValueError(msg)
        return zones

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ReachBody":
        if (self.kind == "post") != (self.address is not None) or (self.address is None) != (self.value is not None):
            msg = "give address for post, and value for everything else"
            raise ValueError(msg)
        if self.kind == "email" and (self.value or "").count("@") != 1:
            msg = "value: an e-mail address has one @"
            raise ValueError(msg)
        return self


class ChangeBody(Reasoned):
    """What is known now of a way to reach them."""

    change: ReachChange
    at: AwareDatetime
    why: Literal["", "returned_mail", "bounced", "wrong_number", "unreachable", "inconvenient"] = ""


class ConsentBody(Reasoned):
    """What they agreed to. `proof` is the id of the record that shows it; empty `reach_id`: every address."""

    consent_id: ShortId
    kind: ConsentKind
    reach_id: str = ""
    given_at: AwareDatetime
    proof: ShortId


class WithdrawalBody(Reasoned):
    """They took it back."""

    at: AwareDatetime
    how: Literal["letter", "phone", "email", "text", "portal"]


class HoursBody(Body):
    """Hours they called inconvenient, by their own clock; weekdays from 0, a Monday."""

    begins: time
    ends: time
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)


class WishesBody(Reasoned):
    """What they want; whatever is not given stays. `hours` replace those noted before."""

    language: Literal["en", "es"] | None = None
    stop: Literal["call", "text", "email", "letter", "portal", "all"] | None = None
    allow: Literal["call", "text", "email", "letter", "portal", "all"] | None = None
    hours: tuple[HoursBody, ...] | None = None
    cease: bool | None = None
    at: AwareDatetime
    how: Literal["letter", "phone", "email", "text", "portal"] = "phone"


class FlagBody(Reasoned):
    """Something that restricts what may be done, or restricts it no more."""

    flag: FlagName
    holds: bool
    since: date


class BankruptcyBody(Reasoned):
    """A bankruptcy case; its number and court are sealed."""

    case_id: ShortId
    case_number: Annotated[str, Field(max_length=60)] = ""
    court: Annotated[str, Field(max_length=120)] = ""
    chapter: Literal["7", "11", "12", "13"]
    standing: Literal["filed", "discharged", "dismissed"]
    filed_on: date
    closed_on: date | None = None

    @model_validator(mode="after")
    def _closed_when_over(self) -> "BankruptcyBody":
        if (self.standing == "filed") != (self.closed_on is None):
            msg = "closed_on goes with discharged and dismissed, and only with them"
            raise ValueError(msg)
        return self


class DebtBody(Reasoned):
    """What is known of the debt; whatever is not given stays."""

    qmb_cents: NonNegativeCents | None = None
    medicaid_cents: NonNegativeCents | None = None
    protected_cents: NonNegativeCents | None = None
    above_estimate_cents: NonNegativeCents | None = None
    standing: Standing | None = None
    incurred_on: date | None = None
    delinquent_on: date | None = None
    assistance: Assistance | None = None
    estimate_dispute_open: bool | None = None
    eligibility_pending: bool | None = None
    appeal_pending: bool | None = None
    summary_sent: bool | None = None
    oral_effort_on: date | None = None


@person.get("/accounts/{account_id}/person")
async def get_person(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """The guarantor's own record: everything but what is sealed."""
    return shown_person(await known_account(run, accounts, caller.tenant, account_id))


@person.post("/accounts/{account_id}/reaches", status_code=201)
async def post_reach(
    account_id: str, body: ReachBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Note a way to reach them."""
    clear = body.address.model_dump_json() if body.address is not None else (body.value or "").strip()
    noted = ReachNoted(
        account_id=account_id,
        reach_id=body.reach_id,
        kind=body.kind,
        sealed=await run.sealer.seal(caller.tenant, account_id, clear.encode()),
        zones=body.zones,
        of_workplace=body.of_workplace,
        confirmed=body.confirmed,
        ownership_checked_on=body.ownership_checked_on,
        handed_over_on=body.handed_over_on,
    )
    return await _noted(run, caller, accounts, key, body, account_id, "person.reach", noted)


@person.post("/accounts/{account_id}/reaches/{reach_id}/changes", status_code=201)
async def post_change(
    account_id: str,
    reach_id: str,
    body: ChangeBody,
    run: Run,
    caller: Collector,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Say what is known now of a way to reach them: it is right, wrong, refused, used, checked."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    if account.person.reach(reach_id) is None:
        raise HTTPException(404, "the account knows no such way to reach them")
    changed = ReachChanged(account_id=account_id, reach_id=reach_id, change=body.change, at=body.at, why=body.why)
    return await _noted(run, caller, accounts, key, body, account_id, "person.reach", changed)


@person.post("/accounts/{account_id}/consents", status_code=201)
async def post_consent(
    account_id: str, body: ConsentBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Note that they agreed, and which record shows it."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    if body.reach_id and account.person.reach(body.reach_id) is None:
        raise HTTPException(404, "the account knows no such way to reach them")
    given = ConsentGiven(
        account_id=account_id,
        consent_id=body.consent_id,
        kind=body.kind,
        reach_id=body.reach_id,
        given_at=body.given_at,
        proof=body.proof,
    )
    return await _noted(run, caller, accounts, key, body, account_id, "person.consent", given)


@person.post("/accounts/{account_id}/consents/{consent_id}/withdrawal", status_code=201)
async def post_withdrawal(
    account_id: str,
    consent_id: str,
    body: WithdrawalBody,
    run: Run,
    caller: Collector,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Note that they took it back: it counts at once."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    if not any(one.consent_id == consent_id for one in account.person.consents):
        raise HTTPException(404, "they gave no such consent")
    withdrawn = ConsentWithdrawn(account_id=account_id, consent_id=consent_id, at=body.at, how=body.how)
    return await _noted(run, caller, accounts, key, body, account_id, "person.consent", withdrawn)


@person.post("/accounts/{account_id}/wishes", status_code=201)
async def post_wishes(
    account_id: str, body: WishesBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Note what they want: language, hours, media, or that we stop altogether."""
    facts: list[PersonFacts] = []
    if body.language is not None:
        facts.append(LanguageNoted(account_id=account_id, language=body.language))
    if body.stop is not None:
        facts.append(MediumStopped(account_id=account_id, medium=_medium(body.stop), at=body.at, how=body.how))
    if body.allow is not None:
        facts.append(MediumAllowed(account_id=account_id, medium=_medium(body.allow), at=body.at))
    if body.hours is not None:
        hours = tuple(QuietHours(**one.model_dump()) for one in body.hours)
        facts.append(HoursNoted(account_id=account_id, hours=hours))
    if body.cease is not None:
        facts.append(CeaseNoted(account_id=account_id, at=body.at if body.cease else None))
    if not facts:
        raise HTTPException(422, "name at least one wish: language, stop, allow, hours or cease")
    return await _noted(run, caller, accounts, key, body, account_id, "person.wishes", *facts)


@person.post("/accounts/{account_id}/flags", status_code=201)
async def post_flag(
    account_id: str, body: FlagBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Note that they died, are a minor, on active duty, have an attorney, or that their employer forbids contact."""
    noted = FlagNoted(account_id=account_id, flag=body.flag, holds=body.holds, since=body.since)
    return await _noted(run, caller, accounts, key, body, account_id, "person.flag", noted)


@person.post("/accounts/{account_id}/bankruptcy", status_code=201)
async def post_bankruptcy(
    account_id: str, body: BankruptcyBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Note a bankruptcy case: everything stops when it is filed, and an agency gives the account back."""
    clear = f"{body.case_number}\n{body.court}".encode()
    noted = BankruptcyNoted(
        account_id=account_id,
        case_id=body.case_id,
        chapter=body.chapter,
        standing=body.standing,
        filed_on=body.filed_on,
        closed_on=body.closed_on,
        sealed_case=await run.sealer.seal(caller.tenant, account_id, clear),
    )
    return await _noted(run, caller, accounts, key, body, account_id, "person.bankruptcy", noted)


@person.post("/accounts/{account_id}/debt", status_code=201)
async def post_debt(
    account_id: str, body: DebtBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Note what is known of the debt: amounts nobody may be asked for, its age, what is pending."""
    noted = DebtNoted(account_id=account_id, **body.model_dump(exclude={"reason"}))
    return await _noted(run, caller, accounts, key, body, account_id, "debt.note", noted)


@person.post("/accounts/{account_id}/holds/release", status_code=201)
async def post_release(
    account_id: str, body: Reasoned, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Let the gate be asked again about what it held: after a rule was confirmed, or a regime switched off."""
    return await _noted(
        run, caller, accounts, key, body, account_id, "gate.release", HoldsReleased(account_id=account_id)
    )


async def _noted(
    run: Run,
    caller: Collector,
    accounts: Accounts,
    key: str,
    body: Reasoned,
    account_id: str,
    action: str,
    *learned: PersonFacts,
) -> dict[str, Any]:
    await known_account(run, accounts, caller.tenant, account_id)
    account, _ = await told(
        run,
        caller,
        accounts,
        key,
        body,
        account_id,
        action,
        lambda meta, _: NotePerson(meta=meta, account_id=account_id, learned=learned),
    )
    return shown_person(account)


def _medium(name: Literal["call", "text", "email", "letter", "portal", "all"]) -> MediumName | None:
    return None if name == "all" else name
