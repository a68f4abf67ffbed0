"""What a client's financial assistance policy grants, and by which poverty guideline: dated, sourced configuration.

Source of the frame: 26 CFR 1.501(r)-4 (a written policy, how to apply) and 1.501(r)-6 (the time to apply, and what
rests meanwhile). The scale is the client's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias, TypeVar

IncomeKind: TypeAlias = Literal["wages", "self_employment", "benefits", "support", "other"]
ALWAYS = "always"
CONTIGUOUS = "contiguous"
"""The guideline of every state that has none of its own."""


class Guideline(NamedTuple):
    """Annual income of a household of one, and of each further person, in cents."""

    first_cents: int
    each_more_cents: int


class Tier(NamedTuple):
    """Up to this income, in percent of the guideline, this part of the patient's share is forgiven."""

    up_to_percent: int
    discount_percent: int


@dataclass(frozen=True, slots=True)
class PovertyTable:
    """One year's guidelines."""

    version: str
    valid_from: date
    guidelines: Mapping[str, Guideline]
    usable: bool = True

    def guideline_cents(self, state: str, household_size: int) -> int:
        """Annual income that is 100 percent for a household of this size in this state."""
        own = self.guidelines.get(state) or self.guidelines[CONTIGUOUS]
        return own.first_cents + (household_size - 1) * own.each_more_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One version of a client's policy. `usable` False: nobody has adopted it, so nothing is decided by it."""

    version: str
    valid_from: date
    scale: Sequence[Tier]
    presumptive: Mapping[str, int]
    documents: Mapping[str, str]
    application_days: int
    documents_days: int
    covers_days_back: int
    covers_days_ahead: int
    alone_up_to_discount_percent: int
    refund_at_least_cents: int
    usable: bool = True

    def __post_init__(self) -> None:
        limits, discounts = [one.up_to_percent for one in self.scale], [one.discount_percent for one in self.scale]
        if not limits or limits != sorted(set(limits)) or discounts != sorted(discounts, reverse=True):
            raise ValueError("scale: give tiers by rising income, and never more help for more income")
        if any(not 0 < percent <= 100 for percent in (*discounts, *self.presumptive.values())):
            raise ValueError("a discount is 1 to 100 percent")
        days = (self.application_days, self.documents_days, self.covers_days_back, self.covers_days_ahead)
        if any(one < 0 for one in days) or self.documents_days == 0:
            raise ValueError("days cannot be negative, and there are some to bring documents")
        if self.refund_at_least_cents < 0 or not 0 <= self.alone_up_to_discount_percent <= 100:
            raise ValueError("refund_at_least_cents and alone_up_to_discount_percent cannot be below 0 or above 100")

    def discount_at(self, income_cents: int, guideline_cents: int) -> int:
        """The discount at an annual income, in percent: 0 above the scale. Exact: the limit itself still counts."""
        for tier in self.scale:
            if income_cents * 100 <= guideline_cents * tier.up_to_percent:
                return tier.discount_percent
        return 0


@dataclass(frozen=True, slots=True)
class AssistancePolicy:
    """Every client's programs, and the guidelines each has confirmed; `*` is the common file."""

    programs: Mapping[str, Sequence[Program]]
    poverty: Mapping[str, Sequence[PovertyTable]]

    def program(self, tenant: str, on: date) -> Program | None:
        """The program in force on a day; None before the first."""
        return _newest(self.programs.get(tenant) or self.programs["*"], on)

    def table(self, tenant: str, on: date) -> PovertyTable | None:
        """The guidelines in force on a day; None before the first."""
        return _newest(self.poverty.get(tenant) or self.poverty["*"], on)


_Version = TypeVar("_Version", Program, PovertyTable)


def _newest(versions: Sequence[_Version], on: date) -> _Version | None:
    return max((one for one in versions if one.valid_from <= on), key=lambda one: one.valid_from, default=None)
