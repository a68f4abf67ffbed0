"""What is wrong with records that somebody else's program wrote as events. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from shared.contracts import EVENTS, TYPES
from shared.contracts.asyncapi import ENVELOPE, OPTIONAL
from shared.contracts.schemas import schema_of
from shared.contracts.wire import SOURCE_PREFIX, UnreadableError, events_topic, meta_of_headers, unfolded


@dataclass(frozen=True, slots=True)
class Written:
    """A record as it lies on its topic."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    value: bytes

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a record, and where it lies. Never what it holds."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(slots=True)
class WriterJudge:
    """Judges records one after the other, in the order of their partitions, remembering what came before."""

    judged: int = 0
    _content_of: dict[str, bytes] = field(default_factory=dict[str, bytes])
    _sequence_of: dict[str, int] = field(default_factory=dict[str, int])
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict[str, Draft202012Validator])

    def judge(self, record: Written) -> list[Fault]:
        """Everything that is wrong with one record."""
        self.judged += 1
        return [Fault(record.place, why) for why in self._faults(record)]

    def _faults(self, record: Written) -> Iterator[str]:
        try:
            headers, value = unfolded(record.headers, record.value)
        except UnreadableError as error:
            yield error.reason
            return
        missing = [name for name in ENVELOPE if name not in headers and name not in OPTIONAL]
        if missing:
            yield f"header {', '.join(missing)} is missing"
            return
        yield from self._envelope(record, headers)
        yield from self._body(headers["ce_type"], value)
        yield from self._repeats(headers, value)

    def _envelope(self, record: Written, headers: Mapping[str, str]) -> Iterator[str]:
        type_ = headers["ce_type"]
        try:
            meta = meta_of_headers(headers)
        except UnreadableError as error:
            yield f"envelope: {error.reason}"
            return
        if headers["ce_specversion"] != "1.0":
            yield "ce_specversion is not 1.0"
        if not headers["ce_source"].startswith(SOURCE_PREFIX):
            yield f"ce_source does not begin with {SOURCE_PREFIX}"
        if record.key != f"{meta.tenant}/{meta.key}":
            yield "the key is not <ce_tenant>/<ce_partitionkey>: its order is not kept"
        service = next((service for service, events in EVENTS.items() if TYPES.get(type_) in events), None)
        if service is not None and record.topic != events_topic(service):
            yield f"{type_} belongs on {events_topic(service)}"

    def _body(self, type_: str, value: bytes) -> Iterator[str]:
        if type_ not in TYPES:
            yield "ce_type is none of the contract's"
            return
        try:
            body: Any = json.loads(value)
        except ValueError:
            yield "the body is not JSON"
            return
        if type_ not in self._validators:
            self._validators[type_] = Draft202012Validator(schema_of(TYPES[type_], "producer"))
        for error in self._validators[type_].iter_errors(body):
            at = ".".join(str(part) for part in error.absolute_path) or "the body"
            yield f"{type_}: {at} breaks `{error.validator}` of its schema"

    def _repeats(self, headers: Mapping[str, str], value: bytes) -> Iterator[str]:
        id_, subject = headers["ce_id"], headers["ce_subject"]
        if id_ in self._content_of:
            if self._content_of[id_] != value:
                yield "its ce_id was used before with another content"
            return
        self._content_of[id_] = value
        sequence = int(headers["ce_sequence"]) if headers["ce_sequence"].isdecimal() else 0
        before = self._sequence_of.get(subject)
        if before is not None and sequence != before + 1:
            yield f"ce_sequence is {sequence} after {before} of the same subject: it counts from 1 without gaps"
        self._sequence_of[subject] = sequence


def written_lines(lines: Iterable[str]) -> Iterator[Written]:
    """Records as `revcycle tail --json` prints them, one a line. Raises ValueError naming the line that is none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            one: Any = json.loads(line)
            place = str(one["topic"]), int(one["partition"]), int(one["offset"])
            headers = {str(name): str(text) for name, text in one["headers"].items()}
            yield Written(*place, str(one["key"]), headers, json.dumps(one["body"]).encode())
        except (ValueError, KeyError, TypeError, AttributeError):
            msg = f"line {number} is no record as `revcycle tail --json` prints it"
            raise ValueError(msg) from None
