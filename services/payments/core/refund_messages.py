"""What a refund is told, and the work it asks for."""

from typing import Literal, TypeAlias

from pydantic import Field

from services.payments.core.remitted import Reference
from shared.contracts import Message, PositiveCents
from shared.decider import Answer, Effect

Party: TypeAlias = Literal["patient", "payer"]
RefundMethod: TypeAlias = Literal["card", "ach", "check", "cash", "offset"]


class AskRefund(Message):
    """Somebody asks to give money back: of a patient's payment, or of a claim that a payer overpaid."""

    type: Literal["payments.ask-refund.v1"] = "payments.ask-refund.v1"
    refund_id: Reference
    account_id: str
    party: Party
    method: RefundMethod
    refunded_cents: PositiveCents
    payment_id: str = Field(default="", max_length=80, description="Of a patient's refund: the payment it comes from.")
    claim_id: str = Field(default="", max_length=80, description="Of a payer's refund: the claim it paid too much for.")
    processor_id: str = Field(default="", max_length=120, description="Of a card payment, at the processor.")
    reason: str = Field(min_length=3, max_length=500)


class DecideRefund(Message):
    """A second person approves or rejects it."""

    type: Literal["payments.decide-refund.v1"] = "payments.decide-refund.v1"
    refund_id: str
    approved: bool
    reason: str = Field(min_length=3, max_length=500)


class RefundNews(Message):
    """The bank paid the check or the processor sent the money; or it came back."""

    type: Literal["payments.refund-news.v1"] = "payments.refund-news.v1"
    refund_id: Reference
    outcome: Literal["cleared", "failed"]
    code: str = Field(default="", max_length=60)


class VoidRefund(Message):
    """A person voids an issued check that nobody cashed."""

    type: Literal["payments.void-refund.v1"] = "payments.void-refund.v1"
    refund_id: str
    reason: str = Field(min_length=3, max_length=500)


class MoneyTaken(Answer):
    """Whether the account had it, and gave it."""

    type: Literal["payments.money-taken.v1"] = "payments.money-taken.v1"
    refund_id: str
    taken: bool
    available_cents: int


class RefundSent(Answer):
    """The processor took the refund, or would not."""

    type: Literal["payments.refund-sent.v1"] = "payments.refund-sent.v1"
    refund_id: str
    sent: bool
    processor_refund_id: str = ""
    code: str = ""


class MoneyRestored(Answer):
    """The account has it again."""

    type: Literal["payments.money-restored.v1"] = "payments.money-restored.v1"
    refund_id: str


class TakeMoney(Effect):
    """Take it out of the account's ledger, if it is there."""

    type: Literal["payments.take-money.v1"] = "payments.take-money.v1"
    account_id: str
    party: Party
    payment_id: str
    claim_id: str
    cents: PositiveCents


class SendRefund(Effect):
    """Ask the processor to send it back to the card or bank it came from."""

    type: Literal["payments.send-refund.v1"] = "payments.send-refund.v1"
    processor_id: str
    cents: PositiveCents


class RestoreRefund(Effect):
    """Put it back on the account."""

    type: Literal["payments.restore-refund.v1"] = "payments.restore-refund.v1"
    account_id: str
