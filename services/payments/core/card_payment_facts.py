"""What happened to a payment by card or bank debit."""

from typing import Literal

from services.payments.core.account_messages import Allocation, Target
from services.payments.core.card_payment_messages import Method, ProcessorNews
from services.payments.core.cash import CashFact
from shared.contracts import NonNegativeCents, PositiveCents, Sealed
from shared.decider import Fact


class CardPaymentRequested(Fact):
    type: Literal["card.requested.v1"] = "card.requested.v1"
    intent_id: str
    account_id: str
    method: Method
    asked_cents: PositiveCents
    claim_id: str | None
    reserved_for: str
    request_id: str
    allocation: Allocation = "oldest"
    items: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


class CardIntentHeld(Fact):
    """The processor waits for the guarantor."""

    type: Literal["card.intent-held.v1"] = "card.intent-held.v1"
    processor_id: str
    sealed_client_secret: Sealed


class CardPaymentFailed(Fact):
    """Declined, returned before it was paid, or never asked for. The guarantor may try again."""

    type: Literal["card.failed.v1"] = "card.failed.v1"
    news_id: str
    status: Literal["failed", "canceled", "refused"]
    code: str
    told_at: int = 0


class CardPaymentPending(Fact):
    """A bank debit is on its way; it is not money yet."""

    type: Literal["card.pending.v1"] = "card.pending.v1"
    news_id: str
    told_at: int = 0


class CardPaymentReceived(CashFact):
    """The processor has the money."""

    type: Literal["card.received.v1"] = "card.received.v1"
    news_id: str
    processor_id: str


class CardFeeTaken(CashFact):
    """What the processor keeps for a payment or a dispute."""

    type: Literal["card.fee-taken.v1"] = "card.fee-taken.v1"
    news_id: str


class CardPaymentPosted(Fact):
    type: Literal["card.posted.v1"] = "card.posted.v1"


class CardMoneyDisputed(CashFact):
    """The cardholder's bank, or the guarantor's, took the money back."""

    type: Literal["card.disputed.v1"] = "card.disputed.v1"
    news_id: str
    dispute_id: str
    code: str


class CardDisputeWon(CashFact):
    """The bank gave it back."""

    type: Literal["card.dispute-won.v1"] = "card.dispute-won.v1"
    news_id: str
    dispute_id: str


class CardDisputeLost(Fact):
    """It stays with the guarantor's bank."""

    type: Literal["card.dispute-lost.v1"] = "card.dispute-lost.v1"
    news_id: str
    dispute_id: str


class CardNewsHeld(Fact):
    """News about money that has not come yet."""

    type: Literal["card.news-held.v1"] = "card.news-held.v1"
    news: ProcessorNews


class CardNewsOdd(Fact):
    """News that nobody may book unseen: another currency or amount, another intent at the processor."""

    type: Literal["card.news-odd.v1"] = "card.news-odd.v1"
    news_id: str
    reason: str


class CardMoneyBackPosted(Fact):
    """The account took it out. Less than was disputed when part of it was refunded before."""

    type: Literal["card.money-back-posted.v1"] = "card.money-back-posted.v1"
    reversal_id: str
    reversed_cents: NonNegativeCents
