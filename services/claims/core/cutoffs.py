"""Cutoffs of a partner: the times of its own zone at which what is ready leaves, except on days it does not work."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOOK_BACK_DAYS = 31
"""A partner that works on no day of a month has no cutoff."""


@dataclass(frozen=True, slots=True)
class CutoffRule:
    """Cutoffs in force from `valid_from` to `valid_to`, both included.

    `times` are of the zone; `weekdays` count from 0, a Monday; on a day of `holidays` nothing leaves.
    """

    times: tuple[time, ...]
    zone: str
    valid_from: date
    source: str
    owner: str
    valid_to: date | None = None
    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()


def last_cutoff(rules: tuple[CutoffRule, ...], now: datetime) -> datetime | None:
    """The latest cutoff at or before `now`, in UTC; None when there was none within a month."""
    earliest = now - timedelta(days=LOOK_BACK_DAYS)
    return max((at for at in _cutoffs(rules, earliest, now) if at <= now), default=None)


def next_cutoff(rules: tuple[CutoffRule, ...], now: datetime) -> datetime | None:
    """The first cutoff after `now`, in UTC; None when there is none within a month."""
    latest = now + timedelta(days=LOOK_BACK_DAYS)
    return min((at for at in _cutoffs(rules, now, latest) if at > now), default=None)


def _cutoffs(rules: tuple[CutoffRule, ...], start: datetime, end: datetime) -> set[datetime]:
    """Those of every day that a zone could have between two moments; a little more at both ends."""
    days = [start.date() + timedelta(days=n) for n in range(-1, (end - start).days + 3)]
    return {
        datetime.combine(day, at, ZoneInfo(rule.zone)).astimezone(UTC)
        for rule in rules
        for day in days
        if _works(rule, day)
        for at in rule.times
    }


def _works(rule: CutoffRule, day: date) -> bool:
    in_force = rule.valid_from <= day and (rule.valid_to is None or day <= rule.valid_to)
    return in_force and day.weekday() in rule.weekdays and day not in rule.holidays
