"""Striking while work is in hand, and measuring how long it takes until work goes on."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from rich.console import Console

from revcycle.refusal import RefusalError
from revcycle.stack.child import Child
from revcycle.stack.topics import SERVICES
from tests.chaos.plan import NEEDS_SECOND, Fault, Kind, Plan
from tests.chaos.skewed import put_clock_right, set_clock_wrong
from tests.chaos.stack import ChaosStack

LOOK_AGAIN_SECONDS = 0.03
RECOVERY_SECONDS_MAX = 240.0
QUIET_SECONDS = 2.0
ANSWER_MS = 3_000
AT_ONCE_MAX = 3
CHUNK = bytes(1 << 20)
CHUNKS_AHEAD_MAX = 1_000


class Struck(NamedTuple):
    """A fault that was injected. `recovered_seconds` runs from the fault, or from its end where it lasts."""

    fault: Fault
    in_hand: bool  # the target had work in hand
    recovered_seconds: float


class Standing(NamedTuple):
    """Where a process stood: its number, what it had handled, and whether it had nothing in hand."""

    pid: int | None
    handled: int
    settled: bool


class Moment(NamedTuple):
    """When a fault strikes: whether the target had work in hand, and where each process stood."""

    in_hand: bool
    standing: Mapping[str, Standing]


class Injector:
    """Injects the plan's faults into one stack, round by round."""

    def __init__(self, stack: ChaosStack, plan: Plan, console: Console) -> None:
        self._stack, self._console = stack, console
        self._plan: Mapping[int, Sequence[Fault]] = dict(enumerate(plan))
        self._last = max((number for number, faults in enumerate(plan) if faults), default=-1)
        self._now: list[Fault] = []
        self._late: list[Fault] = []
        self.struck: list[Struck] = []
        self._strike: Mapping[Kind, Callable[[Fault, bool], Any]] = {
            Kind.SERVICE_KILLED: self._kill_service,
            Kind.BROKER_KILLED: self._kill_brokers,
            Kind.BROKERS_KILLED: self._kill_brokers,
            Kind.STORE_KILLED: self._kill_store,
            Kind.DISK_FULL: self._fill_disk,
            Kind.CONSUMER_STOPPED: self._stop_consumer,
            Kind.LINK_CUT: self._cut_link,
            Kind.CLOCK_SKEWED: self._skew_clock,
        }

    async def before(self, number: int) -> None:
        """Choose the round's faults, and start a second process where one of them needs it."""
        self._now = self._take(number)
        for fault in self._now:
            if fault.kind in NEEDS_SECOND:
                second = await self._stack.start_second(fault.target)
                await self._until(partial(self._has_its_share, second), f"{fault.target} shares its partitions")

    async def beside(self, number: int) -> None:
        """The round's faults, side by side; returns when everything that was hit works again.

        A fault whose target has nothing in hand waits for a later round, while there is one.
        """
        last = number == self._last
        done = await asyncio.gather(*(self._inject(fault, last) for fault in self._now))
        self._late += [fault for fault, struck in zip(self._now, done, strict=True) if not struck]
        for name in list(self._stack.seconds):
            await self._stack.stop_second(name)
        while last and self._late:
            self._plan = {number: (self._late.pop(0),)}
            await self.before(number)
            await self.beside(number)

    def _take(self, number: int) -> list[Fault]:
        """What the plan has for the round, and what was put off, where it fits in."""
        faults = list(self._plan.get(number, ()))
        for late in tuple(self._late):
            kills = {fault.kind for fault in (*faults, late)} == {Kind.SERVICE_KILLED}
            others = late.target not in {fault.target for fault in faults}
            if number <= self._last and (not faults or (kills and others and len(faults) < AT_ONCE_MAX)):
                self._late.remove(late)
                faults.append(late)
        return faults

    async def _inject(self, fault: Fault, must: bool) -> bool:
        """Whether it struck."""
        struck: Struck | None = await self._strike[fault.kind](fault, must)
        if struck is None:
            return False
        self.struck.append(struck)
        busy = "with work in hand" if struck.in_hand else "at rest"
        self._console.print(f"{len(self.struck):4}  {fault}, {busy}: caught up after {struck.recovered_seconds:.1f} s")
        return True

    # The faults

    async def _kill_service(self, fault: Fault, must: bool) -> Struck | None:
        moment = await self._moment((fault.target,), fault.after, must=must)
        if moment is None:
            return None
        began = time.monotonic()
        self._stack.kill(fault.target)
        return await self._recovered(fault, moment, began)

    async def _kill_brokers(self, fault: Fault, must: bool) -> Struck | None:
        moment = await self._moment(SERVICES, fault.after, must=must)
        if moment is None:
            return None
        began = time.monotonic()
        for number in (fault.target,) if fault.target else ("1", "2", "3"):
            self._stack.kill(f"kafka-{number}")
        struck = await self._recovered(fault, moment, began)
        await self._stack.whole_cluster()
        return struck

    async def _kill_store(self, fault: Fault, must: bool) -> Struck | None:
        moment = await self._moment(SERVICES, fault.after, must=must)
        if moment is None:
            return None
        began = time.monotonic()
        self._stack.kill("store")
        return await self._recovered(fault, moment, began)

    async def _fill_disk(self, fault: Fault, must: bool) -> Struck | None:
        moment = await self._moment(SERVICES, fault.after, must=must)
        if moment is None:
            return None
        disk = Disk(self._stack.layout.data, self._stack.store_url)
        await asyncio.to_thread(disk.fill)
        await asyncio.sleep(fault.seconds)
        began = time.monotonic()
        if not await asyncio.to_thread(disk.give_back):
            self._stack.kill("store")  # it has given up for good, and says so: whoever runs one starts it again
        return await self._recovered(fault, moment, began)

    async def _stop_consumer(self, fault: Fault, must: bool) -> Struck | None:
        """SIGSTOP in the middle of a batch, until its group has gone on without it; then SIGCONT: a late writer.

        What is measured is how long it takes the other process to take over.
        """
        while True:
            moment = await self._moment((fault.target,), fault.after, must=must)
            if moment is None:
                return None
            began = time.monotonic()
            self._stack.signal(fault.target, signal.SIGSTOP)
            try:
                await self._until(partial(self._has_caught_up, fault.target), "another process takes over")
                taken_over_seconds = time.monotonic() - began
                # Sooner than its session ends, nobody took over anything: it had not begun to handle what it had.
                mid_batch = taken_over_seconds * 1000 > self._stack.session_timeout_ms / 2
                if mid_batch or not moment.in_hand:
                    await asyncio.sleep(max(0.0, fault.seconds - taken_over_seconds))
            finally:
                self._stack.signal(fault.target, signal.SIGCONT)
            if mid_batch or not moment.in_hand:
                await self._recovered(fault, moment, began)
                return Struck(fault, mid_batch, taken_over_seconds)

    async def _cut_link(self, fault: Fault, must: bool) -> Struck | None:
        moment = await self._moment((fault.target,), fault.after, must=must)
        if moment is None:
            return None
        await asyncio.to_thread(self._stack.machine.cut, fault.target)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            await asyncio.to_thread(self._stack.machine.mend, fault.target)
        return await self._recovered(fault, moment, time.monotonic())

    async def _skew_clock(self, fault: Fault, must: bool) -> Struck | None:
        moment = await self._moment((fault.target,), fault.after, must=must)
        if moment is None:
            return None
        file = self._stack.offset_file(fault.target, self._stack.options.ports[fault.target])
        set_clock_wrong(file, fault.skew_seconds)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            put_clock_right(file)
        return await self._recovered(fault, moment, time.monotonic())

    # When to strike, and when it is over

    async def _moment(self, names: Collection[str], after: int, *, must: bool) -> Moment | None:
        """Wait until one of these has work in hand and has handled so many messages.

        When nothing flows any more there is no such moment: None, or whatever there is if it `must` be now.
        """
        first = {name: await self._standing(name) for name in names}
        quiet = Quiet()
        while True:
            now = {name: await self._standing(name) for name in names}
            if any(_fresh(now[name], first[name]) >= after and not now[name].settled for name in names):
                return Moment(True, now)
            if quiet.since_seconds() < QUIET_SECONDS:
                quiet.hear({name: (await self._standing(name)).handled for name in SERVICES})
            elif must:
                return Moment(False, now)
            else:
                return None
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _recovered(self, fault: Fault, moment: Moment, began: float) -> Struck:
        """Wait until those that had work in hand work again and have committed all that there was.

        Handled is not enough: what had been fetched is handled without a broker too.
        """
        before = moment.standing
        busy = [name for name, standing in before.items() if not standing.settled] or list(before)

        async def go_on() -> bool:
            standing = [_goes_on(await self._standing(name), before[name]) for name in busy]
            return all(standing) and all([await self._has_caught_up(name) for name in busy])

        await self._until(go_on, f"work goes on after: {fault}")
        return Struck(fault, moment.in_hand, time.monotonic() - began)

    async def _has_its_share(self, second: Child) -> bool:
        """A second process has partitions, and has caught up with them or begun to."""
        said = await self._stack.ask(second.spec.url, "/internal/status")
        return said is not None and (said["lag"] == 0 or said["received"] > 0)

    async def _standing(self, name: str) -> Standing:
        pid = self._stack.pid(name)
        said = await self._stack.ask_service(name)
        if said is None:
            return Standing(None, 0, settled=False)
        return Standing(pid, int(said["handled"]), settled=bool(said["settled"]))

    async def _has_caught_up(self, service: str) -> bool:
        """The service's group has committed everything that its topics hold."""
        try:
            return await lag_of(self._stack.cluster.servers, f"revcycle-{service}") == 0
        except KafkaError:
            return False

    async def _until(self, so: Callable[[], Any], what: str) -> None:
        """RefusalError when it is not so after minutes: it hangs, and that is what the run is to find out."""
        try:
            async with asyncio.timeout(RECOVERY_SECONDS_MAX):
                while not await so():  # noqa: ASYNC110 - other processes are asked
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
        except TimeoutError:
            raise RefusalError(f"waited {RECOVERY_SECONDS_MAX:.0f} s in vain until {what}") from None


class Quiet:
    """How long nobody has handled anything."""

    def __init__(self) -> None:
        self._handled: Mapping[str, int] = {}
        self._since = time.monotonic()

    def hear(self, handled: Mapping[str, int]) -> None:
        if handled != self._handled:
            self._handled, self._since = handled, time.monotonic()

    def since_seconds(self) -> float:
        return time.monotonic() - self._since


def _fresh(now: Standing, before: Standing) -> int:
    """What it has handled since, in this life or in the next one."""
    return now.handled - (before.handled if now.pid == before.pid else 0)


def _goes_on(now: Standing, before: Standing) -> bool:
    """Has it handled something since, or nothing left to do?"""
    return now.pid is not None and (_fresh(now, before) > 0 or now.settled)


class Disk:
    """The store's disk, which can be full."""

    def __init__(self, folder: Path, url: str) -> None:
        self._filler, self._url = folder / "filler", url

    def fill(self) -> None:
        """Take all the space that is left, and what the store had taken ahead, until it refuses a write."""
        with self._client() as client:
            scratch = client["chaos"]["scratch"]
            scratch.insert_one({})
            with self._filler.open("wb", buffering=0) as out, suppress(OSError):
                while out.write(CHUNK):
                    pass
            for _ in range(CHUNKS_AHEAD_MAX):
                try:
                    scratch.insert_one({"chunk": os.urandom(len(CHUNK))})
                except PyMongoError:
                    return
        raise RefusalError(f"the store still writes, {CHUNKS_AHEAD_MAX} MiB after its disk was full")

    def give_back(self) -> bool:
        """Give the space back; whether the store writes again."""
        self._filler.unlink()
        with self._client() as client:
            try:
                client["chaos"]["scratch"].insert_one({})
                client.drop_database("chaos")
            except PyMongoError:
                return False
        return True

    def _client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self._url, serverSelectionTimeoutMS=5_000, socketTimeoutMS=5_000)


async def lag_of(servers: str, group: str) -> int:
    """Records that a group has not committed, in partitions where it has committed some. KafkaError in an outage."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=ANSWER_MS)
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=servers, request_timeout_ms=ANSWER_MS)
    try:
        await admin.start()
        await consumer.start()
        committed: Any = await admin.list_consumer_group_offsets(group)
        ends = await consumer.end_offsets(list(committed))
        return sum(max(0, ends[part] - offset.offset) for part, offset in committed.items())
    finally:
        await consumer.stop()
        await admin.close()
