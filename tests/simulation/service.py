"""A service under simulation: two processes of the real shell, relay, inbox, workers, sweep and loops, in one group."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared import pipeline as receiving
from shared.bus.port import BusUnavailableError
from shared.clock import Clock
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.inbox import Inbox, Received
from shared.log import configure_logs
from shared.relay import Relay
from shared.runtime import Runtime, Spec, _drain
from shared.shell import ContentionError, Shell
from shared.store.port import Key, Store
from shared.sweep import Sweep
from shared.worker import Performer, Worker
from tests.simulation.chaos import START, AwayError, Chaos, CrashError, Life
from tests.simulation.folders import Disk
from tests.simulation.script import PSEUDONYMS
from tests.simulation.stores import DUE, EFFECT, KeptStore, SeenBus, SeenStore, Topics

LOG = configure_logs("simulation", "CRITICAL")
SETTINGS = SimpleNamespace(clock_file=None)
PROCESSES = 2


class NoSealer:
    """Seals nothing: a simulation runs the same way every time."""

    async def seal(self, tenant: str, owner: str, clear: bytes, /) -> str:
        return f"sealed:{b64encode(clear).decode()}"

    async def open(self, sealed: str, /) -> bytes:
        return b64decode(sealed.removeprefix("sealed:"))


class Group:
    """The service's consumer group: who reads which partition, and how far it came."""

    def __init__(self, bus: Topics, topics: frozenset[str], chaos: Chaos) -> None:
        self.bus, self.topics, self.chaos = bus, topics, chaos
        self.committed: dict[tuple[str, int], int] = {}
        self.owners: dict[tuple[str, int], int] = {}
        self.generation = 0
        self.behind: dict[tuple[str, int], None] = {}
        """Partitions with records that are not committed."""
        for topic in topics:
            bus.behind.setdefault(topic, []).append(self.behind)

    def commit(self, place: tuple[str, int], upto: int) -> None:
        self.committed[place] = max(self.committed.get(place, 0), upto)
        if self.committed[place] == len(self.bus.logs[place]):
            self.behind.pop(place, None)

    def owner(self, place: tuple[str, int]) -> int:
        if self.chaos.calm:
            return 0
        return self.owners.setdefault(place, (sum(place[0].encode()) + place[1]) % PROCESSES)

    def rebalance(self) -> None:
        """Every partition to anybody, in the middle of whatever they were doing."""
        self.generation += 1
        for place in self.owners:
            self.owners[place] = self.chaos.rng.randrange(PROCESSES)


class Consumer:
    """One member of the group: a batch at a time, and offsets that only an owner may commit."""

    def __init__(self, group: Group, number: int, life: Life) -> None:
        self.group, self.number, self.life = group, number, life
        self.positions: dict[tuple[str, int], int] = {}
        self.generation = 0

    def poll(self) -> list[Received]:
        """Records of the partitions it owns, from where it stands; after a rebalance, from what is committed."""
        group, rng = self.group, self.life.chaos.rng
        if self.life.chaos.chance(0.02) and self.life.chaos.fault("rebalance", self.life.name):
            group.rebalance()
        if self.generation != group.generation or not self.life.chaos.on:
            self.positions, self.generation = {}, group.generation
        batch: list[Received] = []
        places = [place for place in group.behind if group.owner(place) == self.number]
        if self.life.chaos.on:
            rng.shuffle(places)  # topics are not ordered against each other
            places = places[: rng.randint(1, 3)]
        for place in places:
            start, log = self.positions.get(place, group.committed.get(place, 0)), group.bus.logs[place]
            if self.life.chaos.chance(0.02) and self.life.chaos.fault("rewind", self.life.name):
                start = rng.randrange(start + 1)
            taken = log[
                start : start + (rng.randint(1, self.life.chaos.temper.poll_records) if self.life.chaos.on else 100)
            ]
            self.positions[place] = start + len(taken)
            batch += taken
        return batch

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        await self.life.step("Consumer before commit")
        places = {(at.topic, at.partition): upto for at, upto in offsets.items()}
        if any(self.group.owner(place) != self.number for place in places):
            raise KafkaError
        for place, upto in places.items():
            self.group.commit(place, upto)
        await self.life.step("Consumer after commit")


class Process:
    """One process of a service; it may die at any step and is started again."""

    pipeline: receiving.Pipeline

    def __init__(self, service: "Service", number: int) -> None:
        self.service, self.number, self._lives = service, number, 0
        self.busy = False
        self.boot()

    def boot(self) -> None:
        """As it starts: nothing in memory but its code."""
        service, chaos = self.service, self.service.chaos
        if self._lives:
            self.pipeline.abandon()
        self._lives += 1
        name = f"{service.name}-{self.number}.{self._lives}"
        self.life = Life(chaos, name)
        store, bus = cast("Store", SeenStore(service.store, self.life)), SeenBus(service.bus, self.life)
        self.store = store
        self.relay = Relay(bus, store, chaos.wall, name)
        self.shell = Shell(store, self.relay, LOG)
        self.inbox = Inbox(self.shell, bus, NoSealer(), service.routes, LOG, chaos.wall)
        self.pipeline = receiving.Pipeline(self.inbox, LOG, lane_records=chaos.temper.lane_records)
        self.sweep = Sweep(bus, store, service.clock, chaos.wall)
        self.consumer = Consumer(service.group, self.number, self.life)
        nobody: Any = None
        self.runtime = Runtime(
            settings=cast("Any", SETTINGS),
            log=LOG,
            clock=service.clock,
            wall=chaos.wall,
            store=store,
            bus=bus,
            relay=self.relay,
            shell=self.shell,
            sealer=NoSealer(),
            pseudonyms=PSEUDONYMS,
            audit=nobody,
            authenticator=nobody,
        )
        by_kind = {decider.kind: decider for decider in service.deciders}
        self.workers = [
            Worker(
                self.shell,
                by_kind[kind],
                self._overtaken(by_kind[kind], performers),
                service.clock,
                chaos.wall,
                LOG,
                name,
            )
            for kind, performers in service.spec.performers(self.runtime).items()
        ]
        self.loops = service.spec.loops(self.runtime)
        self.looked = -1  # at which state of the store its loops found nothing to do

    def _overtaken(
        self, decider: Decider[Any, Any, Any], performers: Mapping[type[Effect], Performer]
    ) -> Mapping[type[Effect], Performer]:
        """Performers whose answer has sometimes been brought already, by a worker whose lease was over."""
        chaos, shell = self.service.chaos, self.shell

        def wrapped(perform: Performer) -> Performer:
            async def twice(key: Key, pending: Pending) -> Message:
                answer = await perform(key, pending)
                if chaos.chance(0.05) and chaos.fault("answer overtaken", decider.kind):
                    await shell.transact(decider, [answer])
                return answer

            return twice

        return {effect: wrapped(perform) for effect, perform in performers.items()}

    def revive(self) -> None:
        """A supervisor starts what died."""
        if not self.life.alive:
            self.boot()

    async def consume(self) -> int:
        """Some polls, one at once after the other; what they led to is stored before their offsets are committed."""
        chaos, taken = self.service.chaos, 0
        while batch := self.consumer.poll():
            await self.pipeline.take(batch, self.consumer)
            self.service.deliveries += len(batch)
            taken += len(batch)
            if not chaos.chance(chaos.temper.at_once):
                break
        if not (chaos.on and taken):
            await self.pipeline.drain()
        return taken

    async def work(self) -> int:
        """One page of every kind's effects, and of what is found by looking."""
        service, now = self.service, self.service.clock.now()
        done = 0
        for worker in self.workers:
            if service.store.is_waiting(worker._decider, EFFECT, now):
                done += await worker.run_once()
        if not service.has_to_look(self):
            return done
        saves = service.store.saves
        found = sum([await loop.step() for loop in self.loops])
        self.looked = -1 if found else saves  # not when an outage came between: then it has not seen all there is
        return done + found

    async def sweep_all(self) -> int:
        """Deadlines that came."""
        return sum([await self.sweep.run(decider) for decider in self.service.deciders if decider.has_deadlines])

    async def keep_house(self) -> int:
        """What crashes, outages and releases left undone."""
        await self.relay.report()
        done = await self.relay.sweep(self.service.deciders)
        if await self.store.count_notes("waiting"):
            done += sum([await _drain(self.runtime, decider) for decider in self.service.deciders])
        return done

    async def turn(self, work: Callable[[], Awaitable[int]]) -> int:
        """One piece of work, with what may become of it."""
        try:
            return await work()
        except CrashError:
            self.revive()
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(1.0)
        return 1

    async def once(self) -> int:
        """Everything once, in its order; how much there was."""
        self.revive()
        service, done = self.service, 0
        if service.group.behind or self.pipeline.in_hand:
            done += await self.turn(self.consume)
        if service.has_work(EFFECT) or service.has_to_look(self):
            done += await self.turn(self.work)
        if service.has_work(DUE):
            done += await self.turn(self.sweep_all)
        return done

    async def live(self, rounds: int) -> None:
        """Some time of a process: whatever its loops happen to do, in any order."""
        self.busy = True
        rng = self.service.chaos.rng
        every = (self.consume, self.consume, self.consume, self.work, self.work, self.sweep_all, self.keep_house)
        for _ in range(rounds):
            self.revive()
            await self.turn(rng.choice(every))
            await asyncio.sleep(rng.random() / 2)
        self.busy = False


class Service:
    """One service: its store, its group and its processes."""

    def __init__(self, spec: Spec, bus: Topics, chaos: Chaos, clock: Clock, drop: Disk) -> None:
        """`drop` is the folder that files come into; of a service that takes none, an empty one."""
        self.drop = drop
        self.name, self.spec, self.deciders, self.routes = spec.name, spec, spec.deciders, spec.routes
        self.bus, self.chaos, self.clock = bus, chaos, clock
        self.store = KeptStore(chaos, START)
        self.group = Group(bus, frozenset(spec.topics), chaos)
        self.deliveries = 0
        self.processes = [Process(self, number) for number in range(PROCESSES)]

    def decider(self, kind: str) -> Decider[Any, Any, Any]:
        return next(d for d in self.deciders if d.kind == kind)

    async def ask(self, request: Callable[[Process], Awaitable[Any]]) -> Any:
        """What a client does: it asks any process, and asks again until it is answered."""
        for _ in range(200):
            process = self.chaos.rng.choice(self.processes) if not self.chaos.calm else self.processes[0]
            process.revive()
            try:
                return await request(process)
            except CrashError:
                await asyncio.sleep(0.2)
            except Exception as error:
                if not is_outage(error):
                    raise
                await asyncio.sleep(0.5)
        msg = "a client was never answered"
        raise AssertionError(msg)

    def has_work(self, column: str) -> bool:
        """Whether an effect or a deadline has come due; under faults it always may have."""
        now = self.clock.now()
        return self.chaos.on or any(self.store.is_waiting(decider, column, now) for decider in self.deciders)

    def has_to_look(self, process: Process) -> bool:
        """Whether something may be found by looking that this process has not seen yet."""
        return process.looked != self.store.saves or bool(self.drop.lying())

    def is_idle(self, now: datetime) -> bool:
        """Nothing waits to be done at the clock's time, as far as a glance tells."""
        looked = max([process.looked for process in self.processes])
        if self.group.behind or looked < self.store.saves or self.drop.lying() or self.store.is_anything_waiting:
            return False
        return not self.store.is_any_waiting(now)

    async def owes(self) -> bool:
        """Something is unpublished, or not looked at."""
        process = self.processes[0]
        process.revive()
        if any([await loop.pending() for loop in process.loops]):
            return True
        return bool(await process.relay.owing(self.deciders, 1))


def is_outage(error: Exception) -> bool:
    """What a client or a loop repeats: servers that do not answer, races lost too often."""
    return isinstance(error, AwayError | ContentionError | BusUnavailableError | OSError)
