"""The Kafka consumer of a service: FastStream hands over raw batches, the pipeline handles them, offsets go last.

FastStream's defaults lose or leak (its default acknowledgement is at-most-once, a bad record or header fails or spins
the whole batch, and its validation errors print the record), so records come raw, acknowledgement is ours, and it does
not log.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared.inbox import Inbox, Received
from shared.log import Log
from shared.pipeline import Pipeline
from shared.settings import Settings

GRACE_SECONDS = 15.0


class Consumer:
    """One member of the service's consumer group."""

    def __init__(self, settings: Settings, service: str, topics: Sequence[str], inbox: Inbox, log: Log) -> None:
        self._pipeline = Pipeline(inbox, log)
        self._closing = self._joining = self.refused = False
        self._broker = KafkaBroker(
            settings.kafka.split(","),  # FastStream takes a text for one address
            client_id=f"revcycle-{service}",
            apply_types=False,
            logger=None,
            graceful_timeout=GRACE_SECONDS,
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
            parser=_unparsed,
            decoder=_raw,
        )
        self._subscriber(self._handle)

    @property
    def pipeline(self) -> Pipeline:
        """What is in hand, and what was retried."""
        return self._pipeline

    @property
    def received(self) -> int:
        """Records that are handled and committed."""
        return self._pipeline.handled

    @property
    def joined(self) -> bool:
        """Whether the group gave this member partitions."""
        consumer: Any = self._subscriber.consumer
        return consumer is not None and bool(consumer.assignment())

    async def start(self) -> None:
        """Join the group and begin to read. After a failure it may be called again."""
        self._joining = True
        try:
            await self._broker.start()
        except Exception:
            self.refused = True
            await self._broker.stop()
            raise
        self._joining = self.refused = False

    async def stop(self) -> None:
        """Finish the batches in hand, commit them, and leave the group."""
        self._closing = True
        await self._pipeline.stop(GRACE_SECONDS)
        await self._broker.stop()

    async def lag(self) -> int:
        """Records in this member's partitions that are not handled yet."""
        consumer: Any = self._subscriber.consumer
        if consumer is None:
            return int(self._joining)
        if not consumer.assignment():
            return 1  # not assigned yet: nothing can be said to be handled
        behind = sum(end - position for end, position in (await self._places(consumer)).values())
        return max(behind, 0) + self._pipeline.in_hand

    async def lags(self) -> dict[tuple[str, int], int]:
        """Records of each partition of this member that are not handled and committed yet."""
        consumer: Any = self._subscriber.consumer
        if consumer is None:
            return {}
        places, committed = await self._places(consumer), self._pipeline.committed
        for where in committed.keys() - places.keys():
            del committed[where]  # another member has it now, and gets further than we know
        return {where: max(end - committed.get(where, position), 0) for where, (end, position) in places.items()}

    async def _places(self, consumer: Any) -> dict[tuple[str, int], tuple[int, int]]:
        """The end of each partition of this member, and what it reads next."""
        partitions: list[TopicPartition] = list(consumer.assignment())
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        positions: list[int] = await asyncio.gather(*(consumer.position(partition) for partition in partitions))
        return {(p.topic, p.partition): (ends[p], at) for p, at in zip(partitions, positions, strict=True)}

    async def _handle(self, message: KafkaMessage) -> None:
        if self._closing:  # it is not committed: whoever has the partition next will see it
            await self._pipeline.drain()
            return
        raw: Any = message.raw_message
        consumer: Any = self._subscriber.consumer
        records = [Received(r.topic, r.partition, r.offset, r.key, r.value, r.headers) for r in raw]
        # FastStream keeps the message in a context variable. Whatever is begun from here on inherits it, and asyncio
        # keeps the context of a cancelled timer (40 s for each request to the broker) as long as an earlier timer
        # waits: that was 40,000 records, 130 MB, in the 40 s before each refresh of the metadata.
        message.raw_message = raw = ()
        await self._pipeline.take(records, consumer)


async def _unparsed(batch: Any) -> KafkaMessage:
    """The batch as it came. FastStream's own parser reads every header, and drops the batch for one that is no text."""
    nobody: Any = None  # offsets are committed by the pipeline
    return KafkaMessage(raw_message=batch, body=b"", consumer=nobody)


async def _raw(message: KafkaMessage) -> KafkaMessage:
    """The handler gets the message itself: decoding is the inbox's work, record by record."""
    return message
