"""When a claim goes to another payer than it was made for, or again to the same one, by itself.

A payer's 271 may name who takes the claim (managed care), say after a denial that coverage was in force, or show
coverage that nobody knew of. Policy says for each denial category whether that sends the claim again or is work for a
person. The claim stays the same claim, so its charge stands once in the ledger. It never goes around: each answer
counts once, each rule and each claim has its number of times, and no payer but the one that denied it gets it twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, NonNegativeInt

from shared.contracts import Contract, Sealed
from shared.decider import Effect, Fact

from .denial_rules import Category

Found: TypeAlias = Literal["active", "managed_care", "discovered"]
"""Coverage in force at the same payer, at the plan that manages the care, or at a payer nobody had named."""
WorkKind: TypeAlias = Literal["active", "managed_care", "discovered", "cob", "restricted"]
Occasion: TypeAlias = Category | Literal["before_sending"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RebillRule:
    """What is done on some occasions when coverage is found; `times_max` is for one claim."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    found: Found
    occasions: frozenset[Occasion]
    action: Literal["bill", "work"]
    times_max: NonNegativeInt = 1
    valid_from: date
    valid_to: date | None = None
    source: str
    owner: str


@dataclass(frozen=True, slots=True)
class RebillPolicy:
    """Every rule; `times_max` bounds what all of them together do to one claim."""

    rules: Sequence[RebillRule] = ()
    times_max: int = 0

    def rule(self, found: Found, occasion: str, day: date) -> RebillRule | None:
        """The rule in force on the day that began last; None where nothing is to be done."""
        fitting = (
            one
            for one in self.rules
            if one.found == found
            and occasion in one.occasions
            and one.valid_from <= day
            and (one.valid_to is None or day <= one.valid_to)
        )
        return max(fitting, key=lambda one: one.valid_from, default=None)


class RebillClaim(Effect):
    """Make the claim anew for the payer it goes to. `sealed_subscriber` is of a coverage that was found."""

    type: Literal["rebill-claim"] = "rebill-claim"
    found: Found
    from_payer_id: str
    to_payer_id: str
    to_payer_name: str = ""
    sealed_subscriber: Sealed | None = None
    rule: str


class PayerChanged(Fact):
    """The claim goes to this payer now; its new content is the fact that follows."""

    type: Literal["payer-changed"] = "payer-changed"
    found: Found
    from_payer_id: str
    to_payer_id: str
    rule: str
    because: str
    after_denial: bool


class CoverageWorkNoted(Fact):
    """Coverage was found and the claim is not sent by itself: a person decides."""

    type: Literal["coverage-work-noted"] = "coverage-work-noted"
    kind: WorkKind
    payers: tuple[str, ...]
    because: str


class RouteSeen(Contract):
    """Who takes the claims of a coverage on a day, as its payer's 271 says."""

    coverage_id: str
    service_date: date
    payer_id: str
    name: str = Field(default="", description="The organization as the 271 names it.")


BECAUSE: dict[Found, str] = {
    "active": "The payer says again that coverage was in force on the service date.",
    "managed_care": "The payer's 271 names the plan that manages the patient's care and takes the claim.",
    "discovered": "A payer that nobody had named covers the patient on the service date.",
}
WORK: dict[WorkKind, str] = {
    "active": "Ask for reprocessing, or send a corrected claim.",
    "managed_care": "Bill the plan that manages the care, and void or withdraw what went to the other payer.",
    "discovered": "Find out who pays first, and bill the payer that was found.",
    "restricted": "Void the claim or withdraw it, and tell the privacy officer what the plan has seen.",
    "cob": "The payer's 271 names other payers: find out who pays first, and correct the claim's coverages.",
}


def why_not(
    rule: RebillRule, policy: RebillPolicy, changes: Sequence[PayerChanged], from_payer_id: str, to_payer_id: str
) -> str:
    """Why the claim is not sent by itself; "" where it is. `changes` are those it went through before."""
    if rule.action != "bill":
        return "House policy leaves this to a person."
    same = sum(one.rule == rule.id for one in changes)
    if same >= rule.times_max or len(changes) >= policy.times_max:
        return "The claim was sent again by itself as often as policy allows."
    had_it = {payer for one in changes for payer in (one.from_payer_id, one.to_payer_id)}
    if to_payer_id != from_payer_id and to_payer_id in had_it:
        return "That payer had the claim already."
    return ""
