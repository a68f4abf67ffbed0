"""HTTP of the billing company's own fee: contracts, the statement of each month, and closing one, by two people."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Path, Response
from fastapi.responses import StreamingResponse

from services.payments.api_models import Looker, Reason
from services.payments.book_reports_api import ENTRY_COLUMNS, Books, shown_part
from services.payments.books_asked import House, Today, or_422
from services.payments.commands import once
from services.payments.core.book_report import Part
from services.payments.core.fee_book import (
    FEE_BOOK,
    FEE_BOOK_ID,
    AskToCloseFeeMonth,
    ClosedMonth,
    DecideFeeMonth,
    FeeBook,
    next_to_close,
    why_not,
)
from services.payments.core.fee_statement import FeeEntry, FeePart, FeeStatement, Month, fee_entries
from services.payments.core.movements import CashKind
from services.payments.fee_paper import fee_pdf, fee_xlsx
from services.payments.fee_run import Basis, FeeRun, basis_of, marked_books
from shared.auth import Principal
from shared.http import IdempotencyKey, Run, allow
from shared.runtime import Runtime
from shared.store.port import Key
from shared.table_files import MEDIA, Form, Table, Value, answer

fees = APIRouter(prefix="/fees")

Closer = Annotated[Principal, Depends(allow("operator"))]
MonthName = Annotated[str, Path(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="Such as 2026-07.")]
PaperForm = Literal["json", "pdf", "xlsx"]


def month_of(month: MonthName) -> Month:
    """The month of the path."""
    return or_422(lambda: Month.read(month))


OfMonth = Annotated[Month, Depends(month_of)]


class DecisionBody(Reason):
    """The second person's word."""

    approved: bool


class Desk(NamedTuple):
    """One month of the caller's client: the closed months, and what it bills."""

    month: str
    next: str  # the one to close
    book: FeeBook
    basis: Basis

    @property
    def closed(self) -> ClosedMonth | None:
        return self.book.closed.get(self.month)

    @property
    def standing(self) -> str:
        return _standing(self.book, self.month)


async def desk_of(run: Run, caller: Looker, client: House, month: OfMonth) -> Desk:
    """404 where no contract is in force at the end of the month."""
    book = await _fee_book(run, caller)
    basis = basis_of(client.fees, book, month)
    if basis is None:
        raise HTTPException(404, f"no fee contract is in force on {month.last}")
    return Desk(str(month), str(next_to_close(client.fees, book)), book, basis)


AtDesk = Annotated[Desk, Depends(desk_of)]


async def _fee_book(run: Runtime, caller: Principal) -> FeeBook:
    key = Key(caller.tenant, FEE_BOOK_ID)
    return (await run.store.load(FEE_BOOK, (key,)))[key].snapshot.state


@fees.get("/contracts")
async def contracts(_: Looker, client: House) -> list[dict[str, Any]]:
    """The client's contracts with their days and where they are written down."""
    return [one.model_dump(mode="json") for one in client.fees.contracts]


@fees.get("/statements")
async def statements(run: Run, caller: Looker) -> list[dict[str, Any]]:
    """Closed months, oldest first, and the one that waits for a second person."""
    book = await _fee_book(run, caller)
    months = [*book.closed.values(), *([book.waiting] if book.waiting else [])]
    return [
        {
            "month": one.statement.month,
            "standing": _standing(book, one.statement.month),
            "basis_cents": one.statement.basis_cents,
            "total_cents": one.statement.total_cents,
            "asked_by": one.asked_by,
            "closed_by": one.closed_by,
        }
        for one in sorted(months, key=lambda one: one.statement.month)
    ]


@fees.get("/statements/{month}", response_model=None)
async def statement(
    run: Run, caller: Looker, books: Books, desk: AtDesk, form: PaperForm = "json"
) -> Response | dict[str, Any]:
    """A month's statement: as it was closed, or as it would be now. JSON, PDF or XLSX."""
    closed = desk.closed
    made = closed.statement if closed else await FeeRun(run.store, caller.tenant, books, desk.basis).draft()
    if form == "json":
        return shown_statement(made, desk.standing)
    headers = {"Content-Disposition": f'attachment; filename="fees-{desk.month}.{form}"'}
    if form == "xlsx":
        return Response(await fee_xlsx(made), media_type=MEDIA["xlsx"], headers=headers)
    said = f"closed by {closed.closed_by}" if closed else desk.standing
    content = fee_pdf(made, run.clock.now().date(), said)
    return Response(content, media_type="application/pdf", headers=headers)


class Line(NamedTuple):
    """A line of the basis, as far as a caller says which."""

    part: str | None = None
    kind: str | None = None
    of_month: str | None = None

    def has(self, entry: FeeEntry) -> bool:
        wanted = zip(self, entry.key, strict=True)
        return all(said is None or said == found for said, found in wanted)


def line_of(part: FeePart | None = None, kind: CashKind | None = None, of_month: str | None = None) -> Line:
    """The line that a query names."""
    return Line(part, kind, of_month)


@fees.get("/statements/{month}/entries", response_model=None)
async def entries(
    run: Run,
    caller: Looker,
    books: Books,
    desk: AtDesk,
    line: Annotated[Line, Depends(line_of)],
    form: Form = "jsonl",
) -> StreamingResponse:
    """The entries that make a month's basis, or one line of it; of a closed month exactly those it billed."""
    closed, basis = desk.closed, desk.basis

    async def lines() -> AsyncIterator[Sequence[Value]]:
        read = marked_books(run.store, caller.tenant, books, basis.marks, closed.marks if closed else "")
        async for book, mark, until in read:
            for one in fee_entries(basis.contract, basis.scope, book, mark, until):
                if line.has(one):
                    yield (book.account_id, *shown_part(Part(one.line.entry, one.cents)))

    return answer(Table(f"fees-{desk.month}-entries", ENTRY_COLUMNS, lines()), form)


@fees.post("/statements/{month}/close")
async def close(
    run: Run, caller: Closer, books: Books, desk: AtDesk, today: Today, key: IdempotencyKey
) -> dict[str, Any]:
    """Close a month for good, or ask for it where a second person has to. 409 with the reason why not."""
    name = desk.month
    words = await once(run, caller, key, f"close-fees/{name}")
    meta = words.meta("fee_book", FEE_BOOK_ID)
    marks = f"fees/{name}/{meta.id}"
    if _answered(desk.book, name, marks):
        return await _shown(run, caller, name)
    if desk.closed is None and desk.next != name:
        raise HTTPException(409, f"months are closed in order: {desk.next} is next")
    made = await FeeRun(run.store, caller.tenant, books, desk.basis).kept(marks)
    if reason := why_not(desk.book, name, today, made):
        raise HTTPException(409, reason)
    await words.note("fees.close", f"fees/{name}")
    command = AskToCloseFeeMonth(
        meta=meta, month=name, on=today, statement=made, marks=marks, four_eyes=desk.basis.contract.four_eyes
    )
    await run.shell.transact_one(FEE_BOOK, command)
    return await _shown(run, caller, name)


def _answered(book: FeeBook, month: str, marks: str) -> bool:
    """Whether this very command was heard before."""
    known = (book.closed.get(month), book.waiting)
    return any(one is not None and one.marks == marks for one in known)


@fees.post("/statements/{month}/decision")
async def decision(run: Run, caller: Closer, month: OfMonth, body: DecisionBody, key: IdempotencyKey) -> dict[str, Any]:
    """Another person closes the month that waits, or does not. 403 for the one who asked; 409 when none waits."""
    name, book = str(month), await _fee_book(run, caller)
    waits = book.waiting
    closed = book.closed.get(name)
    if closed is not None and closed.closed_by == caller.actor and body.approved:
        return await _shown(run, caller, name)
    if waits is None or waits.statement.month != name:
        raise HTTPException(409, "this month waits for nobody")
    if waits.asked_by == caller.actor:
        raise HTTPException(403, "another person closes a month than the one who asked for it")
    words = await once(run, caller, key, f"decide-fees/{name}", body)
    await words.note("fees.decide", f"fees/{name}", body.reason)
    meta = words.meta("fee_book", FEE_BOOK_ID)
    command = DecideFeeMonth(meta=meta, month=name, approved=body.approved, reason=body.reason)
    await run.shell.transact_one(FEE_BOOK, command)
    return await _shown(run, caller, name)


async def _shown(run: Runtime, caller: Principal, month: str) -> dict[str, Any]:
    book = await _fee_book(run, caller)
    found = book.closed.get(month) or book.waiting
    standing = _standing(book, month)
    if found is None or found.statement.month != month:
        return {"month": month, "standing": standing}
    return shown_statement(found.statement, standing) | {"asked_by": found.asked_by, "closed_by": found.closed_by}


def _standing(book: FeeBook, month: str) -> str:
    if month in book.closed:
        return "closed"
    return "waiting" if book.waiting is not None and book.waiting.statement.month == month else "draft"


def shown_statement(one: FeeStatement, standing: str) -> dict[str, Any]:
    """A statement with its sums, and whether it ties."""
    sums = {"percentage_cents": one.percentage_cents, "total_cents": one.total_cents, "ties": one.ties}
    return {"standing": standing, **one.model_dump(mode="json"), **sums}
