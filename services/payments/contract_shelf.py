"""A client's contracts and schedules, made ready once: texts by their digest, tables by their file.

The book, a small document, is read each time; texts and tables never change under their names, so they are kept.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from services.payments.core.contract_bill import Prices, ScheduleRow, Service
from services.payments.core.contract_book import BOOK_ID, CONTRACT_BOOK, ContractBook, Head
from services.payments.core.contract_check import schedules_of
from services.payments.core.contract_terms import InForce, VersionBody
from shared.csv_rows import SETTINGS
from shared.dated_table import ANY, DatedTable, Row, joined
from shared.store.port import Key, Store

V = TypeVar("V")
TEXTS_KEPT = 500
TABLES_KEPT = 40


class FileTable(NamedTuple):
    """The rows of one file of a schedule."""

    file_id: str
    table: DatedTable


def text_blob(digest: str) -> str:
    return f"contract/{digest}"


def table_blob(file_id: str) -> str:
    return f"contract-table/{file_id}"


class ContractShelf:
    """The contracts of one store's clients, the least used forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._texts: OrderedDict[tuple[str, str], VersionBody] = OrderedDict()
        self._tables: OrderedDict[tuple[str, str], DatedTable] = OrderedDict()

    async def book(self, tenant: str) -> ContractBook:
        """What the client's book says now."""
        key = Key(tenant, BOOK_ID)
        return (await self._store.load(CONTRACT_BOOK, (key,)))[key].snapshot.state

    async def body(self, tenant: str, head: Head) -> VersionBody:
        """The text of a version as it was drafted."""
        known = self._texts.get((tenant, head.digest))
        if known is None:
            pieces = [piece async for piece in self._store.read_blob(tenant, text_blob(head.digest))]
            known = VersionBody.model_validate(json.loads(b"".join(pieces)))
            _keep(self._texts, (tenant, head.digest), known, TEXTS_KEPT)
        return known

    async def in_force(self, tenant: str, head: Head) -> InForce:
        """A version with its text and the days that the book gives it."""
        body = await self.body(tenant, head)
        dated = body.model_copy(update={"valid_from": head.valid_from, "valid_to": head.valid_to})
        return InForce(contract_id=head.contract_id, version=head.version, body=dated)

    async def contracts(self, tenant: str, book: ContractBook) -> tuple[InForce, ...]:
        """Every version that counts."""
        return tuple([await self.in_force(tenant, head) for head in book.heads if head.active])

    async def prices(self, tenant: str, book: ContractBook, contracts: Iterable[InForce]) -> Prices:
        """Looks prices up in the schedules that these contracts name; of several files the newest is asked first."""
        wanted = {name for one in contracts for name in schedules_of(one.body)}
        found: dict[str, list[FileTable]] = {name: [] for name in wanted}
        for one in book.tables:
            if one.name in wanted:
                found[one.name].append(FileTable(one.file_id, await self._table(tenant, one.file_id)))
        return prices_of(found)

    async def _table(self, tenant: str, file_id: str) -> DatedTable:
        known = self._tables.get((tenant, file_id))
        if known is None:
            content = b"".join([piece async for piece in self._store.read_blob(tenant, table_blob(file_id))])
            known = await asyncio.to_thread(DatedTable.load, content)
            _keep(self._tables, (tenant, file_id), known, TABLES_KEPT)
        return known


def _keep(kept: OrderedDict[tuple[str, str], V], name: tuple[str, str], value: V, most: int) -> None:
    kept[name] = value
    while len(kept) > most:
        kept.popitem(last=False)


def prices_of(schedules: Mapping[str, Sequence[FileTable]]) -> Prices:
    """A look-up in tables.

    Newer files before older; the payer's own price before any payer's; with the modifier before without; of the
    setting before of any. Where the place is not known, only a price that asks for none is taken.
    """

    def find(schedule: str, payer_ids: Sequence[str], service: Service, facility: bool | None) -> ScheduleRow | None:
        code = service.procedure or service.revenue_code
        settings = ("",) if facility is None else (SETTINGS[0] if facility else SETTINGS[1], "")
        for file in schedules.get(schedule, ()):
            for payer in (*payer_ids, ANY):
                for modifier in (*service.modifiers, ""):
                    for setting in settings:
                        row = _row_on(file.table, (payer, code, modifier, setting), service)
                        if row is not None:
                            return ScheduleRow(int(row.value), modifier, setting, row.first, row.last, file.file_id)
        return None

    return find


def _row_on(table: DatedTable, parts: tuple[str, str, str, str], service: Service) -> Row | None:
    key = joined(*parts[:3]) if not parts[3] else joined(*parts)
    dated = [one for one in table.rows_of(key) if one.first <= service.service_date <= one.last]
    return max(dated, key=lambda one: one.first, default=None)
