"""A service serves while its consumer joins the group; a broker that refuses is asked again, and everybody sees it."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.consumer import Consumer
from shared.http import bare_app
from shared.log import configure_logs
from shared.runtime import FAILURE_SECONDS, Running, join
from shared.settings import Settings

LOG = configure_logs("test", "ERROR")


class Broker:
    """Refuses so many times."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.stopped = refusals, 0

    async def start(self) -> None:
        if self.refusals > self.stopped:
            raise ConnectionError

    async def stop(self) -> None:
        self.stopped += 1


def consumer_of(broker: Broker, topics: Sequence[str] = ("till.commands.v1",)) -> Consumer:
    nobody: Any = None
    settings: Settings = Settings.model_construct(
        kafka="localhost:9", kafka_session_timeout_ms=2000, kafka_fetch_wait_ms=100, batch_records=50
    )
    consumer: Any = Consumer(settings, "till", topics, nobody, LOG)
    consumer._broker = broker  # the only part that needs a server
    joined: Consumer = consumer
    return joined


def app_of(consumer: Consumer) -> FastAPI:
    nobody: Any = None
    app = bare_app("till")
    runtime: Any = SimpleNamespace(audit=None)  # nothing that is asked here is recorded
    app.state.running = Running(runtime, nobody, consumer, (), ())
    return app


async def readiness(app: FastAPI) -> int:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://till") as client:
        return (await client.get("/health/ready")).status_code


async def test_a_broker_that_refuses_is_asked_again_and_what_it_holds_is_let_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    broker = Broker(refusals=2)
    await join(consumer_of(broker), configure_logs("test", "WARNING"), wait)
    assert waits == [FAILURE_SECONDS, FAILURE_SECONDS]
    assert broker.stopped == 2
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["error"]) for line in said] == [("join_failed", "ConnectionError")] * 2


async def test_a_service_is_ready_before_it_joined_and_not_when_it_was_refused() -> None:
    consumer = consumer_of(Broker(refusals=1))
    app = app_of(consumer)
    assert await readiness(app) == 200
    with pytest.raises(ConnectionError):
        await consumer.start()
    assert await readiness(app) == 503
    await consumer.start()
    assert await readiness(app) == 200


async def test_a_service_that_has_not_joined_yet_is_not_at_rest() -> None:
    consumer = consumer_of(Broker(refusals=1))
    with pytest.raises(ConnectionError):
        await consumer.start()
    assert await consumer.lag() == 1
    await consumer.start()
    assert await consumer.lag() == 0
