"""The whole life of a claim: real files go in, four services and the payers' sandbox run, and the clock moves on.

Everything is a process of its own, on a broker and a store of its own, as `revcycle up` starts them, but the console.
A claim has ended when it is paid, denied or rejected, or held for a person: there is nobody here. What a patient owes
afterwards is not waited for.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import psutil

from bench.flow.servers import layout_in_memory, prefer
from revcycle.demo.intake import Drop, drop
from revcycle.demo.tally import Heard, Tally, hear_to_the_end, listen
from revcycle.settle import Watcher, next_time
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS, MODULES, Options
from revcycle.stack.ports import free_port
from revcycle.stack.record import StackRecord
from revcycle.stack.up import start_behind, stop_stack
from samples.generate import START, generate
from shared.clock import write_clock_file
from shared.tasks import end_tasks

PARTS = tuple(name for name in MODULES if name != "console")
ENDS = {f"claim.{how}.v1": how for how in ("paid", "denied", "rejected", "held")}
DAYS_MAX = 120
"""A payer that never answers is asked again for weeks; whoever has not ended by then is told of, not waited for."""
SETTLE_SECONDS_MAX = 900.0
STRIDE = timedelta(days=1)
MEGABYTE = 1024 * 1024


@dataclass(slots=True)
class Lives:
    """How far each claim is, as their events tell."""

    begun: set[str] = field(default_factory=set[str])
    ends: dict[str, str] = field(default_factory=dict[str, str])

    def hear(self, heard: Heard) -> None:
        """Take note of one event. What a claim came to last is its end: one that was held may go on."""
        if heard.type == "claim.received.v1":
            self.begun.add(heard.body["claim_id"])
        elif heard.type in ENDS:
            self.ends[heard.body["claim_id"]] = ENDS[heard.type]
        elif heard.type == "claim.submitted.v1":
            self.ends.pop(heard.body["claim_id"], None)

    def ended(self, claims: int) -> bool:
        """Whether so many have begun and each has ended."""
        return len(self.begun) == claims and self.begun == self.ends.keys()


def measure(store: str, claims: int, rounds: int) -> dict[str, Any]:
    """Medians of so many lives of so many claims each, on one store (`rust` or `local`).

    `claims_per_s`, `seconds`, `days` of the stack's clock, `events_a_claim`, `ends` (how many of each) and by process
    `cpu_ms` a claim and `rss_mb`. RuntimeError when a claim is lost.
    """
    found = [_once(store, claims) for _ in range(rounds)]
    plain = {name: median(one[name] for one in found) for name in ("claims_per_s", "seconds", "days", "events_a_claim")}
    by_process = {
        name: {figure: median(one["processes"][name][figure] for one in found) for figure in figures}
        for name, figures in found[0]["processes"].items()
    }
    return {**plain, "claims": claims, "ends": found[-1]["ends"], "processes": by_process}


def _once(store: str, claims: int) -> dict[str, Any]:
    with layout_in_memory("revcycle-life-") as layout:
        prefer(store, layout)
        options = Options(
            ports={name: free_port() for name in DEFAULT_PORTS}, parts=PARTS, as_of=START, log_level="WARNING"
        )
        try:
            record = start_behind([f"--dir={layout.root}", *options.arguments()], layout)
            return asyncio.run(_live(layout, record, claims))
        finally:
            stop_stack(layout)


async def _live(layout: Layout, record: StackRecord, claims: int) -> dict[str, Any]:
    files = await asyncio.to_thread(generate, claims)
    tally, lives = Tally(), Lives()
    listening = asyncio.create_task(listen(record.kafka, tally, lives.hear))
    before, begun = usage(record), time.perf_counter()
    try:
        for tenant, content in files.items():
            drop(layout.intake / tenant, Drop(tenant, "claims.837", content))
        async with Watcher(layout, record) as watcher:
            last = await _through_the_days(layout, watcher, lives, claims)
        seconds, after = time.perf_counter() - begun, usage(record)
        await hear_to_the_end(tally)
    finally:
        await end_tasks((listening,))
    if len(lives.begun) != claims or tally.dead_letters:
        msg = f"{claims} claims went in, {len(lives.begun)} were received; {tally.dead_letters} dead letters"
        raise RuntimeError(msg)
    ends = [lives.ends.get(claim, "open") for claim in lives.begun]
    return {
        "claims_per_s": claims / seconds,
        "seconds": seconds,
        "days": (last - START).days,
        "events_a_claim": tally.events.total() / claims,
        "ends": {end: ends.count(end) for end in sorted(set(ends))},
        "processes": {
            name: {"cpu_ms": (used["cpu_s"] - before[name]["cpu_s"]) / claims * 1e3, "rss_mb": used["rss_mb"]}
            for name, used in after.items()
        },
    }


async def _through_the_days(layout: Layout, watcher: Watcher, lives: Lives, claims: int) -> date:
    """Let everything come to rest, move the clock to the next thing that is due, and again; the last day."""
    today = START
    while True:
        numbers = await watcher.wait(SETTLE_SECONDS_MAX)
        due = next_time(numbers)
        if lives.ended(claims) or due is None or today - START >= timedelta(days=DAYS_MAX):
            return today
        today = min(max(due.date(), today + STRIDE), START + timedelta(days=DAYS_MAX))
        write_clock_file(layout.clock, datetime(today.year, today.month, today.day, 12, tzinfo=UTC))


def usage(record: StackRecord) -> Mapping[str, Mapping[str, float]]:
    """Processor seconds and memory of each process of the stack, with its children, up to now."""
    found: dict[str, Mapping[str, float]] = {}
    for one in record.processes:
        if one.id is not None:
            family = [psutil.Process(one.id.pid), *psutil.Process(one.id.pid).children(recursive=True)]
            times = [process.cpu_times() for process in family]
            memory = sum(process.memory_info().rss for process in family)
            found[one.name] = {"cpu_s": sum(t.user + t.system for t in times), "rss_mb": memory / MEGABYTE}
    return found
