"""What a provider-level adjustment means: the dated classification of the reason code in PLB03-1.

A code says on which account of the provider's ledger the amount stands, and whether that is the end of it. What is
`final` is income or cost; what is not comes back: the same amount with the opposite sign nets it to nothing, in a later
remittance of the same payer, told by its reference or by the payer alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ProviderAccount(StrEnum):
    """The accounts of a provider's ledger. The last one takes what no rule knows, until a person says what it is."""

    PAYER_CASH = "payer_cash"
    OVERPAYMENT_RECOVERY = "overpayment_recovery"
    FORWARDING_BALANCE = "forwarding_balance"
    ADVANCE = "advance"
    INTEREST = "interest"
    INCENTIVE = "incentive"
    SETTLEMENT = "settlement"
    WITHHOLDING = "withholding"
    PENALTY = "penalty"
    PROVIDER_ADJUSTMENT = "provider_adjustment"
    UNEXPLAINED = "unexplained"


class Nets(StrEnum):
    """How an amount comes to its end."""

    FINAL = "final"  # with itself
    BY_REFERENCE = "by_reference"  # with the payer's other amounts of this account and reference
    BY_PAYER = "by_payer"  # with the payer's other amounts of this account
    BY_PERSON = "by_person"  # when somebody says what it is


@dataclass(frozen=True, slots=True)
class ProviderCodeRule:
    """One reason code from a date on."""

    valid_from: date
    account: ProviderAccount
    nets: Nets


UNKNOWN_CODE = ProviderCodeRule(date.min, ProviderAccount.UNEXPLAINED, Nets.BY_PERSON)
"""No rule for it: posted, so that the cash ties out, and visible as work."""


@dataclass(frozen=True, slots=True)
class ProviderCodePolicy:
    """The rules by PLB reason code, newest first."""

    rules: Mapping[str, tuple[ProviderCodeRule, ...]]

    def classify(self, code: str, on: date) -> ProviderCodeRule:
        """The rule in force on the date of the remittance; `UNKNOWN_CODE` when there is none."""
        return next((rule for rule in self.rules.get(code, ()) if rule.valid_from <= on), UNKNOWN_CODE)
