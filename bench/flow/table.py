"""The figures as tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from revcycle.stack.options import SERVERS

PACED_PER_SECOND = 100
"""How fast messages are sent where it is measured how long each takes: every contender can follow."""
STEPS = ("decode", "load", "decide", "store", "publish", "journal", "commit", "rest")
COLUMNS = (
    "service",
    "contender",
    "msg/s",
    "of bare",
    "CPU µs",
    *STEPS,
    "Mongo/1k",
    "Kafka/1k",
    "p50 ms",
    "p99 ms",
    "RSS MB",
)


def show(console: Console, found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """A table a store: messages a second, CPU µs a message by step, requests per 1,000 messages."""
    for store, by_case in found.items():
        if not by_case:
            continue
        table = Table(*COLUMNS, title=f"store: {store}", title_justify="left", caption=_caption(by_case.values()))
        for case, by_contender in by_case.items():
            for contender, figures in by_contender.items():
                table.add_row(case, contender, *_cells(figures))
        console.print(table)


def _caption(by_case: Iterable[Mapping[str, Mapping[str, Any]]]) -> str | None:
    """What the times are of: they come from one round, and from fewer messages where a contender started slowly."""
    counts = [figures["waits"] for one in by_case for figures in one.values() if "waits" in figures]
    if not counts:
        return None
    return (
        f"p50, p99: one round, {PACED_PER_SECOND} messages a second, {min(counts):,.0f} or more; from the producer's "
        "timestamp until stored, published and committed (usual: not yet committed; quix: nor yet published)"
    )


def show_lives(console: Console, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Whole claims: a row a store, with CPU ms a claim by process."""
    if not found:
        return
    names = list(next(iter(found.values()))["processes"])
    head = (
        "store",
        "claims",
        "claims/s",
        "seconds",
        "days",
        "events/claim",
        *(f"{name} ms" for name in names),
        "all ms",
    )
    table = Table(*head, "RSS MB", title="whole claims", title_justify="left")
    for store, figures in found.items():
        used = figures["processes"]
        spent = [used[name]["cpu_ms"] for name in names]
        table.add_row(
            store,
            f"{figures['claims']:,}",
            f"{figures['claims_per_s']:.1f}",
            f"{figures['seconds']:.0f}",
            f"{figures['days']:.0f}",
            f"{figures['events_a_claim']:.1f}",
            *(f"{ms:.1f}" for ms in [*spent, sum(spent)]),
            f"{max(one['rss_mb'] for name, one in used.items() if name not in SERVERS):,.0f}",
        )
    console.print(table)
    for store, figures in found.items():
        console.print(f"{store}: " + ", ".join(f"{count:,} {end}" for end, count in figures["ends"].items()))


def _cells(figures: Mapping[str, Any]) -> list[str]:
    steps = [figures["steps_us"].get(step) for step in STEPS]
    return [
        f"{figures['messages_per_s']:,.0f}",
        "" if figures["of_bare"] is None else f"{figures['of_bare']:.2f}",
        f"{figures['cpu_us']:,.0f}",
        *("" if one is None else f"{one:,.0f}" for one in steps),
        f"{figures['mongo_per_1000']:,.1f}",
        f"{figures['kafka_per_1000']:,.1f}" if "kafka_per_1000" in figures else "",
        *(f"{figures[name]:,.0f}" if name in figures else "" for name in ("p50_ms", "p99_ms")),
        f"{figures['rss_mb']:,.0f}",
    ]
