"""The deadline engine: until when a claim can be filed, corrected, sent on to the next payer, or appealed, and why.

Pure. Rules are dated, sourced data (`services/claims/policy/deadlines.toml`); the days that they count from are given.
A corrected claim is not an appeal, and neither stops the other's clock; nor does a rejection on a TA1, 999 or 277CA: a
rejected claim was never received (rules of the field 3.1, 3.9).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, NonNegativeInt

DeadlineKind: TypeAlias = Literal["timely_filing", "corrected_claim", "secondary_filing", "appeal"]
CountedFrom: TypeAlias = Literal["service_from", "service_to", "remittance", "prior_payer_remittance", "decision"]
"""`remittance` is the payer's first decision, `decision` the answer to the appeal before this level."""
Unit: TypeAlias = Literal["days", "business_days", "months", "years", "years_end"]
"""`years_end`: the last day of December of the year so many years later."""

WORDS: Mapping[CountedFrom, str] = {
    "service_from": "the first day of service",
    "service_to": "the last day of service",
    "remittance": "the payer's remittance",
    "prior_payer_remittance": "the prior payer's remittance",
    "decision": "the decision on the appeal before",
}


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One limit: `amount` of `unit`, counted from a day, in force for services from `valid_from` to `valid_to`.

    It holds for the payers in `payer_ids`, or else for the classes (SBR09) in `filing_codes`, or else for all; for
    `claim_types` (P, I, D) where given. `level` is 1 and up for appeals, else 0. `receipt_days` is how long after its
    date a notice counts as received. `minimum_cents` is the least amount in dispute that the level takes.
    `assumed` marks a cautious figure that stands until the contract's own is entered.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    kind: DeadlineKind
    amount: NonNegativeInt
    unit: Unit
    counted_from: CountedFrom
    valid_from: date
    source: str
    owner: str
    name: str = ""
    level: NonNegativeInt = 0
    receipt_days: NonNegativeInt = 0
    minimum_cents: NonNegativeInt = 0
    assumed: bool = False
    valid_to: date | None = None
    payer_ids: frozenset[str] = frozenset()
    filing_codes: frozenset[str] = frozenset()
    claim_types: frozenset[str] = frozenset()

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose deadline: the payer, its class (SBR09), the claim's type, its day of service, and the days known so far."""

    payer_id: str
    filing_code: str
    days: Mapping[CountedFrom, date]
    claim_type: str = "P"

    @property
    def service_day(self) -> date | None:
        return self.days.get("service_from")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day, with everything that made it."""

    kind: DeadlineKind
    level: int
    on: date
    rule: DeadlineRule
    counted_on: date

    def days_left(self, today: date) -> int:
        """Days until the last one; negative once it is over."""
        return (self.on - today).days

    @property
    def explanation(self) -> str:
        """The rule in a sentence, with its source."""
        rule = self.rule
        received = f", received {rule.receipt_days} days later" if rule.receipt_days else ""
        assumed = " A cautious assumption: enter the contract's own limit." if rule.assumed else ""
        return (
            f"{rule.name or rule.id}: {_amount(rule)} from {WORDS[rule.counted_from]} "
            f"({self.counted_on.isoformat()}{received}). Source: {rule.source}.{assumed}"
        )


def deadline(
    rules: Iterable[DeadlineRule], kind: DeadlineKind, asked: Asked, level: int = 0, *, amount_cents: int | None = None
) -> Deadline | None:
    """The last day on which the payer takes it; None where no rule is known, or the day it counts from is not.

    The payer's own rule goes before its class's, and that before the one for all; among equals the newest in force on
    the day of service. A level whose `minimum_cents` is above `amount_cents` is not open: None.
    """
    day = asked.service_day
    if day is None:
        return None
    candidates = [rule for rule in rules if _concerns(rule, kind, level, asked, day)]
    if not candidates:
        return None
    rule = max(candidates, key=lambda rule: (_closeness(rule), rule.valid_from))
    counted_on = asked.days.get(rule.counted_from)
    if counted_on is None or (amount_cents is not None and amount_cents < rule.minimum_cents):
        return None
    return Deadline(kind, level, _last_day(rule, counted_on), rule, counted_on)


def appeal_levels(rules: Iterable[DeadlineRule], asked: Asked) -> tuple[DeadlineRule, ...]:
    """The levels open with this payer, lowest first: the closest rule of each."""
    day = asked.service_day
    if day is None:
        return ()
    chosen: dict[int, DeadlineRule] = {}
    for rule in rules:
        if rule.kind != "appeal" or not _concerns(rule, "appeal", rule.level, asked, day):
            continue
        held = chosen.get(rule.level)
        if held is None or (_closeness(rule), rule.valid_from) > (_closeness(held), held.valid_from):
            chosen[rule.level] = rule
    if not chosen:
        return ()
    # Levels of one ladder only: a payer's own second level never follows its class's first.
    closest = max(_closeness(rule) for rule in chosen.values())
    return tuple(rule for _, rule in sorted(chosen.items()) if _closeness(rule) == closest)


def warning_days(last_day: date, before: Iterable[int], today: date) -> tuple[date, ...]:
    """The days after `today` on which a deadline is called out, `before` days ahead of it."""
    return tuple(sorted({day for days in before if (day := last_day - timedelta(days=days)) > today}))


def _concerns(rule: DeadlineRule, kind: DeadlineKind, level: int, asked: Asked, day: date) -> bool:
    if (rule.kind, rule.level) != (kind, level) or not rule.in_force(day):
        return False
    if rule.claim_types and asked.claim_type not in rule.claim_types:
        return False
    if rule.payer_ids:
        return asked.payer_id in rule.payer_ids
    return not rule.filing_codes or asked.filing_code in rule.filing_codes


def _closeness(rule: DeadlineRule) -> tuple[bool, bool, bool]:
    return bool(rule.payer_ids), bool(rule.filing_codes), bool(rule.claim_types)


def _last_day(rule: DeadlineRule, counted_on: date) -> date:
    start = counted_on + timedelta(days=rule.receipt_days)
    match rule.unit:
        case "days":
            return start + timedelta(days=rule.amount)
        case "business_days":
            return _business_days_after(start, rule.amount)
        case "months":
            return _months_after(start, rule.amount)
        case "years":
            return _months_after(start, 12 * rule.amount)
        case "years_end":
            return date(start.year + rule.amount, 12, 31)


def _months_after(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - timedelta(days=1))


def _business_days_after(day: date, count: int) -> date:
    """So many days from Monday to Friday on; holidays are not known here, so the day is never too late."""
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return day


def _amount(rule: DeadlineRule) -> str:
    if rule.unit == "years_end":
        later = "the same year" if rule.amount == 0 else f"year {rule.amount} after"
        return f"until 31 December of {later}, counted"
    unit = rule.unit.replace("_", " ")
    return f"{rule.amount} {unit if rule.amount != 1 else unit.removesuffix('s')}"
