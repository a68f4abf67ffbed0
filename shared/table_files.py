"""Tables as files, row by row: CSV, JSON lines and XLSX, with memory for one row.

In CSV and XLSX an amount is dollars and cents; in JSON lines it is integer cents, as everywhere in the API. A text
that a spreadsheet would take for a formula is marked as text: payers' and clients' texts are nobody's programs.
"""

import asyncio
import csv
import io
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Literal, TypeAlias

from fastapi.responses import StreamingResponse

Form: TypeAlias = Literal["csv", "jsonl", "xlsx"]
Value: TypeAlias = str | int | None
Rows: TypeAlias = AsyncIterator[Sequence[Value]]

CENTS = "_cents"
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""OWASP, CSV injection: with what a cell begins that spreadsheets run."""
SHEET_ROWS_MAX = 1_000_000
"""A worksheet ends at 1,048,576 rows; the next one begins before."""
CHUNK_BYTES = 65_536
MEDIA: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A file's name, its columns, and its rows. A column whose name ends in `_cents` holds integer cents."""

    name: str
    columns: tuple[str, ...]
    rows: Rows


def answer(table: Table, form: Form) -> StreamingResponse:
    """The table as a download."""
    write = {"csv": _csv, "jsonl": _jsonl, "xlsx": _xlsx}[form]
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.{form}"'}
    return StreamingResponse(write(table), media_type=MEDIA[form], headers=headers)


def guarded(text: str) -> str:
    """A text that no spreadsheet runs: OWASP's mark before what would begin a formula. A lone dash stays."""
    return f"'{text}" if text.startswith(STARTS_FORMULA) and text != "-" else text


def dollars_of(cents: int) -> Decimal:
    """Exact, with two decimals."""
    return Decimal(cents).scaleb(-2)


def headings(columns: Sequence[str]) -> list[str]:
    """As people read them: amounts are dollars there."""
    return [name.removesuffix(CENTS) for name in columns]


def shown(columns: Sequence[str], row: Sequence[Value]) -> Iterator[str | int | Decimal]:
    """A row for people and their spreadsheets."""
    for name, value in zip(columns, row, strict=True):
        if isinstance(value, int):
            yield dollars_of(value) if name.endswith(CENTS) else value
        else:
            yield guarded(value or "")


async def _csv(table: Table) -> AsyncIterator[bytes]:
    yield _line(headings(table.columns))
    async for row in table.rows:
        yield _line(shown(table.columns, row))


def _line(values: Iterator[Any] | Sequence[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode()


async def _jsonl(table: Table) -> AsyncIterator[bytes]:
    async for row in table.rows:
        yield json.dumps(dict(zip(table.columns, row, strict=True))).encode() + b"\n"


async def _xlsx(table: Table) -> AsyncIterator[bytes]:
    with tempfile.TemporaryFile() as file:
        await write_workbook(file, (table,))
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def write_workbook(file: IO[bytes], tables: Sequence[Table]) -> None:
    """Each table as a sheet, or as several where it is too long for one. Rows go to the disk as they come."""
    from openpyxl import Workbook  # declared by the services that write workbooks, and loaded when they do
    from openpyxl.cell import WriteOnlyCell

    workbook: Any = Workbook(write_only=True)
    for table in tables:
        sheet: Any = None
        number = 0
        async for row in table.rows:
            if number % SHEET_ROWS_MAX == 0:
                sheet = workbook.create_sheet(f"{table.name[:24]} {number // SHEET_ROWS_MAX + 1}")
                sheet.append(headings(table.columns))
            number += 1
            cells: list[Any] = []
            for value in shown(table.columns, row):
                cell: Any = WriteOnlyCell(sheet)
                cell.value = value
                if isinstance(value, Decimal):
                    cell.number_format = "#,##0.00"
                cells.append(cell)
            sheet.append(cells)
        if sheet is None:
            workbook.create_sheet(f"{table.name[:24]} 1").append(headings(table.columns))
    await asyncio.to_thread(workbook.save, file)
