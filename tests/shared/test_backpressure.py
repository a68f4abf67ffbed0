"""A slow store slows consumption: lag grows where everybody sees it, and what lies in memory does not.

The service's own consumer, with FastStream's own loop, reads from a log in memory; the store stands still until it is
let go.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from joserfc.jwk import ECKey

from shared.contracts import Message
from shared.contracts.wire import to_record
from shared.decider import Pending
from shared.http import bare_app
from shared.inbox import route
from shared.runtime import Spec
from shared.store.memory import MemoryStore
from shared.store.port import Key
from shared.worker import IN_FLIGHT_MAX, PAGE, Worker, answer_meta
from tests.console.desk import Desk, make_runtime, make_settings, running_on
from tests.shared.harness import WALL, Machine
from tests.shared.till import AT, TILL, Pay, RingBell, Rung, pay

TOPIC = "claims.commands.v1"
SPEC = Spec(name="claims", deciders=(TILL,), routes=route(TILL, Pay), topics=(TOPIC,))
BATCH = 600  # more than one lane holds


class HeldStore(MemoryStore):
    """Stands still in `load` and `commit` while it is held; counts the documents that wait there."""

    def __init__(self) -> None:
        super().__init__(WALL)
        self.go, self.entered = asyncio.Event(), asyncio.Semaphore(0)
        self.keys_held = 0

    async def load(self, decider: Any, keys: Any, /) -> Any:
        await self._hold(len(keys))
        return await super().load(decider, keys)

    async def commit(self, decider: Any, writes: Any, /) -> Any:
        await self._hold(len(writes))
        return await super().commit(decider, writes)

    async def _hold(self, keys: int) -> None:
        self.keys_held += keys
        self.entered.release()
        await self.go.wait()
        self.keys_held -= keys


class Member:
    """A broker's side of one member with one partition, in the place of aiokafka's consumer."""

    def __init__(self, records: list[Any], partitions: Sequence[int]) -> None:
        self.records = records
        self.partitions = [TopicPartition(TOPIC, number) for number in partitions]
        self.taken = self.committed = self.in_hand_max = 0
        self.drained = asyncio.Event()

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        if self.taken == len(self.records):
            self.drained.set()
            await asyncio.Event().wait()
        batch = self.records[self.taken : self.taken + max_records]
        self.taken += len(batch)
        self.in_hand_max = max(self.in_hand_max, self.taken - self.committed)
        return {self.partitions[0]: batch}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed = max(offsets.values())

    def assignment(self) -> set[TopicPartition]:
        return set(self.partitions)

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, len(self.records))

    async def position(self, partition: TopicPartition) -> int:
        return self.taken

    def subscribe(self, **_: Any) -> None:
        """One member: it has every partition."""

    async def start(self) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to leave."""


def records(count: int, first: int = 0) -> list[Any]:
    """As aiokafka hands them over."""
    made = [to_record(TOPIC, pay(f"r{n}", till=f"t{n}")) for n in range(first, first + count)]
    return [
        ConsumerRecord(TOPIC, 0, n, 0, 0, r.key, r.value, None, len(r.key), len(r.value), r.headers)
        for n, r in enumerate(made, first)
    ]


class Service:
    """One process on a held store."""

    def __init__(self, root: Path, *, waiting: int) -> None:
        self.machine = Machine(AT)
        self.store = self.machine.store = HeldStore()
        self.machine.shell.store = self.store
        key = ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
        settings = make_settings(root).model_copy(update={"batch_records": BATCH})
        self.running = running_on(make_runtime(self.machine, settings, key), SPEC)
        self.member = Member(records(waiting), [0])
        self.app = bare_app("claims")
        self.app.state.running = self.running
        self.desk = Desk(self.machine, self.running, self.app, key)
        consumer: Any = self.running.consumer
        broker = consumer._broker.config.broker_config
        broker.connect, broker.builder = self._no_connection, self._member

    def _member(self, **_: Any) -> Member:
        return self.member

    async def _no_connection(self, **_: Any) -> None:
        """There is no broker: `Member` stands in its place."""

    async def at_rest(self) -> None:
        """Until all there is was fetched, stored and committed."""
        await self.member.drained.wait()
        await self.running.consumer._pipeline.drain()

    async def status(self) -> dict[str, Any]:
        async with self.desk.browser(roles=("operator",)) as client:
            answer: httpx.Response = await client.get("/internal/status")
        return dict(answer.json())


async def test_two_batches_are_in_memory_however_much_waits_and_the_lag_is_reported(tmp_path: Path) -> None:
    service = Service(tmp_path, waiting=4 * BATCH)
    await service.running.consumer.start()
    try:
        for _ in range(2):  # both lanes of the first stand in the store, the second waits for them
            await service.store.entered.acquire()
        await turns(200)
        assert service.member.taken == 2 * BATCH
        assert service.store.keys_held == BATCH
        assert (await service.status())["lag"] == 4 * BATCH
        service.member.records += records(BATCH, first=4 * BATCH)
        await turns(200)
        assert service.member.taken == 2 * BATCH, "nothing more is fetched to be held"
        held = await service.status()
        assert (held["lag"], held["handled"], held["settled"]) == (5 * BATCH, 0, False)
        service.store.go.set()
        await service.at_rest()
        done = await service.status()
        assert (done["lag"], done["received"], done["handled"]) == (0, 5 * BATCH, 5 * BATCH)
        assert service.member.in_hand_max == 2 * BATCH
        assert await service.store.count(TILL, None, {}) == 5 * BATCH
    finally:
        await service.running.consumer.stop()


@pytest.mark.parametrize("poison", [{"value": b"poison"}, {"headers": (("ce_type", b"\xff"),)}], ids=["body", "header"])
async def test_a_poison_record_in_each_batch_stops_nothing(tmp_path: Path, poison: dict[str, Any]) -> None:
    service = Service(tmp_path, waiting=3 * BATCH)
    service.store.go.set()
    poisoned = range(7, 3 * BATCH, BATCH)
    for place in poisoned:
        service.member.records[place] = replace(service.member.records[place], **poison)
    await service.running.consumer.start()
    try:
        await service.at_rest()
        assert service.member.committed == 3 * BATCH
        status = await service.status()
        assert (status["lag"], status["dead_letters"]) == (0, len(poisoned))
        assert await service.store.count(TILL, None, {}) == 3 * BATCH - len(poisoned)
    finally:
        await service.running.consumer.stop()


async def test_no_more_effects_than_the_worker_has_places_for_are_in_memory() -> None:
    service = Machine(AT)
    ringing, go = list[str](), asyncio.Event()

    async def ring(key: Key, pending: Pending) -> Message:
        ringing.append(key.id)
        await go.wait()
        return Rung(meta=answer_meta(key, pending, service.clock), till=key.id)

    tills = IN_FLIGHT_MAX + 2 * PAGE
    await service.shell.transact(TILL, [pay(r, till=f"t{n}") for n in range(tills) for r in "abc"])
    worker = Worker(service.shell, TILL, {RingBell: ring}, service.clock, service.clock.wall, service.log, "w")
    for _ in range(6):
        await worker.tick()
        await turns(3)
        assert worker.in_flight <= IN_FLIGHT_MAX
    assert len(ringing) == worker.in_flight == IN_FLIGHT_MAX
    health = await service.store.health([TILL], AT)
    assert health.effects_due == tills, "what waits is in the store, and counted"
    go.set()
    await until(worker.tick, lambda: len(ringing) == tills and worker.in_flight == 0)
    assert (await service.store.health([TILL], AT)).effects_due == 0
    assert len(set(ringing)) == tills


async def test_answers_wait_with_their_places_while_the_store_stands_still() -> None:
    machine = Machine(AT)
    await machine.shell.transact(TILL, [pay(r, till=f"t{n}") for n in range(2 * IN_FLIGHT_MAX) for r in "abc"])
    held = HeldStore()
    held.__dict__.update({name: part for name, part in machine.store.__dict__.items() if name != "go"})
    machine.shell.store = held

    async def ring(key: Key, pending: Pending) -> Message:
        return Rung(meta=answer_meta(key, pending, machine.clock), till=key.id)

    worker = Worker(machine.shell, TILL, {RingBell: ring}, machine.clock, machine.clock.wall, machine.log, "w")
    await worker.tick()
    await turns(5)
    settling = asyncio.create_task(worker.tick())
    await held.entered.acquire()
    await turns(50)
    assert not settling.done(), "the loop stands with the store: nothing further is leased"
    assert held.keys_held <= IN_FLIGHT_MAX
    assert worker.in_flight <= IN_FLIGHT_MAX
    held.go.set()
    await settling
    await until(worker.tick, lambda: worker.in_flight == 0)
    assert (await held.health([TILL], AT)).effects_due == 0


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def until(step: Callable[[], Awaitable[int]], done: Callable[[], bool]) -> None:
    for _ in range(200):
        await step()
        await turns(3)
        if done():
            return
    raise AssertionError("it does not come to rest")
