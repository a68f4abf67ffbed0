"""Batches on their way through the inbox: the store works on one while the next is decided.

What has one key stays in one lane and is handled there in the order it came; the lanes know nothing of each other.
Offsets are committed batch by batch, in order, each after everything it and all before it led to is stored.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol
from zlib import crc32

from aiokafka import TopicPartition

from shared.inbox import Inbox, Received
from shared.log import Log
from shared.tasks import end_tasks

BACKOFF_SECONDS_MAX = 5.0
LANES = 2
LANE_RECORDS = 500
"""What one lane handles at a time. A batch that is no larger goes in one piece: it would only be made smaller."""
BATCHES = 2
"""How many batches are in hand at most. The store works for one lane, the other one decides; more would only wait."""


class Acknowledging(Protocol):
    """The part of a consumer that commits offsets."""

    async def commit(self, offsets: dict[TopicPartition, int]) -> None: ...


class Pipeline:
    """Takes batches in the order they came. `consumer` is where their offsets are committed."""

    def __init__(
        self, inbox: Inbox, log: Log, wait: Callable[[float], Any] = asyncio.sleep, lane_records: int = LANE_RECORDS
    ) -> None:
        self._inbox, self._log, self._wait, self._lane_records = inbox, log, wait, lane_records
        self._lanes: tuple[asyncio.Task[None], ...] = ()  # the last work of each
        self._batches: deque[asyncio.Task[None]] = deque()
        self.in_hand = 0
        self.handled = 0
        self.retries = self.redelivered = 0
        self.committed: dict[tuple[str, int], int] = {}  # the offset after the last record handled here

    async def take(self, records: Sequence[Received], consumer: Acknowledging) -> None:
        """Begin with a batch, and return as soon as there is room for another one."""
        parts = split(records, self._lane_records)
        if len(parts) == LANES and self._lanes:
            begun = [_begin(self._handle(part, (lane,))) for part, lane in zip(parts, self._lanes, strict=True)]
        else:
            # Nobody is overtaken: a batch that is not split waits for every lane, and every lane then waits for it.
            begun = [_begin(self._handle(part, self._lanes)) for part in parts]
        self._lanes = tuple(begun) if len(begun) == LANES else (begun[0],) * LANES
        last = self._batches[-1] if self._batches else None
        self.in_hand += len(records)
        self._batches.append(_begin(self._finish(records, begun, last, consumer)))
        while len(self._batches) >= BATCHES:
            await self._first()

    async def drain(self) -> None:
        """Until everything that was taken is stored and committed."""
        while self._batches:
            await self._first()

    async def stop(self, grace_seconds: float) -> None:
        """Finish what is in hand; what is not finished by then is given up, and comes again."""
        if self._batches:
            await asyncio.wait(self._batches, timeout=grace_seconds)
        await end_tasks(self.abandon())

    def abandon(self) -> Sequence[asyncio.Task[None]]:
        """Give up what is in hand, which is not committed; the tasks that are about to end."""
        tasks = [*self._lanes, *self._batches]
        for task in tasks:
            task.cancel()
        self._lanes, self.in_hand = (), 0
        self._batches.clear()
        return tasks

    async def _first(self) -> None:
        first = self._batches[0]
        await _end_of(first)
        if self._batches and self._batches[0] is first:
            self._batches.popleft()
        if not first.cancelled():
            first.result()

    async def _handle(self, records: Sequence[Received], before: Sequence[asyncio.Task[None]]) -> None:
        """What was in this lane before comes first. An outage is waited for, with backoff."""
        await _end_of(*before)
        for work in before:
            work.result()
        attempt = 0
        while True:
            try:
                return await self._inbox.handle(records)
            except Exception as error:  # noqa: BLE001 - any driver's error is an outage here: rules park, records are buried
                attempt += 1
                self.retries += 1
                seconds = min(0.1 * 2**attempt, BACKOFF_SECONDS_MAX)
                self._log.warning("batch_postponed", error=type(error).__name__, attempt=attempt, seconds=seconds)
                await self._wait(seconds)

    async def _finish(
        self,
        records: Sequence[Received],
        parts: Sequence[asyncio.Task[None]],
        last: asyncio.Task[None] | None,
        consumer: Acknowledging,
    ) -> None:
        before = [*parts] if last is None else [*parts, last]
        await _end_of(*before)
        for work in before:
            work.result()
        await self._commit(records, consumer)
        self.in_hand -= len(records)
        self.handled += len(records)

    async def _commit(self, records: Sequence[Received], consumer: Acknowledging) -> None:
        """Exactly the offsets of this batch."""
        offsets = self._reached(records)
        try:
            await consumer.commit({TopicPartition(*where): offset for where, offset in offsets.items()})
        except Exception as error:  # noqa: BLE001 - whatever the reason, an offset that is not committed loses nothing
            # Mostly the partition moved to another member: it will see these records again, and decide nothing.
            self._log.warning("commit_refused", error=type(error).__name__)

    def _reached(self, records: Sequence[Received]) -> Mapping[tuple[str, int], int]:
        """The offset after the last record of each partition; what had been handled here before is counted."""
        offsets: dict[tuple[str, int], int] = {}
        before, again = self.committed, 0
        for record in records:
            where, after = (record.topic, record.partition), record.offset + 1
            again += after <= before.get(where, 0)
            if after > offsets.get(where, 0):
                offsets[where] = after
        self.redelivered += again
        for where, offset in offsets.items():
            before[where] = max(offset, before.get(where, 0))
        return offsets


def _begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task whose failure is told to whoever waits for it, and to nobody else."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def _end_of(*tasks: asyncio.Task[None]) -> None:
    """Whatever they end with. Whoever waits here may be cancelled; the tasks go on."""
    if tasks:
        await asyncio.wait(tasks)


def split(records: Sequence[Received], lane_records: int = LANE_RECORDS) -> list[Sequence[Received]]:
    """One part for what a lane can hold, else one for each lane: what has one key is always in the same one."""
    if len(records) <= lane_records:
        return [records]
    parts: list[list[Received]] = [[] for _ in range(LANES)]
    for record in records:
        parts[crc32(record.key or b"") % LANES].append(record)
    return list(parts)
