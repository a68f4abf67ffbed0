"""What a competent team writes first: FastStream, a message at a time, one find, one update, publish in the handler."""

import json
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from bench.flow.cases import traces
from bench.flow.job import Job
from shared.contracts.wire import from_record, header_map


async def run(job: Job) -> None:
    """The model is read by pydantic; documents and events are those of the service."""
    found = traces(job.case)
    kinds = {type(job.case.message(0)): job.case.routes[job.case.message(0).model_dump()["type"]][0]}
    codec = next(iter(kinds.values())).codec
    broker = KafkaBroker(job.kafka, logger=None, acks="all")
    subscriber: Any = broker.subscriber(
        job.case.topic,
        group_id=job.group,
        ack_policy=AckPolicy.ACK,
        auto_offset_reset="earliest",
        session_timeout_ms=2000,
        heartbeat_interval_ms=200,
        decoder=_raw,
    )

    async def handle(message: KafkaMessage) -> None:
        job.start()
        record: Any = message.raw_message
        event = from_record(codec, header_map(record.headers), record.value)
        identity = f"{event.meta.tenant}/{event.meta.key}"
        for trace in found:
            rows = job.database[trace.kind]
            await rows.find_one({"_id": identity})
            await rows.update_one({"_id": identity}, {"$set": {**trace.document, "id": event.meta.key}}, upsert=True)
            for said in trace.records:
                headers = {name: value.decode() for name, value in said.headers}
                await broker.publish(json.loads(said.value), said.topic, key=record.key, headers=headers)
        job.done([record.timestamp])

    subscriber(handle)
    await broker.start()
    await job.finished.wait()
    await broker.stop()


async def _raw(message: KafkaMessage) -> KafkaMessage:
    return message
