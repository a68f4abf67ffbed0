"""HTTP of underpayments: the list of work, one with its explanation and evidence, and what persons do about it."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import Field

from services.payments.api_models import Poster, Reader, Reason
from services.payments.commands import Desk, known, once
from services.payments.contract_shelf import ContractShelf
from services.payments.core.claim_review import CLAIM_REVIEW
from services.payments.core.remittance import REMITTANCE
from services.payments.core.underpayment import GIVEN_UP, WORKED_ON, PersonsWord, Underpayment
from services.payments.core.underpayment_messages import (
    AcceptUnderpayment,
    AskUnderpaymentWriteOff,
    AssignUnderpayment,
    Channel,
    DecideUnderpaymentWriteOff,
    DisputeUnderpayment,
    NoteCorrespondence,
    ReopenUnderpayment,
)
from services.payments.evidence_pack import Pack, evidence_pdf
from services.payments.receipts import ReceiptHead, receipt_heads
from services.payments.underpayment_parts import UnderpaymentParts, shelf_of, underpayment_parts_of
from services.payments.underpayment_views import age_days, shown_in_full, shown_underpayment, summed, told
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run
from shared.runtime import Runtime
from shared.store.port import Key

underpayments = APIRouter()

Parts = Annotated[UnderpaymentParts, Depends(underpayment_parts_of)]
Shelf = Annotated[ContractShelf, Depends(shelf_of)]
Why = Annotated[str, Field(min_length=3, max_length=500, description="Why; no patient data.")]
PAGE = 200


class DisputeBody(Body):
    """How and when the payer was asked for the rest."""

    disputed_on: date
    channel: Channel
    reference: str = Field(default="", max_length=60, description="The payer's number of it.")
    reason: Why


class CorrespondenceBody(Body):
    """A letter or call about it."""

    on: date
    direction: Literal["to_payer", "from_payer"]
    channel: Channel
    reference: str = Field(default="", max_length=60)
    summary: Why


class DecisionBody(Body):
    """The second person's word."""

    approved: bool
    reason: Why


class OwnerBody(Body):
    """Who looks after it; empty: nobody."""

    owner: str = Field(max_length=80)


class Wanted(Body):
    """Which work items; what is not given asks nothing. Amounts are what is missing, or paid too much."""

    status: str | None = None
    open: bool = False
    payer_id: str | None = None
    contract_id: str | None = None
    claim_id: str | None = None
    owner: str | None = None
    warned: Literal["near", "over"] | None = None
    at_least_cents: Annotated[int, Field(ge=0)] = 0
    at_least_days: Annotated[int, Field(ge=0)] = 0
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def where(self) -> dict[str, Scalar]:
        names = ("status", "payer_id", "contract_id", "claim_id", "owner", "warned")
        asked = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return asked | ({"open": True} if self.open else {})

    def fits(self, state: Underpayment, today: date) -> bool:
        case = state.case
        return (
            case is not None
            and (self.status is not None or state.status != "superseded")
            and max(case.short_cents, case.over_cents) >= self.at_least_cents
            and age_days(state, today) >= self.at_least_days
        )


@underpayments.get("/underpayments")
async def find(run: Run, caller: Reader, parts: Parts, wanted: Annotated[Wanted, Query()]) -> list[dict[str, Any]]:
    """Work items by id; `after` is the last id of the page before."""
    today, after = run.clock.now().date(), wanted.after
    found: list[dict[str, Any]] = []
    while len(found) < wanted.limit:
        page = await run.store.find(parts.underpayment, caller.tenant, wanted.where(), after, PAGE)
        found += [shown_underpayment(state, today) for _, state in page if wanted.fits(state, today)]
        if len(page) < PAGE:
            break
        after = page[-1][0].id
    return found[: wanted.limit]


@underpayments.get("/underpayments/summary")
async def summary(run: Run, caller: Reader, parts: Parts) -> list[dict[str, Any]]:
    """By payer: what is open, disputed, recovered and given up, and what was paid too much."""
    every: list[Underpayment] = []
    after: str | None = None
    while True:
        page = await run.store.find(parts.underpayment, caller.tenant, {}, after, PAGE)
        every += [state for _, state in page]
        if len(page) < PAGE:
            break
        after = page[-1][0].id
    return summed(every, run.clock.now().date())


@underpayments.get("/underpayments/{underpayment_id}")
async def one(underpayment_id: str, run: Run, caller: Reader, parts: Parts) -> dict[str, Any]:
    """One with its lines: which contract, version, term and figures, and how far it is."""
    state = await known(run, caller, parts.underpayment, underpayment_id)
    history = await run.store.history(parts.underpayment, Key(caller.tenant, underpayment_id))
    return shown_in_full(state, history, run.clock.now().date())


@underpayments.get("/underpayments/{underpayment_id}/evidence.pdf")
async def evidence(underpayment_id: str, run: Run, caller: Reader, parts: Parts, shelf: Shelf) -> Response:
    """What the payer is shown: the contract's term, the lines, the remittances, the arithmetic, the correspondence."""
    state = await known(run, caller, parts.underpayment, underpayment_id)
    pack = await _pack(run, caller.tenant, parts, shelf, state)
    await run.audit.record(caller, "underpayment.evidence", f"underpayment/{underpayment_id}")
    headers = {"Content-Disposition": f'attachment; filename="{underpayment_id}.pdf"'}
    return Response(evidence_pdf(pack), media_type="application/pdf", headers=headers)


async def _pack(run: Runtime, tenant: str, parts: UnderpaymentParts, shelf: ContractShelf, state: Underpayment) -> Pack:
    case = state.case
    assert case is not None, "it is known"
    key = Key(tenant, state.claim_id)
    review = (await run.store.load(CLAIM_REVIEW, (key,)))[key].snapshot.state
    ids = {one.remittance_id for one in case.places}
    rows = await run.store.load(REMITTANCE, [Key(tenant, one) for one in ids])
    head = (await shelf.book(tenant)).head(case.contract_id, case.version)
    history = await run.store.history(parts.underpayment, Key(tenant, state.underpayment_id))
    return Pack(
        head=receipt_heads().get(tenant) or ReceiptHead(name=tenant),
        underpayment=state,
        case=case,
        contract=await shelf.in_force(tenant, head) if head is not None else None,
        billed=review.billed,
        decisions=tuple(one for one in review.decisions if one.place in case.places),
        standing=review.standing,
        traces={
            key.id: row.snapshot.state.header.trace_number
            for key, row in rows.items()
            if row.snapshot.state.header is not None
        },
        history=list(told(history)),
        printed_on=run.clock.now().date(),
    )


@underpayments.post("/underpayments/{underpayment_id}/dispute")
async def dispute(
    underpayment_id: str, body: DisputeBody, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """The payer was asked for the rest. 409 where nothing is missing, or it was given up."""
    if body.disputed_on > run.clock.now().date():
        raise HTTPException(422, "disputed_on lies in the future")
    desk = await once(run, caller, key, f"underpayment/dispute/{underpayment_id}", body)
    command = DisputeUnderpayment(meta=_meta(desk, underpayment_id), underpayment_id=underpayment_id, **dict(body))
    return await _say(desk, parts, command, WORKED_ON, body.reason)


@underpayments.post("/underpayments/{underpayment_id}/correspondence")
async def correspondence(
    underpayment_id: str, body: CorrespondenceBody, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """A letter or call; it goes into the evidence."""
    desk = await once(run, caller, key, f"underpayment/correspondence/{underpayment_id}", body)
    command = NoteCorrespondence(meta=_meta(desk, underpayment_id), underpayment_id=underpayment_id, **dict(body))
    return await _say(desk, parts, command, None, body.summary)


@underpayments.post("/underpayments/{underpayment_id}/accept")
async def accept(
    underpayment_id: str, body: Reason, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """The payer is right after all, or what it paid too much is known."""
    desk = await once(run, caller, key, f"underpayment/accept/{underpayment_id}", body)
    command = AcceptUnderpayment(meta=_meta(desk, underpayment_id), underpayment_id=underpayment_id, reason=body.reason)
    return await _say(desk, parts, command, WORKED_ON | {"overpaid"}, body.reason)


@underpayments.post("/underpayments/{underpayment_id}/write-off")
async def write_off(
    underpayment_id: str, body: Reason, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """Give it up; above the policy's limit it waits for another person."""
    desk = await once(run, caller, key, f"underpayment/write-off/{underpayment_id}", body)
    command = AskUnderpaymentWriteOff(
        meta=_meta(desk, underpayment_id), underpayment_id=underpayment_id, reason=body.reason
    )
    return await _say(desk, parts, command, WORKED_ON - {"write_off_asked"}, body.reason)


@underpayments.post("/underpayments/{underpayment_id}/write-off/decision")
async def decide(
    underpayment_id: str, body: DecisionBody, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """Approve or reject. 403 for the person who asked."""
    desk = await once(run, caller, key, f"underpayment/decision/{underpayment_id}", body)
    state: Underpayment = await desk.state(parts.underpayment, underpayment_id)
    if state.status == "write_off_asked" and state.asked_by == caller.actor:
        raise HTTPException(403, "another person decides about a write-off than the one who asked for it")
    command = DecideUnderpaymentWriteOff(
        meta=_meta(desk, underpayment_id),
        underpayment_id=underpayment_id,
        approved=body.approved,
        reason=body.reason,
    )
    return await _say(desk, parts, command, frozenset({"write_off_asked"}), body.reason)


@underpayments.post("/underpayments/{underpayment_id}/reopen")
async def reopen(
    underpayment_id: str, body: Reason, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """Work on what was accepted or written off again."""
    desk = await once(run, caller, key, f"underpayment/reopen/{underpayment_id}", body)
    command = ReopenUnderpayment(meta=_meta(desk, underpayment_id), underpayment_id=underpayment_id, reason=body.reason)
    return await _say(desk, parts, command, GIVEN_UP, body.reason)


@underpayments.post("/underpayments/{underpayment_id}/assign")
async def assign(
    underpayment_id: str, body: OwnerBody, run: Run, caller: Poster, parts: Parts, key: IdempotencyKey
) -> dict[str, Any]:
    """Say who looks after it."""
    desk = await once(run, caller, key, f"underpayment/assign/{underpayment_id}", body)
    command = AssignUnderpayment(meta=_meta(desk, underpayment_id), underpayment_id=underpayment_id, owner=body.owner)
    return await _say(desk, parts, command, None, body.owner)


def _meta(desk: Desk, underpayment_id: str) -> Any:
    return desk.meta("underpayment", underpayment_id)


async def _say(
    desk: Desk, parts: UnderpaymentParts, command: PersonsWord, statuses: frozenset[str] | None, reason: str
) -> dict[str, Any]:
    """Send a person's word, in one of these statuses; 404 for what is not known, 409 where it cannot be.

    A repeat of what was done is answered with what there is.
    """
    state: Underpayment = await desk.state(parts.underpayment, command.underpayment_id)
    repeated = command.meta.id in state.commands
    if not repeated and statuses is not None and state.status not in statuses:
        raise HTTPException(409, f"the underpayment is {state.status}: this cannot be done with it")
    verb = command.type.split(".")[1].removesuffix("-underpayment")
    await desk.note(f"underpayment.{verb}", f"underpayment/{command.underpayment_id}", reason)
    decided = await desk.run.shell.transact_one(parts.underpayment, command)
    return shown_underpayment(decided.snapshot.state, desk.run.clock.now().date())
