"""The simulated store and bus: what is kept, what each process sees of it, and what must hold at every step."""

import sys
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.payments.core.ledger import totals_of
from shared.bus.memory import MemoryBus
from shared.bus.port import BusUnavailableError
from shared.contracts.wire import Record, header_map
from shared.decider import Decider, Pending, Scalar, Snapshot
from shared.inbox import Received
from shared.store.documents import (
    effect_from_document,
    journal_document,
    key_of,
    mark_from,
    wanted_keys,
)
from shared.store.memory import MemoryStore
from shared.store.port import Document, Key, Leased, Mark, Refused, Row, Write
from tests.simulation.chaos import AwayError, Chaos, Life

PARTITIONS = 3
POISON = b"poison"
DUE, EFFECT = "next_due_at", "next_effect_at"
COLUMNS = (DUE, EFFECT)
NOTHING: Document = {"mark": "", "keys": ()}


class KeptStore(MemoryStore):
    """One service's store, cheap enough for thousands of lives: what a server would index is indexed here too.

    A document is the text a server would keep. It is never changed in place, and nobody outside holds a part of it:
    what goes in and what comes out is copied, and a text is read as a server's answer is read, though only once.
    """

    def __init__(self, chaos: Chaos, start: datetime) -> None:
        super().__init__(start)
        self.chaos = chaos
        self.kept: dict[str, dict[str, Document]] = {}
        self.saves = 0
        self.lines: dict[tuple[str, Key], dict[int, Document]] = {}
        self._read: dict[tuple[str, str], tuple[Document, Row[Any]]] = {}
        self._waits: dict[tuple[str, str], dict[str, datetime]] = {}
        self._marks: dict[tuple[str, str], dict[str, str]] = {}
        self._parked: dict[tuple[str, str], str] = {}
        self._found: dict[str, dict[str, set[str]]] = {}

    def _document(self, decider: Decider[Any, Any, Any], key: Key) -> Document | None:
        return self.kept.setdefault(decider.kind, {}).get(str(key))

    def _documents(self, decider: Decider[Any, Any, Any]) -> Iterator[Document]:
        rows = self.kept.setdefault(decider.kind, {})
        yield from [rows[key] for key in sorted(rows)]

    def _save(self, decider: Decider[Any, Any, Any], key: Key, document: Document) -> None:
        kind, name, before = decider.kind, str(key), self._document(decider, key)
        decided = before is None or before["state"] != document["state"]
        if before is not None:
            assert not decided or document["version"] == before["version"] + 1, (
                f"{kind} {key}: a decision was overwritten"
            )
            assert document["facts"] >= before["facts"], f"{kind} {key}: facts were taken back"
        document["outbox"] = [dict(entry) for entry in document["outbox"]]
        self._index(kind, name, before or NOTHING, document)
        self.kept[kind][name] = document
        self.saves += 1
        if kind == "account" and decided:
            assert totals_of(self._row(decider, key).snapshot.state).ties_out, f"{key}: the ledger does not balance"

    def _put(self, decider: Decider[Any, Any, Any], write: Write[Any]) -> bool:
        """Remember what was written, so that it need not be read; now and then it is, and must be the same."""
        if not super()._put(decider, write):
            return False
        document = self.kept[decider.kind][str(write.key)]
        if document["effects"].keys() == {str(uid) for uid in write.snapshot.effects}:
            row = Row(
                document["version"],
                write.snapshot._replace(effects=MappingProxyType(write.snapshot.effects)),
                tuple(document["outbox"]),
                mark_from(document["mark"]),
                document["parked"],
            )
            if self.saves % READ_EVERY == 0:
                read = _read_row(decider, document, None)
                assert read == row, f"{decider.kind} {write.key}: it does not read as it was written"
            self._read[decider.kind, str(write.key)] = document, row
        return True

    async def lease(
        self,
        decider: Decider[Any, Any, Any],
        as_of: datetime,
        now: datetime,
        until: datetime,
        owner: str,
        limit: int,
        /,
    ) -> Sequence[Leased]:
        rows, waits = self.kept.get(decider.kind, {}), self._waits.get((decider.kind, EFFECT), {})
        ready = sorted(name for name, at in waits.items() if at <= as_of and rows[name]["lease_until"] <= now)
        leased: list[Leased] = []
        for name in ready[:limit]:
            key = key_of(rows[name])
            effects = self._row(decider, key).snapshot.effects.values()
            self._save(decider, key, {**rows[name], "lease_until": until, "lease_owner": owner})
            leased.append(Leased(key, tuple([p for p in effects if p.next_attempt_at <= as_of and not p.stuck])))
        return leased

    def _index(self, kind: str, name: str, before: Document, after: Document) -> None:
        """What queries select by."""
        for column in COLUMNS:
            if (at := after[column]) is None:
                self._waits.get((kind, column), {}).pop(name, None)
            else:
                self._waits.setdefault((kind, column), {})[name] = at
        if before["mark"] != after["mark"]:
            self._marks.get((kind, _writer_of(before["mark"])), {}).pop(name, None)
            if after["mark"]:
                self._marks.setdefault((kind, _writer_of(after["mark"])), {})[name] = after["mark"]
        if before["keys"] != after["keys"]:
            found = self._found.setdefault(kind, {})
            for lost in before["keys"]:
                found[lost].discard(name)
            for new in after["keys"]:
                found.setdefault(new, set()).add(name)
        if after["parked"] is not None:
            self._parked[kind, name] = after["parked"]
        else:
            self._parked.pop((kind, name), None)

    def _row(self, decider: Decider[Any, Any, Any], key: Key) -> Row[Any]:
        """Read as a server's answer is read, but once: a text that is the same reads the same."""
        document = self._document(decider, key)
        if document is None:
            return super()._row(decider, key)
        place = decider.kind, str(key)
        read = self._read.get(place)
        if read is None or read[0] is not document:
            read = self._read[place] = document, _read_row(decider, document, read)
        row = read[1]
        return row._replace(outbox=tuple([dict(entry) for entry in row.outbox])) if row.outbox else row

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        for key, facts in entries.items():
            lines = self.lines.setdefault((decider.kind, key), {})
            for entry in facts:
                line = journal_document(decider, key, entry, self.wall)
                known = lines.setdefault(entry["number"], line)
                assert known == line, f"{decider.kind} {key}: fact {entry['number']} has two contents"

    async def marked(self, decider: Decider[Any, Any, Any], after: Mark, limit: int, /) -> Sequence[Key]:
        if not (marks := self._marks.get((decider.kind, after.writer))):
            return ()
        least = str(after)
        return [Key(*name.split("/", 1)) for name, mark in marks.items() if mark > least][:limit]

    async def parked(self, decider: Decider[Any, Any, Any], tenant: str | None, /) -> Sequence[tuple[Key, str, int]]:
        return await super().parked(decider, tenant) if self._parked else ()

    async def due(
        self, decider: Decider[Any, Any, Any], as_of: datetime, after: Key | None, limit: int, /
    ) -> Sequence[tuple[Key, datetime, str]]:
        return await super().due(decider, as_of, after, limit) if self.is_waiting(decider, DUE, as_of) else ()

    async def count(self, decider: Decider[Any, Any, Any], tenant: str | None, where: Mapping[str, Scalar], /) -> int:
        assert tenant is not None, "the simulated system counts what tenants have"
        return len(self._matching(decider, tenant, where))

    async def find(
        self,
        decider: Decider[Any, Any, Any],
        tenant: str,
        where: Mapping[str, Scalar],
        after: str | None,
        limit: int,
        /,
    ) -> Sequence[tuple[Key, Any]]:
        keys = [Key(*name.split("/", 1)) for name in sorted(self._matching(decider, tenant, where))]
        return [(key, self._row(decider, key).snapshot.state) for key in keys if after is None or key.id > after][
            :limit
        ]

    async def find_among(
        self,
        decider: Decider[Any, Any, Any],
        tenant: str,
        name: str,
        values: Collection[Scalar],
        after: str | None,
        limit: int,
        /,
    ) -> Sequence[tuple[Key, Any]]:
        among = set[str]().union(*(self._matching(decider, tenant, {name: value}) for value in values))
        keys = [Key(*one.split("/", 1)) for one in sorted(among)]
        return [(key, self._row(decider, key).snapshot.state) for key in keys if after is None or key.id > after][
            :limit
        ]

    def _matching(self, decider: Decider[Any, Any, Any], tenant: str, where: Mapping[str, Scalar]) -> set[str]:
        found = self._found.get(decider.kind, {})
        return set[str].intersection(*(found.get(wanted, set[str]()) for wanted in wanted_keys(tenant, where)))

    async def wait_behind(
        self, decider: Decider[Any, Any, Any], messages: Mapping[Key, Sequence[tuple[str, Document]]], /
    ) -> None:
        copied = {key: [(one, deepcopy(document)) for one, document in waiting] for key, waiting in messages.items()}
        await super().wait_behind(decider, copied)

    def read_back(self, decider: Decider[Any, Any, Any]) -> Iterator[tuple[Key, Document, Row[Any]]]:
        """Every aggregate of a kind as a process reads it that never saw it before."""
        for document in self._documents(decider):
            yield key_of(document), document, _read_row(decider, document, None)

    def states(self, decider: Decider[Any, Any, Any]) -> dict[Key, Any]:
        """Every aggregate of a kind."""
        return {key: self._row(decider, key).snapshot.state for key in map(key_of, self._documents(decider))}

    def is_waiting(self, decider: Decider[Any, Any, Any], column: str, as_of: datetime) -> bool:
        """Whether an effect or a deadline has come due."""
        waits = self._waits.get((decider.kind, column))
        return waits is not None and bool(waits) and min(waits.values()) <= as_of

    def is_any_waiting(self, as_of: datetime) -> bool:
        """Whether anything at all has come due."""
        return any(waits and min(waits.values()) <= as_of for waits in self._waits.values())

    @property
    def is_anybody_parked(self) -> bool:
        return bool(self._parked)

    @property
    def is_anything_waiting(self) -> bool:
        """Messages lie behind aggregates that are or were parked."""
        return any(self._waiting.values())


READ_EVERY = 8
"""Of so many documents that are written, one is read back at once and compared; at the end of a run all are."""
STATES_MAX = 2_000
_STATES: dict[tuple[str, str], Any] = {}
"""States as they were read from their text. They cannot be changed, so each text is read once, whichever seed's."""


def _writer_of(mark: str) -> str:
    return mark.rpartition(":")[0]


def _read_row(
    decider: Decider[Any, Any, Any], document: Document, before: tuple[Document, Row[Any]] | None
) -> Row[Any]:
    """A changed document, of which only the parts are read whose text is another than before."""
    state = _STATES.get((decider.kind, text := document["state"]))
    if state is None:
        if len(_STATES) > STATES_MAX:
            _STATES.clear()
        state = _STATES[decider.kind, text] = decider.state_codec.validate_json(text, strict=False)
    known: Document = before[0]["effects"] if before else {}
    old: Mapping[UUID, Pending] = before[1].snapshot.effects if before else {}
    effects = {
        (uid := UUID(name)): old[uid] if known.get(name) is effect else effect_from_document(decider, name, effect)
        for name, effect in document["effects"].items()
    }
    snapshot = Snapshot(state, document["facts"], document["events"], MappingProxyType(effects))
    return Row(
        document["version"], snapshot, tuple(document["outbox"]), mark_from(document["mark"]), document["parked"]
    )


class SeenStore:
    """What one life of a process sees of its store: before and after every call something may happen to it.

    An answer may be lost after a write was done; a batch is not atomic, each document is.
    """

    def __init__(self, store: KeptStore, life: Life) -> None:
        self._store, self._life = store, life

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._store, name)
        life, chaos = self._life, self._life.chaos

        async def call(where: tuple[str, str], *args: Any, **named: Any) -> Any:
            before, after = where
            if (kind := life.meet(before)) is not None:
                await life.suffer(kind, before)
            result = await method(*args, **named)
            if (kind := life.meet(after)) is not None:
                await life.suffer(kind, after)
            return result

        def called(*args: Any, **named: Any) -> Any:
            if life.alive and not chaos.on:
                return method(*args, **named)
            return call(around(sys._getframe(1), name), *args, **named)

        setattr(self, name, called)
        return called

    async def read_blob(self, tenant: str, name: str, /) -> AsyncIterator[bytes]:
        before, _ = around(sys._getframe(1), "read_blob")
        await self._life.step(before)
        async for chunk in self._store.read_blob(tenant, name):
            yield chunk

    @property
    def life(self) -> Life:
        return self._life

    async def commit(self, decider: Decider[Any, Any, Any], writes: Sequence[Write[Any]], /) -> Refused:
        step, (before, after) = self._life.step, around(sys._getframe(1), "commit")
        lost: set[Key] = set()
        failed: dict[Key, str] = {}
        for write in writes:
            await step(before)
            await self._be_overtaken(decider, write)
            refused = await self._store.commit(decider, [write])
            lost |= refused.lost
            failed.update(refused.failed)
        for _ in lost:
            self._life.chaos.note("race")
        await step(after)
        return Refused(frozenset(lost), failed)

    async def _be_overtaken(self, decider: Decider[Any, Any, Any], write: Write[Any]) -> None:
        """Another process is faster: what it wrote changes nothing but the version."""
        chaos = self._life.chaos
        if not write.version or not (chaos.chance(chaos.temper.races) and chaos.fault("race lost", decider.kind)):
            return
        row = self._store._row(decider, write.key)
        neighbour: Write[Any] = Write(write.key, row.version, row.snapshot, parked=row.parked)
        await self._store.commit(decider, [neighbour])

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        before, after = around(sys._getframe(1), "append")
        for key, facts in entries.items():
            await self._life.step(before)
            await self._store.append(decider, {key: facts})
        await self._life.step(after)

    async def clear(self, decider: Decider[Any, Any, Any], marks: Mapping[Key, Mark], /) -> None:
        before, after = around(sys._getframe(1), "clear")
        for key, mark in marks.items():
            await self._life.step(before)
            await self._store.clear(decider, {key: mark})
        await self._life.step(after)


class Topics(MemoryBus):
    """The broker: every record sent, by topic and partition, and what may never be said twice."""

    def __init__(self, chaos: Chaos) -> None:
        super().__init__()
        self.chaos = chaos
        self.logs: dict[tuple[str, int], list[Received]] = {}
        self.said: dict[str, tuple[str, bytes]] = {}
        self.last: dict[tuple[str, str], int] = {}
        self.behind: dict[str, list[dict[tuple[str, int], None]]] = {}  # by topic, what its readers have yet to read
        self._deadlines: dict[bytes, str] = {}

    async def send(self, records: Sequence[Record], /) -> None:
        for record in records:
            self._judge(record)
            self.keep(record)
            if self.chaos.chance(0.01) and self.chaos.fault("duplicate", record.topic):
                self.keep(record)

    def keep(self, record: Record) -> None:
        self.records.append(record)
        place = record.topic, sum(record.key) % PARTITIONS
        log = self.logs.setdefault(place, [])
        log.append(Received(*place, len(log), record.key, record.value, record.headers))
        for behind in self.behind.get(record.topic, ()):
            behind[place] = None

    def _judge(self, record: Record) -> None:
        if record.topic.endswith(".dlq"):
            return
        headers = header_map(record.headers)
        if headers["ce_type"] == "due.v1":
            # The time in it is that of sending; which deadline it means, its body says.
            known = self._deadlines.setdefault(record.key + record.value, headers["ce_id"])
            assert known == headers["ce_id"], f"{headers['ce_subject']}: one deadline, two messages"
            return
        content = headers["ce_time"] + headers["ce_sequence"] + headers["ce_subject"], record.value
        known_as = self.said.setdefault(headers["ce_id"], content)
        assert known_as == content, f"{headers['ce_type']}: one id, two contents"
        subject, sequence = (headers["ce_tenant"], headers["ce_subject"]), int(headers["ce_sequence"])
        assert sequence <= self.last.get(subject, 0) + 1, f"{subject}: a gap before {sequence}"
        self.last[subject] = max(self.last.get(subject, 0), sequence)


class SeenBus:
    """What one life of a process sees of the broker, which may have taken only the first records of a batch."""

    def __init__(self, bus: Topics, life: Life) -> None:
        self._bus, self._life = bus, life

    async def send(self, records: Sequence[Record], /) -> None:
        before, after = around(sys._getframe(1), "send")
        try:
            await self._life.step(before)
            for record in records:
                await self._bus.send([record])
                await self._life.step(after)
        except AwayError:
            msg = "simulated"
            raise BusUnavailableError(msg) from None


_POINTS: dict[tuple[Any, str], tuple[str, str]] = {}


def around(frame: Any, name: str) -> tuple[str, str]:
    """The points before and after a call of a function that awaits: `Shell.transact before load`."""
    place = frame.f_code, name
    points = _POINTS.get(place)
    if points is None:
        caller = frame.f_code.co_qualname
        points = _POINTS[place] = f"{caller} before {name}", f"{caller} after {name}"
    return points


def buried(store: KeptStore) -> Collection[Document]:
    """A service's dead letters."""
    return store._notes.get("dead_letters", {}).values()
