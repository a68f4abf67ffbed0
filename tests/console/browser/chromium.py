"""Debian's Chromium, driven by Playwright: where it is, and how a browser of the tests is started."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SAYS = "no Chromium here (apt-get install chromium, or REVCYCLE_CHROMIUM names one)"


def chromium() -> str | None:
    """The browser's path; None where there is none."""
    named = os.environ.get("REVCYCLE_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@asynccontextmanager
async def open_chromium(path: str) -> AsyncGenerator[Browser]:
    """A browser without a window. Its own sandbox needs a user of its own, which a container seldom has."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            await browser.close()
