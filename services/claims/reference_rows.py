"""Reads a customer's reference file, CSV: which columns each kind has, and what a row of it means.

A file with wrong columns is refused as a whole. A bad row is left out and named by its number in the file, its column
and what is wrong; the others go in.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeAlias

from services.claims.core.bundles import BUNDLE_LINES_MAX, BundleLine
from services.claims.core.code_sets import ANY, OPEN, Row, joined
from services.claims.core.content import MODIFIERS_MAX, POINTERS_MAX

ROW_LENGTH_MAX = 4_000
CELL_MAX = 40


class WrongFileError(ValueError):
    """The file as a whole is none of its kind: its text says why, and quotes no row."""


class BadCellError(ValueError):
    """A cell that means nothing: its column, and what is wanted."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out. `row` counts the lines of the file from 1, the columns' names being the first."""

    row: int
    column: str
    message: str


Cells: TypeAlias = Mapping[str, str]
RowMade: TypeAlias = tuple[str, str]
"""Key and value of a row."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of reference file: the columns it must have, those it may have, and how a row is read."""

    needs: tuple[str, ...]
    read: Callable[[Cells], RowMade]
    named: bool = False
    """Whether a tenant keeps several of this kind, each under a name."""


def _text(cells: Cells, column: str) -> str:
    value = cells[column].strip()
    if not value or len(value) > CELL_MAX or "|" in value:
        raise BadCellError(column, f"1 to {CELL_MAX} characters without a bar are wanted")
    return value


def _code(cells: Cells, column: str) -> str:
    value = _text(cells, column).upper()
    if not (value.isascii() and value.isalnum()) or len(value) > 7:
        raise BadCellError(column, "a code of up to seven letters and digits is wanted")
    return value


def _whole(cells: Cells, column: str, most: int = 999_999) -> int:
    value = cells[column].strip()
    if not (value.isascii() and value.isdigit()) or len(value) > 6 or int(value) > most:
        raise BadCellError(column, f"a whole number up to {most} is wanted")
    return int(value)


def _one_of(cells: Cells, column: str, *allowed: str) -> str:
    value = cells[column].strip().casefold()
    if value not in allowed:
        raise BadCellError(column, f"one of {', '.join(allowed)} is wanted")
    return value


def _cents(cells: Cells, column: str) -> int:
    try:
        amount = Decimal(cells[column].strip())
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= 99_999_999 or amount != amount.quantize(Decimal("0.01")):
        raise BadCellError(column, "an amount in dollars such as 125.00 is wanted")
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _payer(cells: Cells) -> str:
    return _text(cells, "payer") if cells["payer"].strip() else ANY


def _pair(cells: Cells) -> RowMade:
    key = joined(_code(cells, "column1"), _code(cells, "column2"))
    return key, _one_of(cells, "modifier_indicator", "0", "1", "9")


def _mue(cells: Cells) -> RowMade:
    return _code(cells, "code"), f"{_whole(cells, 'units')}/{_one_of(cells, 'mai', '1', '2', '3')}"


def _global(cells: Cells) -> RowMade:
    visit = "Y" if _one_of(cells, "visit", "y", "n") == "y" else "N"
    return _code(cells, "code"), f"{_whole(cells, 'days', 90)}/{visit}"


def _fee(cells: Cells) -> RowMade:
    modifier = _code(cells, "modifier") if cells["modifier"].strip() else ""
    return joined(_payer(cells), _code(cells, "procedure"), modifier), str(_cents(cells, "price"))


def _limit(cells: Cells) -> RowMade:
    per = _one_of(cells, "per", "line", "day", "claim", "period")
    units = str(_whole(cells, "units"))
    if per == "period":
        days = _whole(cells, "days", 3660)
        if not days:
            raise BadCellError("days", "a period has at least one day")
        units = f"{units}/{days}"
    return joined(_payer(cells), _code(cells, "procedure"), per), units


def _bundle(cells: Cells) -> RowMade:
    """One line of a charge bundle; its charge is given, or a fee schedule's price of a unit."""
    name = _text(cells, "bundle").upper()
    if len(name) > 20 or not name.isascii():
        raise BadCellError("bundle", "a name of up to 20 characters is wanted")
    line = _whole(cells, "line", BUNDLE_LINES_MAX)
    if not line:
        raise BadCellError("line", "lines count from 1")
    procedure = _code(cells, "procedure") if cells["procedure"].strip() else ""
    revenue = cells["revenue_code"].strip()
    if revenue and not (revenue.isascii() and revenue.isdigit() and len(revenue) in (3, 4)):
        raise BadCellError("revenue_code", "three or four digits are wanted")
    if not (procedure or revenue):
        raise BadCellError("procedure", "a procedure is wanted, or a revenue code")
    charge, schedule = cells["charge"].strip(), cells["schedule"].strip()
    if bool(charge) is bool(schedule):
        raise BadCellError("charge", "either a charge is wanted, or the name of a fee schedule")
    made = BundleLine(
        procedure=procedure,
        modifiers=tuple(_modifiers(cells)),
        units=_number(cells, "units"),
        charge_cents=_cents(cells, "charge") if charge else None,
        schedule=_schedule(schedule),
        pointers=tuple(_pointers(cells)),
        revenue_code=revenue.zfill(4) if revenue else "",
    )
    return joined(name, str(line)), made.packed()


def _modifiers(cells: Cells) -> Iterator[str]:
    found = cells["modifiers"].upper().split()
    if len(found) > MODIFIERS_MAX or not all(len(one) == 2 and one.isascii() and one.isalnum() for one in found):
        raise BadCellError("modifiers", f"up to {MODIFIERS_MAX} modifiers of two characters are wanted, with spaces")
    yield from found


def _pointers(cells: Cells) -> Iterator[int]:
    found = cells["diagnosis_pointers"].split()
    wanted = tuple(str(one) for one in range(1, 13))
    if len(found) > POINTERS_MAX or not all(one in wanted for one in found):
        raise BadCellError("diagnosis_pointers", f"up to {POINTERS_MAX} numbers from 1 to 12 are wanted, with spaces")
    yield from (int(one) for one in found)


def _schedule(name: str) -> str:
    if len(name) > CELL_MAX or "/" in name or "|" in name:
        raise BadCellError("schedule", "the name of a fee schedule is wanted")
    return name


def _number(cells: Cells, column: str) -> Decimal:
    """A number above 0, up to three places."""
    try:
        number = Decimal(cells[column].strip() or "1")
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or not 0 < number <= 99_999 or number != number.quantize(Decimal("0.001")):
        raise BadCellError(column, "a number above 0 with up to three places is wanted")
    return Decimal(format(number.normalize(), "f"))


def _drug(cells: Cells) -> RowMade:
    """A drug's code as LIN03 carries it, with unit and quantity of one unit of its procedure."""
    _one_of(cells, "qualifier", "n4")  # LIN02: no other is written
    unit = _one_of(cells, "unit", "f2", "gr", "me", "ml", "un").upper()
    return joined(_payer(cells), _code(cells, "procedure")), f"{_ndc(cells)}/{unit}/{_number(cells, 'factor')}"


def _ndc(cells: Cells) -> str:
    """Eleven digits; a code of ten is filled up where its hyphens show which part is short (5-4-2)."""
    parts = cells["ndc"].strip().split("-")
    if len(parts) == 3 and all(parts):
        parts = [part.zfill(width) for part, width in zip(parts, (5, 4, 2), strict=True)]
    code = "".join(parts)
    if len(code) != 11 or not (code.isascii() and code.isdigit()):
        raise BadCellError("ndc", "eleven digits are wanted, or three parts with hyphens")
    return code


def _span(cells: Cells) -> RowMade:
    npi = _text(cells, "npi")
    if len(npi) != 10 or not npi.isdigit():
        raise BadCellError("npi", "ten digits are wanted")
    return joined(npi, _payer(cells)), _one_of(cells, "status", "active", "pending", "suspended", "ended")


KINDS: Mapping[str, FileKind] = {
    "codes": FileKind(("code",), lambda cells: (_code(cells, "code"), "y"), named=True),
    "fees": FileKind(("payer", "procedure", "modifier", "price"), _fee, named=True),
    "ptp": FileKind(("column1", "column2", "modifier_indicator"), _pair),
    "mue": FileKind(("code", "units", "mai"), _mue),
    "global_days": FileKind(("code", "days", "visit"), _global),
    "limits": FileKind(("payer", "procedure", "per", "units", "days"), _limit),
    "credentialing": FileKind(("npi", "payer", "status"), _span),
    "bundles": FileKind(
        (
            "bundle",
            "line",
            "procedure",
            "modifiers",
            "units",
            "charge",
            "schedule",
            "diagnosis_pointers",
            "revenue_code",
        ),
        _bundle,
    ),
    "drugs": FileKind(("payer", "procedure", "ndc", "qualifier", "unit", "factor"), _drug),
}
DATES = ("valid_from", "valid_to")


def read_rows(kind: str, lines: Iterable[str]) -> Iterator[tuple[int, Row] | RefusedRow]:
    """The rows of a file with their numbers, and those that are refused, in order. Raises WrongFileError."""
    shape = KINDS[kind]
    reader = csv.reader(_bounded(lines), strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, list[str]())]
    except csv.Error:
        names = []
    wanted = (*shape.needs, *DATES)
    if sorted(names) != sorted(wanted):
        missing = ", ".join(name for name in wanted if name not in names)
        # What is there too much may be a patient's data: it is counted, not told.
        extra = sum(name not in wanted for name in names)
        raise WrongFileError(
            f"the first line names the columns {', '.join(wanted)}; "
            f"{f'missing: {missing}' if missing else 'none is missing'}, {extra} unknown"
        )
    yield from _read(shape, names, reader)


def _read(shape: FileKind, names: list[str], reader: Iterator[list[str]]) -> Iterator[tuple[int, Row] | RefusedRow]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield RefusedRow(number, "", "the quotes of this line do not match")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            yield RefusedRow(number, "", f"the line has {len(cells)} cells, and the columns are {len(names)}")
            continue
        try:
            yield number, _row(shape, dict(zip(names, cells, strict=True)))
        except BadCellError as error:
            yield RefusedRow(number, error.column, str(error))


def _row(shape: FileKind, cells: Cells) -> Row:
    key, value = shape.read(cells)
    first, last = _date(cells, "valid_from"), _date(cells, "valid_to")
    if first is None:
        raise BadCellError("valid_from", "say from which day the row holds, as 2026-01-31")
    if last is not None and last < first:
        raise BadCellError("valid_to", "lies before valid_from")
    return Row(key, value, first, last or OPEN)


def _date(cells: Cells, column: str) -> date | None:
    value = cells[column].strip()
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadCellError(column, "a date such as 2026-01-31 is wanted") from None


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > ROW_LENGTH_MAX:
            raise WrongFileError(f"line {number} has more than {ROW_LENGTH_MAX} characters: this is no such file")
        yield line
