"""Figures about parties that are neither insurer nor guarantor: dated, sourced, by client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.payments.core.refund_policy import ANY_TENANT


@dataclass(frozen=True, slots=True)
class OtherPartyRules:
    """What is in force from a day on."""

    valid_from: date
    reduction_alone_cents: int  # above it, another person approves
    invoice_due_days: int
    protection_most_days: int  # a letter of protection holds no longer without being said anew
    guarantor_never_liable: Sequence[str]  # kinds of parties whose rest is never the guarantor's


@dataclass(frozen=True, slots=True)
class OtherPartyPolicy:
    """Rules by client, newest first; `*` holds for those without their own."""

    rules: Mapping[str, Sequence[OtherPartyRules]]

    def on(self, tenant: str, day: date) -> OtherPartyRules:
        """The rules in force; before the first, the first."""
        dated = self.rules.get(tenant) or self.rules[ANY_TENANT]
        return next((one for one in dated if one.valid_from <= day), dated[-1])
