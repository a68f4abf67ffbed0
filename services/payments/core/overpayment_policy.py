"""Until when a federal payer's overpayment must be returned: dated, because the law changed what starts the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class OverpaymentRules:
    """What is in force from a day on."""

    valid_from: date
    return_days: int
    identified_by: str
    investigation_days_max: int
    warn_days: int
    federal_filing_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverpaymentPolicy:
    """The rules, newest first."""

    rules: Sequence[OverpaymentRules]

    def on(self, day: date) -> OverpaymentRules:
        """The rules in force on a day; before the first, the first."""
        return next((one for one in self.rules if one.valid_from <= day), self.rules[-1])

    def due_on(self, identified_on: date, began_on: date | None, concluded_on: date | None) -> date:
        """The last day to return it. Days of an investigation do not count, as far as the law lets them not count."""
        rules = self.on(identified_on)
        due = identified_on + timedelta(rules.return_days)
        if began_on is None or not rules.investigation_days_max:
            return due
        latest = identified_on + timedelta(rules.investigation_days_max)
        ended = min(concluded_on or latest, latest)
        return due + max(ended - max(began_on, identified_on), timedelta())
