"""A store under which a process may die between any two steps, seeded."""

import asyncio
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared.contracts import Message
from shared.decider import Decider, Fact
from shared.store.memory import MemoryStore
from shared.store.port import Document, Key, Leased, Mark, Refused, Row, Write

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)


class CrashError(Exception):
    """A process died here: everything it held in memory is gone."""


class Chaos:
    """Decides, from one seed, where a process dies and who goes next."""

    def __init__(self, rng: random.Random, crash_chance: float) -> None:
        self.rng, self.crash_chance = rng, crash_chance
        self.steps = self.crashes = self.races = 0

    async def step(self) -> None:
        """A point where others may run first, or this process may die."""
        self.steps += 1
        if self.rng.random() < self.crash_chance:
            self.crashes += 1
            raise CrashError
        for _ in range(self.rng.randrange(3)):
            await asyncio.sleep(0)


class FaultyStore(MemoryStore):
    """A store whose every write may be the last thing its caller sees; documents are atomic, batches are not."""

    def __init__(self, chaos: Chaos, wall: datetime) -> None:
        super().__init__(wall)
        self.chaos = chaos

    async def load(self, decider: Decider[S, M, F], keys: Collection[Key], /) -> Mapping[Key, Row[S]]:
        await self.chaos.step()
        rows = await super().load(decider, keys)
        await self.chaos.step()
        return rows

    async def commit(self, decider: Decider[S, M, F], writes: Sequence[Write[S]], /) -> Refused:
        lost: set[Key] = set()
        failed: dict[Key, str] = {}
        for write in self.chaos.rng.sample(writes, len(writes)):
            await self.chaos.step()
            refused = await super().commit(decider, [write])
            lost |= refused.lost
            failed.update(refused.failed)
        self.chaos.races += len(lost)
        await self.chaos.step()
        return Refused(frozenset(lost), failed)

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        for key, facts in entries.items():
            for entry in facts:
                await self.chaos.step()
                await super().append(decider, {key: [entry]})

    async def clear(self, decider: Decider[S, M, F], marks: Mapping[Key, Mark], /) -> None:
        for key, mark in marks.items():
            await self.chaos.step()
            await super().clear(decider, {key: mark})

    async def report(self, upto: Mark, at: datetime, /) -> None:
        await self.chaos.step()
        await super().report(upto, at)
        await self.chaos.step()

    async def lease(
        self, decider: Decider[S, M, F], as_of: datetime, now: datetime, until: datetime, owner: str, limit: int, /
    ) -> Sequence[Leased]:
        await self.chaos.step()
        leased = await super().lease(decider, as_of, now, until, owner, limit)
        await self.chaos.step()
        return leased
