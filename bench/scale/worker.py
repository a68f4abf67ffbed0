"""One process of a service, measured: prints its figures as JSON at the end.

python -m bench.scale.worker CASE --kafka HOST:PORT --mongo URL|nowhere --topic T --database D [--messages N]

With `--messages` it ends after so many. Without, it is one of a group: it prints how many partitions it has and how
many messages it has handled whenever that changes, and ends when its standard input does. On `nowhere` every write is
forgotten and every find finds nothing, so whatever memory grows is the service's own.
"""

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psutil

from bench.flow.cases import cases
from bench.flow.contenders import ours
from bench.flow.free_store import FreeCollection, FreeDatabase
from bench.flow.job import Job
from bench.flow.meters import Meters
from shared.store.connect import connect, disconnect
from shared.tasks import end_tasks

LOOK_SECONDS = 0.1
MEGABYTE = 1024 * 1024


class ForgetfulCollection(FreeCollection):
    """Takes everything and keeps nothing."""

    async def bulk_write(self, *_: Any, **__: Any) -> None:
        self._commands["update"] += 1

    async def update_one(self, *_: Any, **__: Any) -> None:
        self._commands["update"] += 1

    async def insert_many(self, *_: Any, **__: Any) -> None:
        self._commands["insert"] += 1


class ForgetfulDatabase(FreeDatabase):
    """Made of forgetful collections."""

    def __getitem__(self, name: str) -> FreeCollection:
        return self._collections.setdefault(name, ForgetfulCollection(name, self._commands))


@dataclass(slots=True)
class ScaleJob(Job):
    """Also looks at the servers' CPU, at this process's memory, and at the end of what comes."""

    watched: dict[str, int] = field(default_factory=dict[str, int])
    sample_every: int = 0
    samples_mb: list[float] = field(default_factory=list[float])
    cpu_seconds_at: dict[str, float] = field(default_factory=dict[str, float])
    cpu_seconds_end: dict[str, float] = field(default_factory=dict[str, float])

    def start(self) -> None:
        if not self.started_at:
            self.cpu_seconds_at = self._cpu_seconds()
        Job.start(self)

    def done(self, sent_at_ms: Sequence[int]) -> None:
        Job.done(self, sent_at_ms)
        self.waited_ms.clear()
        self.ended_at = time.perf_counter()
        self.cpu_end = time.process_time()
        self.cpu_seconds_end = self._cpu_seconds()
        if self.sample_every and self.handled // self.sample_every >= len(self.samples_mb):
            self.samples_mb.append(psutil.Process().memory_info().rss / MEGABYTE)

    def _cpu_seconds(self) -> dict[str, float]:
        used = {name: psutil.Process(pid).cpu_times() for name, pid in self.watched.items()}
        return {name: one.user + one.system for name, one in used.items()}

    def end_with_input(self) -> None:
        """Nobody writes to a worker: that its input ends is the word that the group is done."""
        loop = asyncio.get_running_loop()

        def wait() -> None:
            sys.stdin.read()
            loop.call_soon_threadsafe(self.finished.set)

        threading.Thread(target=wait, daemon=True).start()

    async def tell(self) -> None:
        """Say how far it is, line by line."""
        told = None
        while True:
            partitions = 0 if self.consumer is None else len(self.consumer.partitions())
            now = {"partitions": partitions, "handled": self.handled}
            if now != told:
                told = now
                print(json.dumps(now), flush=True)
            await asyncio.sleep(LOOK_SECONDS)

    def found(self) -> dict[str, Any]:
        """Figures of the job, with CPU µs a message of each server, and RSS in MB as it went."""
        if not self.handled:
            return {"handled": 0}
        servers = {
            f"{name}_cpu_us": (self.cpu_seconds_end[name] - begun) / self.handled * 1e6
            for name, begun in self.cpu_seconds_at.items()
        }
        return {
            **self.figures(),
            **servers,
            "handled": self.handled,
            "cpu_s": self.cpu_end - self.cpu_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "samples_mb": self.samples_mb,
        }


async def measure(told: argparse.Namespace) -> dict[str, Any]:
    """Work until the end; the figures."""
    meters = Meters()
    meters.watch_mongo()
    meters.watch_kafka()
    client = None if told.mongo == "nowhere" else connect(told.mongo)
    database = ForgetfulDatabase(meters.commands) if client is None else client[told.database]
    case = replace(cases()[told.case], topic=told.topic, seed=None)  # what was before is in the store already
    job = ScaleJob(case, told.kafka, database, told.messages or 1 << 60, meters, f"{told.database}-{os.getpid()}")
    job.watched = {name: int(pid) for name, pid in (one.split("=") for one in told.watch)}
    job.sample_every = told.sample_every
    telling: list[asyncio.Task[None]] = []
    if not told.messages:
        job.end_with_input()
        telling = [asyncio.create_task(job.tell())]
    try:
        await ours.run(job)
    finally:
        await end_tasks(telling)
        await disconnect(client) if client is not None else None
    return job.found()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=sorted(cases()))
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--mongo", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--sample-every", type=int, default=0)
    parser.add_argument("--watch", action="append", default=[], help="NAME=PID of a server")
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
