"""Money that should come to the bank account: of a remittance, a card payout, a till, or a payment entered by hand.

It waits for its deposits. What has not come when its window is over is work for a person; that work ends by itself when
the money comes, or when a person says why it never will.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.bank_policy import BankPolicy
from services.payments.core.cash import CashAccount
from shared.contracts import Event, Message, Meta, PositiveCents, RemittanceParked, RemittanceReceived
from shared.decider import Answer, Decider, Due, Effect, Fact, Scalar
from shared.replaced import replace

ExpectedKind: TypeAlias = Literal["remittance", "payout", "drawer", "entered"]

EXPLAINED_BY: Mapping[ExpectedKind, CashAccount] = {
    "remittance": CashAccount.PAYER_MONEY,
    "payout": CashAccount.PROCESSOR,
    "drawer": CashAccount.IN_TRANSIT,
    "entered": CashAccount.UNDEPOSITED,
}
"""Where the money of a deposit came from, by what explains it."""


class ExpectMoney(Message):
    """A payout, the content of a till or a payment entered by hand is on its way to the bank."""

    type: Literal["payments.expect-money.v1"] = "payments.expect-money.v1"
    expected_id: str
    kind: Literal["payout", "drawer", "entered"]
    trace: str
    expected_cents: PositiveCents
    sent_on: date


class Awaited(NamedTuple):
    """What `ExpectMoney` says."""

    expected_id: str
    kind: Literal["payout", "drawer", "entered"]
    trace: str
    expected_cents: int
    sent_on: date


class TakeDeposit(Message):
    """A deposit is this money, or part of it."""

    type: Literal["payments.take-deposit.v1"] = "payments.take-deposit.v1"
    expected_id: str
    deposit_id: str
    taken_cents: PositiveCents


class LetGoDeposit(Message):
    """The deposit is something else after all."""

    type: Literal["payments.let-go-deposit.v1"] = "payments.let-go-deposit.v1"
    expected_id: str
    deposit_id: str


class DismissExpected(Message):
    """A person says why this money will never come to the bank."""

    type: Literal["payments.dismiss-expected.v1"] = "payments.dismiss-expected.v1"
    expected_id: str
    reason: str = Field(min_length=3, max_length=500)


class DepositsTold(Answer):
    """The deposits with this trace know of it."""

    type: Literal["payments.deposits-told.v1"] = "payments.deposits-told.v1"
    expected_id: str


class TellDeposits(Effect):
    """Tell open deposits with this trace that there is something to look at."""

    type: Literal["payments.tell-deposits.v1"] = "payments.tell-deposits.v1"
    trace: str


class MoneyExpected(Fact):
    type: Literal["expected.opened.v1"] = "expected.opened.v1"
    expected_id: str
    kind: ExpectedKind
    payer_id: str
    trace: str
    method: str
    cents: PositiveCents
    sent_on: date
    awaited_until: date
    originator: str = ""


class DepositTaken(Fact):
    type: Literal["expected.deposit-taken.v1"] = "expected.deposit-taken.v1"
    deposit_id: str
    cents: PositiveCents


class DepositLetGo(Fact):
    type: Literal["expected.deposit-let-go.v1"] = "expected.deposit-let-go.v1"
    deposit_id: str


class ExpectedLate(Fact):
    """The window is over and the money is not there."""

    type: Literal["expected.late.v1"] = "expected.late.v1"
    since: date


class ExpectedDismissed(Fact):
    type: Literal["expected.dismissed.v1"] = "expected.dismissed.v1"
    reason: str


class Part(NamedTuple):
    """A deposit, and how much of this money it brought."""

    deposit_id: str
    cents: int


@dataclass(frozen=True, slots=True)
class Expected:
    """Money on its way to the bank."""

    expected_id: str = ""
    kind: ExpectedKind = "remittance"
    payer_id: str = ""
    originator: str = ""  # TRN03: who sends the transfer, as bank and remittance both name it
    trace: str = ""
    method: str = ""
    cents: int = 0
    sent_on: date = date.min
    awaited_until: date = date.min
    parts: tuple[Part, ...] = ()
    late_since: date | None = None
    dismissed: str = ""

    @property
    def open_cents(self) -> int:
        return 0 if self.dismissed else self.cents - sum(part.cents for part in self.parts)

    @property
    def status(self) -> Literal["unseen", "open", "late", "received", "dismissed"]:
        if not self.expected_id:
            return "unseen"
        if self.dismissed:
            return "dismissed"
        if not self.open_cents:
            return "received"
        return "late" if self.late_since is not None else "open"


ExpectedMessage: TypeAlias = (
    RemittanceReceived
    | RemittanceParked
    | ExpectMoney
    | TakeDeposit
    | LetGoDeposit
    | DismissExpected
    | DepositsTold
    | Due
)
ExpectedFact: TypeAlias = MoneyExpected | DepositTaken | DepositLetGo | ExpectedLate | ExpectedDismissed
ExpectedDecider: TypeAlias = Decider[Expected, ExpectedMessage, ExpectedFact]


def trace_key(trace: str) -> str:
    """A trace or check number as it is compared: banks fill with zeros and change case."""
    return trace.strip().upper().lstrip("0")


def same_originator(one: str, other: str) -> bool:
    """Whether two company ids (TRN03) may be one: either is not told, or they differ in the leading digit only.

    It is a digit that says what kind of number follows, and the nine digits of it; some banks leave the digit out
    (CAQH CORE 370; 005010X221A1, TRN03).
    """
    first, second = (text.strip().upper().lstrip("0") for text in (one, other))
    if not first or not second:
        return True
    return first == second or (
        len(first) != len(second) and first[-9:] == second[-9:] and min(len(first), len(second)) >= 9
    )


# One branch for each message: the table itself, not logic to take apart.
def decide(policy: BankPolicy, state: Expected, message: ExpectedMessage) -> tuple[ExpectedFact | Effect, ...]:  # noqa: PLR0911
    match message:
        case RemittanceReceived() | RemittanceParked():
            return _remitted(policy, state, message)
        case ExpectMoney():
            return _opened(policy, state, message)
        case TakeDeposit():
            return _taken(state, message)
        case LetGoDeposit():
            known = any(part.deposit_id == message.deposit_id for part in state.parts)
            return (DepositLetGo(deposit_id=message.deposit_id),) if known else ()
        case DismissExpected():
            return (ExpectedDismissed(reason=message.reason),) if state.open_cents > 0 else ()
        case Due():
            return _late(state, message)
        case DepositsTold():
            return ()
        case _:
            assert_never(message)


def _remitted(
    policy: BankPolicy, state: Expected, event: RemittanceReceived | RemittanceParked
) -> tuple[ExpectedFact | Effect, ...]:
    """What a remittance says was sent. One of nothing (NON), or one that takes money, brings no deposit.

    The money of a parked remittance is on its way like any other: only its posting waits.
    """
    if state.expected_id or event.payment_cents <= 0 or event.payment_date is None:
        return ()
    trace = trace_key(event.trace_number)
    opened = MoneyExpected(
        expected_id=event.remittance_id,
        kind="remittance",
        payer_id=event.payer_id,
        originator=event.originator_id,
        trace=trace,
        method=event.method,
        cents=event.payment_cents,
        sent_on=event.payment_date,
        awaited_until=policy.awaited_until(event.payment_date, event.method),
    )
    return (opened, *((TellDeposits(trace=trace),) if trace else ()))


def _opened(policy: BankPolicy, state: Expected, command: ExpectMoney) -> tuple[ExpectedFact | Effect, ...]:
    if state.expected_id:
        return ()
    trace, method = trace_key(command.trace), "ACH" if command.kind == "payout" else "CHK"
    opened = MoneyExpected(
        expected_id=command.expected_id,
        kind=command.kind,
        payer_id="",
        trace=trace,
        method=method,
        cents=command.expected_cents,
        sent_on=command.sent_on,
        awaited_until=policy.awaited_until(command.sent_on, method),
    )
    return (opened, *((TellDeposits(trace=trace),) if trace else ()))


def _taken(state: Expected, command: TakeDeposit) -> tuple[ExpectedFact, ...]:
    """Never more than is missing; the same deposit once."""
    if any(part.deposit_id == command.deposit_id for part in state.parts):
        return ()
    if command.taken_cents > state.open_cents:
        return ()
    return (DepositTaken(deposit_id=command.deposit_id, cents=command.taken_cents),)


def _late(state: Expected, message: Due) -> tuple[ExpectedFact, ...]:
    at = deadline(state)
    if message.kind != "expected" or at is None or message.due_at != at:
        return ()
    return (ExpectedLate(since=message.due_at.date()),)


def deadline(state: Expected) -> datetime | None:
    """The morning after the last day on which the money may come."""
    if state.status != "open":
        return None
    return datetime.combine(state.awaited_until + timedelta(1), time(), UTC)


def evolve(state: Expected, fact: ExpectedFact) -> Expected:
    match fact:
        case MoneyExpected():
            return replace(
                state,
                expected_id=fact.expected_id,
                kind=fact.kind,
                payer_id=fact.payer_id,
                originator=fact.originator,
                trace=fact.trace,
                method=fact.method,
                cents=fact.cents,
                sent_on=fact.sent_on,
                awaited_until=fact.awaited_until,
            )
        case DepositTaken():
            return replace(state, parts=(*state.parts, Part(fact.deposit_id, fact.cents)))
        case DepositLetGo():
            return replace(state, parts=tuple(p for p in state.parts if p.deposit_id != fact.deposit_id))
        case ExpectedLate():
            return replace(state, late_since=fact.since)
        case ExpectedDismissed():
            return replace(state, dismissed=fact.reason)
        case _:
            assert_never(fact)


def publish(_: Expected, __: ExpectedFact, ___: Meta) -> Event | None:
    """Nothing: the deposit says what it was matched with."""
    return None


def _id(message: ExpectedMessage) -> str:
    match message:
        case RemittanceReceived() | RemittanceParked():
            return message.remittance_id
        case Due():
            return message.aggregate_id
        case _:
            return message.expected_id


def _index(state: Expected) -> Mapping[str, Scalar]:
    return {
        "status": state.status,
        "trace": state.trace if state.open_cents > 0 else None,
        "open_cents": state.open_cents or None,
    }


def make_expected(policy: BankPolicy) -> ExpectedDecider:
    """The decider under a policy of windows."""
    return Decider(
        service="payments",
        kind="expected",
        initial=Expected(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=_id,
        record_key=lambda state: state.expected_id,
        state_codec=TypeAdapter(Expected),
        message_codec=TypeAdapter(Annotated[ExpectedMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[ExpectedFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(TellDeposits),
        index=_index,
        due=deadline,
    )
