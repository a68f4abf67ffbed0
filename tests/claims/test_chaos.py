"""Seeded chaos over the real shell: processes die between any two steps, and the book of claims comes out the same."""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from samples.generate import generate
from shared.contracts import ClaimReceived, ClaimSubmitted
from shared.x12.claim837 import Claim837, read_837
from tests.claims.faults import Chaos, CrashError, FaultyStore
from tests.claims.world import NOW, TENANT, World, make_world
from tests.shared.sealing import PlainSealer

CLAIMS = 12
LIVES_MAX = 200


class Lives:
    """Processes that follow one another on the same store, vault, folders and topics."""

    def __init__(self, root: Path, seed: int) -> None:
        self.chaos = Chaos(random.Random(seed), crash_chance=0.02)
        self._root, self._store, self._sealer = root, FaultyStore(self.chaos, NOW), PlainSealer()
        self.world = make_world(root, store=self._store, sealer=self._sealer)
        self.deaths = 0

    def next(self) -> World:
        self.deaths += 1
        assert self.deaths < LIVES_MAX, "no process lives long enough"
        before = self.world
        self.world = make_world(self._root, store=self._store, sealer=self._sealer, days_later=self.deaths)
        self.world.bus.records[:0] = before.bus.records
        return self.world

    async def drop(self, content: bytes) -> None:
        folder = self.world.intake / TENANT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "day.837").write_bytes(content)
        await self.live()

    async def live(self, *, answer: bool = False) -> None:
        """Until some process comes to rest, its predecessors' outboxes published."""
        while True:
            try:
                if answer:
                    await self.world.verify_coverage()
                await self.world.settle()
                await self.world.runtime.relay.sweep(self.world.spec.deciders, left_behind=timedelta(0))
                # A worker outlives the failure of one effect and tries again later: so does the next process.
                if not await self.open_effects():
                    return
                self.next()
            except CrashError:
                self.next()

    async def open_effects(self) -> int:
        health = await self._store.health(self.world.spec.deciders, NOW + timedelta(days=1))
        assert health.effects_stuck == health.parked == 0
        return health.effects_due

    def calm(self) -> World:
        self.chaos.crash_chance = 0
        return self.world


@pytest.mark.parametrize("seed", range(12))
async def test_every_claim_is_received_and_sent_once_whatever_dies(tmp_path: Path, seed: int) -> None:
    content = generate(CLAIMS * 2)[TENANT]
    lives = Lives(tmp_path, seed)
    await lives.drop(content)
    await lives.live(answer=True)
    world = lives.calm()
    assert Counter(one.status for one in await world.claims()) == {"submitted": CLAIMS}
    for kind in (ClaimReceived, ClaimSubmitted):
        assert len({event.meta.id for event in world.events(kind)}) == CLAIMS
    read = [one for file in world.outbox().values() for one in read_837([file])]
    sent = [one.patient_control_number for one in read if isinstance(one, Claim837)]
    assert sorted(sent) == sorted(set(sent))
    assert len(sent) == CLAIMS
    numbers = [one.interchange for one in await world.submissions()]
    assert len(numbers) == len(set(numbers))
    assert lives.deaths > 0, "this seed proves nothing: raise crash_chance"
