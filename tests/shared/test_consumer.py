"""A batch that was handled is let go, whoever still remembers FastStream's message of it."""

import asyncio
import weakref
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from faststream.kafka.message import KafkaMessage

from shared.consumer import Consumer
from shared.inbox import Received
from shared.log import configure_logs
from shared.settings import Settings

REMEMBERED: ContextVar[KafkaMessage] = ContextVar("message")
REQUEST_TIMEOUT_SECONDS = 40.0


class Raw:
    """A record as aiokafka makes it, as far as the consumer reads it."""

    topic, partition, offset, key, value, headers = "till.commands.v1", 0, 7, b"key", b"{}", ()


class Inbox:
    """Asks a broker something, as a driver does: with a timer that is cancelled when the answer is there."""

    def __init__(self) -> None:
        self.handled: list[int] = []

    async def handle(self, records: Sequence[Received]) -> None:
        asyncio.get_running_loop().call_later(REQUEST_TIMEOUT_SECONDS, self.handled.clear).cancel()
        self.handled += [record.offset for record in records]


class Group:
    """Takes every offset."""

    async def commit(self, offsets: object) -> None:
        """Nothing to remember."""


async def test_nothing_keeps_a_batch_after_it_was_handled() -> None:
    inbox: Any = Inbox()
    settings: Settings = Settings.model_construct(
        kafka="localhost:9", kafka_session_timeout_ms=2000, kafka_fetch_wait_ms=100, batch_records=50
    )
    consumer: Any = Consumer(settings, "till", ["till.commands.v1"], inbox, configure_logs("test", "ERROR"))
    consumer._subscriber.consumer = Group()
    nobody: Any = None
    raw: Any = Raw()
    record = weakref.ref(raw)
    message: KafkaMessage = KafkaMessage(raw_message=(raw,), body=b"", consumer=nobody)
    del raw
    earlier = asyncio.get_running_loop().call_later(REQUEST_TIMEOUT_SECONDS / 2, inbox.handled.clear)
    REMEMBERED.set(message)
    await consumer._handle(message)
    await consumer._pipeline.drain()
    assert inbox.handled == [7]
    assert record() is None
    earlier.cancel()
