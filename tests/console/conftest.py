"""A console that has heard the whole story of one tenant, and a little of another."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.console.desk import Desk, make_desk
from tests.console.story import Story, whole_story
from tests.console.street import Street, open_street


async def tell_everything(desk: Desk) -> None:
    """The whole story of one tenant, and a little of another, whose secrets nobody else must see."""
    await desk.hears(whole_story().events)
    other = Story("northgate")
    other.claim(901, 77_00).received().held("Secret of the other tenant.")
    other.account(901).owes(77_00)
    other.remittance(901, parked=True, cents=77_00)
    await desk.hears(other.events)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A console that knows nothing yet."""
    made = make_desk(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def told(desk: Desk) -> Desk:
    """The same, told everything."""
    await tell_everything(desk)
    return desk


@pytest.fixture
async def street(tmp_path: Path) -> AsyncGenerator[Street]:
    """A console before the real claims and payments services."""
    async with open_street(tmp_path) as made:
        yield made
