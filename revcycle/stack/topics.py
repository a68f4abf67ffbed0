"""The topics: made before anything runs, for no service may create one by writing to it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from revcycle.refusal import RefusalError
from shared.wire import commands_topic, dead_letter_topic, events_topic

SERVICES = ("eligibility", "claims", "payments", "collections")
TOPIC_EXISTS = 36
CONNECT_TRIES = 40


def topic_names() -> list[str]:
    """Facts and commands of every service, and the dead letters of both."""
    live = [topic(service) for service in SERVICES for topic in (events_topic, commands_topic)]
    return live + [dead_letter_topic(topic) for topic in live]


async def create_topics(servers: str, partitions: int, names: Sequence[str] | None = None) -> list[str]:
    """Create what is missing; names of what was created.

    An existing topic keeps its partitions, for the order of keys depends on them.
    """
    admin = await _connect(servers)
    try:
        wanted = [NewTopic(name, partitions, replication_factor=1) for name in names or topic_names()]
        answer: Any = await admin.create_topics(wanted)
    finally:
        await admin.close()
    errors: dict[str, int] = {name: code for name, code, *_ in answer.topic_errors}
    failed = sorted(name for name, code in errors.items() if code not in {0, TOPIC_EXISTS})
    if failed:
        raise RefusalError(f"The broker at {servers} did not create: {', '.join(failed)}.")
    return [name for name, code in errors.items() if code == 0]


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
