"""A loop that is told to end does end, also when its cancellation is lost on the way."""

import asyncio

from shared.pulse import Pulse
from shared.tasks import end_tasks

SOON = 0.001


class Stubborn:
    """A loop in which something swallows the first cancellations, as `asyncio.wait_for` can."""

    def __init__(self, swallows: int) -> None:
        self.swallows, self.lost = swallows, 0

    async def run(self) -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if self.lost == self.swallows:
                    raise
                self.lost += 1


async def test_a_lost_cancellation_is_repeated() -> None:
    loops = [Stubborn(0), Stubborn(1), Stubborn(3)]
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    await asyncio.sleep(0)
    await end_tasks(tasks, again_seconds=SOON)
    assert all(task.cancelled() for task in tasks)
    assert [loop.lost for loop in loops] == [0, 1, 3]


async def test_what_ended_by_itself_is_left_alone() -> None:
    async def fail() -> None:
        raise LookupError

    failed = asyncio.create_task(fail())
    await asyncio.wait({failed})
    await end_tasks([failed])
    await end_tasks([])
    assert isinstance(failed.exception(), LookupError)


async def test_a_beat_does_not_hide_the_end() -> None:
    """Both come in one turn of the event loop: the rest is over because of the end."""
    pulse = Pulse()
    rest = asyncio.create_task(pulse.rest(60, pulse.count))
    await asyncio.sleep(0)
    pulse.beat()
    rest.cancel()
    await asyncio.wait({rest})
    assert rest.cancelled()


async def test_a_rest_ends_with_a_beat_or_with_the_time() -> None:
    pulse = Pulse()
    assert await pulse.rest(SOON, pulse.count) == 0
    rest = asyncio.create_task(pulse.rest(60, pulse.count))
    await asyncio.sleep(0)
    pulse.beat()
    assert await rest == 1
    assert await pulse.rest(60, 0) == 1, "a beat that was missed is not waited for"
