"""HTTP of the work on claims: lists by priority, an item with its playbook and history, what people do, in bulk too."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias, get_args
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from services.claims.core.denial_rules import RootCause
from services.claims.core.work_messages import (
    AddNote,
    AssignWork,
    Cause,
    ClaimNamed,
    CloseWork,
    DecideWriteOff,
    LogCall,
    OpenWork,
    PersonsWish,
    RequestWriteOff,
    StartWork,
    WaitWork,
    WorkFact,
    WorkMessage,
    WorkRefused,
)
from services.claims.core.work_state import WorkItem
from services.claims.work_models import (
    AssignBody,
    BulkBody,
    BulkItem,
    CallBody,
    CloseBody,
    DecisionBody,
    Filters,
    NoteBody,
    OpenBody,
    Versioned,
    WaitBody,
    WriteOffBody,
)
from services.claims.work_rules import work_policy
from services.claims.work_views import opened, opened_call, opened_note, shown_entry, shown_item
from shared.audit_edge import asks_why
from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Decider, Scalar
from shared.http import IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Worker = Annotated[Principal, Depends(allow("biller"))]
Approver = Annotated[Principal, Depends(allow("biller", "poster", "operator"))]
BANDS = tuple(sorted(one.band for one in work_policy().bands))
SEALED_FOR = "work"
IDS_MAX = 200

router = APIRouter()


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
    if asked.ids is not None:
        return {"items": await _named(run, items, caller.tenant, asked.ids.split(",")[:IDS_MAX]), "next": None}
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


async def _named(run: Runtime, items: WorkDecider, tenant: str, claim_ids: Sequence[str]) -> list[dict[str, Any]]:
    rows = await run.store.load(items, [Key(tenant, one) for one in claim_ids])
    return [shown_item(row.snapshot.state) for row in rows.values() if row.snapshot.state.status != "absent"]


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
        "history": [shown_entry(one) for one in entries],
    }


@router.get("/work-items/{claim_id}/correspondence")
async def correspondence(claim_id: str, run: Run, caller: Worker, items: Items) -> dict[str, Any]:
    """Calls and notes in the clear. Each look is in the audit log."""
    state = await _item(run, items, caller.tenant, claim_id)
    await run.audit.record(caller, "work.correspondence.read", f"claim/{claim_id}")
    return {
        "calls": [await opened_call(run, one) for one in state.calls],
        "notes": [await opened_note(run, one) for one in state.notes],
        "write_off_reason": await opened(run, state.write_off.sealed_reason) if state.write_off else None,
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


@router.post("/work-items/{claim_id}/write-off/decision", dependencies=[asks_why])
async def decide_write_off(
    claim_id: str, body: DecisionBody, run: Run, caller: Approver, key: IdempotencyKey, items: Items
) -> dict[str, Any]:
    """Approve or refuse a write-off that another person asked for; by amount, some roles may not (409 says so)."""
    meta = await _meta(run, caller, key, claim_id, f"write-off-decision/{body.model_dump_json()}")
    roles = tuple(sorted(caller.roles))
    command = DecideWriteOff(meta=meta, claim_id=claim_id, version=body.version, approve=body.approve, roles=roles)
    return await _ask(run, items, caller, command, "work.write-off.decide")


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
