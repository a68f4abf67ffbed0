"""What an account answers to collectors: who works on it, until when it waits, notes and complaints."""

from typing import assert_never

from services.collections.core.facts import CollectionFact
from services.collections.core.letters import Items, day_of
from services.collections.core.policy import DunningPolicy
from services.collections.core.promises import cancel_promise, make_promise
from services.collections.core.state import Account
from services.collections.core.work_facts import (
    AccountAssigned,
    AccountNoteAdded,
    AccountPutOff,
    ComplaintAnswered,
    ComplaintTaken,
    WorkRefused,
)
from services.collections.core.work_messages import (
    AddAccountNote,
    AnswerComplaint,
    AssignAccount,
    CancelPromise,
    MakePromise,
    PutOffAccount,
    TakeComplaint,
    WorkMessage,
)

PUT_OFF_DAYS_MAX = 366


def hear_work(policy: DunningPolicy | None, account: Account, message: WorkMessage) -> Items:  # noqa: PLR0911 - one case per message
    """Every branch on what collectors say. A repeat says nothing; what was read before a change is refused."""
    heard = str(message.meta.id)
    if account.desk.has_heard(heard):
        return ()
    if message.version is not None and message.version != account.desk.version:
        return _refused(message, f"somebody changed it meanwhile: it is at version {account.desk.version}")
    match message:
        case AssignAccount():
            return assign(account, message)
        case PutOffAccount():
            return put_off(account, message)
        case AddAccountNote():
            return add_note(message)
        case MakePromise():
            return make_promise(policy, account, message)
        case CancelPromise():
            return cancel_promise(account, message)
        case TakeComplaint():
            return take_complaint(account, message)
        case AnswerComplaint():
            return answer_complaint(account, message)
        case _:
            assert_never(message)


def assign(account: Account, command: AssignAccount) -> Items:
    """Claim it, give it back, or (a supervisor) give it to somebody. Nobody takes what another collector has."""
    owner, actor = account.desk.owner, command.meta.actor
    if owner and owner != actor and not command.supervises:
        return _refused(command, f"{owner} works on it: ask them, or a supervisor")
    if command.owner not in {None, actor} and not command.supervises:
        return _refused(command, "only a supervisor gives an account to somebody else")
    if command.owner is not None and account.episode is None and not account.work:
        return _refused(command, "nothing is owed, and nothing waits for a person")
    assigned = AccountAssigned(
        account_id=command.account_id,
        heard=str(command.meta.id),
        owner=command.owner,
        assigned_on=day_of(command.meta.occurred_at),
    )
    return (assigned,)


def put_off(account: Account, command: PutOffAccount) -> Items:
    """Wait until a day. What is over needs no waiting."""
    on = day_of(command.meta.occurred_at)
    if account.episode is None:
        return _refused(command, "nothing is owed: there is nothing to wait for")
    if not 0 < (command.until - on).days <= PUT_OFF_DAYS_MAX:
        return _refused(command, f"until: a day after {on}, a year ahead at most")
    waits = AccountPutOff(account_id=command.account_id, heard=str(command.meta.id), until=command.until, put_off_on=on)
    return (waits,)


def add_note(command: AddAccountNote) -> Items:
    """Keep what a collector wrote."""
    added = AccountNoteAdded(
        account_id=command.account_id,
        heard=str(command.meta.id),
        note_id=command.note_id,
        topic=command.topic,
        at=command.meta.occurred_at,
        by=command.meta.actor,
        sealed_note=command.sealed_note,
    )
    return (added,)


def take_complaint(account: Account, command: TakeComplaint) -> Items:
    """A complaint is taken in whenever it comes, also about a balance that is over."""
    if account.desk.complaint(command.complaint_id) is not None:
        return _refused(command, "this complaint is known: give the new one an id of its own")
    taken = ComplaintTaken(
        account_id=command.account_id,
        heard=str(command.meta.id),
        complaint_id=command.complaint_id,
        kind=command.kind,
        channel=command.channel,
        received_on=command.received_on,
        taken_by=command.meta.actor,
        sealed_words=command.sealed_words,
    )
    return (taken,)


def answer_complaint(account: Account, command: AnswerComplaint) -> Items:
    """Answer it once."""
    complaint = account.desk.complaint(command.complaint_id)
    if complaint is None or complaint.outcome:
        return _refused(command, "no such complaint is open")
    answered = ComplaintAnswered(
        account_id=command.account_id,
        heard=str(command.meta.id),
        complaint_id=command.complaint_id,
        outcome=command.outcome,
        answered_on=day_of(command.meta.occurred_at),
        answered_by=command.meta.actor,
        sealed_words=command.sealed_words,
    )
    return (answered,)


def _refused(message: WorkMessage, because: str) -> tuple[CollectionFact, ...]:
    return (WorkRefused(account_id=message.account_id, heard=str(message.meta.id), because=because),)
