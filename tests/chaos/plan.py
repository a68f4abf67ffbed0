"""Which faults strike when: a pure function of the seed, so that a run can be had again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from revcycle.stack.topics import SERVICES

BROKERS = ("1", "2", "3")
OFTEN_BUSY = ("eligibility", "claims", "payments")
"""These have batches to be stopped in from the first day on."""
KILLS_AT_ONCE = (2, 3)
AFTER_MAX = 40
SKEWS_SECONDS = (-45, 45, 90, 600)
"""A clock that is behind; clocks that are ahead by less than a lease of effects, by more, and by very much."""


class Kind(StrEnum):
    """What can go wrong."""

    SERVICE_KILLED = "service killed"
    BROKER_KILLED = "broker killed"
    BROKERS_KILLED = "all brokers killed"
    STORE_KILLED = "store killed"
    DISK_FULL = "disk full"
    CONSUMER_STOPPED = "consumer stopped"
    LINK_CUT = "link cut"
    CLOCK_SKEWED = "clock skewed"


NEEDS_ISOLATION = frozenset({Kind.DISK_FULL, Kind.LINK_CUT})
"""They need a file system and a network of the run's own."""
NEEDS_SECOND = frozenset({Kind.CONSUMER_STOPPED, Kind.CLOCK_SKEWED})
"""They need another process of the same service: to take over, or to have the right time."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `target` is a service, a broker's number, or empty for what there is one of."""

    kind: Kind
    target: str = ""
    after: int = 1  # messages that the target handles first
    seconds: float = 0  # how long it lasts, where it is not over at once
    skew_seconds: int = 0

    def __str__(self) -> str:
        skew = f" by {self.skew_seconds:+} s" if self.skew_seconds else ""
        lasting = f" for {self.seconds:g} s" if self.seconds else ""
        return " ".join(filter(None, (self.kind, self.target))) + skew + lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything. A round may bring a wave of claims and faults; at a day's end all comes to rest."""

    days: int
    rounds_a_day: int
    faulty_days: int  # the first of them
    waves: int  # in the first rounds
    claims: int  # in each wave
    stride_days: int  # from one of the days to the next; the quiet ones are enough for all that payers do
    kills: int
    brokers: int  # killed one at a time
    all_brokers: int
    stores: int
    disks: int
    zombies: int
    links: int
    skews: int
    zombie_seconds: float
    session_timeout_ms: int

    @property
    def rounds(self) -> int:
        return self.days * self.rounds_a_day

    @property
    def faulty_rounds(self) -> int:
        return self.faulty_days * self.rounds_a_day


FULL = Size(
    days=12,
    rounds_a_day=9,
    faulty_days=6,
    waves=54,  # in every round that has faults
    claims=14,
    stride_days=14,
    kills=50,
    brokers=3,
    all_brokers=1,
    stores=4,
    disks=2,
    zombies=2,
    links=4,
    skews=4,
    zombie_seconds=60,
    session_timeout_ms=3000,
)
SHORT = Size(
    days=6,
    rounds_a_day=4,
    faulty_days=2,
    waves=8,
    claims=10,
    stride_days=28,
    kills=4,
    brokers=1,
    all_brokers=0,
    stores=1,
    disks=0,
    zombies=1,
    links=0,
    skews=0,
    zombie_seconds=6,
    session_timeout_ms=2000,
)

Plan = tuple[tuple[Fault, ...], ...]
"""The faults of each round. Those of one round strike side by side."""


def make_plan(seed: int, size: Size, *, without: frozenset[Kind] = frozenset()) -> Plan:
    """The same seed and size give the same plan; kinds that cannot be had here are left out of it, not replaced.

    Kills of different services share rounds. Everything else has a round of its own. ValueError where the rounds are
    too few.
    """
    dice = random.Random(f"{seed}/{size}")
    groups = [*_kills(dice, size.kills), *([fault] for fault in _others(dice, size))]
    if len(groups) > size.faulty_rounds:
        msg = f"{len(groups)} rounds have faults, and there are {size.faulty_rounds}"
        raise ValueError(msg)
    rounds: list[tuple[Fault, ...]] = [()] * size.rounds
    for place, group in zip(dice.sample(range(size.faulty_rounds), len(groups)), groups, strict=True):
        rounds[place] = tuple(fault for fault in group if fault.kind not in without)
    return tuple(rounds)


def _kills(dice: random.Random, count: int) -> list[list[Fault]]:
    """Every service is killed about as often as the others; two or three of them at once."""
    groups: list[list[Fault]] = []
    bag: list[str] = []
    while count:
        at_once = min(count, dice.randint(*KILLS_AT_ONCE))
        group: list[Fault] = []
        for _ in range(at_once):
            bag = bag or dice.sample(SERVICES, len(SERVICES))
            if bag[-1] in {fault.target for fault in group}:
                break
            group.append(Fault(Kind.SERVICE_KILLED, bag.pop(), dice.randint(1, AFTER_MAX)))
        groups.append(group)
        count -= len(group)
    return groups


def _others(dice: random.Random, size: Size) -> list[Fault]:
    def after() -> int:
        return dice.randint(1, AFTER_MAX)

    lasting = size.zombie_seconds
    return [
        *(Fault(Kind.BROKER_KILLED, target, after()) for target in _each(dice, BROKERS, size.brokers)),
        *(Fault(Kind.BROKERS_KILLED, after=after()) for _ in range(size.all_brokers)),
        *(Fault(Kind.STORE_KILLED, after=after()) for _ in range(size.stores)),
        *(Fault(Kind.DISK_FULL, after=after(), seconds=dice.randint(4, 10)) for _ in range(size.disks)),
        *(Fault(Kind.CONSUMER_STOPPED, at, 1, lasting) for at in _each(dice, OFTEN_BUSY, size.zombies)),
        *(Fault(Kind.LINK_CUT, at, after(), dice.randint(5, 15)) for at in _each(dice, SERVICES, size.links)),
        *(
            Fault(Kind.CLOCK_SKEWED, at, 1, dice.randint(5, 10), dice.choice(SKEWS_SECONDS))
            for at in _each(dice, SERVICES, size.skews)
        ),
    ]


def _each(dice: random.Random, targets: Sequence[str], count: int) -> list[str]:
    """So many of them, in no order, none twice before each was there once."""
    found: list[str] = []
    while len(found) < count:
        found += dice.sample(targets, len(targets))
    return found[:count]
