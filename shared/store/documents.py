"""How aggregates are written down: one codec for every store, so that a fake keeps exactly what the real one keeps."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from shared.contracts import TYPES, Event, Message, Meta
from shared.contracts.wire import Record, events_topic, make_record, type_of
from shared.decider import Decider, Entry, Fact, Pending, Scalar, Snapshot
from shared.store.places import texts_of
from shared.store.port import (
    DOCUMENT_BYTES_MAX,
    Document,
    DocumentTooLargeError,
    JournalLine,
    Key,
    Mark,
    Row,
    Write,
)

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The end of a lease that nobody holds."""
FAR_AWAY = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than any time that counts."""


def text_of(model: BaseModel) -> str:
    """A model as its class writes it: what a union's codec writes too, without looking for the class first."""
    return type(model).__pydantic_serializer__.to_json(model).decode()


def entry_to_document(_: Decider[S, M, F], entry: Entry[F]) -> Document:
    """A fact with its envelope, for the outbox and the journal. Parts that nobody selects by are JSON text.

    The event is its record's value: its own fields, without the envelope.
    """
    return {
        "meta": text_of(entry.meta),
        "number": entry.number,
        "fact": text_of(entry.fact),
        "type": None if entry.event is None else type_of(entry.event),
        "event": None if entry.event is None else entry.event.model_dump_json(exclude={"meta"}),
    }


def entry_from_document(decider: Decider[S, M, F], document: Document) -> Entry[F]:
    """Read back what `entry_to_document` wrote."""
    meta = Meta.model_validate_json(document["meta"])
    event = document["event"]
    return Entry(
        meta=meta,
        number=document["number"],
        fact=decider.fact_codec.validate_json(document["fact"]),
        event=None if event is None else event_from_document(meta, from_json(event)),
    )


def event_from_document(meta: Meta, body: Mapping[str, Any]) -> Event:
    """A public event from its body, as JSON has it, and its envelope."""
    return TYPES[body["type"]].model_validate({**body, "meta": meta}, strict=False)


def record_of(decider: Decider[Any, Any, Any], document: Document) -> Record | None:
    """What an entry publishes; None for a private fact."""
    body = document["event"]
    if body is None:
        return None
    meta = Meta.model_validate_json(document["meta"])
    return make_record(events_topic(decider.service), meta, document["type"], body.encode())


def journal_document(decider: Decider[Any, Any, Any], key: Key, entry: Document, recorded_at: datetime) -> Document:
    """A line of the journal, without the id that its store gives it."""
    return {**entry, "tenant": key.tenant, "kind": decider.kind, "aggregate_id": key.id, "recorded_at": recorded_at}


def journal_line(document: Document) -> JournalLine:
    """A line of the journal as its readers get it: every part opened."""
    meta, event = from_json(document["meta"]), document["event"]
    opened = {"meta": meta, "fact": from_json(document["fact"]), "event": None if event is None else from_json(event)}
    return JournalLine(meta["id"], document | opened)


def effect_to_document(_: Decider[S, M, F], pending: Pending) -> Document:
    """An open effect; `next_attempt_at` stays a time, so that a store can compare it."""
    return {
        "effect": text_of(pending.effect),
        "cause": text_of(pending.cause),
        "next_attempt_at": pending.next_attempt_at,
        "attempts": pending.attempts,
        "error": pending.error,
        "stuck": pending.stuck,
    }


def effect_from_document(decider: Decider[S, M, F], effect_id: str, document: Document) -> Pending:
    """Read back what `effect_to_document` wrote."""
    return Pending(
        id=UUID(effect_id),
        effect=decider.effect_codec.validate_json(document["effect"]),
        cause=Meta.model_validate_json(document["cause"]),
        next_attempt_at=document["next_attempt_at"],
        attempts=document["attempts"],
        error=document["error"],
        stuck=document["stuck"],
    )


def next_effect_at(effects: Mapping[UUID, Pending]) -> datetime | None:
    """When the next open effect may be attempted; None when none is open or all are stuck."""
    return min((p.next_attempt_at for p in effects.values() if not p.stuck), default=None)


def fields_of(decider: Decider[S, M, F], write: Write[S]) -> dict[str, Any]:
    """The top-level fields that a write sets; effects and outbox are changed beside them."""
    snapshot = write.snapshot
    return {
        "tenant": write.key.tenant,
        "id": write.key.id,
        "version": write.version + 1,
        "state": decider.state_codec.dump_json(snapshot.state).decode(),
        "facts": snapshot.facts,
        "events": snapshot.events,
        "keys": keys_of(decider, write),
        **places_of(decider, write),
        "record_key": decider.record_key(snapshot.state),
        # What is parked waits for a person, not for a time.
        "next_due_at": decider.due(snapshot.state) if write.parked is None else None,
        "next_effect_at": next_effect_at(snapshot.effects) if write.parked is None else None,
        "effects_stuck": sum(p.stuck for p in snapshot.effects.values()),
        "parked": write.parked,
    }


ATTENTION = "!attention"
"""Among an aggregate's keys: a person should look at it."""


def index_key(tenant: str, name: str, value: Scalar) -> str:
    """One index value of a tenant's aggregate, as it stands among its keys."""
    return f"{tenant}|{name}|{to_json(value).decode()}"


def keys_of(decider: Decider[S, M, F], write: Write[S]) -> list[str]:
    """Everything an aggregate can be found by: one array, so that one index serves every equality query."""
    index = decider.index(write.snapshot.state)
    keys = [index_key(write.key.tenant, name, value) for name, value in index.items() if is_found_by(value)]
    if write.parked is not None or any(p.stuck for p in write.snapshot.effects.values()):
        keys.append(ATTENTION)
    return keys


def places_of(decider: Decider[S, M, F], write: Write[S]) -> dict[str, Any]:
    """The ordered lists an aggregate stands in; a kind that stands in none has no such field."""
    if not decider.has_places:
        return {}
    return {"places": texts_of(write.key.tenant, write.key.id, decider.places(write.snapshot.state))}


def check_size(fields: Mapping[str, Any]) -> None:
    """Refuse a document that would grow past the limit: nearly all of it is text."""
    size = len(fields["state"]) + sum(len(e["fact"]) + len(e["event"] or "") for e in fields.get("outbox", ()))
    if size > DOCUMENT_BYTES_MAX:
        raise DocumentTooLargeError


def outbox_of(write: Write[Any]) -> dict[str, Any]:
    """The fields that a write sets when it fills or empties the outbox."""
    if write.outbox is None:
        return {}
    return {
        "outbox": list(write.outbox),
        "mark": str(write.mark) if write.outbox else "",
    }


def mark_from(text: str) -> Mark | None:
    """Read back what `str(mark)` wrote; None for an empty outbox."""
    writer, _, number = text.rpartition(":")
    return Mark(writer, int(number)) if number else None


def row_from_document(decider: Decider[S, M, F], document: Document) -> Row[S]:
    """An aggregate as loaded."""
    effects = {
        UUID(effect_id): effect_from_document(decider, effect_id, effect)
        for effect_id, effect in document.get("effects", {}).items()
    }
    state = decider.state_codec.validate_json(document["state"], strict=False)
    return Row(
        version=document["version"],
        snapshot=Snapshot(state, document["facts"], document["events"], effects),
        outbox=tuple(document.get("outbox", ())),
        mark=mark_from(document.get("mark", "")),
        parked=document.get("parked"),
    )


def is_found_by(value: Scalar) -> bool:
    """Each key is paid at each write: None, False and an empty text are none, for nothing is found by what it lacks."""
    return value is not None and value is not False and value != ""


def wanted_keys(tenant: str, where: Mapping[str, Scalar]) -> list[str]:
    """The keys an aggregate must have to answer a query. ValueError for None and False; an empty text finds nothing."""
    if lacking := sorted(name for name, value in where.items() if value is None or value is False):
        msg = f"aggregates are not found by what they lack: {', '.join(lacking)}"
        raise ValueError(msg)
    return [index_key(tenant, name, value) for name, value in where.items()]


def key_of(document: Document) -> Key:
    """Whose aggregate a document is."""
    return Key(document["tenant"], document["id"])
