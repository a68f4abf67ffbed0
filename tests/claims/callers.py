"""A caller of the claims service over HTTP, with a role, for tests of what the edge takes."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import ECKey

from services.claims.api import router
from services.claims.routing import routing_table
from shared.runtime import Running
from tests.claims.world import ISSUER, TENANT, World, make_world, signing_key
from tests.shared.apps import app_of

CLAIM: dict[str, Any] = {
    "patient_control_number": "API1",
    "charge_cents": 125_00,
    "place_of_service": "11",
    "diagnoses": ["J06.9"],
    "lines": [
        {"procedure": "99213", "charge_cents": 125_00, "diagnosis_pointers": [1], "service_from": "2026-06-20"},
    ],
    "billing": {
        "name": "LAKESIDE CLINIC",
        "npi": "1234567893",
        "tax_id": "123456789",
        "address": {"line1": "1 MAIN ST", "city": "SPRINGFIELD", "state": "IL", "postal_code": "62701"},
    },
    "subscriber": {
        "person": {"last_name": "QUILLFEATHER", "first_name": "ADA", "birth_date": "1980-02-03", "sex": "F"},
        "member_id": "MEMBER77",
    },
    "payer": {"id": "PAYER1", "name": "PAYER ONE"},
}


class Client:
    """A caller with a role."""

    def __init__(self, world: World, key: ECKey, http: httpx.AsyncClient) -> None:
        self.world, self._key, self.http = world, key, http

    def token(self, *roles: str, tenant: str = TENANT, actor: str = "pat@lakeside") -> dict[str, str]:
        claims = {
            "iss": ISSUER,
            "aud": "revcycle",
            "sub": actor,
            "tenant": tenant,
            "roles": list(roles),
            "exp": int(time.time()) + 600,
        }
        return {"Authorization": f"Bearer {jwt.encode({'alg': 'ES256', 'kid': 'test'}, claims, self._key)}"}

    async def post(self, path: str, body: Any, key: str = "k1", role: str = "biller", tenant: str = TENANT) -> Any:
        headers = {**self.token(role, tenant=tenant), "Idempotency-Key": key, "X-Reason": "a test wants it"}
        return await self.http.post(path, json=body, headers=headers)

    async def get(self, path: str, role: str = "biller", tenant: str = TENANT) -> Any:
        return await self.http.get(path, headers=self.token(role, tenant=tenant))


@asynccontextmanager
async def calling(root: Path, *more: APIRouter) -> AsyncGenerator[Client]:
    """A client of a world of its own, with further routers where they are asked for."""
    key = signing_key()
    world = make_world(root, key=key)
    app = app_of("claims", router, *more)
    app.state.running = Running(world.runtime, world.spec, None, (), ())  # type: ignore[arg-type]
    app.state.routing = routing_table()
    app.state.quotas = world.quotas
    app.state.upload_bytes_max = 1_000_000
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://claims") as http:
        yield Client(world, key, http)
