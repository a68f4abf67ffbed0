"""What every contender is given, and what is asked of it at the end."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from bench.flow.cases import Case
from bench.flow.meters import WORK_REQUESTS, Meters, rss_mb


@dataclass(slots=True)
class Job:
    """Handle this many messages of a case's topic, and say so batch by batch."""

    case: Case
    kafka: str
    database: Any
    messages: int
    meters: Meters
    group: str
    handled: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    started_at: float = 0.0
    cpu_at: float = 0.0
    ended_at: float = 0.0
    cpu_end: float = 0.0

    def start(self) -> None:
        """The first batch is here."""
        if not self.started_at:
            self.meters.reset()
            self.started_at, self.cpu_at = time.perf_counter(), time.process_time()

    def done(self, count: int) -> None:
        """So many more are stored, published and committed."""
        self.handled += count
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
            "mongo_per_1000": sum(self.meters.commands.values()) / thousand,
            "kafka_per_1000": sum(n for name, n in self.meters.requests.items() if work(name)) / thousand,
            "rss_mb": rss_mb(),
        }


def work(request: str) -> bool:
    """Whether a Kafka request is one that grows with the messages; its class ends with a version."""
    return request.split("_", maxsplit=1)[0] in WORK_REQUESTS
