"""HTTP of the books: each report as JSON or as a file, and the entries of every figure.

Everything is made from the ledger's entries when it is asked for, and carries its control totals. A report that does
not tie is shown as it is, with the difference.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from services.payments.api_models import Looker, Reader
from services.payments.book_reader import BookReader
from services.payments.books_asked import (
    Asked,
    House,
    ask_adjustments,
    ask_aging,
    ask_allocation,
    ask_cash,
    ask_credits,
    ask_daysheet,
    ask_indicators,
    ask_overdue,
    or_422,
)
from services.payments.cash_parts import account_decider_of
from services.payments.core.account import AccountDecider
from services.payments.core.book import AccountBook, LedgerLine
from services.payments.core.book_report import ClosedAccount, ControlTotal, Part, Row, Tally, drilled
from services.payments.core.entries import LedgerFact
from services.payments.core.export_rows import COLUMNS, Cursor, What, entry_row, exported, type_of
from services.payments.core.indicators import INDICATORS, value_of
from services.payments.core.movements import Days
from shared.http import Run
from shared.table_files import Form, Table, Value, answer, dollars_of

book_reports = APIRouter()
ROWS_SHOWN = 2_000
"""In a JSON answer; a file has all of them."""
ENTRY_COLUMNS = ("account_id", *COLUMNS["entries"][2:], "adds")


def reader_of(
    run: Run, caller: Looker, accounts: Annotated[AccountDecider, Depends(account_decider_of)], client: House
) -> BookReader:
    """The caller's books."""
    return BookReader(run.store, accounts, caller.tenant, client.zone)


Books = Annotated[BookReader, Depends(reader_of)]
ReportForm = Literal["json", "csv", "xlsx"]


def _serve(name: str, ask: Callable[..., Asked]) -> None:
    """A report, and beside it the entries of its figures."""

    async def show(
        request: Request, books: Books, asked: Annotated[Asked, Depends(ask)], form: ReportForm = "json"
    ) -> Any:
        if form == "json":
            return await shown_report(request, books, asked)
        return answer(Table(_file_name(asked), _columns(asked), _rows(books, asked)), form)

    async def entries(
        books: Books,
        asked: Annotated[Asked, Depends(ask)],
        row: Annotated[list[str] | None, Query(description="The row's names, in order; none: every row.")] = None,
        column: str | None = None,
        form: Form = "jsonl",
    ) -> StreamingResponse:
        if column is not None and column not in asked.report.columns:
            raise HTTPException(422, f"the report has the columns {', '.join(asked.report.columns)}")
        lines = _entries(books, asked, tuple(row) if row else None, column)
        return answer(Table(f"{asked.report.name}-entries", ENTRY_COLUMNS, lines), form)

    show.__doc__, entries.__doc__ = ask.__doc__, "The entries that make a figure, and what each adds to it."
    book_reports.add_api_route(f"/books/{name}", show, response_model=None, name=f"books_{name}")
    book_reports.add_api_route(f"/books/{name}/entries", entries, response_model=None, name=f"books_{name}_entries")


for _name, _ask in (
    ("aging", ask_aging),
    ("overdue", ask_overdue),
    ("daysheet", ask_daysheet),
    ("cash-receipts", ask_cash),
    ("adjustments", ask_adjustments),
    ("credits", ask_credits),
    ("allocation", ask_allocation),
    ("indicators", ask_indicators),
):
    _serve(_name, _ask)


def asked_days(first: date, last: date) -> Days:
    """The days of an export."""
    return or_422(lambda: Days(first, last))


def asked_cursor(after: str | None = None) -> Cursor:
    """Behind which row it goes on."""
    return or_422(lambda: Cursor.read(after) if after else Cursor())


@book_reports.get("/exports/{what}", response_model=None)
async def export(
    what: What,
    run: Run,
    caller: Reader,
    books: Books,
    days: Annotated[Days, Depends(asked_days)],
    after: Annotated[Cursor, Depends(asked_cursor)],
    form: Form = "jsonl",
    limit: Annotated[int | None, Query(ge=1)] = None,
) -> StreamingResponse:
    """Claims, accounts, entries or receipts of these days, by account. `after` is the last cursor that arrived."""
    await run.audit.record(caller, f"export.{what}", f"days/{days.first}/{days.last}")
    return answer(Table(what, COLUMNS[what], _exported(books, what, days, after, limit)), form)


async def _exported(
    books: BookReader, what: What, days: Days, after: Cursor, limit: int | None
) -> AsyncIterator[Sequence[Value]]:
    left = limit
    async for book in books.books(after.account_id):
        for row in exported(what, book, days, after):
            if left == 0:
                return
            left = None if left is None else left - 1
            yield row


async def shown_report(request: Request, books: BookReader, asked: Asked) -> dict[str, Any]:
    """A report with its totals, its control totals, and where the entries of each figure are."""
    tally = Tally(asked.report)
    rows: list[tuple[Row, Mapping[str, int]]] = []
    left_out = 0
    async for row in _tallied(books, tally):
        if len(rows) < ROWS_SHOWN:
            rows.append(row)
        else:
            left_out += 1
    return {
        "report": asked.report.name,
        "first": asked.first,
        "last": asked.last,
        "rows": [_shown_row(request, asked, row, columns) for row, columns in _running(tally, rows)],
        "rows_left_out": left_out,
        "totals": {column: tally.totals[column] for column in asked.report.columns},
        "accounts": tally.accounts,
        "controls": [shown_control(one) for one in tally.controls],
        "ties": tally.ties,
    }


async def _tallied(books: BookReader, tally: Tally) -> AsyncIterator[tuple[Row, Mapping[str, int]]]:
    """Every row, as soon as nothing is added to it any more."""
    async for one in books.parts(tally.report):
        if isinstance(one, ClosedAccount):
            tally.add_closed(one)
        else:
            tally.add(one)
        for row in tally.finished():
            yield row
    for row in tally.taken():
        yield row


def _running(tally: Tally, rows: Iterable[tuple[Row, Mapping[str, int]]]) -> Iterator[tuple[Row, Mapping[str, int]]]:
    """Days of a day sheet with what they open and close with."""
    cents = tally.controls[0].opening_cents
    for row, columns in rows:
        if tally.report.runs:
            opening, cents = cents, cents + sum(columns.values())
            yield row, {"opening_cents": opening, **columns, "closing_cents": cents}
        else:
            yield row, columns


def _shown_row(request: Request, asked: Asked, row: Row, columns: Mapping[str, int]) -> dict[str, Any]:
    report = asked.report
    figures = {name: columns.get(name, 0) for name in report.columns}
    shown: dict[str, Any] = {**dict(zip(report.row_names, row, strict=True)), **figures, **columns}
    if asked.days is not None and report.name == "indicators":
        about = INDICATORS[row[0]]
        shown |= {"value": value_of(row[0], figures["numerator"], figures["denominator"], asked.days)}
        shown |= {"shape": about.shape, "numerator_is": about.numerator, "denominator_is": about.denominator}
    same = [pair for pair in request.query_params.multi_items() if pair[0] != "form"]
    query = urlencode([*same, *(("row", name) for name in row)])
    return {**shown, "drill_down": f"{request.url.path}/entries?{query}"}


def shown_control(one: ControlTotal) -> dict[str, Any]:
    """What must be, what is, and the difference."""
    return {
        "name": one.control.name,
        "ledger_accounts": [account.value for account in one.control.accounts],
        "opening_cents": one.opening_cents,
        "report_cents": one.report_cents,
        "closing_cents": one.closing_cents,
        "later_cents": one.later_cents,
        "stated_cents": one.stated_cents,
        "difference_cents": one.difference_cents,
        "ties": one.ties,
    }


def _file_name(asked: Asked) -> str:
    return "-".join((asked.report.name, *([asked.first.isoformat()] if asked.first else []), asked.last.isoformat()))


def _columns(asked: Asked) -> tuple[str, ...]:
    return (*asked.report.row_names, *asked.report.columns)


async def _rows(books: BookReader, asked: Asked) -> AsyncIterator[Sequence[Value]]:
    """The report's rows, their totals, and at the end whether it ties."""
    report = asked.report
    tally = Tally(report)
    async for row, columns in _tallied(books, tally):
        yield (*row, *(columns.get(name, 0) for name in report.columns))
    blank = ("",) * (len(_columns(asked)) - 1)
    yield ("TOTAL", *blank[: len(report.row_names) - 1], *(tally.totals[name] for name in report.columns))
    for one in tally.controls:
        says = "ties" if one.ties else f"DOES NOT TIE: {dollars_of(one.difference_cents)} between report and accounts"
        yield (f"{one.control.name}: {dollars_of(one.closing_cents)} {says}", *blank)


async def _entries(
    books: BookReader, asked: Asked, row: Row | None, column: str | None
) -> AsyncIterator[Sequence[Value]]:
    async for one in books.parts(asked.report):
        if isinstance(one, AccountBook):  # a closed account adds to no figure
            for part in drilled(asked.report, one, row, column):
                yield (one.account_id, *shown_part(part))


def shown_part(part: Part) -> Iterator[Value]:
    """An entry without its account, and what it adds to a figure."""
    entry, fact = part.entry, part.entry.fact
    if isinstance(fact, LedgerFact):
        yield from entry_row(LedgerLine(entry, fact))
    else:  # a decision, which an indicator counts
        when = entry.day.isoformat(), entry.at.isoformat()
        item_id = str(getattr(fact, "item_id", ""))
        yield from (
            entry.number,
            entry.id,
            *when,
            type_of(fact),
            item_id,
            "",
            "",
            None,
            entry.posted_by,
            entry.cause,
            "",
        )
    yield part.adds
