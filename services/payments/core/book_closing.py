"""An account's book as it stood after its last entry, kept so that a report need not read what changed no more.

It is derived and can be thrown away: a report made with closings is the report made without, and the ledger's proof
makes every closing anew from the journal and compares. An account that got an entry since has none that counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Literal

from pydantic import AwareDatetime, NonNegativeInt, TypeAdapter

from services.payments.core.entries import LedgerAccount
from shared.contracts import Cents, Event, Message, Meta
from shared.decider import Decider, Fact
from shared.replaced import replace


@dataclass(frozen=True, slots=True)
class Closing:
    """What the first `facts` facts of an account come to: debit balances, when the last was, and whether it is settled.

    Settled: nothing is open of any claim or charge, on any side, and no money waits unapplied.
    """

    account_id: str = ""
    facts: int = 0
    last_at: datetime | None = None
    settled: bool = False
    balances: Mapping[LedgerAccount, int] = field(default_factory=dict[LedgerAccount, int])

    def last_day(self, zone: tzinfo) -> date:
        """The posting day of its last entry."""
        return date.min if self.last_at is None else self.last_at.astimezone(zone).date()


class KeepClosing(Message):
    """The account was read up to here; a closing of fewer facts says nothing."""

    type: Literal["payments.keep-closing.v1"] = "payments.keep-closing.v1"
    account_id: str
    facts: NonNegativeInt
    last_at: AwareDatetime
    settled: bool
    balances: dict[LedgerAccount, Cents]


class BookClosed(Fact):
    type: Literal["book-closing.made.v1"] = "book-closing.made.v1"
    account_id: str
    facts: NonNegativeInt
    last_at: AwareDatetime
    settled: bool
    balances: dict[LedgerAccount, Cents]


def decide(state: Closing, message: KeepClosing) -> tuple[BookClosed, ...]:
    if message.facts <= state.facts:
        return ()
    said = {name: getattr(message, name) for name in ("account_id", "facts", "last_at", "settled", "balances")}
    return (BookClosed(**said),)


def evolve(state: Closing, fact: BookClosed) -> Closing:
    return replace(
        state,
        account_id=fact.account_id,
        facts=fact.facts,
        last_at=fact.last_at,
        settled=fact.settled,
        balances=fact.balances,
    )


def publish(_: Closing, __: BookClosed, ___: Meta) -> Event | None:
    """Nothing: it says nothing that the ledger does not."""
    return None


BOOK_CLOSING: Decider[Closing, KeepClosing, BookClosed] = Decider(
    service="payments",
    kind="book_closing",
    initial=Closing(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.account_id,
    record_key=lambda state: state.account_id,
    state_codec=TypeAdapter(Closing),
    message_codec=TypeAdapter(KeepClosing),
    fact_codec=TypeAdapter(BookClosed),
    keeps_history=False,
)
