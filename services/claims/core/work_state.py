"""A work item's state: the fold of its facts. No rules here, so that history always replays."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from shared.replaced import replace

from .claim_state import start_of
from .work_messages import (
    Call,
    CallLogged,
    Cause,
    ClaimNamed,
    NewsNoted,
    Note,
    NoteAdded,
    Outcome,
    Said,
    WorkAssigned,
    WorkClosed,
    WorkFact,
    WorkOpened,
    WorkRefused,
    WorkResumed,
    WorkStarted,
    WorkWaits,
    WriteOffDecided,
    WriteOffRequested,
)

Status: TypeAlias = Literal["absent", "open", "in_work", "waiting", "done"]
KEPT = 50
"""Calls, notes and commands of which the last so many are kept in the state; the history has them all."""


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A write-off that waits for a second person."""

    amount_cents: int
    by: str
    sealed_reason: str


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One claim's work. `version` counts its facts; `seen` is the last event of each subject that was noted."""

    named: ClaimNamed | None = None
    status: Status = "absent"
    outcome: Outcome | None = None
    causes: tuple[Cause, ...] = ()
    queue: str = ""
    category: str = ""
    root_cause: str = ""
    next_action: str = ""
    amount_cents: int = 0
    deadline_on: date | None = None
    band: int = 0
    expected_cents: int = 0
    priority_why: str = ""
    owner: str | None = None
    opened_on: date | None = None
    wait_until: date | None = None
    calls: tuple[Call, ...] = ()
    notes: tuple[Note, ...] = ()
    write_off: WriteOff | None = None
    version: int = 0
    seen: tuple[tuple[str, int], ...] = ()
    commands: tuple[UUID, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status in ("open", "in_work", "waiting")


def evolve(state: WorkItem, fact: WorkFact) -> WorkItem:
    """Apply one fact."""
    changed = _changed(state, fact)
    commands = changed.commands
    if isinstance(fact, Said) and fact.command_id is not None and fact.command_id not in commands:
        commands = (*commands, fact.command_id)[-KEPT:]
    version = state.version + (not isinstance(fact, WorkRefused))  # a refusal changes nothing that others have read
    return replace(changed, version=version, commands=commands)


def _changed(state: WorkItem, fact: WorkFact) -> WorkItem:  # noqa: C901, PLR0911, PLR0912 - one arm per fact
    match fact:
        case WorkOpened():
            return _opened_state(state, fact)
        case NewsNoted():
            return _noted(state, fact)
        case WorkAssigned():
            return replace(state, owner=fact.owner)
        case WorkStarted():
            return replace(state, status="in_work", wait_until=None)
        case WorkWaits():
            return replace(state, status="waiting", wait_until=fact.until)
        case WorkResumed():
            return replace(state, status="open", wait_until=None)
        case CallLogged():
            return replace(state, calls=(*state.calls, fact.call)[-KEPT:])
        case NoteAdded():
            return replace(state, notes=(*state.notes, fact.note)[-KEPT:])
        case WorkClosed():
            return _done(state, fact.outcome)
        case WriteOffRequested():
            return replace(state, write_off=WriteOff(fact.amount_cents, fact.by, fact.sealed_reason))
        case WriteOffDecided():
            # An approved one stays until the item is closed, so that its event can say who asked.
            return state if fact.approved else replace(state, write_off=None)
        case WorkRefused():
            return state
        case _:
            assert_never(fact)


def _opened_state(state: WorkItem, fact: WorkOpened) -> WorkItem:
    before = state if state.is_open else replace(state, causes=(), write_off=None)
    decides = fact.cause.kind in ("denial", "payment_review")  # a payer's decision overtakes what was open before it
    kept = [one for one in before.causes if one.kind != fact.cause.kind and (not decides or one.kind == "person")]
    dates = [one for one in (fact.deadline_on, before.deadline_on if state.is_open else None) if one is not None]
    return replace(
        before,
        named=fact.named,
        status=before.status if state.status == "in_work" else "open",
        outcome=None,
        causes=(*kept, fact.cause),
        queue=fact.queue,
        category=fact.category,
        root_cause=fact.root_cause,
        next_action=fact.next_action,
        amount_cents=fact.amount_cents,
        deadline_on=min(dates, default=None),
        band=fact.band,
        expected_cents=fact.expected_cents,
        priority_why=fact.priority_why,
        opened_on=fact.cause.on if not state.is_open else state.opened_on,
        wait_until=None,
        seen=_seen(state, fact.subject, fact.sequence),
    )


def _noted(state: WorkItem, fact: NewsNoted) -> WorkItem:
    left = tuple(one for one in state.causes if one.kind not in fact.ends)
    noted = replace(state, causes=left, seen=_seen(state, fact.subject, fact.sequence))
    return _done(noted, fact.closes) if fact.closes else noted


def _done(state: WorkItem, outcome: Outcome) -> WorkItem:
    return replace(state, status="done", outcome=outcome, causes=(), wait_until=None, write_off=None)


def _seen(state: WorkItem, subject: str, sequence: int) -> tuple[tuple[str, int], ...]:
    if not subject:
        return state.seen
    return (*(one for one in state.seen if one[0] != subject), (subject, sequence))


def due(state: WorkItem) -> datetime | None:
    """When a waiting item comes back."""
    return start_of(state.wait_until) if state.status == "waiting" and state.wait_until else None
