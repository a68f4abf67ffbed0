"""The Kafka consumer of a service: FastStream hands over raw batches, the inbox handles them, offsets go last.

FastStream's defaults lose or leak (its default acknowledgement is at-most-once, a bad record fails or spins the whole
batch, and its validation errors print the record), so records come raw, acknowledgement is ours, and it does not log.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from shared.inbox import Inbox, Received, handle_and_commit
from shared.log import Log
from shared.settings import Settings


class Consumer:
    """One member of the service's consumer group."""

    def __init__(self, settings: Settings, service: str, topics: Sequence[str], inbox: Inbox, log: Log) -> None:
        self._inbox, self._log = inbox, log
        self._busy = 0
        self.received = 0
        self._broker = KafkaBroker(
            settings.kafka.split(","),  # FastStream takes a text for one address
            client_id=f"revcycle-{service}",
            apply_types=False,
            logger=None,
            graceful_timeout=15.0,
        )
        self._subscriber: Any = self._broker.subscriber(
            *topics,
            batch=True,
            max_records=settings.batch_records,
            group_id=f"revcycle-{service}",
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=settings.kafka_session_timeout_ms // 10,
            fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
            decoder=_raw,
        )
        self._subscriber(self._handle)

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> None:
        """Finish the batch in hand, commit it, and leave the group."""
        await self._broker.stop()

    async def lag(self) -> int:
        """Records in this member's partitions that are not handled yet."""
        consumer: Any = self._subscriber.consumer
        if consumer is None:
            return 0
        partitions: list[TopicPartition] = list(consumer.assignment())
        if not partitions:
            return 1  # not assigned yet: nothing can be said to be handled
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        positions: list[int] = await asyncio.gather(*(consumer.position(partition) for partition in partitions))
        behind = sum(ends[partition] - position for partition, position in zip(partitions, positions, strict=True))
        return max(behind, 0) + self._busy

    async def _handle(self, message: KafkaMessage) -> None:
        raw: Any = message.raw_message
        records = [Received(r.topic, r.partition, r.offset, r.key, r.value, r.headers) for r in raw]
        self._busy = len(records)
        try:
            consumer: Any = message.consumer
            await handle_and_commit(self._inbox, records, consumer, self._log, asyncio.sleep)
            self.received += len(records)
        finally:
            self._busy = 0


async def _raw(message: KafkaMessage) -> KafkaMessage:
    """The handler gets the message itself: decoding is the inbox's work, record by record."""
    return message
