"""What is let go, which reasons are no part of a price, and who may give up what: dated, sourced configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

ANY_TENANT = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderpaymentRules:
    """What is in force from a day on. Reasons are claim adjustment reason codes."""

    valid_from: date
    line_tolerance_cents: int
    claim_tolerance_cents: int
    after_price_reasons: frozenset[str]  # taken off after the price was set: they do not lower what is allowed
    patient_price_reasons: frozenset[str]  # under PR: above the price, not part of it
    unpriced_reasons: frozenset[str]  # nothing was priced: the line says nothing about the contract
    other_payer_reasons: frozenset[str]  # what another payer decided
    facility_places: frozenset[str]
    write_off_alone_cents: int
    warn_days: int


@dataclass(frozen=True, slots=True)
class UnderpaymentPolicy:
    """Rules by client, newest first; `*` holds for those without their own."""

    rules: Mapping[str, Sequence[UnderpaymentRules]]

    def on(self, tenant: str, day: date) -> UnderpaymentRules:
        """The rules in force; before the first, the first."""
        dated = self.rules.get(tenant) or self.rules[ANY_TENANT]
        return next((one for one in dated if one.valid_from <= day), dated[-1])
