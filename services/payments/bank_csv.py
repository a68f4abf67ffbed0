"""A bank's list as CSV, read by the mapping of its account. Rows that say nothing of a credit are named. Pure."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.payments.bank_lines import (
    BankCredit,
    BankFault,
    BankFileError,
    Statement,
    date_fault,
    originator_in,
    trace_in,
)
from services.payments.core.bank_account import CsvMapping

AMOUNT = re.compile(r"^\(?([+-]?)\$?\s?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.([0-9]{2}))?\)?$")
FAULTS_SHOWN = 20


def read_csv(text: str, mapping: CsvMapping, today: date) -> Statement:
    """The credits of one account. Raises BankFileError naming each line that cannot be read, and nothing is taken."""
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=mapping.delimiter, strict=True)
    _check_columns(frozenset(rows.fieldnames or ()), mapping)
    credits_: list[BankCredit] = []
    faults: list[BankFault] = []
    accounts: set[str] = set()
    debits = 0
    try:
        for row in rows:
            if not any(value for value in row.values()):
                continue
            try:
                made = _credit(rows.line_num, row, mapping, today)
            except BankFileError as error:
                faults += error.faults
                continue
            if mapping.account_column:
                accounts.add((row.get(mapping.account_column) or "").strip())
            if made is None:
                debits += 1
            else:
                credits_.append(made)
    except csv.Error:
        faults.append(BankFault(rows.line_num, "row", "a quote is not closed, or a cell is too long"))
    if len(accounts) > 1:
        faults.append(BankFault(1, mapping.account_column, "the list is of several accounts: send one list for each"))
    if faults:
        raise BankFileError(*faults[:FAULTS_SHOWN])
    return Statement(1, (), next(iter(accounts), ""), "USD", tuple(credits_), debits)


def _check_columns(names: frozenset[str], mapping: CsvMapping) -> None:
    optional = (
        mapping.trace_column,
        mapping.reference_column,
        mapping.text_column,
        mapping.account_column,
        mapping.currency_column,
        mapping.method_column,
        mapping.originator_column,
    )
    needed = [mapping.date_column, mapping.amount_column, *(one for one in optional if one)]
    missing = [name for name in needed if name not in names]
    if missing:
        what = f"the columns {', '.join(missing)} are missing: is it the list of this account's bank, with its heading?"
        raise BankFileError(BankFault(1, "heading", what))


def _credit(line: int, row: Mapping[str, str | None], mapping: CsvMapping, today: date) -> BankCredit | None:
    """A credit; None for a debit."""

    def cell(column: str) -> str:
        return (row.get(column) or "").strip() if column else ""

    extra: Mapping[Any, Any] = row  # cells without a heading lie under None
    if None in extra:
        raise BankFileError(BankFault(line, "row", "it has more cells than the heading"))
    currency = cell(mapping.currency_column).upper()
    if currency not in {"", "USD"}:
        raise BankFileError(BankFault(line, mapping.currency_column, "the currency is not USD: it is not taken in"))
    try:
        on = datetime.strptime(cell(mapping.date_column), mapping.date_form).date()  # noqa: DTZ007 - a bank's day
    except ValueError:
        what = f"the date is not of the form {mapping.date_form}"
        raise BankFileError(BankFault(line, mapping.date_column, what)) from None
    fault = date_fault(line, mapping.date_column, on, today)
    if fault is not None:
        raise BankFileError(fault)
    cents = amount_cents(cell(mapping.amount_column))
    if cents is None:
        what = "the amount is not dollars and cents, such as 1,234.50"
        raise BankFileError(BankFault(line, mapping.amount_column, what))
    if cents <= 0:
        return None
    text = cell(mapping.text_column)
    trace = cell(mapping.trace_column) or trace_in(text)
    method = cell(mapping.method_column).upper()
    known = method if method in {"ACH", "CHK", "CASH"} else ""
    reference = (cell(mapping.reference_column) or trace or told_by(text))[:80]
    originator = cell(mapping.originator_column)[:20] or originator_in(text)
    return BankCredit(line, on, cents, known, trace[:50], reference, originator)


def told_by(text: str) -> str:
    """What tells this credit from another where the bank gives no reference: never the text, which may hold a name."""
    return f"text {hashlib.sha256(text.encode()).hexdigest()[:16]}" if text else ""


def amount_cents(text: str) -> int | None:
    """Dollars as cents, exactly; parentheses and a minus are a debit. None for what is no amount."""
    found = AMOUNT.match(text)
    if found is None or text.startswith("(") != text.endswith(")"):
        return None
    sign, whole, fraction = found.groups()
    cents = int(whole.replace(",", "")) * 100 + int(fraction or 0)
    return -cents if sign == "-" or text.startswith("(") else cents
