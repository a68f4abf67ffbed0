"""What happened to a refund."""

from datetime import date
from typing import Literal

from services.payments.core.cash import CashFact
from services.payments.core.refund_messages import Party, RefundMethod, RefundNews
from shared.contracts import PositiveCents
from shared.decider import Fact


class RefundAsked(Fact):
    type: Literal["refund.asked.v1"] = "refund.asked.v1"
    refund_id: str
    account_id: str
    party: Party
    method: RefundMethod
    cents: PositiveCents
    payment_id: str
    claim_id: str
    processor_id: str
    reason: str
    asked_by: str
    asked_on: date
    needs_second: bool
    digest: str


class RefundDecided(Fact):
    type: Literal["refund.decided.v1"] = "refund.decided.v1"
    approved: bool
    decided_by: str
    reason: str


class RefundRefused(Fact):
    """There is not as much to give back, or the processor will not: nothing left the ledger."""

    type: Literal["refund.refused.v1"] = "refund.refused.v1"
    reason: str


class RefundMoneyTaken(Fact):
    """It is out of the account's ledger and on its way."""

    type: Literal["refund.money-taken.v1"] = "refund.money-taken.v1"


class RefundIssuedFact(CashFact):
    """The check was printed, the processor told, the cash handed over, or the payer's next check reduced."""

    type: Literal["refund.issued-fact.v1"] = "refund.issued-fact.v1"
    processor_refund_id: str
    issued_on: date


class RefundCleared(Fact):
    type: Literal["refund.cleared.v1"] = "refund.cleared.v1"


class RefundVoiding(CashFact):
    """It did not reach its party; its money goes back onto the account."""

    type: Literal["refund.voiding.v1"] = "refund.voiding.v1"
    reason: str


class RefundVoidedFact(Fact):
    type: Literal["refund.voided-fact.v1"] = "refund.voided-fact.v1"


class RefundRepeatDiffered(Fact):
    """The same refund was asked for with other content; the first one stands."""

    type: Literal["refund.repeat-differed.v1"] = "refund.repeat-differed.v1"
    digest: str


class RefundNewsHeld(Fact):
    """It cleared, or failed, before we had written down that it was issued."""

    type: Literal["refund.news-held.v1"] = "refund.news-held.v1"
    news: RefundNews
