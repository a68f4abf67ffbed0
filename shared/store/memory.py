"""The store without a server: rules and simulations run on it. It keeps BSON, exactly as a real server would."""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import bson
from bson.codec_options import CodecOptions

from shared.contracts import Message
from shared.decider import Decider, Entry, Fact, Scalar, Snapshot
from shared.store.documents import (
    FAR_AWAY,
    NEVER,
    check_size,
    effect_to_document,
    entry_from_document,
    fields_of,
    index_key,
    journal_document,
    journal_line,
    key_of,
    mark_from,
    outbox_of,
    row_from_document,
    wanted_keys,
)
from shared.store.places import prefix_of, rank_in, text_at
from shared.store.port import (
    Document,
    DocumentTooLargeError,
    Health,
    JournalLine,
    Key,
    Leased,
    Mark,
    Outlook,
    Refused,
    Row,
    Write,
)

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


class MemoryStore:
    """Implements `Store`. `wall` is the clock that stamps journal lines and outbox entries."""

    def __init__(self, wall: datetime = NEVER) -> None:
        self.wall = wall
        self._rows: dict[str, dict[str, bytes]] = {}
        self._journal: dict[str, bytes] = {}
        self._waiting: dict[tuple[str, str], dict[str, Document]] = {}
        self._reservations: dict[tuple[str, str, str], str] = {}
        self._numbers: dict[str, int] = {}
        self._blobs: dict[tuple[str, str], tuple[bytes, ...]] = {}
        self._notes: dict[str, dict[str, Document]] = {}
        self._writers: dict[str, tuple[Mark, datetime, datetime]] = {}

    async def prepare(self, deciders: Sequence[Decider[Any, Any, Any]]) -> None:
        for decider in deciders:
            self._rows.setdefault(decider.kind, {})

    async def load(self, decider: Decider[S, M, F], keys: Collection[Key], /) -> Mapping[Key, Row[S]]:
        return {key: self._row(decider, key) for key in keys}

    async def commit(self, decider: Decider[S, M, F], writes: Sequence[Write[S]], /) -> Refused:
        lost: set[Key] = set()
        failed: dict[Key, str] = {}
        for write in writes:
            try:
                if not self._put(decider, write):
                    lost.add(write.key)
            except DocumentTooLargeError:
                failed[write.key] = "document_too_large"
        return Refused(frozenset(lost), failed)

    async def clear(self, decider: Decider[S, M, F], marks: Mapping[Key, Mark], /) -> None:
        for key, mark in marks.items():
            document = self._document(decider, key)
            if document is not None and document["mark"] == str(mark):
                self._save(decider, key, {**document, "outbox": [], "mark": ""})

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        for key, facts in entries.items():
            for entry in facts:
                line = journal_document(decider, key, entry, self.wall)
                self._journal.setdefault(f"{decider.kind}/{key}/{entry['number']:09}", bson.encode(line))

    async def history(self, decider: Decider[S, M, F], key: Key, /) -> Sequence[Entry[F]]:
        lines = [
            line
            for line in self._lines()
            if (line["kind"], line["tenant"], line["aggregate_id"]) == (decider.kind, *key)
        ]
        return [entry_from_document(decider, line) for line in sorted(lines, key=lambda line: int(line["number"]))]

    async def journal_since(self, since: datetime | None, /) -> AsyncIterator[JournalLine]:
        for place in sorted(self._journal):
            line = bson.decode(self._journal[place], AWARE)
            if since is None or line["recorded_at"] >= since:
                yield journal_line(line)

    async def journal_of(self, decider: Decider[Any, Any, Any], tenant: str, first: str, /) -> AsyncIterator[Document]:
        of = f"{decider.kind}/{tenant}/"
        start = of + (f"{first}/" if first else "")
        for place in sorted(one for one in self._journal if one.startswith(of) and one >= start):
            line = bson.decode(self._journal[place], AWARE)
            yield {name: value for name, value in line.items() if name not in {"event", "type"}}

    async def marked(self, decider: Decider[S, M, F], after: Mark, limit: int, /) -> Sequence[Key]:
        marks = ((key_of(d), mark_from(d["mark"])) for d in self._documents(decider))
        found = (key for key, m in marks if m is not None and m.writer == after.writer and m.number > after.number)
        return list(islice(found, limit))

    async def report(self, upto: Mark, at: datetime, /) -> None:
        self._writers[upto.writer] = (upto, at, FAR_AWAY)

    async def published_upto(self, writers: Collection[str], /) -> Mapping[str, Mark]:
        return {name: self._writers[name][0] for name in writers if name in self._writers}

    async def silent(self, before: datetime, rests_since: datetime, /) -> Sequence[Mark]:
        return [
            upto for upto, heard_at, rests_at in self._writers.values() if heard_at < before and rests_at > rests_since
        ]

    async def lay_to_rest(self, writer: str, at: datetime, /) -> None:
        upto, heard_at, _ = self._writers[writer]
        self._writers[writer] = (upto, heard_at, at)

    async def due(
        self, decider: Decider[S, M, F], as_of: datetime, after: Key | None, limit: int, /
    ) -> Sequence[tuple[Key, datetime, str]]:
        rows = (
            (key_of(d), d["next_due_at"], d["record_key"])
            for d in self._documents(decider)
            if d["next_due_at"] is not None
            and d["next_due_at"] <= as_of
            and (after is None or str(key_of(d)) > str(after))
        )
        return list(islice(rows, limit))

    async def lease(
        self, decider: Decider[S, M, F], as_of: datetime, now: datetime, until: datetime, owner: str, limit: int, /
    ) -> Sequence[Leased]:
        ready = [
            d
            for d in self._documents(decider)
            if d["next_effect_at"] is not None and d["next_effect_at"] <= as_of and d["lease_until"] <= now
        ]
        leased: list[Leased] = []
        for document in ready[:limit]:
            key = key_of(document)
            self._save(decider, key, {**document, "lease_until": until, "lease_owner": owner})
            effects = row_from_document(decider, document).snapshot.effects.values()
            leased.append(Leased(key, tuple(p for p in effects if p.next_attempt_at <= as_of and not p.stuck)))
        return leased

    async def keep_leases(self, decider: Decider[S, M, F], owners: Mapping[Key, str], until: datetime, /) -> None:
        for key, owner in owners.items():
            document = self._document(decider, key)
            if document is not None and document.get("lease_owner") == owner:
                self._save(decider, key, {**document, "lease_until": until})

    async def find(
        self, decider: Decider[S, M, F], tenant: str, where: Mapping[str, Scalar], after: str | None, limit: int, /
    ) -> Sequence[tuple[Key, S]]:
        wanted = set(wanted_keys(tenant, where))
        found = (
            (key_of(d), row_from_document(decider, d).snapshot.state)
            for d in self._documents(decider)
            if d["tenant"] == tenant and wanted <= set(d["keys"]) and (after is None or d["id"] > after)
        )
        return list(islice(found, limit))

    async def find_among(
        self,
        decider: Decider[S, M, F],
        tenant: str,
        name: str,
        values: Collection[Scalar],
        after: str | None,
        limit: int,
        /,
    ) -> Sequence[tuple[Key, S]]:
        wanted = {index_key(tenant, name, value) for value in values}
        found = (
            (key_of(d), row_from_document(decider, d).snapshot.state)
            for d in self._documents(decider)
            if d["tenant"] == tenant and not wanted.isdisjoint(d["keys"]) and (after is None or d["id"] > after)
        )
        return list(islice(found, limit))

    async def scan(self, decider: Decider[S, M, F], after: Key | None, limit: int, /) -> Sequence[tuple[Key, S]]:
        documents = sorted((d for d in self._documents(decider)), key=lambda d: str(key_of(d)))
        found = (d for d in documents if after is None or str(key_of(d)) > str(after))
        return [(key_of(d), row_from_document(decider, d).snapshot.state) for d in islice(found, limit)]

    async def find_placed(
        self, decider: Decider[S, M, F], tenant: str, list: str, order: str, between: tuple[int, int], most: int, /
    ) -> Sequence[tuple[Key, S, int]]:
        prefix = prefix_of(tenant, list, order)
        first, last = (text_at(tenant, list, order, rank) for rank in between)
        found = [
            (key_of(d), row_from_document(decider, d).snapshot.state, rank_in(d["places"], prefix))
            for d in self._documents(decider)
            if any(first <= text < last for text in d["places"])
        ]
        return sorted(found[:most], key=lambda row: (row[2], row[0].id))

    async def count_placed(self, decider: Decider[S, M, F], tenant: str, list: str, order: str, /) -> int:
        prefix = prefix_of(tenant, list, order)
        return sum(any(text.startswith(prefix) for text in d["places"]) for d in self._documents(decider))

    async def count(self, decider: Decider[S, M, F], tenant: str | None, where: Mapping[str, Scalar], /) -> int:
        rows = [d for d in self._documents(decider) if tenant is None or d["tenant"] == tenant]
        return sum(set(wanted_keys(d["tenant"], where)) <= set(d["keys"]) for d in rows)

    async def wait_behind(
        self, decider: Decider[S, M, F], messages: Mapping[Key, Sequence[tuple[str, Document]]], /
    ) -> None:
        for key, waiting in messages.items():
            queue = self._waiting.setdefault((decider.kind, str(key)), {})
            for message_id, document in waiting:
                queue.setdefault(message_id, document)

    async def waiting(self, decider: Decider[S, M, F], key: Key, /) -> Sequence[tuple[str, Document]]:
        return list(self._waiting.get((decider.kind, str(key)), {}).items())

    async def done_waiting(self, decider: Decider[S, M, F], key: Key, ids: Collection[str], /) -> None:
        queue = self._waiting.get((decider.kind, str(key)), {})
        for message_id in ids:
            queue.pop(message_id, None)

    async def waiting_keys(self, decider: Decider[S, M, F], limit: int, /) -> Sequence[Key]:
        found = (
            Key(*key.split("/", 1)) for (kind, key), queue in self._waiting.items() if kind == decider.kind and queue
        )
        return list(islice(found, limit))

    async def parked(self, decider: Decider[S, M, F], tenant: str | None, /) -> Sequence[tuple[Key, str, int]]:
        return [
            (key_of(d), d["parked"], len(self._waiting.get((decider.kind, str(key_of(d))), {})))
            for d in self._documents(decider)
            if d["parked"] is not None and (tenant is None or d["tenant"] == tenant)
        ]

    async def health(self, deciders: Sequence[Decider[Any, Any, Any]], as_of: datetime, /) -> Health:
        rows = [d for decider in deciders for d in self._documents(decider)]
        deadlines = [d["next_due_at"] for d in rows if d["next_due_at"] is not None]
        effects = [d["next_effect_at"] for d in rows if d["next_effect_at"] is not None]
        return Health(
            effects_due=sum(at <= as_of for at in effects),
            effects_stuck=sum(d["effects_stuck"] for d in rows),
            deadlines_due=sum(at <= as_of for at in deadlines),
            parked=sum(d["parked"] is not None for d in rows),
            waiting=sum(len(queue) for queue in self._waiting.values()),
            next_due_at=min((at for at in deadlines if at > as_of), default=None),
            next_effect_at=min((at for at in effects if at > as_of), default=None),
        )

    async def outlook(self, decider: Decider[S, M, F], /) -> Outlook:
        rows = list(self._documents(decider))
        return Outlook(
            next_due_at=min((d["next_due_at"] for d in rows if d["next_due_at"] is not None), default=None),
            next_effect_at=min((d["next_effect_at"] for d in rows if d["next_effect_at"] is not None), default=None),
        )

    async def reserve(self, tenant: str, rule: str, wanted: Mapping[str, str], /) -> Mapping[str, str]:
        return {key: self._reservations.setdefault((tenant, rule, key), holder) for key, holder in wanted.items()}

    async def next_number(self, name: str, count: int = 1, /) -> int:
        first = self._numbers.get(name, 0) + 1
        self._numbers[name] = first + count - 1
        return first

    async def put_blob(self, tenant: str, name: str, chunks: AsyncIterable[bytes], /) -> None:
        self._blobs[tenant, name] = tuple([chunk async for chunk in chunks])

    async def read_blob(self, tenant: str, name: str, /) -> AsyncIterator[bytes]:
        for chunk in self._blobs[tenant, name]:
            yield chunk

    async def note(self, collection: str, tenant: str, id: str, document: Document, /) -> bool:
        notes = self._notes.setdefault(collection, {})
        if id in notes:
            return False
        notes[id] = {**bson.decode(bson.encode(document), AWARE), "tenant": tenant, "id": id}
        return True

    async def note_all(self, collection: str, notes: Sequence[tuple[str, str, Document]], /) -> None:
        for tenant, note_id, document in notes:
            await self.note(collection, tenant, note_id, document)

    async def notes(self, collection: str, tenant: str | None, after: str | None, limit: int, /) -> Sequence[Document]:
        found = (
            dict(document)
            for note_id, document in sorted(self._notes.get(collection, {}).items())
            if (tenant is None or document["tenant"] == tenant) and (after is None or note_id > after)
        )
        return list(islice(found, limit))

    async def find_notes(
        self,
        collection: str,
        tenant: str,
        keys: Collection[str],
        between: tuple[str, str],
        limit: int,
        /,
        *,
        newest_first: bool = False,
    ) -> Sequence[Document]:
        first, last = between
        found = (
            dict(document)
            for note_id, document in sorted(self._notes.get(collection, {}).items(), reverse=newest_first)
            if document["tenant"] == tenant and first < note_id < last and set(keys) <= set(document.get("keys", ()))
        )
        return list(islice(found, limit))

    async def count_notes(self, collection: str, /) -> int:
        if collection == "waiting":
            return sum(len(queue) for queue in self._waiting.values())
        return len(self._notes.get(collection, {}))

    def _row(self, decider: Decider[S, M, F], key: Key) -> Row[S]:
        document = self._document(decider, key)
        return Row(0, Snapshot(decider.initial)) if document is None else row_from_document(decider, document)

    def _put(self, decider: Decider[S, M, F], write: Write[S]) -> bool:
        document = self._document(decider, write.key)
        if (0 if document is None else document["version"]) != write.version:
            return False
        fields = fields_of(decider, write) | outbox_of(write)
        if write.lets_go:
            fields |= {"lease_until": NEVER, "lease_owner": ""}
        before = document or {"outbox": [], "mark": "", "effects": {}, "lease_until": NEVER}
        check_size(fields)
        effects = {**before["effects"], **{str(p.id): effect_to_document(decider, p) for p in write.changed_effects}}
        for effect_id in write.answered:
            effects.pop(str(effect_id), None)
        self._save(decider, write.key, {**before, **fields, "effects": effects})
        return True

    def _document(self, decider: Decider[Any, Any, Any], key: Key) -> Document | None:
        raw = self._rows.setdefault(decider.kind, {}).get(str(key))
        return None if raw is None else bson.decode(raw, AWARE)

    def _save(self, decider: Decider[Any, Any, Any], key: Key, document: Document) -> None:
        self._rows[decider.kind][str(key)] = bson.encode(document)

    def _documents(self, decider: Decider[Any, Any, Any]) -> Iterator[Document]:
        rows = self._rows.get(decider.kind, {})
        for key in sorted(rows):
            yield bson.decode(rows[key], AWARE)

    def _lines(self) -> Iterator[Document]:
        for raw in self._journal.values():
            yield bson.decode(raw, AWARE)
