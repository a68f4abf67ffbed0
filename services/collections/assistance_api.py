"""HTTP of financial assistance: apply, prove, decide by the client's policy, confirm, take back, and the letter."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import Field

from services.collections.api import Accounts, Limit
from services.collections.assistance_letter import determination_pdf
from services.collections.books import books_of
from services.collections.core.assistance import AssistanceDecider, AssistanceMessage, assess
from services.collections.core.assistance_messages import (
    AmendAssistance,
    AssistanceCommand,
    Code,
    ConfirmAssistance,
    DecideAssistance,
    EndAssistance,
    HouseholdSize,
    Income,
    Reason,
    RequestAssistance,
    State,
)
from services.collections.core.assistance_policy import AssistancePolicy
from services.collections.core.assistance_state import Application
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.identity import Guarantor
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key

assistance = APIRouter()

Collector = Annotated[Principal, Depends(allow("collector"))]
Reader = Annotated[Principal, Depends(allow("collector", "operator", "auditor"))]
Status = Literal["open", "waiting", "granted", "denied", "withdrawn", "lapsed", "revoked"]


def assistance_of(request: Request) -> AssistanceDecider:
    deciders = running_of(request).spec.deciders
    return cast("AssistanceDecider", next(one for one in deciders if one.kind == "assistance"))


def policy_of(request: Request) -> AssistancePolicy:
    return books_of(request).assistance


Assistance = Annotated[AssistanceDecider, Depends(assistance_of)]
Policy = Annotated[AssistancePolicy, Depends(policy_of)]


class ApplicationBody(Body):
    """What is known when somebody asks. What is not known yet may come later; the application counts from now."""

    account_id: Annotated[str, Field(min_length=1, max_length=100)]
    state: State
    household_size: HouseholdSize | None = None
    incomes: tuple[Income, ...] | None = Field(default=None, max_length=20)
    enrolled_in: tuple[Code, ...] = Field(default=(), max_length=20)
    received_on: date | None = None


class AmendBody(Body):
    """What was learned or brought since."""

    state: State | None = None
    household_size: HouseholdSize | None = None
    incomes: tuple[Income, ...] | None = Field(default=None, max_length=20)
    enrolled_in: tuple[Code, ...] | None = Field(default=None, max_length=20)
    documents: tuple[Code, ...] = Field(default=(), max_length=20)


class DecideBody(Body):
    """Grant what the policy says, or another percentage for a reason; or deny."""

    grants: bool
    discount_percent: int | None = Field(default=None, ge=1, le=100)
    reason: Reason


class ConfirmBody(Body):
    """A second person's word."""

    confirmed: bool
    reason: Reason


class EndBody(Body):
    """Withdrawn by the applicant, or revoked: what was granted is taken back."""

    how: Literal["withdrawn", "revoked"]
    reason: Reason


@assistance.post("/assistance", status_code=201)
async def apply(
    body: ApplicationBody,
    run: Run,
    caller: Collector,
    key: IdempotencyKey,
    kind: Assistance,
    accounts: Accounts,
    policy: Policy,
) -> dict[str, Any]:
    """Open an application. From now on nothing asks the guarantor for money until it is decided."""
    rows = await run.store.load(accounts, (account := Key(caller.tenant, body.account_id),))
    if rows[account].version == 0:
        raise HTTPException(404, "no such account here")
    today = run.clock.now().date()
    if body.received_on is not None and body.received_on > today:
        raise HTTPException(422, "received_on: an application is entered after it came")
    command_id = await first_use(run, caller, key, _digest(run, caller, "apply", body))
    episode = rows[account].snapshot.state.episode
    command = RequestAssistance(
        meta=_meta(run, caller, command_id, f"fap_{command_id.hex[:20]}", body.account_id),
        application_id=f"fap_{command_id.hex[:20]}",
        account_id=body.account_id,
        state=body.state,
        household_size=body.household_size,
        incomes=body.incomes,
        enrolled_in=body.enrolled_in,
        received_on=body.received_on or today,
        first_statement_on=None if episode is None else episode.first_statement_on,
    )
    state = (await run.shell.transact_one(kind, command)).snapshot.state
    await run.audit.record(caller, "assistance.apply", f"assistance/{command.application_id}")
    return shown_application(policy, caller.tenant, state)


@assistance.get("/assistance")
async def find_applications(
    run: Run,
    caller: Reader,
    kind: Assistance,
    policy: Policy,
    *,
    status: Status | None = None,
    account_id: Annotated[str | None, Query(max_length=100)] = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Applications by id; pages start `after` one. `status=waiting` are those that wait for a second person."""
    where: dict[str, Scalar] = {
        name: value for name, value in (("status", status), ("account_id", account_id)) if value is not None
    }
    if len(where) > 1:
        raise HTTPException(422, "filter by one of status, account_id")
    found = await run.store.find(kind, caller.tenant, where, after, limit)
    await run.audit.record(caller, "assistance.list", "assistance")
    return [shown_application(policy, caller.tenant, one) for _, one in found]


@assistance.get("/assistance/{application_id}")
async def application(
    application_id: str, run: Run, caller: Reader, kind: Assistance, policy: Policy
) -> dict[str, Any]:
    """One application, with what the policy says of it as it is now."""
    state = await _known(run, caller, kind, application_id)
    await run.audit.record(caller, "assistance.read", f"assistance/{application_id}")
    return shown_application(policy, caller.tenant, state)


@dataclass(frozen=True, slots=True)
class Wish:
    """What every change of one application needs: whose, by whom, and what decides it."""

    application_id: str
    run: Run
    caller: Collector
    key: IdempotencyKey
    kind: Assistance
    policy: Policy

    async def is_done(self, command_type: type[AssistanceCommand], body: Body) -> dict[str, Any]:
        """The application after the command; 409 with the reason where it changes nothing."""
        run, caller, name = self.run, self.caller, self.application_id
        before = await _known(run, caller, self.kind, name)
        verb = command_type.__name__.removesuffix("Assistance").lower()
        command_id = await first_use(run, caller, self.key, _digest(run, caller, f"{verb}/{name}", body))
        command = command_type(
            meta=_meta(run, caller, command_id, name, before.account_id),
            application_id=name,
            **{field: getattr(body, field) for field in type(body).model_fields},
        )
        await run.audit.record(caller, f"assistance.{verb}", f"assistance/{name}", getattr(body, "reason", ""))
        state = (await run.shell.transact_one(self.kind, cast("AssistanceMessage", command))).snapshot.state
        if because := state.because(str(command_id)):
            raise HTTPException(409, because)
        return shown_application(self.policy, caller.tenant, state)


Wished = Annotated[Wish, Depends()]


@assistance.post("/assistance/{application_id}/amend")
async def amend(body: AmendBody, wish: Wished) -> dict[str, Any]:
    """Add what was learned or brought. One that was denied or lapsed is opened again by it."""
    return await wish.is_done(AmendAssistance, body)


@assistance.post("/assistance/{application_id}/decide")
async def decide(body: DecideBody, wish: Wished) -> dict[str, Any]:
    """Decide it. Against the policy, or above what one person may grant, it waits for a second person."""
    return await wish.is_done(DecideAssistance, body)


@assistance.post("/assistance/{application_id}/confirm")
async def confirm(body: ConfirmBody, wish: Wished) -> dict[str, Any]:
    """Another person confirms a decision, or gives it back; 409 for the one who decided."""
    return await wish.is_done(ConfirmAssistance, body)


@assistance.post("/assistance/{application_id}/end")
async def end(body: EndBody, wish: Wished) -> dict[str, Any]:
    """Withdraw an open application, or take back what was granted; payments then undoes what it gave up."""
    return await wish.is_done(EndAssistance, body)


@assistance.get("/assistance/{application_id}/letter.pdf")
async def letter(
    application_id: str,
    run: Run,
    caller: Collector,
    kind: Assistance,
    accounts: Accounts,
    policy: Policy,
    request: Request,
) -> Response:
    """The letter that fits where it stands: what is missing, or what was decided and why, and how to object."""
    state = await _known(run, caller, kind, application_id)
    account = Key(caller.tenant, state.account_id)
    owner = (await run.store.load(accounts, (account,)))[account].snapshot.state
    sealed, language = owner.sealed_guarantor, owner.person.language
    head = books_of(request).letterheads.get(caller.tenant)
    if sealed is None or head is None:
        raise HTTPException(409, "there is nobody to write to, or no letterhead for this client")
    await run.audit.record(caller, "assistance.letter", f"assistance/{application_id}")
    try:
        guarantor = Guarantor.model_validate_json(await run.sealer.open(sealed))
    except SealBrokenError:
        raise HTTPException(410, "the guarantor's data was shredded") from None
    found, today = assess(policy, caller.tenant, state), run.clock.now().date()
    pdf = determination_pdf(head, guarantor, state, found, today, language)
    return Response(pdf, media_type="application/pdf")


def _digest(run: Runtime, caller: Principal, what: str, body: Body) -> str:
    """Incomes are nobody's business in a key store: a pseudonym tells one body from another."""
    return run.pseudonyms.of("req", caller.tenant, what, body.model_dump_json())


def _meta(run: Runtime, caller: Principal, command_id: UUID, application_id: str, account_id: str) -> Any:
    return command_meta(run, caller, "collections", command_id, f"assistance/{application_id}", account_id)


async def _known(run: Runtime, caller: Principal, kind: AssistanceDecider, application_id: str) -> Application:
    key = Key(caller.tenant, application_id)
    row = (await run.store.load(kind, (key,)))[key]
    if not row.snapshot.state.application_id:
        raise HTTPException(404, "no such application here")
    return row.snapshot.state


def shown_application(policy: AssistancePolicy, tenant: str, state: Application) -> dict[str, Any]:
    """An application for a screen: amounts in cents a year, and what the policy says of it."""
    found, decided = assess(policy, tenant, state), state.decision
    return {
        "application_id": state.application_id,
        "account_id": state.account_id,
        "status": state.status,
        "received_on": state.received_on,
        "late": state.late,
        "documents_by": state.documents_by,
        "state": state.state,
        "household_size": state.household_size,
        "incomes": None if state.incomes is None else [one.model_dump() for one in state.incomes],
        "enrolled_in": state.enrolled_in,
        "documents": state.documents,
        "policy": {
            "missing": found.missing,
            "discount_percent": found.discount_percent,
            "income_percent": found.income_percent,
            "why": found.why,
            "versions": [one for one in (found.program, found.poverty) if one],
        },
        "decision": None if decided is None else decided.model_dump(exclude={"type", "application_id"}),
        "confirmed_by": state.confirmed_by,
        "ended_because": state.reason,
    }
