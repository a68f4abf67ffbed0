"""A poster who writes and a biller who reads, at the HTTP edge of payments."""

from typing import Any

import httpx

from tests.payments.world import World, token


async def post(world: World, path: str, body: dict[str, Any], key: str, actor: str = "pat.poster") -> httpx.Response:
    async with world.client() as client:
        headers = {**token("poster", actor=actor), "Idempotency-Key": key}
        return await client.post(path, json=body, headers=headers)


async def get(world: World, path: str, **query: Any) -> Any:
    async with world.client() as client:
        answer = await client.get(path, params=query, headers=token("biller"))
        answer.raise_for_status()
        return answer.json()
