"""Runs that watch one thing grow: claims in the store, or messages through one process."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psutil

from bench.flow.cases import Case, cases
from bench.flow.servers import serving
from bench.scale.records import fill, produce
from revcycle.stack.topics import create_topics, topic_names

PARTITIONS = 4


def case_of(name: str) -> Case:
    """A case of the flow benchmark, with a topic of its own here."""
    return replace(cases()[name], topic=f"bench.scale.{name}")


def kind_of(store: str) -> str:
    """The store to start: `nowhere` needs none."""
    return "free" if store == "nowhere" else store


def servers_of() -> dict[str, int]:
    """The broker and the store that this process started: their process ids."""
    names = {"tansu": "broker", "secantus": "store"}
    children = [(child.pid, " ".join(child.cmdline())) for child in psutil.Process().children()]
    return {name: pid for pid, line in children for word, name in names.items() if word in line}


def words_of(case: Case, kafka: str, mongo: str, *more: str) -> list[str]:
    """The command line of a worker that also looks at the servers' CPU."""
    argv = [sys.executable, "-m", "bench.scale.worker", case.name, "--kafka", kafka, "--mongo", mongo]
    argv += ["--topic", case.topic, "--database", "scale", *more]
    return argv + [f"--watch={name}={pid}" for name, pid in servers_of().items()]


def begin(case: Case, kafka: str, mongo: str, *words: str) -> subprocess.Popen[str]:
    """A worker in a process of its own."""
    argv = words_of(case, kafka, mongo, *words)
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(worker: subprocess.Popen[str]) -> dict[str, Any]:
    """What it found; RuntimeError with the end of what it said when it failed."""
    said, trouble = worker.communicate()
    if worker.returncode:
        msg = f"a worker ended with {worker.returncode}: {trouble[-2000:]}"
        raise RuntimeError(msg)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def growth(store: str, name: str, sizes: Sequence[int], messages: int, journal_every: int = 1) -> list[dict[str, Any]]:
    """The same messages on a store with more and more claims in it; every so many of them with its journal.

    The first size is a warm-up that only makes the collections and their indexes; it gives no row.
    """
    found: list[dict[str, Any]] = []
    case = case_of(name)
    with serving(store) as (kafka, mongo):
        asyncio.run(create_topics(kafka, PARTITIONS, [*topic_names()], 1))
        stored = 0
        for round_, size in enumerate(sizes):
            here = replace(case, topic=f"{case.topic}.{round_}")
            numbers = range(200_000_000 + round_ * messages, 200_000_000 + (round_ + 1) * messages)
            asyncio.run(create_topics(kafka, PARTITIONS, [here.topic], 1))
            asyncio.run(produce(kafka, here, numbers))
            if round_ > 0:
                begun = time.perf_counter()
                more = range(300_000_000 + stored, 300_000_000 + size)
                fill(mongo, "scale", case, more, handled=True, journal_every=journal_every)
                print(f"{size:,} claims are stored: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
                fill(mongo, "scale", case, numbers, handled=False)
                stored = max(stored, size)
            told = end(begin(here, kafka, mongo, f"--messages={messages}"))
            if round_ > 0:
                found.append({"claims": size, **told})
                print(f"{told['cpu_us']:.0f} µs CPU a message", file=sys.stderr)  # the table may be half an hour away
    return found


def memory(store: str, name: str, messages: int, sample_every: int) -> dict[str, Any]:
    """One service through so many messages, each for another account."""
    case = case_of(name)
    with serving(kind_of(store)) as (kafka, mongo):
        asyncio.run(create_topics(kafka, PARTITIONS, [case.topic, *topic_names()], 1))
        words = (f"--messages={messages}", f"--sample-every={sample_every}")
        worker = begin(case, kafka, "nowhere" if store == "nowhere" else mongo, *words)
        asyncio.run(produce(kafka, case, range(messages)))
        return end(worker)
