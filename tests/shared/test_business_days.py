"""Business days: weekends and holidays do not count."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.business_days import after_business_days

OBSERVED = frozenset({date(2026, 7, 3)})


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, date(2026, 7, 2)),
        (1, date(2026, 7, 6)),
        (2, date(2026, 7, 7)),
        (5, date(2026, 7, 10)),
        (6, date(2026, 7, 13)),
    ],
)
def test_weekends_and_holidays_are_passed_over(days: int, expected: date) -> None:
    assert after_business_days(date(2026, 7, 2), days, OBSERVED) == expected


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_it_is_always_a_working_day(start: date, days: int) -> None:
    end = after_business_days(start, days, OBSERVED)
    assert end.weekday() < 5
    assert end not in OBSERVED
    assert after_business_days(end - timedelta(1), 1, OBSERVED) == end


def test_a_calendar_of_holidays_alone_is_refused() -> None:
    always = frozenset(date(2026, 1, 1) + timedelta(n) for n in range(500))
    with pytest.raises(ValueError, match="more than 400 days"):
        after_business_days(date(2026, 1, 1), 1, always)
