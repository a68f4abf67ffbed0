"""What a party that is neither insurer nor guarantor is told: terms, invoices, money, reductions of its share."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from services.payments.core.other_share import OtherTerms
from services.payments.core.remitted import Reference
from shared.contracts import Contract, Message, NonNegativeCents, PositiveCents, Sealed
from shared.decider import Due

Why = Annotated[str, Field(min_length=3, max_length=500, description="A person's reason; no patient data.")]
OtherMethod: TypeAlias = Literal["check", "ach", "wire", "card", "cash"]


class OtherPartyCommand(Message):
    """A command to one party of one account."""

    party_id: str


class SetOtherTerms(OtherPartyCommand):
    """Register the party, or say its terms anew; one that had ended owes again."""

    type: Literal["payments.set-other-terms.v1"] = "payments.set-other-terms.v1"
    account_id: str
    terms: OtherTerms
    protected_until: date | None = None
    sealed_contact: Sealed
    reason: Why


class EndOtherParty(OtherPartyCommand):
    """It owes nothing further: everything is settled, or it says no more."""

    type: Literal["payments.end-other-party.v1"] = "payments.end-other-party.v1"
    how: Literal["settled", "withdrawn"]
    reason: Why


class InvoiceLine(Contract):
    """What is open of the party's part of one claim or charge."""

    item_id: str
    service_date: date
    cents: PositiveCents


class BillOtherParty(OtherPartyCommand):
    """Ask it for what is open."""

    type: Literal["payments.bill-other-party.v1"] = "payments.bill-other-party.v1"
    lines: tuple[InvoiceLine, ...] = Field(min_length=1, max_length=500)


class TakeOtherPayment(OtherPartyCommand):
    """Its money arrived."""

    type: Literal["payments.take-other-payment.v1"] = "payments.take-other-payment.v1"
    payment_id: Reference
    method: OtherMethod
    reference: str = Field(default="", max_length=40, description="Check number or trace.")
    paid_cents: PositiveCents
    received_on: date


class ReturnOtherPayment(OtherPartyCommand):
    """Give money back to it, or note that its bank took it back."""

    type: Literal["payments.return-other-payment.v1"] = "payments.return-other-payment.v1"
    return_id: Reference
    payment_id: Reference
    returned_cents: PositiveCents
    cause: Literal["refund", "returned"]
    free_cents: NonNegativeCents = 0  # what is not applied of the payment now: a refund gives back no more
    reason: Why


class AskOtherReduction(OtherPartyCommand):
    """Reduce its share by agreement; above the limit another person approves. `open_cents` is what it owes now."""

    type: Literal["payments.ask-other-reduction.v1"] = "payments.ask-other-reduction.v1"
    reduction_id: Reference
    reduced_cents: PositiveCents
    open_cents: NonNegativeCents
    reason: Why


class DecideOtherReduction(OtherPartyCommand):
    """The second person's word."""

    type: Literal["payments.decide-other-reduction.v1"] = "payments.decide-other-reduction.v1"
    reduction_id: Reference
    approved: bool
    open_cents: NonNegativeCents
    reason: Why


OtherPartyMessage: TypeAlias = (
    SetOtherTerms
    | EndOtherParty
    | BillOtherParty
    | TakeOtherPayment
    | ReturnOtherPayment
    | AskOtherReduction
    | DecideOtherReduction
    | Due
)
