"""Runs somebody's reader against a broker of its own: sends the cases, kills it once in the middle, listens to it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka import AIOKafkaProducer

from revcycle.conformance.cases import Case, Expected
from revcycle.refusal import RefusalError
from revcycle.stack.child import Child, RestartPolicy
from revcycle.stack.layout import Layout
from revcycle.stack.plan import broker
from revcycle.stack.ports import free_port
from revcycle.stack.topics import create_topics

SAID = "handled "
GROUP = "conformance"
DEAD_LETTERS = "conformance.dead-letters"


@dataclass(slots=True)
class Life:
    """One life of a reader, from its start to its end: the ids that it said it handled, in order."""

    handled: list[str] = field(default_factory=list[str])
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    exit_code: int | None = None

    def hear(self, line: str) -> None:
        if line.startswith(SAID) and line.split()[1:]:
            self.handled.append(line.split()[1])
            self.changed.set()


async def live_through(command: Sequence[str], cases: Sequence[Case], patience_seconds: float) -> list[list[str]]:
    """The ids that the reader handled in each of its two lives. Raises RefusalError when it cannot be run."""
    with TemporaryDirectory(prefix="revcycle-conformance-") as folder:
        spec = broker(free_port(), Layout(Path(folder)))
        child = Child(spec, Path(folder) / "broker.log", RestartPolicy(tries=1), lambda: None)
        child.start()
        try:
            await asyncio.wait_for(child.settled.wait(), 60)
            return await _two_lives(spec.url, command, cases, patience_seconds)
        finally:
            await child.stop()


async def _two_lives(
    servers: str, command: Sequence[str], cases: Sequence[Case], patience_seconds: float
) -> list[list[str]]:
    topics = list(dict.fromkeys(case.record.topic for case in cases))
    await create_topics(servers, 1, [*topics, DEAD_LETTERS])
    env = os.environ | {
        "REVCYCLE_KAFKA": servers,
        "REVCYCLE_TOPICS": ",".join(topics),
        "REVCYCLE_GROUP": GROUP,
        "REVCYCLE_DEAD_LETTERS": DEAD_LETTERS,
    }
    wanted = list(dict.fromkeys(case.id for case in cases if case.expected is Expected.HANDLED))
    half = wanted[: max(1, len(wanted) // 2)]
    await _send(servers, cases)
    first, second = Life(), Life()
    await _live(command, env, first, half, patience_seconds, kill=True)
    rest = [id_ for id_ in wanted if id_ not in first.handled]
    await _live(command, env, second, rest, patience_seconds, kill=False)
    return [first.handled, second.handled]


async def _send(servers: str, cases: Sequence[Case]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    await producer.start()
    try:
        for case in cases:
            await producer.send_and_wait(
                case.record.topic, case.record.value, case.record.key, headers=list(case.record.headers)
            )
    finally:
        await producer.stop()


async def _live(
    command: Sequence[str], env: Mapping[str, str], life: Life, until: Sequence[str], patience: float, *, kill: bool
) -> None:
    """Let it run until it said these ids, or for as long as our patience lasts without news of it."""
    try:
        process = await asyncio.create_subprocess_exec(*command, env=dict(env), stdout=asyncio.subprocess.PIPE)
    except OSError as error:
        msg = f"{command[0]} cannot be run: {error.strerror}"
        raise RefusalError(msg) from None
    assert process.stdout is not None
    listening = asyncio.create_task(_listen(process.stdout, life))
    try:
        await _heard(life, set(until), listening, patience)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            process.kill()
            await process.wait()
        await listening
        life.exit_code = process.returncode


async def _listen(stdout: asyncio.StreamReader, life: Life) -> None:
    async for line in stdout:
        life.hear(line.decode(errors="replace"))
    life.changed.set()


async def _heard(life: Life, until: set[str], listening: "asyncio.Task[None]", patience: float) -> None:
    while not until <= set(life.handled) and not listening.done():
        life.changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(life.changed.wait(), patience)
            continue
        return
