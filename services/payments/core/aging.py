"""Receivables by age, as of any day: every claim and charge once, with whoever owes it then.

A claim's open amount stands with one payer at a time, the one that has it last; another payer's claim for the same
services adds nothing to it. What was paid too much is a column of its own, never taken off what others owe, and
so is patients' money that is not applied.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.book import OTHERS, PATIENT, UNKNOWN, AccountBook, BookItem, LedgerLine
from services.payments.core.book_report import Cell, Control, Report, Row, cell
from services.payments.core.entries import LedgerAccount

By: TypeAlias = Literal["payer", "guarantor", "provider", "practice"]
Base: TypeAlias = Literal["service", "bill", "activity"]
Side: TypeAlias = Literal["all", "insurance", "patient", "other"]

INSURANCE_SIDE, PATIENT_SIDE = LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE
OTHER_SIDE = LedgerAccount.OTHER_RECEIVABLE
UNAPPLIED, OTHER_MONEY = LedgerAccount.UNAPPLIED_CREDIT, LedgerAccount.OTHER_CREDIT
SIDES: Mapping[Side, tuple[LedgerAccount, ...]] = MappingProxyType(
    {
        "all": (INSURANCE_SIDE, PATIENT_SIDE, OTHER_SIDE),
        "insurance": (INSURANCE_SIDE,),
        "patient": (PATIENT_SIDE,),
        "other": (OTHER_SIDE,),
    }
)
MONEY: Mapping[Side, tuple[LedgerAccount, ...]] = MappingProxyType(
    {"all": (UNAPPLIED, OTHER_MONEY), "insurance": (), "patient": (UNAPPLIED,), "other": (OTHER_MONEY,)}
)
"""Money that is not applied, of each side."""
_STANDS_WITH = MappingProxyType({PATIENT_SIDE: PATIENT, UNAPPLIED: PATIENT, OTHER_SIDE: OTHERS, OTHER_MONEY: OTHERS})
BUCKETS = (30, 60, 90, 120)
CREDIT, NOT_APPLIED = "credit_cents", "unapplied_cents"
POINTS_MAX = 60
"""Days of one report over time, at most."""


class Position(NamedTuple):
    """What one side owes of a claim or charge, with the entries that make it; negative: it was paid too much."""

    item: BookItem
    side: LedgerAccount
    cents: int
    lines: Sequence[LedgerLine]
    billed_on: date  # when the payer that has it got it, or when the guarantor came to owe it
    active_on: date  # of the last entry of the claim or charge

    def day(self, base: Base) -> date:
        """What its age counts from."""
        return {"service": self.item.service_date, "bill": self.billed_on, "activity": self.active_on}[base]


@dataclass(frozen=True, slots=True)
class Aging:
    """How receivables are aged: by whom, from which day, in which buckets (the last day of each), of which side."""

    by: By = "payer"
    base: Base = "service"
    buckets: tuple[int, ...] = BUCKETS
    side: Side = "all"
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not self.buckets or any(a >= b for a, b in pairwise((-1, *self.buckets))):
            msg = "buckets are days that grow, from 0 on"
            raise ValueError(msg)
        firsts = (0, *(last + 1 for last in self.buckets))
        names = [f"days_{first}_{last}_cents" for first, last in zip(firsts, self.buckets, strict=False)]
        object.__setattr__(self, "columns", (*names, f"days_{firsts[-1]}_on_cents", CREDIT, NOT_APPLIED))

    @property
    def accounts(self) -> tuple[LedgerAccount, ...]:
        return SIDES[self.side]

    @property
    def money(self) -> tuple[LedgerAccount, ...]:
        """What is not applied, of the side."""
        return MONEY[self.side]

    def column(self, position: Position, as_of: date) -> str:
        """Its bucket. What is dated after the day is not old: it stands in the first one."""
        if position.cents < 0:
            return CREDIT
        age = (as_of - position.day(self.base)).days
        return self.columns[sum(age > last for last in self.buckets)]

    def row(self, account_id: str, position: Position, as_of: date) -> str:
        """Whom it stands with."""
        item = position.item
        if self.by == "payer":
            return _STANDS_WITH.get(position.side) or item.payer_on(as_of)[1]
        named = {"guarantor": account_id, "provider": item.rendering_npi, "practice": item.billing_npi}
        return named[self.by] or UNKNOWN

    def row_of_money(self, account_id: str, of: LedgerAccount) -> str:
        """Whom money that is not applied stands with."""
        return {"payer": _STANDS_WITH[of], "guarantor": account_id}.get(self.by, UNKNOWN)

    def cells(self, book: AccountBook, as_of: date, before: Row = ()) -> Iterator[Cell]:
        """An account's open amounts at the end of a day."""
        for position in positions(book, as_of, self.accounts):
            row = (*before, self.row(book.account_id, position, as_of))
            yield cell(row, self.column(position, as_of), position.lines, (position.side,))
        lines = [line for line in book.lines if line.entry.day <= as_of]
        for of in self.money:
            made = cell((*before, self.row_of_money(book.account_id, of)), NOT_APPLIED, lines, (of,))
            if made.value:
                yield made

    def controls(self, as_of: date, row: Row | None = None) -> tuple[Control, ...]:
        """Buckets and credits are the receivables; what is not applied is a control of its own."""
        owed = frozenset(self.columns) - {NOT_APPLIED}
        made: tuple[Control, ...] = (Control("receivables", self.accounts, None, as_of, owed, row),)
        if self.money:
            made += (Control("unapplied", self.money, None, as_of, frozenset({NOT_APPLIED}), row),)
        return made


def positions(book: AccountBook, as_of: date, sides: Iterable[LedgerAccount]) -> Iterator[Position]:
    """What is open of each claim and charge at the end of a day, each side for itself; nothing where it is settled."""
    sides = tuple(sides)
    for item_id, every in book.by_item.items():
        item = book.items.get(item_id)
        lines = [line for line in every if line.entry.day <= as_of]
        if item is None or not lines:
            continue
        for side in sides:
            if cents := sum(line.fact.effect_on(side) for line in lines):
                billed_on = item.payer_on(as_of)[0] if side is INSURANCE_SIDE else _owed_since(lines)
                active_on = max(line.entry.day for line in lines)
                yield Position(item, side, cents, lines, billed_on, active_on)


def _owed_since(lines: Sequence[LedgerLine]) -> date:
    """When the guarantor came to owe what is owed now."""
    since, cents = lines[0].entry.day, 0
    for line in lines:
        after = cents + line.fact.effect_on(PATIENT_SIDE)
        if cents <= 0 < after:
            since = line.entry.day
        cents = after
    return since


def aging_report(how: Aging, as_of: date) -> Report:
    """Receivables by age at the end of one day."""
    return Report(
        name="aging",
        row_names=(how.by,),
        columns=how.columns,
        cells=lambda book: how.cells(book, as_of),
        controls=how.controls(as_of),
        by_account=how.by == "guarantor",
        passes=lambda closing, last: closing.settled and last <= as_of,
    )


def overdue_report(how: Aging, days: Sequence[date]) -> Report:
    """The same at the end of several days, so that it shows what grows old. ValueError for none, or too many."""
    days = sorted({*days})
    if not 1 <= len(days) <= POINTS_MAX:
        msg = f"1 to {POINTS_MAX} days, not {len(days)}"
        raise ValueError(msg)

    def cells(book: AccountBook) -> Iterator[Cell]:
        for day in days:
            yield from (one._replace(row=one.row[:1]) for one in how.cells(book, day, (day.isoformat(),)))

    controls = tuple(
        Control(f"{one.name} {day.isoformat()}", one.accounts, None, day, one.columns, (day.isoformat(),))
        for day in days
        for one in how.controls(day)
    )
    first = min(days)
    return Report(
        "overdue",
        ("day",),
        how.columns,
        cells,
        controls,
        passes=lambda closing, last: closing.settled and last <= first,
    )
