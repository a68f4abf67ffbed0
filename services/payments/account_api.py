"""HTTP about one claim or charge: its books down to the entries, write-offs, where money goes, who the patient is."""

from typing import Annotated, Any, Literal
from uuid import UUID

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
from services.payments.policy.patient import load_never_billed, load_shares
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
Informer = Annotated[Principal, Depends(allow("poster", "biller", "integrator"))]
Limit = Annotated[int, Query(ge=1, le=200)]
Why = Annotated[str, Field(min_length=3, max_length=500, description="Why; no patient data.")]
Item = Annotated[str, Field(min_length=1, max_length=80, description="A claim or charge of the account.")]
Cents = Annotated[int, Field(strict=True, gt=0, le=99_999_999_99)]

STOPS, SHARES = load_never_billed(), load_shares()
"""Read once; the entries are dated."""


class WriteOffBody(Body):
    """Money of one claim or charge that is given up; `side` says of whose share."""

    item_id: Item
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


@account_work.post("/accounts/{account_id}/write-offs", status_code=201)
async def write_off(
    account_id: str, body: WriteOffBody, run: Run, caller: Poster, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Give up money: posted within the limit of its reason, else it waits for another person. 409 with the rule."""
    command_id = await _first(run, caller, key, f"{account_id}/{body.model_dump_json()}")
    write_off_id = f"wo_{command_id.hex}"
    state = await _say(
        run,
        caller,
        accounts,
        RequestWriteOff(
            meta=_meta(run, caller, command_id, account_id),
            account_id=account_id,
            write_off_id=write_off_id,
            item_id=body.item_id,
            side=body.side,
            reason=body.reason,
            written_off_cents=body.written_off_cents,
            note=body.note,
        ),
        body.note,
    )
    return _answered_write_off(state, write_off_id)


@account_work.post("/accounts/{account_id}/write-offs/{write_off_id}/decision")
async def decide(
    account_id: str,
    write_off_id: str,
    body: DecisionBody,
    run: Run,
    caller: Poster,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Approve or decline. 403 for the person who asked; 409 when it does not wait."""
    before = await _account(run, accounts, Key(caller.tenant, account_id))
    asked = before.asked_write_offs.get(write_off_id)
    if asked is None:
        raise HTTPException(404, "no such write-off was asked for")
    if asked.requested_by == caller.actor:
        raise HTTPException(403, "another person decides about a write-off than the one who asked for it")
    command_id = await _first(run, caller, key, f"{account_id}/{write_off_id}/{body.model_dump_json()}")
    command = DecideWriteOff(
        meta=_meta(run, caller, command_id, account_id),
        account_id=account_id,
        write_off_id=write_off_id,
        approved=body.approved,
        note=body.note,
    )
    state = await _say(run, caller, accounts, command, body.note)
    made = state.asked_write_offs[write_off_id]
    if made.decided_by != caller.actor or (made.status == "declined") is body.approved:
        raise HTTPException(409, f"it was decided before: {made.status}")
    return _answered_write_off(state, write_off_id)


@account_work.post("/accounts/{account_id}/write-offs/{write_off_id}/revert")
async def revert(
    account_id: str,
    write_off_id: str,
    body: NoteBody,
    run: Run,
    caller: Poster,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Undo what stands of a write-off, whoever made it. 409 when nothing of it stands."""
    command_id = await _first(run, caller, key, f"{account_id}/{write_off_id}/revert/{body.note}")
    command = RevertWriteOff(
        meta=_meta(run, caller, command_id, account_id),
        account_id=account_id,
        write_off_id=write_off_id,
        note=body.note,
    )
    return shown_balance(_done(await _say(run, caller, accounts, command, body.note), command_id))


@account_work.post("/accounts/{account_id}/payments/{payment_id}/move")
async def move(
    account_id: str,
    payment_id: str,
    body: MoveBody,
    run: Run,
    caller: Poster,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Put money of a payment on another claim or charge, by linked entries. 409 with what there is."""
    command_id = await _first(run, caller, key, f"{account_id}/{payment_id}/{body.model_dump_json()}")
    command = MovePayment(
        meta=_meta(run, caller, command_id, account_id),
        account_id=account_id,
        payment_id=payment_id,
        from_item_id=body.from_item_id,
        to_item_id=body.to_item_id,
        moved_cents=body.moved_cents,
        reason=body.reason,
    )
    return shown_balance(_done(await _say(run, caller, accounts, command, body.reason), command_id))


@account_work.post("/accounts/{account_id}/items/{item_id}/standings")
async def standings(
    account_id: str,
    item_id: str,
    body: StandingsBody,
    run: Run,
    caller: Informer,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Say what is known of the patient that bears on what may be billed; the balance follows at once."""
    command_id = await _first(run, caller, key, f"{account_id}/{item_id}/{body.model_dump_json()}")
    command = NoteStandings(
        meta=_meta(run, caller, command_id, account_id),
        account_id=account_id,
        claim_id=item_id,
        standings=body.standings,
        reason=body.reason,
    )
    state = _done(await _say(run, caller, accounts, command, body.reason), command_id)
    return {**shown_balance(state), "stopped": [one._asdict() for one in state.receivables[item_id].stopped]}


@account_work.post("/accounts/{account_id}/items/{item_id}/insured-correction/close")
async def close(
    account_id: str,
    item_id: str,
    body: CorrectionBody,
    run: Run,
    caller: Informer,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """A person looked after an insured that the payer knows otherwise."""
    command_id = await _first(run, caller, key, f"{account_id}/{item_id}/{body.model_dump_json()}")
    command = CloseCorrection(
        meta=_meta(run, caller, command_id, account_id),
        account_id=account_id,
        claim_id=item_id,
        remittance_id=body.remittance_id,
        position=body.position,
        note=body.note,
    )
    return shown_balance(_done(await _say(run, caller, accounts, command, body.note), command_id))


async def _account(run: Runtime, accounts: AccountDecider, key: Key, item_id: str | None = None) -> Account:
    row = (await run.store.load(accounts, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such account")
    if item_id is not None and item_id not in row.snapshot.state.receivables:
        raise HTTPException(404, "the account has no such claim or charge")
    return row.snapshot.state


async def _first(run: Runtime, caller: Principal, key: str, content: str) -> UUID:
    return await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, content))


def _meta(run: Runtime, caller: Principal, command_id: UUID, account_id: str) -> Meta:
    return command_meta(run, caller, "payments", command_id, f"account/{account_id}", account_id)


async def _say(run: Runtime, caller: Principal, accounts: AccountDecider, word: PersonsWord, why: str) -> Account:
    """A person's word to an account that exists; the account after it."""
    await _account(run, accounts, Key(caller.tenant, word.account_id))
    action = word.type.removeprefix("payments.").removesuffix(".v1")
    await run.audit.record(caller, action, f"account/{word.account_id}", why)
    return (await run.shell.transact_one(accounts, word)).snapshot.state


def _done(state: Account, command_id: UUID) -> Account:
    because = state.answered.get(str(command_id), "")
    if because:
        raise HTTPException(409, because)
    return state


def _answered_write_off(state: Account, write_off_id: str) -> dict[str, Any]:
    asked = state.asked_write_offs[write_off_id]
    if asked.status == "refused":
        raise HTTPException(409, asked.because)
    return {"write_off_id": write_off_id, **shown_write_off(state, write_off_id), **shown_balance(state)}


def shown_write_off(state: Account, write_off_id: str) -> dict[str, Any]:
    asked = state.asked_write_offs[write_off_id]
    return {name: value for name, value in asked._asdict().items() if name != "digest"}
