"""The effects worker: at least once outside, exactly once inside, and a failure holds nobody else up."""

import asyncio
from datetime import timedelta

import pytest

from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.store.port import Key
from shared.worker import ATTEMPTS_MAX, LEASE, Performer, Worker, answer_meta
from tests.shared.harness import Machine
from tests.shared.till import AT, TILL, RingBell, Rung, Till, pay

T1, T2 = Key("lakeside", "t1"), Key("lakeside", "t2")


class Bell:
    """The outside world: it may break, and it may be slow."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.rang, self.broken, self.slow = machine, list[str](), set[str](), dict[str, asyncio.Event]()

    async def ring(self, key: Key, pending: Pending) -> Message:
        if key.id in self.broken:
            raise ConnectionError
        if key.id in self.slow:
            await self.slow[key.id].wait()
        self.rang.append(key.id)
        return Rung(meta=answer_meta(key, pending, self.machine.clock), till=key.id)

    def worker(self, name: str = "one") -> Worker:
        machine = self.machine
        performers: dict[type[Effect], Performer] = {RingBell: self.ring}
        return Worker(machine.shell, TILL, performers, machine.clock, machine.clock.wall, machine.log, name)


@pytest.fixture
async def bell() -> Bell:
    machine = Machine(AT)
    await machine.shell.transact(TILL, [pay(r, till=t) for t in ("t1", "t2") for r in "abc"])
    return Bell(machine)


async def state(bell: Bell, key: Key = T1) -> Till:
    return (await bell.machine.store.load(TILL, [key]))[key].snapshot.state


async def test_an_effect_is_performed_answered_and_gone(bell: Bell) -> None:
    assert await bell.worker().run_once() == 2
    assert sorted(bell.rang) == ["t1", "t2"]
    assert (await state(bell)).bells == 1
    assert await bell.worker().run_once() == 0


async def test_a_failure_is_counted_and_waited_for_and_its_neighbour_goes_on(bell: Bell) -> None:
    bell.broken = {"t1"}
    worker = bell.worker()
    await worker.run_once()
    assert ((await state(bell)).bells, (await state(bell, T2)).bells) == (0, 1)
    assert await worker.run_once() == 0, "it is held for its backoff"
    bell.broken = set()
    bell.machine.clock.wall_time += timedelta(seconds=1)
    await worker.run_once()
    assert (await state(bell)).bells == 1


async def test_what_fails_for_good_waits_for_a_person(bell: Bell) -> None:
    bell.broken = {"t1"}
    for _ in range(ATTEMPTS_MAX + 3):
        bell.machine.clock.wall_time += LEASE
        await bell.worker().run_once()
    health = await bell.machine.store.health([TILL], AT)
    assert (health.effects_stuck, health.effects_due) == (1, 0)
    row = (await bell.machine.store.load(TILL, [T1]))[T1]
    assert [(p.attempts, p.error) for p in row.snapshot.effects.values()] == [(ATTEMPTS_MAX, "ConnectionError")]

    bell.broken = set()
    bell.machine.clock.wall_time += LEASE
    assert await bell.worker().run_once() == 0, "nobody let it go yet"
    assert await bell.machine.shell.release(TILL, T1) == 0, "no message waited behind it"
    await bell.worker().run_once()
    assert (await state(bell)).bells == 1
    assert (await bell.machine.store.health([TILL], AT)).effects_stuck == 0


async def test_two_workers_answer_once_though_a_lease_ran_out(bell: Bell) -> None:
    bell.slow["t1"] = asyncio.Event()
    slow = bell.worker("slow")
    await slow.tick()
    bell.machine.clock.wall_time += LEASE + timedelta(seconds=1)
    gate, bell.slow = bell.slow["t1"], {}
    await bell.worker("second").run_once()
    gate.set()
    await slow.wait(5)
    await slow.tick()
    while slow.in_flight:
        await slow.wait(5)
        await slow.tick()
    assert bell.rang.count("t1") == 2, "performed twice outside"
    assert (await state(bell)).bells == 1, "counted once inside"
    assert len([e for e in await bell.machine.store.history(TILL, T1) if e.fact.type == "till.bell-rang.v1"]) == 1


async def test_a_slow_effect_delays_nobody(bell: Bell) -> None:
    bell.slow["t1"] = asyncio.Event()
    worker = bell.worker()
    await worker.tick()
    await worker.wait(5)
    await worker.tick()
    assert ((await state(bell)).bells, (await state(bell, T2)).bells) == (0, 1)
    await worker.stop()
    assert (await state(bell)).bells == 0, "given up, not lost: the lease ends by itself"
    bell.machine.clock.wall_time += LEASE + timedelta(seconds=1)
    bell.slow = {}
    await bell.worker().run_once()
    assert (await state(bell)).bells == 1
