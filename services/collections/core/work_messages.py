"""What collectors tell an account: who works on it, promises to pay, notes, complaints. Words of people come sealed."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field, NonNegativeInt

from services.collections.core.messages import Channel
from shared.contracts import Message, PositiveCents, Sealed

NoteTopic: TypeAlias = Literal["call", "letter", "visit", "insurance", "hardship", "address", "other"]
ComplaintKind: TypeAlias = Literal[
    "conduct", "frequency", "wrong_amount", "wrong_person", "privacy", "not_answered", "service", "other"
]
ComplaintOutcome: TypeAlias = Literal["upheld", "partly_upheld", "not_upheld", "withdrawn"]
PromiseCancel: TypeAlias = Literal["withdrawn", "mistake"]


class WorkCommand(Message):
    """A collector's command for one account; `meta.actor` is who.

    With `version` it is refused when somebody changed the account's work meanwhile.
    """

    account_id: str = Field(min_length=1)
    version: NonNegativeInt | None = None


class AssignAccount(WorkCommand):
    """Give the account to a collector, or (None) to nobody. `supervises`: also where it is somebody else's."""

    type: Literal["collections.assign-account.v1"] = "collections.assign-account.v1"
    owner: str | None = Field(max_length=100)
    supervises: bool = False


class PutOffAccount(WorkCommand):
    """Nothing can be done before a day: then the account is in its queue again by itself."""

    type: Literal["collections.put-off-account.v1"] = "collections.put-off-account.v1"
    until: date


class AddAccountNote(WorkCommand):
    """Words of a collector."""

    type: Literal["collections.add-account-note.v1"] = "collections.add-account-note.v1"
    note_id: str = Field(min_length=1)
    topic: NoteTopic
    sealed_note: Sealed


class MakePromise(WorkCommand):
    """The guarantor promises to pay so much until a day. `contact_id` is the contact in which they did, if it is known.

    Without one the promise is a contact of its own, that came from them.
    """

    type: Literal["collections.make-promise.v1"] = "collections.make-promise.v1"
    promise_id: str = Field(min_length=1)
    promised_cents: PositiveCents
    promised_for: date
    channel: Channel = "phone"
    contact_id: str = ""


class CancelPromise(WorkCommand):
    """The guarantor took the promise back, or it was entered by mistake."""

    type: Literal["collections.cancel-promise.v1"] = "collections.cancel-promise.v1"
    promise_id: str = Field(min_length=1)
    how: PromiseCancel


class TakeComplaint(WorkCommand):
    """Somebody complains about how the account is collected; the words are sealed."""

    type: Literal["collections.take-complaint.v1"] = "collections.take-complaint.v1"
    complaint_id: str = Field(min_length=1)
    kind: ComplaintKind
    channel: Channel
    received_on: date
    sealed_words: Sealed


class AnswerComplaint(WorkCommand):
    """The complaint has its answer."""

    type: Literal["collections.answer-complaint.v1"] = "collections.answer-complaint.v1"
    complaint_id: str = Field(min_length=1)
    outcome: ComplaintOutcome
    sealed_words: Sealed


WorkMessage: TypeAlias = (
    AssignAccount | PutOffAccount | AddAccountNote | MakePromise | CancelPromise | TakeComplaint | AnswerComplaint
)
