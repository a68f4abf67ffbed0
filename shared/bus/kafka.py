"""The bus on Kafka: one pipelined producer a process."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.bus.port import BusUnavailableError
from shared.contracts.wire import Record
from shared.tracing_ids import TRACEPARENT, traceparent_of


class KafkaBus:
    """Implements `Bus`. Records are handed over in order and confirmed together: one by one is 15 times slower.

    After a failed send the producer is replaced. An idempotent one counts what it could not send, too: its next
    records would leave a gap in the sequence, and the broker refuses them for ever.
    """

    def __init__(self, servers: str, client_id: str, *, idempotent: bool, traced_share: float = 0.0) -> None:
        """`traced_share`: of all traces, so many are kept; above 0 each record carries the header `traceparent`."""
        self._servers = servers
        self._client_id = client_id
        self._idempotent = idempotent
        self._traced_share = traced_share
        self._open = False
        self._producer: AIOKafkaProducer | None = None
        self._failed: AIOKafkaProducer | None = None
        self._replacing = asyncio.Lock()

    async def start(self) -> None:
        """Connect; BusUnavailableError when no broker answers."""
        self._producer = await self._connect()
        self._open = True

    async def stop(self) -> None:
        self._open = False
        async with self._replacing:
            await self._close_failed()
            if self._producer is not None:
                await self._producer.stop()
                self._producer = None

    async def send(self, records: Sequence[Record], /) -> None:
        if not self._open:
            msg = "the producer is not started"
            raise BusUnavailableError(msg)
        producer = self._producer or await self._replace()
        try:
            sent: list[asyncio.Future[Any]] = [
                await producer.send(r.topic, value=r.value, key=r.key, headers=self._headers(r)) for r in records
            ]
            await asyncio.gather(*sent)
        except KafkaError as error:
            if self._producer is producer:
                self._producer, self._failed = None, producer
            raise BusUnavailableError(type(error).__name__) from None

    def _headers(self, record: Record) -> list[tuple[str, bytes]]:
        headers = list(record.headers)
        if self._traced_share and (parent := traceparent_of(dict(headers), self._traced_share)) is not None:
            headers.append((TRACEPARENT, parent.encode()))
        return headers

    async def _replace(self) -> AIOKafkaProducer:
        """A new producer, once nothing of the failed one can arrive: its records would come after newer ones."""
        async with self._replacing:
            await self._close_failed()
            if self._producer is None:
                self._producer = await self._connect()
            return self._producer

    async def _close_failed(self) -> None:
        failed, self._failed = self._failed, None
        if failed is not None:
            with suppress(KafkaError):
                await failed.stop()

    async def _connect(self) -> AIOKafkaProducer:
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
        return producer
