"""The same wire protocols on Apache Kafka and MongoDB, wherever a Docker engine is present."""

from collections.abc import Generator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.errors import BulkWriteError

from revcycle.stack.topics import create_topics
from revcycle.tail import Wanted, watch

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> None:
    """Skip, saying why, where no engine answers."""
    docker = pytest.importorskip("docker")
    try:
        client = docker.from_env()
        client.close()
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker engine answers here: {type(error).__name__}")


@pytest.fixture(scope="module")
def kafka_container(engine: None) -> Generator[str]:
    from testcontainers.kafka import KafkaContainer

    with KafkaContainer("apache/kafka:4.3.1") as kafka:
        yield str(kafka.get_bootstrap_server())


@pytest.fixture(scope="module")
def mongodb(engine: None) -> Generator[str]:
    from testcontainers.mongodb import MongoDbContainer

    with MongoDbContainer("mongo:8.0") as mongo:
        yield str(mongo.get_connection_url())


async def test_apache_kafka_gets_its_topics_once_and_is_watched(kafka_container: str) -> None:
    topic = f"claims.{uuid4().hex}"
    assert await create_topics(kafka_container, 24, [topic]) == [topic]
    assert await create_topics(kafka_container, 24, [topic]) == []
    assert [seen async for seen in watch(kafka_container, topic, Wanted(), earliest=True, follow=False)] == []


async def test_mongodb_names_the_loser_of_a_guarded_upsert(mongodb: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb) as client:
        balances = client["books"]["balances"]
        write = UpdateOne({"_id": "acct_1", "version": 0}, {"$set": {"version": 1}}, upsert=True)
        await balances.bulk_write([write], ordered=False)
        with pytest.raises(BulkWriteError) as lost_race:
            await balances.bulk_write([write], ordered=False)
    assert [(e["code"], e["keyPattern"]) for e in lost_race.value.details["writeErrors"]] == [(11000, {"_id": 1})]
