"""No query without an index: what the services and the console ask of the store, judged by `explain` and by us."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import bson
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient
from rich.console import Console

from revcycle.demo.story import Course, Story
from revcycle.identity import issue_token
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS, MODULES
from revcycle.stack.ports import free_port
from revcycle.stack.record import StackRecord
from revcycle.stack.store_server import cached_binary
from revcycle.stack.up import start_behind, stop_stack
from shared.sealed import KeyVaultSealer
from shared.store.connect import connect, disconnect
from shared.store.mongo import MongoStore
from shared.store.places import RANK_END
from shared.store.port import Key, Mark, Store
from tests.bench.plans import (
    Index,
    Query,
    filter_served,
    index_of,
    may_scan,
    planned_otherwise,
    queries,
    served,
    stages,
)
from tests.bench.tap import Tap, read_message, tapped
from tests.e2e.stack import START
from tests.shared.till import AT, TILL

Database = MongoClient[dict[str, Any]]
EXPLAINS = "REVCYCLE_TEST_EXPLAINS"
"""Set where the store that tests run on explains its plans truthfully though it is not the Rust build."""
KEY = Key("lakeside", "t1")
SOON = AT + timedelta(seconds=60)


@pytest.fixture
def tap(mongo_url: str) -> Iterator[Tap]:
    with tapped(mongo_url) as found:
        yield found


def test_a_message_is_read_with_its_document_sequences() -> None:
    body = bson.encode({"update": "rows", "$db": "claims"})
    documents = b"".join(bson.encode({"q": {"_id": n}}) for n in range(2))
    section = b"updates\0" + documents
    parts = b"\0" + body + b"\1" + (len(section) + 4).to_bytes(4, "little") + section
    header = b"".join(n.to_bytes(4, "little") for n in (len(parts) + 20, 1, 0, 2013))
    told = read_message(header + bytes(4) + parts)
    assert told == {"update": "rows", "$db": "claims", "updates": [{"q": {"_id": 0}}, {"q": {"_id": 1}}]}


def test_a_scan_is_seen_however_deep_it_lies() -> None:
    plan = {"winningPlan": {"stage": "FETCH", "inputStage": {"stage": "COLLSCAN"}}, "rejectedPlans": [{"stage": "X"}]}
    assert list(stages({"stages": [{"$cursor": plan}]})) == ["FETCH", "COLLSCAN"]


@pytest.mark.parametrize(
    ("where", "sort", "limit", "wanted"),
    [
        ({"_id": {"$in": ["a"]}}, {}, 0, True),
        ({"_id": "a", "version": 3}, {}, 0, True),
        ({"keys": {"$all": ["a", "b"]}}, {}, 0, True),
        ({"$or": [{"_id": "a"}, {"keys": "b"}]}, {}, 0, True),
        ({}, {"_id": 1}, 100, True),
        ({}, {"_id": 1}, 0, False),
        ({}, {"due": 1}, 100, False),
        ({"$or": [{"_id": "a"}, {"name": "b"}]}, {}, 0, False),
        ({"name": "b"}, {}, 0, False),
        ({"_id": {"$ne": "a"}}, {}, 0, False),
        ({"keys": {"$elemMatch": {"$gte": "a", "$lt": "b"}}}, {}, 100, True),
        ({"keys": {"$elemMatch": {"$ne": "a"}}}, {}, 100, False),
        ({"due": {"$lte": 50}}, {}, 0, True),
        ({"due": {"$gt": 5}}, {}, 0, False),
        ({"due": {"$lte": 500}}, {}, 0, False),
    ],
)
def test_a_query_is_served_by_an_index_that_holds_all_it_may_find(
    where: dict[str, Any], sort: dict[str, int], limit: int, wanted: bool
) -> None:
    indexes = [Index("_id", None), Index("keys", None), Index("due", {"due": {"$lte": 99}})]
    assert served(Query("find", "d", "rows", where, sort, limit), indexes) is wanted


ENDS = st.integers(0, 9)
CONDITION = st.one_of(
    ENDS,
    st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$eq"]), ENDS, min_size=1),
    st.fixed_dictionaries({"$in": st.lists(ENDS, min_size=1)}),
    st.fixed_dictionaries({"$ne": ENDS}),
)


@given(where=st.dictionaries(st.sampled_from("ab"), CONDITION), first=st.sampled_from("ab"), most=ENDS)
def test_what_is_served_by_a_partial_index_is_all_in_it(where: dict[str, Any], first: str, most: int) -> None:
    """Whatever documents there are: an index that serves a filter has every document the filter finds."""
    if filter_served(where, [Index(first, {first: {"$lte": most}})]):
        documents = [{"a": a, "b": b} for a in range(10) for b in range(10)]
        assert all(document[first] <= most for document in documents if finds(where, document))


def finds(where: Mapping[str, Any], document: Mapping[str, int]) -> bool:
    return all(_meets(document[field], condition) for field, condition in where.items())


def _meets(value: int, condition: int | dict[str, Any]) -> bool:
    if isinstance(condition, int):
        return value == condition
    tests: dict[str, Callable[[Any], bool]] = {
        "$gt": lambda end: value > end,
        "$gte": lambda end: value >= end,
        "$lt": lambda end: value < end,
        "$lte": lambda end: value <= end,
        "$eq": lambda other: bool(value == other),
        "$ne": lambda other: bool(value != other),
        "$in": lambda these: value in these,
    }
    return all(tests[name](end) for name, end in condition.items())


def unserved(url: str, asked: Mapping[str, Query]) -> str:
    """A line for each query without an index, with what is wrong; empty where there is none."""
    with MongoClient[dict[str, Any]](url) as client:
        faults = [(shape, fault_of(client, query)) for shape, query in asked.items() if not may_scan(query)]
    return "\n".join(f"{fault}: {shape}" for shape, fault in faults if fault)


def fault_of(client: Database, query: Query) -> str:
    database = client[query.database]
    indexes = [index_of(one) for one in database[query.collection].list_indexes()]
    if not served(query, indexes or [Index("_id", None)]):  # a collection that is not there yet
        return "no index is declared"
    if planned_otherwise(query) or not (cached_binary().exists() or os.environ.get(EXPLAINS)):
        return ""
    plan = database.command({"explain": query.explained(), "verbosity": "queryPlanner"})
    return "the server scans" if "COLLSCAN" in stages(plan) else ""


@pytest.mark.stack
async def test_a_query_without_an_index_is_found(tap: Tap, mongo_url: str, database_name: str) -> None:
    client = connect(tap.url)
    await client[database_name]["rows"].insert_one({"_id": 1})
    await client[database_name]["rows"].find_one({"name": "x"})
    await client[database_name]["rows"].find_one({"_id": 1})
    await disconnect(client)
    found = unserved(mongo_url, queries(tap.asked)).splitlines()
    assert len(found) == 1
    assert found[0].startswith("no index is declared")
    assert '"name"' in found[0]


@pytest.mark.stack
async def test_every_query_of_the_store_has_an_index(tap: Tap, mongo_url: str, database_name: str) -> None:
    client = connect(tap.url)
    sealer = KeyVaultSealer(client, f"{database_name}.vault", bytes(96))
    await sealer.prepare()
    assert await sealer.open(await sealer.seal("lakeside", "owner", b"x")) == b"x"
    store = Watched(MongoStore(client[database_name]))
    await ask_everything(store)
    await sealer.close()
    await disconnect(client)
    methods = {name for name in vars(Store) if not name.startswith("_")}
    assert store.called == methods, "a new method of the store is asked here too"
    found = queries(tap.asked)
    assert len(found) > len(methods) / 2
    assert unserved(mongo_url, found) == ""


class Watched:
    """A store that remembers which of its methods were called."""

    def __init__(self, store: MongoStore) -> None:
        self._store, self.called = store, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self._store, name)


async def ask_everything(store: Any) -> None:
    """Each method of a store with each kind of argument that makes another query of it."""
    await store.prepare([TILL])
    await store.load(TILL, [KEY])
    await ask_for_aggregates(store)
    await ask_for_work(store)
    await ask_for_the_rest(store)


async def ask_for_aggregates(store: Any) -> None:
    from tests.shared.test_store_contract import PLACED, put

    await store.prepare([PLACED])
    await store.find_placed(PLACED, "lakeside", "full", "cents", (0, RANK_END), 10)
    await store.count_placed(PLACED, "lakeside", "full", "cents")
    written = await put(store, "a")
    await store.append(TILL, {KEY: written.outbox})
    await store.clear(TILL, {KEY: Mark("w", 1)})
    await store.history(TILL, KEY)
    await store.count(TILL, None, {})
    for tenant, where in (("lakeside", {}), ("lakeside", {"a": 1}), ("lakeside", {"a": 1, "b": 2})):
        await store.count(TILL, tenant, where)
        for after in (None, "t0"):
            await store.find(TILL, tenant, where, after, 10)
            assert len(await store.scan(TILL, after and KEY, 10)) == (not after)
            await store.find_among(TILL, tenant, "open", ["x", "y"], after, 10)
    for lines in (store.journal_since(None), store.journal_since(AT)):
        assert len([line async for line in lines]) == 1, "one fact, one aggregate"
    for first in ("", "t1"):
        assert len([line async for line in store.journal_of(TILL, "lakeside", first)]) == 1


async def ask_for_work(store: Any) -> None:
    for after in (None, KEY):
        await store.due(TILL, AT, after, 10)
    await store.lease(TILL, SOON, SOON, SOON, "me", 10)
    await store.keep_leases(TILL, {KEY: "me"}, AT)
    await store.wait_behind(TILL, {KEY: [("m", {})]})
    await store.waiting(TILL, KEY)
    await store.waiting_keys(TILL, 10)
    await store.done_waiting(TILL, KEY, ["m"])
    for tenant in (None, "lakeside"):
        await store.parked(TILL, tenant)
    await store.health([TILL], AT)
    await store.outlook(TILL)
    await store.marked(TILL, Mark("w", 0), 10)
    await store.report(Mark("w", 1), AT)
    await store.published_upto(["w"])
    await store.silent(AT, AT)
    await store.lay_to_rest("w", AT)


async def ask_for_the_rest(store: Any) -> None:
    await store.reserve("lakeside", "rule", {"a": "b"})
    await store.next_number("n")
    await store.put_blob("lakeside", "b", chunks())
    assert [chunk async for chunk in store.read_blob("lakeside", "b")] == [b"x"]
    await store.note("audit", "lakeside", "1", {})
    await store.note_all("audit", [("lakeside", "2", {})])
    await store.count_notes("audit")
    for tenant in (None, "lakeside"):
        for after in (None, "1"):
            await store.notes("audit", tenant, after, 10)
    await store.find_notes("audit", "lakeside", (), ("1", "9"), 10)
    await store.find_notes("audit", "lakeside", ("entry", "kind=read"), ("1", "9"), 10, newest_first=True)


async def chunks() -> Any:
    yield b"x"


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_query_of_a_whole_run_has_an_index(
    tap: Tap, mongo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVCYCLE_MONGO_POOL_SIZE", "4")
    layout, course = Layout(tmp_path / "stack"), Course(start=START, days=30, claims=6, public=False)
    console = Console(file=StringIO(), width=120)
    arguments = [f"--{name}-port={free_port()}" for name in DEFAULT_PORTS]
    arguments += [f"--mongo={tap.url}", f"--as-of={course.start}", f"--dir={layout.root}", "--log-level=WARNING"]
    try:
        record = start_behind(arguments, layout)
        assert asyncio.run(Story(course, layout, record, console).run()) == []
        visited = visit_everything(layout, record)
    finally:
        stop_stack(layout)
    assert visited > 100
    found = queries(tap.asked)
    assert len(found) > 60
    assert unserved(mongo_url, found) == ""


def visit_everything(layout: Layout, record: StackRecord) -> int:
    """Read every page of every service as somebody who may; how many answers were no refusal of the caller."""
    token = issue_token(layout, "lakeside", "t", ["operator", "auditor", "biller", "poster", "collector"])
    answered = 0
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for name in MODULES:
            if name == "sandbox":
                continue
            base = record.url(name) or ""
            for path in addresses(client.get(f"{base}/openapi.json").json()["paths"]):
                answer = client.get(base + path)
                assert answer.status_code not in {401, 403, 500}, path
                answered += 1
    return answered


def addresses(paths: Mapping[str, Any]) -> Iterator[str]:
    """Every GET, bare, and with each of the parameters it may have."""
    for path, methods in paths.items():
        if "get" in methods:
            parameters = methods["get"].get("parameters", [])
            there = path
            for one in parameters:
                if one["in"] == "path":
                    there = there.replace("{" + one["name"] + "}", "x")
            yield there
            asked = [one for one in parameters if one["in"] == "query"]
            yield from (f"{there}?{one['name']}={value}" for one in asked for value in values(one["schema"]))


def values(schema: Mapping[str, Any]) -> Sequence[str]:
    """Words that a parameter may be."""
    for one in (schema, *schema.get("anyOf", ())):
        if "enum" in one:
            return [str(value) for value in one["enum"]]
    return ["1", "x", datetime(2026, 7, 1, tzinfo=UTC).date().isoformat()]
