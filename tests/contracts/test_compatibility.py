"""A released contract is kept: what may change is told apart from what may not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from shared.contracts import TYPES
from shared.contracts.compatibility import breaks, without_annotations
from shared.contracts.schemas import schema_of

TYPE = "claim.denied.v1"
RELEASED = {name: schema_of(event, "producer") for name, event in TYPES.items()}
GROUP = "$defs DenialReason properties group"
Change = Callable[[dict[str, Any]], object]


def at(schema: dict[str, Any], path: str) -> Any:
    """What lies at a path of keys, parted by spaces."""
    found: Any = schema
    for key in path.split():
        found = found[key]
    return found


def put(path: str, **values: object) -> Change:
    return lambda schema: at(schema, path).update(values)


def drop(path: str, key: str) -> Change:
    return lambda schema: at(schema, path).pop(key)


def rename(path: str, was: str, now: str) -> Change:
    return lambda schema: at(schema, path).update({now: at(schema, path).pop(was)})


def each(*changes: Change) -> Change:
    return lambda schema: [change(schema) for change in changes]


MAYBE_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": ""}
BREAKING: dict[str, tuple[Change, str]] = {
    "a field goes": (drop("properties", "paid_cents"), "paid_cents was removed"),
    "a field is renamed": (rename("properties", "why", "reason"), "why was removed"),
    "a new field is required": (
        each(put("properties", new={"type": "string"}), lambda schema: schema["required"].append("new")),
        "new is new and required",
    ),
    "a field becomes required": (lambda schema: schema["required"].append("why"), "why is required now"),
    "a field becomes optional": (lambda schema: schema["required"].remove("payer_id"), "payer_id is not required any"),
    "another kind of value": (put("properties paid_cents", type="number"), "paid_cents has another type"),
    "a bound moves": (put("properties charge_cents", minimum=1), "charge_cents has another minimum"),
    "a bound goes": (drop("properties charge_cents", "minimum"), "charge_cents has another minimum"),
    "another format": (put("properties claim_id", format="uuid"), "claim_id has another format"),
    "another default": (put("properties why", default="?"), "why has another default"),
    "it may be nothing": (put("properties", why=MAYBE_TEXT), "why has another type"),
    "one choice less": (lambda schema: at(schema, "properties work_until anyOf").pop(), "work_until may be 1 kinds"),
    "a listed value changes": (put(GROUP, type="integer"), "reasons[].group has another type"),
    "a listed field goes": (drop("$defs DenialReason properties", "reason"), "reasons[].reason was removed"),
    "a list of anything": (drop("properties reasons", "items"), "reasons lists something else"),
}
ALLOWED: dict[str, Change] = {
    "an optional field more": put("properties", new={"type": "string", "default": ""}),
    "an optional field more in what is listed": put("$defs DenialReason properties", new={"type": "string"}),
    "other words": put("properties paid_cents", description="Said better.", title="Paid", deprecated=True),
    "a definition is renamed": each(
        rename("$defs", "DenialReason", "Why"), put("properties reasons items", **{"$ref": "#/$defs/Why"})
    ),
}


def changed(change: Change) -> dict[str, dict[str, Any]]:
    current = copy.deepcopy(RELEASED)
    change(current[TYPE])
    return current


@pytest.mark.parametrize(("change", "told"), BREAKING.values(), ids=BREAKING)
def test_a_change_that_a_reader_would_feel_is_refused_by_type_and_field(change: Change, told: str) -> None:
    found = breaks(RELEASED, changed(change))
    assert {one.type for one in found} == {TYPE}
    assert any(str(one).startswith(f"{TYPE}: {told}") for one in found), found


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_what_only_adds_is_allowed(change: Change) -> None:
    assert breaks(RELEASED, changed(change)) == []


def test_a_type_may_come_but_not_go() -> None:
    fewer = {name: schema for name, schema in RELEASED.items() if name != TYPE}
    assert [str(one) for one in breaks(RELEASED, fewer)] == [f"{TYPE}: the body is gone: a type stays until its sunset"]
    assert breaks(fewer, RELEASED) == []


def test_values_of_a_choice_may_neither_come_nor_go() -> None:
    for was, now in ((["a", "b"], ["a"]), (["a"], ["a", "b"])):
        old = {"x": {"properties": {"kind": {"enum": was}}}}
        new = {"x": {"properties": {"kind": {"enum": now}}}}
        assert [str(one) for one in breaks(old, new)] == ["x: kind may hold other values: b"]


def test_a_definition_that_contains_itself_is_compared_once() -> None:
    class Node(BaseModel):
        children: list["Node"] = []

    schema = {"tree": Node.model_json_schema()}
    assert breaks(schema, copy.deepcopy(schema)) == []


def test_nothing_a_reader_depends_on_is_an_annotation() -> None:
    bare = {name: without_annotations(schema) for name, schema in RELEASED.items()}
    assert breaks(bare, RELEASED) == breaks(RELEASED, bare) == []
    assert "description" not in str(bare["balance.overdue.v1"])
