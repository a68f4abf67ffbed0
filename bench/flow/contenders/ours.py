"""RevCycle: the service's own consumer, inbox, shell, relay and store."""

from collections import deque
from collections.abc import Collection
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition
from faststream.kafka import KafkaMessage

import shared.shell
from bench.flow.job import Job
from shared.bus.kafka import KafkaBus
from shared.clock import system_wall
from shared.collector import calm_collector
from shared.consumer import Consumer
from shared.inbox import Inbox
from shared.log import configure_logs
from shared.relay import Relay
from shared.settings import Settings
from shared.shell import Shell
from shared.store.mongo import MongoStore

BATCH = 500


async def run(job: Job) -> None:
    """As `shared.runtime.run` puts it together, without effects, deadlines and files."""
    spec, log, meters = job.case.spec(), configure_logs("bench", "ERROR"), job.meters
    nowhere = Path("/nonexistent")
    settings = Settings(
        env="development",
        kafka=job.kafka,
        mongo="",
        database=job.group,
        port=1,
        jwks_file=nowhere,
        issuer="",
        master_key_file=nowhere,
        pseudonym_key_file=nowhere,
        kafka_session_timeout_ms=2000,
    )
    store: Any = MongoStore(job.database)
    bus: Any = KafkaBus(job.kafka, "bench", idempotent=False)
    await store.prepare(spec.deciders)
    await bus.start()
    shell = Shell(store, Relay(bus, store, system_wall, job.group), log)
    await _seed(job, shell)
    store.load = meters.async_step("load", store.load)
    store.commit = meters.async_step("store", store.commit)
    store.append = meters.async_step("journal", store.append)
    bus.send = meters.async_step("publish", bus.send)
    shared.shell.decide_round = meters.step("decide", shared.shell.decide_round)
    sealer: Any = None  # only what cannot be read is sealed
    inbox: Any = Inbox(shell, bus, sealer, spec.routes, log, system_wall)
    inbox._read = meters.step("decode", inbox._read)  # noqa: SLF001 - a measurement goes where it must
    calm_collector()
    consumer = job.consumer = Watched(job, settings, spec.name, spec.topics, inbox, log)
    await consumer.start()
    await job.finished.wait()
    await consumer.stop()
    await bus.stop()


class Watched(Consumer):
    """The service's consumer, which tells the job of each batch that is committed."""

    def __init__(self, job: Job, *parts: Any) -> None:
        self._job = job
        super().__init__(*parts)
        pipeline: Any = self._pipeline
        self._sent = deque[list[int]]()
        self._commit, pipeline._commit = pipeline._commit, self._committed  # noqa: SLF001 - a measurement goes where it must

    def partitions(self) -> Collection[TopicPartition]:
        """What this member of the group has now."""
        consumer = self._subscriber.consumer
        return () if consumer is None else consumer.assignment()

    async def _handle(self, message: KafkaMessage) -> None:
        self._job.start()
        raw: Any = message.raw_message
        self._sent.append([record.timestamp for record in raw])
        await super()._handle(message)

    async def _committed(self, *batch: Any) -> None:
        await self._commit(*batch)
        self._job.done(self._sent.popleft())


async def _seed(job: Job, shell: Shell) -> None:
    if job.case.seed is None:
        return
    decider = job.case.deciders[0]
    for first in range(0, job.messages, BATCH):
        numbers = range(first, min(first + BATCH, job.messages))
        await shell.transact(decider, [message for number in numbers for message in job.case.seed(number)])
