"""How long money may take to the bank: the dated window between a remittance and its deposit.

CAQH CORE 370 (45 CFR 162.1603) lets remittance and transfer lie three business days apart; checks and lockboxes take as
long as the house says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Window:
    """What is in force from a day on. Days of transfers are business days, those of checks calendar days."""

    valid_from: date
    transfer_business_days: int
    check_days: int
    source: str


@dataclass(frozen=True, slots=True)
class BankPolicy:
    """Windows, newest first, and the days on which banks are closed."""

    windows: Sequence[Window]
    holidays: frozenset[date]

    def on(self, day: date) -> Window:
        """The window in force on a day; before the first, the first."""
        return next((one for one in self.windows if one.valid_from <= day), self.windows[-1])

    def fits(self, remitted_on: date, deposited_on: date, method: str) -> bool:
        """Whether remittance and deposit lie near enough to be one payment."""
        window = self.on(remitted_on)
        if method == "CHK":
            return -window.transfer_business_days <= (deposited_on - remitted_on).days <= window.check_days
        first, last = sorted((remitted_on, deposited_on))
        return self.business_days(first, last) <= window.transfer_business_days

    def business_days(self, first: date, last: date) -> int:
        """Bank days after the first day, up to and with the last."""
        return sum(self.is_open(first + timedelta(n)) for n in range(1, (last - first).days + 1))

    def awaited_until(self, day: date, method: str) -> date:
        """The last day on which the other half may still come."""
        window = self.on(day)
        if method == "CHK":
            return day + timedelta(window.check_days)
        left = window.transfer_business_days
        while left:
            day += timedelta(1)
            left -= self.is_open(day)
        return day

    def is_open(self, day: date) -> bool:
        """Whether banks settle on this day."""
        return day.weekday() < SATURDAY and day not in self.holidays
