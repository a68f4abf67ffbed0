"""A page of an ordered list: read in stretches of ranks, each as wide as the one before it showed to be needed.

No row is skipped and none is sorted by the store, so the thousandth page of a million rows costs what the first does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from shared.contracts import Message
from shared.decider import Decider, Fact
from shared.store.places import DIGITS, RANK_END
from shared.store.port import Key, Store

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

FIRST_WIDTH = 1 << 24
WIDEN, NARROW = 8, 8
MOST_FACTOR = 8
"""A stretch with more rows than this many pages is read again, narrower."""
STRETCHES_MAX = 64
"""Widths grow eightfold and ranks have 72 bits, so a page takes a tenth of this."""
HINTS_MAX = 1000


class Cursor(NamedTuple):
    """Behind which row a page starts."""

    rank: int
    id: str

    def __str__(self) -> str:
        return f"{self.rank:0{DIGITS}x}.{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """ValueError for a text that is none."""
        rank, dot, id_ = text.partition(".")
        value = int(rank, 16)
        if not dot or not 0 <= value < RANK_END:
            msg = "this is no place in a list"
            raise ValueError(msg)
        return cls(value, id_)


class Row(NamedTuple, Generic[S]):
    id: str
    state: S
    cursor: Cursor


class Page(NamedTuple, Generic[S]):
    """Rows in their order, and the place of the last one when there are more."""

    rows: tuple[Row[S], ...]
    next_after: Cursor | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list of a tenant in an order, from a place on."""

    tenant: str
    list: str
    order: str
    descending: bool = False
    after: Cursor | None = None
    limit: int = 50


@dataclass(slots=True)
class OrderedLists:
    """Reads pages; remembers how wide a stretch each list needed, so that the next page is one question."""

    store: Store
    widths: dict[tuple[str, str, str], int] = field(default_factory=dict[tuple[str, str, str], int])

    async def page(self, decider: Decider[S, M, F], wanted: Wanted) -> Page[S]:
        """The page after `wanted.after`."""
        about = (wanted.tenant, wanted.list, wanted.order)
        width = self.widths.get(about, FIRST_WIDTH)
        edge = _start(wanted)
        found: list[Row[S]] = []
        for _ in range(STRETCHES_MAX):
            between = _stretch(edge, width, descending=wanted.descending)
            most = MOST_FACTOR * (wanted.limit + 1)
            rows = await self._rows(decider, wanted, between, most)
            if len(rows) >= most and width > 1:
                width = max(width // NARROW, 1)
                continue
            found += rows
            edge = between[0] if wanted.descending else between[1]
            if len(found) > wanted.limit or edge in {0, RANK_END}:
                break
            if len(rows) <= wanted.limit // 2:
                width *= WIDEN
        self._remember(about, width)
        shown = tuple(found[: wanted.limit])
        return Page(shown, shown[-1].cursor if len(found) > wanted.limit else None)

    async def _rows(
        self, decider: Decider[S, Any, Any], wanted: Wanted, between: tuple[int, int], most: int
    ) -> Sequence[Row[S]]:
        read = await self.store.find_placed(decider, wanted.tenant, wanted.list, wanted.order, between, most)
        if len(read) >= most:
            return [_row(*one) for one in read]
        rows = [row for row in (_row(*one) for one in read) if _is_beyond(row.cursor, wanted)]
        return rows[::-1] if wanted.descending else rows

    def _remember(self, about: tuple[str, str, str], width: int) -> None:
        if len(self.widths) >= HINTS_MAX:
            self.widths.clear()
        self.widths[about] = width


def _row(key: Key, state: S, rank: int) -> Row[S]:
    return Row(key.id, state, Cursor(rank, key.id))


def _start(wanted: Wanted) -> int:
    """The edge that the first stretch begins at. Rows of the cursor's own rank are looked at again, and left out."""
    if wanted.descending:
        return RANK_END if wanted.after is None else wanted.after.rank + 1
    return 0 if wanted.after is None else wanted.after.rank


def _stretch(edge: int, width: int, *, descending: bool) -> tuple[int, int]:
    return (max(edge - width, 0), edge) if descending else (edge, min(edge + width, RANK_END))


def _is_beyond(cursor: Cursor, wanted: Wanted) -> bool:
    if wanted.after is None:
        return True
    return cursor < wanted.after if wanted.descending else cursor > wanted.after
