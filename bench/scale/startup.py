"""How long it takes until a process serves: each service alone, beside running servers, and the whole local stack.

CPU time is the process's own and says what it costs; wall time is the median of some rounds, and the least beside it,
because whatever else the machine does can only add to it.
"""

import asyncio
import subprocess
import time
from statistics import median
from typing import NamedTuple

import psutil

from bench.flow.servers import layout_in_memory
from revcycle.identity import make_identity
from revcycle.stack.child import ProcessSpec
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS, MODULES, Options
from revcycle.stack.plan import broker, part, store
from revcycle.stack.ports import free_port
from revcycle.stack.topics import create_topics
from revcycle.stack.up import start_behind, stop_stack

PREFIX = "revcycle-startup-"
READY_SECONDS = 60.0
LOOK_SECONDS = 0.01


class Start(NamedTuple):
    """From exec to ready, in seconds."""

    name: str
    wall: float
    cpu: float


async def _until_ready(spec: ProcessSpec, layout: Layout) -> tuple[Start, subprocess.Popen[bytes]]:
    begun = time.perf_counter()
    with layout.log(spec.name).open("ab") as log:
        environment = {**dict(psutil.Process().environ()), **spec.env}
        process = subprocess.Popen(spec.argv, cwd=spec.cwd, env=environment, stdout=log, stderr=log)  # noqa: ASYNC220
    while not await spec.ready():
        if process.poll() is not None or time.perf_counter() - begun > READY_SECONDS:
            process.kill()
            msg = f"{spec.name} does not start: {layout.log(spec.name).read_text(errors='replace')[-1000:]}"
            raise RuntimeError(msg)
        await asyncio.sleep(LOOK_SECONDS)
    wall = time.perf_counter() - begun
    used = psutil.Process(process.pid).cpu_times()
    return Start(spec.name, wall, used.user + used.system), process


async def each_alone(layout: Layout) -> list[Start]:
    """The servers, then each part of the stack, one after the other: nothing else of ours starts meanwhile."""
    options = Options(ports={name: free_port() for name in DEFAULT_PORTS})
    starts, running = list[Start](), list[subprocess.Popen[bytes]]()
    servers = [broker(options.ports["broker"], layout), store(options.ports["store"], layout)]
    try:
        for spec in servers:
            start, process = await _until_ready(spec, layout)
            starts.append(start)
            running.append(process)
        await create_topics(options.kafka_servers, options.partitions)
        for name in MODULES:
            start, process = await _until_ready(part(name, options, layout), layout)
            starts.append(start)
            process.terminate()
            await asyncio.to_thread(process.wait, 20)
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(20)
    return starts


def whole_stack(layout: Layout) -> Start:
    """`revcycle up` with everything, from exec to the word that it is ready."""
    arguments = [f"--{name}-port={free_port()}" for name in DEFAULT_PORTS]
    begun = time.perf_counter()
    try:
        record = start_behind([*arguments, f"--dir={layout.root}"], layout)
        wall = time.perf_counter() - begun
        pids = [record.supervisor.pid, *(process.id.pid for process in record.processes if process.id)]
        used = [psutil.Process(pid).cpu_times() for pid in pids]
        return Start("the whole stack", wall, sum(one.user + one.system for one in used))
    finally:
        stop_stack(layout)


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Of so many rounds, by process: the medians `wall_s` and `cpu_s`, and the least `wall_s_least`."""
    found: dict[str, list[Start]] = {}
    for _ in range(rounds):
        with layout_in_memory(PREFIX) as layout:
            make_identity(layout)
            starts = asyncio.run(each_alone(layout))
        with layout_in_memory(PREFIX) as layout:
            starts.append(whole_stack(layout))
        for start in starts:
            found.setdefault(start.name, []).append(start)
    return {
        name: {
            "wall_s": median(one.wall for one in starts),
            "wall_s_least": min(one.wall for one in starts),
            "cpu_s": median(one.cpu for one in starts),
        }
        for name, starts in found.items()
    }
