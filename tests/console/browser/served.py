"""A console on memory, served to a real browser, beside services that a test makes up."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page

from revcycle.stack.ports import free_port
from services.console.session import COOKIE
from tests.console.desk import EVERY_ROLE, Desk, make_desk

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
Answers: TypeAlias = Callable[[httpx.Request], httpx.Response]
"""A made-up service: what it answers to a request."""


def silent(_: httpx.Request) -> httpx.Response:
    """A service that has none of what it is asked for."""
    return httpx.Response(404, json={"detail": "nothing here"})


def down(request: httpx.Request) -> httpx.Response:
    """A service that cannot be reached."""
    raise httpx.ConnectError("down", request=request)


@dataclass
class Site:
    """A served console. `peers` are the services behind it by name; a test sets what they answer."""

    desk: Desk
    url: str
    browser: Browser
    peers: dict[str, Answers] = field(default_factory=dict[str, Answers])
    asked: list[httpx.Request] = field(default_factory=list[httpx.Request])
    troubles: list[str] = field(default_factory=list[str])
    contexts: list[BrowserContext] = field(default_factory=list[BrowserContext])

    def client_for(self, url: str) -> httpx.AsyncClient:
        """The console's way to a service, which ends here."""

        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return self.peers.get(httpx.URL(url).host, silent)(request)

        return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=url)

    async def page(
        self,
        *,
        tenant: str = "lakeside",
        roles: Sequence[str] = EVERY_ROLE,
        dark: bool = False,
        width: int = 1280,
        height: int = 900,
        signed_in: bool = True,
        claims: Mapping[str, Any] | None = None,
        scripts: bool = True,
    ) -> Page:
        """A new browser window of a person. What goes wrong in it fails the test: scripts, the policy, other hosts."""
        context = await self.browser.new_context(
            base_url=self.url,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
        )
        self.contexts.append(context)
        if signed_in:
            token = self.desk.token(tenant, roles, **(claims or {}))
            await context.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        page = await context.new_page()
        page.set_default_timeout(8_000)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("request", lambda request: self._went(request.url))
        return page

    def _heard(self, kind: str, text: str) -> None:
        # The browser itself reports each answer that is no good one; whether it should be is the test's to say.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {text}")

    def _went(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:", "about:")):
            self.troubles.append(f"another host was asked: {url}")

    async def end(self) -> None:
        for context in self.contexts:
            await context.close()


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now: the rule, and where."""
    await page.evaluate(AXE)
    wanted = json.dumps({"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
    found = await page.evaluate(f"() => axe.run(document, {wanted})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@asynccontextmanager
async def served(root: Path, browser: Browser, made: Desk | None = None) -> AsyncGenerator[Site]:
    """Serve a console that has heard nothing yet, or the given one, until the block ends.

    What went wrong in a browser is raised.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    site: Site

    def client_for(base: str) -> httpx.AsyncClient:
        return site.client_for(base)

    desk = made or make_desk(root, client_for)
    site = Site(desk, url, browser)
    config = uvicorn.Config(
        desk.app, "127.0.0.1", port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # pyright: ignore[reportPrivateUsage] - `serve` would take the signals
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield site
    finally:
        await site.end()
        server.should_exit = True
        await serving
        await desk.close()
    assert not site.troubles, site.troubles
