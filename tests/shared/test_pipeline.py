"""The pipeline: what has one key keeps its order, offsets are committed last and in order, and little is in hand."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.wire import to_record
from shared.inbox import Inbox, Received
from shared.log import configure_logs
from shared.pipeline import BATCHES, LANE_RECORDS, LANES, Pipeline, split
from shared.store.port import Key, Write
from tests.shared.harness import Machine
from tests.shared.test_inbox import inbox
from tests.shared.till import AT, TILL, pay

PLACE = TopicPartition("payments.commands.v1", 0)
LOG = configure_logs("tests", "CRITICAL")


@pytest.fixture
def machine() -> Machine:
    return Machine(AT)


class Commits:
    """A consumer that remembers what was committed."""

    def __init__(self) -> None:
        self.offsets: list[dict[TopicPartition, int]] = []

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.offsets.append(offsets)


class Moved(Commits):
    """A consumer whose partition has another owner by now."""

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        await super().commit(offsets)
        raise KafkaError


class Slow(Inbox):
    """Handles a part when it is told to, and remembers which it began and which it ended."""

    def __init__(self) -> None:
        self.begun: list[Sequence[Received]] = []
        self.ended: list[Received] = []
        self._go: list[asyncio.Event] = []

    async def handle(self, records: Sequence[Received]) -> None:
        self.begun.append(records)
        go = asyncio.Event()
        self._go.append(go)
        await go.wait()
        self.ended += records

    async def end(self, number: int) -> None:
        self._go[number].set()
        await turns()


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def till(name: str, offset: int, receipt: str = "a") -> Received:
    record = to_record(PLACE.topic, pay(receipt, till=name))
    return Received(PLACE.topic, 0, offset, record.key, record.value, record.headers)


def keyed(keys: Sequence[int], first: int = 0) -> list[Received]:
    return [Received("t", 0, n, f"key-{key}".encode(), b"", ()) for n, key in enumerate(keys, first)]


@given(st.lists(st.integers(0, 5), max_size=2 * LANE_RECORDS))
def test_every_record_is_in_one_part_and_a_key_keeps_its_order(keys: list[int]) -> None:
    batch = keyed(keys)
    parts = split(batch)
    assert sorted(r.offset for part in parts for r in part) == [r.offset for r in batch]
    assert len(parts) == (1 if len(batch) <= LANE_RECORDS else LANES)
    for key in {r.key for r in batch}:
        of_key = [[r.offset for r in part if r.key == key] for part in parts]
        assert sorted(map(len, of_key))[:-1] in ([], [0]), "one part has them all"
        assert all(offsets == sorted(offsets) for offsets in of_key)


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), max_size=8), st.randoms(use_true_random=False))
def test_whatever_the_store_is_slow_at_each_key_is_handled_in_order_and_offsets_only_grow(
    batches: list[list[int]], luck: Any
) -> None:
    """Batches of any size, whose parts end in any order that the lanes allow."""
    slow, consumer = Slow(), Commits()

    async def live() -> None:
        pipeline, first = Pipeline(slow, LOG, lane_records=2), 0
        taking: asyncio.Task[None] | None = None
        waiting = list(batches)
        open_: set[int] = set()
        while waiting or open_ or pipeline.in_hand:
            if waiting and (taking is None or taking.done()):
                keys = waiting.pop(0)
                taking = asyncio.create_task(pipeline.take(keyed(keys, first), consumer))
                first += len(keys)
            await turns()
            assert len(pipeline._batches) <= BATCHES
            open_ = {n for n, go in enumerate(slow._go) if not go.is_set()}
            if open_:
                await slow.end(luck.choice(sorted(open_)))
                open_ = {n for n, go in enumerate(slow._go) if not go.is_set()}
            done = {r.offset for r in slow.ended}
            assert all(set(range(upto)) <= done for offsets in consumer.offsets for upto in offsets.values())
        await pipeline.drain()
        assert pipeline.handled == first

    asyncio.run(live())
    for key in {r.key for r in slow.ended}:
        offsets = [r.offset for r in slow.ended if r.key == key]
        assert offsets == sorted(offsets)
    committed = [upto for offsets in consumer.offsets for upto in offsets.values()]
    assert committed == sorted(committed)
    assert len(committed) == len(batches), "every batch is committed once"


async def test_the_next_batch_begins_while_the_last_is_stored_and_waits_for_it_to_be_committed() -> None:
    slow, consumer = Slow(), Commits()
    pipeline = Pipeline(slow, LOG, lane_records=2)
    await pipeline.take(keyed([0, 1, 2, 3]), consumer)
    second = asyncio.create_task(pipeline.take(keyed([0, 1, 2, 3], 4), consumer))
    await turns()
    assert [len(slow.begun), pipeline.in_hand] == [2, 8], "the lanes are busy with the first"
    await slow.end(0)
    assert len(slow.begun) == 3, "the free lane goes on with the second"
    await slow.end(2)
    assert consumer.offsets == [], "the second is not committed before the first"
    assert not second.done(), "there is no room for a third"
    await slow.end(1)
    assert consumer.offsets == [{TopicPartition("t", 0): 4}]
    await second
    await slow.end(3)
    await pipeline.drain()
    assert consumer.offsets == [{TopicPartition("t", 0): 4}, {TopicPartition("t", 0): 8}]
    assert [pipeline.in_hand, pipeline.handled] == [0, 8]


async def test_a_small_batch_waits_for_every_lane() -> None:
    slow, consumer = Slow(), Commits()
    pipeline = Pipeline(slow, LOG, lane_records=2)
    await pipeline.take(keyed([0, 1, 2, 3]), consumer)
    second = asyncio.create_task(pipeline.take(keyed([0, 3], 4), consumer))
    await turns()
    await slow.end(0)
    assert len(slow.begun) == 2
    await slow.end(1)
    assert [r.offset for r in slow.begun[2]] == [4, 5]
    await slow.end(2)
    await second
    await pipeline.drain()


async def test_stopping_finishes_what_is_in_hand_or_leaves_it_uncommitted() -> None:
    slow, consumer = Slow(), Commits()
    pipeline = Pipeline(slow, LOG)
    await pipeline.take(keyed([0]), consumer)
    stopping = asyncio.create_task(pipeline.stop(60))
    await turns()
    await slow.end(0)
    await stopping
    assert consumer.offsets == [{TopicPartition("t", 0): 1}]
    await pipeline.take(keyed([0], 1), consumer)
    waiting = asyncio.create_task(pipeline.take(keyed([0], 2), consumer))
    await turns()
    await pipeline.stop(0)
    await waiting
    assert len(consumer.offsets) == 1, "what was given up comes again"
    assert pipeline.in_hand == 0


async def test_a_commit_that_is_refused_stops_nothing(machine: Machine) -> None:
    consumer = Moved()
    pipeline = Pipeline(inbox(machine), machine.log)
    for offset, receipt in enumerate("ab"):
        await pipeline.take([till("t1", offset, receipt)], consumer)
    await pipeline.drain()
    assert consumer.offsets == [{PLACE: 1}, {PLACE: 2}]
    row = (await machine.store.load(TILL, [Key("lakeside", "t1")]))[Key("lakeside", "t1")]
    assert row.snapshot.state.receipts == ("a", "b")


async def test_offsets_are_committed_after_an_outage_was_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, waits, fails = Commits(), list[float](), [True, True]
    load = machine.store.load

    async def failing(decider: object, keys: Sequence[Key]) -> object:
        if fails:
            fails.pop()
            raise ConnectionError
        return await load(TILL, keys)

    async def wait(seconds: float) -> None:
        assert consumer.offsets == [], "nothing may be committed before it is stored"
        waits.append(seconds)

    monkeypatch.setattr(machine.store, "load", failing)
    await handle(machine, [till("t1", 7), till("t1", 8, "b")], consumer, wait)
    assert consumer.offsets == [{PLACE: 9}]
    assert waits == [0.2, 0.4]


async def test_an_outage_in_one_lane_commits_nothing_and_loses_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other lane is stored by then; this one waits for the store, and nothing of either is said twice."""
    consumer, fails = Commits(), [True]
    count = LANE_RECORDS + 100
    commit = machine.store.commit

    async def failing(decider: Any, writes: Sequence[Write[Any]]) -> Any:
        if fails:
            fails.pop()
            raise ConnectionError
        return await commit(decider, writes)

    async def wait(_: float) -> None:
        await turns()
        assert consumer.offsets == [], "nothing may be committed before all of it is stored"
        assert 0 < await machine.store.count(TILL, "lakeside", {}) < count

    monkeypatch.setattr(machine.store, "commit", failing)
    await handle(machine, [till(f"t{n}", n) for n in range(count)], consumer, wait)
    assert consumer.offsets == [{PLACE: count}]
    rows = await machine.store.load(TILL, [Key("lakeside", f"t{n}") for n in range(count)])
    assert {row.snapshot.state.receipts for row in rows.values()} == {("a",)}
    assert len(machine.bus.records) == count, "each is public once"


async def handle(machine: Machine, batch: Sequence[Received], consumer: Commits, wait: Callable[[float], Any]) -> None:
    pipeline = Pipeline(inbox(machine), machine.log, wait)
    await pipeline.take(batch, consumer)
    await pipeline.drain()
