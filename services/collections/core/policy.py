"""The dunning policy: when a guarantor hears from us, and what ends the account. Every figure is given from outside."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

ANY_TENANT = "*"
"""Stands for every tenant that has no policy of its own."""


class PolicyError(ValueError):
    """A policy contradicts itself or the law it names; the text names the setting and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLevel:
    """One reminder: how many days after the first statement, and whether it is the final notice."""

    day: int
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningPolicy:
    """One version of one tenant's policy. Days are calendar days in UTC, amounts integer cents.

    `name` goes to the journal with each episode, so that anyone can tell later which version ruled it.
    """

    name: str
    tenant: str
    valid_from: date
    due_after_days: int
    statement_every_days: int
    letter_gap_days: int
    retry_after_days: int
    reminders: tuple[ReminderLevel, ...]
    agency_id: str
    placement_floor_days: int
    placement_after_days: int
    final_notice_days: int
    write_off_after_days: int
    small_balance_cents: int
    plan_grace_days: int
    plan_installments_max: int
    plan_installment_min_cents: int
    plan_first_due_within_days: int

    def __post_init__(self) -> None:
        for name in ("due_after_days", "statement_every_days", "letter_gap_days", "retry_after_days"):
            _require(getattr(self, name) >= 1, name, "at least 1 day, or letters would repeat on one day")
        for name in ("final_notice_days", "write_off_after_days", "plan_grace_days", "small_balance_cents"):
            _require(getattr(self, name) >= 0, name, "not negative")
        days = [0, *(level.day for level in self.reminders)]
        apart = all(later - earlier >= self.letter_gap_days for earlier, later in pairwise(days))
        _require(apart, "reminders", "letter_gap_days or more after the letter before, the first after the statement")
        _require(
            not any(level.final for level in self.reminders[:-1]), "reminders", "only the last is the final notice"
        )
        _require(self.statement_every_days >= self.letter_gap_days, "statement_every_days", "not below letter_gap_days")
        _require(self.placement_after_days >= self.placement_floor_days, "placement_after_days", "not below its floor")
        _require(self.plan_installments_max >= 1, "plan_installments_max", "at least 1")
        _require(self.plan_installment_min_cents >= 1, "plan_installment_min_cents", "at least 1 cent")


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Every policy version of every tenant. An episode keeps the version it opened under."""

    policies: tuple[DunningPolicy, ...]

    def __post_init__(self) -> None:
        names = [policy.name for policy in self.policies]
        _require(len(set(names)) == len(names), "policies", "one version a day and tenant")

    def on(self, tenant: str, day: date) -> DunningPolicy:
        """The version in force for a tenant: its own if it has any, else the common one. Raises PolicyError."""
        own = [p for p in self.policies if p.tenant == tenant]
        known = own or [p for p in self.policies if p.tenant == ANY_TENANT]
        in_force = [p for p in known if p.valid_from <= day]
        if not in_force:
            msg = "no dunning policy is in force on the day the balance opened"
            raise PolicyError(msg)
        return max(in_force, key=lambda p: p.valid_from)

    def named(self, name: str) -> DunningPolicy:
        """The version an episode opened under. Raises PolicyError when it was removed from the book."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        msg = "the dunning policy of an open episode is not in the book; versions are added, never removed"
        raise PolicyError(msg)


def _require(holds: bool, setting: str, rule: str) -> None:
    if not holds:
        msg = f"{setting}: {rule}"
        raise PolicyError(msg)
