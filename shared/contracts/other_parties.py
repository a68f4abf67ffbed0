"""What payments says of parties that owe a part of an account and are neither insurer nor guarantor."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field, NonNegativeInt

from .base import Event, NonNegativeCents, PositiveCents

OtherPartyKind: TypeAlias = Literal[
    "employer", "attorney", "workers_compensation", "auto_liability", "grant", "research_sponsor", "other"
]


class OtherPartyEvent(Event):
    """An event of one party of one account. Who it is, is sealed at payments."""

    account_id: str
    party_id: str


class OtherPartyTermsSet(OtherPartyEvent):
    """A party owes a part of the guarantor's share of an account, or it owes another part than before."""

    type: Literal["other-party.terms-set.v1"] = "other-party.terms-set.v1"
    kind: OtherPartyKind
    percent: int = Field(ge=1, le=100, description="Of the guarantor's share of each claim or charge.")
    limit_cents: NonNegativeCents | None = Field(default=None, description="Of everything together; none: no limit.")
    covers_from: date = Field(description="First day of service.")
    covers_until: date = Field(description="Last day of service.")
    claims: tuple[str, ...] = Field(default=(), description="Only these claims and charges; empty: all of these days.")
    order: NonNegativeInt = Field(default=1, description="Of several parties, who is asked first.")
    guarantor_liable: bool = Field(default=True, description="Whether the guarantor owes what the party does not pay.")
    protected_until: date | None = Field(
        default=None, description="A letter of protection holds until this day, unless it is settled before."
    )


class OtherPartyEnded(OtherPartyEvent):
    """The party owes nothing further. What it did not settle is the guarantor's again, if that one is liable."""

    type: Literal["other-party.ended.v1"] = "other-party.ended.v1"
    how: Literal["settled", "expired", "withdrawn"]


class OtherPartyBilled(OtherPartyEvent):
    """An invoice to the party."""

    type: Literal["other-party.billed.v1"] = "other-party.billed.v1"
    invoice: NonNegativeInt = Field(description="Of the party, from 1.")
    billed_cents: PositiveCents
    due_on: date


class OtherPartyPaid(OtherPartyEvent):
    """Money of the party arrived."""

    type: Literal["other-party.paid.v1"] = "other-party.paid.v1"
    payment_id: str
    method: str
    paid_cents: PositiveCents
    received_on: date


class OtherPartyPaymentReturned(OtherPartyEvent):
    """Money of the party left again: refunded, or taken back by its bank."""

    type: Literal["other-party.payment-returned.v1"] = "other-party.payment-returned.v1"
    payment_id: str
    return_id: str
    returned_cents: PositiveCents
    cause: Literal["refund", "returned"]


class OtherPartyReductionAgreed(OtherPartyEvent):
    """A reduction of its share was agreed with the party, and approved where the house asks for it."""

    type: Literal["other-party.reduction-agreed.v1"] = "other-party.reduction-agreed.v1"
    reduction_id: str
    reduced_cents: PositiveCents
