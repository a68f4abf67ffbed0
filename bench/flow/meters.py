"""Counters and CPU clocks of one process, put around what it does without changing it."""

import functools
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

import pymongo.monitoring
from aiokafka import AIOKafkaConsumer
from aiokafka.conn import AIOKafkaConnection

R = TypeVar("R")

WORK_REQUESTS = ("FetchRequest", "ProduceRequest", "OffsetCommitRequest")
"""Kafka requests that grow with the messages; heartbeats, metadata and group membership do not."""


REPORTS, HEARTBEAT = "writers", "report"
"""Where a process says every few seconds that it is alive and how far it came, and how that is counted: apart."""


class Meters:
    """CPU seconds by step, and how often the store and the broker were asked."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.commands: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    def reset(self) -> None:
        self.seconds.clear()
        self.commands.clear()
        self.requests.clear()

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
        """The same coroutine, on the clock while it runs, and not while it waits."""

        @functools.wraps(call)
        def timed(*args: Any, **kwargs: Any) -> Awaitable[R]:
            return _Timed(self.seconds, name, call(*args, **kwargs))

        return timed

    def watch_mongo(self) -> None:
        """Count the commands of every client made from now on."""
        pymongo.monitoring.register(_Commands(self.commands))

    def watch_kafka(self) -> None:
        """Count the requests of every connection of this process, and the CPU of offset commits."""
        connections: Any = AIOKafkaConnection
        consumers: Any = AIOKafkaConsumer
        requests, send = self.requests, connections.send

        def counted(connection: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            requests[type(request).__name__] += 1
            return send(connection, request, *args, **kwargs)

        connections.send = counted
        consumers.commit = self.async_step("commit", consumers.commit)


class _Timed(Generic[R]):
    """An awaitable that hands everything on, and adds up the CPU of each turn."""

    def __init__(self, seconds: dict[str, float], name: str, inner: Awaitable[R]) -> None:
        self._seconds, self._name, self._inner = seconds, name, inner

    def __await__(self) -> Generator[Any, Any, R]:
        turns = self._inner.__await__()
        turn: Callable[[], Any] = functools.partial(turns.send, None)
        while True:
            start = time.thread_time()
            try:
                waits_for = turn()
            except StopIteration as end:
                result: R = end.value
                return result
            finally:
                self._seconds[self._name] += time.thread_time() - start
            try:
                turn = functools.partial(turns.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 - a cancellation is handed on like everything else
                turn = functools.partial(turns.throw, error)


class _Commands(pymongo.monitoring.CommandListener):
    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        name = event.command_name
        self._counts[HEARTBEAT if event.command.get(name) == REPORTS else name] += 1

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        """Nothing: only how often is asked."""

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:  # noqa: ARG002 - the name is the base class's
        self._counts["failed"] += 1


def rss_mb() -> float:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
