"""What a running service is made of, and the loops that keep it going. Constructed once, in the composition root."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeAlias, runtime_checkable
from uuid import uuid4

from pymongo import AsyncMongoClient

from shared.audit import Audit
from shared.audit_anchors import anchor_file
from shared.audit_keys import AuditKeys, FileKeys
from shared.auth import Authenticator
from shared.bus.kafka import KafkaBus
from shared.bus.port import Bus
from shared.clock import Clock, FileClock, Wall, system_wall
from shared.consumer import Consumer
from shared.decider import Decider, Effect
from shared.health import Sample, Watchdog
from shared.inbox import Inbox, Routes
from shared.letters import open_count
from shared.log import Log, configure_logs
from shared.metrics_tally import Figure
from shared.pulse import Pulse, Pulses, follow_clock
from shared.relay import Relay
from shared.sealed import KeyVaultSealer, Pseudonyms, Sealer
from shared.settings import Settings, read_key
from shared.shell import Shell
from shared.store.connect import connect, disconnect
from shared.store.documents import NEVER
from shared.store.mongo import MongoStore
from shared.store.port import Store
from shared.sweep import Sweep
from shared.tasks import end_tasks
from shared.tracing_start import tracing_of
from shared.worker import Performer, Worker

Step: TypeAlias = Callable[[], Awaitable[int]]
Rest: TypeAlias = Callable[[float], Awaitable[None]]

HOUSEKEEPING_SECONDS = 5.0
FOLDER_SECONDS = 0.2
FAILURE_SECONDS = 1.0
LOOK_AGAIN = timedelta(seconds=2)


class Loop(Protocol):
    """Work that a service finds by looking: files in a folder, claims ready for a file."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str | None:
        """The kind of aggregate whose changes may mean work; None for a folder, which is looked at every so often."""
        ...

    async def step(self) -> int:
        """Do some of it; how much was done. 0 means that the loop may rest for a tick."""
        ...

    async def pending(self) -> int:
        """How much waits now, for `status`."""
        ...


class Joining(Protocol):
    """The part of a consumer that joins its group; after a failure it may be started again."""

    async def start(self) -> None: ...


@runtime_checkable
class Watching(Protocol):
    """A loop that holds the books against their journals all the time."""

    @property
    def out_of_balance(self) -> int:
        """How much did not tie out when it was looked at last."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts every service has. Tests build one on memory; `open_runtime` builds the real one."""

    settings: Settings
    log: Log
    clock: Clock
    wall: Wall
    store: Store
    bus: Bus
    relay: Relay
    shell: Shell
    sealer: Sealer
    pseudonyms: Pseudonyms
    audit: Audit
    authenticator: Authenticator


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What makes a service this service and no other."""

    name: str
    deciders: Sequence[Decider[Any, Any, Any]]
    routes: Routes
    performers: Callable[[Runtime], Mapping[str, Mapping[type[Effect], Performer]]] = lambda _: {}
    """For each kind of aggregate, who performs its effects."""
    loops: Callable[[Runtime], Sequence[Loop]] = lambda _: ()
    topics: Sequence[str] = ()
    """Topics it reads: other services' events, and its own commands."""
    figures: Sequence[Figure] = ()
    """What it counts of its business, besides what every service counts."""


@dataclass(slots=True)
class Running:
    """A started service."""

    runtime: Runtime
    spec: Spec
    consumer: Consumer
    workers: Sequence[Worker]
    loops: Sequence[Loop]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict[str, Any])  # the last answer of `at_rest`, and when it was true
    looked: tuple[int, datetime] | None = None
    looked_at: datetime = NEVER
    watchdog: Watchdog = field(default_factory=Watchdog)

    @property
    def troubles(self) -> list[str]:
        """Why it does not serve: a loop has ended, or the broker refused the consumer the last time it was asked."""
        ended = sorted(task.get_name() for task in self.tasks if task.done())
        refused = ["the broker refuses the consumer; it asks again every second"] if self.consumer.refused else []
        return [*(f"the loop {name} has ended" for name in ended), *refused]

    @property
    def serves(self) -> bool:
        return not self.troubles

    async def at_rest(self) -> dict[str, Any]:
        """Whether nothing waits to be done at the clock's time, and when the next thing comes.

        The store is asked only when this process is idle and something was committed, or some time went by, since it
        was asked last: whoever waits for a service to settle must not keep it busy.
        """
        shell, now = self.runtime.shell, self.runtime.clock.now()
        said: dict[str, Any] = {"received": self.consumer.received, "handled": shell.handled, "now": now}
        if any(worker.in_flight for worker in self.workers) or await self.consumer.lag():
            return said | {"settled": False}
        if any([await loop.pending() for loop in self.loops if loop.kind is None]):
            return said | {"settled": False}  # files come from outside: no commit of ours tells of them
        mark = (shell.commits, now)
        if mark != self.looked or self.runtime.wall() - self.looked_at > LOOK_AGAIN:
            self.rest = await self._look(now)
            self.looked, self.looked_at = mark, self.runtime.wall()
        return said | self.rest

    async def _look(self, now: datetime) -> dict[str, Any]:
        if any([await loop.pending() for loop in self.loops if loop.kind is not None]):
            return {"settled": False}
        outlooks = [await self.runtime.store.outlook(decider) for decider in self.spec.deciders]
        due = [at for o in outlooks for at in (o.next_due_at, o.next_effect_at) if at is not None]
        owing = await self.runtime.relay.owing(self.spec.deciders, 1)
        settled = not owing and all(at > now for at in due)
        return {"settled": settled, "next_due_at": min(due, default=None)}

    async def status(self) -> dict[str, Any]:
        """Numbers for `/internal/status`; `settled` means that nothing waits to be done at the clock's time."""
        store, now = self.runtime.store, self.runtime.clock.now()
        lag = await self.consumer.lag()
        pending = {loop.name: await loop.pending() for loop in self.loops}
        health = await store.health(self.spec.deciders, now)
        unpublished = await self.runtime.relay.owing(self.spec.deciders)
        watching = [loop.out_of_balance for loop in self.loops if isinstance(loop, Watching)]
        waits = (lag, unpublished, health.effects_due, health.deadlines_due, *pending.values())
        return {
            "service": self.spec.name,
            "now": now,
            "settled": not any(waits),
            "lag": lag,
            "received": self.consumer.received,
            "handled": self.runtime.shell.handled,
            "unpublished": unpublished,
            **health._asdict(),
            "pending": pending,
            "dead_letters": await open_count(store),
            "quarantined": await store.count_notes("quarantine"),
            **({"out_of_balance": sum(watching)} if watching else {}),
        }


@asynccontextmanager
async def open_runtime(settings: Settings, name: str) -> AsyncGenerator[Runtime]:
    """Connect everything a service needs; close it in reverse order."""
    log = configure_logs(name, settings.log_level)
    clock = settings.clock()
    async with AsyncExitStack() as stack:
        client = connect(settings.mongo, settings.mongo_driver, settings.mongo_pool_size)
        stack.push_async_callback(disconnect, client)
        store = MongoStore(client[settings.database])
        keys: AsyncMongoClient[dict[str, Any]] = connect(settings.mongo, pool_size=settings.mongo_pool_size)
        stack.push_async_callback(keys.close)
        sealer = KeyVaultSealer(keys, settings.key_vault, read_key(settings.master_key_file, 96))
        stack.push_async_callback(sealer.close)
        await sealer.prepare()
        traced = settings.trace_share if settings.otlp_endpoint is not None else 0.0
        bus = KafkaBus(settings.kafka, f"revcycle-{name}", idempotent=settings.kafka_idempotent, traced_share=traced)
        await bus.start()
        stack.push_async_callback(bus.stop)
        relay = Relay(bus, store, system_wall, f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:12]}")
        production = settings.env == "production"
        shell = Shell(store, relay, log)
        shell.tracing = tracing_of(settings.otlp_endpoint, settings.trace_share, name)
        if shell.tracing is not None:
            stack.push_async_callback(shell.tracing.close)
        yield Runtime(
            settings=settings,
            log=log,
            clock=clock,
            wall=system_wall,
            store=store,
            bus=bus,
            relay=relay,
            shell=shell,
            sealer=sealer,
            pseudonyms=Pseudonyms(read_key(settings.pseudonym_key_file, 32)),
            audit=audit_of(settings, store, name),
            authenticator=Authenticator.from_file(
                settings.jwks_file, settings.issuer, settings.audience, production=production
            ),
        )


def audit_of(settings: Settings, store: Store, name: str) -> Audit:
    """The audit log with its keys, and a file for copies of its anchors where there is one."""
    given, copies = settings.audit_keys_file, settings.audit_anchor_file
    keys = AuditKeys.derived(read_key(settings.master_key_file, 96)) if given is None else FileKeys(given)
    return Audit(store, system_wall, keys, name, None if copies is None else anchor_file(copies, name))


@asynccontextmanager
async def run(spec: Spec, runtime: Runtime) -> AsyncGenerator[Running]:
    """Start a service's consumer, workers and loops; stop them in reverse order."""
    await runtime.store.prepare(spec.deciders)
    by_kind = {decider.kind: decider for decider in spec.deciders}
    owner = f"{socket.gethostname()}/{os.getpid()}"
    performers = spec.performers(runtime)
    workers = [
        Worker(runtime.shell, by_kind[kind], by_effect, runtime.clock, runtime.wall, runtime.log, owner)
        for kind, by_effect in performers.items()
    ]
    runtime.shell.tally.watch(spec.figures)
    inbox = Inbox(runtime.shell, runtime.bus, runtime.sealer, spec.routes, runtime.log, runtime.wall)
    consumer = Consumer(runtime.settings, spec.name, spec.topics, inbox, runtime.log)
    running = Running(runtime, spec, consumer, workers, spec.loops(runtime))
    joining = asyncio.create_task(join(consumer, runtime.log))
    running.tasks = _start_loops(running)
    try:
        yield running
    finally:
        await end_tasks((joining, *running.tasks))
        await consumer.stop()
        for worker in workers:
            await worker.stop()
        await runtime.relay.retire()
        with suppress(Exception):  # the store may be away: the chains end without a closing record then
            await runtime.audit.close()


async def join(consumer: Joining, log: Log, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Make the consumer a member of its group, however often it takes.

    A broker lets the first member wait for others, for seconds (Kafka: `group.initial.rebalance.delay.ms`): a service
    takes files and requests meanwhile, and is not at rest.
    """
    while True:
        try:
            return await consumer.start()
        except Exception as error:  # noqa: BLE001 - whatever the reason, it is an outage: records wait where they are
            log.warning("join_failed", error=type(error).__name__)
            await wait(FAILURE_SECONDS)


def _start_loops(running: Running) -> list[asyncio.Task[None]]:
    runtime, spec = running.runtime, running.spec
    tick = runtime.settings.tick_seconds
    sweep = Sweep(runtime.bus, runtime.store, runtime.clock, runtime.wall)

    pulses = runtime.shell.pulses
    deadlines = [decider for decider in spec.deciders if decider.has_deadlines]

    async def sweep_all() -> int:
        return sum([await sweep.run(decider) for decider in deadlines])

    async def keep_house() -> int:
        published = await runtime.relay.sweep(spec.deciders)
        waiting = await runtime.store.count_notes("waiting")
        return published + (sum([await _drain(runtime, decider) for decider in spec.deciders]) if waiting else 0)

    async def report() -> int:
        await runtime.relay.report()
        return 0

    async def anchor() -> int:
        await runtime.audit.anchor()
        return 0

    async def watch() -> int:
        running.watchdog.see(await look(running))
        return 0

    steps: list[tuple[Step, Rest, float]] = [
        (report, asyncio.sleep, tick),
        (anchor, asyncio.sleep, HOUSEKEEPING_SECONDS),
        *((worker.tick, worker.wait, tick) for worker in running.workers),
        *((loop.step, _rest_of(loop, pulses), tick) for loop in running.loops),
        (sweep_all, _resting(pulses.of("clock")), tick),
        (keep_house, asyncio.sleep, HOUSEKEEPING_SECONDS),
        (watch, asyncio.sleep, HOUSEKEEPING_SECONDS),
    ]
    loops = [
        asyncio.create_task(_forever(step, rest, seconds, runtime.log), name=_name_of(step))
        for step, rest, seconds in steps
    ]
    if isinstance(runtime.clock, FileClock):
        loops.append(asyncio.create_task(follow_clock(runtime.clock, pulses)))
    return loops


async def look(running: Running) -> Sample:
    """How far the consumer is. Raises when broker or store is away: then it is no fault of this process.

    A batch that is tried again is a sign of life, too: a full disk answers questions and refuses writes.
    """
    runtime = running.runtime
    await runtime.store.count_notes("waiting")
    lag = sum((await running.consumer.lags()).values())
    tries = running.consumer.pipeline.retries
    return Sample(runtime.wall(), lag, running.consumer.received + tries)


def _name_of(step: Step) -> str:
    owner = getattr(step, "__self__", None)
    return str(getattr(owner, "name", None) or getattr(step, "__name__", "step"))


def _rest_of(loop: Loop, pulses: Pulses) -> Rest:
    """A folder is looked at every so often; work in the store announces itself."""
    return _resting(pulses.of(loop.kind)) if loop.kind else partial(_look_again, FOLDER_SECONDS)


async def _look_again(seconds: float, _: float) -> None:
    await asyncio.sleep(seconds)


def _resting(pulse: Pulse) -> Rest:
    seen = pulse.count

    async def rest(seconds: float) -> None:
        nonlocal seen
        seen = await pulse.rest(seconds, seen)

    return rest


async def _drain(runtime: Runtime, decider: Decider[Any, Any, Any]) -> int:
    """Decide messages that came in while their aggregate was being released."""
    drained = 0
    for key in await runtime.store.waiting_keys(decider, 100):
        if (await runtime.store.load(decider, (key,)))[key].parked is None:
            drained += await runtime.shell.drain(decider, key)
    return drained


async def _forever(step: Step, rest: Rest, seconds: float, log: Log) -> None:
    """Repeat a step; rest when there was nothing to do. A failure is an outage: it is logged and waited for."""
    while True:
        try:
            if not await step():
                await rest(seconds)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the loop outlives any outage of store or broker
            log.warning("step_failed", error=type(error).__name__, kind=getattr(step, "__qualname__", "step"))
            await asyncio.sleep(FAILURE_SECONDS)
