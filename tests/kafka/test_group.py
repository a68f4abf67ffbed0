"""A service's consumers share their topic; when one leaves or joins in the middle, nothing is lost or done twice."""

import asyncio

import pytest

from shared.contracts.wire import dead_letter_topic
from tests.kafka.group import a_group, read_all
from tests.servers import Kafka

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(400)]


async def test_one_member_stops_and_another_joins_in_the_middle(
    each_kafka: Kafka, mongo_url: str, database_name: str
) -> None:
    async with a_group(each_kafka, mongo_url, database_name) as group:
        async with group.streaming():
            first, second = await asyncio.gather(group.join(), group.join())
            await group.news.until(lambda: bool(first.handled and second.handled))
            await first.stop()
            await group.until_taken_over(first, second)
            third = await group.join()
            await group.news.until(lambda: len(third.handled) > 100)

        assert await group.book() == group.expected_book()
        said = await group.said()
        assert len(said) == group.sent
        assert all(len(contents) == 1 for contents in said.values()), "an event is repeated as it was, or not at all"
        assert await group.store.count_notes("dead_letters") == 1
        buried = await read_all(each_kafka.servers, dead_letter_topic(group.topic))
        assert {record.value for record in buried} == {b"no payment"}
