"""The dunning policy: when a guarantor hears from us, and what ends the account. Every figure is given from outside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

from services.collections.core.policy_charges import LateCharge, LawRow
from services.collections.core.policy_conditions import ANYTHING, Condition, Situation, contradictions, hear
from services.collections.core.policy_levels import Ending, ReminderLevel, level_faults

__all__ = ["ANY_TENANT", "Choice", "DunningPolicy", "Ending", "PolicyBook", "PolicyError", "ReminderLevel"]

ANY_TENANT = "*"
"""Stands for every tenant that has no policy of its own."""

NOT_NEGATIVE = (
    "final_notice_days",
    "write_off_after_days",
    "plan_grace_days",
    "small_balance_cents",
    "pending_payment_wait_days",
    "spread_days",
    "risk_limit_cents",
    "promise_grace_days",
    "promise_ahead_days_max",
    "promises_rest_until_broken",
)


class PolicyError(ValueError):
    """A policy contradicts itself or the law it names; the text names the setting and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningPolicy:
    """One version of one tenant's policy. Days are calendar days in UTC, amounts integer cents.

    `name` goes to the journal with each episode, so that anyone can tell later which version ruled it. A `variant` is a
    second policy of the tenant, for the accounts of which `applies` holds when their balance opens; the variant with
    the highest `rank` is taken. Without `endings` an account is placed with `agency_id` after `placement_after_days`.
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
    endings: tuple[Ending, ...] = ()
    pending_payment_wait_days: int = 0
    spread_days: int = 0
    late_charges: tuple[LateCharge, ...] = ()
    laws: tuple[LawRow, ...] = ()  # what allows a late charge
    risk_limit_cents: int = 0
    contact_cost_cents: int = 0
    promise_grace_days: int = 0
    promise_ahead_days_max: int = 0  # 0: promises are for today
    promises_rest_until_broken: int = 0  # after so many broken ones no promise delays anything; 0: none does
    activation_approvals: int = 0
    variant: str = ""
    rank: int = 0
    applies: Condition = ANYTHING

    def __post_init__(self) -> None:
        faults = [*self._figure_faults(), *self._step_faults()]
        if faults:
            raise PolicyError("; ".join(faults))

    def _figure_faults(self) -> Iterator[str]:
        for name in ("due_after_days", "statement_every_days", "letter_gap_days", "retry_after_days"):
            if getattr(self, name) < 1:
                yield f"{name}: at least 1 day, or letters would repeat on one day"
        yield from (f"{name}: not negative" for name in NOT_NEGATIVE if getattr(self, name) < 0)
        if self.statement_every_days < self.letter_gap_days:
            yield "statement_every_days: not below letter_gap_days"
        if self.placement_after_days < self.placement_floor_days:
            yield "placement_after_days: not below its floor"
        if self.plan_installments_max < 1:
            yield "plan_installments_max: at least 1"
        if self.plan_installment_min_cents < 1:
            yield "plan_installment_min_cents: at least 1 cent"
        if self.activation_approvals not in {0, 1, 2}:
            yield "activation_approvals: 0 (none), 1 (one person) or 2 (four eyes)"

    def _step_faults(self) -> Iterator[str]:
        yield from level_faults(
            self.reminders,
            self.ways_out,
            letter_gap_days=self.letter_gap_days,
            due_after_days=self.due_after_days,
        )
        for ending in self.endings:
            if ending.action in {"placement", "legal_review"} and ending.day < self.placement_floor_days:
                yield f"endings: {ending.title}: day {ending.day} is below placement_floor_days; give a later day"
        yield from (f"applies: {fault}" for fault in contradictions(self.applies))
        for charge in self.late_charges:
            yield from (f"late_charges: {charge.name}: {fault}" for fault in charge.faults())

    @property
    def ways_out(self) -> tuple[Ending, ...]:
        """The endings, the common one where none is named."""
        return self.endings or (Ending(action="placement", day=self.placement_after_days),)

    def not_before(self, account_id: str) -> date:
        """The day an account's share of the first days comes: what is switched on reaches some accounts each day.

        The share derives from the account's id, so it is the same whenever it is asked for.
        """
        if not self.spread_days:
            return date.min
        return self.valid_from + timedelta(crc32(account_id.encode()) % self.spread_days)


class Considered(NamedTuple):
    """One policy that was looked at for an account: whether it is for it, and why."""

    policy: str
    applies: bool
    reasons: tuple[str, ...]


class Choice(NamedTuple):
    """The policy of an account, and every one that was looked at, in order."""

    policy: DunningPolicy
    considered: tuple[Considered, ...]


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Every policy version of every tenant. An episode keeps the version it opened under."""

    policies: tuple[DunningPolicy, ...]

    def __post_init__(self) -> None:
        names = [policy.name for policy in self.policies]
        if len(set(names)) != len(names):
            msg = "policies: one version a day and tenant"
            raise PolicyError(msg)

    def on(self, tenant: str, day: date) -> DunningPolicy:
        """The version in force for a tenant: its own if it has any, else the common one. Raises PolicyError."""
        own = [p for p in self.policies if p.tenant == tenant and not p.variant]
        known = own or [p for p in self.policies if p.tenant == ANY_TENANT and not p.variant]
        in_force = [p for p in known if p.valid_from <= day]
        if not in_force:
            msg = "no dunning policy is in force on the day the balance opened"
            raise PolicyError(msg)
        return max(in_force, key=lambda p: p.valid_from)

    def choose(self, tenant: str, day: date, situation: Situation) -> Choice:
        """The policy for a balance that opens: the variant of the highest rank that applies, else the tenant's own."""
        considered = list[Considered]()
        for policy in sorted(self._variants(tenant, day), key=lambda p: (-p.rank, p.variant)):
            heard = hear(policy.applies, situation)
            considered.append(Considered(policy.name, heard.holds(day), heard.reasons(day)))
            if heard.holds(day):
                return Choice(policy, tuple(considered))
        common = self.on(tenant, day)
        considered.append(
            Considered(common.name, applies=True, reasons=("it is for every account no other one is for",))
        )
        return Choice(common, tuple(considered))

    def named(self, name: str) -> DunningPolicy:
        """The version an episode opened under. Raises PolicyError when it was removed from the book."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        msg = "the dunning policy of an open episode is not in the book; versions are added, never removed"
        raise PolicyError(msg)

    def _variants(self, tenant: str, day: date) -> tuple[DunningPolicy, ...]:
        """The newest version in force of each of the tenant's variants."""
        newest = dict[str, DunningPolicy]()
        for policy in self.policies:
            if policy.variant and policy.tenant == tenant and policy.valid_from <= day:
                other = newest.get(policy.variant)
                newest[policy.variant] = policy if other is None or other.valid_from < policy.valid_from else other
        return tuple(newest.values())
