"""The events as an AsyncAPI 3.1 document (asyncapi.com), written from the contracts themselves.

One channel for each service's topic, one message for each type. The payloads are the open schemas: what a reader should
accept. The envelope, CloudEvents attributes in Kafka headers, is said once, as a trait of every message.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from . import EVENTS
from .base import Event
from .records import golden_records
from .schemas import schema_of
from .version import VERSION
from .wire import SOURCE_PREFIX, events_topic

BINDING = "0.5.0"
ENVELOPE: dict[str, str] = {
    "ce_specversion": "Always 1.0.",
    "ce_id": "Derived from the cause: a repeat has the same id, so a reader drops what it knows.",
    "ce_type": "The versioned type; a changed meaning is a new type.",
    "ce_source": f"The service that says it: {SOURCE_PREFIX}claims.",
    "ce_subject": "The aggregate it is about: claim/clm_0123.",
    "ce_time": "When it happened, RFC 3339: the time of its cause.",
    "ce_dataschema": "The name of the body's schema.",
    "ce_partitionkey": "The account, or what stands in for it; the record's key is tenant and this.",
    "ce_tenant": "The billing client.",
    "ce_sequence": "The place among the subject's events, from 1 without gaps; 0 for a command.",
    "ce_correlation": "The story it belongs to.",
    "ce_actor": "Who did it: a person, a client, or the system itself.",
    "ce_causation": "What it answers; absent where nothing came before.",
    "ce_dataclassification": "How the body is to be treated: confidential.",
    "ce_dataregulation": "The law it is under: HIPAA.",
    "content-type": "application/json.",
}
OPTIONAL = frozenset({"ce_causation"})
UUIDS = frozenset({"ce_id", "ce_correlation", "ce_causation"})


def document() -> dict[str, Any]:
    """The AsyncAPI document; the golden records are its examples."""
    examples = golden_records()
    schemas: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for events in EVENTS.values():
        for event in events:
            messages[_type(event)] = _message(event, schemas, examples)
    return {
        "asyncapi": "3.1.0",
        "id": "urn:revcycle:events",
        "info": {
            "title": "RevCycle events",
            "version": VERSION,
            "description": "What the services of the revenue cycle tell each other and the world. Records may come"
            " more than once; order holds per subject. No direct identifier travels in the clear.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {f"{service}.events": _channel(service, events) for service, events in EVENTS.items()},
        "operations": {f"{service}.emits": _operation(service, events) for service, events in EVENTS.items()},
        "components": {
            "messages": messages,
            "messageTraits": {"cloudevent": _envelope()},
            "correlationIds": {"story": {"location": "$message.header#/ce_correlation"}},
            "schemas": schemas,
        },
    }


def written() -> str:
    """The document as text, the same for the same contracts."""
    return json.dumps(document(), indent=2) + "\n"


def _type(event: type[Event]) -> str:
    return str(event.model_fields["type"].default)


def _channel(service: str, events: tuple[type[Event], ...]) -> dict[str, Any]:
    return {
        "address": events_topic(service),
        "title": f"Events of {service}",
        "messages": {_type(event): {"$ref": f"#/components/messages/{_type(event)}"} for event in events},
        "bindings": {
            "kafka": {"topicConfiguration": {"cleanup.policy": ["delete"]}, "bindingVersion": BINDING},
        },
    }


def _operation(service: str, events: tuple[type[Event], ...]) -> dict[str, Any]:
    channel = f"#/channels/{service}.events"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "summary": f"{service} says what happened.",
        "messages": [{"$ref": f"{channel}/messages/{_type(event)}"} for event in events],
    }


def _message(event: type[Event], schemas: dict[str, Any], examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    name = _type(event)
    body = schema_of(event, "consumer")
    for part, definition in body.pop("$defs", {}).items():
        schemas[f"{name}.{part}"] = _pointed(name, definition)
    del body["$schema"], body["$id"]
    schemas[name] = _pointed(name, body)
    example = examples[name]
    return {
        "name": name,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "correlationId": {"$ref": "#/components/correlationIds/story"},
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [{"name": "golden", "headers": example["headers"], "payload": example["value"]}],
    }


def _envelope() -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: {"type": "string", "description": said} | ({"format": "uuid"} if name in UUIDS else {})
        for name, said in ENVELOPE.items()
    }
    required = [name for name in ENVELOPE if name not in OPTIONAL]
    return {
        "headers": {"type": "object", "required": required, "properties": properties},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "<tenant>/<account>: everything of one account in order."},
                "bindingVersion": BINDING,
            }
        },
    }


def _pointed(name: str, part: JsonValue) -> JsonValue:
    """A schema whose references lead to the document's components."""
    if isinstance(part, dict):
        return {key: _pointed_value(name, key, value) for key, value in part.items()}
    if isinstance(part, list):
        return [_pointed(name, one) for one in part]
    return part


def _pointed_value(name: str, key: str, value: JsonValue) -> JsonValue:
    if key == "$ref":
        return f"#/components/schemas/{name}.{str(value).removeprefix('#/$defs/')}"
    return _pointed(name, value)
