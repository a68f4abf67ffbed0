"""The store on MongoDB: one `find`, one unordered `bulk_write` a batch; state, outbox and effects share a document.

Speaks PyMongo's async API. Motor's client has the same methods for everything used here, so it may be given instead;
see `shared.store.connect`.
"""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from bson.binary import Binary
from bson.codec_options import CodecOptions
from pymongo import ReturnDocument, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.clock import Wall, system_wall
from shared.contracts import Message
from shared.decider import Decider, Entry, Fact, Scalar, Snapshot
from shared.store.documents import (
    ATTENTION,
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
    outbox_of,
    row_from_document,
    wanted_keys,
)
from shared.store.places import RANK_END, prefix_of, rank_in, text_at
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

DUPLICATE_KEY = 11000
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
PAGE = 1000
AFTER_NUMBERS = ";"  # the character after ":", which ends the writer in a mark
AFTER_SLASH = "0"  # the character after "/", which ends the tenant in an `_id`
SOME_TIME = {"$lte": FAR_AWAY}
READ_BY_TENANT = ("audit", "audit_anchors", "quarantine", "good_faith_estimates", "replay_jobs")
"""Notes that are listed for one tenant, in order: those of all the others must not be read for it."""
SEARCHED_BY_TENANT = ("audit",)
"""Notes that are found by the values in their `keys`."""


def wanting(tenant: str, where: Mapping[str, Scalar]) -> Document:
    """The query for a tenant's aggregates with these index values."""
    keys = wanted_keys(tenant, where)
    return {"keys": keys[0]} if len(keys) == 1 else {"keys": {"$all": keys}}


def journal_id(kind: str, key: Key, number: int) -> str:
    """Where a fact stands in the journal: an aggregate's facts lie side by side, in order."""
    return f"{kind}/{key}/{number:09}"


class MongoStore:
    """Implements `Store` on one database of one service."""

    def __init__(self, database: AsyncDatabase[Document], wall: Wall = system_wall) -> None:
        self._db = database.with_options(codec_options=AWARE)
        self._wall = wall

    async def prepare(self, deciders: Sequence[Decider[Any, Any, Any]]) -> None:
        for decider in deciders:
            rows = self._rows(decider)
            # One index for every equality query and mark: each index is paid at each write. The times are partial,
            # because at any moment nearly every aggregate waits for nothing.
            await rows.create_index([("keys", 1), ("id", 1)])
            if decider.has_places:
                await rows.create_index("places")
            if decider.keeps_history:
                await rows.create_index("mark")
            if decider.has_deadlines:
                await rows.create_index("next_due_at", partialFilterExpression={"next_due_at": SOME_TIME})
            if decider.has_effects:
                await rows.create_index("next_effect_at", partialFilterExpression={"next_effect_at": SOME_TIME})
        await self._db["journal"].create_index("recorded_at")
        await self._db["waiting"].create_index([("kind", 1), ("key", 1), ("order", 1)])
        # Each life of each process leaves a line here; those that did not rest long ago are few.
        await self._db["writers"].create_index("rests_at")
        for notes in READ_BY_TENANT:
            await self._db[notes].create_index([("tenant", 1), ("_id", 1)])
        for notes in SEARCHED_BY_TENANT:
            await self._db[notes].create_index([("tenant", 1), ("keys", 1), ("_id", 1)])

    async def load(self, decider: Decider[S, M, F], keys: Collection[Key], /) -> Mapping[Key, Row[S]]:
        found: dict[Key, Row[S]] = {key: Row(0, Snapshot(decider.initial)) for key in keys}
        ids = [str(key) for key in keys]
        # All at once, with nothing left to ask for: unless told more, a server answers with 101 documents at first.
        async for document in self._rows(decider).find({"_id": {"$in": ids}}, batch_size=len(ids) + 1):
            found[key_of(document)] = row_from_document(decider, document)
        return found

    async def commit(self, decider: Decider[S, M, F], writes: Sequence[Write[S]], /) -> Refused:
        failed: dict[Key, str] = {}
        updates: list[tuple[Key, UpdateOne]] = []
        for write in writes:
            try:
                updates.append((write.key, self._update(decider, write)))
            except DocumentTooLargeError:
                failed[write.key] = "document_too_large"
        lost: set[Key] = set()
        if updates:
            try:
                await self._rows(decider).bulk_write([update for _, update in updates], ordered=False)
            except BulkWriteError as error:
                for refused in error.details["writeErrors"]:
                    key = updates[int(refused["index"])][0]
                    # Only `_id` guards a version: a duplicate on another index is no lost race.
                    if refused["code"] == DUPLICATE_KEY and set(refused.get("keyPattern", {"_id": 1})) == {"_id"}:
                        lost.add(key)
                    else:
                        failed[key] = f"store_error_{refused['code']}"
        return Refused(frozenset(lost), failed)

    async def clear(self, decider: Decider[S, M, F], marks: Mapping[Key, Mark], /) -> None:
        empty: Document = {"$set": {"outbox": [], "mark": ""}}
        updates = [UpdateOne({"_id": str(key), "mark": str(mark)}, empty) for key, mark in marks.items()]
        if updates:
            await self._rows(decider).bulk_write(updates, ordered=False)

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        recorded_at = self._wall()
        lines = [
            {
                "_id": journal_id(decider.kind, key, entry["number"]),
                **journal_document(decider, key, entry, recorded_at),
            }
            for key, facts in entries.items()
            for entry in facts
        ]
        if lines:
            await self._insert_new("journal", lines)

    async def history(self, decider: Decider[S, M, F], key: Key, /) -> Sequence[Entry[F]]:
        # By the ids it must have, not by a range of them: the local server reads a range of ids by reading everything.
        snapshot = await self._rows(decider).find_one({"_id": str(key)}, {"facts": True})
        found: list[Entry[F]] = []
        for first in range(1, (snapshot["facts"] if snapshot else 0) + 1, PAGE):
            ids = [journal_id(decider.kind, key, n) for n in range(first, min(first + PAGE, snapshot["facts"] + 1))]
            lines = self._db["journal"].find({"_id": {"$in": ids}})
            found += [entry_from_document(decider, line) async for line in lines]
        return sorted(found, key=lambda entry: entry.number)

    async def journal_since(self, since: datetime | None, /) -> AsyncIterator[JournalLine]:
        where: Document = {} if since is None else {"recorded_at": {"$gte": since}}
        async for line in self._db["journal"].find(where).sort("_id", 1):
            yield journal_line(line)

    async def journal_of(self, decider: Decider[Any, Any, Any], tenant: str, first: str, /) -> AsyncIterator[Document]:
        # One cursor over the range, and no page after page: each would read the whole range on the local server.
        start = f"{decider.kind}/{tenant}/" + (f"{first}/" if first else "")
        where = {"_id": {"$gte": start, "$lt": f"{decider.kind}/{tenant}{AFTER_SLASH}"}}
        async for line in self._db["journal"].find(where, {"event": False, "type": False}).sort("_id", 1):
            yield line

    async def marked(self, decider: Decider[S, M, F], after: Mark, limit: int, /) -> Sequence[Key]:
        where = {"mark": {"$gt": str(after), "$lt": f"{after.writer}{AFTER_NUMBERS}"}}
        fields = {"tenant": True, "id": True}
        return [key_of(d) async for d in self._rows(decider).find(where, fields).limit(limit)]

    async def report(self, upto: Mark, at: datetime, /) -> None:
        said = {"$set": {"upto": upto.number, "heard_at": at, "rests_at": FAR_AWAY}}
        await self._db["writers"].update_one({"_id": upto.writer}, said, upsert=True)

    async def published_upto(self, writers: Collection[str], /) -> Mapping[str, Mark]:
        found = self._db["writers"].find({"_id": {"$in": list(writers)}})
        return {d["_id"]: Mark(d["_id"], d["upto"]) async for d in found}

    async def silent(self, before: datetime, rests_since: datetime, /) -> Sequence[Mark]:
        found = self._db["writers"].find({"heard_at": {"$lt": before}, "rests_at": {"$gt": rests_since}})
        return [Mark(d["_id"], d["upto"]) async for d in found]

    async def lay_to_rest(self, writer: str, at: datetime, /) -> None:
        await self._db["writers"].update_one({"_id": writer}, {"$set": {"rests_at": at}})

    async def due(
        self, decider: Decider[S, M, F], as_of: datetime, after: Key | None, limit: int, /
    ) -> Sequence[tuple[Key, datetime, str]]:
        where: Document = {"next_due_at": {"$lte": as_of}}
        if after is not None:
            where["_id"] = {"$gt": str(after)}
        fields = {"tenant": True, "id": True, "next_due_at": True, "record_key": True}
        cursor = self._rows(decider).find(where, fields).sort("_id", 1).limit(limit)
        return [(key_of(d), d["next_due_at"], d["record_key"]) async for d in cursor]

    async def lease(
        self, decider: Decider[S, M, F], as_of: datetime, now: datetime, until: datetime, owner: str, limit: int, /
    ) -> Sequence[Leased]:
        rows = self._rows(decider)
        ready: Document = {"next_effect_at": {"$lte": as_of}, "lease_until": {"$lte": now}}
        found = [d async for d in rows.find(ready).limit(limit)]
        if not found:
            return ()
        take = {"$set": {"lease_until": until, "lease_owner": owner}}
        unchanged = [{"_id": d["_id"], "version": d["version"], "lease_until": {"$lte": now}} for d in found]
        taken = await rows.bulk_write([UpdateOne(which, take) for which in unchanged], ordered=False)
        if taken.matched_count < len(found):  # others took or changed some: look which are ours
            ours = {"_id": {"$in": [d["_id"] for d in found]}, "lease_owner": owner}
            found = [d async for d in rows.find(ours)]
        leased: list[Leased] = []
        for document in found:
            effects = row_from_document(decider, document).snapshot.effects.values()
            due = tuple(p for p in effects if p.next_attempt_at <= as_of and not p.stuck)
            leased.append(Leased(key_of(document), due))
        return leased

    async def keep_leases(self, decider: Decider[S, M, F], owners: Mapping[Key, str], until: datetime, /) -> None:
        updates = [
            UpdateOne({"_id": str(key), "lease_owner": owner}, {"$set": {"lease_until": until}})
            for key, owner in owners.items()
        ]
        if updates:
            await self._rows(decider).bulk_write(updates, ordered=False)

    async def find(
        self, decider: Decider[S, M, F], tenant: str, where: Mapping[str, Scalar], after: str | None, limit: int, /
    ) -> Sequence[tuple[Key, S]]:
        if where:
            query = wanting(tenant, where)
            if after is not None:
                query["id"] = {"$gt": after}
            cursor = self._rows(decider).find(query, {"outbox": False, "effects": False}).sort("id", 1).limit(limit)
        else:  # `_id` begins with the tenant, so it serves the plain listing
            query = {"_id": {"$gt": f"{tenant}/{after or ''}", "$lt": f"{tenant}{AFTER_SLASH}"}}
            cursor = self._rows(decider).find(query, {"outbox": False, "effects": False}).sort("_id", 1).limit(limit)
        return [(key_of(d), row_from_document(decider, d).snapshot.state) async for d in cursor]

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
        query: Document = {"keys": {"$in": [index_key(tenant, name, value) for value in values]}}
        if after is not None:
            query["id"] = {"$gt": after}
        cursor = self._rows(decider).find(query, {"outbox": False, "effects": False}).sort("id", 1).limit(limit)
        return [(key_of(d), row_from_document(decider, d).snapshot.state) async for d in cursor]

    async def find_placed(
        self, decider: Decider[S, M, F], tenant: str, list: str, order: str, between: tuple[int, int], most: int, /
    ) -> Sequence[tuple[Key, S, int]]:
        prefix = prefix_of(tenant, list, order)
        first, last = (text_at(tenant, list, order, rank) for rank in between)
        # `$elemMatch` keeps both bounds of the index on the same place; without it one of them would be a filter.
        query = {"places": {"$elemMatch": {"$gte": first, "$lt": last}}}
        cursor = self._rows(decider).find(query, {"outbox": False, "effects": False}).limit(most)
        found = [
            (key_of(d), row_from_document(decider, d).snapshot.state, rank_in(d["places"], prefix))
            async for d in cursor
        ]
        return sorted(found, key=lambda row: (row[2], row[0].id))

    async def count_placed(self, decider: Decider[S, M, F], tenant: str, list: str, order: str, /) -> int:
        first, last = text_at(tenant, list, order, 0), text_at(tenant, list, order, RANK_END)
        query = {"places": {"$elemMatch": {"$gte": first, "$lt": last}}}
        return int(await self._rows(decider).count_documents(query))

    async def scan(self, decider: Decider[S, M, F], after: Key | None, limit: int, /) -> Sequence[tuple[Key, S]]:
        query = {"_id": {"$gt": "" if after is None else str(after)}}
        cursor = self._rows(decider).find(query, {"outbox": False, "effects": False}).sort("_id", 1).limit(limit)
        return [(key_of(d), row_from_document(decider, d).snapshot.state) async for d in cursor]

    async def count(self, decider: Decider[S, M, F], tenant: str | None, where: Mapping[str, Scalar], /) -> int:
        if where and tenant is not None:
            query = wanting(tenant, where)
        elif where:
            msg = "a count by index value needs its tenant"
            raise ValueError(msg)
        else:
            query = {} if tenant is None else {"_id": {"$gt": f"{tenant}/", "$lt": f"{tenant}{AFTER_SLASH}"}}
        return int(await self._rows(decider).count_documents(query))

    async def wait_behind(
        self, decider: Decider[S, M, F], messages: Mapping[Key, Sequence[tuple[str, Document]]], /
    ) -> None:
        order = await self.next_number("waiting")
        lines = [
            {
                "_id": f"{decider.kind}/{key}/{message_id}",
                "kind": decider.kind,
                "key": str(key),
                "tenant": key.tenant,
                "message_id": message_id,
                "order": [order, n],
                "message": document,
            }
            for key, waiting in messages.items()
            for n, (message_id, document) in enumerate(waiting)
        ]
        if lines:
            await self._insert_new("waiting", lines)

    async def waiting(self, decider: Decider[S, M, F], key: Key, /) -> Sequence[tuple[str, Document]]:
        lines = [d async for d in self._db["waiting"].find({"kind": decider.kind, "key": str(key)})]
        return [(d["message_id"], d["message"]) for d in sorted(lines, key=lambda d: list(d["order"]))]

    async def done_waiting(self, decider: Decider[S, M, F], key: Key, ids: Collection[str], /) -> None:
        handled = {"$in": [f"{decider.kind}/{key}/{message_id}" for message_id in ids]}
        await self._db["waiting"].delete_many({"_id": handled})

    async def waiting_keys(self, decider: Decider[S, M, F], limit: int, /) -> Sequence[Key]:
        lines = self._db["waiting"].find({"kind": decider.kind}, {"key": True}).limit(limit)
        return list({str(d["key"]): Key(*str(d["key"]).split("/", 1)) async for d in lines}.values())

    async def parked(self, decider: Decider[S, M, F], tenant: str | None, /) -> Sequence[tuple[Key, str, int]]:
        where: Document = {"keys": ATTENTION, "parked": {"$ne": None}}
        if tenant is not None:
            where["tenant"] = tenant
        rows = [d async for d in self._rows(decider).find(where, {"tenant": True, "id": True, "parked": True})]
        found: list[tuple[Key, str, int]] = []
        for document in rows:
            key = key_of(document)
            waiting = await self._db["waiting"].count_documents({"kind": decider.kind, "key": str(key)})
            found.append((key, document["parked"], int(waiting)))
        return found

    async def health(self, deciders: Sequence[Decider[Any, Any, Any]], as_of: datetime, /) -> Health:
        counts = [await self._health_of(decider, as_of) for decider in deciders]
        return Health(
            effects_due=sum(c.effects_due for c in counts),
            effects_stuck=sum(c.effects_stuck for c in counts),
            deadlines_due=sum(c.deadlines_due for c in counts),
            parked=sum(c.parked for c in counts),
            waiting=int(await self._db["waiting"].estimated_document_count()),
            next_due_at=min((c.next_due_at for c in counts if c.next_due_at is not None), default=None),
            next_effect_at=min((c.next_effect_at for c in counts if c.next_effect_at is not None), default=None),
        )

    async def outlook(self, decider: Decider[S, M, F], /) -> Outlook:
        return Outlook(
            next_due_at=await self._first_after(decider, "next_due_at", NEVER),
            next_effect_at=await self._first_after(decider, "next_effect_at", NEVER),
        )

    async def reserve(self, tenant: str, rule: str, wanted: Mapping[str, str], /) -> Mapping[str, str]:
        ids = {f"{tenant}/{rule}/{key}": key for key in wanted}
        lines = [{"_id": i, "tenant": tenant, "rule": rule, "holder": wanted[key]} for i, key in ids.items()]
        await self._insert_new("reservations", lines)
        holders = self._db["reservations"].find({"_id": {"$in": list(ids)}})
        return {ids[d["_id"]]: str(d["holder"]) async for d in holders}

    async def next_number(self, name: str, count: int = 1, /) -> int:
        counter = await self._db["counters"].find_one_and_update(
            {"_id": name}, {"$inc": {"value": count}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        assert counter is not None, "an upsert that returns the document after it always has one"
        return int(counter["value"]) - count + 1

    async def put_blob(self, tenant: str, name: str, chunks: AsyncIterable[bytes], /) -> None:
        rows = self._db["blobs"]
        n = 0
        async for chunk in chunks:
            identity = {"_id": f"{tenant}/{name}/{n:06}"}
            await rows.replace_one(
                identity, {"tenant": tenant, "name": name, "n": n, "data": Binary(chunk)}, upsert=True
            )
            n += 1
        head = {"tenant": tenant, "name": name, "chunks": n}
        await rows.replace_one({"_id": f"{tenant}/{name}"}, head, upsert=True)

    async def read_blob(self, tenant: str, name: str, /) -> AsyncIterator[bytes]:
        head = await self._db["blobs"].find_one({"_id": f"{tenant}/{name}"})
        if head is None:
            raise KeyError(name)
        for n in range(head["chunks"]):
            chunk = await self._db["blobs"].find_one({"_id": f"{tenant}/{name}/{n:06}"})
            if chunk is None:
                raise KeyError(name)
            yield bytes(chunk["data"])

    async def note(self, collection: str, tenant: str, id: str, document: Document, /) -> bool:
        try:
            await self._db[collection].insert_one({**document, "_id": id, "tenant": tenant})
        except DuplicateKeyError:
            return False
        return True

    async def note_all(self, collection: str, notes: Sequence[tuple[str, str, Document]], /) -> None:
        lines = [{**document, "_id": note_id, "tenant": tenant} for tenant, note_id, document in notes]
        if lines:
            await self._insert_new(collection, lines)

    async def notes(self, collection: str, tenant: str | None, after: str | None, limit: int, /) -> Sequence[Document]:
        where: Document = {} if tenant is None else {"tenant": tenant}
        if after is not None:
            where["_id"] = {"$gt": after}
        cursor = self._db[collection].find(where).sort("_id", 1).limit(limit)
        return [{**{k: v for k, v in d.items() if k != "_id"}, "id": str(d["_id"])} async for d in cursor]

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
        where: Document = {"tenant": tenant, "_id": {"$gt": between[0], "$lt": between[1]}}
        if keys:
            where["keys"] = {"$all": list(keys)}
        cursor = self._db[collection].find(where).sort("_id", -1 if newest_first else 1).limit(limit)
        return [{**{k: v for k, v in d.items() if k != "_id"}, "id": str(d["_id"])} async for d in cursor]

    async def count_notes(self, collection: str, /) -> int:
        return int(await self._db[collection].estimated_document_count())

    async def _health_of(self, decider: Decider[Any, Any, Any], as_of: datetime) -> Health:
        rows = self._rows(decider)
        troubled = [d async for d in rows.find({"keys": ATTENTION}, {"effects_stuck": True, "parked": True})]
        effects_due = deadlines_due = 0
        if decider.has_effects:
            effects_due = int(await rows.count_documents({"next_effect_at": {"$lte": as_of}}))
        if decider.has_deadlines:
            deadlines_due = int(await rows.count_documents({"next_due_at": {"$lte": as_of}}))
        return Health(
            effects_due=effects_due,
            effects_stuck=sum(d["effects_stuck"] for d in troubled),
            deadlines_due=deadlines_due,
            parked=sum(d["parked"] is not None for d in troubled),
            waiting=0,
            next_due_at=await self._first_after(decider, "next_due_at", as_of),
            next_effect_at=await self._first_after(decider, "next_effect_at", as_of),
        )

    async def _first_after(self, decider: Decider[Any, Any, Any], field: str, as_of: datetime) -> datetime | None:
        if not (decider.has_deadlines if field == "next_due_at" else decider.has_effects):
            return None
        # The upper bound says what the partial index says, or the planner may not use it.
        later = {field: {"$gt": as_of, "$lte": FAR_AWAY}}
        async for document in self._rows(decider).find(later, {field: True}).sort(field, 1).limit(1):
            first: datetime = document[field]
            return first
        return None

    def _update(self, decider: Decider[S, M, F], write: Write[S]) -> UpdateOne:
        # Always an upsert: a stale version then tries to insert a second `_id`, and the duplicate-key error names
        # which write lost. Without it a miss is silent.
        fields = fields_of(decider, write) | outbox_of(write)
        check_size(fields)
        free = {"lease_until": NEVER, "lease_owner": ""}
        effects = {f"effects.{p.id}": effect_to_document(decider, p) for p in write.changed_effects}
        update: Document = {
            "$set": {**fields, **effects, **(free if write.lets_go else {})},
        }
        if not write.lets_go:
            update["$setOnInsert"] = free
        if write.answered:
            update["$unset"] = {f"effects.{effect_id}": "" for effect_id in write.answered}
        return UpdateOne({"_id": str(write.key), "version": write.version}, update, upsert=True)

    async def _insert_new(self, collection: str, lines: Sequence[Document]) -> None:
        try:
            await self._db[collection].insert_many(lines, ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]):
                raise

    def _rows(self, decider: Decider[Any, Any, Any]) -> Any:
        return self._db[decider.kind]
