"""A source on aiokafka."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from .reading import Raw
from .source import Place, Settings

WAIT_MS = 500


class AiokafkaSource:
    """Made within the running event loop. Settings are named as aiokafka names them: `security_protocol`."""

    def __init__(self, servers: str, group: str, topics: Sequence[str], settings: Settings) -> None:
        self._connection: dict[str, Any] = {"bootstrap_servers": servers, **settings.connection}
        own: dict[str, Any] = {"group_id": group, "enable_auto_commit": False, "auto_offset_reset": "earliest"}
        self._consumer: Any = AIOKafkaConsumer(*topics, **self._connection, **settings.consumer, **own)
        self._producer: Any = None

    async def start(self) -> None:
        await self._consumer.start()

    async def fetch(self) -> Sequence[Raw]:
        batches = await self._consumer.getmany(timeout_ms=WAIT_MS, max_records=500)
        return [
            Raw(one.topic, one.partition, one.offset, one.key, one.value, one.headers)
            for records in batches.values()
            for one in records
        ]

    def holds(self, place: Place, /) -> bool:
        return TopicPartition(*place) in self._consumer.assignment()

    async def commit(self, places: Mapping[Place, int], /) -> None:
        held = {TopicPartition(*place): offset for place, offset in places.items() if self.holds(place)}
        if held:
            try:
                await self._consumer.commit(held)
            except (CommitFailedError, IllegalStateError):
                return  # the partition changed hands just now: its new reader gets the records again

    async def send(self, topic: str, raw: Raw, headers: Sequence[tuple[str, bytes]], /) -> None:
        if self._producer is None:
            self._producer = AIOKafkaProducer(acks="all", **self._connection)
            await self._producer.start()
        await self._producer.send_and_wait(topic, raw.value, raw.key, headers=list(headers))

    async def stop(self) -> None:
        await self._consumer.stop()
        if self._producer is not None:
            await self._producer.stop()
