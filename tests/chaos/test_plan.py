"""The plan of faults is a function of the seed, and holds what it promises."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revcycle.stack.topics import SERVICES
from tests.chaos.plan import FULL, NEEDS_ISOLATION, SHORT, Kind, Size, make_plan

SIZES = st.sampled_from([FULL, SHORT])
SEEDS = st.integers(0, 2**32)


@given(SEEDS, SIZES)
def test_a_seed_gives_one_plan(seed: int, size: Size) -> None:
    assert make_plan(seed, size) == make_plan(seed, size)


def test_another_seed_gives_another_plan() -> None:
    assert len({make_plan(seed, SHORT) for seed in range(20)}) == 20


@given(SEEDS, SIZES)
def test_everything_is_in_it_as_often_as_was_asked(seed: int, size: Size) -> None:
    plan = make_plan(seed, size)
    counts = Counter(fault.kind for faults in plan for fault in faults)
    assert len(plan) == size.rounds
    assert not any(plan[size.faulty_rounds :]), "the last days are quiet, so that everything comes to its end"
    assert counts == +Counter(
        {
            Kind.SERVICE_KILLED: size.kills,
            Kind.BROKER_KILLED: size.brokers,
            Kind.BROKERS_KILLED: size.all_brokers,
            Kind.STORE_KILLED: size.stores,
            Kind.DISK_FULL: size.disks,
            Kind.CONSUMER_STOPPED: size.zombies,
            Kind.LINK_CUT: size.links,
            Kind.CLOCK_SKEWED: size.skews,
        }
    )


@given(SEEDS, SIZES)
def test_each_service_gets_its_share_of_the_kills(seed: int, size: Size) -> None:
    kills = Counter(f.target for faults in make_plan(seed, size) for f in faults if f.kind is Kind.SERVICE_KILLED)
    assert set(kills) == set(SERVICES)
    assert max(kills.values()) - min(kills.values()) <= 1


@given(SEEDS, SIZES)
def test_only_kills_of_different_services_strike_at_once(seed: int, size: Size) -> None:
    for faults in make_plan(seed, size):
        assert len(faults) <= 1 or {fault.kind for fault in faults} == {Kind.SERVICE_KILLED}
        assert len({fault.target for fault in faults}) == len(faults)


@given(SEEDS)
def test_what_cannot_be_had_is_left_out_and_the_rest_stays(seed: int) -> None:
    whole, part = make_plan(seed, FULL), make_plan(seed, FULL, without=NEEDS_ISOLATION)
    assert part == tuple(tuple(f for f in faults if f.kind not in NEEDS_ISOLATION) for faults in whole)


@pytest.mark.parametrize("size", [FULL, SHORT])
def test_the_quiet_days_are_enough_for_all_that_payers_do(size: Size) -> None:
    """A claim may go out a day late, is paid within 37 days, and may be reversed and corrected 30 days later."""
    last_wave = (size.waves - 1) // size.rounds_a_day
    assert (size.days - 1 - last_wave) * size.stride_days >= size.stride_days + 37 + 30


@given(SEEDS)
def test_a_consumer_stands_still_for_longer_than_its_session(seed: int) -> None:
    for size in (FULL, SHORT):
        stopped = [f for faults in make_plan(seed, size) for f in faults if f.kind is Kind.CONSUMER_STOPPED]
        assert all(fault.seconds * 1000 > 2 * size.session_timeout_ms for fault in stopped)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="and there are 0"):
        make_plan(1, Size(**{**_fields(SHORT), "faulty_days": 0}))


def _fields(size: Size) -> dict[str, int]:
    return {name: getattr(size, name) for name in Size.__slots__}
