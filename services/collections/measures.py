"""What a policy brings: contacts, promises, payments, cost and complaints by version and level, from what happened.

A payment, promise or complaint is counted for the last contact before it, if that was not longer ago than
`ATTRIBUTED_DAYS`; else for none. Whether the contact caused it nobody knows. What became of a promise is counted where
the promise is. A contact costs what the policy says, and where it says nothing, what the house's dated order of work
says of its channel.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from services.collections.core import Channel, CollectionFact, PolicyBook
from services.collections.core.asking import SPOKEN
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
from services.collections.core.plan_facts import (
    MoneyRestored,
    MoneyReturned,
    PlanNews,
    SettlementForgiven,
    SettlementUndone,
)
from services.collections.core.policy_facts import PaymentNoted, PolicyAdopted, ReviewAsked
from services.collections.core.work_facts import ComplaintTaken, PromiseEnded, PromiseMade
from services.collections.core.work_policy import ANY_TENANT, NO_ORDER, WorkBook
from services.collections.core.work_state import NOT_KEPT

ATTRIBUTED_DAYS = 30
WHOLE_BPS = 10_000
NO_POLICY = ""
NO_CONTACT = -1


class Happened(NamedTuple):
    """One fact of an account, and its day."""

    on: date
    fact: CollectionFact


@dataclass(slots=True)
class LevelMeasures:
    """What one level of one version did and what followed. Level 0: the statements; -1: what followed no contact.

    `calls` are tries to speak with them, `spoken` the conversations among them; `stops` are wishes to be left alone.
    """

    contacts: int = 0
    calls: int = 0
    spoken: int = 0
    payments: int = 0
    recovered_cents: int = 0
    promises: int = 0
    promised_cents: int = 0
    promises_kept: int = 0
    promises_not_kept: int = 0
    complaints: int = 0
    stops: int = 0
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
        return self.total("recovered_cents")

    @property
    def contacts(self) -> int:
        return self.total("contacts")

    def total(self, name: str) -> int:
        """A count of all levels together."""
        return sum(getattr(level, name) for level in self.levels.values())

    def rates(self) -> dict[str, int | None]:
        """The field's measures, in hundredths of a percent; None where there is nothing to divide by.

        Promise kept: of those that were followed up. Plan default: broken of those that ended. Contact rate:
        conversations of the calls. Recovery: of what first statements asked for. Cost: of what was recovered. Complaint
        rate: of the contacts.
        """
        kept, not_kept = self.total("promises_kept"), self.total("promises_not_kept")
        return {
            "promise_kept": _bps(kept, kept + not_kept),
            "plan_default": _bps(self.plans_broken, self.plans_broken + self.plans_completed),
            "contact_rate": _bps(self.total("spoken"), self.total("calls")),
            "recovery": _bps(self.recovered_cents, self.stated_cents),
            "cost": _bps(self.total("cost_cents"), self.recovered_cents),
            "complaint_rate": _bps(self.total("complaints"), self.contacts),
        }


def _bps(part: int, whole: int) -> int | None:
    return part * WHOLE_BPS // whole if whole else None


class Measures:
    """Counts account by account; `by_version` is what was counted so far."""

    def __init__(self, book: PolicyBook, work: WorkBook = NO_ORDER, tenant: str = ANY_TENANT) -> None:
        self._costs: Mapping[str, int] = {policy.name: policy.contact_cost_cents for policy in book.policies}
        self._work, self._tenant = work, tenant
        self.by_version: dict[str, VersionMeasures] = {}

    def count(self, facts: Iterable[Happened]) -> None:
        """Count one account's facts, oldest first."""
        account = _Account(self)
        for happened in facts:
            account.hear(happened)

    def version(self, policy: str) -> VersionMeasures:
        return self.by_version.setdefault(policy, VersionMeasures())

    def cost_cents(self, policy: str, channel: Channel, on: date) -> int:
        """What one contact cost: as the policy says, else as the house says of the channel on that day."""
        own = 0 if channel == "agency" else self._costs.get(policy, 0)  # a file to an agency is no letter
        if own or not self._work:
            return own
        return self._work.on(self._tenant, on).contact_cost_cents.get(channel, 0)


class _Account:
    """Where one account is while it is counted."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._policy, self._level, self._contacted_on = NO_POLICY, NO_CONTACT, date.min
        self._promised: LevelMeasures | None = None
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
            case ContactMade():
                self._contacted(on, fact)
            case PaymentNoted():
                self._paid(on, fact.paid_cents)
            case _:
                self._hear_more(on, fact)

    def _hear_more(self, on: date, fact: CollectionFact) -> None:
        """What the guarantor said or did."""
        match fact:
            case PromiseMade():
                self._promised = self._last(on)
                self._promised.promises += 1
                self._promised.promised_cents += fact.promised_cents
            case PromiseEnded():
                self._followed_up(fact)
            case ComplaintTaken():
                self._last(on).complaints += 1
            case CeaseNoted() | MediumStopped():
                self._last(on).stops += 1
            case PlanNews():
                self._hear_plan(on, fact)
            case _:
                self._hear_of_the_end(fact)

    def _hear_of_the_end(self, fact: CollectionFact) -> None:
        """Plans, placement, review and how the balance ended."""
        version = self._measures.version(self._policy)
        match fact:
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

    def _hear_plan(self, on: date, fact: PlanNews) -> None:
        """What was given up for a settlement, and money that left again: it was not recovered after all."""
        match fact:
            case SettlementForgiven():
                self._measures.version(self._policy).written_off_cents += fact.forgiven.cents
            case SettlementUndone():
                self._measures.version(self._policy).written_off_cents -= fact.restored_cents
            case MoneyReturned():
                self._last(on).recovered_cents -= fact.returned_cents
            case MoneyRestored():
                self._last(on).recovered_cents += fact.restored_cents
            case _:
                pass

    def _contact(self, on: date, level: int) -> None:
        self._level, self._contacted_on = level, on
        self._measures.version(self._policy).level(level).contacts += 1

    def _contacted(self, on: date, fact: ContactMade) -> None:
        """What we send or dial costs; a call is a try to speak with them."""
        if fact.direction != "out":
            return
        counted = self._last(on)
        counted.cost_cents += self._measures.cost_cents(self._policy, fact.channel, on)
        if fact.channel == "phone":
            counted.calls += 1
            counted.spoken += fact.outcome in SPOKEN

    def _paid(self, on: date, cents: int) -> None:
        counted = self._last(on)
        counted.payments += 1
        counted.recovered_cents += cents

    def _followed_up(self, fact: PromiseEnded) -> None:
        if self._promised is not None:
            self._promised.promises_kept += fact.outcome == "kept"
            self._promised.promises_not_kept += fact.outcome in NOT_KEPT
        self._promised = None

    def _last(self, on: date) -> LevelMeasures:
        recent = on <= self._contacted_on + timedelta(ATTRIBUTED_DAYS) if self._level != NO_CONTACT else False
        return self._measures.version(self._policy).level(self._level if recent else NO_CONTACT)


def report(measures: Measures) -> str:
    """A table for people, a line for each level of each version."""
    lines = list[str]()
    head = (
        "  level      contacts  calls spoken  payments     recovered"
        "  promises  kept broken  complaints  stops        cost"
    )
    for name, version in sorted(measures.by_version.items()):
        if not version.episodes:
            continue
        lines += [f"policy {name or 'none'}: {_whole(version)}", head]
        for number, level in sorted(version.levels.items()):
            called = {NO_CONTACT: "no contact", 0: "statement"}.get(number, f"level {number}")
            lines.append(
                f"  {called:10} {level.contacts:8,} {level.calls:6,} {level.spoken:6,} {level.payments:9,} "
                f"{level.recovered_cents / 100:13,.2f} {level.promises:9,} {level.promises_kept:5,} "
                f"{level.promises_not_kept:6,} {level.complaints:11,} {level.stops:6,} {level.cost_cents / 100:11,.2f}"
            )
        lines.append(f"  rates: {_rates(version)}")
    return "\n".join(lines)


def _rates(version: VersionMeasures) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {'-' if bps is None else f'{bps / 100:.1f} %'}"
        for name, bps in version.rates().items()
    )


def _whole(version: VersionMeasures) -> str:
    return (
        f"{version.episodes:,} balances of {version.stated_cents / 100:,.2f}; "
        f"recovered {version.recovered_cents / 100:,.2f}; settled {version.settled:,}; "
        f"plans {version.plans:,} (kept {version.plans_completed:,}, broken {version.plans_broken:,}); "
        f"placed {version.placed:,} ({version.placed_cents / 100:,.2f}); reviews {version.reviews:,}; "
        f"written off {version.written_off_cents / 100:,.2f}"
    )
