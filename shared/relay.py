"""From outbox to topic and journal: what a decider said becomes public, and stays on record."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from shared.bus.port import Bus
from shared.clock import Wall
from shared.contracts import Message
from shared.decider import Decider, Entry, Fact
from shared.store.port import Key, Store
from shared.wire import events_topic, to_record

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

LEFT_BEHIND = timedelta(seconds=5)
"""An outbox entry older than this was left by a writer that died between commit and publish."""

SWEEP_LIMIT = 500


class Relay:
    """Publishes events, journals facts, then clears the outbox, in this order: a repeat is harmless, a gap is not."""

    def __init__(self, bus: Bus, store: Store, wall: Wall) -> None:
        self._bus, self._store, self._wall = bus, store, wall

    async def publish(self, decider: Decider[S, M, F], entries: Mapping[Key, Sequence[Entry[F]]]) -> None:
        """Everything pending in these documents, oldest first, so that order holds though two processes write."""
        if not entries:
            return
        topic = events_topic(decider.service)
        await self._bus.send(
            [to_record(topic, e.event) for pending in entries.values() for e in pending if e.event is not None]
        )
        await self._store.append(decider, entries)
        await self._store.published(decider, {key: pending[-1].number for key, pending in entries.items()})

    async def sweep(self, decider: Decider[Any, Any, Any], *, left_behind: timedelta = LEFT_BEHIND) -> int:
        """Publish what a crash left in outboxes; the number of aggregates found."""
        keys = await self._store.unpublished(decider, self._wall() - left_behind, SWEEP_LIMIT)
        if not keys:
            return 0
        rows = await self._store.load(decider, keys)
        await self.publish(decider, {key: row.outbox for key, row in rows.items() if row.outbox})
        # Another writer may have published meanwhile: what is left is only the mark.
        await self._store.published(decider, {key: r.snapshot.facts for key, r in rows.items() if not r.outbox})
        return len(keys)
