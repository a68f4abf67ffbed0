"""Reads the guarantors' accounts of one client for the books, one after the other: entries and state of one moment.

The journal is read once, in the order in which it lies (by account), so a report over millions of entries keeps one
page of accounts in memory. The states are read beside it, as what the entries are held against; an account that was
written to in between is read again. One with a state and no journal is given without entries: its money is missed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from pydantic_core import from_json

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import AnyAccountFact
from services.payments.core.account_state import Account
from services.payments.core.book import SYSTEM, AccountBook, BookEntry, stated_by
from services.payments.core.book_closing import BOOK_CLOSING, Closing
from services.payments.core.book_report import ClosedAccount, Report, Tally
from shared.decider import Entry
from shared.store.documents import entry_from_document
from shared.store.port import Document, Key, Row, Store

PAGE = 100
"""Accounts that are read and compared at a time."""
CLOSED_SHARE = 2
"""Closings are used where at least one account in so many has one."""
FEW = 10
"""Accounts of a page that are read one by one; more are read in one pass."""
LOOKS = 5
"""How often an account that changes under the reader is read again."""


class BookReader:
    """The books of one client. Days are those of its time zone."""

    def __init__(self, store: Store, decider: AccountDecider, tenant: str, zone: tzinfo = UTC) -> None:
        self._store, self._decider, self._tenant, self._zone = store, decider, tenant, zone

    async def books(self, first: str = "") -> AsyncIterator[AccountBook]:
        """Every account with a journal in the order of the journal, from one of them on; then those without."""
        seen = 0
        async for page in self._pages(first):
            seen += len(page)
            for book in await self._compared(page):
                yield book
            await asyncio.sleep(0)  # a long report lets others have their turn
        if not first and await self._store.count(self._decider, self._tenant, {}) > seen:
            async for book in self._without_journal():
                yield book

    async def parts(self, report: Report) -> AsyncIterator[AccountBook | ClosedAccount]:
        """Every account as far as the report needs it: one with a closing that the report passes over is not read.

        Where few accounts are closed, the journal is read through, which is faster than account by account.
        """
        accounts = await self._store.count(self._decider, self._tenant, {})
        if await self._store.count(BOOK_CLOSING, self._tenant, {}) * CLOSED_SHARE < accounts:
            async for book in self.books():
                yield book
            return
        after: str | None = None
        while page := await self._store.find(self._decider, self._tenant, {}, after, PAGE):
            keys = [key for key, _ in page]
            rows = await self._store.load(self._decider, keys)
            closings = await self._store.load(BOOK_CLOSING, keys)
            passed = {
                key: closings[key].snapshot.state for key in keys if self._passes(report, rows[key], closings[key])
            }
            read = await self._read([key for key in keys if key not in passed])
            for key in keys:
                if key in passed:
                    yield ClosedAccount(passed[key], stated_by(rows[key].snapshot.state))
                else:
                    yield read[key]
            after = keys[-1].id
            await asyncio.sleep(0)

    def _passes(self, report: Report, row: Row[Account], closing: Row[Closing]) -> bool:
        """Whether no entry came since the closing, and the report needs nothing of what was before."""
        closed = closing.snapshot.state
        is_quiet = 0 < closed.facts == row.snapshot.facts
        return is_quiet and report.passes(closed, closed.last_day(self._zone))

    async def _read(self, keys: Sequence[Key]) -> Mapping[Key, AccountBook]:
        """These accounts: many in one pass over their stretch of the journal, a few one by one."""
        found: dict[Key, AccountBook] = {}
        if len(keys) > FEW:
            wanted, lines = {key.id for key in keys}, dict[str, list[Document]]()
            async for line in self._store.journal_of(self._decider, self._tenant, keys[0].id):
                if line["aggregate_id"] > keys[-1].id:
                    break
                if line["aggregate_id"] in wanted:
                    lines.setdefault(line["aggregate_id"], []).append(line)
            found = {Key(self._tenant, book.account_id): book for book in await self._compared(lines)}
        return {key: found[key] if key in found else await self._fresh(key) for key in keys}

    async def book(self, key: Key) -> AccountBook:
        """One account, its state and journal of one moment."""
        return await self._fresh(key)

    async def tally(self, report: Report) -> Tally:
        """A whole report; for one whose rows are few."""
        tally = Tally(report)
        async for one in self.parts(report):
            if isinstance(one, ClosedAccount):
                tally.add_closed(one)
            else:
                tally.add(one)
        return tally

    async def _pages(self, first: str) -> AsyncIterator[dict[str, list[Document]]]:
        page: dict[str, list[Document]] = {}
        async for line in self._store.journal_of(self._decider, self._tenant, first):
            if line["aggregate_id"] not in page and len(page) == PAGE:
                yield page
                page = {}
            page.setdefault(line["aggregate_id"], []).append(line)
        if page:
            yield page

    async def _compared(self, page: Mapping[str, Sequence[Document]]) -> list[AccountBook]:
        keys = {Key(self._tenant, account_id): lines for account_id, lines in page.items()}
        rows = await self._store.load(self._decider, tuple(keys))
        return [
            self._book(key, rows[key], lines) if rows[key].snapshot.facts == len(lines) else await self._fresh(key)
            for key, lines in keys.items()
        ]

    async def _fresh(self, key: Key) -> AccountBook:
        """State and journal of one moment, what was committed and not yet journaled included."""
        row = (await self._store.load(self._decider, (key,)))[key]
        entries: list[Entry[AnyAccountFact]] = []
        for _ in range(LOOKS):
            entries = list(await self._store.history(self._decider, key))
            before, row = row, (await self._store.load(self._decider, (key,)))[key]
            if row.version == before.version:
                break
        known = {entry.number for entry in entries}
        entries += [entry_from_document(self._decider, one) for one in row.outbox if one["number"] not in known]
        made = (
            self._entry(entry.number, entry.meta.model_dump(mode="json"), entry.fact)
            for entry in sorted(entries, key=lambda entry: entry.number)
        )
        return AccountBook(key.id, tuple(made), stated_by(row.snapshot.state))

    async def _without_journal(self) -> AsyncIterator[AccountBook]:
        after: str | None = None
        while page := await self._store.find(self._decider, self._tenant, {}, after, PAGE):
            for key, state in page:
                if not await self._store.history(self._decider, key):
                    yield AccountBook(key.id, (), stated_by(state))
            after = page[-1][0].id

    def _book(self, key: Key, row: Row[Account], lines: Iterable[Document]) -> AccountBook:
        codec = self._decider.fact_codec
        made = (self._entry(one["number"], from_json(one["meta"]), codec.validate_json(one["fact"])) for one in lines)
        return AccountBook(key.id, tuple(made), stated_by(row.snapshot.state))

    def _entry(self, number: int, meta: Mapping[str, Any], fact: AnyAccountFact) -> BookEntry:
        at = datetime.fromisoformat(meta["occurred_at"])
        return BookEntry(
            number=number,
            id=meta["id"],
            day=at.astimezone(self._zone).date(),
            at=at,
            posted_by=meta.get("actor") or SYSTEM,
            cause=meta.get("causation") or "",
            fact=fact,
        )
