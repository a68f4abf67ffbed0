"""Runs seeds: each story once undisturbed, each seed under faults, and compares. A failure is shortened."""

import asyncio
import gc
import os
import time
import traceback
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

from tests.simulation.chaos import SimulatedLoop
from tests.simulation.checks import check
from tests.simulation.world import LUCKS, Book, World

T = TypeVar("T")
CLAIMS_MIN, DELIVERIES_MIN, FAULTS_MIN = 5, 200, 20
CLAIMS_MAX = 10
UNDISTURBED_MIN = 140
"""Deliveries of a story when nothing goes wrong; faults repeat half as many again."""
SHORTENING_RUNS = 120
DEATHS_MIN = 3
"""At each point, in as many seeds; at fewer only where fewer seeds get there."""


class Undisturbed(NamedTuple):
    """How a story ends when nothing goes wrong, and how many claims it takes for enough to happen."""

    claims: int
    book: Book


class Outcome(NamedTuple):
    """One seed: what went wrong in it on purpose, and what it showed, if anything."""

    seed: int
    aim: str | None
    claims: int
    deliveries: int
    faults: dict[str, int]
    steps: int
    reached: frozenset[str]
    crashed_at: frozenset[str]
    seconds: float
    fault: str | None
    trace: tuple[tuple[int, str], ...] = ()

    @property
    def is_thin(self) -> bool:
        """It saw too little to prove anything."""
        enough = self.claims >= CLAIMS_MIN and self.deliveries >= DELIVERIES_MIN
        return not enough or sum(self.faults.values()) < FAULTS_MIN


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in simulated time."""
    loop = SimulatedLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        _drop_tasks(loop)
        loop.close()


def _drop_tasks(loop: SimulatedLoop) -> None:
    """What a failed run left unfinished is thrown away."""
    for task in (left := asyncio.all_tasks(loop)):
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


@cache
def undisturbed(story: int) -> Undisturbed:
    """A story of as few claims as give each of its seeds enough to live through."""
    for claims in range(CLAIMS_MIN, CLAIMS_MAX):
        calm = World(story * LUCKS, claims, calm=True)
        book = in_loop(calm.run())
        check(calm, book, book)
        if calm.deliveries >= UNDISTURBED_MIN:
            return Undisturbed(claims, book)
    msg = f"story {story} is too thin"
    raise AssertionError(msg)


def run_seed(seed: int, kept: frozenset[int] | None = None, aim: str | None = None) -> Outcome:
    """One seed; `fault` is None when everything held. With `kept`, only these of its faults are injected.

    With an `aim`, a process dies there as soon as one gets there; so far all is as it is without.
    """
    gc.disable()  # a seed leaves little behind, and looking for it all the while takes a tenth of the time
    started = time.process_time()
    world = World(seed, CLAIMS_MIN, calm=True)
    try:
        claims, book = undisturbed(seed // LUCKS)
        world = World(seed, claims, calm=False, kept=kept, aim=aim)
        check(world, in_loop(world.run()), book)
        fault = None
    except AssertionError as error:
        fault = str(error) or "".join(traceback.format_tb(error.__traceback__)[-1:])
    except Exception as error:  # noqa: BLE001 - whatever breaks is what the seed has found
        where = "".join(traceback.format_tb(error.__traceback__)[-3:])
        fault = f"{type(error).__name__}: {error}\n{where}"
    outcome = _outcome(world, fault)
    world.end()
    del world
    gc.collect(0)
    gc.enable()
    return outcome._replace(seconds=time.process_time() - started)


def _outcome(world: World, fault: str | None) -> Outcome:
    chaos = world.chaos
    return Outcome(
        seed=chaos.seed,
        aim=chaos.aim,
        claims=len(world.script.billed),
        deliveries=world.deliveries,
        faults=dict(chaos.counts),
        steps=chaos.steps,
        reached=frozenset(chaos.points),
        crashed_at=frozenset(chaos.crashed_at),
        seconds=0.0,
        fault=fault,
        trace=tuple(chaos.trace) if fault else (),
    )


def shorten(outcome: Outcome) -> Outcome:
    """The same seed failing with as few faults as can be found: without halves, quarters, single ones."""
    best, size, start, runs = outcome, max(len(outcome.trace) // 2, 1), 0, 0
    while runs < SHORTENING_RUNS:
        numbers = [number for number, _ in best.trace]
        if start >= len(numbers):
            if size == 1:
                break
            size, start = size // 2, 0
        runs += 1
        tried = run_seed(outcome.seed, frozenset(numbers[:start] + numbers[start + size :]), outcome.aim)
        if tried.fault is not None and len(tried.trace) < len(best.trace):
            best = tried
        else:
            start += size
    return best


def run_seeds(seeds: Iterable[int], processes: int = os.cpu_count() or 1) -> list[Outcome]:
    """Many seeds, side by side."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(run_seed, seeds, chunksize=2 * LUCKS))


def run_aimed(outcomes: Sequence[Outcome], processes: int = os.cpu_count() or 1) -> list[Outcome]:
    """Some of these seeds again, each aimed at a point that was reached and that too few died at.

    A seed is what it was until it gets where it is aimed at, so it gets there.
    """
    targets = aims(outcomes)
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(run_seed, [seed for seed, _ in targets], repeat(None), [aim for _, aim in targets]))


def aims(outcomes: Sequence[Outcome]) -> list[tuple[int, str]]:
    """Seeds to be aimed at points, so that each point is died at often enough, or by every seed that reached it."""
    deaths = Counter(point for outcome in outcomes for point in outcome.crashed_at)
    targets: list[tuple[int, str]] = []
    for point in sorted(frozenset[str]().union(*(outcome.reached for outcome in outcomes))):
        there = [o.seed for o in outcomes if point in o.reached - o.crashed_at]
        targets += [(seed, point) for seed in there[: max(DEATHS_MIN - deaths[point], 0)]]
    return targets


def never_hit(outcomes: Iterable[Outcome]) -> list[str]:
    """Points between two steps that some process passed and none ever died at.

    What only seeds came to that were aimed at another point counts when seeds come to it by themselves.
    """
    seen, died = set[str](), set[str]()
    for outcome in outcomes:
        seen |= outcome.reached if outcome.aim is None else frozenset()
        died |= outcome.crashed_at
    return sorted(seen - died)
