"""A service under simulation: the real shell, relay, inbox, workers and sweep, on a faulty store and bus."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from shared.clock import Clock
from shared.decider import Decider, Effect
from shared.inbox import Inbox, Received, Routes
from shared.log import configure_logs
from shared.relay import Relay
from shared.shell import ContentionError, Shell
from shared.sweep import Sweep
from shared.worker import Performer, Worker
from tests.shared.sealing import PlainSealer
from tests.simulation.chaos import Chaos, CrashError, FaultyBus, FaultyStore, RunningWall

PARTITIONS = 3
LOG = configure_logs("simulation", "CRITICAL")


class Service:
    """Consumers that may overlap (as in a rebalance), workers and a sweep; all of them may die and start again."""

    def __init__(
        self,
        name: str,
        deciders: Sequence[Decider[Any, Any, Any]],
        routes: Routes,
        topics: frozenset[str],
        bus: FaultyBus,
        chaos: Chaos,
        clock: Clock,
        wall: RunningWall,
    ) -> None:
        self.name, self.deciders, self.topics = name, deciders, topics
        self._routes, self.bus, self.chaos, self.clock, self.wall = routes, bus, chaos, clock, wall
        self.store = FaultyStore(chaos, wall.now)
        self.performers: dict[str, Mapping[type[Effect], Performer]] = {}
        self.committed: dict[tuple[str, int], int] = {}
        self._logs: dict[tuple[str, int], list[Received]] = {}
        self._seen = self._life = 0
        self.shell = self.boot()

    def boot(self) -> Shell:
        """A process as it starts: nothing in memory but its code."""
        self._life += 1
        self.relay = Relay(self.bus, self.store, self.wall, f"{self.name}-{self._life}")
        self.shell = Shell(self.store, self.relay, LOG)
        self.inbox = Inbox(self.shell, self.bus, PlainSealer(), self._routes, LOG, self.wall)
        self.sweep = Sweep(self.bus, self.store, self.clock, self.wall)
        return self.shell

    def partitions(self) -> dict[tuple[str, int], list[Received]]:
        """Everything on this service's topics, by partition and in order."""
        for record in self.bus.records[self._seen :]:
            if record.topic in self.topics:
                place = (record.topic, sum(record.key) % PARTITIONS)
                log = self._logs.setdefault(place, [])
                log.append(Received(*place, len(log), record.key, record.value, record.headers))
        self._seen = len(self.bus.records)
        return self._logs

    async def consume(self) -> int:
        """One poll of one consumer: a batch over several partitions, some of it seen before; commit last."""
        rng, batch = self.chaos.rng, list[Received]()
        upto: dict[tuple[str, int], int] = {}
        for place, log in self.partitions().items():
            start = self.committed.get(place, 0)
            repeated = rng.randrange(start + 1) if rng.random() < 0.1 else start
            taken = log[repeated : start + rng.randint(1, 8)]
            batch += taken
            if len(log) > start:
                upto[place] = min(start + len(taken) - (start - repeated), len(log))
        if not upto:
            return 0
        await self.inbox.handle(batch)
        await self.chaos.step()
        for place, offset in upto.items():
            self.committed[place] = max(self.committed.get(place, 0), offset)
        return len(batch)

    async def work(self) -> int:
        """One page of every kind's effects."""
        done = 0
        for kind, performers in self.performers.items():
            decider = next(d for d in self.deciders if d.kind == kind)
            owner = f"worker-{self.chaos.rng.random()}"
            done += await Worker(self.shell, decider, performers, self.clock, self.wall, LOG, owner).run_once()
        return done

    async def keep_house(self) -> int:
        """Deadlines, and what a crash left unpublished."""
        swept = sum([await self.sweep.run(decider) for decider in self.deciders])
        await self.relay.report()
        return swept + await self.relay.sweep(self.deciders)

    async def live(self, rounds: int) -> None:
        """A process's life: it works, dies, and is started again."""
        for _ in range(rounds):
            step = self.chaos.rng.choice((self.consume, self.consume, self.work, self.keep_house))
            try:
                await step()
            except CrashError:
                self.boot()
            except ContentionError:
                continue
            self.store.wall = self.wall()
            await asyncio.sleep(0)

    async def settled(self) -> bool:
        """Nothing waits to be done at the clock's time."""
        health = await self.store.health(self.deciders, self.clock.now())
        behind = any(len(log) > self.committed.get(place, 0) for place, log in self.partitions().items())
        owing = await self.relay.owing(self.deciders)
        return not (behind or owing or health.effects_due or health.deadlines_due)
