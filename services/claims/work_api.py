"""HTTP of the work on claims: lists by priority, an item with its playbook and history, what people do, in bulk too."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias, cast, get_args
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field

from services.claims.core.denial_rules import RootCause
from services.claims.core.work_messages import (
    AddNote,
    AssignWork,
    Call,
    CallOutcome,
    Cause,
    ClaimNamed,
    CloseWork,
    DecideWriteOff,
    LogCall,
    Note,
    OpenWork,
    PersonsOutcome,
    PersonsWish,
    RequestWriteOff,
    StartWork,
    WaitWork,
    WorkFact,
    WorkMessage,
    WorkRefused,
)
from services.claims.core.work_state import WorkItem
from services.claims.work_rules import work_policy
from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Decider, Entry, Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key
from shared.wire import type_of

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Worker = Annotated[Principal, Depends(allow("biller"))]
Approver = Annotated[Principal, Depends(allow("biller", "poster", "operator"))]
Words = Annotated[str, Field(min_length=3, max_length=2000)]
Version = Annotated[int | None, Field(ge=1)]
BULK_MAX = 5_000
BANDS = tuple(sorted(one.band for one in work_policy().bands))
SEALED_FOR = "work"

router = APIRouter()


class Versioned(Body):
    """With `version`, the command is refused (409) when somebody changed the item since it was read."""

    version: Version = None


class OpenBody(Body):
    """Open an item by hand."""

    cause: Literal["missing_acknowledgement", "person"]
    detail: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9_.:/ -]*$")
    category: str = Field(max_length=40)
    next_action: str = Field(max_length=40)


class AssignBody(Versioned):
    """Whom it is given to; null is nobody."""

    owner: Annotated[str | None, Field(max_length=100)]


class WaitBody(Versioned):
    """The day it comes back."""

    until: date


class CallBody(Versioned):
    """A call to the payer: its reference number and the representative's initials are kept sealed."""

    called_on: date
    outcome: CallOutcome
    reference: str = Field(min_length=1, max_length=100)
    representative: str = Field(min_length=1, max_length=10, description="Initials.")
    next_action_on: date | None = None


class NoteBody(Versioned):
    """What a person writes; kept sealed."""

    text: Words


class CloseBody(Versioned):
    """How it was done."""

    outcome: PersonsOutcome


class WriteOffBody(Versioned):
    """How much is to be given up, and why."""

    amount_cents: int = Field(gt=0)
    reason: Words


class DecisionBody(Versioned):
    """Whether a second person approves."""

    approve: bool


class BulkItem(Body):
    """One item of many, with the version it was read at."""

    claim_id: str = Field(min_length=1, max_length=100)
    version: Version = None


class BulkBody(Body):
    """Assign or close many items at once: each stands for itself."""

    action: Literal["assign", "close"]
    items: list[BulkItem] = Field(min_length=1, max_length=BULK_MAX)
    owner: str | None = Field(default=None, max_length=100)
    outcome: PersonsOutcome | None = None


class Filters(Body):
    """Which items, and from where on."""

    status: Literal["open", "in_work", "waiting", "done"] | None = None
    queue: str | None = None
    category: str | None = None
    owner: str | None = None
    payer: str | None = None
    after: str | None = Field(default=None, pattern=r"^\d:", description="The cursor of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


WorkDecider: TypeAlias = Decider[WorkItem, WorkMessage, WorkFact]


def decider_of(request: Request) -> WorkDecider:
    """The work item's decider, as the composition root made it."""
    found: WorkDecider = next(one for one in running_of(request).spec.deciders if one.kind == "work_item")
    return found


Items = Annotated[WorkDecider, Depends(decider_of)]


@router.get("/work-items")
async def work_items(run: Run, caller: Reader, items: Items, asked: Annotated[Filters, Query()]) -> dict[str, Any]:
    """Items by priority band, the first to be worked first, and by claim within a band.

    `next` is the cursor of the following page (`after`), null at the end. Items that are done come with status=done.
    """
    given = asked.model_dump(include={"status", "queue", "category", "owner"}, exclude_none=True)
    where: dict[str, Scalar] = {**given, **({"payer_id": asked.payer} if asked.payer else {})}
    first, last_id = _cursor(asked.after)
    limit, done = asked.limit, asked.status == "done"
    rows: list[WorkItem] = []
    bands = (0,) if done else tuple(band for band in BANDS if band >= first)
    for band in bands:
        picked = where if band == 0 else {**where, "band": band}
        wanted = limit + 1 - len(rows)
        found = await run.store.find(items, caller.tenant, picked, last_id if band == first else None, wanted)
        rows += [state for _, state in found]
        if len(rows) > limit:
            break
    shown = rows[:limit]
    return {"items": [shown_item(one) for one in shown], "next": _next(rows, limit, done=done)}


def _cursor(after: str | None) -> tuple[int, str | None]:
    band, _, claim_id = (after or "").partition(":")
    return (int(band), claim_id or None) if after else (0, None)


def _next(rows: Sequence[WorkItem], limit: int, *, done: bool) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return f"{0 if done else last.band}:{last.named.claim_id if last.named else ''}"


@router.get("/work-items/root-causes")
async def root_causes(run: Run, caller: Reader, items: Items) -> list[dict[str, Any]]:
    """Where refusals arise: how many items of each root cause there are and are open, and what would prevent them."""
    policy, today = work_policy(), run.clock.now().date()
    rows: list[dict[str, Any]] = []
    for cause in get_args(RootCause):
        total = await run.store.count(items, caller.tenant, {"root_cause": cause})
        if total:
            still = await run.store.count(items, caller.tenant, {"root_cause": cause, "open": True})
            prevention = policy.prevention(cause, today)
            rows.append({"root_cause": cause, "items": total, "open": still, "prevention": prevention})
    return sorted(rows, key=lambda row: -row["items"])


@router.get("/work-items/{claim_id}")
async def work_item(claim_id: str, run: Run, caller: Reader, items: Items) -> dict[str, Any]:
    """One item with the steps of its playbook and its history."""
    state = await _item(run, items, caller.tenant, claim_id)
    entries = await run.store.history(items, Key(caller.tenant, claim_id))
    steps = work_policy().steps_from(state.category, state.next_action, run.clock.now().date())
    return {
        **shown_item(state),
        "playbook": [{"action": one.action, "by": one.by, "needs": one.needs, "do": one.do} for one in steps],
        "history": [_shown_entry(one) for one in entries],
    }


@router.get("/work-items/{claim_id}/correspondence")
async def correspondence(claim_id: str, run: Run, caller: Worker, items: Items) -> dict[str, Any]:
    """Calls and notes in the clear. Each look is in the audit log."""
    state = await _item(run, items, caller.tenant, claim_id)
    await run.audit.record(caller, "work.correspondence.read", f"claim/{claim_id}")
    return {
        "calls": [await _opened_call(run, one) for one in state.calls],
        "notes": [await _opened_note(run, one) for one in state.notes],
        "write_off_reason": await _opened(run, state.write_off.sealed_reason) if state.write_off else None,
    }


@router.post("/work-items/bulk", dependencies=[while_there_is_room])
async def bulk(body: BulkBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items) -> dict[str, Any]:
    """Assign or close up to 5,000 items. What cannot be done is listed with its reason; the others are done."""
    if body.action == "close" and body.outcome is None:
        raise HTTPException(422, "closing needs an outcome")
    digest = run.pseudonyms.of("req", caller.tenant, "work-bulk", body.model_dump_json())
    command_id = await first_use(run, caller, key, digest)
    await run.audit.record(caller, f"work.bulk.{body.action}", f"{len(body.items)} items")
    claim_ids = [one.claim_id for one in body.items]
    if len(set(claim_ids)) != len(claim_ids):
        raise HTTPException(422, "an item is named twice")
    before = await run.store.load(items, tuple(Key(caller.tenant, one) for one in claim_ids))
    known = [one for one in body.items if before[Key(caller.tenant, one.claim_id)].snapshot.state.status != "absent"]
    commands = [_bulk_command(run, caller, body, one, command_id) for one in known]
    decided = await run.shell.transact(items, commands)
    failed = {one.claim_id: "no such item here" for one in body.items if one not in known}
    for one in known:
        if reason := _bulk_failure(decided, Key(caller.tenant, one.claim_id)):
            failed[one.claim_id] = reason
    return {
        "done": len(body.items) - len(failed),
        "failed": [{"claim_id": name, "reason": why} for name, why in failed.items()],
    }


def _bulk_failure(decided: Any, key: Key) -> str | None:
    """Why one item was not changed; None when it was, or had been by the same request before."""
    result = decided.get(key)
    if result is None:
        return "it is parked: its messages wait for a person"
    return next((fact.because for fact in result.facts if isinstance(fact, WorkRefused)), None)


def _bulk_command(run: Runtime, caller: Principal, body: BulkBody, item: BulkItem, command_id: UUID) -> WorkMessage:
    own_id = uuid5(command_id, item.claim_id)
    meta = command_meta(run, caller, "claims", own_id, f"work_item/{item.claim_id}", item.claim_id)
    if body.action == "assign" or body.outcome is None:
        return AssignWork(meta=meta, claim_id=item.claim_id, version=item.version, owner=body.owner)
    return CloseWork(meta=meta, claim_id=item.claim_id, version=item.version, outcome=body.outcome)


@router.post("/work-items/{claim_id}/open")
async def open_item(
    claim_id: str, body: OpenBody, request: Request, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Open an item for a claim by hand: a person's own reason, or an acknowledgement that did not come."""
    claims = next(one for one in running_of(request).spec.deciders if one.kind == "claim")
    claim = (await run.store.load(claims, (Key(caller.tenant, claim_id),)))[Key(caller.tenant, claim_id)].snapshot.state
    if not claim.claim_id or claim.content is None:
        raise HTTPException(404, "no such claim here")
    meta = await _meta(run, caller, key, claim_id, f"open/{body.model_dump_json()}")
    content = claim.content
    command = OpenWork(
        meta=meta,
        claim_id=claim_id,
        named=ClaimNamed(
            account_id=claim.account_id,
            claim_id=claim_id,
            patient_control_number=content.patient_control_number,
            payer_id=content.payer_id,
        ),
        cause=Cause(kind=body.cause, on=meta.occurred_at.date(), detail=body.detail),
        category=body.category,
        next_action=body.next_action,
        amount_cents=content.charge_cents or 0,
    )
    return await _ask(run, items, caller, command, "work.open")


@router.post("/work-items/{claim_id}/assign")
async def assign(
    claim_id: str, body: AssignBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Give the item to somebody, or to nobody."""
    meta = await _meta(run, caller, key, claim_id, f"assign/{body.model_dump_json()}")
    command = AssignWork(meta=meta, claim_id=claim_id, version=body.version, owner=body.owner)
    return await _ask(run, items, caller, command, "work.assign")


@router.post("/work-items/{claim_id}/start")
async def start(
    claim_id: str, body: Versioned, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Take it into work."""
    meta = await _meta(run, caller, key, claim_id, f"start/{body.model_dump_json()}")
    return await _ask(run, items, caller, StartWork(meta=meta, claim_id=claim_id, version=body.version), "work.start")


@router.post("/work-items/{claim_id}/wait")
async def wait(
    claim_id: str, body: WaitBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Put it off until a day; then it is open again by itself."""
    meta = await _meta(run, caller, key, claim_id, f"wait/{body.model_dump_json()}")
    command = WaitWork(meta=meta, claim_id=claim_id, version=body.version, until=body.until)
    return await _ask(run, items, caller, command, "work.wait")


@router.post("/work-items/{claim_id}/calls")
async def log_call(
    claim_id: str, body: CallBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Log a call to the payer; with a next action's day the item waits for it."""
    meta = await _meta(run, caller, key, claim_id, f"call/{body.model_dump_json()}")
    command = LogCall(
        meta=meta,
        claim_id=claim_id,
        version=body.version,
        called_on=body.called_on,
        outcome=body.outcome,
        sealed_reference=await _sealed(run, caller, body.reference),
        sealed_representative=await _sealed(run, caller, body.representative),
        next_action_on=body.next_action_on,
    )
    return await _ask(run, items, caller, command, "work.call")


@router.post("/work-items/{claim_id}/notes")
async def add_note(
    claim_id: str, body: NoteBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Write something down; it is kept sealed."""
    meta = await _meta(run, caller, key, claim_id, f"note/{body.model_dump_json()}")
    sealed = await _sealed(run, caller, body.text)
    command = AddNote(meta=meta, claim_id=claim_id, version=body.version, sealed_note=sealed)
    return await _ask(run, items, caller, command, "work.note")


@router.post("/work-items/{claim_id}/close")
async def close(
    claim_id: str, body: CloseBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Say how it was done. A write-off is no way to close: it needs a second person."""
    meta = await _meta(run, caller, key, claim_id, f"close/{body.model_dump_json()}")
    command = CloseWork(meta=meta, claim_id=claim_id, version=body.version, outcome=body.outcome)
    return await _ask(run, items, caller, command, "work.close")


@router.post("/work-items/{claim_id}/write-off")
async def request_write_off(
    claim_id: str, body: WriteOffBody, run: Run, caller: Worker, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Ask that money be given up. Nothing is, until a second person approves."""
    meta = await _meta(run, caller, key, claim_id, f"write-off/{body.model_dump_json()}")
    sealed = await _sealed(run, caller, body.reason)
    command = RequestWriteOff(
        meta=meta, claim_id=claim_id, version=body.version, amount_cents=body.amount_cents, sealed_reason=sealed
    )
    return await _ask(run, items, caller, command, "work.write-off.request")


@router.post("/work-items/{claim_id}/write-off/decision")
async def decide_write_off(
    claim_id: str, body: DecisionBody, run: Run, caller: Approver, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Approve or refuse a write-off that another person asked for; by amount, some roles may not (409 says so)."""
    meta = await _meta(run, caller, key, claim_id, f"write-off-decision/{body.model_dump_json()}")
    roles = tuple(sorted(caller.roles))
    command = DecideWriteOff(meta=meta, claim_id=claim_id, version=body.version, approve=body.approve, roles=roles)
    return await _ask(run, items, caller, command, "work.write-off.decide")


def shown_item(state: WorkItem) -> dict[str, Any]:
    """An item as people see it; nothing sealed leaves."""
    named = state.named
    return {
        "claim_id": named.claim_id if named else "",
        "patient_control_number": named.patient_control_number if named else "",
        "payer_id": named.payer_id if named else "",
        "status": state.status,
        "outcome": state.outcome,
        "causes": [one.model_dump() for one in state.causes],
        "queue": state.queue,
        "owner": state.owner,
        "category": state.category,
        "root_cause": state.root_cause,
        "next_action": state.next_action,
        "amount_cents": state.amount_cents,
        "deadline_on": state.deadline_on,
        "band": state.band,
        "expected_cents": state.expected_cents,
        "priority_why": state.priority_why,
        "opened_on": state.opened_on,
        "wait_until": state.wait_until,
        "calls": len(state.calls),
        "notes": len(state.notes),
        "write_off": {"amount_cents": state.write_off.amount_cents, "by": state.write_off.by}
        if state.write_off
        else None,
        "version": state.version,
    }


def _shown_entry(entry: Entry[Any]) -> dict[str, Any]:
    """A line of history: when, who, what; what is sealed stays out."""
    document = entry.fact.model_dump(exclude={"named": True, "command_id": True})
    return {
        "at": entry.meta.occurred_at,
        "actor": entry.meta.actor,
        "event": type_of(entry.event) if entry.event is not None else None,
        **_without_seals(document),
    }


def _without_seals(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_seals(cast("dict[str, Any]", value)) if isinstance(value, dict) else value
        for name, value in document.items()
        if not name.startswith("sealed_")
    }


async def _opened_call(run: Runtime, call: Call) -> dict[str, Any]:
    return {
        "called_on": call.called_on,
        "by": call.by,
        "outcome": call.outcome,
        "reference": await _opened(run, call.sealed_reference),
        "representative": await _opened(run, call.sealed_representative),
        "next_action_on": call.next_action_on,
    }


async def _opened_note(run: Runtime, note: Note) -> dict[str, Any]:
    return {"on": note.on, "by": note.by, "text": await _opened(run, note.sealed_note)}


async def _opened(run: Runtime, sealed: str) -> str:
    return (await run.sealer.open(sealed)).decode()


async def _sealed(run: Runtime, caller: Principal, text: str) -> str:
    return await run.sealer.seal(caller.tenant, SEALED_FOR, text.encode())


async def _meta(run: Runtime, caller: Principal, key: str, claim_id: str, request: str) -> Meta:
    """The envelope of a person's command; the digest of the request is keyed, for it may hold a person's words."""
    digest = run.pseudonyms.of("req", caller.tenant, claim_id, request)
    command_id = await first_use(run, caller, key, digest)
    return command_meta(run, caller, "claims", command_id, f"work_item/{claim_id}", claim_id)


async def _item(run: Runtime, items: WorkDecider, tenant: str, claim_id: str) -> WorkItem:
    state = (await run.store.load(items, (Key(tenant, claim_id),)))[Key(tenant, claim_id)].snapshot.state
    if state.status == "absent":
        raise HTTPException(404, "no work for this claim here")
    return state


async def _ask(
    run: Runtime, items: WorkDecider, caller: Principal, command: PersonsWish, action: str
) -> dict[str, Any]:
    if not isinstance(command, OpenWork):
        await _item(run, items, caller.tenant, command.claim_id)
    await run.audit.record(caller, action, f"claim/{command.claim_id}")
    decided = await run.shell.transact_one(items, command)
    for fact in decided.facts:
        if isinstance(fact, WorkRefused):
            raise HTTPException(409, fact.because)
    return shown_item(decided.snapshot.state)
