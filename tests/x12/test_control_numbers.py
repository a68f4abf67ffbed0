"""No partner sees a control number twice, however workers interleave, stop and begin again."""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.control_numbers import (
    LAST_OF_A_YEAR,
    Block,
    ControlNumbers,
    NumbersSpentError,
    interchange_number,
    set_number,
)


class Counted:
    """Counters in memory, as the port promises them; it lets other tasks run before it answers."""

    def __init__(self, begin: int = 0) -> None:
        self.values: Counter[str] = Counter()
        self.begin = begin
        self.asked = 0

    async def next_number(self, name: str, count: int = 1, /) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        first = self.begin + self.values[name] + 1
        self.values[name] += count
        return first


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["north/one", "north/two", "south/one"]), st.sampled_from([2026, 2027])
    ),
    max_size=60,
)


@given(STEPS, st.lists(st.integers(1, 5), min_size=4, max_size=4), st.sets(st.integers(0, 59), max_size=5))
async def test_workers_that_interleave_and_restart_repeat_nothing(
    steps: list[tuple[int, str, int]], sizes: list[int], restarts: set[int]
) -> None:
    counters = Counted()
    workers = [ControlNumbers(counters, size) for size in sizes]
    given_out: list[tuple[str, int]] = []
    for place, (worker, partner, year) in enumerate(steps):
        if place in restarts:
            workers[worker] = ControlNumbers(counters, sizes[worker])
        number = await workers[worker].take(partner, year)
        assert number // 10_000_000 == year % 100
        given_out.append((partner, number))

    assert len(set(given_out)) == len(given_out)


@given(st.integers(1, 4), st.integers(1, 7), st.integers(1, 30))
async def test_tasks_of_several_workers_at_once_repeat_nothing(workers: int, size: int, files: int) -> None:
    counters = Counted()
    numbers = [ControlNumbers(counters, size) for _ in range(workers)]

    taken = await asyncio.gather(*(numbers[file % workers].take("north/one", 2026) for file in range(files)))

    assert len(set(taken)) == files
    assert counters.asked == sum(-(-len(range(worker, files, workers)) // size) for worker in range(workers))


@given(st.integers(1, 40))
async def test_one_worker_counts_without_gaps(files: int) -> None:
    numbers = ControlNumbers(Counted())

    taken = [await numbers.take("north/one", 2026) for _ in range(files)]

    assert taken[0] == 260_000_001
    assert all(later - earlier == 1 for earlier, later in pairwise(taken))


async def test_a_new_year_begins_a_new_count() -> None:
    numbers = ControlNumbers(Counted(), 5)

    assert [await numbers.take("p", year) for year in (2099, 2099, 2100, 2100)] == [990_000_001, 990_000_002, 1, 2]


async def test_a_year_that_is_spent_refuses_instead_of_repeating() -> None:
    numbers = ControlNumbers(Counted(LAST_OF_A_YEAR - 2), 5)

    assert [await numbers.take("p", 2026) for _ in range(2)] == [269_999_998, 269_999_999]
    with pytest.raises(NumbersSpentError, match="2026"):
        await numbers.take("p", 2026)
    assert await numbers.take("p", 2027) == 279_999_998


@given(st.integers(2000, 2199), st.integers(1, LAST_OF_A_YEAR))
def test_every_number_fits_isa13_and_gs06(year: int, position: int) -> None:
    assert 1 <= interchange_number(year, position) <= 999_999_999


@given(st.integers(2000, 2098), st.integers(1, LAST_OF_A_YEAR), st.integers(1, LAST_OF_A_YEAR))
def test_numbers_grow_from_year_to_year(year: int, one: int, other: int) -> None:
    assert interchange_number(year, one) < interchange_number(year + 1, other) or year % 100 == 99


@given(st.integers(1, 10**9 - 1), st.integers(1, 10**9 - 1))
def test_set_numbers_are_unique_and_of_the_right_length(one: int, other: int) -> None:
    assert 4 <= len(set_number(one)) <= 9
    assert (set_number(one) == set_number(other)) == (one == other)


@pytest.mark.parametrize("wrong", [0, -1, 10**9])
def test_what_is_no_place_in_a_group_is_refused(wrong: int) -> None:
    with pytest.raises(ValueError, match="1 to 999,999,999"):
        set_number(wrong)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="from 1"):
        interchange_number(2026, 0)
    with pytest.raises(ValueError, match="used up"):
        Block(2026, 5, 0).take()
    with pytest.raises(ValueError, match="at least one"):
        ControlNumbers(Counted(), 0)
