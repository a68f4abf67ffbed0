"""A stack whose processes may be killed, stopped, cut off and set wrong: brokers, store, four services, the sandbox."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from revcycle.identity import issue_token, make_identity
from revcycle.kafka.cluster import Cluster, plan_cluster, prepare, wait_until_whole
from revcycle.settle import AT_REST, OPERATOR_TENANT, Watcher
from revcycle.stack.child import Child, ProcessSpec, RestartPolicy
from revcycle.stack.layout import Layout
from revcycle.stack.options import HOST, MODULES, Options
from revcycle.stack.plan import part, store
from revcycle.stack.ports import free_port
from revcycle.stack.probes import accepts_connections, answers_ready
from revcycle.stack.record import Phase, ProcessId, ProcessRecord, ProcessState, StackRecord, write_record
from revcycle.stack.store_server import store_server
from revcycle.stack.supervisor import Stage, Supervisor
from revcycle.stack.topics import SERVICES, create_topics
from shared.clock import write_clock_file
from shared.tasks import end_tasks
from tests.chaos import skewed
from tests.chaos.isolation import Machine

PARTS = ("sandbox", *SERVICES)
POLICY = RestartPolicy(tries=1_000, window_seconds=15, longest_wait_seconds=2, ready_seconds=120)
"""Whatever is killed comes back, however often."""
PARTITIONS = 3
ANSWER_SECONDS = 5.0


@dataclass
class ChaosStack:
    """A running stack, and the hands to break it with."""

    layout: Layout
    machine: Machine
    cluster: Cluster
    options: Options
    store_url: str
    session_timeout_ms: int
    record: StackRecord
    client: httpx.AsyncClient
    seconds: dict[str, Child] = field(default_factory=dict[str, Child])
    """Second processes of services, while there are any."""
    token: str = ""

    # What it is told

    def spec(self, name: str, port: int) -> ProcessSpec:
        """A service or the sandbox, as the local stack runs it, but on this machine's network and clock."""
        host = self.machine.host(name)
        ports = {**self.options.ports, name: port}
        told = part(name, replace(self.options, ports=ports), self.layout)
        urls = {f"REVCYCLE_{p.upper()}_URL": f"http://{self.machine.host(p)}:{self.options.ports[p]}" for p in PARTS}
        pool_size = store_server(self.layout.data).pool_size
        env = {
            **told.env,
            **urls,
            "REVCYCLE_HOST": host,
            "REVCYCLE_KAFKA_SESSION_TIMEOUT_MS": str(self.session_timeout_ms),
            "REVCYCLE_KAFKA_FETCH_WAIT_MS": "100",
            **({} if pool_size is None else {"REVCYCLE_MONGO_POOL_SIZE": str(pool_size)}),
        }
        url = f"http://{host}:{port}"
        argv = (*self.machine.prefix(name), sys.executable, "-P", str(skewed.__file__))
        argv = (*argv, str(self.offset_file(name, port)), MODULES[name])
        return replace(told, argv=argv, env=env, url=url, port=port, ready=answers_ready(url))

    def offset_file(self, name: str, port: int) -> Path:
        """What this process's clock is wrong by."""
        return self.layout.root / f"clock-of-{name}-{port}"

    def set_clock(self, now: datetime) -> None:
        """The time of the business."""
        write_clock_file(self.layout.clock, now)

    # What it says

    def pid(self, name: str) -> int | None:
        """Of a process that runs now."""
        found = next(p for p in self.record.processes if p.name == name)
        runs = found.state in {ProcessState.READY, ProcessState.STARTING}
        return found.id.pid if runs and found.id is not None else None

    async def ask(self, url: str, path: str = AT_REST) -> Mapping[str, Any] | None:
        """What a service says of its rest; None when it says nothing."""
        try:
            answer = await self.client.get(f"{url}{path}", headers={"authorization": f"Bearer {self.token}"})
            said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            return None
        return said if answer.is_success else None

    async def ask_service(self, name: str) -> Mapping[str, Any] | None:
        """The service's first process."""
        return await self.ask(self.record.url(name) or "")

    # What is done to it

    def kill(self, name: str) -> None:
        """With kill -9. What is between two lives has been killed already."""
        self.signal(name, signal.SIGKILL)

    def signal(self, name: str, number: signal.Signals) -> None:
        pid = self.pid(name)
        if pid is not None:
            os.kill(pid, number)

    async def whole_cluster(self) -> None:
        """Return when every broker is back."""
        await wait_until_whole(self.cluster)

    async def start_second(self, name: str) -> Child:
        """Another process of a service, ready."""
        port = free_port()
        child = Child(self.spec(name, port), self.layout.log(f"{name}-2"), POLICY, lambda: None)
        child.start()
        await child.settled.wait()
        self.seconds[name] = child
        return child

    async def stop_second(self, name: str) -> None:
        """As in a deployment: SIGTERM, and it leaves."""
        await self.seconds.pop(name).stop()

    def watcher(self) -> "EveryWatcher":
        return EveryWatcher(self)


class EveryWatcher(Watcher):
    """Asks the second processes too."""

    def __init__(self, stack: ChaosStack) -> None:
        super().__init__(stack.layout, stack.record)
        self._stack = stack

    async def _look(self, urls: Mapping[str, str], path: str) -> Mapping[str, Mapping[str, Any]]:
        more = {f"{name}-2": child.spec.url for name, child in self._stack.seconds.items()}
        return await super()._look({**urls, **more}, path)


@asynccontextmanager
async def running(
    folder: Path, machine: Machine, *, brokers: int, start: date, session_timeout_ms: int, keys: Path | None = None
) -> AsyncGenerator[ChaosStack]:
    """A fresh stack. With the same keys, people have the same ids. RefusalError where it cannot be started."""
    layout = Layout(folder / "stack")
    machine.mount(layout.data)
    if keys is not None:
        shutil.copytree(keys, layout.keys)
    layout.prepare()
    make_identity(layout)
    write_clock_file(layout.clock, datetime(start.year, start.month, start.day, 12, tzinfo=UTC))
    cluster = plan_cluster(folder / "kafka", brokers, host=machine.servers_address)
    specs = await asyncio.to_thread(prepare, cluster)
    ports = {name: free_port() for name in ("broker", "store", *MODULES)}
    machine.reserve([*ports.values(), *(p for b in cluster.brokers for p in (b.port, b.controller_port))])
    store_url = f"mongodb://{machine.servers_address}:{ports['store']}/?directConnection=true"
    options = Options(ports, PARTS, kafka=cluster.servers, mongo=store_url, as_of=start, log_level="WARNING")
    me = ProcessId.of(os.getpid())
    assert me is not None
    record = StackRecord(phase=Phase.STARTING, supervisor=me, kafka=cluster.servers, mongo=store_url)
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        stack = ChaosStack(layout, machine, cluster, options, store_url, session_timeout_ms, record, client)
        stack.token = issue_token(layout, OPERATOR_TENANT, "chaos", ["operator"])
        try:
            async with _supervised(stack, (*specs, _store(stack))):
                try:
                    yield stack
                finally:
                    for name in list(stack.seconds):
                        await stack.stop_second(name)
        finally:
            machine.unmount(layout.data)


def _store(stack: ChaosStack) -> ProcessSpec:
    """The local store, where the services can reach it."""
    spec, address = store(stack.options.ports["store"], stack.layout), stack.machine.servers_address
    argv = tuple(address if word == HOST else word for word in spec.argv)
    return replace(spec, argv=argv, ready=accepts_connections(spec.port, address))


@asynccontextmanager
async def _supervised(stack: ChaosStack, servers: Collection[ProcessSpec]) -> AsyncGenerator[None]:
    """Everything runs, and comes back when it ends by itself, until the block ends."""

    async def between() -> None:
        await wait_until_whole(stack.cluster)
        await create_topics(stack.cluster.servers, PARTITIONS)

    def changed(phase: Phase, processes: list[ProcessRecord]) -> None:
        stack.record.phase, stack.record.processes = phase, processes
        write_record(stack.layout.record, stack.record)

    services = tuple(stack.spec(name, stack.options.ports[name]) for name in PARTS)
    stages = [Stage(tuple(servers), then=between), Stage(services)]
    supervisor = Supervisor(stages, stack.layout.log, changed, POLICY)
    stop, up = asyncio.Event(), asyncio.Event()
    supervising = asyncio.create_task(supervisor.run(stop, up.set), name="supervise the stack")
    waiting = asyncio.create_task(up.wait())
    try:
        await asyncio.wait({supervising, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not supervising.done():
            yield
    finally:
        stop.set()
        await end_tasks((waiting,))
        for name in [process.name for process in stack.record.processes]:
            stack.kill(name)  # nobody needs what they could still write down
        await supervising
