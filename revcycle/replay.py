"""Replay: publish again what services once said, from their journals.

A broker that forgot, a new integrator, a disaster: in each case the events are in the journals, and readers recognise
what they have seen. Order is kept per aggregate, as everywhere.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from revcycle.stack.topics import SERVICES
from shared.bus.kafka import KafkaBus
from shared.contracts import Meta
from shared.contracts.wire import Record, events_topic, to_record
from shared.store.connect import connect, disconnect
from shared.store.documents import event_from_document
from shared.store.mongo import MongoStore

PAGE = 1000


def database_of(service: str) -> str:
    return f"revcycle_{service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Which events: all, or those recorded since a time, of some services, of one tenant."""

    since: datetime | None = None
    services: Sequence[str] = SERVICES
    tenant: str | None = None


async def replay(kafka: str, mongo: str, wanted: Replay) -> Mapping[str, int]:
    """Publish the wanted events again; how many of each service."""
    client = connect(mongo)
    bus = KafkaBus(kafka, "revcycle-replay", idempotent=False)
    await bus.start()
    try:
        sent: dict[str, int] = {}
        for service in wanted.services:
            sent[service] = await _replay_one(bus, MongoStore(client[database_of(service)]), service, wanted)
        return sent
    finally:
        await bus.stop()
        await disconnect(client)


async def _replay_one(bus: KafkaBus, store: MongoStore, service: str, wanted: Replay) -> int:
    sent, page = 0, list[Record]()
    async for record in _events(store, service, wanted):
        page.append(record)
        if len(page) == PAGE:
            await bus.send(page)
            sent, page = sent + len(page), []
    await bus.send(page)
    return sent + len(page)


async def _events(store: MongoStore, service: str, wanted: Replay) -> AsyncIterator[Record]:
    topic = events_topic(service)
    async for line in store.journal_since(wanted.since):
        body = line.document["event"]
        if body is not None and wanted.tenant in {None, line.document["tenant"]}:
            meta = Meta.model_validate(line.document["meta"], strict=False)
            yield to_record(topic, event_from_document(meta, body))
