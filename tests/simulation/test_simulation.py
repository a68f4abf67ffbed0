"""Seeded stories over the whole system, and the proof that the simulator sees what it is there to see."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.simulation.__main__ import main
from tests.simulation.mutants import MUTANTS, Plant, waiting_dropped
from tests.simulation.run import (
    CLAIMS_MIN,
    DELIVERIES_MIN,
    FAULTS_MIN,
    Outcome,
    never_hit,
    run_seed,
    run_seeds,
    shorten,
    undisturbed,
)

SEEDS = int(os.environ.get("REVCYCLE_SIMULATION_SEEDS", "100"))
HIT_IN = 500
MUTANT_SEEDS = range(200)
"""Most show in the first few; that losers of races are dropped, or batches overtake, only where much comes together."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_final_book_is_the_same_whatever_goes_wrong() -> None:
    outcomes = run_seeds(range(SEEDS))
    assert [(o.seed, o.fault) for o in outcomes if o.fault] == []
    assert min(o.claims for o in outcomes) >= CLAIMS_MIN
    assert min(o.deliveries for o in outcomes) >= DELIVERIES_MIN
    assert min(sum(o.faults.values()) for o in outcomes) >= FAULTS_MIN
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


class Broken(NamedTuple):
    """The first seed that a planted bug makes fail, and what it still needs to fail."""

    whole: Outcome
    short: Outcome


@pytest.fixture(scope="module")
def broken() -> Iterator[Broken]:
    undisturbed.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        waiting_dropped(patch)
        whole = next(outcome for seed in range(20) if (outcome := run_seed(seed)).fault is not None)
        yield Broken(whole, shorten(whole))
    undisturbed.cache_clear()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_failing_seed_is_shortened_to_the_faults_it_needs(broken: Broken) -> None:
    assert broken.short.fault is not None
    assert len(broken.short.trace) < len(broken.whole.trace) / 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_failure_replays_exactly(broken: Broken) -> None:
    kept = frozenset(number for number, _ in broken.short.trace)
    assert run_seed(broken.whole.seed)._replace(seconds=0.0) == broken.whole._replace(seconds=0.0)
    assert run_seed(broken.whole.seed, kept)._replace(seconds=0.0) == broken.short._replace(seconds=0.0)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_failing_seed_prints_itself_and_its_shortest_trace(
    broken: Broken, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["simulation", "--seed", str(broken.whole.seed)])

    def known(_: Outcome) -> Outcome:
        return broken.short  # finding it again takes a while

    monkeypatch.setattr("tests.simulation.__main__.shorten", known)
    assert main() == 1
    said = capsys.readouterr().out
    assert f"seed {broken.whole.seed}: {broken.whole.fault}; again with: make sim SEED={broken.whole.seed}" in said
    assert all(what in said for _, what in broken.short.trace)
    assert "seeds a minute on one core" in said
