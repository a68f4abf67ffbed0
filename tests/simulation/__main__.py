"""`python -m tests.simulation [--seeds N] [--first F] [--seed S]`: the whole system under seeded faults."""

import argparse
import sys
from collections import Counter

from tests.simulation.run import Outcome, never_hit, run_aimed, run_seed, run_seeds, shorten

FAILURES_TRACED = 2
HIT_IN = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="one seed only; a failure is shortened to the faults it needs")
    parser.add_argument("--at", metavar="POINT", help="with --seed: a process dies here as soon as one gets here")
    parser.add_argument("--points", action="store_true", help="list the points between two steps")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        outcomes = [run_seed(chosen.seed, aim=chosen.at)]
    else:
        outcomes = run_seeds(range(chosen.first, chosen.first + chosen.seeds))
        if len(outcomes) >= HIT_IN:
            outcomes += run_aimed(outcomes)
    failed = [outcome for outcome in outcomes if outcome.fault is not None or outcome.is_thin]
    for number, outcome in enumerate(failed):
        _tell_failure(outcome, whole=number < FAILURES_TRACED)
    missed = never_hit(outcomes)
    _tell(outcomes, failed, missed, every=chosen.points)
    return bool(failed or (missed and len(outcomes) >= HIT_IN))


def _tell(outcomes: list[Outcome], failed: list[Outcome], missed: list[str], *, every: bool) -> None:
    faults = Counter[str]()
    for outcome in outcomes:
        faults.update(outcome.faults)
    points = sorted(frozenset[str]().union(*(o.reached for o in outcomes if o.aim is None)))
    seconds = sum(o.seconds for o in outcomes)
    aimed = sum(o.aim is not None for o in outcomes)
    again = f", {aimed} of them once more, aimed at points that few died at" if aimed > 0 else ""
    steps = sum(o.steps for o in outcomes)
    lines = [
        f"{len(outcomes) - aimed} seeds{again}; {len(failed)} failed; {steps} steps under faults",
        f"{sum(o.claims for o in outcomes)} claims, at least {min(o.claims for o in outcomes)} a seed",
        f"{sum(o.deliveries for o in outcomes)} deliveries, at least {min(o.deliveries for o in outcomes)} a seed",
        f"{faults.total()} faults, at least {min(sum(o.faults.values()) for o in outcomes)} a seed: "
        + ", ".join(f"{kind} {count}" for kind, count in faults.most_common()),
        f"crash points: {len(points) - len(missed)} of {len(points)} hit",
        *(f"  {'never' if point in missed else 'hit  '}  {point}" for point in points if every or point in missed),
        f"{60 * len(outcomes) / seconds:.0f} seeds a minute on one core",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _tell_failure(outcome: Outcome, *, whole: bool) -> None:
    if outcome.fault is None:
        sys.stdout.write(
            f"seed {outcome.seed} saw too little: {outcome.claims} claims, {outcome.deliveries} deliveries, "
            f"{sum(outcome.faults.values())} faults\n"
        )
        return
    at = "" if outcome.aim is None else f" AT='{outcome.aim}'"
    sys.stdout.write(f"seed {outcome.seed}: {outcome.fault}; again with: make sim SEED={outcome.seed}{at}\n")
    if not whole:
        return
    short = shorten(outcome)
    sys.stdout.write(f"{len(short.trace)} of its {len(outcome.trace)} faults are enough: {short.fault}\n")
    sys.stdout.writelines(f"  {number:4}  {what}\n" for number, what in short.trace)


if __name__ == "__main__":
    sys.exit(main())
