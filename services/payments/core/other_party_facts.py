"""Facts of a party that is neither insurer nor guarantor."""

from datetime import date
from typing import Literal, TypeAlias

from services.payments.core.other_party_messages import InvoiceLine
from services.payments.core.other_share import OtherTerms
from shared.contracts import PositiveCents, Sealed
from shared.decider import Fact


class TermsSet(Fact):
    type: Literal["other-party.terms-set.v1"] = "other-party.terms-set.v1"
    party_id: str
    account_id: str
    terms: OtherTerms
    protected_until: date | None
    sealed_contact: Sealed
    reason: str
    command_id: str


class PartyEnded(Fact):
    type: Literal["other-party.ended.v1"] = "other-party.ended.v1"
    how: Literal["settled", "expired", "withdrawn"]
    reason: str
    command_id: str


class PartyBilled(Fact):
    type: Literal["other-party.billed.v1"] = "other-party.billed.v1"
    number: int
    billed_on: date
    due_on: date
    lines: tuple[InvoiceLine, ...]
    command_id: str


class PartyPaid(Fact):
    type: Literal["other-party.paid.v1"] = "other-party.paid.v1"
    payment_id: str
    method: str
    reference: str
    paid_cents: PositiveCents
    received_on: date


class PartyPaymentReturned(Fact):
    type: Literal["other-party.payment-returned.v1"] = "other-party.payment-returned.v1"
    return_id: str
    payment_id: str
    returned_cents: PositiveCents
    cause: Literal["refund", "returned"]
    reason: str


class ReductionAsked(Fact):
    type: Literal["other-party.reduction-asked.v1"] = "other-party.reduction-asked.v1"
    reduction_id: str
    asked_cents: PositiveCents
    reason: str
    asked_by: str


class ReductionAnswered(Fact):
    type: Literal["other-party.reduction-answered.v1"] = "other-party.reduction-answered.v1"
    reduction_id: str
    outcome: Literal["waiting", "agreed", "declined"]
    reduced_cents: int = 0
    decided_by: str = ""
    reason: str = ""


class PartyAnswered(Fact):
    """A person's command was not done, for a reason."""

    type: Literal["other-party.answered.v1"] = "other-party.answered.v1"
    command_id: str
    because: str


OtherPartyFact: TypeAlias = (
    TermsSet
    | PartyEnded
    | PartyBilled
    | PartyPaid
    | PartyPaymentReturned
    | ReductionAsked
    | ReductionAnswered
    | PartyAnswered
)
