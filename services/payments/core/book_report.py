"""What every report of the books is made of: cells with the entries that make them, and totals that control them.

A cell is one figure of one account, with the entries it is the sum of; a report adds cells up by row and column, one
account after the other, so it needs no more memory than its rows. A control total holds the report against what the
accounts' states say of themselves now: what was before, what the report shows and what came later must be exactly that.
A difference is shown as it is; nothing is ever added to make it vanish.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeAlias

from services.payments.core.book import AccountBook, BookEntry, LedgerLine, effect_on
from services.payments.core.book_closing import Closing
from services.payments.core.entries import LedgerAccount

Row: TypeAlias = tuple[str, ...]
COUNTS = ("entries", "claims")
"""Columns that count; every other one holds cents."""


class Part(NamedTuple):
    """An entry, and what it adds to the figure."""

    entry: BookEntry
    adds: int


class Cell(NamedTuple):
    """A figure of one account: the sum of its parts."""

    row: Row
    column: str
    value: int
    parts: tuple[Part, ...]


def cell(row: Row, column: str, lines: Iterable[LedgerLine], accounts: Sequence[LedgerAccount], sign: int = 1) -> Cell:
    """What these entries add to these accounts; `sign` -1 shows a credit balance as a positive figure."""
    parts = tuple(Part(line.entry, sign * cents) for line in lines if (cents := effect_on(line.fact, accounts)))
    return Cell(row, column, sum(part.adds for part in parts), parts)


def counted(row: Row, column: str, entry: BookEntry) -> Cell:
    """One of something."""
    return Cell(row, column, 1, (Part(entry, 1),))


class ClosedAccount(NamedTuple):
    """An account that no entry reached since its closing, and what its state says of itself now."""

    closing: Closing
    stated: Mapping[LedgerAccount, int]


@dataclass(frozen=True, slots=True)
class Control:
    """Which part of a report is held against which accounts of the ledger, between which days.

    `columns` of the report, of every row or of `row`, must be what the entries from `first` (None: the beginning) to
    `last` add to `accounts`. `sign` -1 where the report shows a credit balance as a positive figure.
    """

    name: str
    accounts: tuple[LedgerAccount, ...]
    first: date | None
    last: date
    columns: frozenset[str]
    row: Row | None = None
    sign: int = 1

    def covers(self, of: Cell) -> bool:
        return of.column in self.columns and (self.row is None or of.row == self.row)


@dataclass(slots=True)
class ControlTotal:
    """opening + report + later = stated, or it does not tie and says by how much."""

    control: Control
    opening_cents: int = 0  # entries before the first day
    report_cents: int = 0
    later_cents: int = 0  # entries after the last day
    stated_cents: int = 0  # what the accounts' states say now

    @property
    def closing_cents(self) -> int:
        return self.opening_cents + self.report_cents

    @property
    def difference_cents(self) -> int:
        return self.closing_cents + self.later_cents - self.stated_cents

    @property
    def ties(self) -> bool:
        return self.difference_cents == 0

    def add(self, book: AccountBook, cells: Iterable[Cell]) -> None:
        """Count one account in: its entries outside of the days, its cells, and what its state says."""
        control = self.control
        for line in book.lines:
            cents = control.sign * effect_on(line.fact, control.accounts)
            if cents and line.entry.day > control.last:
                self.later_cents += cents
            elif cents and control.first is not None and line.entry.day < control.first:
                self.opening_cents += cents
        self.report_cents += sum(one.value for one in cells if control.covers(one))
        self.stated_cents += control.sign * sum(book.stated.get(account, 0) for account in control.accounts)

    def add_closed(self, account: ClosedAccount) -> None:
        """Count one in whose entries are all of before the days, or come to nothing at their end."""
        control = self.control
        cents = control.sign * sum(account.closing.balances.get(one, 0) for one in control.accounts)
        if control.first is None:
            self.report_cents += cents
        else:
            self.opening_cents += cents
        self.stated_cents += control.sign * sum(account.stated.get(one, 0) for one in control.accounts)


@dataclass(frozen=True, slots=True)
class Report:
    """What to show of each account, and what it must tie to. `by_account`: an account's rows are its own.

    Cells of other columns make no row: they are what a control total needs beside what is shown.
    """

    name: str
    row_names: Row
    columns: tuple[str, ...]
    cells: Callable[[AccountBook], Iterable[Cell]]
    controls: tuple[Control, ...]
    by_account: bool = False
    runs: bool = False  # rows are days: each opens with what the one before closed with
    passes: Callable[[Closing, date], bool] = lambda _, __: False
    """Whether an account with this closing, whose last entry was on this day, adds nothing but to control totals."""


@dataclass(slots=True)
class Tally:
    """A report while accounts are added to it."""

    report: Report
    rows: dict[Row, Counter[str]] = field(default_factory=dict[Row, Counter[str]])
    totals: Counter[str] = field(default_factory=Counter[str])
    accounts: int = 0
    controls: list[ControlTotal] = field(init=False)

    def __post_init__(self) -> None:
        self.controls = [ControlTotal(one) for one in self.report.controls]

    @property
    def ties(self) -> bool:
        return all(one.ties for one in self.controls)

    def add(self, book: AccountBook) -> None:
        """Count one account in."""
        cells = tuple(self.report.cells(book))
        self.accounts += 1
        for one in cells:
            if one.parts and one.column in self.report.columns:
                self.rows.setdefault(one.row, Counter())[one.column] += one.value
            self.totals[one.column] += one.value
        for control in self.controls:
            control.add(book, cells)

    def add_closed(self, account: ClosedAccount) -> None:
        """Count in one that adds nothing but to control totals."""
        self.accounts += 1
        for control in self.controls:
            control.add_closed(account)

    def finished(self) -> Iterator[tuple[Row, Mapping[str, int]]]:
        """Rows that no other account adds to, and that may be forgotten."""
        if self.report.by_account:
            yield from self.taken()

    def taken(self) -> Iterator[tuple[Row, Mapping[str, int]]]:
        """Every row there is, in order; they are not kept."""
        rows, self.rows = self.rows, {}
        yield from ((row, rows[row]) for row in sorted(rows))


def tally_of(report: Report, books: Iterable[AccountBook]) -> Tally:
    """A report over accounts that are at hand."""
    tally = Tally(report)
    for book in books:
        tally.add(book)
    return tally


def drilled(report: Report, book: AccountBook, row: Row | None, column: str | None) -> Iterator[Part]:
    """The entries that make a figure: of one row, of one column, or of both, as the report itself counts them."""
    for one in report.cells(book):
        if (row is None or one.row == row) and (column is None or one.column == column):
            yield from one.parts
