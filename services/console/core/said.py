"""What a sentence about an event is, and how amounts and counts are said in it."""

from functools import singledispatch
from typing import NamedTuple

from shared.contracts import Event


class Said(NamedTuple):
    """A sentence, and the amount it is about."""

    text: str
    cents: int | None = None


def dollars(cents: int) -> str:
    """`$1,234.56`; a credit carries a minus sign."""
    return f"{'−' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 claim`, `2 claims`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


@singledispatch
def words(event: Event) -> Said:
    """An event nobody wrote a sentence for is called by its type."""
    return Said(str(getattr(event, "type", "event")))
