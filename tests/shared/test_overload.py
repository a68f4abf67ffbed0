"""Shedding over HTTP: what has no room is refused with what, why and when, and nothing is kept of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request

from shared.audit import Audit
from shared.http import bare_app
from shared.overload import BACKLOG_LOOK, Gate, Limits, ShedError, while_there_is_room
from tests.shared.harness import WALL, Machine
from tests.shared.till import AT, TILL, pay


class Desk:
    """A service whose work the test holds up."""

    def __init__(self) -> None:
        self.arrived, self.go = asyncio.Semaphore(0), asyncio.Event()
        self.router = APIRouter()
        self.router.post("/work")(self.work)
        self.router.post("/files")(self.upload)
        self.router.get("/work")(self.read)
        self.router.post("/till", dependencies=[while_there_is_room])(self.read)

    async def work(self, body: dict[str, int]) -> int:
        self.arrived.release()
        await self.go.wait()
        return len(body)

    async def upload(self, request: Request) -> int:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            self.arrived.release()
        return size

    async def read(self) -> str:
        return "read"


@asynccontextmanager
async def serving(desk: Desk, **limits: int) -> AsyncGenerator[tuple[FastAPI, httpx.AsyncClient]]:
    app = bare_app("desk", desk.router, streams=("/files",), limits=Limits(**limits))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield app, client


async def test_requests_past_the_bound_are_shed_and_reads_and_health_are_not() -> None:
    desk = Desk()
    async with serving(desk, requests_max=2) as (app, client):
        first = [asyncio.create_task(client.post("/work", json={"a": 1})) for _ in range(2)]
        for _ in first:
            await desk.arrived.acquire()
        shed = await client.post("/work", json={})
        assert (shed.status_code, shed.headers["Retry-After"]) == (429, "1")
        assert shed.json() == {
            "detail": "2 requests are in progress here, which is all this process takes: send it again",
            "exceeded": "requests_in_progress",
            "retry_after_seconds": 1,
        }
        assert (await client.get("/work")).status_code == 200
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.post("/internal/nothing")).status_code == 404
        desk.go.set()
        assert [(await one).status_code for one in first] == [200, 200]
        assert (await client.post("/work", json={})).status_code == 200
        assert app.state.gate.numbers() == {
            "requests": 0,
            "uploading_bytes": 0,
            "shed": {"requests_in_progress": 1},
        }


async def held_body(go: asyncio.Event, *pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces[:-1]:
        yield piece
    await go.wait()
    yield pieces[-1]


@pytest.mark.parametrize("declared", [True, False])
async def test_bytes_on_their_way_in_are_bounded_declared_or_not(declared: bool) -> None:
    gate = Gate(Limits(uploading_bytes_max=1000), ("/files",))
    first = gate.enter("/files", 700 if declared else 0)
    first.receive(700)
    second = gate.enter("/files", 0)
    second.receive(300)
    with pytest.raises(ShedError) as shed:
        second.receive(1)
    assert shed.value.exceeded == "uploading_bytes"
    with pytest.raises(ShedError):
        gate.enter("/files", 1)
    assert gate.requests == 2, "who was not let in is not counted"
    first.leave()
    gate.enter("/files", 700).leave()
    second.leave()
    assert (gate.requests, gate.uploading_bytes) == (0, 0)


async def test_an_upload_without_a_length_is_shed_when_it_grows_past_the_room() -> None:
    desk = Desk()
    async with serving(desk, uploading_bytes_max=1000) as (app, client):
        first = app.state.gate.enter("/files", 600)
        shed = await client.post("/files", content=held_body(_set(), b"x" * 300, b"x" * 300))
        assert (shed.status_code, shed.json()["exceeded"]) == (429, "uploading_bytes")
        first.leave()
        assert (await client.post("/files", content=held_body(_set(), b"x" * 300, b"x" * 300))).json() == 600
        assert app.state.gate.uploading_bytes == 0


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def test_a_body_that_would_fill_the_memory_is_too_large_and_a_file_is_not() -> None:
    desk = Desk()
    desk.go.set()
    async with serving(desk, body_bytes_max=100, uploading_bytes_max=1000) as (app, client):
        assert (await client.post("/work", json={"a" * 100: 1})).status_code == 413
        undeclared = held_body(_set(), b'{"a', b"a" * 100)
        headers = {"content-type": "application/json"}
        assert (await client.post("/work", content=undeclared, headers=headers)).status_code == 413
        assert (await client.post("/files", content=b"x" * 101)).json() == 101
        assert (await client.post("/files", content=b"x" * 1001)).status_code == 413, "it would never fit"
        assert app.state.gate.numbers()["shed"] == {}


async def test_intake_pauses_while_too_much_work_waits_in_the_store() -> None:
    desk, machine = Desk(), Machine(AT)
    async with serving(desk, backlog_max=2) as (app, client):
        app.state.running = running_on(machine)
        assert (await client.post("/till")).status_code == 200
        await machine.shell.transact(TILL, [pay(r, till=t) for t in ("t1", "t2") for r in "abc"])
        assert (await client.post("/till")).status_code == 200, "it was looked at a moment ago"
        machine.clock.wall_time += BACKLOG_LOOK
        shed = await client.post("/till")
        assert (shed.status_code, shed.headers["Retry-After"]) == (429, "15")
        assert "2 pieces of work wait" in shed.json()["detail"]


def running_on(machine: Machine) -> Any:
    audit = Audit(machine.store, machine.clock.wall)
    runtime = SimpleNamespace(store=machine.store, clock=machine.clock, wall=machine.clock.wall, audit=audit)
    return SimpleNamespace(runtime=runtime, spec=SimpleNamespace(deciders=(TILL,)))


async def test_of_many_requests_one_asks_the_store() -> None:
    gate, go, asked = Gate(Limits(backlog_max=10)), asyncio.Event(), list[int]()

    async def measure() -> int:
        asked.append(1)
        await go.wait()
        return 10

    looking = asyncio.create_task(_outcome(lambda: gate.look(WALL, measure)))
    await asyncio.sleep(0)
    assert await _outcome(lambda: gate.look(WALL, measure)) == "", "the others go by what was known before"
    go.set()
    assert await looking == "backlog"
    assert asked == [1]


async def _outcome(look: Callable[[], Any]) -> str:
    try:
        await look()
    except ShedError as error:
        return error.exceeded
    return ""
