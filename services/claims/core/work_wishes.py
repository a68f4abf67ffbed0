"""What people do with a work item: assign, call, note, close, and give money up by two."""

from datetime import date
from typing import assert_never

from shared.contracts import Meta

from .work_messages import (
    AddNote,
    AssignWork,
    Call,
    CallLogged,
    CloseWork,
    DecideWriteOff,
    LogCall,
    Note,
    NoteAdded,
    OpenWork,
    PersonsWish,
    RequestWriteOff,
    StartWork,
    WaitWork,
    WorkAssigned,
    WorkClosed,
    WorkFact,
    WorkOnOpen,
    WorkOpened,
    WorkRefused,
    WorkStarted,
    WorkWaits,
    WriteOffDecided,
    WriteOffRequested,
)
from .work_policy import WorkPolicy
from .work_state import WorkItem


def wish(policy: WorkPolicy, state: WorkItem, message: PersonsWish) -> tuple[WorkFact, ...]:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if message.version is not None and message.version != state.version:
        return (WorkRefused(because="somebody changed it meanwhile: read it again", command_id=command_id),)
    if isinstance(message, OpenWork):
        return (_opened_by_hand(policy, message),)
    if not state.is_open:
        return (WorkRefused(because="it is not open", command_id=command_id),)
    return _answer(policy, state, message)


def _answer(policy: WorkPolicy, state: WorkItem, message: WorkOnOpen) -> tuple[WorkFact, ...]:  # noqa: PLR0911
    """A command for an open item."""
    command_id = message.meta.id
    match message:
        case AssignWork():
            return (WorkAssigned(owner=message.owner, command_id=command_id),)
        case StartWork():
            return (WorkStarted(command_id=command_id),)
        case WaitWork():
            return _wait(message)
        case LogCall():
            return _call(message)
        case AddNote():
            note = Note(on=_today(message.meta), by=message.meta.actor, sealed_note=message.sealed_note)
            return (NoteAdded(note=note, command_id=command_id),)
        case CloseWork():
            return _close(state, message)
        case RequestWriteOff():
            return _request(state, message)
        case DecideWriteOff():
            return _decide_write_off(policy, state, message)
        case _:
            assert_never(message)


def _today(meta: Meta) -> date:
    return meta.occurred_at.date()


def _opened_by_hand(policy: WorkPolicy, message: OpenWork) -> WorkOpened:
    today = _today(message.meta)
    priority = policy.priority(message.category, message.amount_cents, None, today)
    return WorkOpened(
        named=message.named,
        cause=message.cause,
        category=message.category,
        next_action=message.next_action,
        queue=policy.queue(message.category, message.next_action, today),
        amount_cents=message.amount_cents,
        band=priority.band,
        expected_cents=priority.expected_cents,
        priority_why=priority.why,
        command_id=message.meta.id,
    )


def _wait(message: WaitWork) -> tuple[WorkFact, ...]:
    if message.until <= _today(message.meta):
        return (WorkRefused(because="the day to wait for must be later than today", command_id=message.meta.id),)
    return (WorkWaits(until=message.until, command_id=message.meta.id),)


def _call(message: LogCall) -> tuple[WorkFact, ...]:
    today, command_id = _today(message.meta), message.meta.id
    if message.called_on > today:
        return (WorkRefused(because="the call lies in the future", command_id=command_id),)
    call = Call(
        called_on=message.called_on,
        by=message.meta.actor,
        outcome=message.outcome,
        sealed_reference=message.sealed_reference,
        sealed_representative=message.sealed_representative,
        next_action_on=message.next_action_on,
    )
    logged = CallLogged(call=call, command_id=command_id)
    if message.next_action_on is None or message.next_action_on <= today:
        return (logged,)
    return (logged, WorkWaits(until=message.next_action_on, command_id=command_id))


def _close(state: WorkItem, message: CloseWork) -> tuple[WorkFact, ...]:
    if state.write_off is not None:
        because = "a write-off waits for its approval: decide it first"
        return (WorkRefused(because=because, command_id=message.meta.id),)
    return (WorkClosed(outcome=message.outcome, command_id=message.meta.id),)


def _request(state: WorkItem, message: RequestWriteOff) -> tuple[WorkFact, ...]:
    command_id = message.meta.id
    if state.named is not None and state.named.partner:
        because = "a file is no money: ask for the write-off of one of its claims"
        return (WorkRefused(because=because, command_id=command_id),)
    if state.write_off is not None:
        return (WorkRefused(because="a write-off waits for its approval already", command_id=command_id),)
    if message.amount_cents > state.amount_cents:
        because = f"only {state.amount_cents / 100:.2f} is open"
        return (WorkRefused(because=because, command_id=command_id),)
    requested = WriteOffRequested(
        amount_cents=message.amount_cents,
        by=message.meta.actor,
        sealed_reason=message.sealed_reason,
        command_id=command_id,
    )
    return (requested,)


def _decide_write_off(policy: WorkPolicy, state: WorkItem, message: DecideWriteOff) -> tuple[WorkFact, ...]:
    command_id, actor, asked = message.meta.id, message.meta.actor, state.write_off
    if asked is None:
        return (WorkRefused(because="no write-off was asked for", command_id=command_id),)
    decided = WriteOffDecided(approved=message.approve, by=actor, command_id=command_id)
    if not message.approve:
        return (decided,)
    if actor == asked.by:
        because = "who asked for a write-off may not approve it: a second person must"
        return (WorkRefused(because=because, command_id=command_id),)
    if not policy.may_approve(message.roles, asked.amount_cents, _today(message.meta)):
        because = f"a write-off of {asked.amount_cents / 100:.2f} needs the approval of another role"
        return (WorkRefused(because=because, command_id=command_id),)
    return (decided, WorkClosed(outcome="written_off", command_id=command_id))
