"""A caller of the claims service with rules and reference data, on memory."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter

from services.claims.api import router
from services.claims.policies import claims_policy
from services.claims.routing import routing_table
from services.claims.rules_api import REFERENCE_PATHS
from services.claims.rules_api import router as rules_router
from shared.runtime import Running
from tests.claims.callers import Client
from tests.claims.world import TENANT, make_world, signing_key
from tests.shared.apps import app_of


class RulesClient(Client):
    """Writes rules and loads tables as an operator."""

    async def send(self, path: str, body: Any, key: str = "", role: str = "operator", tenant: str = TENANT) -> Any:
        """A request that must be taken; its key is its path and body."""
        answer = await self.post(
            path, body, key=key or hashlib.sha256(f"{path}{body}".encode()).hexdigest(), role=role, tenant=tenant
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def activate(self, document: dict[str, Any], valid_from: str = "2000-01-01", tenant: str = TENANT) -> int:
        """Draft a rule and put it into force; its version."""
        drafted = await self.send("/rules", document, tenant=tenant)
        version = int(drafted["versions"][-1]["version"])
        body = {"version": version, "valid_from": valid_from, "reason": "agreed with the payer"}
        await self.send(f"/rules/{document['id']}/activate", body, tenant=tenant)
        return version

    async def load(self, kind: str, content: str, name: str = "") -> dict[str, Any]:
        """Load a reference file and wait until it is read."""
        query = f"?name={name}" if name else ""
        headers = self.token("operator")
        answer = await self.http.post(f"/reference/{kind}{query}", content=content.encode(), headers=headers)
        assert answer.status_code == 202, answer.text
        await self.world.settle()
        return await self.job(answer.json()["job_id"])

    async def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"/rules-jobs/{job_id}")).json()
        return found


@asynccontextmanager
async def rules_client(root: Path, *more: APIRouter) -> AsyncGenerator[RulesClient]:
    key = signing_key()
    world = make_world(root, key=key)
    app = app_of("claims", router, rules_router, *more, streams=REFERENCE_PATHS)
    app.state.running = Running(world.runtime, world.spec, None, (), ())  # type: ignore[arg-type]
    app.state.routing = routing_table()
    app.state.quotas = world.quotas
    app.state.policy = claims_policy()
    app.state.upload_bytes_max = 10_000_000
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://claims") as http:
        yield RulesClient(world, key, http)
