"""What was paid too much, and money of patients that is not applied, as of any day, each with the day it began.

Amounts are debit balances, so credits are negative here as in the aging. Money for a visit whose claim has not come is
what is unbilled as far as the ledger knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from services.payments.core.account_facts import PatientPaymentTaken, PrepaymentFreed
from services.payments.core.aging import (
    CREDIT,
    INSURANCE_SIDE,
    MONEY,
    NOT_APPLIED,
    OTHER_MONEY,
    OTHER_SIDE,
    SIDES,
    Position,
    positions,
)
from services.payments.core.book import AccountBook, LedgerLine
from services.payments.core.book_report import Cell, Control, Report, cell
from services.payments.core.entries import LedgerAccount

OWED = "owed_cents"
"""What others owe: not shown, but without it the credits could not be held against the receivables."""
ROW_NAMES = ("account_id", "kind", "of", "since")


def credit_report(as_of: date) -> Report:
    """Credits of payers and patients by claim, and unapplied money by payment; `visit` where it waits for a claim."""

    def cells(book: AccountBook) -> Iterator[Cell]:
        for one in positions(book, as_of, SIDES["all"]):
            yield _credit(book, one) if one.cents < 0 else cell(("",) * 4, OWED, one.lines, (one.side,))
        yield from _not_applied(book, as_of)

    receivables = Control("receivables", SIDES["all"], None, as_of, frozenset({CREDIT, OWED}))
    unapplied = Control("unapplied", MONEY["all"], None, as_of, frozenset({NOT_APPLIED}))
    return Report(
        "credits",
        ROW_NAMES,
        (CREDIT, NOT_APPLIED),
        cells,
        (receivables, unapplied),
        by_account=True,
        passes=lambda closing, last: closing.settled and last <= as_of,
    )


def _credit(book: AccountBook, one: Position) -> Cell:
    kind = _OF.get(one.side, "patient")
    row = (book.account_id, kind, one.item.item_id, credit_since(one.lines, one.side).isoformat())
    return cell(row, CREDIT, one.lines, (one.side,))


_OF = {INSURANCE_SIDE: "payer", OTHER_SIDE: "other_party"}


def credit_since(lines: Sequence[LedgerLine], account: LedgerAccount) -> date:
    """The day on which a balance that is a credit now became one."""
    since, cents = lines[0].entry.day, 0
    for line in lines:
        after = cents + line.fact.effect_on(account)
        if after < 0 <= cents:
            since = line.entry.day
        cents = after
    return since


def _not_applied(book: AccountBook, as_of: date) -> Iterator[Cell]:
    waiting = _waiting(book, as_of)
    for account in MONEY["all"]:
        for payment_id, lines in _by_payment(book, as_of, account).items():
            if sum(line.fact.effect_on(account) for line in lines):
                kind = "other_party" if account is OTHER_MONEY else "visit" if payment_id in waiting else "unapplied"
                row = (book.account_id, kind, payment_id, credit_since(lines, account).isoformat())
                yield cell(row, NOT_APPLIED, lines, (account,))


def _by_payment(book: AccountBook, as_of: date, account: LedgerAccount) -> Mapping[str, list[LedgerLine]]:
    payments: dict[str, list[LedgerLine]] = {}
    for line in book.lines:
        if line.entry.day <= as_of and line.fact.effect_on(account):
            payments.setdefault(str(getattr(line.fact, "payment_id", "")), []).append(line)
    return payments


def _waiting(book: AccountBook, as_of: date) -> frozenset[str]:
    """Payments taken for a visit whose claim was not there yet."""
    facts = [one.fact for one in book.entries if one.day <= as_of]
    billed = {getattr(fact, "patient_control_number", "") for fact in facts}
    freed = {fact.payment_id for fact in facts if isinstance(fact, PrepaymentFreed)}
    taken = (fact for fact in facts if isinstance(fact, PatientPaymentTaken) and fact.reserved_for)
    return frozenset(one.payment_id for one in taken if one.reserved_for not in billed and one.payment_id not in freed)
