"""Alive, serving, and in depth: a process that is stuck is told from one that has nothing to do, and from an outage."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from shared.health import FRESH, STALLED_AFTER, Sample, Watchdog
from shared.health_api import examine
from shared.http import bare_app
from shared.runtime import look
from shared.tasks import end_tasks
from tests.shared.harness import WALL, Machine
from tests.shared.test_metrics import Away, ask, service
from tests.shared.till import AT

STEP = timedelta(seconds=5)
LONG = STALLED_AFTER // STEP + 1


def watched(*samples: tuple[int, int], step: timedelta = STEP) -> tuple[Watchdog, datetime]:
    """A watchdog that saw (lag, handled) every few seconds, and the time of the last one."""
    dog, at = Watchdog(), WALL
    for n, (lag, handled) in enumerate(samples):
        at = WALL + n * step
        dog.see(Sample(at, lag, handled))
    return dog, at


def test_a_lag_that_grows_while_nothing_is_handled_is_a_process_that_is_stuck() -> None:
    dog, now = watched(*((10 + n, 500) for n in range(LONG)))
    assert dog.stalled(now) == f"the lag grew from 10 to {9 + LONG} records in 120 s, and nothing was handled"


def test_somebody_who_waits_less_is_not_stuck_yet() -> None:
    dog, now = watched(*((10 + n, 500) for n in range(LONG - 1)))
    assert dog.stalled(now) is None


def test_a_long_lag_that_does_not_grow_and_one_that_is_worked_off_are_no_standstill() -> None:
    same, now = watched(*((10, 500) for _ in range(LONG * 2)))
    assert same.stalled(now) is None
    busy, now = watched(*((10 + n, 500 + n // 20) for n in range(LONG * 2)))
    assert busy.stalled(now) is None


def test_an_outage_of_broker_or_store_is_not_the_process_s_fault() -> None:
    """No sample comes then: a restart would not bring them back."""
    dog, now = watched(*((10 + n, 500) for n in range(LONG)))
    assert dog.stalled(now + FRESH + STEP) is None
    dog.see(Sample(now + FRESH + STEP, 5000, 500))
    assert dog.stalled(now + FRESH + STEP) is None, "what was missed may have been the broker's rest"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=60))
def test_whoever_handled_something_in_the_time_is_never_taken_for_stuck(steps: list[tuple[int, int]]) -> None:
    handled = [sum(more for _, more in steps[: n + 1]) for n in range(len(steps))]
    samples = [(lag, done) for (lag, _), done in zip(steps, handled, strict=True)]
    dog, now = watched(*samples)
    recent = samples[-LONG:]
    if dog.stalled(now) is not None:
        assert len(recent) == LONG
        assert recent[0][1] == recent[-1][1]
        assert all(lag > 0 for lag, _ in recent[1:])
        assert recent[-1][0] > recent[0][0]


@pytest.fixture
def app() -> FastAPI:
    app = bare_app("till")
    app.state.running = service(Machine(AT))
    return app


async def test_a_service_that_starts_is_alive_and_not_ready() -> None:
    app = bare_app("till")
    assert (await ask(app, "/live")).json() == {"status": "live"}
    answer = await ask(app, "/ready")
    assert (answer.status_code, answer.json()) == (503, {"detail": "the service is still starting"})
    assert (await ask(app, "/health/deep")).status_code == 503


async def test_a_loop_that_has_ended_is_named(app: FastAPI) -> None:
    running = app.state.running
    assert (await ask(app, "/ready")).status_code == 200
    running.tasks = [
        asyncio.create_task(asyncio.sleep(0), name="sweep_all"),
        asyncio.create_task(asyncio.Event().wait()),
    ]
    await running.tasks[0]
    answer = await ask(app, "/ready")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the loop sweep_all has ended")
    deep = (await ask(app, "/health/deep")).json()
    assert deep["parts"]["loops"] == {"running": 1, "well": False, "ended": ["sweep_all"]}
    await end_tasks(running.tasks)


async def test_a_broker_that_refuses_is_named(app: FastAPI) -> None:
    app.state.running.consumer.refused = True
    assert "the broker refuses the consumer" in (await ask(app, "/ready")).json()["detail"]
    assert (await ask(app, "/live")).status_code == 200


async def test_a_stuck_process_is_not_alive_any_more(app: FastAPI) -> None:
    running = app.state.running
    running.watchdog, now = watched(*((10 + n, 500) for n in range(LONG)))
    running.runtime.clock.wall_time = now
    answer = await ask(app, "/health/live")
    assert answer.status_code == 503
    assert "nothing was handled" in answer.json()["detail"]


async def test_in_depth_every_part_is_asked_and_none_keeps_another_waiting(app: FastAPI) -> None:
    well = await ask(app, "/health/deep")
    assert (well.status_code, well.json()["status"]) == (200, "well")
    assert set(well.json()["parts"]) == {"store", "consumer", "loops", "outbox", "workers"}


async def test_a_disk_that_is_full_is_no_standstill_while_batches_are_tried_again(app: FastAPI) -> None:
    """Such a store answers questions: without the tries, an orchestrator would restart the service over and over."""
    running = app.state.running
    for n in range(LONG):
        running.consumer.lags = lagging(10 + n)
        running.consumer.pipeline.retries += n % 10 == 0
        running.watchdog.see(await look(running))
        running.runtime.clock.wall_time += STEP
    assert (await ask(app, "/live")).status_code == 200
    for n in range(LONG):
        running.consumer.lags = lagging(100 + n)
        running.watchdog.see(await look(running))
        running.runtime.clock.wall_time += STEP
    assert (await ask(app, "/live")).status_code == 503, "nothing was even tried"


def lagging(records: int) -> Callable[[], Awaitable[dict[tuple[str, int], int]]]:
    async def lags() -> dict[tuple[str, int], int]:
        return {("payments.commands.v1", 0): records}

    return lags


async def test_what_is_away_is_named_by_its_class_and_not_by_its_words(app: FastAPI) -> None:
    class Gone(Away):
        async def count_notes(self, *_: Any) -> Any:
            raise ConnectionError("mongodb://user:secret@host")

    running = app.state.running
    running.runtime.store = Gone(WALL)
    said = await examine(running)
    assert said["status"] == "not well"
    assert said["parts"]["store"] == {"well": False, "why": "ConnectionError"}
    assert said["parts"]["loops"]["well"]


async def test_asking_in_depth_again_at_once_costs_nothing(app: FastAPI) -> None:
    first = await ask(app, "/health/deep")
    app.state.running.consumer.refused = True
    assert (await ask(app, "/health/deep")).json() == first.json()
    app.state.running.runtime.clock.wall_time += timedelta(seconds=3)
    assert (await ask(app, "/health/deep")).status_code == 503
