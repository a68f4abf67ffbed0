"""A page of an ordered list: read in stretches of ranks, each as wide as the one before it showed to be needed.

No row is skipped and none is sorted by the store, so the thousandth page of a million rows costs what the first does.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from shared.contracts import Message
from shared.decider import Decider, Fact
from shared.store.places import DIGITS, RANK_END
from shared.store.port import Store

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

FIRST_WIDTH = 1 << 24
WIDEN = 8
MOST_FACTOR = 8
"""A stretch with more rows than this many pages is asked for again, narrower."""
STRETCHES_MAX = 500
"""Of one page. Empty stretches grow eightfold and full ones shrink, so a page takes a few: this ends what cannot be."""
SPARE = 1.3
"""How much wider a stretch is than the last page needed."""
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
    after: Cursor | None = None
    limit: int = 50

    @property
    def about(self) -> tuple[str, str, str]:
        return (self.tenant, self.list, self.order)


class Hint(NamedTuple):
    """Where a list began when it was read last, and how wide a stretch held a page. It may be out of date."""

    first: int
    width: int


@dataclass(slots=True)
class OrderedLists:
    """Reads pages; remembers where each list begins and how dense it is, so that a page is one question or two.

    A server that stops at a limit needs no such memory. One that gathers all that matches before it gives some of it
    does (the local store): there, a list of a million rows is read at length once, and what was learned is kept.
    """

    store: Store
    hints: dict[tuple[str, str, str], Hint] = field(default_factory=dict[tuple[str, str, str], Hint])

    async def page(self, decider: Decider[S, M, F], wanted: Wanted) -> Page[S]:
        """The page after `wanted.after`."""
        hint = await self._hint(wanted)
        edge = 0 if wanted.after is None else wanted.after.rank
        # Before where the list began the last time there is nothing, or what came since: either is soon read.
        end = hint.first if hint and edge < hint.first else edge + (hint.width if hint else FIRST_WIDTH)
        width = hint.width if hint else FIRST_WIDTH
        found: list[Row[S]] = []
        for _ in range(STRETCHES_MAX):
            end = min(end, RANK_END)
            rows, is_whole = await self._stretch(decider, wanted, (edge, end))
            if not is_whole:
                narrower = rows[wanted.limit].cursor.rank + 1
                if edge < narrower < end:
                    end = narrower
                    continue
            found += [row for row in rows if wanted.after is None or row.cursor > wanted.after]
            if len(found) > wanted.limit or end == RANK_END:
                break
            width *= 1 if rows or (hint and end == hint.first) else WIDEN
            edge, end = end, end + width
        await self._learn(wanted, found, hint)
        shown = tuple(found[: wanted.limit])
        return Page(shown, shown[-1].cursor if len(found) > wanted.limit else None)

    async def _stretch(
        self, decider: Decider[S, Any, Any], wanted: Wanted, between: tuple[int, int]
    ) -> tuple[list[Row[S]], bool]:
        """The rows of a stretch of ranks, and whether they are all of them."""
        most = MOST_FACTOR * (wanted.limit + 1)
        read = await self.store.find_placed(decider, wanted.tenant, wanted.list, wanted.order, between, most)
        return [Row(key.id, state, Cursor(rank, key.id)) for key, state, rank in read], len(read) < most

    async def _hint(self, wanted: Wanted) -> Hint | None:
        """What was learned here, or by another process of the console."""
        if wanted.about not in self.hints:
            try:
                text = b"".join([chunk async for chunk in self.store.read_blob(wanted.tenant, _name(wanted))])
            except KeyError:
                return None
            self.hints[wanted.about] = Hint(*(int(part, 16) for part in text.decode().split()))
        return self.hints[wanted.about]

    async def _learn(self, wanted: Wanted, found: Sequence[Row[Any]], before: Hint | None) -> None:
        """How wide a page was here, and where the list begins; kept for others when it was not known at all."""
        page = found[: wanted.limit + 1]
        if len(page) <= wanted.limit:
            return
        ranks = [row.cursor.rank for row in page]
        first = ranks[0] if wanted.after is None else before.first if before else 0
        if len(self.hints) >= HINTS_MAX:
            self.hints.clear()
        hint = Hint(first, int((ranks[-1] - ranks[0] + 1) * SPARE))
        self.hints[wanted.about] = hint
        if before is None and wanted.after is None:
            await self.store.put_blob(wanted.tenant, _name(wanted), _once(f"{hint.first:x} {hint.width:x}".encode()))


def _name(wanted: Wanted) -> str:
    return f"work-list/{wanted.list}/{wanted.order}"


async def _once(text: bytes) -> AsyncIterator[bytes]:
    yield text
