"""The billing company's statement of one month for one client, made from the ledger's entries by posting day.

Each entry of cash is billed once: in the month of its posting day or, where that month is closed already, in the next
one, as a line of its own that names the month it belongs to. How far a closed month had read each account is its mark,
so nothing is left out and nothing counted twice, whenever an entry arrives. What is taken back from an earlier month's
money is a line of its own, too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field, NonNegativeInt

from services.payments.core.account_facts import (
    ChargePosted,
    LedgerFact,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
    PayerPaymentPosted,
)
from services.payments.core.book import AccountBook, BookEntry, LedgerLine, effect_on
from services.payments.core.book_report import Tally
from services.payments.core.fee_contract import FeeContract, shares
from services.payments.core.movements import CASH, CashKind, Days, cash_kind, cash_report, cash_row
from shared.contracts import Cents, Contract, NonNegativeCents

FeePart: TypeAlias = Literal["collected", "taken_back", "late"]
"""Money of the month; taken back in it from an earlier month's; posted to a closed month afterwards."""


class Month(NamedTuple):
    """A month by its first day."""

    first: date

    @classmethod
    def read(cls, text: str) -> "Month":
        """`2026-07`; ValueError for anything else."""
        return cls(date.fromisoformat(f"{text}-01"))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.replace(day=1))

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Month":
        return Month((self.first + timedelta(days=32)).replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


class FeeLine(Contract):
    """So much of the basis: money of a kind, and the month it belongs to where that is an earlier one."""

    part: FeePart
    kind: CashKind
    of_month: str = ""
    basis_cents: Cents
    entries: NonNegativeInt


class FeeShare(Contract):
    """The percentage of one tier."""

    basis_cents: Cents
    basis_points: NonNegativeInt
    fee_cents: Cents


class FeeStatement(Contract):
    """A month's fee. `book_cents` is what the cash receipts book of the month says; the basis is made of nothing else.

    basis = book - left out by the contract + late.
    """

    month: str
    terms: FeeContract
    since: date = Field(description="The first day that was ever billed.")
    lines: tuple[FeeLine, ...]
    basis_cents: Cents
    book_cents: Cents
    left_out_cents: Cents
    late_cents: Cents
    book_difference_cents: Cents = Field(description="Between the cash receipts book and the accounts' states.")
    shares: tuple[FeeShare, ...]
    claims: NonNegativeInt
    statements: NonNegativeInt
    minimum_topped_up_cents: NonNegativeCents
    setup_cents: NonNegativeCents

    @property
    def percentage_cents(self) -> int:
        return sum(one.fee_cents for one in self.shares)

    @property
    def total_cents(self) -> int:
        """What the client owes for the month; negative is a credit."""
        counted_cents = self.claims * self.terms.per_claim_cents + self.statements * self.terms.per_statement_cents
        return self.percentage_cents + counted_cents + self.minimum_topped_up_cents + self.setup_cents

    @property
    def ties(self) -> bool:
        """The basis is the cash receipts book's, and that one is the ledger's."""
        basis_cents = self.book_cents - self.left_out_cents + self.late_cents
        return self.basis_cents == basis_cents and self.book_difference_cents == 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a month bills: from the first billed day to its end, less what the month closed before it billed already.

    `mark` and `until` of an account are the numbers of the last facts that the closed month, and this one, had read;
    `until` None: everything there is, because this month is not closed.
    """

    month: Month
    since: date
    closed: date | None = None  # last day of the month closed before

    def bills(self, entry: BookEntry, mark: int, until: int | None) -> bool:
        """Whether an entry is this month's."""
        return self.bills_at(entry.day, entry.number, mark, until)

    def bills_at(self, day: date, number: int, mark: int, until: int | None) -> bool:
        """The same of anything with a day and a number."""
        if not self.since <= day <= self.month.last or (until is not None and number > until):
            return False
        if self.closed is None or day >= self.month.first:
            return True
        return day <= self.closed and number > mark  # a month without a contract in between bills nothing

    def is_late(self, entry: BookEntry) -> bool:
        return entry.day < self.month.first and entry.day >= self.since


class FeeEntry(NamedTuple):
    """An entry of the basis, and its line."""

    part: FeePart
    kind: CashKind
    of_month: str
    line: LedgerLine
    cents: int

    @property
    def key(self) -> tuple[FeePart, CashKind, str]:
        return self.part, self.kind, self.of_month


def fee_entries(
    contract: FeeContract, scope: Scope, book: AccountBook, mark: int = 0, until: int | None = None
) -> Iterator[FeeEntry]:
    """An account's entries of the basis."""
    for line in book.lines:
        if not (cents := effect_on(line.fact, CASH)) or not scope.bills(line.entry, mark, until):
            continue
        if is_counted(contract, book, line):
            part, of_month = _placed(scope, book, line)
            yield FeeEntry(part, cash_kind(book, line.fact), of_month, line, cents)


def is_counted(contract: FeeContract, book: AccountBook, line: LedgerLine) -> bool:
    """Whether this money is collected, as the contract means it."""
    kind, method = cash_row(book, line, ("kind", "method"))
    return kind in contract.kinds and method not in contract.methods_left_out


def _placed(scope: Scope, book: AccountBook, line: LedgerLine) -> tuple[FeePart, str]:
    if scope.is_late(line.entry):
        return "late", str(Month.of(line.entry.day))
    original = _original_day(book, line.fact)
    if original is not None and original < scope.month.first:
        return "taken_back", str(Month.of(original))
    return "collected", ""


def _original_day(book: AccountBook, fact: LedgerFact) -> date | None:
    """When the money came that an entry takes back, or gives back again."""
    for line in book.lines:
        before = line.fact
        if isinstance(fact, PayerPaymentPosted) and fact.reverses is not None:
            found = isinstance(before, PayerPaymentPosted) and before.place == fact.reverses
        elif isinstance(fact, PatientPaymentReversed | PatientPaymentRestored):
            found = isinstance(before, PatientPaymentTaken) and before.payment_id == fact.payment_id
        else:
            return None
        if found:
            return line.entry.day
    return None


@dataclass(slots=True)
class FeeTally:
    """A month's statement while accounts are added to it; the cash receipts book of the month is kept beside it."""

    contract: FeeContract
    scope: Scope
    claims: int = 0
    statements: int = 0
    left_out_cents: int = 0
    basis: Counter[tuple[FeePart, CashKind, str]] = field(default_factory=Counter[tuple[FeePart, CashKind, str]])
    entries: Counter[tuple[FeePart, CashKind, str]] = field(default_factory=Counter[tuple[FeePart, CashKind, str]])
    book: Tally = field(init=False)

    def __post_init__(self) -> None:
        month = self.scope.month
        first = max(month.first, self.scope.since)
        self.book = Tally(cash_report(Days(first, month.last), ("kind",)))

    def add(self, book: AccountBook, mark: int = 0) -> None:
        """Count one account in."""
        self.book.add(book)
        for one in fee_entries(self.contract, self.scope, book, mark):
            self.basis[one.key] += one.cents
            self.entries[one.key] += 1
        for line in book.lines:
            if self.scope.bills(line.entry, mark, None):
                self.claims += isinstance(line.fact, ChargePosted)
                if line.entry.day >= self.scope.month.first and not is_counted(self.contract, book, line):
                    self.left_out_cents += effect_on(line.fact, CASH)

    def statement(self) -> FeeStatement:
        """The month's statement of everything that was added."""
        contract, month = self.contract, self.scope.month
        basis_cents = sum(self.basis.values())
        asked = [FeeShare(**one._asdict()) for one in shares(contract, basis_cents)]
        counted_cents = self.claims * contract.per_claim_cents + self.statements * contract.per_statement_cents
        earned_cents = counted_cents + max(0, sum(one.fee_cents for one in asked))
        [control] = self.book.controls
        return FeeStatement(
            month=str(month),
            terms=contract,
            since=self.scope.since,
            lines=tuple(self._lines()),
            basis_cents=basis_cents,
            book_cents=control.report_cents,
            left_out_cents=self.left_out_cents,
            late_cents=sum(cents for (part, _, _), cents in self.basis.items() if part == "late"),
            book_difference_cents=control.difference_cents,
            shares=tuple(asked),
            claims=self.claims,
            statements=self.statements,
            minimum_topped_up_cents=max(0, contract.minimum_cents - earned_cents),
            setup_cents=contract.setup_cents if Month.of(contract.valid_from) == month else 0,
        )

    def _lines(self) -> Iterable[FeeLine]:
        for key in sorted(self.entries):
            part, kind, of_month = key
            yield FeeLine(
                part=part, kind=kind, of_month=of_month, basis_cents=self.basis[key], entries=self.entries[key]
            )
