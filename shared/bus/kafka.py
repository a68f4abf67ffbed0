"""The bus on Kafka: one pipelined producer a process."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.bus.port import BusUnavailableError
from shared.wire import Record


class KafkaBus:
    """Implements `Bus`. Records are handed over in order and confirmed together: one by one is 15 times slower."""

    def __init__(self, servers: str, client_id: str, *, idempotent: bool) -> None:
        self._servers = servers
        self._client_id = client_id
        self._idempotent = idempotent
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect; BusUnavailableError when no broker answers."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=self._idempotent,
            linger_ms=2,
            max_batch_size=512 * 1024,  # half of what brokers take by default: a lane is a few requests
        )
        try:
            await producer.start()
        except KafkaError as error:
            await producer.stop()
            raise BusUnavailableError(type(error).__name__) from None
        self._producer = producer

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def send(self, records: Sequence[Record], /) -> None:
        if self._producer is None:
            msg = "the producer is not started"
            raise BusUnavailableError(msg)
        try:
            sent: list[asyncio.Future[Any]] = [
                await self._producer.send(r.topic, value=r.value, key=r.key, headers=list(r.headers)) for r in records
            ]
            await asyncio.gather(*sent)
        except KafkaError as error:
            raise BusUnavailableError(type(error).__name__) from None
