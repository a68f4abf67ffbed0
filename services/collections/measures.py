"""What a policy brings: contacts, promises, payments, cost and complaints by version and level, from what happened.

A payment, promise or complaint is counted for the last contact before it, if that was not longer ago than
`ATTRIBUTED_DAYS`; else for none. Whether the contact caused it nobody knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from services.collections.core import CollectionFact, PolicyBook
from services.collections.core.facts import (
    BalanceSettled,
    BalanceWrittenOff,
    ContactMade,
    EpisodeOpened,
    PlacementMade,
    PlanAgreed,
    PlanFulfilled,
    PlanMissed,
    ReminderWentOut,
    StatementWentOut,
)
from services.collections.core.person_facts import CallAsked, CeaseNoted, MediumStopped
from services.collections.core.policy_facts import PaymentNoted, PolicyAdopted, ReviewAsked

ATTRIBUTED_DAYS = 30
PROMISE_DAYS = 14
"""A promise is kept by a payment within so many days."""
NO_POLICY = ""
NO_CONTACT = -1


class Happened(NamedTuple):
    """One fact of an account, and its day."""

    on: date
    fact: CollectionFact


@dataclass(slots=True)
class LevelMeasures:
    """What one level of one version did and what followed. Level 0: the statements; -1: what followed no contact."""

    contacts: int = 0
    payments: int = 0
    recovered_cents: int = 0
    promises: int = 0
    promises_kept: int = 0
    complaints: int = 0
    cost_cents: int = 0


@dataclass(slots=True)
class VersionMeasures:
    """What one version of a policy did."""

    episodes: int = 0
    stated_cents: int = 0  # by first statements
    settled: int = 0
    placed: int = 0
    placed_cents: int = 0
    reviews: int = 0
    written_off_cents: int = 0
    plans: int = 0
    plans_completed: int = 0
    plans_broken: int = 0
    levels: dict[int, LevelMeasures] = field(default_factory=dict[int, LevelMeasures])

    def level(self, number: int) -> LevelMeasures:
        return self.levels.setdefault(number, LevelMeasures())

    @property
    def recovered_cents(self) -> int:
        return sum(level.recovered_cents for level in self.levels.values())

    @property
    def contacts(self) -> int:
        return sum(level.contacts for level in self.levels.values())


class Measures:
    """Counts account by account; `by_version` is what was counted so far."""

    def __init__(self, book: PolicyBook) -> None:
        self._costs: Mapping[str, int] = {policy.name: policy.contact_cost_cents for policy in book.policies}
        self.by_version: dict[str, VersionMeasures] = {}

    def count(self, facts: Iterable[Happened]) -> None:
        """Count one account's facts, oldest first."""
        account = _Account(self)
        for happened in facts:
            account.hear(happened)

    def version(self, policy: str) -> VersionMeasures:
        return self.by_version.setdefault(policy, VersionMeasures())

    def cost_cents(self, policy: str) -> int:
        return self._costs.get(policy, 0)


class _Account:
    """Where one account is while it is counted."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._policy, self._level, self._contacted_on = NO_POLICY, NO_CONTACT, date.min
        self._promised_on: date | None = None
        self._stated = False

    def hear(self, happened: Happened) -> None:
        on, fact = happened
        version = self._measures.version
        match fact:
            case EpisodeOpened():
                self._policy, self._level, self._stated = fact.policy, NO_CONTACT, False
                version(fact.policy).episodes += 1
            case PolicyAdopted():
                self._policy = fact.policy
                version(fact.policy).episodes += 1
            case StatementWentOut():
                if not self._stated:
                    version(self._policy).stated_cents += fact.balance_cents
                self._stated = True
                self._contact(on, 0)
            case ReminderWentOut() | CallAsked():
                self._contact(on, fact.level)
            case PaymentNoted():
                self._paid(on, fact.paid_cents)
            case _:
                self._hear_more(on, fact)

    def _hear_more(self, on: date, fact: CollectionFact) -> None:
        version = self._measures.version(self._policy)
        match fact:
            case ContactMade() if fact.outcome == "promised_to_pay":
                self._last(on).promises += 1
                self._promised_on = on
            case CeaseNoted() | MediumStopped():
                self._last(on).complaints += 1
            case PlacementMade():
                version.placed += 1
                version.placed_cents += fact.placed_cents
            case ReviewAsked():
                version.reviews += 1
            case BalanceWrittenOff():
                version.written_off_cents += fact.written_off_cents
            case BalanceSettled():
                version.settled += 1
            case PlanAgreed():
                version.plans += 1
            case PlanFulfilled():
                version.plans_completed += 1
            case PlanMissed():
                version.plans_broken += 1
            case _:
                pass

    def _contact(self, on: date, level: int) -> None:
        self._level, self._contacted_on = level, on
        counted = self._measures.version(self._policy).level(level)
        counted.contacts += 1
        counted.cost_cents += self._measures.cost_cents(self._policy)

    def _paid(self, on: date, cents: int) -> None:
        counted = self._last(on)
        counted.payments += 1
        counted.recovered_cents += cents
        if self._promised_on is not None and on <= self._promised_on + timedelta(PROMISE_DAYS):
            counted.promises_kept += 1
            self._promised_on = None

    def _last(self, on: date) -> LevelMeasures:
        recent = on <= self._contacted_on + timedelta(ATTRIBUTED_DAYS) if self._level != NO_CONTACT else False
        return self._measures.version(self._policy).level(self._level if recent else NO_CONTACT)


def report(measures: Measures) -> str:
    """A table for people, a line for each level of each version."""
    lines = list[str]()
    head = "  level      contacts  payments     recovered  promises  kept  complaints        cost"
    for name, version in sorted(measures.by_version.items()):
        if not version.episodes:
            continue
        lines += [f"policy {name or 'none'}: {_whole(version)}", head]
        for number, level in sorted(version.levels.items()):
            called = {NO_CONTACT: "no contact", 0: "statement"}.get(number, f"level {number}")
            lines.append(
                f"  {called:10} {level.contacts:8,} {level.payments:9,} {level.recovered_cents / 100:13,.2f} "
                f"{level.promises:9,} {level.promises_kept:5,} {level.complaints:11,} {level.cost_cents / 100:11,.2f}"
            )
    return "\n".join(lines)


def _whole(version: VersionMeasures) -> str:
    rate = 100 * version.recovered_cents / version.stated_cents if version.stated_cents else 0
    default = 100 * version.plans_broken / version.plans if version.plans else 0
    recovered = f"{version.recovered_cents / 100:,.2f} ({rate:.1f} %)"
    return (
        f"{version.episodes:,} balances of {version.stated_cents / 100:,.2f}; recovered {recovered}; "
        f"settled {version.settled:,}; plans {version.plans:,} ({default:.0f} % broken); "
        f"placed {version.placed:,} ({version.placed_cents / 100:,.2f}); reviews {version.reviews:,}; "
        f"written off {version.written_off_cents / 100:,.2f}"
    )
