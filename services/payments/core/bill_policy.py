"""What is asked before a guarantor is billed: dated figures by client and practice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.payments.core.refund_policy import ANY_TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRules:
    """What is in force from a day on; 0 days or cents: that rule is off."""

    valid_from: date
    minimum_age_days: int = 0
    claim_pending_days: int = 0
    contested_days: int = 0
    credit_days: int = 0
    screening_days: int = 0
    application_days: int = 0
    small_cents: int = 0
    small_days: int = 0
    hold_reasons: Sequence[str] = ()
    suppress_reasons: Sequence[str] = ()
    version: str = ""

    @property
    def asks_nothing(self) -> bool:
        """Whether every rule is off, so that only a person's word holds a bill."""
        days = self.minimum_age_days, self.claim_pending_days, self.contested_days, self.credit_days
        return not any((*days, self.screening_days, self.application_days, self.small_cents))


NO_RULES = BillRules(valid_from=date.min)


@dataclass(frozen=True, slots=True)
class BillPolicy:
    """Rules newest first, by `<tenant>.<billing NPI>`, by tenant, and under `*` for those without their own."""

    rules: Mapping[str, Sequence[BillRules]]

    def on(self, tenant: str, practice: str, day: date) -> BillRules:
        """The rules in force for a practice; before the first, the first."""
        dated = self.rules.get(f"{tenant}.{practice}") or self.rules.get(tenant) or self.rules.get(ANY_TENANT)
        if not dated:
            return NO_RULES
        return next((one for one in dated if one.valid_from <= day), dated[-1])


NO_BILL_RULES = BillPolicy({})
