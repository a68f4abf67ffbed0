"""A till: a drawer with one shift at a time, opened with its float, counted blind, and closed with what was found.

What a count finds too much or too little is an entry of its own (over/short): no payment is ever changed to fit. What
goes to the bank is expected there like any other money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from services.payments.core.cash import CashAccount, CashFact, cash_sides
from services.payments.core.remitted import Reference
from shared.contracts import Event, Message, Meta, NonNegativeCents, PositiveCents
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace

TillMethod: TypeAlias = Literal["cash", "check"]


class OpenShift(Message):
    """A cashier takes the drawer, with so much change in it."""

    type: Literal["payments.open-shift.v1"] = "payments.open-shift.v1"
    till_id: Reference
    float_cents: NonNegativeCents


class TakeAtTill(Message):
    """Cash or a check over the counter: for a balance, or a copay before the claim exists."""

    type: Literal["payments.take-at-till.v1"] = "payments.take-at-till.v1"
    till_id: Reference
    account_id: str
    payment_id: Reference
    method: TillMethod
    paid_cents: PositiveCents
    check_number: str = Field(default="", max_length=20)
    claim_id: str | None = None
    reserved_for: str = Field(default="", max_length=38)


class GiveAtTill(Message):
    """Cash handed over for an issued refund."""

    type: Literal["payments.give-at-till.v1"] = "payments.give-at-till.v1"
    till_id: Reference
    refund_id: str
    given_cents: PositiveCents


class CloseShift(Message):
    """The drawer was counted; `kept_cents` stay as the next float, the rest goes to the bank under this slip."""

    type: Literal["payments.close-shift.v1"] = "payments.close-shift.v1"
    till_id: Reference
    counted_cash_cents: NonNegativeCents
    counted_check_cents: NonNegativeCents
    counted_checks: NonNegativeInt
    slip: str = Field(max_length=50)
    reason: str = Field(default="", max_length=500)


class TillPaymentPosted(Answer):
    type: Literal["payments.till-payment-posted.v1"] = "payments.till-payment-posted.v1"
    till_id: str
    payment_id: str


class BagExpected(Answer):
    type: Literal["payments.bag-expected.v1"] = "payments.bag-expected.v1"
    till_id: str


class PostTillPayment(Effect):
    """Post it on the account."""

    type: Literal["payments.post-till-payment.v1"] = "payments.post-till-payment.v1"
    account_id: str
    payment_id: str
    method: TillMethod
    cents: PositiveCents
    claim_id: str | None
    reserved_for: str
    received_on: date


class ExpectBag(Effect):
    """The bank will see what the drawer gave."""

    type: Literal["payments.expect-bag.v1"] = "payments.expect-bag.v1"
    expected_id: str
    cents: PositiveCents
    slip: str
    sent_on: date


class ShiftOpened(CashFact):
    type: Literal["till.opened.v1"] = "till.opened.v1"
    till_id: str
    shift: int
    cashier: str
    opened_on: date


class TillTook(CashFact):
    type: Literal["till.took.v1"] = "till.took.v1"
    payment_id: str
    account_id: str
    method: TillMethod
    check_number: str


class TillGave(Fact):
    """The refund's own entry takes it out of the drawer; here it only counts."""

    type: Literal["till.gave.v1"] = "till.gave.v1"
    refund_id: str
    cents: PositiveCents


class TillCounted(Fact):
    type: Literal["till.counted.v1"] = "till.counted.v1"
    cash_cents: NonNegativeCents
    check_cents: NonNegativeCents
    checks: int
    reason: str


class TillOverShort(CashFact):
    """The count is more (over) or less (short) than what was taken."""

    type: Literal["till.over-short.v1"] = "till.over-short.v1"
    method: TillMethod


class FloatReturned(CashFact):
    type: Literal["till.float-returned.v1"] = "till.float-returned.v1"


class TillBanked(CashFact):
    type: Literal["till.banked.v1"] = "till.banked.v1"
    slip: str


class ShiftClosed(Fact):
    type: Literal["till.closed.v1"] = "till.closed.v1"
    closed_by: str


class Taking(NamedTuple):
    """Money taken over the counter."""

    payment_id: str
    account_id: str
    method: TillMethod
    cents: int
    check_number: str


class Closing(NamedTuple):
    """What a shift came to."""

    shift: int
    cashier: str
    closed_by: str
    opened_on: date
    float_cents: int
    expected_cash_cents: int
    counted_cash_cents: int
    expected_check_cents: int
    counted_check_cents: int
    reason: str

    @property
    def taken_cents(self) -> int:
        """What was counted besides the float."""
        return self.counted_cash_cents + self.counted_check_cents - self.float_cents

    @property
    def over_short_cents(self) -> int:
        """More than nothing: over; less: short."""
        counted = self.counted_cash_cents + self.counted_check_cents
        return counted - self.expected_cash_cents - self.expected_check_cents


@dataclass(frozen=True, slots=True)
class Till:
    """One drawer."""

    till_id: str = ""
    shift: int = 0
    cashier: str = ""
    is_open: bool = False
    opened_on: date = date.min
    float_cents: int = 0
    taken: tuple[Taking, ...] = ()
    given: tuple[tuple[str, int], ...] = ()
    counted_cash_cents: int = 0
    counted_check_cents: int = 0
    reason: str = ""
    before: frozenset[str] = frozenset()  # payments of the shift before: a late repeat of one is no new money
    closings: tuple[Closing, ...] = ()  # the latest, oldest first

    def expected_cents(self, method: TillMethod) -> int:
        """What a count must find of cash, float and all, or of checks."""
        taken = sum(one.cents for one in self.taken if one.method == method)
        if method == "check":
            return taken
        return self.float_cents + taken - sum(cents for _, cents in self.given)


CLOSINGS_KEPT = 100
TillMessage: TypeAlias = OpenShift | TakeAtTill | GiveAtTill | CloseShift | TillPaymentPosted | BagExpected
TillEffect: TypeAlias = PostTillPayment | ExpectBag
TillFact: TypeAlias = (
    ShiftOpened | TillTook | TillGave | TillCounted | TillOverShort | FloatReturned | TillBanked | ShiftClosed
)
Decision: TypeAlias = tuple[TillFact | Effect, ...]
DRAWER = CashAccount.DRAWER


def decide(state: Till, message: TillMessage) -> Decision:
    match message:
        case OpenShift():
            return _open(state, message)
        case TakeAtTill():
            return _take(state, message)
        case GiveAtTill():
            known = any(refund == message.refund_id for refund, _ in state.given)
            gives = state.is_open and not known and message.given_cents <= state.expected_cents("cash")
            return (TillGave(refund_id=message.refund_id, cents=message.given_cents),) if gives else ()
        case CloseShift():
            return _close(state, message) if state.is_open else ()
        case TillPaymentPosted() | BagExpected():
            return ()
        case _:
            assert_never(message)


def _open(state: Till, command: OpenShift) -> Decision:
    if state.is_open:
        return ()
    return (
        ShiftOpened(
            till_id=command.till_id,
            shift=state.shift + 1,
            cashier=command.meta.actor,
            opened_on=command.meta.occurred_at.date(),
            **cash_sides(DRAWER, CashAccount.FLOAT, command.float_cents),
        ),
    )


def _take(state: Till, command: TakeAtTill) -> Decision:
    known = command.payment_id in state.before or any(one.payment_id == command.payment_id for one in state.taken)
    if not state.is_open or known:
        return ()
    took = TillTook(
        payment_id=command.payment_id,
        account_id=command.account_id,
        method=command.method,
        check_number=command.check_number,
        **cash_sides(DRAWER, CashAccount.PATIENT_MONEY, command.paid_cents),
    )
    post = PostTillPayment(
        account_id=command.account_id,
        payment_id=command.payment_id,
        method=command.method,
        cents=command.paid_cents,
        claim_id=command.claim_id,
        reserved_for=command.reserved_for,
        received_on=command.meta.occurred_at.date(),
    )
    return took, post


def _close(state: Till, command: CloseShift) -> Decision:
    """Over and short apart for cash and checks; then the float back, the rest to the bank, and an empty drawer."""
    cash, checks = command.counted_cash_cents, command.counted_check_cents
    counted = TillCounted(cash_cents=cash, check_cents=checks, checks=command.counted_checks, reason=command.reason)
    differences: tuple[tuple[TillMethod, int], ...] = (
        ("cash", cash - state.expected_cents("cash")),
        ("check", checks - state.expected_cents("check")),
    )
    over_short = tuple(
        TillOverShort(method=method, **cash_sides(DRAWER, CashAccount.OVER_SHORT, cents))
        for method, cents in differences
        if cents
    )
    kept_cents = min(state.float_cents, cash)
    kept = (FloatReturned(**cash_sides(CashAccount.FLOAT, DRAWER, kept_cents)),) if kept_cents else ()
    closed = ShiftClosed(closed_by=command.meta.actor)
    bag_cents = cash + checks - kept_cents
    if not bag_cents:
        return (counted, *over_short, *kept, closed)
    banked = TillBanked(slip=command.slip, **cash_sides(CashAccount.IN_TRANSIT, DRAWER, bag_cents))
    bag = ExpectBag(
        expected_id=bag_id_of(state.till_id, state.shift),
        cents=bag_cents,
        slip=command.slip,
        sent_on=command.meta.occurred_at.date(),
    )
    return (counted, *over_short, *kept, banked, closed, bag)


def bag_id_of(till_id: str, shift: int) -> str:
    """Under which name the bank side waits for what a shift brought."""
    return f"bag_{till_id}_{shift}"


def evolve(state: Till, fact: TillFact) -> Till:
    match fact:
        case ShiftOpened():
            return replace(
                state,
                till_id=fact.till_id,
                shift=fact.shift,
                cashier=fact.cashier,
                is_open=True,
                opened_on=fact.opened_on,
                float_cents=fact.cents,
                before=frozenset(one.payment_id for one in state.taken),
                taken=(),
                given=(),
            )
        case TillTook():
            taking = Taking(fact.payment_id, fact.account_id, fact.method, fact.cents, fact.check_number)
            return replace(state, taken=(*state.taken, taking))
        case TillGave():
            return replace(state, given=(*state.given, (fact.refund_id, fact.cents)))
        case TillCounted():
            return replace(
                state,
                counted_cash_cents=fact.cash_cents,
                counted_check_cents=fact.check_cents,
                reason=fact.reason,
            )
        case ShiftClosed():
            return replace(state, is_open=False, closings=(*state.closings, _closing(state, fact))[-CLOSINGS_KEPT:])
        case TillOverShort() | FloatReturned() | TillBanked():
            return state
        case _:
            assert_never(fact)


def _closing(state: Till, fact: ShiftClosed) -> Closing:
    return Closing(
        shift=state.shift,
        cashier=state.cashier,
        closed_by=fact.closed_by,
        opened_on=state.opened_on,
        float_cents=state.float_cents,
        expected_cash_cents=state.expected_cents("cash"),
        counted_cash_cents=state.counted_cash_cents,
        expected_check_cents=state.expected_cents("check"),
        counted_check_cents=state.counted_check_cents,
        reason=state.reason,
    )


def publish(_: Till, __: TillFact, ___: Meta) -> Event | None:
    """Nothing: the accounts say what was paid."""
    return None


def _index(state: Till) -> Mapping[str, Scalar]:
    return {"open": state.is_open}


TILL: Decider[Till, TillMessage, TillFact] = Decider(
    service="payments",
    kind="till",
    initial=Till(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.till_id,
    record_key=lambda state: state.till_id,
    state_codec=TypeAdapter(Till),
    message_codec=TypeAdapter(Annotated[TillMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[TillFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[TillEffect, Field(discriminator="type")]),
    index=_index,
)
