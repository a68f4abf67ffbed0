"""One contract for every store: memory, MongoDB by PyMongo's async API, MongoDB by Motor."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.decider import Snapshot
from shared.store.connect import connect, disconnect
from shared.store.documents import entry_from_document, entry_to_document
from shared.store.memory import MemoryStore
from shared.store.mongo import MongoStore
from shared.store.places import RANK_END, Place, value_at
from shared.store.port import DOCUMENT_BYTES_MAX, Key, Mark, Store, Write
from tests.shared.till import AT, TILL, Rung, Till, meta, pay

T1 = Key("lakeside", "t1")
WALL = datetime(2026, 11, 1, tzinfo=UTC)
LATER = WALL + timedelta(minutes=1)


class HandWall:
    """A machine's clock that a test sets."""

    def __init__(self) -> None:
        self.now = WALL

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(
    params=["memory", pytest.param("pymongo", marks=pytest.mark.stack), pytest.param("motor", marks=pytest.mark.stack)]
)
async def store(request: pytest.FixtureRequest, database_name: str) -> AsyncGenerator[Store]:
    if request.param == "memory":
        memory = MemoryStore(WALL)
        await memory.prepare([TILL])
        yield memory
        return
    client = connect(request.getfixturevalue("mongo_url"), request.param)
    mongo = MongoStore(client[database_name], HandWall())
    await mongo.prepare([TILL])
    yield mongo
    await client.drop_database(database_name)
    await disconnect(client)


async def put(store: Store, *receipts: str, key: Key = T1) -> Write[Till]:
    """Decide payments on what is stored, and commit."""
    row = (await store.load(TILL, [key]))[key]
    decided = TILL.run(row.snapshot, [pay(r, till=key.id, tenant=key.tenant) for r in receipts])
    mark = Mark("writer", row.version + 1)
    outbox = tuple(entry_to_document(TILL, entry) for entry in decided.entries)
    write = Write(key, row.version, decided.snapshot, outbox, decided.started, decided.answered, mark=mark)
    assert not (await store.commit(TILL, [write])).lost
    return write


async def test_what_is_missing_is_version_zero_and_the_initial_state(store: Store) -> None:
    row = (await store.load(TILL, [T1]))[T1]
    assert row == (0, Snapshot(Till()), (), None, None)


async def test_what_was_committed_is_loaded(store: Store) -> None:
    written = await put(store, "a", "b", "c")
    row = (await store.load(TILL, [T1]))[T1]
    assert row.version == 1
    assert row.snapshot == written.snapshot
    assert row.outbox == written.outbox
    assert row.mark == written.mark
    assert len(row.snapshot.effects) == 1


async def test_a_stale_version_loses_and_changes_nothing(store: Store) -> None:
    first = await put(store, "a")
    stale = Write(T1, 0, first.snapshot, first.outbox, mark=Mark("other", 7))
    fresh: Write[Till] = Write(Key("lakeside", "t2"), 0, first.snapshot)
    refused = await store.commit(TILL, [stale, fresh])
    assert refused.lost == {T1}
    rows = await store.load(TILL, [T1, fresh.key])
    assert (rows[T1].version, rows[fresh.key].version) == (1, 1)
    assert rows[T1].mark == first.mark


async def test_a_document_past_its_limit_fails_alone(store: Store) -> None:
    huge: Write[Till] = Write(T1, 0, Snapshot(Till(till="x" * DOCUMENT_BYTES_MAX)))
    small: Write[Till] = Write(Key("lakeside", "t2"), 0, Snapshot(Till(till="t2")))
    refused = await store.commit(TILL, [huge, small])
    assert refused == (frozenset(), {T1: "document_too_large"})
    assert (await store.load(TILL, [small.key]))[small.key].version == 1


async def test_the_next_write_replaces_an_outbox_or_leaves_it(store: Store) -> None:
    await put(store, "a", "b")
    second = await put(store, "c")
    row = (await store.load(TILL, [T1]))[T1]
    assert row.outbox == second.outbox
    untouched: Write[Till] = Write(T1, row.version, row.snapshot)
    await store.commit(TILL, [untouched])
    assert (await store.load(TILL, [T1]))[T1][2:] == (row.outbox, row.mark, None)
    emptied: Write[Till] = Write(T1, row.version + 1, row.snapshot, ())
    await store.commit(TILL, [emptied])
    assert (await store.load(TILL, [T1]))[T1][2:] == ((), None, None)


async def test_an_outbox_is_found_by_its_mark_and_cleared_by_it_alone(store: Store) -> None:
    mark = (await put(store, "a")).mark
    assert mark is not None
    assert await store.marked(TILL, mark._replace(number=0), 10) == [T1]
    assert await store.marked(TILL, mark, 10) == []
    assert await store.marked(TILL, Mark("write", 0), 10) == []
    await store.clear(TILL, {T1: mark._replace(number=9)})
    assert (await store.load(TILL, [T1]))[T1].outbox != ()
    await store.clear(TILL, {T1: mark})
    row = (await store.load(TILL, [T1]))[T1]
    assert (row.version, row.outbox, row.mark) == (1, (), None)
    assert await store.marked(TILL, mark._replace(number=0), 10) == []


async def test_writers_report_and_are_missed_when_they_are_silent(store: Store) -> None:
    await store.report(Mark("a", 3), WALL)
    await store.report(Mark("b", 5), LATER)
    assert await store.published_upto(["a", "b", "c"]) == {"a": ("a", 3), "b": ("b", 5)}
    assert await store.silent(LATER, LATER) == [("a", 3)]
    await store.lay_to_rest("a", LATER)
    assert await store.silent(LATER, WALL) == [("a", 3)], "it stays in sight for a while"
    assert await store.silent(LATER, LATER) == []
    assert await store.published_upto(["a"]) == {"a": ("a", 3)}
    await store.report(Mark("a", 4), WALL)
    assert await store.silent(LATER, LATER) == [("a", 4)]


async def test_the_journal_takes_a_fact_once_and_keeps_its_order(store: Store) -> None:
    write = await put(store, "a", "b")
    assert write.outbox is not None
    await store.append(TILL, {T1: write.outbox[1:]})
    await store.append(TILL, {T1: write.outbox})
    entries = [entry_from_document(TILL, document) for document in write.outbox]
    assert await store.history(TILL, T1) == entries
    assert TILL.fold(e.fact for e in await store.history(TILL, T1)) == write.snapshot.state
    lines = [line async for line in store.journal_since(None)]
    assert [line.id for line in lines] == [str(e.meta.id) for e in entries]
    assert [line.document["fact"] for line in lines] == [e.fact.model_dump(mode="json") for e in entries]
    assert [line async for line in store.journal_since(LATER)] == []


async def test_a_tenants_journal_comes_by_aggregate_and_number_from_any_of_them_on(store: Store) -> None:
    keys = [
        Key("lakeside", "a"),
        Key("lakeside", "a-b"),
        Key("lakeside", "b"),
        Key("lakesid", "x"),
        Key("lakesidf", "y"),
    ]
    for key in keys:
        write = await put(store, "r1", "r2", key=key)
        assert write.outbox is not None
        await store.append(TILL, {key: write.outbox})

    async def lines(tenant: str, first: str) -> list[tuple[str, int]]:
        return [(line["aggregate_id"], line["number"]) async for line in store.journal_of(TILL, tenant, first)]

    in_order = await lines("lakeside", "")
    assert sorted(in_order) == [(name, n) for name in ("a", "a-b", "b") for n in (1, 2)]
    assert await lines("lakeside", "a") == in_order[in_order.index(("a", 1)) :]
    assert await lines("lakeside", "b") == [("b", 1), ("b", 2)]
    assert await lines("lakesid", "") == [("x", 1), ("x", 2)]
    assert not [one async for one in store.journal_of(TILL, "lakeside", "") if "event" in one]


async def test_deadlines_are_paged_by_key(store: Store) -> None:
    keys = [Key("lakeside", "a"), Key("lakeside", "b"), Key("northgate", "a")]
    for key in keys:
        await put(store, "r", key=key)
    due_at = AT + timedelta(hours=8)
    assert await store.due(TILL, due_at - timedelta(seconds=1), None, 10) == []
    first = await store.due(TILL, due_at, None, 2)
    assert first == [(keys[0], due_at, "a"), (keys[1], due_at, "b")]
    assert await store.due(TILL, due_at, first[-1][0], 2) == [(keys[2], due_at, "a")]


async def test_a_lease_keeps_others_away_until_it_ends(store: Store) -> None:
    await put(store, "a", "b", "c")
    [leased] = await store.lease(TILL, AT, WALL, LATER, "one", 10)
    assert (leased.key, len(leased.effects)) == (T1, 1)
    assert list(await store.lease(TILL, AT, WALL, LATER, "two", 10)) == []
    assert len(await store.lease(TILL, AT, LATER, LATER + timedelta(minutes=1), "two", 10)) == 1
    await store.keep_leases(TILL, {T1: "one"}, WALL)  # a late owner cannot give away what is not its own any more
    assert list(await store.lease(TILL, AT, LATER, LATER + timedelta(minutes=1), "three", 10)) == []
    await store.keep_leases(TILL, {T1: "two"}, WALL)
    assert len(await store.lease(TILL, AT, LATER, LATER + timedelta(minutes=1), "three", 10)) == 1


async def test_a_write_may_let_go_of_a_lease(store: Store) -> None:
    write = await put(store, "a", "b", "c")
    assert len(await store.lease(TILL, AT, WALL, LATER, "one", 10)) == 1
    await store.commit(TILL, [Write(T1, 1, write.snapshot)])
    assert list(await store.lease(TILL, AT, WALL, LATER, "two", 10)) == []
    await store.commit(TILL, [Write(T1, 2, write.snapshot, lets_go=True)])
    assert len(await store.lease(TILL, AT, WALL, LATER, "two", 10)) == 1


async def test_an_effect_waits_for_its_time_and_goes_when_answered(store: Store) -> None:
    write = await put(store, "a", "b", "c")
    assert list(await store.lease(TILL, AT - timedelta(seconds=1), WALL, LATER, "one", 10)) == []
    [effect] = write.changed_effects
    row = (await store.load(TILL, [T1]))[T1]
    rung = TILL.run(row.snapshot, [Rung(meta=meta("rung", causation=effect.id), till="t1")])
    assert rung.answered == (effect.id,)
    outbox = tuple(entry_to_document(TILL, entry) for entry in rung.entries)
    answered = Write(T1, row.version, rung.snapshot, outbox, rung.started, rung.answered, mark=row.mark)
    await store.commit(TILL, [answered])
    assert (await store.load(TILL, [T1]))[T1].snapshot.effects == {}
    assert list(await store.lease(TILL, AT, LATER, LATER, "one", 10)) == []


async def test_a_query_finds_those_with_any_of_several_index_values(store: Store) -> None:
    for tenant, name in [("lakeside", "a"), ("lakeside", "b"), ("lakeside", "c"), ("northgate", "d")]:
        await put(store, "r", key=Key(tenant, name))
    every = [key.id for key, _ in await store.find_among(TILL, "lakeside", "open", [True], None, 10)]
    assert every == ["a", "b", "c"]
    assert [key.id for key, _ in await store.find_among(TILL, "lakeside", "open", [True], "a", 1)] == ["b"]
    assert await store.find_among(TILL, "lakeside", "open", ["other", "more"], None, 10) == []
    assert await store.find_among(TILL, "lakeside", "open", [], None, 10) == []


async def test_queries_see_one_tenant_by_index_value(store: Store) -> None:
    for tenant, name in [("lakeside", "a"), ("lakeside", "b"), ("northgate", "a")]:
        await put(store, "r", key=Key(tenant, name))
    found = await store.find(TILL, "lakeside", {"open": True}, None, 10)
    assert [key for key, _ in found] == [Key("lakeside", "a"), Key("lakeside", "b")]
    assert [key.id for key, _ in await store.find(TILL, "lakeside", {}, "a", 10)] == ["b"]
    with pytest.raises(ValueError, match="lack: open"):
        await store.find(TILL, "lakeside", {"open": False}, None, 10)
    assert await store.count(TILL, "lakeside", {"open": True}) == 2
    assert await store.count(TILL, None, {}) == 3
    assert await store.count(TILL, "northgate", {}) == 1
    everybody = [Key("lakeside", "a"), Key("lakeside", "b"), Key("northgate", "a")]
    assert [key for key, _ in await store.scan(TILL, None, 10)] == everybody
    assert [key for key, _ in await store.scan(TILL, everybody[0], 1)] == everybody[1:2]


async def test_messages_wait_in_order_and_once(store: Store) -> None:
    await store.wait_behind(TILL, {T1: [("m2", {"n": 2}), ("m1", {"n": 1})]})
    await store.wait_behind(TILL, {T1: [("m2", {"n": 2}), ("m3", {"n": 3})]})
    assert await store.waiting(TILL, T1) == [("m2", {"n": 2}), ("m1", {"n": 1}), ("m3", {"n": 3})]
    assert await store.waiting_keys(TILL, 10) == [T1]
    await store.done_waiting(TILL, T1, ["m2", "m3"])
    assert [message_id for message_id, _ in await store.waiting(TILL, T1)] == ["m1"]


async def test_a_parked_aggregate_is_seen_and_left_alone(store: Store) -> None:
    written = await put(store, "a", "b", "c")
    await store.commit(TILL, [Write(T1, 1, written.snapshot, parked="a reason")])
    await store.wait_behind(TILL, {T1: [("m1", {})]})
    assert await store.parked(TILL, "lakeside") == [(T1, "a reason", 1)]
    assert await store.parked(TILL, "northgate") == []
    assert (await store.load(TILL, [T1]))[T1].parked == "a reason"
    assert list(await store.lease(TILL, AT, WALL, LATER, "one", 10)) == []
    assert await store.due(TILL, AT + timedelta(days=1), None, 10) == []


async def test_health_counts_what_waits(store: Store) -> None:
    await put(store, "a", "b", "c")
    health = await store.health([TILL], AT)
    assert health == (1, 0, 0, 0, 0, AT + timedelta(hours=8), None)
    assert (await store.health([TILL], AT + timedelta(days=1))).deadlines_due == 1


async def test_the_first_holder_of_a_reservation_keeps_it(store: Store) -> None:
    assert await store.reserve("lakeside", "check", {"k1": "a"}) == {"k1": "a"}
    assert await store.reserve("lakeside", "check", {"k1": "b", "k2": "b"}) == {"k1": "a", "k2": "b"}
    assert await store.reserve("northgate", "check", {"k1": "c"}) == {"k1": "c"}
    assert await store.reserve("lakeside", "other", {"k1": "d"}) == {"k1": "d"}


async def test_numbers_are_never_given_twice(store: Store) -> None:
    assert [await store.next_number("n") for _ in range(3)] == [1, 2, 3]
    assert await store.next_number("m") == 1


async def test_blobs_come_back_as_they_were_put(store: Store) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        yield b"one"
        yield b"two"

    await store.put_blob("lakeside", "file", chunks())
    assert [chunk async for chunk in store.read_blob("lakeside", "file")] == [b"one", b"two"]
    with pytest.raises(KeyError):
        [chunk async for chunk in store.read_blob("northgate", "file")]


async def test_notes_are_appended_once_and_read_by_tenant(store: Store) -> None:
    assert await store.note("audit", "lakeside", "1", {"action": "a"})
    assert not await store.note("audit", "lakeside", "1", {"action": "b"})
    assert await store.note("audit", "northgate", "2", {"action": "c"})
    expected: list[dict[str, Any]] = [{"id": "1", "tenant": "lakeside", "action": "a"}]
    assert await store.notes("audit", "lakeside", None, 10) == expected
    assert [n["id"] for n in await store.notes("audit", None, "1", 10)] == ["2"]
    assert await store.count_notes("audit") == 2


async def test_notes_are_found_by_their_keys_between_two_ids_either_way(store: Store) -> None:
    for n, keys in enumerate([["a", "b"], ["a"], ["a", "b"], ["b"]]):
        await store.note("audit", "lakeside", str(n), {"keys": keys})
    await store.note("audit", "northgate", "9", {"keys": ["a", "b"]})

    async def found(keys: list[str], first: str, last: str, limit: int = 9, **how: bool) -> list[str]:
        notes = await store.find_notes("audit", "lakeside", keys, (first, last), limit, **how)
        return [str(note["id"]) for note in notes]

    assert await found(["a", "b"], "", "z") == ["0", "2"]
    assert await found([], "0", "3") == ["1", "2"]
    assert await found(["a"], "", "z", 2, newest_first=True) == ["2", "1"]


def shelves(till: Till) -> tuple[Place, ...]:
    """A till with money stands in a list by how much it holds, and in one by how many receipts."""
    if not till.total_cents:
        return ()
    return (Place("full", "cents", till.total_cents), Place("full", "receipts", len(till.receipts)))


PLACED = replace(TILL, places=shelves)


async def placed(store: Store, tenant: str, between: tuple[int, int], most: int = 10) -> list[str]:
    return [key.id for key, _, _ in await store.find_placed(PLACED, tenant, "full", "cents", between, most)]


async def test_an_ordered_list_is_read_in_stretches_of_ranks(store: Store) -> None:
    await store.prepare([PLACED])
    for n, tenant in enumerate(["lakeside", "lakeside", "lakeside", "northgate"], 1):
        key = Key(tenant, f"t{n}")
        decided = PLACED.run(Snapshot(PLACED.initial), [pay("r1", 100 * n, till=key.id, tenant=tenant)])
        assert not (await store.commit(PLACED, [Write(key, 0, decided.snapshot)])).lost
    empty = Snapshot(PLACED.initial)
    assert not (await store.commit(PLACED, [Write(Key("lakeside", "t0"), 0, empty)])).lost
    everything = (0, RANK_END)
    assert await placed(store, "lakeside", everything) == ["t1", "t2", "t3"]
    found = await store.find_placed(PLACED, "lakeside", "full", "cents", everything, 10)
    assert [value_at(rank) for _, _, rank in found] == [100, 200, 300]
    assert await placed(store, "lakeside", (found[1][2], found[2][2])) == ["t2"]
    assert await placed(store, "northgate", everything) == ["t4"]
    assert len(await placed(store, "lakeside", everything, most=2)) == 2
    assert await store.count_placed(PLACED, "lakeside", "full", "receipts") == 3
    assert await store.count_placed(PLACED, "lakeside", "full", "nothing") == 0


async def test_a_place_is_left_when_the_state_says_so(store: Store) -> None:
    await store.prepare([PLACED])
    decided = PLACED.run(Snapshot(PLACED.initial), [pay("r1", 100)])
    await store.commit(PLACED, [Write(T1, 0, decided.snapshot)])
    assert await placed(store, "lakeside", (0, RANK_END)) == ["t1"]
    await store.commit(PLACED, [Write(T1, 1, Snapshot(PLACED.initial))])
    assert await placed(store, "lakeside", (0, RANK_END)) == []
