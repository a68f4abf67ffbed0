"""What collections says of promises, disputes and complaints: what people at desks hear, in codes and never words."""

from datetime import date
from typing import Literal, TypeAlias

from .base import NonNegativeCents, PositiveCents
from .collections import CollectionEvent


class PromiseToPayMade(CollectionEvent):
    """The guarantor promised to pay so much until a day. `rests_dunning`: until then nothing demands money."""

    type: Literal["promise.made.v1"] = "promise.made.v1"
    promise_id: str
    promised_cents: PositiveCents
    promised_for: date
    rests_dunning: bool


class PromiseToPayEnded(CollectionEvent):
    """What became of a promise. `moot`: by its day nothing was owed any more, or a plan had taken its place."""

    type: Literal["promise.ended.v1"] = "promise.ended.v1"
    promise_id: str
    outcome: Literal["kept", "partly", "broken", "moot", "withdrawn", "mistake", "replaced"]
    paid_cents: NonNegativeCents


class DebtDisputed(CollectionEvent):
    """The guarantor disputes the balance or a part of it: what the law stops for it has stopped."""

    type: Literal["dispute.opened.v1"] = "dispute.opened.v1"
    dispute_id: str
    kind: str
    written: bool
    received_on: date
    disputed_cents: PositiveCents | None = None


class DebtDisputeResolved(CollectionEvent):
    """The dispute has its answer."""

    type: Literal["dispute.resolved.v1"] = "dispute.resolved.v1"
    dispute_id: str
    outcome: Literal["stands", "corrected", "withdrawn"]
    resolved_on: date


class ComplaintReceived(CollectionEvent):
    """Somebody complained about how the account is collected."""

    type: Literal["complaint.received.v1"] = "complaint.received.v1"
    complaint_id: str
    kind: str
    received_on: date


class ComplaintAnswered(CollectionEvent):
    """The complaint has its answer."""

    type: Literal["complaint.answered.v1"] = "complaint.answered.v1"
    complaint_id: str
    outcome: Literal["upheld", "partly_upheld", "not_upheld", "withdrawn"]
    answered_on: date


CollectorsEvent: TypeAlias = (
    PromiseToPayMade | PromiseToPayEnded | DebtDisputed | DebtDisputeResolved | ComplaintReceived | ComplaintAnswered
)
