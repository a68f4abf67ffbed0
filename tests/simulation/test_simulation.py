"""Seeded stories over the whole system, and the proof that the simulator sees what it is there to see."""

import os
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from tests.simulation.__main__ import main
from tests.simulation.chaos import AwayError
from tests.simulation.mutants import MUTANTS, Plant, waiting_dropped
from tests.simulation.run import (
    CLAIMS_MIN,
    DEATHS_MIN,
    DELIVERIES_MIN,
    FAULTS_MIN,
    Outcome,
    aims,
    in_loop,
    never_hit,
    run_aimed,
    run_seed,
    run_seeds,
    shorten,
    undisturbed,
)
from tests.simulation.world import LUCKS, World

SEEDS = int(os.environ.get("REVCYCLE_SIMULATION_SEEDS", "100"))
HIT_IN = 500
MUTANT_SEEDS = range(80)
"""Each planted bug shows within these."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_final_book_is_the_same_whatever_goes_wrong() -> None:
    outcomes = run_seeds(range(SEEDS))
    assert [(o.seed, o.fault) for o in outcomes if o.fault] == []
    assert min(o.claims for o in outcomes) >= CLAIMS_MIN
    assert min(o.deliveries for o in outcomes) >= DELIVERIES_MIN
    assert min(sum(o.faults.values()) for o in outcomes) >= FAULTS_MIN
    if SEEDS >= HIT_IN:
        outcomes += run_aimed(outcomes)
        assert [(o.seed, o.aim, o.fault) for o in outcomes if o.fault] == []
        assert never_hit(outcomes) == []


def test_a_seed_runs_the_same_way_every_time() -> None:
    first, second = run_seed(3), run_seed(3)
    assert first.steps == second.steps
    assert first._replace(seconds=0.0) == second._replace(seconds=0.0)


def test_an_aimed_seed_dies_where_it_is_aimed_at_and_replays_exactly() -> None:
    free = run_seed(3)
    aim = min(free.reached - free.crashed_at)
    first, second = run_seed(3, aim=aim), run_seed(3, aim=aim)
    assert aim in first.crashed_at
    assert first.fault is None
    assert first._replace(seconds=0.0) == second._replace(seconds=0.0)


def lived(seed: int, reached: str, died: str, aim: str | None = None) -> Outcome:
    """A seed that came to these points and died at those, each a letter."""
    return Outcome(seed, aim, 5, 200, {}, 1, frozenset(reached), frozenset(died), 0.0, None)


def test_points_that_few_died_at_are_aimed_at_by_seeds_that_got_there() -> None:
    often = [lived(seed, "a", "a") for seed in range(DEATHS_MIN)]
    rare = [lived(10, "ab", "b"), lived(11, "ab", ""), lived(12, "b", "")]
    assert aims([*often, *rare]) == [(11, "b"), (12, "b")]
    assert never_hit([*often, *rare, lived(13, "c", "")]) == ["c"]


def test_a_point_is_there_to_be_hit_when_a_seed_comes_to_it_by_itself() -> None:
    assert never_hit([lived(1, "a", ""), lived(1, "ab", "a", aim="a")]) == []


@cache
def is_sound(seed: int) -> bool:
    """Whether nothing is wrong with a seed as long as no bug is planted."""
    return run_seed(seed).fault is None


def seen_at(plant: Plant) -> Outcome | None:
    """The first seed that fails for this bug alone. What it is compared with is the story without the bug."""
    for seed in MUTANT_SEEDS:
        undisturbed(seed // LUCKS)
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            outcome = run_seed(seed)
        if outcome.fault is not None and is_sound(seed):
            return outcome
    return None


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant: Plant) -> None:
    assert seen_at(plant) is not None, f"{plant.__name__} was not seen in {len(MUTANT_SEEDS)} seeds"


def test_a_seed_that_fails_by_itself_catches_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(seed: int) -> Outcome:
        return Outcome(seed, None, 5, 200, {}, 1, frozenset(), frozenset(), 0.0, "it never came to rest")

    monkeypatch.setattr(f"{__name__}.run_seed", broken)
    monkeypatch.setattr(f"{__name__}.undisturbed", int)
    monkeypatch.setattr(f"{__name__}.is_sound", is_sound.__wrapped__)
    assert seen_at(waiting_dropped) is None


def test_a_process_looks_again_when_an_outage_interrupted_it() -> None:
    assert in_loop(_look_twice()) == [-1, 0]


async def _look_twice() -> list[int]:
    """At which state of the store a process has found nothing: after an outage, and after it was through."""
    process = World(0, CLAIMS_MIN, calm=True).services[0].processes[0]
    process.loops = [_AwayOnce()]
    seen: list[int] = []
    for _ in range(2):
        await process.turn(process.work)
        seen.append(process.looked)
    return seen


class _AwayOnce:
    """A loop whose server does not answer the first time."""

    name, kind = "away", None

    def __init__(self) -> None:
        self._asked = 0

    async def step(self) -> int:
        self._asked += 1
        if self._asked == 1:
            raise AwayError
        return 0

    async def pending(self) -> int:
        return 0


class Broken(NamedTuple):
    """The first seed that a planted bug makes fail, and what it still needs to fail."""

    whole: Outcome
    short: Outcome


@pytest.fixture(scope="module")
def broken() -> Iterator[Broken]:
    whole = seen_at(waiting_dropped)
    assert whole is not None
    with pytest.MonkeyPatch.context() as patch:
        waiting_dropped(patch)
        yield Broken(whole, shorten(whole))


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
