"""What every contender is given, and what is asked of it at the end."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from bench.flow.cases import Case
from bench.flow.meters import HEARTBEAT, WORK_REQUESTS, Meters, rss_mb

CAUGHT_UP_MS = 250.0
"""A contender that handles what was sent so lately has no backlog of its start any more."""
WARM_MS = 1000.0
WAITS_MIN = 500
"""Of fewer, the slowest hundredth is the word of four messages."""


@dataclass(slots=True)
class Job:
    """Handle this many messages of a case's topic, and say so batch by batch."""

    case: Case
    kafka: str
    database: Any
    messages: int
    meters: Meters
    group: str
    consumer: Any = None  # RevCycle's, once it runs
    handled: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    started_at: float = 0.0
    cpu_at: float = 0.0
    ended_at: float = 0.0
    cpu_end: float = 0.0
    warm_at_ms: float = 0.0
    waited_ms: list[float] = field(default_factory=list[float])

    def start(self) -> None:
        """The first batch is here."""
        if not self.started_at:
            self.meters.reset()
            self.started_at, self.cpu_at = time.perf_counter(), time.process_time()

    def done(self, sent_at_ms: Sequence[int]) -> None:
        """These are stored, published and committed; when each was sent, in ms since 1970."""
        now_ms = time.time() * 1000
        if not self.warm_at_ms and now_ms - max(sent_at_ms) < CAUGHT_UP_MS:
            self.warm_at_ms = now_ms + WARM_MS
        if self.warm_at_ms:
            self.waited_ms += [now_ms - sent for sent in sent_at_ms if sent > self.warm_at_ms]
        self.handled += len(sent_at_ms)
        if self.handled >= self.messages:
            self.ended_at, self.cpu_end = time.perf_counter(), time.process_time()
            self.finished.set()

    def figures(self) -> dict[str, Any]:
        """Messages a second, CPU by step in µs a message, and requests per 1,000 messages."""
        seconds, cpu, thousand = self.ended_at - self.started_at, self.cpu_end - self.cpu_at, self.handled / 1000
        steps = {name: spent / self.handled * 1e6 for name, spent in self.meters.seconds.items()}
        return {
            "messages_per_s": self.handled / seconds,
            "cpu_us": cpu / self.handled * 1e6,
            "steps_us": steps | {"rest": cpu / self.handled * 1e6 - sum(steps.values())},
            "mongo_per_1000": sum(n for name, n in self.meters.commands.items() if name != HEARTBEAT) / thousand,
            "kafka_per_1000": sum(n for name, n in self.meters.requests.items() if work(name)) / thousand,
            "rss_mb": rss_mb(),
            **self._waits(),
        }

    def _waits(self) -> dict[str, float]:
        """From sending to effect, of what was sent a second after it had caught up; nothing where it never did."""
        return waits(self.waited_ms)


def waits(waited_ms: Sequence[float]) -> dict[str, float]:
    """The median and the slowest hundredth, in ms, and of how many messages; nothing of fewer than 500."""
    if len(waited_ms) < WAITS_MIN:
        return {}
    cuts = quantiles(waited_ms, n=100)
    return {"p50_ms": cuts[49], "p99_ms": cuts[98], "waits": len(waited_ms)}


def work(request: str) -> bool:
    """Whether a Kafka request is one that grows with the messages; its class ends with a version."""
    return request.split("_", maxsplit=1)[0] in WORK_REQUESTS
