"""The rows of a charge sheet, CSV or XLSX, as texts with their numbers; the header is row 1.

A row that is no CSV is a finding and takes no other row with it. A whole file that cannot be read is an `X12Error`.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple, TypeAlias

from shared.x12.findings import Finding, Severity, unreadable

SHEET_BYTES_MAX = 100_000_000
CELLS_MAX = 200
ROW_BYTES_MAX = 1_000_000
RECORD_LINES_MAX = 20
"""A quoted cell that goes on for more lines than this was never closed."""
Cells: TypeAlias = Sequence[str]


class Row(NamedTuple):
    """One row under the header, by its number in the sheet."""

    number: int
    cells: Cells


def csv_rows(chunks: Iterable[bytes], separator: str) -> Iterator[Row | Finding]:
    """The rows of a CSV in UTF-8, by the number of their first line; a row that is no CSV is a finding."""
    for number, record in _records(_text_lines(chunks)):
        try:
            (cells,) = csv.reader(io.StringIO(record, newline=""), delimiter=separator, strict=True)
        except (csv.Error, ValueError):
            message = f"Row {number}: this is no CSV: look for a quotation mark that nothing closes."
            yield Finding(Severity.ERROR, "SHEET:csv", message, number)
            continue
        yield Row(number, cells[:CELLS_MAX])


def _records(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Lines, joined where a quoted cell goes on in the next; a quotation that never ends takes no other row with it."""
    waiting: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        waiting.append((number, line))
        while waiting:
            closed = _closed(waiting)
            if closed:
                yield waiting[0][0], "".join(text for _, text in waiting[:closed])
                del waiting[:closed]
            elif len(waiting) >= RECORD_LINES_MAX:
                yield waiting.pop(0)
            else:
                break
    yield from waiting


def _closed(waiting: Sequence[tuple[int, str]]) -> int:
    """How many of the lines make a record, whose quotation marks come in pairs; 0 when they do not yet."""
    marks = 0
    for count, (_, text) in enumerate(waiting, 1):
        marks += text.count('"')
        if marks % 2 == 0:
            return count
    return 0


def _text_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends. Raises `X12Error` where the bytes are no text, or a line does not end."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, read = "", 0
    for chunk in chunks:
        try:
            rest += decoder.decode(chunk)
        except UnicodeDecodeError:
            message = "The sheet is no text in UTF-8: save it as CSV UTF-8."
            raise unreadable("SHEET:text", message, byte_offset=read) from None
        read += len(chunk)
        *whole, rest = rest.split("\n")
        if len(rest) > ROW_BYTES_MAX:
            raise unreadable("SHEET:text", "A row has more than a million characters.", byte_offset=read)
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


def xlsx_rows(chunks: Iterable[bytes]) -> Iterator[Row | Finding]:
    """The rows of the first sheet, as texts."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    content = io.BytesIO()
    for chunk in chunks:
        if content.tell() + len(chunk) > SHEET_BYTES_MAX:
            raise unreadable("SHEET:size", "The workbook has more than 100 MB: split it, or send it as CSV.")
        content.write(chunk)
    refused = unreadable("SHEET:xlsx", "The file is no XLSX workbook that can be opened: save it as XLSX or CSV.")
    try:
        _check_unpacked(content)
        workbook: Any = load_workbook(content, read_only=True, data_only=True)
        sheet: Any = workbook.worksheets[0]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError):
        raise refused from None
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        yield Row(number, [_cell_text(value) for value in values[:CELLS_MAX]])


def _check_unpacked(content: io.BytesIO) -> None:
    """A small file may unpack into any size: what it says of itself is looked at first."""
    with zipfile.ZipFile(content) as parts:
        if sum(part.file_size for part in parts.infolist()) > 10 * SHEET_BYTES_MAX:
            raise unreadable("SHEET:size", "The workbook unpacks into more than 1 GB: split it, or send it as CSV.")


def _cell_text(value: Any) -> str:
    """A cell as a CSV would give it; days as 2026-07-01."""
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
