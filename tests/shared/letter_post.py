"""A service with records that it could not read, and the operator who looks after them."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from shared.contracts.wire import to_record
from shared.http import bare_app
from shared.inbox import Inbox, Received, route
from shared.runtime import Running, Spec
from shared.store.port import Key
from tests.console.desk import Desk, make_desk, make_runtime, make_settings, running_on
from tests.console.story import START
from tests.shared.harness import Machine
from tests.shared.till import TILL, Pay, pay

TOPIC = "claims.commands.v1"
SECRET = "Mrs. Secret"


@dataclass
class Post:
    """A service with buried records, and the operator who looks after them."""

    desk: Desk
    machine: Machine
    running: Running
    app: FastAPI
    client: httpx.AsyncClient

    def headers(self, tenant: str = "lakeside", key: str = "k1", roles: tuple[str, ...] = ("operator",)) -> Any:
        return {"authorization": f"Bearer {self.desk.token(tenant, roles)}", "idempotency-key": key}

    async def letters(self, tenant: str = "lakeside") -> list[dict[str, Any]]:
        answer = await self.client.get("/internal/letters", headers=self.headers(tenant))
        assert answer.status_code == 200
        return list(answer.json())

    async def tell(self, verb: str, ids: list[str], key: str = "k1", tenant: str = "lakeside") -> httpx.Response:
        body = {"ids": ids, "reason": "the release reads it"}
        return await self.client.post(f"/internal/letters/{verb}", json=body, headers=self.headers(tenant, key))

    async def receipts(self) -> tuple[str, ...]:
        key = Key("lakeside", "t1")
        state = (await self.machine.store.load(TILL, [key]))[key].snapshot.state
        return tuple(state.receipts)


@asynccontextmanager
async def open_post(tmp_path: Path) -> AsyncGenerator[Post]:
    desk = make_desk(tmp_path)
    machine = Machine(START)
    runtime = make_runtime(machine, make_settings(tmp_path), desk.key)
    running = running_on(runtime, Spec(name="claims", deciders=(TILL,), routes=route(TILL, Pay), topics=(TOPIC,)))
    good = to_record(TOPIC, pay("late", 100))
    foreign = tuple((k, b"northgate" if k == "ce_tenant" else v) for k, v in good.headers)
    value = json.dumps({"type": "till.pay.v1", "till": SECRET, SECRET: {"cents": "ten"}}).encode()
    broken_type = tuple((k, v) for k, v in good.headers if k != "ce_sequence")
    records = [
        Received(TOPIC, 0, 1, good.key, value, good.headers),
        Received(TOPIC, 0, 2, good.key, good.value, broken_type),
        Received(TOPIC, 0, 3, good.key, b"\xff\x00", foreign),
        Received(TOPIC, 0, 4, None, b"not json", ()),
    ]
    inbox = Inbox(runtime.shell, runtime.bus, runtime.sealer, running.spec.routes, runtime.log, runtime.wall)
    await inbox.handle(records)
    app = bare_app("claims")
    app.state.running = running
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://claims") as client:
        yield Post(desk, machine, running, app, client)
    await desk.close()
