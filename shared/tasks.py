"""Ending tasks for good."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.5


async def end_tasks(tasks: Iterable["asyncio.Task[Any]"], *, again_seconds: float = AGAIN_SECONDS) -> None:
    """Cancel tasks until each has ended, whatever it ended with.

    One cancellation may be lost: before Python 3.12, `asyncio.wait_for` gives its result and forgets the cancellation
    when both come in one turn of the loop, and drivers are full of it. A loop that lost it would go on for ever.
    """
    living = {task for task in tasks if not task.done()}
    while living:
        for task in living:
            task.cancel()
        _, living = await asyncio.wait(living, timeout=again_seconds)
