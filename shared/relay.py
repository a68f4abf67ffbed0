"""From outbox to topic and journal: what a decider said becomes public, and stays on record.

An outbox is not emptied after it was published: that would be a second write for each. A process numbers its batches
and reports up to which all are published, once for many; an outbox bears the number it was filled with.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.bus.port import Bus
from shared.clock import Wall
from shared.decider import Decider
from shared.store.documents import FAR_AWAY, NEVER, record_of
from shared.store.port import Document, Key, Mark, Row, Store

LEFT_BEHIND = timedelta(seconds=5)
"""A process that was not heard of for so long is taken for dead: what it owes is published by another."""
WATCH = timedelta(minutes=10)
"""A process that was taken for dead may only have stood still, and write once more: so long is it looked after."""
UNSURE = timedelta(seconds=30)
"""A write whose answer was lost may still happen; after so long it will not."""
SWEEP_LIMIT = 500


class Batch(NamedTuple):
    """Writes whose events are not known to be public."""

    decider: Decider[Any, Any, Any]
    keys: tuple[Key, ...]
    begun_at: datetime
    given_up_at: datetime | None = None  # an outage came between: the sweep takes over
    written: bool = False  # and all of it


class Relay:
    """Publishes events, then journals facts, then counts them as published: a repeat is harmless, a gap is not."""

    def __init__(self, bus: Bus, store: Store, wall: Wall, writer: str) -> None:
        """`writer` names this life of this process; no other life may have the same name."""
        self._bus, self._store, self._wall, self._writer = bus, store, wall, writer
        self._number = 0
        self._open: dict[int, Batch] = {}
        self._reported, self._reported_at = -1, NEVER
        self._buried: set[Mark] = set()
        self._upto: dict[str, Mark] = {}  # what others reported, as far as we asked

    async def begin(self, decider: Decider[Any, Any, Any], keys: Collection[Key]) -> Mark:
        """The mark of a batch about to be written. Nobody may think us dead while we write."""
        now = self._wall()
        if now - self._reported_at > LEFT_BEHIND / 2:
            await self.report()
        self._number += 1
        self._open[self._number] = Batch(decider, tuple(keys), now)
        return Mark(self._writer, self._number)

    def done(self, mark: Mark) -> None:
        """Everything that was written with this mark is public and on record."""
        self._open.pop(mark.number, None)

    def give_up(self, mark: Mark, *, written: bool) -> None:
        """Leave a batch to the sweep: the broker is away, or nobody knows whether it was written."""
        batch = self._open[mark.number]
        self._open[mark.number] = batch._replace(given_up_at=self._wall(), written=written)

    async def publish(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]]) -> None:
        """Everything owed by these aggregates, oldest first, so that order holds though two processes write."""
        if not entries:
            return
        records = [record_of(decider, entry) for pending in entries.values() for entry in pending]
        await self._bus.send([record for record in records if record is not None])
        await self._store.append(decider, entries)

    async def owed(self, rows: Mapping[Key, Row[Any]]) -> Mapping[Key, tuple[Document, ...]]:
        """What earlier writers of these aggregates put into their outboxes and may not have published."""
        marks = {key: row.mark for key, row in rows.items() if row.mark is not None}
        others = {m.writer for m in marks.values() if m.writer != self._writer and not self._is_public(m)}
        if others:
            self._upto.update(await self._store.published_upto(others))
        return {key: rows[key].outbox for key, mark in marks.items() if not self._is_public(mark)}

    async def report(self) -> None:
        """Tell that this process is alive, and how far it came, if there is something to tell."""
        upto, now = min(self._open, default=self._number + 1) - 1, self._wall()
        if upto == self._reported and now - self._reported_at < LEFT_BEHIND / 3:
            return
        await self._store.report(Mark(self._writer, upto), now)
        self._reported, self._reported_at = upto, now

    async def retire(self) -> None:
        """At the end of a process: nobody needs to look after it, unless it owes something."""
        self._reported = -1
        await self.report()
        if not self._open:
            await self._store.lay_to_rest(self._writer, self._wall())

    async def sweep(self, deciders: Sequence[Decider[Any, Any, Any]], *, left_behind: timedelta = LEFT_BEHIND) -> int:
        """Publish what outages and dead processes left in outboxes; the number of aggregates found."""
        found = 0
        for number, batch in tuple(self._open.items()):
            if batch.given_up_at is not None:
                mark = Mark(self._writer, number)
                found += await self._publish_left(batch.decider, batch.keys, mark.__eq__)
                if batch.written or self._wall() - batch.given_up_at > UNSURE:
                    self.done(mark)
        for upto in await self._others(self._wall() - left_behind):
            found += await self._bury(deciders, upto)
        return found

    def oldest_seconds(self) -> float:
        """How long the oldest of this process's batches has waited to be public; 0 when none does."""
        begun = [batch.begun_at for batch in self._open.values()]
        return max((self._wall() - min(begun)).total_seconds(), 0.0) if begun else 0.0

    async def owing(self, deciders: Sequence[Decider[Any, Any, Any]], limit: int = SWEEP_LIMIT) -> int:
        """Aggregates, up to the limit, with something in their outbox that is not known to be public."""
        count = sum(len(batch.keys) for batch in self._open.values())
        for upto in await self._others(FAR_AWAY):
            count += sum([len(await self._store.marked(d, upto, limit)) for d in _historic(deciders)])
        return count

    async def _others(self, heard_before: datetime) -> list[Mark]:
        silent = await self._store.silent(heard_before, self._wall() - WATCH)
        return [upto for upto in silent if upto.writer != self._writer]

    async def _bury(self, deciders: Sequence[Decider[Any, Any, Any]], upto: Mark) -> int:
        """Publish all that another process owes, and let it rest; it stays in sight for a while."""
        found = 0
        for decider in _historic(deciders):
            while keys := await self._store.marked(decider, upto, SWEEP_LIMIT):
                found += await self._publish_left(decider, keys, lambda m: m.writer == upto.writer)
        if found or upto not in self._buried:
            self._buried.add(upto)
            await self._store.lay_to_rest(upto.writer, self._wall())
        return found

    async def _publish_left(
        self, decider: Decider[Any, Any, Any], keys: Sequence[Key], left_by: Callable[[Mark], bool]
    ) -> int:
        """Publish and empty the outboxes that still have such a mark; others took over the rest."""
        rows = await self._store.load(decider, keys)
        marks = {key: row.mark for key, row in rows.items() if row.mark is not None and left_by(row.mark)}
        await self.publish(decider, {key: rows[key].outbox for key in marks})
        await self._store.clear(decider, marks)
        return len(marks)

    def _is_public(self, mark: Mark) -> bool:
        if mark.writer == self._writer:
            return mark.number not in self._open
        known = self._upto.get(mark.writer)
        return known is not None and mark.number <= known.number


def _historic(deciders: Sequence[Decider[Any, Any, Any]]) -> list[Decider[Any, Any, Any]]:
    """A projection says nothing, so it owes nothing."""
    return [decider for decider in deciders if decider.keeps_history]
