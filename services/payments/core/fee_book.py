"""A client's closed months: in order, without a gap, never changed. A second person closes where it is so agreed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.fee_contract import FeeContracts
from services.payments.core.fee_statement import FeeStatement, Month
from shared.contracts import Event, Message, Meta
from shared.decider import Decider, Fact
from shared.replaced import replace

FEE_BOOK_ID = "fees"
"""One for a client."""
MONTHS_MAX = 1_200
"""So far a contract's next month is looked for."""


class AskToCloseFeeMonth(Message):
    """Close a month with this statement. `marks` names where it lies how far each account was read.

    `on` is the day at the client.
    """

    type: Literal["payments.ask-to-close-fee-month.v1"] = "payments.ask-to-close-fee-month.v1"
    month: str
    on: date
    statement: FeeStatement
    marks: str
    four_eyes: bool


class DecideFeeMonth(Message):
    """The second person's word."""

    type: Literal["payments.decide-fee-month.v1"] = "payments.decide-fee-month.v1"
    month: str
    approved: bool
    reason: str = Field(min_length=3, max_length=500)


class FeeMonthAsked(Fact):
    """A month waits for another person."""

    type: Literal["fee-book.month-asked.v1"] = "fee-book.month-asked.v1"
    month: str
    statement: FeeStatement
    marks: str
    asked_by: str


class FeeMonthClosed(Fact):
    """The statement of a month, for good."""

    type: Literal["fee-book.month-closed.v1"] = "fee-book.month-closed.v1"
    month: str
    statement: FeeStatement
    marks: str
    asked_by: str
    closed_by: str
    reason: str = ""


class FeeMonthDeclined(Fact):
    """Another person would not close it."""

    type: Literal["fee-book.month-declined.v1"] = "fee-book.month-declined.v1"
    month: str
    declined_by: str
    reason: str


class ClosedMonth(NamedTuple):
    """A month's statement and who closed it."""

    statement: FeeStatement
    marks: str
    asked_by: str
    closed_by: str = ""  # empty: it waits


@dataclass(frozen=True, slots=True)
class FeeBook:
    """The client's closed months, and the one that waits for a second person."""

    closed: Mapping[str, ClosedMonth] = field(default_factory=dict[str, ClosedMonth])
    waiting: ClosedMonth | None = None

    @property
    def last(self) -> ClosedMonth | None:
        """The month that was closed last."""
        return self.closed[max(self.closed)] if self.closed else None


def next_to_close(contracts: FeeContracts, book: FeeBook) -> Month | None:
    """The first month after the closed ones that a contract is in force for at its end; None when there is none."""
    if not contracts.contracts:
        return None
    month = Month.of(min(one.valid_from for one in contracts.contracts))
    if book.last is not None:
        month = Month.read(book.last.statement.month).next
    for _ in range(MONTHS_MAX):
        if contracts.on(month.last) is not None:
            return month
        month = month.next
    return None


FeeMessage: TypeAlias = AskToCloseFeeMonth | DecideFeeMonth
FeeFact: TypeAlias = FeeMonthAsked | FeeMonthClosed | FeeMonthDeclined


def why_not(state: FeeBook, month: str, on: date, statement: FeeStatement) -> str:
    """Why a month cannot be closed now; empty when it can."""
    if month in state.closed:
        return "the month is closed; what is posted to it now comes in the next one"
    if on <= Month.read(month).last:
        return "the month is not over"
    if state.last is not None and month < state.last.statement.month:
        return f"months are closed in order, and {state.last.statement.month} is closed"
    if not statement.ties:
        return "the statement does not tie to the ledger; prove the ledger first"
    return ""


def decide(state: FeeBook, message: FeeMessage) -> tuple[FeeFact, ...]:
    match message:
        case AskToCloseFeeMonth():
            return () if why_not(state, message.month, message.on, message.statement) else _asked(message)
        case DecideFeeMonth():
            return _decided(state, message)
        case _:
            assert_never(message)


def _asked(message: AskToCloseFeeMonth) -> tuple[FeeFact, ...]:
    month, statement, marks, actor = message.month, message.statement, message.marks, message.meta.actor
    if message.four_eyes:
        return (FeeMonthAsked(month=month, statement=statement, marks=marks, asked_by=actor),)
    return (FeeMonthClosed(month=month, statement=statement, marks=marks, asked_by=actor, closed_by=actor),)


def _decided(state: FeeBook, message: DecideFeeMonth) -> tuple[FeeFact, ...]:
    waits, actor = state.waiting, message.meta.actor
    if waits is None or waits.statement.month != message.month or waits.asked_by == actor:
        return ()
    if not message.approved:
        return (FeeMonthDeclined(month=message.month, declined_by=actor, reason=message.reason),)
    return (
        FeeMonthClosed(
            month=message.month,
            statement=waits.statement,
            marks=waits.marks,
            asked_by=waits.asked_by,
            closed_by=actor,
            reason=message.reason,
        ),
    )


def evolve(state: FeeBook, fact: FeeFact) -> FeeBook:
    match fact:
        case FeeMonthAsked():
            return replace(state, waiting=ClosedMonth(fact.statement, fact.marks, fact.asked_by))
        case FeeMonthClosed():
            closed = ClosedMonth(fact.statement, fact.marks, fact.asked_by, fact.closed_by)
            return replace(state, closed={**state.closed, fact.month: closed}, waiting=None)
        case FeeMonthDeclined():
            return replace(state, waiting=None)
        case _:
            assert_never(fact)


def publish(_: FeeBook, __: FeeFact, ___: Meta) -> Event | None:
    """Nothing: it is between the billing company and its client."""
    return None


FEE_BOOK: Decider[FeeBook, FeeMessage, FeeFact] = Decider(
    service="payments",
    kind="fee_book",
    initial=FeeBook(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda _: FEE_BOOK_ID,
    record_key=lambda _: FEE_BOOK_ID,
    state_codec=TypeAdapter(FeeBook),
    message_codec=TypeAdapter(Annotated[FeeMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[FeeFact, Field(discriminator="type")]),
)
