"""How long a question to a payer waits that is to be spared: the same for coverage (270) and authorization (278)."""

from datetime import datetime, timedelta

PUT_OFF_FIRST = timedelta(minutes=1)
PUT_OFF_MAX = timedelta(minutes=15)
"""How long a question waits before its turn comes again, while its payer says nothing: twice as long each time."""
DOUBLINGS_MAX = 10


def asked_again_at(now: datetime, times: int, wait_seconds: float | None) -> datetime:
    """When a question that was put off for the `times`-th time comes up; `wait_seconds`: where the wait is known."""
    if wait_seconds is not None:
        return now + min(timedelta(seconds=wait_seconds), PUT_OFF_MAX)
    doubled: timedelta = PUT_OFF_FIRST * (1 << min(times - 1, DOUBLINGS_MAX))
    return now + min(doubled, PUT_OFF_MAX)
