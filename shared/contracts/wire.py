"""Messages on the wire: CloudEvents 1.0 in the Kafka binary binding. The envelope is headers, the body is JSON.

We write the binary mode only. `unfolded` turns the structured mode, which other producers may write, into it.
"""

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from .base import Message, Meta

M = TypeVar("M", bound=Message)

SOURCE_PREFIX = "/revcycle/"
STRUCTURED = "application/cloudevents+json"
_NOT_ATTRIBUTES = frozenset({"data", "datacontenttype"})


class Record(NamedTuple):
    """What goes to, or comes from, a topic."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class UnreadableError(ValueError):
    """A record that cannot be a message. `reason` names the field and the rule, never the value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def events_topic(service: str) -> str:
    return f"{service}.events.v1"


def commands_topic(service: str) -> str:
    return f"{service}.commands.v1"


def dead_letter_topic(topic: str) -> str:
    return f"{topic}.dlq"


def type_of(message: Message) -> str:
    """The versioned type every message carries."""
    return str(getattr(message, "type"))  # noqa: B009 - each message class declares its own Literal


def to_record(topic: str, message: Message) -> Record:
    """A message as a record."""
    body = message.model_dump_json(exclude={"meta"}).encode()
    return make_record(topic, message.meta, type_of(message), body)


def make_record(topic: str, meta: Meta, message_type: str, body: bytes) -> Record:
    """A record from an envelope and a body in JSON; its key keeps everything of one account in one partition."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": str(meta.id),
        "ce_type": message_type,
        "ce_source": SOURCE_PREFIX + meta.source,
        "ce_subject": meta.subject,
        "ce_time": meta.occurred_at.isoformat(),
        "ce_dataschema": f"urn:revcycle:schema:{message_type}",
        "ce_partitionkey": meta.key,
        "ce_tenant": meta.tenant,
        "ce_sequence": str(meta.sequence),
        "ce_correlation": str(meta.correlation),
        "ce_actor": meta.actor,
        "ce_dataclassification": "confidential",
        "ce_dataregulation": "HIPAA",
        "content-type": "application/json",
    }
    if meta.causation is not None:
        attributes["ce_causation"] = str(meta.causation)
    headers = tuple((name, value.encode()) for name, value in attributes.items())
    key = f"{meta.tenant}/{meta.key}".encode()
    return Record(topic, key, body, headers)


def header_map(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Record headers as text; UnreadableError when one is not UTF-8."""
    try:
        return {name: value.decode() for name, value in headers}
    except UnicodeDecodeError:
        msg = "a header is not UTF-8 text"
        raise UnreadableError(msg) from None


def type_in(headers: Mapping[str, str]) -> str:
    """The type a record claims to be; UnreadableError when it names none."""
    try:
        return headers["ce_type"]
    except KeyError:
        msg = "header ce_type is missing: not a CloudEvent in binary mode"
        raise UnreadableError(msg) from None


def from_record(codec: TypeAdapter[M], headers: Mapping[str, str], value: bytes) -> M:
    """A message from a record. Errors say which field broke which rule, never what it held."""
    body = value.strip()
    if not (body.startswith(b"{") and body.endswith(b"}")):
        msg = "the body is not a JSON object"
        raise UnreadableError(msg)
    # Envelope and body become one JSON text, so that strict validation sees JSON and not Python values.
    rest = body[1:]
    comma = b"" if rest.strip() == b"}" else b","
    try:
        return codec.validate_json(b'{"meta":' + _meta_json(headers) + comma + rest)
    except ValidationError as error:
        raise UnreadableError(explain(error)) from None


def unfolded(headers: Mapping[str, str], value: bytes) -> tuple[Mapping[str, str], bytes]:
    """A record in the binary mode, whichever mode it came in: its envelope as headers, and its body.

    A structured record is one JSON object: the attributes beside `data`. UnreadableError when it is not.
    """
    if not headers.get("content-type", "").lower().startswith(STRUCTURED):
        return headers, value
    try:
        whole: JsonValue = json.loads(value)
    except ValueError:
        whole = None
    if not isinstance(whole, dict) or not isinstance(whole.get("data"), dict):
        msg = "not a CloudEvent in structured mode: expected a JSON object with an object `data`"
        raise UnreadableError(msg)
    attributes = {f"ce_{name}": str(held) for name, held in whole.items() if name not in _NOT_ATTRIBUTES}
    return attributes | {"content-type": "application/json"}, json.dumps(whole["data"]).encode()


def explain(error: ValidationError) -> str:
    """Fields and rules of a validation error, without the values."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(str(p) for p in fault['loc']) or 'body'}: {fault['type']}" for fault in faults)


def _meta_json(headers: Mapping[str, str]) -> bytes:
    causation = headers.get("ce_causation")
    try:
        return (
            f'{{"id":{quoted(headers["ce_id"])}'
            f',"tenant":{quoted(headers["ce_tenant"])}'
            f',"occurred_at":{quoted(headers["ce_time"])}'
            f',"source":{quoted(headers["ce_source"].removeprefix(SOURCE_PREFIX))}'
            f',"subject":{quoted(headers["ce_subject"])}'
            f',"key":{quoted(headers["ce_partitionkey"])}'
            f',"sequence":{int(headers["ce_sequence"])}'
            f',"causation":{"null" if causation is None else quoted(causation)}'
            f',"correlation":{quoted(headers["ce_correlation"])}'
            f',"actor":{quoted(headers.get("ce_actor", "system"))}}}'
        ).encode()
    except KeyError as missing:
        msg = f"header {missing.args[0]} is missing"
        raise UnreadableError(msg) from None
    except ValueError:
        msg = "header ce_sequence is not a number"
        raise UnreadableError(msg) from None


def meta_of_headers(headers: Mapping[str, str]) -> Meta:
    """The envelope alone, for readers that do not know the type."""
    try:
        return Meta.model_validate_json(_meta_json(headers))
    except ValidationError as error:
        raise UnreadableError(explain(error)) from None
