"""From a processor's event to news for one payment, refund or payout. Pure; texts about people are never read."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.payments.core.card_payment_messages import ProcessorNews
from services.payments.core.payout import PayoutItem, PayoutTold
from services.payments.core.refund_messages import RefundNews
from shared.contracts import Meta

ID_MAX = 64


class UnreadableEventError(ValueError):
    """Not an event of the shape we know. The reason names the field, never the value."""


class NotOursError(ValueError):
    """An event about something that this client never asked for."""


class _Loose(BaseModel):
    """Processors add fields as they please."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, strict=True)


class _Data(_Loose):
    object: dict[str, Any]


class ProcessorEvent(_Loose):
    """The envelope of a webhook."""

    id: str = Field(min_length=1, max_length=120)
    type: str = Field(max_length=120)
    created: int = Field(ge=0, le=4_102_444_800)
    data: _Data


class _Intent(_Loose):
    id: str = Field(max_length=120)
    amount_received: int = Field(default=0, ge=0)
    currency: str = Field(max_length=10)
    metadata: dict[str, str]
    fee: int = 0
    last_payment_error: dict[str, Any] | None = None


class _Dispute(_Loose):
    id: str = Field(max_length=120)
    payment_intent: str = Field(max_length=120)
    amount: int = Field(ge=0)
    currency: str = Field(max_length=10)
    status: str
    reason: str = Field(default="", max_length=60)
    network_reason_code: str | None = Field(default=None, max_length=20)
    fee: int = 0
    metadata: dict[str, str]


class _Refund(_Loose):
    id: str = Field(max_length=120)
    status: str
    failure_reason: str | None = Field(default=None, max_length=60)
    metadata: dict[str, str]


class _PayoutLine(_Loose):
    type: str = Field(max_length=40)
    source: str = Field(max_length=120)
    amount: int
    fee: int
    net: int


class _Payout(_Loose):
    id: str = Field(min_length=1, max_length=60)
    amount: int
    currency: str
    arrival_date: int = Field(ge=0, le=4_102_444_800)
    trace_id: str = Field(default="", max_length=50)
    status: str
    balance_transactions: list[_PayoutLine] = []


class Told(NamedTuple):
    """What an event comes to; nothing for one that says nothing we act on."""

    news: ProcessorNews | RefundNews | PayoutTold | None


INTENTS: Mapping[str, str] = {
    "payment_intent.processing": "processing",
    "payment_intent.succeeded": "succeeded",
    "payment_intent.payment_failed": "failed",
    "payment_intent.canceled": "canceled",
}
DISPUTES = frozenset({"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"})
REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed"})
PAYOUTS = frozenset({"payout.paid"})


def read_event(body: bytes) -> ProcessorEvent:
    """The envelope. Raises UnreadableEventError."""
    try:
        return ProcessorEvent.model_validate_json(body)
    except ValidationError as error:
        raise UnreadableEventError(_named(error)) from None


def told(event: ProcessorEvent, tenant: str, meta: Meta) -> Told:
    """What it says, for whom. Raises UnreadableEventError, and NotOursError for another client's or nobody's."""
    try:
        if event.type in INTENTS:
            return Told(_intent(event, tenant, meta))
        if event.type in DISPUTES:
            return Told(_dispute(event, tenant, meta))
        if event.type in REFUNDS:
            return Told(_refund(event, tenant, meta))
        if event.type in PAYOUTS:
            return Told(_payout(event, meta))
    except ValidationError as error:
        raise UnreadableEventError(_named(error)) from None
    return Told(None)


def _intent(event: ProcessorEvent, tenant: str, meta: Meta) -> ProcessorNews:
    one = _Intent.model_validate(event.data.object)
    intent_id = _ours(one.metadata, "intent_id", tenant)
    error = one.last_payment_error or {}
    return ProcessorNews(
        meta=_of(meta, "card_payment", intent_id),
        intent_id=intent_id,
        news_id=event.id,
        what=INTENTS[event.type],  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - checked by pydantic
        processor_id=one.id,
        cents=one.amount_received,
        currency=one.currency,
        fee_cents=one.fee,
        code=str(error.get("decline_code") or error.get("code", ""))[:60],
        told_at=event.created,
    )


def _dispute(event: ProcessorEvent, tenant: str, meta: Meta) -> ProcessorNews | None:
    one = _Dispute.model_validate(event.data.object)
    intent_id = _ours(one.metadata, "intent_id", tenant)
    closed = {"won": "dispute_won", "lost": "dispute_lost"}
    what = closed.get(one.status, "dispute_opened")
    return ProcessorNews(
        meta=_of(meta, "card_payment", intent_id),
        intent_id=intent_id,
        news_id=event.id,
        what=what,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of three
        processor_id=one.payment_intent,
        object_id=one.id,
        cents=one.amount,
        currency=one.currency,
        fee_cents=one.fee,
        code=one.network_reason_code or one.reason,
        told_at=event.created,
    )


def _refund(event: ProcessorEvent, tenant: str, meta: Meta) -> RefundNews | None:
    one = _Refund.model_validate(event.data.object)
    refund_id = _ours(one.metadata, "refund_id", tenant)
    outcome = {"succeeded": "cleared", "failed": "failed", "canceled": "failed"}.get(one.status)
    if outcome is None:
        return None
    return RefundNews(
        meta=_of(meta, "refund", refund_id),
        refund_id=refund_id,
        outcome=outcome,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of two
        code=one.failure_reason or "",
    )


def _payout(event: ProcessorEvent, meta: Meta) -> PayoutTold:
    one = _Payout.model_validate(event.data.object)
    payout_id = "".join(c if c.isalnum() or c in "-_" else "_" for c in one.id)
    arrives_on: date = datetime.fromtimestamp(one.arrival_date, UTC).date()
    return PayoutTold(
        meta=_of(meta, "payout", payout_id),
        payout_id=payout_id,
        payout_cents=one.amount,
        currency=one.currency,
        arrives_on=arrives_on,
        trace=one.trace_id or one.id[:50],
        items=tuple(
            PayoutItem(
                kind=line.type, source=line.source, gross_cents=line.amount, fee_cents=line.fee, net_cents=line.net
            )
            for line in one.balance_transactions
        ),
    )


def _ours(metadata: Mapping[str, str], name: str, tenant: str) -> str:
    """Our own id, which we gave the processor with the client's name."""
    found = metadata.get(name, "")
    usable = 0 < len(found) <= ID_MAX and all(c.isascii() and (c.isalnum() or c in "-_") for c in found)
    if not usable or metadata.get("tenant") != tenant:
        raise NotOursError("it is about nothing that this client asked for")
    return found


def _of(meta: Meta, kind: str, aggregate_id: str) -> Meta:
    return meta.model_copy(update={"subject": f"{kind}/{aggregate_id}", "key": aggregate_id})


def _named(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'body'}: {first['type']}"
