"""What happened to a placement with an agency."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import NonNegativeInt, PositiveInt

from services.collections.core.agency_policy import Meaning, Paid
from services.collections.core.placement_messages import Ending, RecordKind
from shared.contracts import Cents, NonNegativeCents, PositiveCents, Sealed
from shared.decider import Fact


class PlacementFact(Fact):
    """Each names its placement."""

    placement_id: str


class PlacementOpened(PlacementFact):
    type: Literal["placement.opened.v1"] = "placement.opened.v1"
    account_id: str
    agency_id: str
    terms: str
    number: PositiveInt
    placed_cents: PositiveCents
    claims: NonNegativeInt
    first_statement_on: date
    due_on: date
    placed_on: date
    held_until: date | None
    sealed_guarantor: Sealed


class RecordMade(PlacementFact):
    """Something to tell the agency, as it is to be written."""

    type: Literal["placement.record-made.v1"] = "placement.record-made.v1"
    number: PositiveInt
    kind: RecordKind
    on: date
    cents: Cents
    balance_cents: Cents
    reference: str = ""


class RecordsLeft(PlacementFact):
    type: Literal["placement.records-left.v1"] = "placement.records-left.v1"
    numbers: tuple[PositiveInt, ...]
    file: str
    unwritable: tuple[PositiveInt, ...] = ()


class PlacementCancelled(PlacementFact):
    """It was taken back before the agency heard of it."""

    type: Literal["placement.cancelled.v1"] = "placement.cancelled.v1"
    numbers: tuple[PositiveInt, ...]


class LineAnswered(PlacementFact):
    """A line of an agency's file was taken, or refused for a reason."""

    type: Literal["placement.line-answered.v1"] = "placement.line-answered.v1"
    file_id: str
    line: PositiveInt
    because: str = ""


class PlacementAcked(PlacementFact):
    type: Literal["placement.acked.v1"] = "placement.acked.v1"
    accepted: bool
    agency_number: str
    code: str


class AgencyReported(PlacementFact):
    """`work` says what a person has to look at; empty where nothing."""

    type: Literal["placement.reported.v1"] = "placement.reported.v1"
    code: str
    meaning: Meaning | None
    on: date
    promised_on: date | None
    promised_cents: NonNegativeCents
    work: str = ""


class AgencyPaymentTaken(PlacementFact):
    """What the agency collected, or its fee for what was paid directly. `fee_cents` is the contract's."""

    type: Literal["placement.payment-taken.v1"] = "placement.payment-taken.v1"
    file_id: str
    line: PositiveInt
    reference: str
    payment_id: str
    paid: Paid
    cents: PositiveCents
    fee_cents: NonNegativeCents
    said_fee_cents: Cents
    received_on: date


class PaymentBooked(PlacementFact):
    """Payments posted what the agency collected."""

    type: Literal["placement.payment-booked.v1"] = "placement.payment-booked.v1"
    payment_id: str


class BalanceMoved(PlacementFact):
    """A direct payment, or another change of the balance; below 0: more is owed."""

    type: Literal["placement.balance-moved.v1"] = "placement.balance-moved.v1"
    what: Literal["payment", "adjustment"]
    reference: str
    cents: Cents


class PlacementEnded(PlacementFact):
    """Recalled or paid by us, given back by the agency."""

    type: Literal["placement.ended.v1"] = "placement.ended.v1"
    how: Ending | Literal["returned"]
    ended_on: date


class HoldPassed(PlacementFact):
    """The agency's time is over; the account is asked to take it back."""

    type: Literal["placement.hold-passed.v1"] = "placement.hold-passed.v1"


AnyPlacementFact: TypeAlias = (
    PlacementOpened
    | RecordMade
    | RecordsLeft
    | PlacementCancelled
    | LineAnswered
    | PlacementAcked
    | AgencyReported
    | AgencyPaymentTaken
    | PaymentBooked
    | BalanceMoved
    | PlacementEnded
    | HoldPassed
)
