"""One Chromium for all tests in a browser, and a console of its own for each."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.console.browser.chromium import SAYS, chromium, open_chromium
from tests.console.browser.served import Site, served
from tests.console.conftest import tell_everything


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """Skips, saying why, where there is no Chromium."""
    path = chromium()
    if path is None:
        pytest.skip(SAYS)
    async with open_chromium(path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def site(tmp_path: Path, browser: Browser) -> AsyncGenerator[Site]:
    """A console that has heard the whole story of one tenant, and a little of another."""
    async with served(tmp_path, browser) as made:
        await tell_everything(made.desk)
        yield made
