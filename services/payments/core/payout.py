"""A payout of the card processor: payments less refunds, disputes and fees, sent to the bank account in one sum."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.remitted import Reference, digest_of
from shared.contracts import Cents, Contract, Event, Message, Meta, PositiveCents
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace


class PayoutItem(Contract):
    """One line of it: a payment, refund or dispute; `source` is the processor's id."""

    kind: str = Field(max_length=40)
    source: str = Field(max_length=120)
    gross_cents: Cents
    fee_cents: Cents
    net_cents: Cents


class PayoutTold(Message):
    """The processor sent this payout."""

    type: Literal["payments.payout-told.v1"] = "payments.payout-told.v1"
    payout_id: Reference
    payout_cents: Cents
    currency: str = Field(max_length=10)
    arrives_on: date
    trace: str = Field(max_length=50)
    items: tuple[PayoutItem, ...] = Field(default=(), max_length=2000)


class PayoutExpected(Answer):
    """The bank side waits for it."""

    type: Literal["payments.payout-expected.v1"] = "payments.payout-expected.v1"
    payout_id: str


class ExpectPayout(Effect):
    type: Literal["payments.expect-payout.v1"] = "payments.expect-payout.v1"
    payout_id: str
    cents: PositiveCents
    trace: str
    arrives_on: date


class PayoutSent(Fact):
    type: Literal["payout.sent.v1"] = "payout.sent.v1"
    payout_id: str
    cents: Cents
    arrives_on: date
    trace: str
    items: tuple[PayoutItem, ...]
    digest: str
    odd: str


class PayoutRepeatDiffered(Fact):
    """The same payout came with other content; the first one stands."""

    type: Literal["payout.repeat-differed.v1"] = "payout.repeat-differed.v1"
    digest: str


@dataclass(frozen=True, slots=True)
class Payout:
    """One transfer of the processor."""

    payout_id: str = ""
    cents: int = 0
    arrives_on: date = date.min
    trace: str = ""
    items: tuple[PayoutItem, ...] = ()
    digest: str = ""
    odd: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def fee_cents(self) -> int:
        return sum(item.fee_cents for item in self.items)


PayoutMessage: TypeAlias = PayoutTold | PayoutExpected
PayoutFact: TypeAlias = PayoutSent | PayoutRepeatDiffered


def decide(state: Payout, message: PayoutMessage) -> tuple[PayoutFact | Effect, ...]:
    match message:
        case PayoutTold():
            return _sent(state, message)
        case PayoutExpected():
            return ()
        case _:
            assert_never(message)


def _sent(state: Payout, told: PayoutTold) -> tuple[PayoutFact | Effect, ...]:
    """What does not add up is kept for a person; only a payout that does is expected at the bank."""
    digest = digest_of(told)
    if state.payout_id:
        differs = digest != state.digest and digest not in state.conflicts
        return (PayoutRepeatDiffered(digest=digest),) if differs else ()
    odd = odd_of(told)
    sent = PayoutSent(
        payout_id=told.payout_id,
        cents=told.payout_cents,
        arrives_on=told.arrives_on,
        trace=told.trace,
        items=told.items,
        digest=digest,
        odd=odd,
    )
    if odd or told.payout_cents <= 0:
        return (sent,)
    expect = ExpectPayout(
        payout_id=told.payout_id, cents=told.payout_cents, trace=told.trace, arrives_on=told.arrives_on
    )
    return sent, expect


def odd_of(told: PayoutTold) -> str:
    """Why nobody may take this payout as it is; empty when it adds up."""
    if told.currency.lower() != "usd":
        return "the currency is not USD"
    wrong = next((n for n, i in enumerate(told.items, 1) if i.net_cents != i.gross_cents - i.fee_cents), None)
    if wrong is not None:
        return f"line {wrong}: net is not gross less fee"
    net_cents = sum(item.net_cents for item in told.items)
    if told.items and net_cents != told.payout_cents:
        return f"the payout is {told.payout_cents} cents, and its lines come to {net_cents}"
    return ""


def evolve(state: Payout, fact: PayoutFact) -> Payout:
    match fact:
        case PayoutSent():
            return replace(
                state,
                payout_id=fact.payout_id,
                cents=fact.cents,
                arrives_on=fact.arrives_on,
                trace=fact.trace,
                items=fact.items,
                digest=fact.digest,
                odd=fact.odd,
            )
        case PayoutRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def publish(_: Payout, __: PayoutFact, ___: Meta) -> Event | None:
    """Nothing: its deposit is matched like any other."""
    return None


def _index(state: Payout) -> Mapping[str, Scalar]:
    return {"odd": bool(state.odd or state.conflicts)}


PAYOUT: Decider[Payout, PayoutMessage, PayoutFact] = Decider(
    service="payments",
    kind="payout",
    initial=Payout(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.payout_id,
    record_key=lambda state: state.payout_id,
    state_codec=TypeAdapter(Payout),
    message_codec=TypeAdapter(Annotated[PayoutMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[PayoutFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(ExpectPayout),
    index=_index,
)
