"""From a record to an event of its class: either mode of CloudEvents, older types told in the newer one's words."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from .. import TYPES
from ..base import Event
from ..wire import UnreadableError, from_record, header_map, type_in, unfolded


class Raw(NamedTuple):
    """A record as a client library gives it, with its position."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Upcast(NamedTuple):
    """How an older type is told as a newer one: the newer type, and the older body's fields in its words."""

    to: str
    body: Callable[[dict[str, Any]], dict[str, Any]]


Upcasts = Mapping[str, Upcast]


class Later(NamedTuple):
    """A record of a type that this version of the contract does not know: of a newer house. It is passed over."""

    type: str


def read(raw: Raw, upcasts: Upcasts | None = None) -> Event | Later:
    """The event in a record. Raises UnreadableError, which names the field and the rule, never what the record held."""
    headers, value = unfolded(header_map(raw.headers), raw.value or b"")
    name = type_in(headers)
    if upcasts and name in upcasts:
        headers, value, name = _upcast(upcasts, headers, value, name)
    if name not in TYPES:
        return Later(name)
    event: Event = from_record(_codec(name), headers, value)
    return event


def _upcast(
    upcasts: Upcasts, headers: Mapping[str, str], value: bytes, name: str
) -> tuple[Mapping[str, str], bytes, str]:
    try:
        body = json.loads(value)
        while name in upcasts:
            newer = upcasts[name]
            body, name = newer.body(body), newer.to
    except (ValueError, KeyError, TypeError, AttributeError):
        msg = f"the body of {name} is not what its upcast expects"
        raise UnreadableError(msg) from None
    body["type"] = name
    return headers, json.dumps(body).encode(), name


@cache
def _codec(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(TYPES[name])
