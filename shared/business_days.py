"""Business days: Monday to Friday, holidays of a given calendar excepted."""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

WEEKEND = 5
SEARCH_DAYS_MAX = 400
"""A calendar of nothing but holidays would never end."""


def after_business_days(start: date, days: int, holidays: AbstractSet[date]) -> date:
    """The day so many business days after a day; Saturdays, Sundays and holidays do not count."""
    day, left = start, days
    for _ in range(SEARCH_DAYS_MAX):
        if left == 0:
            return day
        day += timedelta(days=1)
        left -= day.weekday() < WEEKEND and day not in holidays
    raise ValueError(f"{days} business days are more than {SEARCH_DAYS_MAX} days")
