"""Runs seeds: each once undisturbed and once under faults, and compares."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from tests.simulation.checks import check
from tests.simulation.world import World


class Outcome(NamedTuple):
    """One seed: what went wrong in it on purpose, and what it showed, if anything."""

    seed: int
    crashes: int
    races: int
    steps: int
    fault: str | None


def run_seed(seed: int) -> Outcome:
    """One seed; `fault` is None when everything held."""
    return asyncio.run(_run(seed))


async def _run(seed: int) -> Outcome:
    calm = World(seed, calm=True)
    undisturbed = await calm.run()
    world = World(seed, calm=False)
    try:
        await check(world, await world.run(), undisturbed)
        await check(calm, undisturbed, undisturbed)
        fault = None
    except AssertionError as error:
        fault = str(error)
    return Outcome(seed, world.chaos.crashes, world.chaos.races, world.chaos.steps, fault)


def run_seeds(seeds: Iterable[int], processes: int) -> list[Outcome]:
    """Many seeds, side by side."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(run_seed, seeds, chunksize=10))
