"""The limit of the design: the same reads and writes a batch, with documents of the same size, and no rules at all."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pymongo import UpdateOne

from bench.flow.cases import TENANT, Trace, traces
from bench.flow.job import Job
from shared.collector import calm_collector

BATCH = 500


async def run(job: Job) -> None:
    """getmany, one find, one bulk write and one insert a kind of aggregate, publish, commit."""
    found = traces(job.case)
    await _seed(job, found)
    producer = AIOKafkaProducer(
        bootstrap_servers=job.kafka, acks="all", enable_idempotence=False, linger_ms=2, max_batch_size=512 * 1024
    )
    consumer: Any = AIOKafkaConsumer(
        job.case.topic,
        bootstrap_servers=job.kafka,
        group_id=job.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=2000,
        heartbeat_interval_ms=200,
    )
    calm_collector()
    await producer.start()
    await consumer.start()
    while not job.finished.is_set():
        batches: dict[TopicPartition, list[Any]] = await consumer.getmany(timeout_ms=200, max_records=BATCH)
        records = [record for batch in batches.values() for record in batch]
        if records:
            job.start()
            await _handle(job, found, producer, [record.key for record in records])
            ends = {partition: batch[-1].offset + 1 for partition, batch in batches.items()}
            await consumer.commit({TopicPartition(p.topic, p.partition): end for p, end in ends.items()})
            job.done([record.timestamp for record in records])
    await consumer.stop()
    await producer.stop()


async def _handle(job: Job, found: list[Trace], producer: AIOKafkaProducer, keys: list[bytes]) -> None:
    for trace in found:
        rows = job.database[trace.kind]
        ids = [key.decode() for key in keys]
        versions = {d["_id"]: d["version"] async for d in rows.find({"_id": {"$in": ids}}, batch_size=BATCH + 1)}
        await rows.bulk_write(
            [
                UpdateOne({"_id": i, "version": versions.get(i, 0)}, {"$set": {**trace.document, "id": i}}, upsert=True)
                for i in ids
            ],
            ordered=False,
        )
        sent: list[asyncio.Future[Any]] = [
            await producer.send(r.topic, value=r.value, key=key, headers=list(r.headers))
            for key in keys
            for r in trace.records
        ]
        await asyncio.gather(*sent)
        lines = [{"_id": f"{trace.kind}/{i}/{n}", **line} for i in ids for n, line in enumerate(trace.journal)]
        await job.database["journal"].insert_many(lines, ordered=False)


async def _seed(job: Job, found: list[Trace]) -> None:
    """The indexes of the services, and what was there before."""
    for trace in found:
        rows = job.database[trace.kind]
        await rows.create_index([("keys", 1), ("id", 1)])
        await rows.create_index("mark")
        for name in ("next_due_at", "next_effect_at"):
            if name == "next_due_at" or trace.document[name] is not None:
                await rows.create_index(name, partialFilterExpression={name: {"$type": "date"}})
    await job.database["journal"].create_index("recorded_at")
    if job.case.seed is None:
        return
    for first in range(0, job.messages, BATCH):
        keys = [job.case.message(n).meta.key for n in range(first, min(first + BATCH, job.messages))]
        ids = [f"{TENANT}/{key}" for key in keys]
        updates = [UpdateOne({"_id": i}, {"$set": {**found[0].document, "version": 1}}, upsert=True) for i in ids]
        await job.database[found[0].kind].bulk_write(updates, ordered=False)
