"""Group commit: callers that come at the same time share one round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

GROUP_MAX = 200


class Grouped(Generic[T]):
    """Collects items while the one before is under way, then hands them over together."""

    def __init__(self, hand_over: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._hand_over = hand_over
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Hand one item over; returns once its group was taken, and raises what its group raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            error: Exception | None = None
            try:
                await self._hand_over([item for item, _ in group])
            except Exception as failure:  # noqa: BLE001 - every caller of the group gets it
                error = failure
            for _, done in group:
                if done.cancelled():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
