"""Batch files of agencies described as data: CSV and fixed width, their columns, widths, dates, money and totals.

A file is lines of kinds. Each kind has columns; a line's first column says its kind by a code. A header and a trailer
are kinds too. What a column cannot hold is refused with its name and what is wrong, never cut off unsaid and never
with the value.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["text", "date", "dollars", "cents", "number"]
Values: TypeAlias = Mapping[str, Any]
LINE_MAX = 4_000
"""Characters of a line; a longer one is no line of such a file."""


class FormatError(ValueError):
    """What cannot be written or read: `column` and what is wrong with it. Its text holds no value of a person."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(f"{column}: {text}" if column else text)
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `width` 0: as long as it is, which only CSV has. `form` is of dates, as strftime has it.

    `constant` stands in every line. `cut` lets a text that is too long be cut off at its end; others are refused.
    """

    name: str
    kind: Kind = "text"
    width: int = 0
    align: Literal["left", "right"] = "left"
    pad: str = " "
    form: str = "%Y%m%d"
    constant: str | None = None
    cut: bool = False
    needed: bool = True

    def __post_init__(self) -> None:
        if self.width < 0 or len(self.pad) != 1:
            raise ValueError(f"{self.name}: a width is 0 or more, and padding is one character")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKind:
    """One kind of line: its code, which stands first, and the columns behind it."""

    code: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.columns]
        if len(set(names)) < len(names) or not self.code:
            raise ValueError("a line has a code, and each of its columns another name")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How the lines of an agency's files look, by kind of line."""

    name: str
    form: Literal["csv", "fixed"]
    lines: Mapping[str, LineKind]
    delimiter: str = ","
    line_end: Literal["\n", "\r\n"] = "\n"
    suffix: str = ".csv"

    def __post_init__(self) -> None:
        codes = [one.code for one in self.lines.values()]
        if len(set(codes)) < len(codes):
            raise ValueError("two kinds of lines have one code")
        if self.form == "fixed":
            if len({len(code) for code in codes}) > 1:
                raise ValueError("in a file of fixed width all codes are of one length")
            for kind, line in self.lines.items():
                for one in line.columns:
                    if not one.width:
                        raise ValueError(f"{kind}: {one.name}: a column of fixed width has a width")
        elif len(self.delimiter) != 1:
            raise ValueError("a delimiter is one character")

    @property
    def code_width(self) -> int:
        return max(len(one.code) for one in self.lines.values())


class Line(NamedTuple):
    """A line that was read: its number from 1, what kind it is and its values; or what is wrong with it."""

    number: int
    kind: str
    values: Values
    wrong: str = ""


def write_line(format: FileFormat, kind: str, values: Values) -> str:
    """One line with its end. FormatError names the column that cannot hold its value."""
    line = format.lines.get(kind)
    if line is None:
        raise FormatError("", f"the format {format.name} has no line for {kind}")
    cells = [line.code, *(_cell(one, values) for one in line.columns)]
    if format.form == "fixed":
        return "".join(cells) + format.line_end
    text = io.StringIO()
    csv.writer(text, delimiter=format.delimiter, lineterminator=format.line_end).writerow(cells)
    return text.getvalue()


def read_lines(format: FileFormat, text: str) -> Iterator[Line]:
    """Every line that is not empty. One that cannot be read says why; the lines beside it go on."""
    by_code = {one.code: (kind, one) for kind, one in format.lines.items()}
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        if len(raw) > LINE_MAX:
            yield Line(number, "", {}, f"it has more than {LINE_MAX} characters")
            continue
        cells = _split(format, raw)
        found = by_code.get(cells[0]) if cells else None
        if found is None:
            yield Line(number, "", {}, "it begins with no code of this format")
            continue
        kind, line = found
        try:
            yield Line(number, kind, _values(format, line, raw, cells))
        except FormatError as error:
            yield Line(number, kind, {}, str(error))


def _split(format: FileFormat, raw: str) -> list[str]:
    if format.form == "fixed":
        return [raw[: format.code_width]]
    try:
        return next(csv.reader([raw], delimiter=format.delimiter, strict=True))
    except csv.Error:
        return []


def _values(format: FileFormat, line: LineKind, raw: str, cells: Sequence[str]) -> Values:
    if format.form == "fixed":
        cells, at = [cells[0]], format.code_width
        wanted = at + sum(one.width for one in line.columns)
        if len(raw.rstrip()) > wanted:
            raise FormatError("", f"it is longer than the {wanted} characters of its kind")
        for one in line.columns:
            cells.append(raw[at : at + one.width])
            at += one.width
    elif len(cells) != len(line.columns) + 1:
        raise FormatError("", f"it has {len(cells)} cells, and its kind has {len(line.columns) + 1}")
    return {one.name: _value(one, cell) for one, cell in zip(line.columns, cells[1:], strict=True)}


def _cell(column: Column, values: Values) -> str:
    value = column.constant if column.constant is not None else values.get(column.name)
    if value is None or value == "":
        if column.needed and column.constant is None:
            raise FormatError(column.name, "there is nothing to write in it")
        text = ""
    else:
        text = _text(column, value)
    if not column.width:
        return text
    if len(text) > column.width:
        if not (column.cut and column.kind == "text"):
            raise FormatError(column.name, f"it needs {len(text)} characters and has {column.width}")
        text = text[: column.width]
    return text.rjust(column.width, column.pad) if column.align == "right" else text.ljust(column.width, column.pad)


def _text(column: Column, value: Any) -> str:
    match column.kind:
        case "date":
            return str(value.strftime(column.form))
        case "dollars":
            sign, cents = ("-" if value < 0 else ""), abs(value)
            return f"{sign}{cents // 100}.{cents % 100:02d}"
        case "cents" | "number":
            return str(value)
        case "text":
            return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())


def _value(column: Column, cell: str) -> Any:
    text = cell.strip()
    if column.width and column.pad not in " 0":
        text = text.strip(column.pad)
    if not text:
        if column.needed:
            raise FormatError(column.name, "it is empty")
        return None
    match column.kind:
        case "date":
            return _date(column, text)
        case "dollars":
            return _dollars(column, text)
        case "cents" | "number":
            if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
                raise FormatError(column.name, "a whole number is wanted")
            return int(text)
        case "text":
            return text


def _date(column: Column, text: str) -> date:
    try:
        return datetime.strptime(text, column.form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise FormatError(column.name, f"a date in the form {column.form} is wanted") from None


def _dollars(column: Column, text: str) -> int:
    """Exactly two places, so that a point that slipped is seen. Padding with zeros is let pass."""
    sign = -1 if text.startswith("-") else 1
    whole, point, cents = text.removeprefix("-").partition(".")
    if not (point and whole.isascii() and whole.isdigit() and len(cents) == 2 and cents.isascii() and cents.isdigit()):
        raise FormatError(column.name, "an amount in dollars with two places, such as 125.00, is wanted")
    return sign * (int(whole) * 100 + int(cents))
