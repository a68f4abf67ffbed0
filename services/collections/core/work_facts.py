"""Facts of a collector's work on an account."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime

from services.collections.core.fact_base import AccountFact
from services.collections.core.messages import Channel
from services.collections.core.work_messages import ComplaintKind, ComplaintOutcome, NoteTopic
from shared.contracts import NonNegativeCents, PositiveCents, Sealed

PromiseOutcome: TypeAlias = Literal["kept", "partly", "broken", "moot", "withdrawn", "mistake", "replaced"]
"""`moot`: nothing was owed any more when its day came, and it was not the promised payment that did it."""


class WorkFact(AccountFact):
    """Something about the work on the account. `heard` is the id of the command that said so: a repeat says nothing."""

    heard: str = ""


class AccountAssigned(WorkFact):
    """The account is a collector's, or (None) nobody's."""

    type: Literal["account-assigned"] = "account-assigned"
    owner: str | None
    assigned_on: date


class AccountPutOff(WorkFact):
    """It is in no queue until a day."""

    type: Literal["account-put-off"] = "account-put-off"
    until: date
    put_off_on: date


class AccountCameBack(WorkFact):
    """The day came, for which it was put off or a next action was agreed."""

    type: Literal["account-came-back"] = "account-came-back"
    came_back_on: date


class AccountNoteAdded(WorkFact):
    """A collector wrote something down."""

    type: Literal["account-note-added"] = "account-note-added"
    note_id: str
    topic: NoteTopic
    at: AwareDatetime
    by: str
    sealed_note: Sealed


class PromiseMade(WorkFact):
    """The guarantor promised to pay. `rests`: until `follow_up_on` nothing demands money, as the policy says."""

    type: Literal["promise-made"] = "promise-made"
    promise_id: str
    promised_cents: PositiveCents
    promised_for: date
    follow_up_on: date
    rests: bool
    channel: Channel
    contact_id: str
    made_at: AwareDatetime
    made_by: str


class PromisePaymentCounted(WorkFact):
    """A payment came while the promise was open."""

    type: Literal["promise-payment-counted"] = "promise-payment-counted"
    promise_id: str
    payment_id: str
    paid_cents: PositiveCents


class PromiseEnded(WorkFact):
    """How the promise ended."""

    type: Literal["promise-ended"] = "promise-ended"
    promise_id: str
    outcome: PromiseOutcome
    paid_cents: NonNegativeCents
    ended_on: date


class ComplaintTaken(WorkFact):
    """Somebody complained."""

    type: Literal["complaint-taken"] = "complaint-taken"
    complaint_id: str
    kind: ComplaintKind
    channel: Channel
    received_on: date
    taken_by: str
    sealed_words: Sealed


class ComplaintAnswered(WorkFact):
    """The complaint has its answer."""

    type: Literal["complaint-answered"] = "complaint-answered"
    complaint_id: str
    outcome: ComplaintOutcome
    answered_on: date
    answered_by: str
    sealed_words: Sealed


class WorkRefused(WorkFact):
    """What was asked for is not possible; `because` says why in our words."""

    type: Literal["work-refused"] = "work-refused"
    because: str


WorkFacts: TypeAlias = (
    AccountAssigned
    | AccountPutOff
    | AccountCameBack
    | AccountNoteAdded
    | PromiseMade
    | PromisePaymentCounted
    | PromiseEnded
    | ComplaintTaken
    | ComplaintAnswered
    | WorkRefused
)
