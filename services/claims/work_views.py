"""Work items as people see them."""

from typing import Any, cast

from services.claims.core.work_messages import Call, Note
from services.claims.core.work_state import WorkItem
from shared.contracts.wire import type_of
from shared.decider import Entry
from shared.runtime import Runtime


def shown_item(state: WorkItem) -> dict[str, Any]:
    """An item as people see it; nothing sealed leaves."""
    named = state.named
    return {
        "claim_id": named.claim_id if named else "",
        "patient_control_number": named.patient_control_number if named else "",
        "payer_id": named.payer_id if named else "",
        "partner": named.partner if named else "",
        "about": "file" if named and named.partner else "claim",
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


def shown_entry(entry: Entry[Any]) -> dict[str, Any]:
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


async def opened_call(run: Runtime, call: Call) -> dict[str, Any]:
    return {
        "called_on": call.called_on,
        "by": call.by,
        "outcome": call.outcome,
        "reference": await opened(run, call.sealed_reference),
        "representative": await opened(run, call.sealed_representative),
        "next_action_on": call.next_action_on,
    }


async def opened_note(run: Runtime, note: Note) -> dict[str, Any]:
    return {"on": note.on, "by": note.by, "text": await opened(run, note.sealed_note)}


async def opened(run: Runtime, sealed: str) -> str:
    return (await run.sealer.open(sealed)).decode()
