"""The audit log: every read and change by a person or a client, with who, what, when and why, chained by keyed hashes.

Each process writes one chain for each tenant (`shared.audit_chain`). Records that come while others are being written
go together in the next write. A write that failed, or got no answer, is repeated as it was until the store has it,
before anything else: the chain has no gap then, and nothing is in it twice. Meanwhile nothing audited is answered.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import uuid4

from shared.audit_anchors import Anchors, AnchorSink
from shared.audit_chain import CLOSED, NO_HEAD, OPENED, AuditKey, Head, kept_time, record_id, seal
from shared.audit_keys import AuditKeys
from shared.audit_lines import VISIT, Kind, Line, line_of
from shared.auth import Principal
from shared.clock import Wall
from shared.store.documents import NEVER
from shared.store.port import Document, Store

COLLECTION = "audit"
WAITING_MAX = 1000
"""Records of one tenant that may wait for the store; more are refused, and with them what they are about."""
BATCH = 200


class AuditUnavailableError(Exception):
    """The log cannot be kept now, so what was asked for is not answered."""


Note: TypeAlias = tuple[str, str, Document]


class Pending(NamedTuple):
    """Sealed records on their way to the store: written as they are until it has them."""

    notes: tuple[Note, ...]
    head: Head
    lines: int
    closes: bool = False


@dataclass(slots=True)
class Chain:
    """One tenant's chain in this process."""

    waiting: list[Line] = field(default_factory=list[Line])
    put: int = 0  # lines ever put
    kept: int = 0  # of those, how many are in the store
    failed: int = 0  # whoever waits for a line up to this one is told that it is not kept yet
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    name: str = ""
    key: AuditKey | None = None
    head: Head = NO_HEAD
    at: datetime = NEVER
    pending: Pending | None = None


class Audit:
    """Appends to the tenants' audit logs; nothing in them is an identifier of a patient."""

    def __init__(
        self,
        store: Store,
        wall: Wall,
        keys: AuditKeys | None = None,
        service: str = "service",
        sink: AnchorSink | None = None,
    ) -> None:
        self._store, self._wall, self._service = store, wall, service
        self.keys = keys or AuditKeys.of_this_process()
        self._writer = f"{service}-{uuid4().hex[:12]}"
        self._chains: dict[str, Chain] = {}
        self._opened = 0
        self.anchors = Anchors(store, wall, self._writer, sink)

    async def record(
        self, who: Principal, action: str, subject: str, reason: str = "", kind: Kind | None = None
    ) -> None:
        """`action` is a verb such as `payment.post`; `subject` is `kind/id`.

        Within a request the line is kept before the answer leaves, with its outcome; elsewhere at once. Raises
        AuditUnavailableError when it cannot be kept.
        """
        visit = VISIT.get()
        line = line_of(who, action, subject, reason, kind or (visit.kind if visit else "write"))
        if visit is not None and not visit.settled:
            visit.lines.append((who, line))
        else:
            await self.keep(who.tenant, (line,))

    async def keep(self, tenant: str, lines: Sequence[Line]) -> None:
        """Write lines, along with those of others that came meanwhile. Raises AuditUnavailableError."""
        chain = self._chains.setdefault(tenant, Chain())
        if len(chain.waiting) + len(lines) > WAITING_MAX:
            msg = "too many records wait for the audit log's store"
            raise AuditUnavailableError(msg)
        chain.waiting.extend(lines)
        chain.put += len(lines)
        ticket = chain.put
        async with chain.lock:
            while chain.kept < ticket:
                if chain.failed >= ticket:
                    msg = "the audit log cannot be written now"
                    raise AuditUnavailableError(msg)
                await self._flush(tenant, chain)

    async def anchor(self) -> None:
        """Write what failed before, take up changed keys, and anchor the chains' ends. Called every few seconds."""
        self.keys = self.keys.newer()
        for tenant, chain in tuple(self._chains.items()):
            async with chain.lock:
                await self._catch_up(tenant, chain)
        await self.anchors.write(self.keys, self._heads())

    async def close(self) -> None:
        """End every chain with a record that says so, and the anchors with a last one."""
        for tenant, chain in tuple(self._chains.items()):
            async with chain.lock:
                if await self._catch_up(tenant, chain) and chain.name:
                    chain.pending = self._closing(tenant, chain, "the process ends")
                    await self._flush(tenant, chain)
        await self.anchors.write(self.keys, self._heads(), closing=True)

    def now(self) -> datetime:
        """The machine's time, which records carry."""
        return self._wall()

    def heads(self, tenant: str) -> dict[str, Head]:
        """How far this process's own chain of the tenant goes."""
        chain = self._chains.get(tenant)
        return {chain.name: chain.head} if chain is not None and chain.head.number else {}

    def _heads(self) -> dict[str, tuple[str, Head]]:
        return {c.name: (tenant, c.head) for tenant, c in self._chains.items() if c.name and c.head.number}

    async def _catch_up(self, tenant: str, chain: Chain) -> bool:
        """Write all that waits; False when the store does not take it."""
        while chain.waiting or chain.pending:
            if not await self._flush(tenant, chain):
                return False
        return True

    async def _flush(self, tenant: str, chain: Chain) -> bool:
        """One write of what waits; False when it failed, and whoever waits is to be told so."""
        pending = chain.pending = chain.pending or self._next(tenant, chain)
        try:
            await self._store.note_all(COLLECTION, pending.notes)
        except Exception:  # noqa: BLE001 - whatever the reason, the store may have it or not: it is repeated as it is
            chain.failed = chain.put
            return False
        chain.pending, chain.head = None, pending.head
        chain.kept += pending.lines
        del chain.waiting[: pending.lines]
        if pending.closes:
            self.anchors.ended(chain.name, tenant, chain.head)
            chain.name, chain.head = "", NO_HEAD
        return True

    def _next(self, tenant: str, chain: Chain) -> Pending:
        key = self.keys.current
        if chain.name and chain.key != key:
            return self._closing(tenant, chain, "another key follows")
        lines = [line.document() for line in chain.waiting[:BATCH]]
        if chain.name:
            return self._sealed(tenant, chain, lines, len(lines))
        self._opened += 1
        chain.name, chain.key = f"{self._writer}-{self._opened}", key
        opening = Line(self._service, (), OPENED, f"chain/{chain.name}", "a process begins to write", "chain")
        return self._sealed(tenant, chain, [opening.document(), *lines], len(lines))

    def _closing(self, tenant: str, chain: Chain, why: str) -> Pending:
        line = Line(self._service, (), CLOSED, f"chain/{chain.name}", why, "chain")
        return self._sealed(tenant, chain, [line.document()], 0)._replace(closes=True)

    def _sealed(self, tenant: str, chain: Chain, documents: Sequence[Document], lines: int) -> Pending:
        """The documents as the chain's next records."""
        head, notes, key = chain.head, list[Note](), chain.key or self.keys.current
        chain.at = max(chain.at, kept_time(self._wall()))
        for document in documents:
            number = head.number + 1
            name = record_id(chain.at, chain.name, number)
            linked = {"at": chain.at, "chain": chain.name, "number": number, "previous": head.mac, **document}
            sealed = seal(linked, tenant, name, key)
            notes.append((tenant, name, sealed))
            head = Head(number, str(sealed["mac"]))
        return Pending(tuple(notes), head, lines)
