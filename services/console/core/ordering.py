"""Days and times as the numbers that ordered lists go by. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from shared.store.places import VALUE_MAX, Place

NEVER_DAY = 10_000_000
"""Behind every day there is: what has no deadline stands last."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes_of(at: datetime | None) -> int:
    """Whole minutes since 1970; 0 for what is not known."""
    return 0 if at is None else max(int((at - EPOCH) / timedelta(minutes=1)), 0)


def day_number(day: date | None) -> int:
    """The day's number; `NEVER_DAY` for none."""
    return NEVER_DAY if day is None else day.toordinal()


def both_ways(list: str, values: Mapping[str, int]) -> Iterator[Place]:
    """A place in each order, and one in the order turned round, which a minus names: lists are read forwards only."""
    for order, value in values.items():
        yield Place(list, order, value)
        yield Place(list, f"-{order}", VALUE_MAX - value)
