"""What is said of a group of workers: when it is at rest, and what sets the limit."""

from typing import Any
from unittest.mock import Mock

import pytest

from bench.scale.group import Member, limit, row, shared_out, workers


def members(*partitions: int) -> list[Member]:
    return [Member(Mock(), partitions=count) for count in partitions]


@pytest.mark.parametrize(
    ("partitions", "at_rest"),
    [((4,), True), ((2, 2), True), ((1, 1, 1, 1), True), ((4, 0), False), ((4, 2), False), ((1, 2), False)],
)
def test_a_group_is_at_rest_when_each_partition_has_one_owner(partitions: tuple[int, ...], at_rest: bool) -> None:
    assert shared_out(members(*partitions)) is at_rest


def test_more_workers_than_partitions_are_refused_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="4 partitions"):
        workers("nowhere", "claims", [1, 5], 1)


def figures(**changed: Any) -> dict[str, Any]:
    return {
        "handled": 500,
        "started_at": 10.0,
        "ended_at": 12.0,
        "cpu_s": 1.0,
        "store_cpu_us": 2000.0,
        "broker_cpu_us": 100.0,
        "rss_mb": 90.0,
    } | changed


def test_the_figures_of_a_group_are_those_of_its_members_together() -> None:
    found = row([figures(), figures(started_at=11.0, ended_at=15.0, rss_mb=120.0)], 2, 0.5)
    assert (found["handled"], found["messages_per_s"], found["cpu_us"]) == (1000, 200.0, 2000.0)
    assert (found["cores_ours"], found["cores_store"], found["rss_mb"]) == (0.4, 0.2, 120.0)


@pytest.mark.parametrize(
    ("changed", "busy", "said"),
    [
        ({}, 0.5, "waiting for answers"),
        ({}, 1.0, "the machine's cores"),
        ({"cpu_s": 1.9}, 1.0, "the workers' cores"),
        ({"store_cpu_us": 3900.0}, 1.0, "the store"),
    ],
)
def test_what_is_full_is_named(changed: dict[str, Any], busy: float, said: str) -> None:
    assert limit(row([figures(**changed)], 1, busy)) == said
