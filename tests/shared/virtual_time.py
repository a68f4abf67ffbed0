"""An event loop whose clock jumps: whoever sleeps an hour is woken at once, an hour later by the loop's own time.

For code that waits on timers and on nothing outside the process; the order of events is that of real time.
"""

import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Begins at second 0."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__()

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        inner: Any = self
        scheduled: list[Any] = inner._scheduled
        while scheduled and scheduled[0].cancelled():
            inner._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        if scheduled and not inner._ready:
            self._now = max(self._now, scheduled[0].when())
        inner_run: Any = super()
        inner_run._run_once()


def run_in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` without the waiting."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
