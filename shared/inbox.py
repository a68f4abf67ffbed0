"""The receiving side: batches of records in, decided messages out.

A record that cannot be read
goes to its dead-letter topic and to the store, with reason and position, and its neighbours go on.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter

from shared.bus.port import Bus
from shared.clock import Wall
from shared.contracts import Message
from shared.contracts.wire import (
    Record,
    UnreadableError,
    dead_letter_topic,
    from_record,
    header_map,
    type_in,
    unfolded,
)
from shared.decider import Decider
from shared.letters import envelope_of, tenant_in
from shared.log import Log
from shared.sealed import Sealer
from shared.shell import Shell

M = TypeVar("M", bound=Message)


class Received(NamedTuple):
    """A record as it came, with its position."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Route(NamedTuple):
    """Where messages of one type go: the decider that answers them, and how they are read."""

    decider: Decider[Any, Any, Any]
    codec: TypeAdapter[Any]


Routes = Mapping[str, Sequence[Route]]
"""By message type. A type that is not here is none of this service's business and is passed over."""


def route(decider: Decider[Any, Any, Any], *types: type[Message]) -> dict[str, list[Route]]:
    """Routes for messages that one decider takes as they are."""
    return {t.model_fields["type"].default: [Route(decider, codec_of(t))] for t in types}


@cache
def codec_of(kind: type[Message]) -> TypeAdapter[Any]:
    """One codec for a type, whoever takes it."""
    return TypeAdapter(kind)


def join_routes(*parts: Mapping[str, Sequence[Route]]) -> dict[str, list[Route]]:
    """One table of several deciders' routes."""
    joined: dict[str, list[Route]] = {}
    for part in parts:
        for type_, routes in part.items():
            joined.setdefault(type_, []).extend(routes)
    return joined


class Inbox:
    """Handles one batch of records, whatever their topics and partitions."""

    def __init__(self, shell: Shell, bus: Bus, sealer: Sealer, routes: Routes, log: Log, wall: Wall) -> None:
        self._shell, self._bus, self._sealer = shell, bus, sealer
        self._routes, self._log, self._wall = routes, log, wall
        self.received = 0

    async def handle(self, records: Sequence[Received]) -> None:
        """Raises only for an outage; the same batch may then be handled again."""
        readable: dict[str, tuple[Decider[Any, Any, Any], list[Any]]] = {}
        for record in records:
            try:
                for decider, message in self._read(record):
                    readable.setdefault(decider.kind, (decider, []))[1].append(message)
            except UnreadableError as error:
                await self._bury(record, error.reason)
        for decider, messages in readable.values():
            await self._shell.transact(decider, messages)
        self.received += len(records)

    async def again(self, record: Received) -> None:
        """A record that was buried before, through the same gate: what was handled meanwhile decides nothing.

        UnreadableError where it cannot be read now either; it is not buried twice.
        """
        for decider, message in self._read(record):
            await self._shell.transact(decider, [message])

    def _read(self, record: Received) -> list[tuple[Decider[Any, Any, Any], Message]]:
        headers, value = unfolded(header_map(record.headers), record.value or b"")
        routes = self._routes.get(type_in(headers), ())
        if len(routes) == 1:
            return [(routes[0].decider, from_record(routes[0].codec, headers, value))]
        # Deciders that take the same type take the same message.
        messages = {
            id(r.codec): from_record(r.codec, headers, value) for r in {id(r.codec): r for r in routes}.values()
        }
        return [(r.decider, messages[id(r.codec)]) for r in routes]

    async def _bury(self, record: Received, reason: str) -> None:
        where = f"{record.topic}/{record.partition}/{record.offset}"
        origin = {
            "x-origin-topic": record.topic,
            "x-origin-partition": str(record.partition),
            "x-origin-offset": str(record.offset),
            "x-reason": reason,
        }
        headers = (*record.headers, *((name, text.encode()) for name, text in origin.items()))
        value = record.value or b""
        await self._bus.send((Record(dead_letter_topic(record.topic), record.key or b"", value, tuple(headers)),))
        await self._shell.store.note(
            "dead_letters",
            "system",
            where,
            {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "reason": reason,
                "at": self._wall(),
                "of_tenant": tenant_in(record.headers),
                "sealed_value": await self._sealer.seal("system", "dead-letters", value),
                "sealed_record": await self._sealer.seal(
                    "system", "dead-letters", envelope_of(record.key, record.headers)
                ),
            },
        )
        self._shell.tally.add("dead_letters_total", record.topic)
        self._log.error(
            "record_buried", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason
        )
