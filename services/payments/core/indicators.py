"""Operational indicators as far as the ledger knows them: each a numerator and a denominator, never a mean of ratios.

The formulas are those of the HFMA's MAP keys where it has one (net days in receivables, aged receivables, denials, bad
debt and charity, credit balances, collection at the point of service). What only claims or eligibility know is not
here: clean claims, rejections, charges that were never billed.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.account_facts import ClaimAdjudicated, PatientPaymentTaken
from services.payments.core.aging import BUCKETS, MONEY, SIDES, positions
from services.payments.core.book import AccountBook, BookEntry, BookItem
from services.payments.core.book_report import Cell, Control, Part, Report, cell
from services.payments.core.entries import LedgerAccount
from services.payments.core.movements import NET_RECEIVABLES, Days

Shape: TypeAlias = Literal["share", "days", "mean"]
NUMERATOR, DENOMINATOR = "numerator", "denominator"
NET_REVENUE = (LedgerAccount.REVENUE, LedgerAccount.CONTRACTUAL_ADJUSTMENT)
GROSS_REVENUE = (LedgerAccount.REVENUE,)


class Indicator(NamedTuple):
    """How to read one: a share, so many days of what the denominator earns in the period, or a mean."""

    shape: Shape
    numerator: str
    denominator: str


INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        "days_in_receivables": Indicator("days", "receivables less unapplied money, cents", "net revenue, cents"),
        **{
            f"aged_over_{last}": Indicator("share", f"open over {last} days after the service, cents", "open, cents")
            for last in BUCKETS
        },
        "net_collection": Indicator("share", "paid for services of these days, cents", "their net revenue, cents"),
        "denied_claims": Indicator("share", "decisions that deny something", "decisions"),
        "denied_amount": Indicator("share", "denied, cents", "charges decided, cents"),
        "denial_write_offs": Indicator("share", "denials given up, cents", "net revenue, cents"),
        "patient_write_offs": Indicator("share", "bad debt and charity, cents", "charges, cents"),
        "credit_balance_days": Indicator("days", "credits and unapplied money, cents", "charges, cents"),
        "days_to_first_decision": Indicator("mean", "days from submission to first decision", "claims decided first"),
        "collected_at_visit": Indicator("share", "taken for a visit, cents", "patients' money taken, cents"),
    }
)


def value_of(name: str, numerator: int, denominator: int, days: Days) -> float | None:
    """The figure itself, at the very end; None where there is nothing to divide by."""
    if denominator == 0:
        return None
    length = (days.last - days.first).days + 1 if INDICATORS[name].shape == "days" else 1
    return round(numerator * length / denominator, 4)


def indicators_report(days: Days) -> Report:
    """Every indicator over these days; balances are those at their end."""

    def cells(book: AccountBook) -> Iterator[Cell]:
        for make in (_revenue, _aged, _collected, _denied, _given_up, _credits, _decided, _at_visit):
            yield from make(book, days)

    numerator, denominator = frozenset({NUMERATOR}), frozenset({DENOMINATOR})
    row = ("days_in_receivables",)
    controls = (
        Control("net receivables", NET_RECEIVABLES, None, days.last, numerator, row),
        Control("net revenue", NET_REVENUE, days.first, days.last, denominator, row, sign=-1),
        Control("charges", GROSS_REVENUE, days.first, days.last, denominator, ("patient_write_offs",), sign=-1),
    )
    return Report("indicators", ("indicator",), (NUMERATOR, DENOMINATOR), cells, controls)


def _revenue(book: AccountBook, days: Days) -> Iterator[Cell]:
    until = [line for line in book.lines if line.entry.day <= days.last]
    within = list(days.lines(book))
    yield cell(("days_in_receivables",), NUMERATOR, until, NET_RECEIVABLES)
    for name in ("days_in_receivables", "denial_write_offs"):
        yield cell((name,), DENOMINATOR, within, NET_REVENUE, -1)
    for name in ("patient_write_offs", "credit_balance_days"):
        yield cell((name,), DENOMINATOR, within, GROSS_REVENUE, -1)


def _aged(book: AccountBook, days: Days) -> Iterator[Cell]:
    for one in positions(book, days.last, SIDES["all"]):
        if one.cents > 0:
            age = (days.last - one.item.service_date).days
            for last in BUCKETS:
                made = cell((f"aged_over_{last}",), DENOMINATOR, one.lines, (one.side,))
                yield made
                if age > last:
                    yield made._replace(column=NUMERATOR)


def _collected(book: AccountBook, days: Days) -> Iterator[Cell]:
    """The cohort of services of these days, with everything that was posted on it until their end."""
    row = ("net_collection",)
    for item_id, lines in book.by_item.items():
        item = book.items.get(item_id)
        if item is not None and item.service_date in days:
            until = [line for line in lines if line.entry.day <= days.last]
            yield cell(row, NUMERATOR, until, (LedgerAccount.PAYER_CASH, *MONEY["all"]))
            yield cell(row, DENOMINATOR, until, NET_REVENUE, -1)


def _decisions(book: AccountBook) -> Iterator[tuple[BookEntry, ClaimAdjudicated]]:
    for entry in book.entries:
        if isinstance(entry.fact, ClaimAdjudicated) and entry.fact.reverses is None and entry.fact.remitted.is_posted:
            yield entry, entry.fact


def _denied(book: AccountBook, days: Days) -> Iterator[Cell]:
    for entry, fact in _decisions(book):
        if entry.day in days:
            denied_cents = max(0, fact.denied_cents)
            yield _number("denied_claims", DENOMINATOR, entry, 1)
            yield _number("denied_amount", DENOMINATOR, entry, fact.remitted.charge_cents)
            if denied_cents:
                yield _number("denied_claims", NUMERATOR, entry, 1)
                yield _number("denied_amount", NUMERATOR, entry, denied_cents)


def _given_up(book: AccountBook, days: Days) -> Iterator[Cell]:
    within = list(days.lines(book))
    yield cell(("denial_write_offs",), NUMERATOR, within, (LedgerAccount.DENIAL_WRITE_OFF,))
    yield cell(("patient_write_offs",), NUMERATOR, within, (LedgerAccount.BAD_DEBT,))


def _credits(book: AccountBook, days: Days) -> Iterator[Cell]:
    row = ("credit_balance_days",)
    for one in positions(book, days.last, SIDES["all"]):
        if one.cents < 0:
            yield cell(row, NUMERATOR, one.lines, (one.side,), -1)
    yield cell(row, NUMERATOR, [line for line in book.lines if line.entry.day <= days.last], MONEY["all"], -1)


def _decided(book: AccountBook, days: Days) -> Iterator[Cell]:
    seen: set[str] = set()
    for entry, fact in _decisions(book):
        item = book.items.get(fact.item_id)
        if item is None or fact.item_id in seen:
            continue
        seen.add(fact.item_id)
        if entry.day in days:
            yield _number("days_to_first_decision", DENOMINATOR, entry, 1)
            yield _number("days_to_first_decision", NUMERATOR, entry, _days_between(item, entry.day))


def _days_between(item: BookItem, day: date) -> int:
    return max(0, (day - item.posted_on).days)


def _at_visit(book: AccountBook, days: Days) -> Iterator[Cell]:
    for entry in book.entries:
        fact = entry.fact
        if isinstance(fact, PatientPaymentTaken) and entry.day in days:
            yield _number("collected_at_visit", DENOMINATOR, entry, fact.cents)
            if fact.reserved_for:
                yield _number("collected_at_visit", NUMERATOR, entry, fact.cents)


def _number(name: str, column: str, entry: BookEntry, value: int) -> Cell:
    return Cell((name,), column, value, (Part(entry, value),))
