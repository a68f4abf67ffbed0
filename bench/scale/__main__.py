"""python -m bench.scale growth|memory|workers|startup: what grows with the system, and what must not.

Everything runs on two cores beside the broker, the store and whatever else the machine does: CPU time is what tells,
and wall time is the least of some rounds.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.flow.cases import Case, cases
from bench.flow.servers import serving, stores
from bench.scale import startup
from bench.scale.records import fill, produce
from revcycle.stack.topics import create_topics, topic_names

JOIN_SECONDS = 8.0
PARTITIONS = 4


def case_of(name: str) -> Case:
    """A case of the flow benchmark, with a topic of its own here."""
    return replace(cases()[name], topic=f"bench.scale.{name}")


def servers_of() -> dict[str, int]:
    """The broker and the store that this process started: their process ids."""
    names = {"tansu": "broker", "secantus": "store"}
    children = [(child.pid, " ".join(child.cmdline())) for child in psutil.Process().children()]
    return {name: pid for pid, line in children for word, name in names.items() if word in line}


def begin(case: Case, kafka: str, mongo: str, *words: str) -> subprocess.Popen[str]:
    """A worker in a process of its own."""
    argv = [sys.executable, "-m", "bench.scale.worker", case.name, "--kafka", kafka, "--mongo", mongo]
    argv += ["--topic", case.topic, "--database", "scale", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(worker: subprocess.Popen[str]) -> dict[str, Any]:
    """What it found; RuntimeError with the end of what it said when it failed."""
    said, trouble = worker.communicate()
    if worker.returncode:
        msg = f"a worker ended with {worker.returncode}: {trouble[-2000:]}"
        raise RuntimeError(msg)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def watching() -> list[str]:
    return [f"--watch={name}={pid}" for name, pid in servers_of().items()]


def growth(store: str, name: str, sizes: Sequence[int], messages: int) -> list[dict[str, Any]]:
    """The same messages on a store with more and more claims in it."""
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
            if round_ == 0:
                end(begin(here, kafka, mongo, "--messages=0"))  # makes the indexes; its own messages are handled, too
                continue
            fill(mongo, "scale", case, range(300_000_000 + stored, 300_000_000 + size), handled=True)
            fill(mongo, "scale", case, numbers, handled=False)
            stored = max(stored, size)
            found.append({"claims": size, **end(begin(here, kafka, mongo, f"--messages={messages}", *watching()))})
    return found


def memory(store: str, name: str, messages: int, sample_every: int) -> dict[str, Any]:
    """One service through so many messages, each for another account."""
    case = case_of(name)
    with serving("free" if store == "nowhere" else store) as (kafka, mongo):
        asyncio.run(create_topics(kafka, PARTITIONS, [case.topic, *topic_names()], 1))
        words = (f"--messages={messages}", f"--sample-every={sample_every}", *watching())
        worker = begin(case, kafka, "nowhere" if store == "nowhere" else mongo, *words)
        asyncio.run(produce(kafka, case, range(messages)))
        return end(worker)


def workers(store: str, name: str, counts: Sequence[int], messages: int) -> list[dict[str, Any]]:
    """The same messages by more and more processes of one group; what each core did meanwhile."""
    return [_together(store, case_of(name), count, messages) for count in counts]


def _together(store: str, case: Case, count: int, messages: int) -> dict[str, Any]:
    with serving(store) as (kafka, mongo):
        for pid in servers_of().values():
            psutil.Process(pid).cpu_affinity(sorted(os.sched_getaffinity(0)))  # every process may use every core
        asyncio.run(create_topics(kafka, PARTITIONS, [case.topic, *topic_names()], 1))
        group = [begin(case, kafka, mongo, *watching()) for _ in range(count)]
        time.sleep(JOIN_SECONDS)  # all have joined, or a rebalance would be measured
        busy = psutil.cpu_times()
        asyncio.run(produce(kafka, case, range(messages)))
        each = [one for one in map(end, group) if one["handled"]]
        now = psutil.cpu_times()
    handled, first = sum(one["handled"] for one in each), min(one["started_at"] for one in each)
    seconds = max(one["ended_at"] for one in each) - first
    whole = sum(now) - sum(busy)
    return {
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
        "machine_busy": 1 - (now.idle - busy.idle) / whole,
        "rss_mb": max(one["rss_mb"] for one in each),
    }


def _table(title: str, rows: Sequence[dict[str, Any]], columns: Sequence[tuple[str, str, str]]) -> None:
    table = Table(*(head for head, _, _ in columns), title=title, title_justify="left")
    for row in rows:
        table.add_row(*(format(row[name], form) if name in row else "" for _, name, form in columns))
    Console(width=150).print(table)


def _growth(told: argparse.Namespace) -> Any:
    # The first size is a warm-up: it makes the collections and their indexes.
    found = growth(told.store, told.case, [0, *sorted(told.claims)], told.messages)
    columns = [
        ("claims stored", "claims", ",d"), ("CPU µs", "cpu_us", ",.0f"), ("store µs", "store_cpu_us", ",.0f"),
        ("broker µs", "broker_cpu_us", ",.0f"), ("Mongo/1k", "mongo_per_1000", ",.1f"),
        ("Kafka/1k", "kafka_per_1000", ",.1f"), ("msg/s", "messages_per_s", ",.0f"), ("RSS MB", "rss_mb", ",.0f"),
    ]  # fmt: skip
    _table(f"{told.case} on {told.store}, {told.messages:,} messages at each size", found, columns)
    print(f"CPU a message at the most claims, of that at the fewest: {found[-1]['cpu_us'] / found[0]['cpu_us']:.2f}")
    return found


def _memory(told: argparse.Namespace) -> Any:
    found = memory(told.store, told.case, told.messages, told.sample_every)
    samples: list[float] = found["samples_mb"]
    rows = [{"messages": n * told.sample_every, "rss_mb": mb} for n, mb in enumerate(samples)]
    _table(f"{told.case} on {told.store}", rows, [("messages", "messages", ",d"), ("RSS MB", "rss_mb", ",.1f")])
    print(f"most: {found['rss_mb']:.0f} MB; {found['messages_per_s']:,.0f} messages/s, {found['cpu_us']:.0f} µs CPU")
    return found


def _workers(told: argparse.Namespace) -> Any:
    found = workers(told.store, told.case, told.workers, told.messages)
    columns = [
        ("workers", "workers", "d"), ("with work", "took_part", "d"), ("msg/s", "messages_per_s", ",.0f"),
        ("CPU µs", "cpu_us", ",.0f"), ("our cores", "cores_ours", ".2f"), ("store's cores", "cores_store", ".2f"),
        ("broker's cores", "cores_broker", ".2f"), ("machine busy", "machine_busy", ".0%"),
        ("RSS MB", "rss_mb", ",.0f"),
    ]  # fmt: skip
    _table(f"{told.case} on {told.store}, {told.messages:,} messages, {PARTITIONS} partitions", found, columns)
    return found


def _startup(told: argparse.Namespace) -> Any:
    found = [{"name": name, **figures} for name, figures in startup.measure(told.rounds).items()]
    columns = [("process", "name", "s"), ("wall s", "wall_s", ".2f"), ("CPU s", "cpu_s", ".2f")]
    _table(f"From exec to ready, the least of {told.rounds}", found, columns)
    return found


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="bench.scale", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures once more, as JSON")
    parts = parser.add_subparsers(dest="part", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], Any], messages: int, *kinds: str) -> argparse.ArgumentParser:
        part = parts.add_parser(name)
        part.set_defaults(run=run)
        part.add_argument("--store", choices=kinds, default=kinds[0])
        part.add_argument("--case", choices=sorted(cases()), default="claims")
        part.add_argument("--messages", type=int, default=messages)
        return part

    real = [kind for kind in reversed(stores()) if kind != "free"]
    real.sort(key=lambda kind: kind != "rust")
    add("growth", _growth, 5_000, *real).add_argument("--claims", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    add("memory", _memory, 1_000_000, "nowhere", *real).add_argument("--sample-every", type=int, default=50_000)
    add("workers", _workers, 20_000, *real, "nowhere").add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    starts = parts.add_parser("startup")
    starts.set_defaults(run=_startup)
    starts.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    found = told.run(told)
    if told.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
