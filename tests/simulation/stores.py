"""The simulated store and bus: what is kept, what each process sees of it, and what must hold at every step."""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.payments.core.ledger import totals_of
from shared.bus.memory import MemoryBus
from shared.bus.port import BusUnavailableError
from shared.decider import Decider
from shared.inbox import Received
from shared.store.documents import journal_document, key_of, row_from_document
from shared.store.memory import MemoryStore
from shared.store.port import Document, Key, Mark, Refused, Row, Write
from shared.wire import Record, header_map
from tests.simulation.chaos import AwayError, Chaos, Life

PARTITIONS = 3
POISON = b"poison"


class KeptStore(MemoryStore):
    """One service's store. Documents are kept as they are and never changed in place: packing them costs most."""

    def __init__(self, chaos: Chaos, start: datetime) -> None:
        super().__init__(start)
        self.chaos = chaos
        self.kept: dict[str, dict[str, Document]] = {}
        self.saves = 0
        self.lines: dict[tuple[str, Key], dict[int, Document]] = {}
        self._read: dict[tuple[str, str], tuple[Document, Row[Any]]] = {}

    def _document(self, decider: Decider[Any, Any, Any], key: Key) -> Document | None:
        return self.kept.setdefault(decider.kind, {}).get(str(key))

    def _documents(self, decider: Decider[Any, Any, Any]) -> Iterator[Document]:
        rows = self.kept.setdefault(decider.kind, {})
        yield from [rows[key] for key in sorted(rows)]

    def _save(self, decider: Decider[Any, Any, Any], key: Key, document: Document) -> None:
        before = self._document(decider, key)
        if before is not None and before["state"] != document["state"]:
            assert document["version"] == before["version"] + 1, f"{decider.kind} {key}: a decision was overwritten"
        assert before is None or document["facts"] >= before["facts"], f"{decider.kind} {key}: facts were taken back"
        self.kept[decider.kind][str(key)] = document
        self.saves += 1
        if decider.kind == "account":
            assert totals_of(self._row(decider, key).snapshot.state).ties_out, f"{key}: the ledger does not balance"

    def _row(self, decider: Decider[Any, Any, Any], key: Key) -> Row[Any]:
        """Read as a server's answer is read, but once: a document that is the same object reads the same."""
        document = self._document(decider, key)
        if document is None:
            return super()._row(decider, key)
        read = self._read.get((decider.kind, str(key)))
        if read is None or read[0] is not document:
            read = document, row_from_document(decider, document)
            self._read[decider.kind, str(key)] = read
        return read[1]

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        for key, facts in entries.items():
            lines = self.lines.setdefault((decider.kind, key), {})
            for entry in facts:
                line = journal_document(decider, key, entry, self.wall)
                known = lines.setdefault(entry["number"], line)
                assert known == line, f"{decider.kind} {key}: fact {entry['number']} has two contents"

    async def marked(self, decider: Decider[Any, Any, Any], after: Mark, limit: int, /) -> Sequence[Key]:
        least, writer = str(after), f"{after.writer}:"
        rows = self.kept.get(decider.kind, {}).values()
        return [key_of(d) for d in rows if d["mark"] > least and d["mark"].startswith(writer)][:limit]

    def states(self, decider: Decider[Any, Any, Any]) -> dict[Key, Any]:
        """Every aggregate of a kind."""
        return {key: self._row(decider, key).snapshot.state for key in map(key_of, self._documents(decider))}

    def is_waiting(self, decider: Decider[Any, Any, Any], column: str, as_of: datetime) -> bool:
        """Whether an effect or a deadline has come due."""
        rows = self.kept.get(decider.kind, {}).values()
        return any((at := d[column]) is not None and at <= as_of for d in rows)


class SeenStore:
    """What one life of a process sees of its store: before and after every call something may happen to it.

    An answer may be lost after a write was done; a batch is not atomic, each document is.
    """

    def __init__(self, store: KeptStore, life: Life) -> None:
        self._store, self._life = store, life

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._store, name)
        step, life, chaos = self._life.step, self._life, self._life.chaos

        async def call(*args: Any, **named: Any) -> Any:
            if life.alive and not chaos.on:
                return await method(*args, **named)
            caller = caller_of(sys._getframe(1))
            await step(f"{caller} before {name}")
            result = await method(*args, **named)
            await step(f"{caller} after {name}")
            return result

        setattr(self, name, call)
        return call

    async def commit(self, decider: Decider[Any, Any, Any], writes: Sequence[Write[Any]], /) -> Refused:
        caller, step = caller_of(sys._getframe(1)), self._life.step
        lost: set[Key] = set()
        failed: dict[Key, str] = {}
        for write in writes:
            await step(f"{caller} before commit")
            refused = await self._store.commit(decider, [write])
            lost |= refused.lost
            failed.update(refused.failed)
        for _ in lost:
            self._life.chaos.note("race")
        await step(f"{caller} after commit")
        return Refused(frozenset(lost), failed)

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        caller = caller_of(sys._getframe(1))
        for key, facts in entries.items():
            await self._life.step(f"{caller} before append")
            await self._store.append(decider, {key: facts})
        await self._life.step(f"{caller} after append")

    async def clear(self, decider: Decider[Any, Any, Any], marks: Mapping[Key, Mark], /) -> None:
        caller = caller_of(sys._getframe(1))
        for key, mark in marks.items():
            await self._life.step(f"{caller} before clear")
            await self._store.clear(decider, {key: mark})
        await self._life.step(f"{caller} after clear")


class Topics(MemoryBus):
    """The broker: every record sent, by topic and partition, and what may never be said twice."""

    def __init__(self, chaos: Chaos) -> None:
        super().__init__()
        self.chaos = chaos
        self.logs: dict[tuple[str, int], list[Received]] = {}
        self.said: dict[str, tuple[str, bytes]] = {}
        self.last: dict[tuple[str, str], int] = {}
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
        caller = caller_of(sys._getframe(1))
        try:
            await self._life.step(f"{caller} before send")
            for record in records:
                await self._bus.send([record])
                await self._life.step(f"{caller} after send")
        except AwayError:
            msg = "simulated"
            raise BusUnavailableError(msg) from None


_NAMES: dict[Any, str] = {}


def caller_of(frame: Any) -> str:
    """The function that awaits: `Shell.transact`, `Relay.publish`."""
    code = frame.f_code
    name = _NAMES.get(code)
    if name is None:
        name = _NAMES[code] = code.co_qualname
    return name


def buried(store: KeptStore) -> Collection[Document]:
    """A service's dead letters."""
    return store._notes.get("dead_letters", {}).values()
