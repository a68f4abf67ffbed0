"""The topics: made before anything runs, for no service may create one by writing to it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from revcycle.refusal import RefusalError
from shared.contracts.wire import commands_topic, dead_letter_topic, events_topic

SERVICES = ("eligibility", "claims", "payments", "collections")
TOPIC_EXISTS = 36
CONNECT_TRIES = 40
REPLICAS_MAX = 3
KEPT = timedelta(days=30)
COMMANDS_KEPT = timedelta(days=7)


def topic_names() -> list[str]:
    """Facts and commands of every service, and the dead letters of both."""
    live = [topic(service) for service in SERVICES for topic in (events_topic, commands_topic)]
    return live + [dead_letter_topic(topic) for topic in live]


def replicas_for(brokers: int) -> int:
    """Three copies, or as many as there are brokers."""
    return min(REPLICAS_MAX, brokers)


def topic_settings(name: str, replicas: int) -> dict[str, str]:
    """What is said of a topic beside its partitions and copies, as Kafka names it.

    Nothing is compacted: a record is an event, not a state, and a later one does not replace it. What is older than
    the retention is read again from the journals (`revcycle replay`). A deadline's command is sent again by the sweep
    while the deadline stands, so a week of those is plenty.
    """
    kept = COMMANDS_KEPT if name.endswith(".commands.v1") else KEPT
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(kept // timedelta(milliseconds=1)),
        "retention.bytes": "-1",
        # A confirmed record outlives any one broker, and one broker away stops nobody.
        "min.insync.replicas": str(max(1, replicas - 1)),
        "unclean.leader.election.enable": "false",
        # The broker's time alone decides about retention: a pod with a wrong clock must not have its events deleted.
        "message.timestamp.type": "LogAppendTime",
    }


async def create_topics(
    servers: str, partitions: int, names: Sequence[str] | None = None, replicas: int | None = None
) -> list[str]:
    """Create what is missing; names of what was created. RefusalError naming what the broker would not create.

    Without `replicas`, three copies of each, or as many as there are brokers now. An existing topic stays as it is: the
    order of keys depends on its partitions, and an operator may have chosen other settings.
    """
    admin = await _connect(servers)
    try:
        copies = replicas or replicas_for(len((await admin.describe_cluster())["brokers"]))
        wanted = [
            NewTopic(name, partitions, copies, topic_configs=topic_settings(name, copies))
            for name in (topic_names() if names is None else names)
        ]
        answer: Any = await admin.create_topics(wanted)
    finally:
        await admin.close()
    errors: dict[str, int] = {name: code for name, code, *_ in answer.topic_errors}
    failed = sorted(name for name, code in errors.items() if code not in {0, TOPIC_EXISTS})
    if failed:
        raise RefusalError(f"The broker at {servers} did not create: {', '.join(failed)}.")
    return [name for name, code in errors.items() if code == 0]


async def describe_topics(servers: str, names: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Settings of topics as the broker has them, those it chose itself included."""
    admin = await _connect(servers)
    try:
        answers: Any = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    finally:
        await admin.close()
    resources: list[Any] = [resource for answer in answers for resource in answer.resources]
    return {name: {entry[0]: entry[1] for entry in entries} for *_, name, entries in resources}


async def partitions_of(servers: str, names: Sequence[str]) -> list[TopicPartition]:
    """Every partition of these topics, sorted; none of a topic that does not exist.

    A consumer without a subscription cannot say: what it knows before its first assignment depends on the broker.
    """
    admin = await _connect(servers)
    try:
        topics: list[dict[str, Any]] = await admin.describe_topics()  # of all: Tansu makes one that is asked for
    finally:
        await admin.close()
    there = [topic for topic in topics if topic["topic"] in names]
    return sorted(TopicPartition(topic["topic"], part["partition"]) for topic in there for part in topic["partitions"])


async def _connect(servers: str) -> AIOKafkaAdminClient:
    for _ in range(CONNECT_TRIES):
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        try:
            await admin.start()
        except KafkaError:
            await admin.close()
            await asyncio.sleep(0.25)
        else:
            return admin
    raise RefusalError(f"No Kafka broker answers at {servers}.")
