"""Facts of an account about parties that are neither insurer nor guarantor. Their entries are balanced like any."""

from datetime import date
from typing import Literal, TypeAlias

from services.payments.core.entries import AccountFact, LedgerFact
from services.payments.core.other_share import OtherTerms
from shared.contracts import NonNegativeCents, PositiveCents


class OtherTermsNoted(AccountFact):
    """What a party owes of the account from now on; None: nothing more is moved to it."""

    type: Literal["account.other-terms-noted.v1"] = "account.other-terms-noted.v1"
    party_id: str
    sequence: int
    terms: OtherTerms | None


class OtherShareMoved(LedgerFact):
    """Part of the guarantor's share is a party's, or comes back from it."""

    type: Literal["account.other-share-moved.v1"] = "account.other-share-moved.v1"
    party_id: str


class OtherPaymentTaken(LedgerFact):
    """A party's money arrived. What it paid follows in entries of its own."""

    type: Literal["account.other-payment-taken.v1"] = "account.other-payment-taken.v1"
    party_id: str
    payment_id: str
    method: str
    received_on: date


class OtherPaymentApplied(LedgerFact):
    """A party's money pays its part of a claim or charge; with the sides swapped, it is free again."""

    type: Literal["account.other-payment-applied.v1"] = "account.other-payment-applied.v1"
    party_id: str
    payment_id: str


class OtherPaymentReturned(LedgerFact):
    """Money of a party left again: given back, or taken back by its bank."""

    type: Literal["account.other-payment-returned.v1"] = "account.other-payment-returned.v1"
    party_id: str
    payment_id: str
    return_id: str
    cause: str


class OtherReductionTaken(AccountFact):
    """A reduction was agreed with a party; `posted_cents` is what was open of its share."""

    type: Literal["account.other-reduction-taken.v1"] = "account.other-reduction-taken.v1"
    party_id: str
    reduction_id: str
    asked_cents: PositiveCents
    posted_cents: NonNegativeCents


class OtherShareReduced(LedgerFact):
    """Nobody owes this part any more; with the sides swapped, the reduction had nothing to reduce after all."""

    type: Literal["account.other-share-reduced.v1"] = "account.other-share-reduced.v1"
    party_id: str
    reduction_id: str


AnyOtherLedgerFact: TypeAlias = (
    OtherShareMoved | OtherPaymentTaken | OtherPaymentApplied | OtherPaymentReturned | OtherShareReduced
)
AnyOtherFact: TypeAlias = AnyOtherLedgerFact | OtherTermsNoted | OtherReductionTaken
