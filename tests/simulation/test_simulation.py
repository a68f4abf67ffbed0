"""Seeded stories over the whole system, and the proof that the simulator sees what it is there to see."""

import os

import pytest

from tests.simulation.mutants import MUTANTS, Plant, waiting_dropped
from tests.simulation.run import never_hit, run_seed, run_seeds, shorten, undisturbed

SEEDS = int(os.environ.get("REVCYCLE_SIMULATION_SEEDS", "100"))
HIT_IN = 500
MUTANT_SEEDS = (*range(100), 252)
"""Races are rare: that their losers are dropped shows in few seeds, of which 252 is the first."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_final_book_is_the_same_whatever_goes_wrong() -> None:
    outcomes = run_seeds(range(SEEDS))
    assert [(o.seed, o.fault) for o in outcomes if o.fault] == []
    assert [o.seed for o in outcomes if o.is_thin] == []
    if SEEDS >= HIT_IN:
        assert never_hit(outcomes) == []


def test_a_seed_runs_the_same_way_every_time() -> None:
    first, second = run_seed(3), run_seed(3)
    assert first.steps == second.steps
    assert first._replace(seconds=0.0) == second._replace(seconds=0.0)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed.cache_clear()
    plant(monkeypatch)
    caught = any(run_seed(seed).fault is not None for seed in MUTANT_SEEDS)
    monkeypatch.undo()
    undisturbed.cache_clear()
    assert caught, f"{plant.__name__} was not seen in {len(MUTANT_SEEDS)} seeds"


@pytest.mark.slow
def test_a_failing_seed_is_shortened_to_the_faults_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed.cache_clear()
    waiting_dropped(monkeypatch)
    failed = next(outcome for seed in range(20) if (outcome := run_seed(seed)).fault is not None)
    short = shorten(failed)
    assert short.fault is not None
    assert len(short.trace) <= len(failed.trace)
    assert run_seed(failed.seed, frozenset(number for number, _ in short.trace)).fault == short.fault
    monkeypatch.undo()
    undisturbed.cache_clear()
