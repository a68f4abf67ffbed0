"""What is exported of an account: its claims, itself, its entries, its receipts; each row with a cursor to go on from.

A cursor is the account and the number of a fact, which never change; so an export that broke off goes on behind the
last row that arrived, and gives none twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.account_facts import AnyAccountFact, ChargePosted, LedgerFact
from services.payments.core.aging import INSURANCE_SIDE, OTHER_MONEY, OTHER_SIDE, PATIENT_SIDE, UNAPPLIED
from services.payments.core.book import AccountBook, BookItem, LedgerLine
from services.payments.core.entries import LedgerAccount
from services.payments.core.movements import CASH, Days, cash_row
from services.payments.core.why import why

What: TypeAlias = Literal["claims", "accounts", "entries", "receipts"]
Exported: TypeAlias = tuple[str | int | None, ...]

SUMS: tuple[tuple[str, LedgerAccount, int], ...] = (
    ("charge_cents", LedgerAccount.REVENUE, -1),
    ("paid_cents", LedgerAccount.PAYER_CASH, 1),
    ("adjusted_cents", LedgerAccount.CONTRACTUAL_ADJUSTMENT, 1),
    ("bad_debt_cents", LedgerAccount.BAD_DEBT, 1),
    ("denials_written_off_cents", LedgerAccount.DENIAL_WRITE_OFF, 1),
    ("insurance_cents", INSURANCE_SIDE, 1),
    ("patient_cents", PATIENT_SIDE, 1),
    ("other_parties_cents", OTHER_SIDE, 1),
    ("other_parties_paid_cents", OTHER_MONEY, 1),
    ("agreed_reduction_cents", LedgerAccount.AGREED_REDUCTION, 1),
    ("unapplied_cents", UNAPPLIED, -1),
)
"""Balances at the end of the last day; of a claim `unapplied_cents` is what patients' payments paid of it, negated.
Of an account `other_parties_paid_cents` is what is not applied of other parties' money, negated."""
_SUM_NAMES = tuple(name for name, _, _ in SUMS)
COLUMNS: Mapping[What, tuple[str, ...]] = MappingProxyType(
    {
        "claims": (
            *("cursor", "account_id", "item_id", "patient_control_number", "payer_id", "service_date", "posted_on"),
            *("billing_npi", "rendering_npi", *_SUM_NAMES[:-1], "patient_paid_cents"),
        ),
        "accounts": ("cursor", "account_id", "items", *_SUM_NAMES),
        "entries": (
            *("cursor", "account_id", "number", "id", "posted_on", "at", "type", "item_id", "debit", "credit"),
            *("amount_cents", "posted_by", "cause", "why"),
        ),
        "receipts": (
            *("cursor", "account_id", "id", "posted_on", "kind", "payer", "method", "reference", "amount_cents"),
            "posted_by",
        ),
    }
)


class Cursor(NamedTuple):
    """Behind which row an export goes on. ValueError for a text that is none."""

    account_id: str = ""
    number: int = 0

    @classmethod
    def read(cls, text: str) -> "Cursor":
        account_id, _, number = text.rpartition(":")
        if not account_id or not number.isdigit():
            msg = "a cursor is what the last row of an export has in its column of this name"
            raise ValueError(msg)
        return cls(account_id, int(number))

    def __str__(self) -> str:
        return f"{self.account_id}:{self.number}"


def exported(what: What, book: AccountBook, days: Days, after: Cursor) -> Iterator[Exported]:
    """An account's rows behind the cursor, by the number of their fact."""
    first = after.number if after.account_id == book.account_id else 0
    for number, row in _ROWS[what](book, days):
        if number > first:
            yield (str(Cursor(book.account_id, number)), book.account_id, *row)


def _claims(book: AccountBook, days: Days) -> Iterator[tuple[int, Exported]]:
    """Claims and charges first posted in these days."""
    numbers = {
        one.fact.item_id: one.fact.patient_control_number for one in book.entries if isinstance(one.fact, ChargePosted)
    }
    for item in sorted(book.items.values(), key=lambda item: item.number):
        if item.posted_on in days:
            sums = _sums(book.by_item[item.item_id], days)
            paid_cents = -sums.pop()
            yield item.number, (*_about(item, numbers.get(item.item_id, ""), days), *sums, paid_cents)


def _about(item: BookItem, control_number: str, days: Days) -> Exported:
    payer = item.payer_on(days.last)[1]
    dates = item.service_date.isoformat(), item.posted_on.isoformat()
    return item.item_id, control_number, payer, *dates, item.billing_npi, item.rendering_npi


def _accounts(book: AccountBook, days: Days) -> Iterator[tuple[int, Exported]]:
    """The account, where something was posted on it in these days."""
    moved = [line.entry.number for line in days.lines(book)]
    if moved:
        yield moved[0], (len(book.items), *_sums(book.lines, days))


def _sums(lines: Iterable[LedgerLine], days: Days) -> list[int]:
    until = [line for line in lines if line.entry.day <= days.last]
    return [sign * sum(line.fact.effect_on(account) for line in until) for _, account, sign in SUMS]


def _entries(book: AccountBook, days: Days) -> Iterator[tuple[int, Exported]]:
    """Balanced entries of these days."""
    for entry, fact in days.lines(book):
        yield entry.number, entry_row(LedgerLine(entry, fact))


def entry_row(line: LedgerLine) -> Exported:
    """An entry without its account: number, id, day, time, type, claim, sides, cents, poster, cause, reason."""
    entry, fact = line
    sides = fact.debit.value, fact.credit.value, fact.cents
    when = entry.day.isoformat(), entry.at.isoformat()
    return entry.number, entry.id, *when, type_of(fact), fact.item_id, *sides, entry.posted_by, entry.cause, why(fact)


def type_of(fact: AnyAccountFact | LedgerFact) -> str:
    """`account.charge-posted.v1` as `charge-posted`."""
    return str(getattr(fact, "type", "")).split(".")[1]


def _receipts(book: AccountBook, days: Days) -> Iterator[tuple[int, Exported]]:
    """Money that came or went in these days."""
    for line in days.lines(book):
        if amount_cents := sum(line.fact.effect_on(account) for account in CASH):
            day, *kind_payer_method = cash_row(book, line, ("day", "kind", "payer", "method"))
            place = getattr(line.fact, "place", None)
            reference = place.remittance_id if place is not None else str(getattr(line.fact, "payment_id", ""))
            row = (line.entry.id, day, *kind_payer_method, reference, amount_cents, line.entry.posted_by)
            yield line.entry.number, row


_ROWS: Mapping[What, Callable[[AccountBook, Days], Iterator[tuple[int, Exported]]]] = MappingProxyType(
    {"claims": _claims, "accounts": _accounts, "entries": _entries, "receipts": _receipts}
)
