"""How a run is shared among processes (`pytest -n auto`): a plugin of every run, and idle in a run of one process.

The tests of a file stay together and in their order, because what they share is made once in a process: fixtures of
their module, tables, parsed files. So do all tests that start processes of their own, for a whole stack wants the
machine; and all that talk to the broker or the store of the run, so that each starts in one process only. What may take
longest begins first, or at the end one process would wait for another.
"""

from collections.abc import Generator, Sequence
from typing import Any

import pytest
from _pytest.nodeid import NodeId

SERVER_FIXTURES = {"mongo_url", "kafka", "each_kafka", "local_kafka", "apache_kafka", "three_brokers"}
"""A test that asks for one of these, itself or through another fixture, needs a server that lasts for the run."""
TIMEOUT_SECONDS = 120.0
"""Of a test that says nothing else; the one in pyproject.toml."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_finish(session: pytest.Session) -> Generator[None]:
    """Tell the process that deals out the tests which ones belong together: it reads that behind the `@` of an id.

    Only then: whatever is printed of a test afterwards is its plain id, which one can give to pytest.
    """
    if not hasattr(session.config, "workerinput"):
        yield
        return
    session.items[:] = longest_first(session.items)
    plain: list[tuple[Any, NodeId]] = [(item, item._id) for item in session.items]
    for item, nodeid in plain:
        item._id = NodeId.parse(f"{nodeid}@{group_of(item)}")
    yield
    for item, nodeid in plain:
        item._id = nodeid


def group_of(item: pytest.Item) -> str:
    """What the tests have in common that must run in one process, one after the other."""
    if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
        return "servers"
    if item.get_closest_marker("stack") is not None:
        return "stacks"
    if item.get_closest_marker("browser") is not None:
        return "browser"  # one Chromium for all of them
    return item.nodeid.partition("::")[0]


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The groups whose tests may take longest before the others; otherwise everything in its order."""
    longest: dict[str, float] = {}
    for item in items:
        group = group_of(item)
        longest[group] = max(longest.get(group, 0.0), timeout_of(item))
    place = {group: number for number, group in enumerate(longest)}
    return sorted(items, key=lambda item: (-longest[group_of(item)], place[group_of(item)]))


def timeout_of(item: pytest.Item) -> float:
    """How many seconds a test may take."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker is not None and marker.args else TIMEOUT_SECONDS
