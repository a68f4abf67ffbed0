"""How often a service asks the store and the broker: counters, which a loaded machine does not change."""

import asyncio
from collections.abc import Iterator

import pytest

from bench.flow.__main__ import contenders_on, fill, run
from bench.flow.cases import cases, traces
from bench.flow.servers import serving

MESSAGES = 4000
MONGO_PER_1000_MAX = {"eligibility": 10.0, "claims": 10.0, "payments": 18.0, "collections": 10.0}
"""A find, an update and an insert for each kind of aggregate in a lane of 500, and a report every few seconds. Payments
keeps two kinds for each message: the account, and whose a control number is. Full lanes cost 6, or 12; the rest is room
for lanes that a busy machine does not fill."""
KAFKA_PER_1000_MAX = 10.0


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """The bench's own broker, and the store that costs nothing: a slow one would only make smaller batches."""
    with serving("free") as found:
        yield found


def test_every_case_leaves_something_behind() -> None:
    for case in cases().values():
        assert all(trace.document["version"] == 2 and trace.journal for trace in traces(case)), case.name
    assert any(trace.records for trace in traces(cases()["claims"])), "one case at least publishes"


def test_quix_streams_is_left_out_where_there_is_no_store_to_find_in() -> None:
    assert contenders_on("free", ["bare", "quix"]) == ["bare"]


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(cases()))
def test_a_thousand_messages_cost_few_requests(servers: tuple[str, str], name: str) -> None:
    case = cases()[name]
    asyncio.run(fill(servers[0], case, MESSAGES))
    figures = run("ours", case, *servers, MESSAGES)
    assert figures["mongo_per_1000"] <= MONGO_PER_1000_MAX[name]
    assert figures["kafka_per_1000"] <= KAFKA_PER_1000_MAX
