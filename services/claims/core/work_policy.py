"""What work on a claim takes as given: playbooks, recovery rates, priorities, write-off limits. Dated, sourced data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal, TypeAlias, TypeVar

from pydantic import ConfigDict, NonNegativeInt

from .denial_rules import NextAction, RootCause

Queue: TypeAlias = Literal["biller", "coder", "payer_follow_up", "registration", "credentialing", "supervisor", "edi"]
"""Whose work it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every entry carries."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    valid_from: date
    valid_to: date | None = None
    source: str
    owner: str

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class PlaybookStep:
    """One step: what is done, by whom, and what it needs."""

    action: NextAction
    by: Queue
    needs: tuple[str, ...]
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook(Entry):
    """The steps for one category, in order."""

    category: str
    steps: tuple[PlaybookStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Entry):
    """How much of a category's refused money comes back when it is worked, in percent."""

    category: str
    percent: NonNegativeInt


@dataclass(frozen=True, slots=True, kw_only=True)
class Band(Entry):
    """A priority: expected recovery from `from_cents` on. Band 1 is worked first."""

    band: NonNegativeInt
    from_cents: NonNegativeInt


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffLimit(Entry):
    """Who may approve a write-off up to so many cents: somebody else than who asked, with one of the roles."""

    up_to_cents: NonNegativeInt
    roles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prevention(Entry):
    """What keeps refusals of one root cause from arising."""

    root_cause: RootCause
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Entry):
    """Within how many days work of a category is to be done where nothing else says it."""

    category: str
    days: NonNegativeInt


@dataclass(frozen=True, slots=True)
class Priority:
    """Where an item stands in the list, and why."""

    band: int
    expected_cents: int
    why: str


@dataclass(frozen=True, slots=True)
class WorkPolicy:
    """Every entry. The last day of `urgent_days` before a deadline raises an item by one band."""

    playbooks: Sequence[Playbook]
    recoveries: Sequence[Recovery]
    bands: Sequence[Band]
    limits: Sequence[WriteOffLimit]
    preventions: Sequence[Prevention]
    urgent_days: int
    responses: Sequence[Response] = ()

    def respond_by(self, category: str, today: date) -> date | None:
        """Until when work of a category is to be done; None where no entry says it."""
        found = _newest((one for one in self.responses if one.category == category), today)
        return None if found is None else today + timedelta(days=found.days)

    def playbook(self, category: str, day: date) -> Playbook:
        """The steps for a category; those for "unspecified" where it has none of its own."""
        found = _newest((one for one in self.playbooks if one.category == category), day)
        return found or self.playbook("unspecified", day)

    def steps_from(self, category: str, action: str, day: date) -> tuple[PlaybookStep, ...]:
        """The playbook from the first step that the classifier named; all of it where it is not among them."""
        steps = self.playbook(category, day).steps
        place = next((n for n, step in enumerate(steps) if step.action == action), 0)
        return steps[place:]

    def queue(self, category: str, action: str, day: date) -> Queue:
        """Whose work the first step is."""
        return self.steps_from(category, action, day)[0].by

    def priority(self, category: str, amount_cents: int, deadline_on: date | None, today: date) -> Priority:
        """Expected recovery by the category's rate, in bands; a deadline that is close raises it by one."""
        rate = _newest((one for one in self.recoveries if one.category == category), today)
        rate = rate or _newest((one for one in self.recoveries if one.category == "unspecified"), today)
        percent = rate.percent if rate else 0
        expected = max(amount_cents, 0) * percent // 100
        reached = [one.band for one in self.bands if one.in_force(today) and expected >= one.from_cents]
        band = min(reached)
        why = f"{percent} % of {amount_cents / 100:.2f} is expected back ({category})"
        if deadline_on is not None and (deadline_on - today).days <= self.urgent_days:
            return Priority(max(band - 1, 1), expected, f"{why}; {(deadline_on - today).days} days are left")
        return Priority(band, expected, why)

    def prevention(self, root_cause: str, day: date) -> str:
        """What keeps it from arising; "" where nothing is known."""
        found = _newest((one for one in self.preventions if one.root_cause == root_cause), day)
        return found.do if found else ""

    def may_approve(self, roles: Sequence[str], cents: int, day: date) -> bool:
        """Whether one of the roles may approve a write-off of so many cents: the smallest limit that holds it."""
        holding = [one for one in self.limits if one.in_force(day) and cents <= one.up_to_cents]
        return bool(holding) and not min(holding, key=lambda one: one.up_to_cents).roles.isdisjoint(roles)


def _newest(entries: Iterable[E], day: date) -> E | None:
    """The entry in force on the day that began last."""
    return max((one for one in entries if one.in_force(day)), key=lambda one: one.valid_from, default=None)
