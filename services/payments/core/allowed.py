"""What a payer allowed for a line: as it states it, or the charge less what was taken off by the price.

A denial is no price: what was refused, or is the patient's because it is not covered, is worked on as a denial.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.adjudication import OUTSTANDING, PATIENT_GROUP, AdjustmentPolicy
from services.payments.core.contract_bill import Step
from services.payments.core.decided import Cas
from services.payments.core.money_text import dollars
from services.payments.core.responsibility import SharePolicy
from services.payments.core.underpayment_policy import UnderpaymentRules

PROVIDER_GROUPS_OF_PRICE = frozenset({"CO", "PI", "OA"})
Part: TypeAlias = Literal["price", "kept", "denied", "unpriced", "coordinated"]
"""What an adjustment is for the price: lowers it; is part of what was allowed; refuses; prices nothing; another's."""


@dataclass(frozen=True, slots=True)
class Codes:
    """What adjustments mean, on the day of a remittance."""

    adjustments: AdjustmentPolicy
    shares: SharePolicy
    rules: UnderpaymentRules

    def part_of(self, one: Cas, on: date) -> Part:
        if one.reason in self.rules.unpriced_reasons:
            return "unpriced"
        if one.group == "OA" and one.reason in self.rules.other_payer_reasons:
            return "coordinated"
        if one.group == PATIENT_GROUP:
            return self._of_patient(one, on)
        if one.reason in self.rules.after_price_reasons:
            return "kept"
        if (
            one.group not in PROVIDER_GROUPS_OF_PRICE
            or self.adjustments.classify(one.group, one.reason, on) in OUTSTANDING
        ):
            return "denied"
        return "price"

    def _of_patient(self, one: Cas, on: date) -> Part:
        if one.reason in self.rules.patient_price_reasons:
            return "price"
        refused = self.adjustments.classify(one.group, one.reason, on) in OUTSTANDING
        return "denied" if refused or self.shares.kind_of(one.reason, on) == "non_covered" else "kept"


class Allowed(NamedTuple):
    """What was allowed; without cents `because` says why nothing can be said of it."""

    cents: int | None
    because: str = ""
    steps: tuple[Step, ...] = ()


def allowed_of(
    charge_cents: int, adjustments: Sequence[Cas], stated_cents: int | None, codes: Codes, on: date
) -> Allowed:
    """The allowed amount of a line, or of a claim with all its adjustments."""
    parts = [(codes.part_of(one, on), one) for one in adjustments if one.cents]
    kinds = {part for part, _ in parts}
    if "denied" in kinds:
        refused = ", ".join(_named(one) for part, one in parts if part == "denied")
        return Allowed(None, "denied", (Step("allowed", f"refused or not covered, no price: {refused}"),))
    if "unpriced" in kinds:
        which = ", ".join(_named(one) for part, one in parts if part == "unpriced")
        return Allowed(None, "not_priced", (Step("allowed", f"the payer priced nothing: {which}"),))
    if stated_cents is not None:
        return Allowed(stated_cents, "", (Step("allowed", "as the payer states it (AMT*B6)", stated_cents),))
    if "coordinated" in kinds:
        says = "another payer decided before, and this one does not state what it allows (AMT*B6)"
        return Allowed(None, "coordinated", (Step("allowed", says),))
    lowering = [one for part, one in parts if part == "price"]
    cents = charge_cents - sum(one.cents for one in lowering)
    less = " less " + ", ".join(f"{_named(one)} {dollars(one.cents)}" for one in lowering) if lowering else ""
    return Allowed(cents, "", (Step("allowed", f"charge {dollars(charge_cents)}{less}", cents),))


def _named(one: Cas) -> str:
    return f"{one.group}-{one.reason}"
