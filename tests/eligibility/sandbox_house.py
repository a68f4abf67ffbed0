"""The service with the sandbox's payers behind it: answers that no test wrote by hand."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from sandbox.app import create_app
from sandbox.settings import SandboxSettings
from shared.log import configure_logs
from tests.eligibility.house import House
from tests.eligibility.test_check import AT

SEED = 2026


@asynccontextmanager
async def house_on_sandbox(root: Path, seed: int = SEED) -> AsyncGenerator[House]:
    """A house whose inquiries go to a running sandbox, by the clock of the checks' examples."""
    built = House(root)
    built.machine.clock.time = AT
    settings = SandboxSettings(exchange=root / "exchange", sandbox_seed=seed, tick_seconds=0.05)
    app = create_app(settings, configure_logs("sandbox", "ERROR"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it") as payers,
    ):

        async def answer(request: httpx.Request) -> httpx.Response:
            return await payers.request(request.method, request.url.path, content=request.content)

        built.answer = answer  # type: ignore[method-assign]
        yield built
    await built.close()
