"""How the supervisor sees that a process is ready: it asks, as a client would."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import httpx

Probe: TypeAlias = Callable[[], Awaitable[bool]]
"""True when the process serves; never raises for a process that does not answer yet."""

ANSWER_SECONDS = 5.0


def accepts_connections(port: int, host: str = "127.0.0.1") -> Probe:
    """Ready when the port is open."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return probe


def answers_ready(url: str) -> Probe:
    """Ready when `GET <url>/health/ready` says so."""

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
                answer = await client.get(f"{url}/health/ready")
        except httpx.HTTPError:
            return False
        return answer.is_success

    return probe
