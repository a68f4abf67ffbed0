"""Counters and CPU clocks of one process, put around what it does without changing it."""

import functools
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pymongo.monitoring
from aiokafka import AIOKafkaConsumer
from aiokafka.conn import AIOKafkaConnection

R = TypeVar("R")

WORK_REQUESTS = ("FetchRequest", "ProduceRequest", "OffsetCommitRequest")
"""Kafka requests that grow with the messages; heartbeats, metadata and group membership do not."""


class Meters:
    """CPU seconds by step, and how often the store and the broker were asked."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    def reset(self) -> None:
        for counter in (self.seconds, self.commands, self.requests):
            counter.clear()

    def step(self, name: str, call: Callable[..., R]) -> Callable[..., R]:
        """The same call, on the clock."""

        @functools.wraps(call)
        def timed(*args: Any, **kwargs: Any) -> R:
            start = time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds[name] += time.thread_time() - start

        return timed

    def async_step(self, name: str, call: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
        """The same coroutine, on the clock: with what the event loop does for the drivers while it waits."""

        @functools.wraps(call)
        async def timed(*args: Any, **kwargs: Any) -> R:
            start = time.thread_time()
            try:
                return await call(*args, **kwargs)
            finally:
                self.seconds[name] += time.thread_time() - start

        return timed

    def watch_mongo(self) -> None:
        """Count the commands of every client made from now on."""
        pymongo.monitoring.register(_Commands(self.commands))

    def watch_kafka(self) -> None:
        """Count the requests of every connection of this process, and the CPU of offset commits."""
        requests, send = self.requests, AIOKafkaConnection.send

        def counted(connection: AIOKafkaConnection, request: Any, *args: Any, **kwargs: Any) -> Any:
            requests[type(request).__name__] += 1
            return send(connection, request, *args, **kwargs)

        AIOKafkaConnection.send = counted
        AIOKafkaConsumer.commit = self.async_step("commit", AIOKafkaConsumer.commit)


class _Commands(pymongo.monitoring.CommandListener):
    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        self._counts[event.command_name] += 1

    def succeeded(self, _: pymongo.monitoring.CommandSucceededEvent) -> None:
        """Nothing: only how often is asked."""

    def failed(self, _: pymongo.monitoring.CommandFailedEvent) -> None:
        self._counts["failed"] += 1


def rss_mb() -> float:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
