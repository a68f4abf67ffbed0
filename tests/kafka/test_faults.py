"""Three brokers of Apache Kafka: what was confirmed survives them, one at a time and all at once."""

import asyncio
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from revcycle.stack.topics import create_topics, describe_topics
from shared.contracts.wire import events_topic
from tests.kafka.group import Group, a_group, read_all
from tests.servers import Brokers, Kafka

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_topic_has_three_copies_and_two_must_confirm(three_brokers: Brokers) -> None:
    name = events_topic(uuid4().hex)
    await create_topics(three_brokers.servers, 6, [name])
    assert (await describe_topics(three_brokers.servers, [name]))[name]["min.insync.replicas"] == "2"
    admin = AIOKafkaAdminClient(bootstrap_servers=three_brokers.servers)
    await admin.start()
    (topic,) = await admin.describe_topics([name])
    await admin.close()
    assert [sorted(part["replicas"]) for part in topic["partitions"]] == [[1, 2, 3]] * 6


async def test_a_broker_dies_while_records_are_sent_and_handled(
    three_brokers: Brokers, mongo_url: str, database_name: str
) -> None:
    kafka = Kafka(three_brokers.servers, idempotent=True)
    async with a_group(kafka, mongo_url, database_name) as group:
        async with group.streaming():
            await asyncio.gather(group.join(), group.join())
            for number in (1, 2, 3):
                await group.until_further(5)
                three_brokers.kill(number)
                await group.until_further(5)  # every partition goes on without it
                await asyncio.to_thread(three_brokers.start, number)
        await nothing_was_lost_or_doubled(group)


async def test_all_brokers_die_and_come_back(three_brokers: Brokers, mongo_url: str, database_name: str) -> None:
    kafka = Kafka(three_brokers.servers, idempotent=True)
    async with a_group(kafka, mongo_url, database_name) as group:
        async with group.streaming():
            await asyncio.gather(group.join(), group.join())
            await group.until_further(5)
            three_brokers.kill(1, 2, 3)
            await asyncio.to_thread(three_brokers.start, 1, 2, 3)
            await group.until_further(5)
        await nothing_was_lost_or_doubled(group)


async def nothing_was_lost_or_doubled(group: Group) -> None:
    """Neither on the way in, where the producer is idempotent, nor in the book, nor in what was published."""
    records = [(dict(r.headers)["ce_id"], r.value) for r in await read_all(group.kafka.servers, group.topic)]
    assert len(records) == len(set(records)) == group.sent + group.poisoned
    assert await group.book() == group.expected_book()
    said = await group.said()
    assert len(said) == group.sent
    assert all(len(contents) == 1 for contents in said.values())
