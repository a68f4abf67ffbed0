"""Who may give how much back: dated limits, by client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

ANY_TENANT = "*"


@dataclass(frozen=True, slots=True)
class RefundLimits:
    """What is in force from a day on."""

    valid_from: date
    one_person_up_to_cents: int
    at_most_cents: int
    check_stale_days: int


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """Limits by client, newest first; `*` holds for those without their own."""

    limits: Mapping[str, Sequence[RefundLimits]]

    def on(self, tenant: str, day: date) -> RefundLimits:
        """The limits in force; before the first, the first."""
        dated = self.limits.get(tenant) or self.limits[ANY_TENANT]
        return next((one for one in dated if one.valid_from <= day), dated[-1])
