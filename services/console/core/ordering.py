"""Days and times as the numbers that ordered lists go by. Pure."""

from datetime import UTC, date, datetime, timedelta

NEVER_DAY = 10_000_000
"""Behind every day there is: what has no deadline stands last."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes_of(at: datetime | None) -> int:
    """Whole minutes since 1970; 0 for what is not known."""
    return 0 if at is None else max(int((at - EPOCH) / timedelta(minutes=1)), 0)


def day_number(day: date | None) -> int:
    """The day's number; `NEVER_DAY` for none."""
    return NEVER_DAY if day is None else day.toordinal()
