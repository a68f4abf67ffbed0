"""A small aggregate for tests of the machinery: a till takes money, rings a bell now and then, closes at night."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeAlias, assert_never
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field, TypeAdapter

from shared.contracts import Message, Meta, PatientPaymentReceived
from shared.decider import Answer, Decider, Due, Effect, Fact

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
NAMES = UUID(int=7)


class Pay(Message):
    type: Literal["till.pay.v1"] = "till.pay.v1"
    till: str
    receipt: str
    cents: int


class Rung(Answer):
    type: Literal["till.rung.v1"] = "till.rung.v1"
    till: str
    loud: bool = True


class RingBell(Effect):
    type: Literal["till.ring-bell.v1"] = "till.ring-bell.v1"
    till: str


class Paid(Fact):
    type: Literal["till.paid.v1"] = "till.paid.v1"
    till: str
    receipt: str
    cents: int
    at: AwareDatetime


class BellRang(Fact):
    type: Literal["till.bell-rang.v1"] = "till.bell-rang.v1"


class Closed(Fact):
    type: Literal["till.closed.v1"] = "till.closed.v1"


TillMessage: TypeAlias = Pay | Rung | Due
TillFact: TypeAlias = Paid | BellRang | Closed


@dataclass(frozen=True, slots=True)
class Till:
    till: str = ""
    total_cents: int = 0
    receipts: tuple[str, ...] = ()
    bells: int = 0
    closes_at: datetime | None = None
    nights: int = 0


class BrokenRuleError(Exception):
    """A bug in a rule; its text quotes what it must not."""


def decide(till: Till, message: TillMessage) -> tuple[TillFact | Effect, ...]:
    match message:
        case Pay(cents=cents) if cents == 666:
            raise BrokenRuleError(message.receipt)
        case Pay():
            if message.receipt in till.receipts:
                return ()
            paid = Paid(till=message.till, receipt=message.receipt, cents=message.cents, at=message.meta.occurred_at)
            return (paid, RingBell(till=message.till)) if len(till.receipts) % 3 == 2 else (paid,)
        case Rung():
            return (BellRang(),)
        case Due():
            return (Closed(),) if till.closes_at is not None and till.closes_at <= message.meta.occurred_at else ()
        case _:
            assert_never(message)


def evolve(till: Till, fact: TillFact) -> Till:
    match fact:
        case Paid():
            return replace(
                till,
                till=fact.till,
                total_cents=till.total_cents + fact.cents,
                receipts=(*till.receipts, fact.receipt),
                closes_at=till.closes_at or fact.at + timedelta(hours=8),
            )
        case BellRang():
            return replace(till, bells=till.bells + 1)
        case Closed():
            return replace(till, closes_at=None, nights=till.nights + 1)
        case _:
            assert_never(fact)


def publish(till: Till, fact: TillFact, meta: Meta) -> PatientPaymentReceived | None:
    if not isinstance(fact, Paid):
        return None
    return PatientPaymentReceived(
        meta=meta,
        account_id=till.till,
        payment_id=fact.receipt,
        method="cash",
        paid_cents=fact.cents,
        applied_cents=fact.cents,
        unapplied_cents=0,
    )


def till_of(message: TillMessage) -> str:
    return message.aggregate_id if isinstance(message, Due) else message.till


TILL: Decider[Till, TillMessage, TillFact] = Decider(
    service="payments",
    kind="till",
    initial=Till(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=till_of,
    record_key=lambda till: till.till,
    state_codec=TypeAdapter(Till),
    message_codec=TypeAdapter(Annotated[TillMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[TillFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(RingBell),
    index=lambda till: {"open": till.closes_at is not None},
    due=lambda till: till.closes_at,
)


def meta(name: str, tenant: str = "lakeside", key: str = "t1", causation: UUID | None = None) -> Meta:
    return Meta(
        id=uuid5(NAMES, name),
        tenant=tenant,
        occurred_at=AT,
        source="payments",
        subject=f"till/{key}",
        key=key,
        correlation=uuid5(NAMES, name),
        causation=causation,
    )


def pay(receipt: str, cents: int = 100, till: str = "t1", tenant: str = "lakeside") -> Pay:
    return Pay(meta=meta(f"{tenant}/{till}/{receipt}", tenant, till), till=till, receipt=receipt, cents=cents)
