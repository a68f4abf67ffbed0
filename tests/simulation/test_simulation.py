"""500 seeded stories over the real machinery, and the proof that the simulator sees what it is there to see."""

import os
from collections.abc import Sequence
from typing import Any

import pytest

from shared.relay import Relay
from shared.store.documents import effect_to_document, fields_of, outbox_of
from shared.store.memory import MemoryStore
from tests.simulation.run import run_seed, run_seeds
from tests.simulation.service import Service

SEEDS = int(os.environ.get("REVCYCLE_SIMULATION_SEEDS", "500"))
MUTANT_SEEDS = range(40)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_final_book_is_the_same_whatever_goes_wrong() -> None:
    outcomes = run_seeds(range(SEEDS), os.cpu_count() or 1)
    assert [(o.seed, o.fault) for o in outcomes if o.fault] == []
    assert sum(o.crashes for o in outcomes) > SEEDS
    assert sum(o.races for o in outcomes) > SEEDS / 2


def faults() -> list[str]:
    """What the first seeds show; a mutant that breaks the machinery outright is caught as well."""
    found: list[str] = []
    for seed in MUTANT_SEEDS:
        try:
            fault = run_seed(seed).fault
        except Exception as error:  # noqa: BLE001 - any failure of a mutant is a mutant caught
            fault = type(error).__name__
        if fault is not None:
            found.append(fault)
            break
    return found


@pytest.mark.slow
def test_a_store_without_version_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: MemoryStore, which: Any, write: Any) -> bool:
        empty: dict[str, Any] = {"outbox": [], "mark": "", "effects": {}, "lease_until": self.wall}
        before = self._document(which, write.key) or empty
        effects = before["effects"] | {str(p.id): effect_to_document(which, p) for p in write.changed_effects}
        fields = {**before, **fields_of(which, write), **outbox_of(write), "effects": effects}
        self._save(which, write.key, fields)
        return True

    monkeypatch.setattr(MemoryStore, "_put", careless)
    assert faults()


@pytest.mark.slow
def test_committing_offsets_before_handling_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_most_once(self: Service) -> int:
        behind = {place: log for place, log in self.partitions().items() if len(log) > self.committed.get(place, 0)}
        batch = [record for place, log in behind.items() for record in log[self.committed.get(place, 0) :]]
        self.committed.update({place: len(log) for place, log in behind.items()})
        await self.inbox.handle(batch)
        return len(batch)

    monkeypatch.setattr(Service, "consume", at_most_once)
    assert faults()


@pytest.mark.slow
def test_publishing_the_newest_only_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    publish = Relay.publish

    async def newest(self: Relay, which: Any, entries: dict[Any, Sequence[Any]]) -> None:
        await publish(self, which, {key: pending[-1:] for key, pending in entries.items()})

    monkeypatch.setattr(Relay, "publish", newest)
    assert faults()


@pytest.mark.slow
def test_counting_as_published_before_publishing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    publish = Relay.publish

    async def hasty(self: Relay, which: Any, entries: dict[Any, Sequence[Any]]) -> None:
        self._open.clear()
        await self.report()
        await publish(self, which, entries)

    monkeypatch.setattr(Relay, "publish", hasty)
    assert faults()
