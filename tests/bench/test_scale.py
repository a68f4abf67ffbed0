"""What a message costs does not grow with the store: counters, which a loaded machine does not change."""

import bson
import pytest

from bench.flow.cases import cases
from bench.scale.records import TEMPLATE, records, renumbered, stored
from bench.scale.runs import growth
from shared.contracts.wire import from_record, header_map, type_in


@pytest.mark.parametrize("name", sorted(cases()))
def test_a_renumbered_record_is_the_record_of_that_number(name: str) -> None:
    case = cases()[name]
    (made,) = records(case, [TEMPLATE + 7])
    headers = header_map(made.headers)
    for route in case.routes[type_in(headers)]:
        message, wanted = from_record(route.codec, headers, made.value), case.message(TEMPLATE + 7)
        assert message.meta.key == wanted.meta.key
        assert route.decider.aggregate_id(message) == route.decider.aggregate_id(wanted)


def test_a_renumbered_document_is_read_as_that_claim() -> None:
    (row,) = stored(cases()["claims"], handled=True)["claim"]
    document = bson.decode(renumbered(row, 7))
    assert document["_id"] == f"lakeside/{document['id']}"
    assert document["id"].endswith("0000000007")
    assert str(TEMPLATE) not in str(document)


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.timeout(300)
def test_a_message_asks_the_store_no_more_often_when_much_is_stored() -> None:
    few, many = growth("local", "claims", [0, 1_000, 5_000], 1_000)
    assert few["handled"] == many["handled"] == 1_000
    assert many["mongo_per_1000"] <= few["mongo_per_1000"] + 4, "but for lanes that were not full"
