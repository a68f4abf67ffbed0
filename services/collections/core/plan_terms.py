"""Installments: when they are due, how much each is, and which of them money has covered. Integer cents throughout."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias

from services.collections.core.plan_policy import ClosedDays, ExtraPays

Every: TypeAlias = Literal["month", "two_weeks", "week"]
WEEKEND = 5
DAYS = {"week": 7, "two_weeks": 14}


@dataclass(frozen=True, slots=True)
class Installment:
    """One installment: the last day on which it is on time, and its cents."""

    due_on: date
    amount_cents: int


class Counted(NamedTuple):
    """A payment that a plan heard of, and the day it came."""

    payment_id: str
    cents: int
    on: date = date.min


def in_order(payments: Iterable[Counted]) -> tuple[Counted, ...]:
    """By day and id, so that the order in which they were heard of makes no difference."""
    return tuple(sorted(payments, key=lambda one: (one.on, one.payment_id)))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def due_days(first_on: date, count: int, every: Every, closed: ClosedDays, holidays: AbstractSet[date]) -> list[date]:
    """The due days, rising. A day on which banks rest is moved as the client wants; the days after it are not."""
    nominal = (
        months_later(first_on, n) if every == "month" else first_on + timedelta(n * DAYS[every]) for n in range(count)
    )
    days = list[date]()
    for day in nominal:
        moved = open_day(day, closed, holidays)
        days.append(moved if not days or moved > days[-1] else days[-1] + timedelta(1))
    return days


def open_day(day: date, closed: ClosedDays, holidays: AbstractSet[date]) -> date:
    """The day itself, or the nearest one on which banks work, in the wanted direction."""
    if closed == "as_is":
        return day
    step = timedelta(1 if closed == "next" else -1)
    while day.weekday() >= WEEKEND or day in holidays:
        day += step
    return day


def amounts(total_cents: int, count: int, installment_cents: int | None) -> tuple[int, ...]:
    """So many equal amounts that add up to the total; the last one takes the remainder.

    With an amount given, all but the last are that much, and there may be fewer of them.
    """
    if installment_cents is not None:
        count = min(count, -(-total_cents // installment_cents))
        share_cents = installment_cents
    else:
        share_cents = total_cents // count
    return (*[share_cents] * (count - 1), total_cents - share_cents * (count - 1))


def covered(
    installments: Sequence[Installment], payments: Sequence[Counted], other_cents: int, extra_pays: ExtraPays
) -> tuple[int, ...]:
    """How much of each installment is still open, in order.

    Under `next` all money covers the installments from the first on. Under `last` a payment covers what is due and the
    one after that; what is beyond it shortens the plan from its end, as does what the balance fell by otherwise.
    """
    left = [one.amount_cents for one in installments]
    if extra_pays == "next":
        return tuple(_poured(left, other_cents + sum(one.cents for one in payments)))
    for one in in_order(payments):
        coming = sum(portion.due_on < one.on for portion in installments) + 1
        cents = _pour(left, range(min(coming, len(left))), one.cents)
        _pour(left, range(len(left) - 1, -1, -1), cents)
    _pour(left, range(len(left) - 1, -1, -1), other_cents)
    return tuple(left)


def _poured(left: Sequence[int], cents: int) -> Iterator[int]:
    for amount_cents, until_cents in zip(left, accumulate(left), strict=True):
        yield max(0, min(amount_cents, until_cents - cents))


def _pour(left: list[int], places: Sequence[int], cents: int) -> int:
    """Fill places in order; what is left over."""
    for place in places:
        taken = min(left[place], cents)
        left[place] -= taken
        cents -= taken
    return cents
