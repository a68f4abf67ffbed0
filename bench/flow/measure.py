"""One contender on one case, in a process of its own: prints what it took as JSON.

python -m bench.flow.measure CONTENDER CASE --kafka HOST:PORT --mongo URL|free --topic T --messages N --database NAME

The clock starts with the first batch, so that imports and the group's first join count for nobody.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bench.flow.cases import Case, cases
from bench.flow.contenders import bare, ours, usual
from bench.flow.free_store import FreeDatabase
from bench.flow.job import Job
from bench.flow.meters import Meters
from shared.store.connect import connect, disconnect

CONTENDERS: dict[str, Callable[[Job], Awaitable[None]]] = {"ours": ours.run, "bare": bare.run, "usual": usual.run}


async def measure(contender: str, case: Case, kafka: str, mongo: str, messages: int, database: str) -> dict[str, Any]:
    """Run it to the end of the topic."""
    meters = Meters()
    meters.watch_mongo()
    meters.watch_kafka()
    client = None if mongo == "free" else connect(mongo)
    job = Job(
        case, kafka, FreeDatabase(meters.commands) if client is None else client[database], messages, meters, database
    )
    try:
        await CONTENDERS[contender](job)
    finally:
        await disconnect(client) if client is not None else None
    return job.figures()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=sorted(CONTENDERS))
    parser.add_argument("case", choices=sorted(cases()))
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--mongo", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--database", required=True)
    told = parser.parse_args()
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    case = replace(cases()[told.case], topic=told.topic)
    print(json.dumps(asyncio.run(measure(told.contender, case, told.kafka, told.mongo, told.messages, told.database))))


if __name__ == "__main__":
    main()
