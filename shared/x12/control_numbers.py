"""Control numbers that a partner never sees twice, however many workers write to it.

ISA13 and GS06 of a file are one number: two digits of the year, then seven of a count that starts at 1 every year for
every partner. A worker takes a block of that count from a port and uses it up alone; what it leaves when it stops is
lost, so numbers may have gaps and blocks of two workers interleave, but none comes twice within a hundred years. ST02
counts within its group.
"""

from asyncio import Lock
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

A_YEAR = 10_000_000
LAST_OF_A_YEAR = A_YEAR - 1
_LAST_OF_A_GROUP = 999_999_999


class Counters(Protocol):
    """Where the counts are kept, shared by all workers: in a store, one document or row a name."""

    async def next_number(self, name: str, count: int = 1, /) -> int:
        """The first of `count` numbers in a row of the counter `name`, from 1; none is ever given twice.

        It must be one atomic step for all workers (an increment that returns the new value), and durable before it
        returns: a number given and forgotten is given again.
        """
        ...


class NumbersSpentError(RuntimeError):
    """A partner got 9,999,999 files within a year: another one would repeat a number."""


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers one worker may use for one partner in one year: `left` of them, from the position `following`."""

    year: int
    following: int
    left: int

    def take(self) -> tuple[int, "Block"]:
        """The next number, and what is left then. Raises `NumbersSpentError` past the last of the year.

        Raises ValueError when nothing is left: the caller looks first.
        """
        if not self.left:
            raise ValueError("the block is used up")
        return interchange_number(self.year, self.following), Block(self.year, self.following + 1, self.left - 1)


def interchange_number(year: int, position: int) -> int:
    """ISA13 and GS06 of the file that is `position`-th (from 1) for its partner in a year: 2026 and 7 are 260000007.

    Raises `NumbersSpentError` past 9,999,999, and ValueError below 1.
    """
    if position < 1:
        raise ValueError("positions count from 1")
    if position > LAST_OF_A_YEAR:
        message = f"all {LAST_OF_A_YEAR:,} control numbers of {year} are used: send fewer, larger files"
        raise NumbersSpentError(message)
    return year % 100 * A_YEAR + position


def set_number(position: int) -> str:
    """ST02 of the `position`-th transaction set (from 1) of a group: at least four digits. Raises ValueError."""
    if not 1 <= position <= _LAST_OF_A_GROUP:
        raise ValueError("a group holds 1 to 999,999,999 transaction sets")
    return f"{position:04d}"


class ControlNumbers:
    """Gives numbers to one worker, from blocks of `size` that it takes from `counters` when it needs one.

    A `size` of 1 leaves no gaps and asks once a file; a larger one asks once in so many files.
    """

    def __init__(self, counters: Counters, size: int = 1) -> None:
        if size < 1:
            raise ValueError("a block holds at least one number")
        self._counters, self._size = counters, size
        self._blocks: dict[str, Block] = {}
        self._asking: defaultdict[str, Lock] = defaultdict(Lock)

    async def take(self, partner: str, year: int) -> int:
        """The next ISA13 and GS06 for `partner` in `year`, the year of the file's date. Raises `NumbersSpentError`.

        `partner` names the connection, with the tenant where partners know several. Tasks may take at the same time:
        one of them asks for a block and the others wait for it.
        """
        async with self._asking[partner]:
            block = self._blocks.get(partner)
            if block is None or not block.left or block.year != year:
                first = await self._counters.next_number(f"interchange/{partner}/{year}", self._size)
                block = Block(year, first, self._size)
            number, self._blocks[partner] = block.take()
            return number
