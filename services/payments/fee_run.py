"""One pass over a client's journals that makes the statement of a month, and says how far it read each account."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from services.payments.book_reader import BookReader
from services.payments.core.book import AccountBook
from services.payments.core.fee_book import ClosedMonth, FeeBook, next_to_close
from services.payments.core.fee_contract import FeeContract, FeeContracts
from services.payments.core.fee_statement import FeeStatement, FeeTally, Month, Scope
from services.payments.core.sent_statements import SENT_STATEMENTS
from shared.store.port import Store

CHUNK_BYTES = 60_000
ACCOUNT, SENT = "a", "s"
"""Which journal a mark is of: the account's, or that of its statements."""


class Marks:
    """How far a closed month read each journal, in the order in which journals lie: it is read beside them, once."""

    def __init__(self, store: Store, tenant: str, name: str) -> None:
        self._lines = self._read(store, tenant, name)
        self._next: tuple[str, str, int] | None = None

    async def of(self, journal: str, account_id: str) -> int:
        """The number of the last fact that the month had read; 0 where there was none."""
        wanted = (journal, f"{account_id}/")
        while True:
            if self._next is None:
                self._next = await anext(self._lines, None)
            if self._next is None or self._next[:2] > wanted:
                return 0
            found, self._next = self._next, None
            if found[:2] == wanted:
                return found[2]

    async def _read(self, store: Store, tenant: str, name: str) -> AsyncIterator[tuple[str, str, int]]:
        if not name:
            return
        rest = b""
        async for chunk in store.read_blob(tenant, name):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                journal, account_id, number = line.decode().split("\t")
                yield journal, f"{account_id}/", int(number)


class Basis(NamedTuple):
    """What a month is made of: its contract, its scope, and where the marks of the month before lie (empty: none)."""

    contract: FeeContract
    scope: Scope
    marks: str = ""


def basis_of(contracts: FeeContracts, book: FeeBook, month: Month) -> Basis | None:
    """What a month bills, or billed; None without a contract. What came late is in the next one to close only."""
    closed = book.closed.get(str(month))
    contract = contracts.on(month.last)
    first = min((one.valid_from for one in contracts.contracts), default=month.first)
    if closed is not None:
        contract, first = closed.statement.terms, closed.statement.since
    if contract is None:
        return None
    before = _before(book, month) if closed is not None or next_to_close(contracts, book) == month else None
    if before is None:
        return Basis(contract, Scope(month, max(first, month.first)))
    return Basis(contract, Scope(month, first, Month.read(before.statement.month).last), before.marks)


def _before(book: FeeBook, month: Month) -> ClosedMonth | None:
    """The month that was closed before this one."""
    return max(
        (one for name, one in book.closed.items() if name < str(month)),
        key=lambda one: one.statement.month,
        default=None,
    )


class FeeRun:
    """One pass. Iterating over `marks` makes the statement; the marks may be kept, or dropped for a draft."""

    def __init__(self, store: Store, tenant: str, books: BookReader, basis: Basis) -> None:
        self._store, self._tenant, self._books, self._basis = store, tenant, books, basis
        self._tally = FeeTally(basis.contract, basis.scope)

    async def draft(self) -> FeeStatement:
        """The statement as it would be now."""
        async for _ in self.marks():
            pass
        return self._tally.statement()

    async def kept(self, name: str) -> FeeStatement:
        """The same, with its marks kept under this name."""
        await self._store.put_blob(self._tenant, name, self.marks())
        return self._tally.statement()

    async def marks(self) -> AsyncIterator[bytes]:
        """How far each journal was read, in chunks."""
        chunk = bytearray()
        async for line in self._lines():
            chunk += line
            if len(chunk) >= CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
        yield bytes(chunk)

    async def _lines(self) -> AsyncIterator[bytes]:
        before = Marks(self._store, self._tenant, self._basis.marks)
        async for book in self._books.books():
            if not book.entries:
                self._tally.add(book)
                continue
            self._tally.add(book, await before.of(ACCOUNT, book.account_id))
            yield _line(ACCOUNT, book.account_id, book.entries[-1].number)
        async for account_id, number in self._sent(before):
            yield _line(SENT, account_id, number)

    async def _sent(self, before: Marks) -> AsyncIterator[tuple[str, int]]:
        """Count the statements that went out; how far each account's were read."""
        account_id, number, mark = "", 0, 0
        async for line in self._store.journal_of(SENT_STATEMENTS, self._tenant, ""):
            if line["aggregate_id"] != account_id:
                if account_id:
                    yield account_id, number
                account_id = str(line["aggregate_id"])
                mark = await before.of(SENT, account_id)
            number = int(line["number"])
            fact = SENT_STATEMENTS.fact_codec.validate_json(line["fact"])
            is_billed = fact.counts and self._basis.scope.bills_at(fact.sent_on, number, mark, None)
            self._tally.statements += is_billed
        if account_id:
            yield account_id, number


def _line(journal: str, account_id: str, number: int) -> bytes:
    return f"{journal}\t{account_id}\t{number}\n".encode()


async def marked_books(
    store: Store, tenant: str, books: BookReader, before: str, upto: str
) -> AsyncIterator[tuple[AccountBook, int, int | None]]:
    """Every account with how far the month before, and this one, had read it; `upto` empty: as far as it goes."""
    first, last = Marks(store, tenant, before), Marks(store, tenant, upto)
    async for book in books.books():
        if book.entries:
            until = await last.of(ACCOUNT, book.account_id) if upto else None
            yield book, await first.of(ACCOUNT, book.account_id), until
