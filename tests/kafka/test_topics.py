"""Topics as code, read back from the broker."""

from uuid import uuid4

import pytest

from revcycle.stack.topics import (
    create_topics,
    describe_topics,
    partitions_of,
    replicas_for,
    topic_names,
    topic_settings,
)
from shared.contracts.wire import commands_topic, dead_letter_topic, events_topic
from tests.servers import Kafka

DAY_MS = 24 * 60 * 60 * 1000


def test_copies_and_how_many_must_confirm() -> None:
    assert [replicas_for(brokers) for brokers in (1, 2, 3, 5)] == [1, 2, 3, 3]
    confirm = [topic_settings("claims.events.v1", replicas)["min.insync.replicas"] for replicas in (1, 2, 3)]
    assert confirm == ["1", "1", "2"], "with three copies one broker may be away"


def test_nothing_is_compacted_and_commands_are_kept_for_a_shorter_time() -> None:
    settings = {name: topic_settings(name, 3) for name in topic_names()}
    assert {one["cleanup.policy"] for one in settings.values()} == {"delete"}
    kept_days = {name: int(one["retention.ms"]) // DAY_MS for name, one in settings.items()}
    assert kept_days[events_topic("claims")] == kept_days[dead_letter_topic(events_topic("claims"))] == 30
    assert kept_days[commands_topic("claims")] == 7
    assert kept_days[dead_letter_topic(commands_topic("claims"))] == 30, "a person must have time to look"


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_broker_has_the_settings_and_an_existing_topic_stays_as_it_is(each_kafka: Kafka) -> None:
    servers = each_kafka.servers
    name = events_topic(uuid4().hex)
    assert await create_topics(servers, 4, [name]) == [name]
    assert await create_topics(servers, 9, [name]) == []
    assert [part.partition for part in await partitions_of(servers, [name, "nowhere"])] == [0, 1, 2, 3]
    wanted = topic_settings(name, 1)
    found = (await describe_topics(servers, [name]))[name]
    assert {key: found.get(key) for key in wanted} == wanted
