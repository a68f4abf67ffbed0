"""A blocking reader fed from the event loop: files are parsed in a thread, in constant memory, a batch at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from shared.x12.findings import Finding, X12Error

T = TypeVar("T")
PIECE_SECONDS_MAX = 60.0


class Batch(NamedTuple, Generic[T]):
    """Some items of a file. `ended` says that no more will come; `fault` why, when the file stopped being readable."""

    items: list[T]
    ended: bool
    fault: Finding | None = None


class ThreadedReader(Generic[T]):
    """Runs a blocking reader over a file that comes in asynchronously."""

    def __init__(self, read: Callable[[Iterable[bytes]], Iterator[T]], chunks: AsyncIterator[bytes]) -> None:
        self._items = read(_blocking(chunks, asyncio.get_running_loop()))

    async def take(self, size: int) -> Batch[T]:
        """Up to `size` further items. What was read before a fault is not lost with it."""
        return await asyncio.to_thread(_take, self._items, size)


def _take(items: Iterator[T], size: int) -> Batch[T]:
    taken: list[T] = []
    try:
        while len(taken) < size:
            taken.append(next(items))
    except StopIteration:
        return Batch(taken, ended=True)
    except X12Error as error:
        return Batch(taken, ended=True, fault=error.finding)
    return Batch(taken, ended=False)


def _blocking(chunks: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    async def next_chunk() -> bytes | None:
        return await anext(chunks, None)

    while True:
        chunk = asyncio.run_coroutine_threadsafe(next_chunk(), loop).result(PIECE_SECONDS_MAX)
        if chunk is None:
            return
        yield chunk
