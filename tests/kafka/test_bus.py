"""The bus over the wire: what was confirmed is there once, in order per key; what could not be sent is an outage."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import TopicPartition

from revcycle.stack.ports import free_port
from revcycle.stack.topics import create_topics
from shared.bus.kafka import KafkaBus
from shared.bus.port import BusUnavailableError
from shared.contracts.wire import Record
from tests.kafka.group import read_all
from tests.servers import Kafka

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(400)]


async def test_every_record_arrives_once_and_in_order_of_its_key(each_kafka: Kafka) -> None:
    topic = f"bus.{uuid4().hex}"
    await create_topics(each_kafka.servers, 3, [topic])
    bus = KafkaBus(each_kafka.servers, "test", idempotent=each_kafka.idempotent)
    await bus.start()
    records = [Record(topic, b"k%d" % (n % 7), b"%d" % n, (("ce_id", b"%d" % n),)) for n in range(2_000)]
    for first in range(0, len(records), 100):
        await bus.send(records[first : first + 100])
    await bus.stop()
    found = await read_all(each_kafka.servers, topic)
    assert sorted(int(record.value) for record in found) == list(range(2_000))
    for key in {record.key for record in records}:
        assert [r.value for r in found if r.key == key] == [r.value for r in records if r.key == key]
        assert len({r.partition for r in found if r.key == key}) == 1
    assert all(dict(record.headers)["ce_id"] == record.value for record in found)


async def test_several_senders_at_once_keep_their_own_order(each_kafka: Kafka) -> None:
    topic = f"bus.{uuid4().hex}"
    await create_topics(each_kafka.servers, 3, [topic])
    bus = KafkaBus(each_kafka.servers, "test", idempotent=each_kafka.idempotent)
    await bus.start()

    async def send(sender: int) -> None:
        for n in range(50):
            await bus.send([Record(topic, b"s%d" % sender, b"%d" % n, ())])

    await asyncio.gather(*(send(sender) for sender in range(5)))
    await bus.stop()
    found = await read_all(each_kafka.servers, topic)
    for sender in range(5):
        assert [int(r.value) for r in found if r.key == b"s%d" % sender] == list(range(50))


async def test_a_producer_that_lost_its_place_is_replaced(apache_kafka: Kafka) -> None:
    """A batch that was given up leaves a gap in an idempotent producer's sequence, as when every broker was away."""
    topic = f"bus.{uuid4().hex}"
    await create_topics(apache_kafka.servers, 1, [topic])
    bus = KafkaBus(apache_kafka.servers, "test", idempotent=True)
    await bus.start()
    await bus.send([Record(topic, b"k", b"0", ())])
    counting: Any = bus._producer._txn_manager  # type: ignore[union-attr] # pyright: ignore[reportOptionalMemberAccess]
    counting.increment_sequence_number(TopicPartition(topic, 0), 1)
    with pytest.raises(BusUnavailableError, match="OutOfOrderSequence"):
        await bus.send([Record(topic, b"k", b"1", ())])
    await asyncio.gather(*(bus.send([Record(topic, b"k%d" % n, b"%d" % n, ())]) for n in range(1, 5)))
    await bus.stop()
    assert {record.value for record in await read_all(apache_kafka.servers, topic)} == {b"%d" % n for n in range(5)}
    with pytest.raises(BusUnavailableError, match="not started"):
        await bus.send([Record(topic, b"k", b"v", ())])


async def test_no_broker_is_an_outage() -> None:
    bus = KafkaBus(f"127.0.0.1:{free_port()}", "test", idempotent=True)
    with pytest.raises(BusUnavailableError):
        await bus.start()
    with pytest.raises(BusUnavailableError, match="not started"):
        await bus.send([Record("t", b"k", b"v", ())])
