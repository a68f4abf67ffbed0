"""Quix Streams: consume, find, update, publish, against the same MongoDB-wire server and not its own state store.

A program of its own, in an environment of its own, which knows nothing of RevCycle: what it writes and publishes comes
from a file. Prints the figures that `bench.flow.job` prints, as far as another client library can know them.
"""

import argparse
import importlib
import json
import resource
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import pymongo
import pymongo.monitoring

Application: Any = importlib.import_module("quixstreams").Application
"""It lives in an environment of its own, where no type checker looks."""


CAUGHT_UP_MS, WARM_MS, WAITS_MIN = 250.0, 1000.0, 500
"""As `bench.flow.job` has them."""


class Commands(pymongo.monitoring.CommandListener):
    """Counts them."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:  # noqa: ARG002
        self.count += 1

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        """Nothing."""

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
        """Nothing."""


def main() -> None:
    """Handle so many messages of a topic, and say what it took."""
    parser = argparse.ArgumentParser()
    for name in ("--kafka", "--mongo", "--topic", "--database", "--traces"):
        parser.add_argument(name, required=True)
    parser.add_argument("--messages", type=int, required=True)
    told = parser.parse_args()
    traces: list[dict[str, Any]] = json.loads(Path(told.traces).read_text())
    commands = Commands()
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(told.mongo, event_listeners=[commands])
    database = client[told.database]
    folder = tempfile.TemporaryDirectory(prefix="revcycle-quix-")  # it keeps no state, and makes a folder for it
    app: Any = Application(
        state_dir=folder.name,
        broker_address=told.kafka,
        consumer_group=told.database,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="ERROR",
        producer_extra_config={"enable.idempotence": False, "linger.ms": 2},
        consumer_extra_config={"session.timeout.ms": 2000, "heartbeat.interval.ms": 200},
    )
    topic: Any = app.topic(told.topic, value_deserializer="json", key_deserializer="bytes")
    out: Any = app.topic("claims.events.v1", value_serializer="json", key_serializer="bytes")
    started: list[float] = []
    handled = 0
    first_count = 0

    waited: list[float] = []

    def handle(value: Any, key: Any, sent_at_ms: int, _headers: Any) -> list[Any]:
        nonlocal handled, first_count
        if not started:
            started.extend((time.perf_counter(), time.process_time()))
            first_count = commands.count
        identity = key.decode()
        said: list[Any] = []
        for trace in traces:
            rows = database[trace["kind"]]
            rows.find_one({"_id": identity})
            rows.update_one({"_id": identity}, {"$set": {**trace["document"], "id": value["account_id"]}}, upsert=True)
            said += trace["events"]
        handled += 1
        now_ms = time.time() * 1000
        if len(started) == 2 and now_ms - sent_at_ms < CAUGHT_UP_MS:
            started.append(now_ms + WARM_MS)
        if len(started) == 3 and sent_at_ms > started[2]:
            waited.append(now_ms - sent_at_ms)
        if handled == told.messages:
            figures(started, handled, commands.count - first_count, waited)
            threading.Thread(target=app.stop).start()
        return said

    app.dataframe(topic).apply(handle, metadata=True, expand=True).to_topic(out)
    app.run()


def figures(started: list[float], handled: int, commands: int, waited: list[float]) -> None:
    """As the other contenders print theirs."""
    seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    cuts = quantiles(waited, n=100) if len(waited) >= WAITS_MIN else []
    waits = {"p50_ms": cuts[49], "p99_ms": cuts[98], "waits": len(waited)} if cuts else {}
    print(
        json.dumps(
            {
                "messages_per_s": handled / seconds,
                "cpu_us": cpu / handled * 1e6,
                "steps_us": {},
                "mongo_per_1000": commands / handled * 1000,
                "kafka_per_1000": None,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                **waits,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
