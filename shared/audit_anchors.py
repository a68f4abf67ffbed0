"""Anchors: where the chains of the audit log stood, written every few seconds, so that a cut end is seen.

Each process writes a chain of anchors of its own. One names the ends of all its chains, and the last anchors of the
other processes that it saw: whoever cuts the end of one has to cut every process's end after it. A copy outside the
database (`AnchorSink`) tells even of that.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from shared.audit_chain import NO_HEAD, Head, kept_time, label_of, record_id, seal
from shared.audit_keys import AuditKeys
from shared.clock import Wall
from shared.store.documents import NEVER
from shared.store.port import Document, Store

COLLECTION = "audit_anchors"
HOUSE = "-"
"""The tenant of what belongs to the whole service: no billing client is called so."""
LOOK_BACK = timedelta(days=30)
OVERLAP = timedelta(minutes=2)
"""Clocks of processes differ: anchors of others may lie this much before what was seen last."""
PAGE = 1000

AnchorSink: TypeAlias = Callable[[str, Document], None]
"""Takes a copy of each anchor, with its id, out of the database."""


class Anchors:
    """The anchors of one process."""

    def __init__(self, store: Store, wall: Wall, writer: str, sink: AnchorSink | None) -> None:
        self._store, self._wall, self._writer, self._sink = store, wall, writer, sink
        self._head, self._at = NO_HEAD, NEVER
        self._told: dict[str, Head] = {}
        self._ended: dict[str, tuple[str, Head]] = {}
        self._seen: dict[str, Head] = {}
        self._looked_at: datetime | None = None
        self._pending: tuple[str, Document] | None = None

    @property
    def head(self) -> tuple[str, Head]:
        """The writer's name, and its last anchor."""
        return self._writer, self._head

    def ended(self, chain: str, tenant: str, head: Head) -> None:
        """A chain of this process goes no further; the next anchor names its end."""
        self._ended[chain] = (tenant, head)

    async def write(self, keys: AuditKeys, heads: Mapping[str, tuple[str, Head]], *, closing: bool = False) -> None:
        """One anchor, when something changed since the last. One that failed is written first, as it was."""
        if self._pending is not None:
            await self._put(*self._pending)
        ends = {**self._ended, **heads}
        changed = {name: end for name, end in ends.items() if self._told.get(name) != end[1]}
        if not changed and not (closing and self._head.number):
            return
        seen = await self._others()
        key = keys.current
        self._at = max(self._at, kept_time(self._wall()))
        number = self._head.number + 1
        name = record_id(self._at, self._writer, number)
        anchor = {
            "at": self._at,
            "writer": self._writer,
            "number": number,
            "previous": self._head.mac,
            "heads": {chain: [label_of(tenant, key), *head] for chain, (tenant, head) in changed.items()},
            "seen": {writer: list(head) for writer, head in seen.items()},
            "closing": closing,
        }
        self._ended = {}
        self._told = {name: end[1] for name, end in heads.items()}
        self._pending = (name, seal(anchor, HOUSE, name, key))
        await self._put(*self._pending)

    async def _put(self, name: str, anchor: Document) -> None:
        await self._store.note_all(COLLECTION, [(HOUSE, name, anchor)])
        self._pending = None
        self._head = Head(int(anchor["number"]), str(anchor["mac"]))
        if self._sink is not None:
            self._sink(name, anchor)

    async def _others(self) -> dict[str, Head]:
        """The last anchors of other processes that were not seen before."""
        since = self._wall() - LOOK_BACK if self._looked_at is None else self._looked_at - OVERLAP
        after, found = kept_time(since).isoformat(timespec="milliseconds"), dict[str, Head]()
        while True:
            page = await self._store.notes(COLLECTION, HOUSE, after, PAGE)
            for note in page:
                after = str(note["id"])
                head = Head(int(note["number"]), str(note["mac"]))
                if note["writer"] != self._writer and self._seen.get(str(note["writer"]), Head(0, "")) < head:
                    found[str(note["writer"])] = head
            if len(page) < PAGE:
                break
        self._looked_at = self._wall()
        self._seen |= found
        return found


def anchor_file(path: Path, service: str) -> AnchorSink:
    """A sink that appends one JSON line an anchor to a file; best kept where lines can be appended only."""

    def append(name: str, anchor: Document) -> None:
        line = {"service": service, "id": name, "writer": anchor["writer"], "number": anchor["number"]}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, "mac": anchor["mac"]}) + "\n")

    return append
