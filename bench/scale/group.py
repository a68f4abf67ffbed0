"""The same messages by more and more processes of one group; what each core did meanwhile, and what set the limit."""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import psutil

from bench.flow.cases import Case
from bench.flow.servers import serving
from bench.scale.records import produce
from bench.scale.runs import PARTITIONS, case_of, kind_of, servers_of, words_of
from revcycle.stack.topics import create_topics, topic_names

PATIENCE_SECONDS = 300.0
FULL = 0.9
"""Of a core: more is not to be had."""


@dataclass(slots=True)
class Member:
    """One worker: what it last said of itself."""

    process: asyncio.subprocess.Process
    partitions: int = 0
    handled: int = 0
    figures: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    async def start(cls, argv: Sequence[str]) -> Self:
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe))

    async def listen(self, changed: asyncio.Event) -> None:
        """To the end of what it says; RuntimeError when it fails, whose reason it has printed."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            told = json.loads(line)
            if "partitions" in told:
                self.partitions, self.handled = told["partitions"], told["handled"]
            else:
                self.figures = told
            changed.set()
        if await self.process.wait():
            msg = f"a worker ended with {self.process.returncode}"
            raise RuntimeError(msg)

    async def end(self) -> None:
        """Nothing more comes."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with suppress(ConnectionError):
            await self.process.stdin.wait_closed()


def shared_out(members: Sequence[Member]) -> bool:
    """Whether the group is at rest: each partition has one owner, and nobody has none."""
    return all(one.partitions for one in members) and sum(one.partitions for one in members) == PARTITIONS


def workers(store: str, name: str, counts: Sequence[int], messages: int) -> list[dict[str, Any]]:
    """A row for each number of workers; ValueError for more workers than there are partitions."""
    if max(counts) > PARTITIONS:
        msg = f"there are {PARTITIONS} partitions: a further worker would have nothing to do"
        raise ValueError(msg)
    rows: list[dict[str, Any]] = []
    for count in counts:
        with serving(kind_of(store)) as (kafka, mongo):
            for pid in servers_of().values():
                psutil.Process(pid).cpu_affinity(sorted(os.sched_getaffinity(0)))  # every process may use every core
            url = "nowhere" if store == "nowhere" else mongo
            rows.append(asyncio.run(_together(case_of(name), kafka, url, count, messages)))
        rows[-1]["of_one"] = rows[-1]["cpu_us"] / rows[0]["cpu_us"]
    return rows


async def _together(case: Case, kafka: str, mongo: str, count: int, messages: int) -> dict[str, Any]:
    await create_topics(kafka, PARTITIONS, [case.topic, *topic_names()], 1)
    members = [await Member.start(words_of(case, kafka, mongo)) for _ in range(count)]
    changed = asyncio.Event()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as listening:
            for member in members:
                listening.create_task(member.listen(changed))
            while not shared_out(members):  # or a rebalance would be measured
                await _again(changed)
            busy = psutil.cpu_times()
            await produce(kafka, case, range(messages))
            while sum(one.handled for one in members) < messages:
                await _again(changed)
            now = psutil.cpu_times()
            for member in members:
                await member.end()
    finally:
        for member in members:
            if member.process.returncode is None:
                member.process.kill()
    idle = (now.idle - busy.idle) / (sum(now) - sum(busy))
    return row([one.figures for one in members if one.figures["handled"]], count, 1 - idle)


async def _again(changed: asyncio.Event) -> None:
    changed.clear()
    await changed.wait()


def row(each: Sequence[dict[str, Any]], count: int, machine_busy: float) -> dict[str, Any]:
    """The group's figures from those of its members: CPU µs a message, cores in use, and what set the limit."""
    handled, first = sum(one["handled"] for one in each), min(one["started_at"] for one in each)
    seconds = max(one["ended_at"] for one in each) - first
    found = {
        "workers": count,
        "took_part": len(each),
        "handled": handled,
        "messages_per_s": handled / seconds,
        "cpu_us": sum(one["cpu_s"] for one in each) / handled * 1e6,
        "cores_ours": sum(one["cpu_s"] for one in each) / seconds,
        **{
            f"cores_{server}": max(one[f"{server}_cpu_us"] * one["handled"] for one in each) / 1e6 / seconds
            for server in ("store", "broker")
            if f"{server}_cpu_us" in each[0]
        },
        "machine_busy": machine_busy,
        "rss_mb": max(one["rss_mb"] for one in each),
    }
    return found | {"limit": limit(found)}


def limit(found: dict[str, Any]) -> str:
    """What cannot give more: a server, our own cores, the machine's; or nothing is full, and somebody waits."""
    for server in ("store", "broker"):
        if found.get(f"cores_{server}", 0.0) > FULL:
            return f"the {server}"
    if found["cores_ours"] / found["took_part"] > FULL:
        return "the workers' cores"
    if found["machine_busy"] > FULL:
        return "the machine's cores"
    return "waiting for answers"
