"""What a reader must be able to bear, as records: each says what a good reader does with it. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.wire import Record

NAMESPACE = UUID("6f1d3a52-5f4e-4c55-9d0a-0f2c6b1f7c11")
Golden = Mapping[str, Any]
"""A golden record: its topic, key, headers and value."""


class Expected(StrEnum):
    """What a good reader does with a record."""

    HANDLED = "handled once"
    PASSED_OVER = "passed over"


@dataclass(frozen=True, slots=True)
class Case:
    """One record, why it is sent, and what is expected of it. Repeats carry the id of what they repeat."""

    name: str
    id: str
    record: Record
    expected: Expected


def reader_cases(golden: Sequence[Golden]) -> list[Case]:
    """A record of each golden type, then every oddity on each topic, then one plain record on each as the last."""
    plain = [_case("plain", one, Expected.HANDLED) for one in golden]
    first_of_topic = list({one["topic"]: one for one in reversed(golden)}.values())
    odd = [case for one in first_of_topic for case in _odd(one)]
    return [*plain, *odd, *(_case("the last", one, Expected.HANDLED) for one in first_of_topic)]


def _odd(golden: Golden) -> list[Case]:
    handled, passed = Expected.HANDLED, Expected.PASSED_OVER
    repeated = _case("sent twice", golden, handled)
    return [
        repeated,
        repeated,
        _case("an older event, late", golden, handled, _with_header("ce_time", "2020-02-29T23:59:59+00:00")),
        _case("an optional field that is new", golden, handled, _with_field("added_by_a_newer_house", {"deep": [1]})),
        _case("a header that is new", golden, handled, _with_header("ce_addedlater", "ünïcode, עברית")),
        _case("a type nobody knows", golden, passed, _with_header("ce_type", "claim.teleported.v1")),
        _case("a later version of a known type", golden, passed, _with_header("ce_type", _later(golden))),
        _case("a body that is no JSON", golden, passed, lambda record: record._replace(value=b"{")),
        _case("no body", golden, passed, lambda record: record._replace(value=b"")),
        _case("an envelope without its type", golden, passed, _without_header("ce_type")),
        repeated,
    ]


def _case(
    name: str, golden: Golden, expected: Expected, change: Callable[[Record], Record] = lambda record: record
) -> Case:
    topic, headers = str(golden["topic"]), dict(golden["headers"])
    id_ = str(uuid5(NAMESPACE, f"{name}/{headers['ce_type']}"))
    kind = headers["ce_subject"].split("/")[0]
    own = headers | {"ce_id": id_, "ce_subject": f"{kind}/conformance-{id_[:8]}", "ce_sequence": "1"}
    record = Record(
        topic,
        str(golden["key"]).encode(),
        json.dumps(golden["value"]).encode(),
        tuple((header, text.encode()) for header, text in own.items()),
    )
    return Case(name, id_, change(record), expected)


def _later(golden: Golden) -> str:
    return str(golden["headers"]["ce_type"]).rpartition(".v")[0] + ".v99"


def _with_header(name: str, text: str) -> Callable[[Record], Record]:
    def change(record: Record) -> Record:
        others = tuple(header for header in record.headers if header[0] != name)
        return record._replace(headers=(*others, (name, text.encode())))

    return change


def _without_header(name: str) -> Callable[[Record], Record]:
    return lambda record: record._replace(headers=tuple(header for header in record.headers if header[0] != name))


def _with_field(name: str, value: object) -> Callable[[Record], Record]:
    return lambda record: record._replace(value=json.dumps({**json.loads(record.value), name: value}).encode())


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report: a case, how often it was sent, and what was wrong; nothing when all is well."""

    name: str
    expected: Expected
    sent: int
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def judge_reader(cases: Sequence[Case], lives: Sequence[Sequence[str]]) -> list[Row]:
    """What a reader did: the ids it handled in each of its lives, which kill -9 parts.

    Within one life an id handled twice is a fault. Across a kill it is a remark: what was in hand may come again, and
    only a reader that remembers ids for good can tell.
    """
    rows: dict[str, Row] = {}
    for id_, case in {case.id: case for case in cases}.items():
        row = rows.get(case.name) or Row(case.name, case.expected, sum(one.name == case.name for one in cases))
        counts = [life.count(id_) for life in lives]
        type_ = next((text.decode() for name, text in case.record.headers if name == "ce_type"), "no type")
        rows[case.name] = _judged(row, type_, case.expected, counts)
    return list(rows.values())


def _judged(row: Row, type_: str, expected: Expected, counts: Sequence[int]) -> Row:
    if expected is Expected.PASSED_OVER:
        fault = f"{type_} was handled" if any(counts) else ""
    elif not any(counts):
        fault = f"{type_} was not handled"
    else:
        fault = f"{type_} was handled {max(counts)} times in one life" if max(counts) > 1 else ""
    if fault:
        return replace(row, faults=(*row.faults, fault))
    if sum(counts) > 1:
        return replace(row, remarks=(*row.remarks, f"{type_} came again after the kill and was handled again"))
    return row
