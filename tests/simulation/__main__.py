"""`python -m tests.simulation [--seeds N] [--seed S]`: seeded faults between every two steps of the real machinery."""

import argparse
import os
import sys

from tests.simulation.run import run_seed, run_seeds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many seeds, from 0")
    parser.add_argument("--seed", type=int, help="one seed only")
    chosen = parser.parse_args()
    seeds = range(chosen.seeds) if chosen.seed is None else (chosen.seed,)
    sys.stdout.write(f"seeds {seeds[0]} to {seeds[-1]}\n")
    outcomes = [run_seed(seeds[0])] if len(seeds) == 1 else run_seeds(seeds, os.cpu_count() or 1)
    failed = [o for o in outcomes if o.fault is not None]
    for outcome in failed:
        sys.stdout.write(f"seed {outcome.seed}: {outcome.fault}; again with: make sim SEED={outcome.seed}\n")
    crashes, races, steps = (sum(column) for column in list(zip(*outcomes, strict=True))[1:4])
    sys.stdout.write(
        f"{len(outcomes)} seeds, {len(failed)} failed; {steps} steps, {crashes} crashes and {races} lost races survived"
    )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
