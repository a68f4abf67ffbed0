"""python -m bench.scale growth|memory|workers|startup: what grows with the system, and what must not.

Everything runs on two cores beside the broker, the store and whatever else the machine does: CPU time is what tells,
and wall time is the least of some rounds.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.flow.cases import cases
from bench.flow.servers import stores
from bench.scale import startup
from bench.scale.group import workers
from bench.scale.runs import PARTITIONS, growth, memory


def _table(title: str, rows: Sequence[dict[str, Any]], columns: Sequence[tuple[str, str, str]]) -> None:
    table = Table(*(head for head, _, _ in columns), title=title, title_justify="left")
    for row in rows:
        table.add_row(*(format(row[name], form) if name in row else "" for _, name, form in columns))
    Console(width=150).print(table)


def _growth(told: argparse.Namespace) -> Any:
    # The first size is a warm-up: it makes the collections and their indexes.
    found = growth(told.store, told.case, [0, *sorted(told.claims)], told.messages, told.journal_every)
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
        ("CPU µs", "cpu_us", ",.0f"), ("of one", "of_one", ".2f"),
        ("our cores", "cores_ours", ".2f"), ("store's cores", "cores_store", ".2f"),
        ("broker's cores", "cores_broker", ".2f"), ("machine busy", "machine_busy", ".0%"),
        ("RSS MB", "rss_mb", ",.0f"), ("limit", "limit", "s"),
    ]  # fmt: skip
    _table(f"{told.case} on {told.store}, {told.messages:,} messages, {PARTITIONS} partitions", found, columns)
    return found


def _startup(told: argparse.Namespace) -> Any:
    found = [{"name": name, **figures} for name, figures in startup.measure(told.rounds).items()]
    columns = [
        ("process", "name", "s"), ("wall s", "wall_s", ".2f"), ("least", "wall_s_least", ".2f"),
        ("CPU s", "cpu_s", ".2f"),
    ]  # fmt: skip
    _table(f"From exec to ready, medians of {told.rounds}", found, columns)
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
    grows = add("growth", _growth, 5_000, *real)
    grows.add_argument("--claims", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    grows.add_argument(
        "--journal-every", type=int, default=1, help="one claim in so many has its journal: a million needs 13 GB else"
    )
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
