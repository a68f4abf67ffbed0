"""HTTP about one claim or charge: its books down to the entries, write-offs, where money goes, who the patient is."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field

from services.payments.account_views import shown_claim, shown_entries
from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import LedgerAccount
from services.payments.core.account_messages import (
    ClaimStanding,
    CloseCorrection,
    DecideWriteOff,
    MovePayment,
    NoteStandings,
    PersonsWord,
    RequestWriteOff,
    RevertWriteOff,
)
from services.payments.core.account_state import Account
from services.payments.core.account_write_offs import why_not_approve
from services.payments.policy.patient import load_never_billed, load_shares, load_write_offs
from services.payments.views import shown_balance
from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.runtime import Runtime
from shared.store.port import Key

account_work = APIRouter()

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Poster = Annotated[Principal, Depends(allow("poster"))]
Approver = Annotated[Principal, Depends(allow("poster", "operator"))]
Informer = Annotated[Principal, Depends(allow("poster", "biller", "integrator"))]
Limit = Annotated[int, Query(ge=1, le=200)]
Why = Annotated[str, Field(min_length=3, max_length=500, description="Why; no patient data.")]
Item = Annotated[str, Field(min_length=1, max_length=80, description="A claim or charge of the account.")]
Cents = Annotated[int, Field(strict=True, gt=0, le=99_999_999_99)]

STOPS, SHARES, WRITE_OFFS = load_never_billed(), load_shares(), load_write_offs()
"""Read once; the entries are dated."""


class WriteOffBody(Body):
    """Money that is given up; `side` says of whose share. An empty `item_id` is the whole account, the oldest first."""

    item_id: Annotated[str, Field(max_length=80, description="A claim or charge of the account; empty: all of them.")]
    side: Literal["patient", "payer"]
    reason: str = Field(pattern=r"^[a-z_]{1,40}$", description="As the write-off policy names it.")
    written_off_cents: Cents
    note: Why


class DecisionBody(Body):
    """The second person's word."""

    approved: bool
    note: Why


class NoteBody(Body):
    """Why a person does so."""

    note: Why


class MoveBody(Body):
    """Empty `from_item_id`: from what is unapplied. Empty `to_item_id`: it stays unapplied until moved on."""

    from_item_id: str = Field(default="", max_length=80)
    to_item_id: str = Field(default="", max_length=80)
    moved_cents: Cents
    reason: Why


class StandingsBody(Body):
    """Everything that is known, not only what is new."""

    standings: tuple[ClaimStanding, ...] = Field(max_length=5)
    reason: Why


class CorrectionBody(NoteBody):
    """Which decision named another insured."""

    remittance_id: str = Field(min_length=1, max_length=80)
    position: int = Field(ge=1)


def account_decider(request: Request) -> AccountDecider:
    decider: AccountDecider = running_of(request).spec.deciders[0]
    return decider


Accounts = Annotated[AccountDecider, Depends(account_decider)]


@account_work.get("/work")
async def work(
    run: Run,
    caller: Reader,
    accounts: Accounts,
    *,
    about: Literal["corrected", "write_off_waits", "stopped"],
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Accounts where a person is asked: an insured corrected, a write-off to approve, amounts never to be billed."""
    where: dict[str, Scalar] = {about: True}
    found = await run.store.find(accounts, caller.tenant, where, after, limit)
    return [{**shown_balance(state), **_about(state)} for _, state in found]


def _about(state: Account) -> dict[str, Any]:
    return {
        "insured_corrections": [
            {"item_id": item_id, **place._asdict()}
            for item_id, item in state.receivables.items()
            for place in item.corrections
        ],
        "write_offs_waiting": [
            {"write_off_id": name, **shown_write_off(state, name)}
            for name, asked in state.asked_write_offs.items()
            if asked.status == "waiting"
        ],
        "stopped": [
            {"item_id": item_id, **one._asdict()} for item_id, item in state.receivables.items() for one in item.stopped
        ],
    }


@account_work.get("/accounts/{account_id}/items/{item_id}")
async def claim(account_id: str, item_id: str, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """One claim or charge with its lines, shares, and what may never be billed to the patient."""
    key = Key(caller.tenant, account_id)
    state = await _account(run, accounts, key, item_id)
    facts = [entry.fact for entry in await run.store.history(accounts, key)]
    return shown_claim(state, item_id, facts, STOPS, SHARES)


@account_work.get("/accounts/{account_id}/entries")
async def entries(
    account_id: str,
    run: Run,
    caller: Reader,
    accounts: Accounts,
    *,
    item_id: str | None = None,
    line: int | None = None,
    ledger_account: LedgerAccount | None = None,
) -> dict[str, Any]:
    """The entries of a balance: of the account, one claim or charge, one line, and one of the book's accounts.

    With `ledger_account`, each entry says what it adds, and the last one comes to the balance that is shown elsewhere.
    """
    key = Key(caller.tenant, account_id)
    await _account(run, accounts, key, item_id)
    return shown_entries(await run.store.history(accounts, key), item_id, line, ledger_account)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whoever speaks to an account, and the key of the one thing that is said."""

    run: Runtime
    caller: Principal
    accounts: AccountDecider
    key: str

    async def meta(self, account_id: str, *content: str) -> Meta:
        """The envelope of what is said; 422 when the key was used for other content."""
        digest = self.run.pseudonyms.of("req", self.caller.tenant, "/".join((account_id, *content)))
        command_id = await first_use(self.run, self.caller, self.key, digest)
        return command_meta(self.run, self.caller, "payments", command_id, f"account/{account_id}", account_id)

    async def account(self, account_id: str) -> Account:
        return await _account(self.run, self.accounts, Key(self.caller.tenant, account_id))

    async def say(self, word: PersonsWord, why: str) -> Account:
        """A person's word to an account that exists; the account after it."""
        await self.account(word.account_id)
        action = word.type.removeprefix("payments.").removesuffix(".v1")
        await self.run.audit.record(self.caller, action, f"account/{word.account_id}", why)
        return (await self.run.shell.transact_one(self.accounts, word)).snapshot.state

    async def done(self, word: PersonsWord, why: str) -> Account:
        """The same; 409 with the reason when it was not done."""
        state = await self.say(word, why)
        if because := state.answered.get(str(word.meta.id), ""):
            raise HTTPException(409, because)
        return state


def _poster(run: Run, caller: Poster, accounts: Accounts, key: IdempotencyKey) -> Speaker:
    return Speaker(run, caller, accounts, key)


def _informer(run: Run, caller: Informer, accounts: Accounts, key: IdempotencyKey) -> Speaker:
    return Speaker(run, caller, accounts, key)


PosterSays = Annotated[Speaker, Depends(_poster)]


def _approver(run: Run, caller: Approver, accounts: Accounts, key: IdempotencyKey) -> Speaker:
    return Speaker(run, caller, accounts, key)


ApproverSays = Annotated[Speaker, Depends(_approver)]
InformerSays = Annotated[Speaker, Depends(_informer)]


@account_work.post("/accounts/{account_id}/write-offs", status_code=201)
async def write_off(account_id: str, body: WriteOffBody, speaker: PosterSays) -> dict[str, Any]:
    """Give up money: posted within the limit of its reason, else it waits for another person. 409 with the rule."""
    meta = await speaker.meta(account_id, body.model_dump_json())
    command = RequestWriteOff(
        meta=meta,
        account_id=account_id,
        write_off_id=f"wo_{meta.id.hex}",
        roles=tuple(sorted(speaker.caller.roles)),
        **body.model_dump(),
    )
    return _answered_write_off(await speaker.say(command, body.note), command.write_off_id)


@account_work.post("/accounts/{account_id}/write-offs/{write_off_id}/decision")
async def decide(account_id: str, write_off_id: str, body: DecisionBody, speaker: ApproverSays) -> dict[str, Any]:
    """Approve or decline. 403 for the person who asked, and above what their roles may; 409 when it does not wait."""
    asked = (await speaker.account(account_id)).asked_write_offs.get(write_off_id)
    if asked is None:
        raise HTTPException(404, "no such write-off was asked for")
    if asked.requested_by == speaker.caller.actor:
        raise HTTPException(403, "another person decides about a write-off than the one who asked for it")
    meta = await speaker.meta(account_id, write_off_id, body.model_dump_json())
    roles = tuple(sorted(speaker.caller.roles))
    if body.approved and (because := why_not_approve(WRITE_OFFS, asked, roles, meta.occurred_at.date())):
        raise HTTPException(403, because)
    command = DecideWriteOff(
        meta=meta, account_id=account_id, write_off_id=write_off_id, roles=roles, **body.model_dump()
    )
    state = await speaker.say(command, body.note)
    made = state.asked_write_offs[write_off_id]
    if made.decided_by != speaker.caller.actor or (made.status == "declined") is body.approved:
        raise HTTPException(409, f"it was decided before: {made.status}")
    return _answered_write_off(state, write_off_id)


@account_work.post("/accounts/{account_id}/write-offs/{write_off_id}/revert")
async def revert(account_id: str, write_off_id: str, body: NoteBody, speaker: PosterSays) -> dict[str, Any]:
    """Undo what stands of a write-off, whoever made it. 409 when nothing of it stands."""
    meta = await speaker.meta(account_id, write_off_id, "revert", body.note)
    command = RevertWriteOff(meta=meta, account_id=account_id, write_off_id=write_off_id, note=body.note)
    return shown_balance(await speaker.done(command, body.note))


@account_work.post("/accounts/{account_id}/payments/{payment_id}/move")
async def move(account_id: str, payment_id: str, body: MoveBody, speaker: PosterSays) -> dict[str, Any]:
    """Put money of a payment on another claim or charge, by linked entries. 409 with what there is."""
    meta = await speaker.meta(account_id, payment_id, body.model_dump_json())
    command = MovePayment(meta=meta, account_id=account_id, payment_id=payment_id, **body.model_dump())
    return shown_balance(await speaker.done(command, body.reason))


@account_work.post("/accounts/{account_id}/items/{item_id}/standings")
async def standings(account_id: str, item_id: str, body: StandingsBody, speaker: InformerSays) -> dict[str, Any]:
    """Say what is known of the patient that bears on what may be billed; the balance follows at once."""
    meta = await speaker.meta(account_id, item_id, body.model_dump_json())
    command = NoteStandings(meta=meta, account_id=account_id, claim_id=item_id, **body.model_dump())
    state = await speaker.done(command, body.reason)
    return {**shown_balance(state), "stopped": [one._asdict() for one in state.receivables[item_id].stopped]}


@account_work.post("/accounts/{account_id}/items/{item_id}/insured-correction/close")
async def close(account_id: str, item_id: str, body: CorrectionBody, speaker: InformerSays) -> dict[str, Any]:
    """A person looked after an insured that the payer knows otherwise."""
    meta = await speaker.meta(account_id, item_id, body.model_dump_json())
    command = CloseCorrection(meta=meta, account_id=account_id, claim_id=item_id, **body.model_dump())
    return shown_balance(await speaker.done(command, body.note))


async def _account(run: Runtime, accounts: AccountDecider, key: Key, item_id: str | None = None) -> Account:
    row = (await run.store.load(accounts, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such account")
    if item_id is not None and item_id not in row.snapshot.state.receivables:
        raise HTTPException(404, "the account has no such claim or charge")
    return row.snapshot.state


def _answered_write_off(state: Account, write_off_id: str) -> dict[str, Any]:
    asked = state.asked_write_offs[write_off_id]
    if asked.status == "refused":
        raise HTTPException(409, asked.because)
    return {"write_off_id": write_off_id, **shown_write_off(state, write_off_id), **shown_balance(state)}


def shown_write_off(state: Account, write_off_id: str) -> dict[str, Any]:
    asked = state.asked_write_offs[write_off_id]
    return {name: value for name, value in asked._asdict().items() if name != "digest"}
