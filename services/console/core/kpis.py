"""Indicators of the cycle, as numerators and denominators by day, read from the claims' own stories. Pure.

The formulas are HFMA's MAP keys where it has one (CL-1 clean claims, AR-5 denials remitted); the others are named as
the field names them. Ratios are never averaged: a week's ratio is the week's numerators over its denominators.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.console.core.claim_view import ClaimView

HUMAN_FREE = "system"
"""Who did what nobody did: the actor of events without a person or a client."""
RECEIVED, HELD, SUBMITTED = "claim.received.v1", "claim.held.v1", "claim.submitted.v1"
REJECTED, DENIED, PAID = "claim.rejected.v1", "claim.denied.v1", "claim.paid.v1"
TREND_DAYS = 30
WEEK = timedelta(days=7)


class Kpi(NamedTuple):
    """One indicator in words. `target_percent` is what the field aims at, where it says so."""

    name: str
    label: str
    formula: str
    better: str
    target_percent: int | None = None


KPIS = (
    Kpi("clean", "Clean claims", "claims that passed the edits at once / claims that the edits judged", "high", 95),
    Kpi("rejected", "Rejections", "claims rejected / claims sent, by the day they were sent first", "low"),
    Kpi("denied", "Denials", "claims denied / claims remitted, by the day of the payer's first decision", "low"),
    Kpi("first_pass", "First pass", "claims paid on the first submission / claims that a payer decided", "high"),
    Kpi("touchless", "Touchless", "claims paid that no person touched / claims paid", "high"),
)


@dataclass(slots=True)
class Ratio:
    """How many of how many."""

    top: int = 0
    of: int = 0

    def add(self, other: "Ratio") -> None:
        self.top += other.top
        self.of += other.of

    @property
    def percent(self) -> float | None:
        """None where there is nothing to divide by."""
        return None if not self.of else round(100 * self.top / self.of, 1)


@dataclass(slots=True)
class Days:
    """Ratios by indicator and day."""

    ratios: dict[tuple[str, date], Ratio] = field(default_factory=dict[tuple[str, date], Ratio])

    def count(self, name: str, day: date, *, is_in: bool) -> None:
        self.ratios.setdefault((name, day), Ratio()).add(Ratio(int(is_in), 1))

    def over(self, name: str, first: date, last: date) -> Ratio:
        """The ratio of several days: numerators and denominators added up."""
        total = Ratio()
        for (kpi, day), ratio in self.ratios.items():
            if kpi == name and first <= day <= last:
                total.add(ratio)
        return total


def first_days(view: ClaimView) -> Mapping[str, datetime]:
    """When each kind of event about the claim came first."""
    found: dict[str, datetime] = {}
    for moment in view.moments:
        found.setdefault(moment.type, moment.at)
    return found


def add_to_days(days: Days, view: ClaimView) -> None:
    """What one claim adds to every indicator."""
    first = first_days(view)
    types = [moment.type for moment in view.moments]
    if judged := earliest(first, HELD, SUBMITTED):
        days.count("clean", judged.date(), is_in=HELD not in first)
    if SUBMITTED in first:
        days.count("rejected", first[SUBMITTED].date(), is_in=REJECTED in first)
    if decided := earliest(first, DENIED, PAID):
        days.count("denied", decided.date(), is_in=DENIED in first)
        at_once = types.count(SUBMITTED) == 1 and DENIED not in first and REJECTED not in first
        days.count("first_pass", decided.date(), is_in=at_once)
    if PAID in first:
        untouched = all(moment.actor == HUMAN_FREE for moment in view.moments if moment.service == "claims")
        days.count("touchless", first[PAID].date(), is_in=untouched and HELD not in first)


def earliest(first: Mapping[str, datetime], *types: str) -> datetime | None:
    return min((first[one] for one in types if one in first), default=None)


class Shown(NamedTuple):
    """An indicator as the overview shows it: the last seven days, the seven before, and each day of the trend."""

    kpi: Kpi
    week: Ratio
    before: Ratio
    trend: tuple[tuple[date, Ratio], ...]

    @property
    def is_better(self) -> bool | None:
        """Whether this week is better than the last; None where one of them has nothing, or they are the same."""
        now, then = self.week.percent, self.before.percent
        if now is None or then is None or now == then:
            return None
        return (now > then) == (self.kpi.better == "high")


def shown(days: Days, today: date, kpis: Iterable[Kpi] = KPIS) -> tuple[Shown, ...]:
    """Every indicator as of a day."""
    last_week = today - WEEK
    return tuple(
        Shown(
            kpi,
            days.over(kpi.name, last_week + timedelta(days=1), today),
            days.over(kpi.name, last_week - WEEK + timedelta(days=1), last_week),
            tuple(
                (day, days.ratios.get((kpi.name, day), Ratio()))
                for day in (today - timedelta(days=n) for n in range(TREND_DAYS - 1, -1, -1))
            ),
        )
        for kpi in kpis
    )
