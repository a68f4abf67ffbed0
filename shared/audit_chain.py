"""The chain of the audit log, pure: each record carries a keyed hash over itself and the record before it.

A chain belongs to one tenant and one life of one process. It opens with a record that says what it follows, goes on
without a gap in its numbers, and closes with a record when the process ends. Nothing here does I/O.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.store.port import Document

DIGEST = "sha256"
BEGINNING = ""
"""What the first record of a chain names as the mac before it."""
OPENED, CLOSED = "audit.open", "audit.close"


class AuditKey(NamedTuple):
    """A secret with the name that records carry, so that they can be checked after it was replaced."""

    id: str
    secret: bytes


class Head(NamedTuple):
    """How far a chain goes: its last record's number, from 1, and mac."""

    number: int
    mac: str


NO_HEAD = Head(0, BEGINNING)


def kept_time(at: datetime) -> datetime:
    """The time as a store keeps it: BSON has milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def record_id(at: datetime, chain: str, number: int) -> str:
    """Ids sort by time, so that the log reads in order; of one chain, by number."""
    return f"{at.isoformat(timespec='milliseconds')}/{chain}/{number:012}"


def seal(record: Mapping[str, Any], tenant: str, record_id: str, key: AuditKey) -> Document:
    """The record with the key's name and its mac. The tenant and the id it lies under are sealed with it."""
    named = {**record, "key_id": key.id}
    return {**named, "mac": mac_of(named, tenant, record_id, key)}


def mac_of(record: Mapping[str, Any], tenant: str, record_id: str, key: AuditKey) -> str:
    """HMAC-SHA-256 over all fields but the mac, in one spelling: sorted names, times as ISO 8601."""
    sealed = {name: value for name, value in record.items() if name not in {"mac", "id", "tenant"}}
    spelled = json.dumps([tenant, record_id, sealed], sort_keys=True, separators=(",", ":"), default=_spell)
    return hmac.new(key.secret, spelled.encode(), DIGEST).hexdigest()


def label_of(tenant: str, key: AuditKey) -> str:
    """A tenant's name for those who may not know who the others are: anchors speak of all tenants' chains."""
    return hmac.new(key.secret, f"tenant/{tenant}".encode(), DIGEST).hexdigest()[:16]


def same(one: object, other: str) -> bool:
    """Compare macs in constant time; False for what is no mac at all."""
    return isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode())


def _spell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    # A kind of value that the log does not write: spelled so that it cannot pass for one that it does.
    return f"{type(value).__name__}:{value!r}"
