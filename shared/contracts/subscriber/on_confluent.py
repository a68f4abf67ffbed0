"""A source on confluent-kafka. Its calls block, so each runs in a thread; one at a time, as its consumer wants it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from .reading import Raw
from .source import Place, Settings

WAIT_SECONDS = 0.5
FLUSH_SECONDS = 30.0
_CHANGED_HANDS = frozenset(
    {KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS}
)

_REFUSED = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
    }
)


class ConfluentSource:
    """Settings are named as librdkafka names them: `security.protocol`."""

    def __init__(self, servers: str, group: str, topics: Sequence[str], settings: Settings) -> None:
        self._connection = {"bootstrap.servers": servers, **settings.connection}
        self._settings = settings.consumer
        self._group, self._topics = group, list(topics)
        self._consumer: Any = None
        self._producer: Any = None
        self._held: set[Place] = set()

    async def start(self) -> None:
        own = {"group.id": self._group, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
        self._consumer = Consumer({**self._connection, **self._settings, **own})
        self._consumer.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    async def fetch(self) -> Sequence[Raw]:
        records = await asyncio.to_thread(self._consumer.consume, 500, WAIT_SECONDS)
        return [_raw(one) for one in records if _usable(one)]

    def holds(self, place: Place, /) -> bool:
        return place in self._held

    async def commit(self, places: Mapping[Place, int], /) -> None:
        held = [TopicPartition(*place, offset) for place, offset in places.items() if self.holds(place)]
        if held:
            await asyncio.to_thread(self._commit, held)

    async def send(self, topic: str, raw: Raw, headers: Sequence[tuple[str, bytes]], /) -> None:
        if self._producer is None:
            self._producer = Producer({**self._connection, "acks": "all"})
        await asyncio.to_thread(self._send, topic, raw, headers)

    async def stop(self) -> None:
        if self._consumer is not None:
            await asyncio.to_thread(self._consumer.close)
        self._producer = None

    def _assigned(self, _consumer: object, partitions: Sequence[TopicPartition]) -> None:
        self._held |= {(one.topic, one.partition) for one in partitions}

    def _revoked(self, _consumer: object, partitions: Sequence[TopicPartition]) -> None:
        self._held -= {(one.topic, one.partition) for one in partitions}

    def _commit(self, places: list[TopicPartition]) -> None:
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() not in _CHANGED_HANDS:
                raise

    def _send(self, topic: str, raw: Raw, headers: Sequence[tuple[str, bytes]]) -> None:
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _record: object) -> None:
            if error is not None:
                failed.append(error)

        self._producer.produce(topic, raw.value, raw.key, headers=list(headers), on_delivery=delivered)
        if self._producer.flush(FLUSH_SECONDS):
            msg = f"{topic} did not take a record within {FLUSH_SECONDS:.0f} seconds"
            raise TimeoutError(msg)
        if failed:
            raise KafkaException(failed[0])


def _usable(record: Any) -> bool:
    """Whether it is a record. An error is raised when waiting cannot mend it; librdkafka goes on after any other."""
    error = record.error()
    if error is not None and (error.fatal() or error.code() in _REFUSED):
        raise KafkaException(error)
    return error is None


def _raw(record: Any) -> Raw:
    headers = [(name, value if isinstance(value, bytes) else b"") for name, value in record.headers() or ()]
    return Raw(record.topic(), record.partition(), record.offset(), record.key(), record.value(), headers)
