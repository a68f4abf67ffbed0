"""Starting the whole stack, in front of a person or behind them, and stopping it."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from revcycle.identity import make_identity
from revcycle.refusal import Exit, RefusalError
from revcycle.replay import Replay, replay
from revcycle.settle import Watcher
from revcycle.stack.checkpoint import keep_checkpoints, read_checkpoint
from revcycle.stack.clock import move_clock
from revcycle.stack.layout import Layout
from revcycle.stack.options import Options
from revcycle.stack.plan import stages
from revcycle.stack.ports import refuse_taken_ports
from revcycle.stack.record import (
    Phase,
    ProcessId,
    ProcessRecord,
    StackRecord,
    end_leftovers,
    end_processes,
    read_record,
    write_record,
)
from revcycle.stack.supervisor import Supervisor
from revcycle.stack.topics import create_topics
from shared.tasks import end_tasks

Ready = Callable[[StackRecord], None]
STOP_SECONDS = 60.0
POLL_SECONDS = 0.1
_BEHIND: list[subprocess.Popen[bytes]] = []
"""Supervisors this process started and left: they outlive it, and are waited for where it stops them itself."""


def run_stack(options: Options, layout: Layout, ready: Ready) -> None:
    """Run the stack until SIGINT or SIGTERM. RefusalError, before anything starts, where it cannot run."""
    layout.prepare()
    with _only_one(layout):
        _clear_away(layout)
        refuse_taken_ports(options.ports_used())
        make_identity(layout)
        _set_clock(options, layout)
        asyncio.run(_supervise(options, layout, ready))


async def _supervise(options: Options, layout: Layout, ready: Ready) -> None:
    me = ProcessId.of(os.getpid())
    assert me is not None
    record = StackRecord(
        phase=Phase.STARTING, supervisor=me, kafka=options.kafka_servers, mongo=options.mongo_url, processes=[]
    )

    def changed(phase: Phase, processes: list[ProcessRecord]) -> None:
        record.phase, record.processes = phase, processes
        write_record(layout.record, record)

    async def between() -> None:
        await create_topics(options.kafka_servers, options.partitions)
        if options.kafka is None:  # the local broker forgets: what it lost is published again before anybody reads
            since = Replay(since=read_checkpoint(layout.checkpoint))
            await replay(options.kafka_servers, options.mongo_url, since)

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(stages(options, layout, between), layout.log, changed)
    up = asyncio.Event()
    checkpoints = asyncio.create_task(_keep_checkpoints(layout, record, up))

    def is_ready() -> None:
        up.set()
        ready(record)

    try:
        await supervisor.run(stop, is_ready)
    finally:
        await end_tasks((checkpoints,))


async def _keep_checkpoints(layout: Layout, record: StackRecord, up: asyncio.Event) -> None:
    """From when everything is up: a restart then publishes again only what came after the last rest."""
    await up.wait()
    async with Watcher(layout, record) as watcher:
        await keep_checkpoints(layout.checkpoint, watcher)


@contextmanager
def _only_one(layout: Layout) -> Generator[None]:
    """One supervisor a run directory. The kernel frees the lock of a killed one, so a crash never locks anybody out."""
    with layout.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"A stack already runs in {layout.root}: see revcycle status, or stop it with revcycle stop."
            raise RefusalError(message, Exit.CONFLICT) from None
        yield


def _clear_away(layout: Layout) -> None:
    """End what a killed supervisor left: its processes still hold the ports and the store's files."""
    before = read_record(layout.record)
    if before is not None:
        end_leftovers(before.processes)


def _set_clock(options: Options, layout: Layout) -> None:
    """With `--as-of`, time stands at that day until it is moved. It never goes back: the data knows later days."""
    if options.as_of is None:
        return
    wanted = datetime(options.as_of.year, options.as_of.month, options.as_of.day, tzinfo=UTC)
    move_clock(layout.clock, wanted)


def start_behind(arguments: list[str], layout: Layout) -> StackRecord:
    """Start the supervisor as a process of its own; its record once all is ready, or RefusalError with its words."""
    layout.prepare()
    log = layout.log("supervisor")
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "revcycle", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _BEHIND.append(supervisor)
    while supervisor.poll() is None:
        record = read_record(layout.record)
        if record is not None and record.supervisor.pid == supervisor.pid and record.phase is Phase.READY:
            return record
        time.sleep(POLL_SECONDS)
    code = supervisor.returncode
    raise RefusalError(log.read_text().strip(), Exit(code) if code in set(Exit) else Exit.FAILED)


def stop_stack(layout: Layout) -> bool:
    """Stop what runs in this directory, and what a crash left; whether there was anything."""
    record = read_record(layout.record)
    if record is None:
        return False
    supervisor = record.supervisor.alive()
    if supervisor is not None:
        end_processes([supervisor], STOP_SECONDS)
    found = bool(end_leftovers(record.processes)) or supervisor is not None
    _BEHIND[:] = [one for one in _BEHIND if one.poll() is None]
    return found
