"""Reads a customer's table, CSV: columns with the days a row holds for, and what is wrong with a row that is left out.

A file with wrong columns is refused as a whole. A bad row is left out and named by its number in the file, its column
and what is wrong, never its content; the others go in.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeAlias

from shared.dated_table import ANY, OPEN, Row, contradictions, joined

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
    """A kind of table: the columns it must have, those it may have, and how a row is read."""

    needs: tuple[str, ...]
    read: Callable[[Cells], RowMade]
    named: bool = False
    """Whether a tenant keeps several of this kind, each under a name."""
    may: tuple[str, ...] = ()
    """Columns that a file may leave out: their cells are empty then."""


def text_in(cells: Cells, column: str) -> str:
    value = cells[column].strip()
    if not value or len(value) > CELL_MAX or "|" in value:
        raise BadCellError(column, f"1 to {CELL_MAX} characters without a bar are wanted")
    return value


def code_in(cells: Cells, column: str) -> str:
    value = text_in(cells, column).upper()
    if not (value.isascii() and value.isalnum()) or len(value) > 7:
        raise BadCellError(column, "a code of up to seven letters and digits is wanted")
    return value


def whole_in(cells: Cells, column: str, most: int = 999_999) -> int:
    value = cells[column].strip()
    if not (value.isascii() and value.isdigit()) or len(value) > 6 or int(value) > most:
        raise BadCellError(column, f"a whole number up to {most} is wanted")
    return int(value)


def one_of(cells: Cells, column: str, *allowed: str) -> str:
    value = cells[column].strip().casefold()
    if value not in allowed:
        raise BadCellError(column, f"one of {', '.join(allowed)} is wanted")
    return value


def cents_in(cells: Cells, column: str) -> int:
    try:
        amount = Decimal(cells[column].strip())
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= 99_999_999 or amount != amount.quantize(Decimal("0.01")):
        raise BadCellError(column, "an amount in dollars such as 125.00 is wanted")
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def payer_in(cells: Cells) -> str:
    return text_in(cells, "payer") if cells["payer"].strip() else ANY


def number_in(cells: Cells, column: str) -> Decimal:
    """A number above 0, up to three places."""
    try:
        number = Decimal(cells[column].strip() or "1")
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or not 0 < number <= 99_999 or number != number.quantize(Decimal("0.001")):
        raise BadCellError(column, "a number above 0 with up to three places is wanted")
    return Decimal(format(number.normalize(), "f"))


def _fee(cells: Cells) -> RowMade:
    """The setting comes last, and only where a row names one, so that a table without settings has short keys."""
    modifier = code_in(cells, "modifier") if cells["modifier"].strip() else ""
    setting = one_of(cells, "setting", *SETTINGS) if cells["setting"].strip() else ""
    key = joined(payer_in(cells), code_in(cells, "procedure"), modifier)
    return joined(key, setting) if setting else key, str(cents_in(cells, "price"))


SETTINGS = ("facility", "nonfacility")
"""Where a service was rendered, where a schedule prices it by that."""
FEES = FileKind(("payer", "procedure", "modifier", "price"), _fee, named=True, may=("setting",))
"""A fee schedule: the price of one unit. An empty payer is any; an empty setting, wherever it was rendered."""
DATES = ("valid_from", "valid_to")


class TableRead:
    """What of a table is read so far: rows with their numbers, and those that were left out."""

    def __init__(self, refused_kept: int) -> None:
        self.rows: list[tuple[int, Row]] = []
        self.refused: list[RefusedRow] = []
        self.refused_total = 0
        self.seen = 0
        self._kept = refused_kept

    def take(self, rows: Iterator[tuple[int, Row] | RefusedRow], count: int) -> bool:
        """Take up to so many rows; whether there were any."""
        before = self.seen
        for one in rows:
            self.seen += 1
            if isinstance(one, RefusedRow):
                self.refuse(one)
            else:
                self.rows.append(one)
            if self.seen - before >= count:
                break
        return self.seen > before

    def refuse(self, row: RefusedRow) -> None:
        """All are counted, so many are named."""
        self.refused_total += 1
        if len(self.refused) < self._kept:
            self.refused.append(row)

    def drop_contradictions(self) -> None:
        """Of rows that say different things of one day, the first of the file stands."""
        odd = dict(contradictions(self.rows))
        for number, earlier in sorted(odd.items()):
            text = f"says something else than row {earlier} of the same key from the same day"
            self.refuse(RefusedRow(number, "", text))
        self.rows = [one for one in self.rows if one[0] not in odd]


def read_table(shape: FileKind, lines: Iterable[str]) -> Iterator[tuple[int, Row] | RefusedRow]:
    """The rows of a file with their numbers, and those that are refused, in order. Raises WrongFileError."""
    reader = csv.reader(_bounded(lines), strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, list[str]())]
    except csv.Error:
        names = []
    wanted = (*shape.needs, *DATES)
    missing = ", ".join(name for name in wanted if name not in names)
    # What is there too much may be a patient's data: it is counted, not told.
    extra = len(names) - len(set(names) & {*wanted, *shape.may})
    if missing or extra:
        raise WrongFileError(
            f"the first line names the columns {', '.join(wanted)}; "
            f"{f'missing: {missing}' if missing else 'none is missing'}, {extra} unknown"
        )
    yield from _read(shape, names, reader)


def _read(shape: FileKind, names: list[str], reader: Iterator[list[str]]) -> Iterator[tuple[int, Row] | RefusedRow]:
    empty = dict.fromkeys(shape.may, "")
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
            yield number, _row(shape, empty | dict(zip(names, cells, strict=True)))
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
