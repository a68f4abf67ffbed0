"""Reading a topic from outside, without a consumer group: nothing is committed and nobody is disturbed."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import JsonValue

from revcycle.refusal import RefusalError
from revcycle.stack.topics import partitions_of

POLL_MS = 500
Fetched: TypeAlias = ConsumerRecord[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Seen:
    """One record of a topic, its headers as text."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    value: bytes

    @classmethod
    def of(cls, record: Fetched) -> "Seen":
        headers = {name: value.decode(errors="replace") for name, value in record.headers}
        key = (record.key or b"").decode(errors="replace")
        return cls(record.topic, record.partition, record.offset, key, headers, record.value or b"")

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def body(self) -> JsonValue:
        """The message; None for a record that is no JSON (a poison record is watched too)."""
        try:
            body: JsonValue = json.loads(self.value)
        except ValueError:
            return None
        return body

    def fields(self) -> Iterator[tuple[str, str]]:
        """Name and value of each field, for a person; the type stands in the header already."""
        body = self.body()
        if not isinstance(body, dict):
            yield "unreadable", f"{len(self.value)} bytes"
            return
        for name, value in body.items():
            if name != "type" and value is not None:
                yield name, value if isinstance(value, str) else json.dumps(value)

    def as_json(self) -> str:
        place = {"topic": self.topic, "partition": self.partition, "offset": self.offset, "key": self.key}
        return json.dumps({**place, "headers": dict(self.headers), "body": self.body()})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records; None means any. `limit` counts what was wanted, not what was read."""

    kind: str | None = None
    tenant: str | None = None
    account: str | None = None
    limit: int | None = None

    def wants(self, seen: Seen) -> bool:
        asked = ((self.kind, "ce_type"), (self.tenant, "ce_tenant"), (self.account, "ce_partitionkey"))
        return all(want is None or seen.header(header) == want for want, header in asked)


async def watch(servers: str, topic: str, wanted: Wanted, *, earliest: bool, follow: bool) -> AsyncIterator[Seen]:
    """The wanted records of every partition; without `follow`, up to where the topic ends now.

    RefusalError when no broker answers or there is no such topic.
    """
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    try:
        await consumer.start()
    except KafkaError:
        await consumer.stop()
        raise RefusalError(f"No Kafka broker answers at {servers}.") from None
    try:
        ends = await _take_all(consumer, servers, topic, earliest=earliest)
        given = 0
        async for seen in _records(consumer, ends, follow=follow):
            if wanted.wants(seen):
                yield seen
                given += 1
                if given == wanted.limit:
                    return
    finally:
        await consumer.stop()


async def _take_all(
    consumer: AIOKafkaConsumer, servers: str, topic: str, *, earliest: bool
) -> dict[TopicPartition, int]:
    """Read every partition of the topic; where each ends now."""
    if not (partitions := await partitions_of(servers, [topic])):
        raise RefusalError(f"There is no topic {topic}.")
    consumer.assign(partitions)
    await (consumer.seek_to_beginning() if earliest else consumer.seek_to_end())
    ends = cast("Any", await consumer.end_offsets(partitions))
    return dict(ends)


async def _records(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], *, follow: bool
) -> AsyncIterator[Seen]:
    while follow or await _behind(consumer, ends):
        batches = cast("dict[Any, list[Fetched]]", await consumer.getmany(timeout_ms=POLL_MS))
        for records in batches.values():
            for record in records:
                yield Seen.of(record)


async def _behind(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await consumer.position(partition) < end:
            return True
    return False
