"""The public contract: what lies on a topic is exactly what is committed, and readers survive what is added later."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from shared.contracts import EVENTS, TYPES, Event, Meta, schemas
from shared.contracts.records import FOLDER as GOLDEN
from shared.contracts.wire import UnreadableError, from_record, meta_of_headers
from tests.contracts.examples import AT, EXAMPLES
from tests.contracts.regenerate import golden, golden_files

BY_TYPE = {golden(e)["headers"]["ce_type"]: e for e in EXAMPLES}


def test_every_event_has_an_example_and_belongs_to_its_service() -> None:
    assert BY_TYPE.keys() == TYPES.keys()
    assert {type(e): e.meta.source for e in EXAMPLES} == {e: s for s, events in EVENTS.items() for e in events}


def test_golden_records_are_what_is_committed() -> None:
    assert {p.name: p.read_text() for p in GOLDEN.glob("*.json")} == {p.name: t for p, t in golden_files().items()}


def test_schemas_are_what_is_committed() -> None:
    committed = {p: p.read_text() for p in schemas.FOLDER.rglob("*.json")}
    assert committed == schemas.schema_files()


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_an_event_survives_the_wire(event: Event) -> None:
    record = golden(event)
    value = json.dumps(record["value"]).encode()
    codec = TypeAdapter(type(event))
    assert from_record(codec, record["headers"], value) == event
    assert meta_of_headers(record["headers"]) == event.meta
    newer = json.dumps({**record["value"], "added_later": 1}).encode()
    assert from_record(codec, record["headers"], newer) == event


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_the_producer_is_held_to_a_closed_schema_and_the_consumer_to_an_open_one(event: Event) -> None:
    body = golden(event)["value"]
    closed = Draft202012Validator(schemas.schema_of(type(event), "producer"))
    opened = Draft202012Validator(schemas.schema_of(type(event), "consumer"))
    closed.validate(body)
    opened.validate(body)
    newer = {**body, "added_later": 1}
    assert not closed.is_valid(newer)
    opened.validate(newer)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_a_missing_or_mistyped_field_is_refused_without_quoting_it(event: Event) -> None:
    record = golden(event)
    body: dict[str, Any] = record["value"]
    required = [n for n, f in type(event).model_fields.items() if f.is_required() and n != "meta"]
    for name in required:
        for broken in ({k: v for k, v in body.items() if k != name}, {**body, name: {"SECRET": 1}}):
            with pytest.raises(UnreadableError) as caught:
                from_record(TypeAdapter(type(event)), record["headers"], json.dumps(broken).encode())
            assert caught.value.reason.startswith(name)
            assert "SECRET" not in str(caught.value)


def test_contracts_are_frozen_and_time_has_its_zone() -> None:
    event = EXAMPLES[0]
    with pytest.raises(ValidationError):
        event.meta.tenant = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Meta.model_validate({**event.meta.model_dump(), "occurred_at": AT.replace(tzinfo=None)})
