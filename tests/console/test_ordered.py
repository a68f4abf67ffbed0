"""Pages of ordered lists: every row once, in order, in few questions, however the values lie."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.console.core import CLAIM_VIEW, ClaimView
from services.console.core.ordering import day_number
from services.console.ordered import Cursor, OrderedLists, Wanted
from shared.contracts import Message
from shared.decider import Decider, Fact, Snapshot
from shared.store.memory import MemoryStore
from shared.store.places import VALUE_MAX
from shared.store.port import Key, Write

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)


class CountingStore(MemoryStore):
    """Counts the questions."""

    asked = 0

    async def find_placed(
        self, decider: Decider[S, M, F], tenant: str, list: str, order: str, between: tuple[int, int], most: int, /
    ) -> Sequence[tuple[Key, S, int]]:
        self.asked += 1
        return await super().find_placed(decider, tenant, list, order, between, most)


async def shelf(amounts: list[int]) -> CountingStore:
    """Held claims of these charges."""
    store = CountingStore()
    writes = [
        Write(Key("lakeside", f"clm_{n:04}"), 0, Snapshot(ClaimView(status="held", charge_cents=cents)))
        for n, cents in enumerate(amounts)
    ]
    await store.commit(CLAIM_VIEW, writes)
    return store


async def everything(lists: OrderedLists, wanted: Wanted) -> list[int]:
    """All rows' charges, page by page."""
    found: list[int] = []
    while True:
        page = await lists.page(CLAIM_VIEW, wanted)
        found += [row.state.charge_cents for row in page.rows]
        if page.next_after is None:
            return found
        wanted = replace(wanted, after=page.next_after)


@given(
    amounts=st.lists(st.sampled_from([0, 1, 99, 10_000, 10_001, 5_000_000, VALUE_MAX]) | st.integers(0, 10**8)),
    descending=st.booleans(),
    limit=st.integers(1, 7),
)
@settings(max_examples=25)
async def test_every_row_comes_once_and_in_order(amounts: list[int], descending: bool, limit: int) -> None:
    lists = OrderedLists(await shelf(amounts))
    wanted = Wanted("lakeside", "held", "-amount" if descending else "amount", limit=limit)
    assert await everything(lists, wanted) == sorted(amounts, reverse=descending)
    assert await everything(lists, wanted) == sorted(amounts, reverse=descending)
    assert await everything(lists, replace(wanted, tenant="northgate")) == []


async def test_a_page_takes_few_questions_and_the_next_one_fewer() -> None:
    store = await shelf([n * 37 for n in range(400)])
    lists = OrderedLists(store)
    first = await lists.page(CLAIM_VIEW, Wanted("lakeside", "held", "amount"))
    assert len(first.rows) == 50
    assert store.asked <= 30
    store.asked = 0
    await lists.page(CLAIM_VIEW, Wanted("lakeside", "held", "amount", after=first.next_after))
    assert store.asked <= 3


async def test_another_process_goes_on_with_what_was_learned_and_misses_nothing_that_came_before() -> None:
    store = await shelf([50_00 + n for n in range(400)])
    await OrderedLists(store).page(CLAIM_VIEW, Wanted("lakeside", "held", "amount"))
    early = Write(Key("lakeside", "clm_early"), 0, Snapshot(ClaimView(status="held", charge_cents=1)))
    await store.commit(CLAIM_VIEW, [early])
    store.asked = 0
    page = await OrderedLists(store).page(CLAIM_VIEW, Wanted("lakeside", "held", "amount"))
    assert [row.state.charge_cents for row in page.rows[:2]] == [1, 50_00]
    assert store.asked <= 3


@pytest.mark.parametrize("text", ["", "x", "zz.clm", "12", f"{2**80:x}.clm", "-1.clm"])
def test_a_forged_place_is_no_place(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what int() says differs
        Cursor.read(text)


def test_what_has_no_deadline_stands_last() -> None:
    assert day_number(None) > day_number(date.max)
