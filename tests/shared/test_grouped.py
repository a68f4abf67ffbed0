"""Group commit: one round trip for those who come together, and each learns what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.grouped import GROUP_MAX, Grouped


async def test_who_comes_while_one_is_under_way_goes_together() -> None:
    begun, gate, groups = asyncio.Event(), asyncio.Event(), list[list[int]]()

    async def hand_over(items: Sequence[int]) -> None:
        groups.append(list(items))
        begun.set()
        await gate.wait()

    grouped = Grouped(hand_over)
    first = asyncio.create_task(grouped.add(0))
    await begun.wait()
    others = [asyncio.create_task(grouped.add(n)) for n in range(1, GROUP_MAX + 2)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *others)
    assert [len(group) for group in groups] == [1, GROUP_MAX, 1]
    assert [n for group in groups for n in group] == list(range(GROUP_MAX + 2))


async def test_a_failure_reaches_its_own_group_only() -> None:
    async def hand_over(items: Sequence[int]) -> None:
        if 13 in items:
            raise ConnectionError

    grouped = Grouped(hand_over)
    with pytest.raises(ConnectionError):
        await grouped.add(13)
    await grouped.add(14)
