"""What an account remembers of the work on it, and how facts change that. No rules here, so history always replays.

Words of people stay in the journal: an account carries only who wrote when, and about what.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from services.collections.core.work_facts import (
    AccountAssigned,
    AccountCameBack,
    AccountNoteAdded,
    AccountPutOff,
    ComplaintAnswered,
    ComplaintTaken,
    PromiseEnded,
    PromiseMade,
    PromisePaymentCounted,
    WorkFacts,
    WorkRefused,
)
from shared.replaced import replace

HEARD_KEPT = 50
PAST_PROMISES_KEPT = 20
NOTES_KEPT = 20
COMPLAINTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise that is open. `payments` are those that came since, by id, so that a repeat counts once."""

    promise_id: str
    promised_cents: int
    promised_for: date
    follow_up_on: date
    rests: bool
    made_at: datetime
    made_by: str
    payments: tuple[tuple[str, int], ...] = ()

    @property
    def paid_cents(self) -> int:
        return sum(cents for _, cents in self.payments)


@dataclass(frozen=True, slots=True)
class PastPromise:
    """A promise and how it ended."""

    promise_id: str
    promised_cents: int
    promised_for: date
    made_by: str
    outcome: str
    paid_cents: int
    ended_on: date


@dataclass(frozen=True, slots=True)
class NoteHead:
    """Who wrote a note, when, and about what."""

    note_id: str
    topic: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint; `outcome` is empty while it is open."""

    complaint_id: str
    kind: str
    channel: str
    received_on: date
    outcome: str = ""
    answered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The work on one account. `version` grows with whatever somebody decides about it."""

    tenant: str = ""  # whose order of work counts
    version: int = 0
    owner: str = ""
    owned_since: date | None = None
    put_off_until: date | None = None
    changed_on: date | None = None  # the newest day on which something of this was told
    call_back_on: date | None = None  # the next action that a contact agreed on
    came_back_on: date | None = None
    promise: Promise | None = None
    promises: tuple[PastPromise, ...] = ()  # those that ended, oldest first
    broken: int = 0  # promises not kept since the balance opened
    notes: tuple[NoteHead, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    heard: tuple[tuple[str, str], ...] = ()  # commands by id, and why each was refused, if it was

    def because(self, command_id: str) -> str:
        """Why a command was refused; empty when it was not."""
        return next((why for known, why in self.heard if known == command_id), "")

    def has_heard(self, command_id: str) -> bool:
        return any(known == command_id for known, _ in self.heard)

    def complaint(self, complaint_id: str) -> Complaint | None:
        return next((one for one in self.complaints if one.complaint_id == complaint_id), None)

    @property
    def open_complaints(self) -> tuple[Complaint, ...]:
        return tuple(one for one in self.complaints if not one.outcome)

    @property
    def last_promise(self) -> PastPromise | None:
        """The newest promise that was answered, kept or not; None when there was none."""
        answered = (one for one in reversed(self.promises) if one.outcome in ANSWERED)
        return next(answered, None)


ANSWERED = frozenset({"kept", "partly", "broken"})
WENT_OUT = "sent"
"""The outcome of what the policy sends by itself: no person had a hand in it."""
NOT_KEPT = frozenset({"partly", "broken"})
NO_WORK = Desk()


def with_work(desk: Desk, fact: WorkFacts) -> Desk:  # noqa: C901, PLR0911 - one case per fact
    """Apply one fact."""
    if fact.heard:
        because = fact.because if isinstance(fact, WorkRefused) else ""
        desk = replace(desk, heard=(*desk.heard, (fact.heard, because))[-HEARD_KEPT:])
    match fact:
        case AccountAssigned():
            since = None if fact.owner is None else fact.assigned_on
            return _changed(replace(desk, owner=fact.owner or "", owned_since=since), fact.assigned_on)
        case AccountPutOff():
            return _changed(replace(desk, put_off_until=fact.until, came_back_on=None), fact.put_off_on)
        case AccountCameBack():
            on = fact.came_back_on
            return _told(replace(desk, put_off_until=None, call_back_on=None, came_back_on=on), on)
        case AccountNoteAdded():
            notes = (*desk.notes, NoteHead(fact.note_id, fact.topic, fact.at, fact.by))[-NOTES_KEPT:]
            return _told(replace(desk, notes=notes), fact.at.date())
        case PromiseMade():
            return _promised(desk, fact)
        case PromisePaymentCounted():
            return _paid(desk, fact)
        case PromiseEnded():
            return _promise_ended(desk, fact)
        case ComplaintTaken():
            taken = Complaint(fact.complaint_id, fact.kind, fact.channel, fact.received_on)
            return _told(replace(desk, complaints=(*desk.complaints, taken)[-COMPLAINTS_KEPT:]), fact.received_on)
        case ComplaintAnswered():
            return _answered(desk, fact)
        case WorkRefused():
            return desk
        case _:
            assert_never(fact)


def episode_began(desk: Desk, tenant: str) -> Desk:
    """What belongs to one balance is forgotten with the next."""
    return desk if (desk.broken, desk.tenant) == (0, tenant) else replace(desk, broken=0, tenant=tenant)


def episode_ended(desk: Desk) -> Desk:
    """Nobody has to work on what is over; a promise waits for its payment, which may be on its way."""
    if not desk.owner and (desk.put_off_until, desk.call_back_on, desk.came_back_on) == (None, None, None):
        return desk
    over = replace(desk, owner="", owned_since=None, put_off_until=None, call_back_on=None, came_back_on=None)
    return replace(over, version=desk.version + 1)


def contacted(desk: Desk, channel: str, outcome: str, on: date, next_action_on: date | None) -> Desk:
    """Somebody was contacted: a call ends what it came back for; the contact may name the day of the next action."""
    if outcome == WENT_OUT:
        return desk
    desk = _told(desk, on)
    if next_action_on is None and not (channel == "phone" and desk.came_back_on is not None):
        return desk
    came_back_on = None if channel == "phone" else desk.came_back_on
    return replace(desk, came_back_on=came_back_on, call_back_on=next_action_on or desk.call_back_on)


def _promised(desk: Desk, fact: PromiseMade) -> Desk:
    promise = Promise(
        promise_id=fact.promise_id,
        promised_cents=fact.promised_cents,
        promised_for=fact.promised_for,
        follow_up_on=fact.follow_up_on,
        rests=fact.rests,
        made_at=fact.made_at,
        made_by=fact.made_by,
    )
    return _changed(replace(desk, promise=promise), fact.made_at.date())


def _paid(desk: Desk, fact: PromisePaymentCounted) -> Desk:
    promise = desk.promise
    assert promise is not None, "a payment was counted to no promise"
    payments = (*promise.payments, (fact.payment_id, fact.paid_cents))
    return replace(desk, promise=replace(promise, payments=payments))


def _promise_ended(desk: Desk, fact: PromiseEnded) -> Desk:
    promise = desk.promise
    assert promise is not None, "a promise ended that nobody made"
    past = PastPromise(
        promise_id=promise.promise_id,
        promised_cents=promise.promised_cents,
        promised_for=promise.promised_for,
        made_by=promise.made_by,
        outcome=fact.outcome,
        paid_cents=fact.paid_cents,
        ended_on=fact.ended_on,
    )
    is_broken = fact.outcome in NOT_KEPT
    desk = replace(
        desk,
        promise=None,
        promises=(*desk.promises, past)[-PAST_PROMISES_KEPT:],
        broken=desk.broken + is_broken,
        put_off_until=None if is_broken else desk.put_off_until,
    )
    return _changed(desk, fact.ended_on)


def _answered(desk: Desk, fact: ComplaintAnswered) -> Desk:
    complaints = tuple(
        replace(one, outcome=fact.outcome, answered_on=fact.answered_on)
        if one.complaint_id == fact.complaint_id
        else one
        for one in desk.complaints
    )
    return _told(replace(desk, complaints=complaints), fact.answered_on)


def _told(desk: Desk, on: date) -> Desk:
    if desk.changed_on is not None and desk.changed_on >= on:
        return desk
    return replace(desk, changed_on=on)


def _changed(desk: Desk, on: date) -> Desk:
    return _told(replace(desk, version=desk.version + 1), on)
