"""What a payment by card or bank debit is told, and the work it asks for."""

from typing import Literal, TypeAlias

from pydantic import Field, NonNegativeInt

from services.payments.core.account_messages import Allocation, ReversalCause, Target
from services.payments.core.remitted import Reference
from shared.contracts import Cents, Message, NonNegativeCents, PositiveCents, Sealed
from shared.decider import Answer, Effect

Method: TypeAlias = Literal["card", "ach"]
DisputeStatus: TypeAlias = Literal["open", "won", "lost"]


class RequestCardPayment(Message):
    """Ask the processor to take so much from the guarantor."""

    type: Literal["payments.request-card-payment.v1"] = "payments.request-card-payment.v1"
    intent_id: Reference
    account_id: str
    method: Method
    asked_cents: PositiveCents
    claim_id: str | None = None
    reserved_for: str = Field(default="", max_length=38)
    request_id: str = Field(default="", max_length=80, description="The payment request it answers, if it does.")
    allocation: Allocation = "oldest"
    items: tuple[str, ...] = Field(default=(), description="Claims and charges that it is asked for, in order.")
    targets: tuple[Target, ...] = Field(default=(), description="By hand: what goes where.")


class IntentCreated(Answer):
    """The processor holds the intent; its secret lets the guarantor's browser, and nobody else, pay it."""

    type: Literal["payments.intent-created.v1"] = "payments.intent-created.v1"
    intent_id: str
    processor_id: str
    sealed_client_secret: Sealed


class IntentRefused(Answer):
    """The processor will not have it; `code` is its own, never a text about a person."""

    type: Literal["payments.intent-refused.v1"] = "payments.intent-refused.v1"
    intent_id: str
    code: str


class ProcessorNews(Message):
    """What a webhook said about this intent. `news_id` is the processor's id of the event; a replay has the same."""

    type: Literal["payments.processor-news.v1"] = "payments.processor-news.v1"
    intent_id: Reference
    news_id: str = Field(max_length=120)
    what: Literal["processing", "succeeded", "failed", "canceled", "dispute_opened", "dispute_won", "dispute_lost"]
    processor_id: str = Field(max_length=120)
    object_id: str = Field(default="", max_length=120, description="Of the dispute, where it is about one.")
    cents: NonNegativeCents = 0
    currency: str = Field(default="usd", max_length=10)
    fee_cents: Cents = 0
    code: str = Field(default="", max_length=60, description="Why: a decline code, a return code such as R01.")
    told_at: NonNegativeInt = Field(
        default=0, description="The processor's own time, in seconds: news come in any order."
    )


class PaymentBooked(Answer):
    """The account has the payment."""

    type: Literal["payments.payment-booked.v1"] = "payments.payment-booked.v1"
    intent_id: str


class MoneyBackBooked(Answer):
    """The account has, or does not have, what was taken back."""

    type: Literal["payments.money-back-booked.v1"] = "payments.money-back-booked.v1"
    intent_id: str
    reversal_id: str
    reversed_cents: NonNegativeCents


class CreateIntent(Effect):
    """Create the intent at the processor; its idempotency key is our id."""

    type: Literal["payments.create-intent.v1"] = "payments.create-intent.v1"
    intent_id: str
    account_id: str
    method: Method
    cents: PositiveCents
    sealed_token: Sealed | None = None  # of a stored card or bank account, to take it from without the guarantor


class BookPayment(Effect):
    """Post the money on the account."""

    type: Literal["payments.book-payment.v1"] = "payments.book-payment.v1"
    account_id: str
    payment_id: str
    method: Method
    cents: PositiveCents
    claim_id: str | None
    reserved_for: str
    allocation: Allocation = "oldest"
    items: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


class BookMoneyBack(Effect):
    """Take disputed money out of the account."""

    type: Literal["payments.book-money-back.v1"] = "payments.book-money-back.v1"
    account_id: str
    payment_id: str
    reversal_id: str
    cents: PositiveCents
    cause: ReversalCause


class BookRestored(Effect):
    """Give it back to the account: the dispute was won."""

    type: Literal["payments.book-restored.v1"] = "payments.book-restored.v1"
    account_id: str
    reversal_id: str
