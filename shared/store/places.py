"""Where aggregates stand in ordered lists: a place is a list, an order, and a rank that lies between others.

A list of a million rows is paged by reading a narrow stretch of ranks, never by skipping rows or sorting them. All
places of an aggregate are texts of one array, so one index serves every list in every order.
"""

from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

VALUE_BITS, ID_BITS = 40, 32
VALUE_MAX: int = 2**VALUE_BITS - 1
RANK_END: int = 2 ** (VALUE_BITS + ID_BITS)
"""No rank is as large."""
DIGITS = (VALUE_BITS + ID_BITS) // 4
SEPARATOR = "|"


class Place(NamedTuple):
    """An aggregate stands in `list`, ordered by `order`, where `value` says: 0 to `VALUE_MAX`, whatever it counts."""

    list: str
    order: str
    value: int


def rank_of(value: int, id: str) -> int:
    """Aggregates of the same value stand in some order that never changes, spread over the ranks of the value."""
    return (min(max(value, 0), VALUE_MAX) << ID_BITS) | crc32(id.encode())


def value_at(rank: int) -> int:
    """What a rank was made of."""
    return rank >> ID_BITS


def prefix_of(tenant: str, list: str, order: str) -> str:
    """How every place of one list in one order begins. ValueError for a name that would reach into another's."""
    if any(SEPARATOR in name for name in (tenant, list, order)):
        msg = f"names of lists and orders hold no {SEPARATOR!r}"
        raise ValueError(msg)
    return f"{tenant}{SEPARATOR}{list}{SEPARATOR}{order}{SEPARATOR}"


def text_at(tenant: str, list: str, order: str, rank: int) -> str:
    """A place as it is kept; `RANK_END` is behind every other."""
    return prefix_of(tenant, list, order) + (f"{rank:0{DIGITS}x}" if rank < RANK_END else "~")


def texts_of(tenant: str, id: str, places: Iterable[Place]) -> list[str]:
    """An aggregate's places, each once, as they are kept."""
    return sorted({text_at(tenant, p.list, p.order, rank_of(p.value, id)) for p in places})


def rank_in(texts: Iterable[str], prefix: str) -> int:
    """The rank among an aggregate's places. KeyError where it stands in no such list."""
    for text in texts:
        if text.startswith(prefix):
            return int(text.removeprefix(prefix), 16)
    raise KeyError(prefix)
