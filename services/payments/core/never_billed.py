"""What may never be billed to a patient: a pure gate over dated rules, each with its source.

The payer's own words (group, reason, status, remark codes, kind of payer) and what is known of the patient on the day
(`Standing`) decide. A stopped amount stays outstanding and visible with the rule that stopped it; nobody may overrule
it, only the rule's owner may change the rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

Standing: TypeAlias = Literal["qmb", "medicaid", "workers_compensation", "no_surprises"]
"""Of the patient, or of the service, on its day: qualified Medicare beneficiary, member of Medicaid, injured at work,
protected by the No Surprises Act."""


class Circumstances(NamedTuple):
    """What is known when a payer states a patient's share."""

    status: str = ""  # CLP02
    filing_code: str = ""  # CLP06
    remark_codes: frozenset[str] = frozenset()
    standings: frozenset[str] = frozenset()
    next_payer_decided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One rule. Empty sets ask nothing; of the circumstances that a rule names, one is enough.

    `until_next_payer`: the amount only waits, until the payer that the claim was forwarded to decided.
    """

    rule: str
    meaning: str
    source: str
    owner: str
    valid_from: date
    valid_to: date | None = None
    groups: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    but_reasons: frozenset[str] = frozenset()
    but_filing_codes: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    filing_codes: frozenset[str] = frozenset()
    remark_codes: frozenset[str] = frozenset()
    standings: frozenset[str] = frozenset()
    until_next_payer: bool = False

    def covers(self, group: str, reason: str, known: Circumstances, on: date) -> bool:
        """Whether the rule stops an amount of this group and reason, decided on this day."""
        return (
            self.valid_from <= on <= (self.valid_to or date.max)
            and (not self.groups or group in self.groups)
            and (not self.reasons or reason in self.reasons)
            and reason not in self.but_reasons
            and known.filing_code not in self.but_filing_codes
            and not (self.until_next_payer and known.next_payer_decided)
            and self._applies(known)
        )

    def _applies(self, known: Circumstances) -> bool:
        if not (self.statuses or self.filing_codes or self.remark_codes or self.standings):
            return True
        return (
            known.status in self.statuses
            or known.filing_code in self.filing_codes
            or not self.remark_codes.isdisjoint(known.remark_codes)
            or not self.standings.isdisjoint(known.standings)
        )


Stops: TypeAlias = tuple[Stop, ...]


def stop_for(stops: Iterable[Stop], group: str, reason: str, known: Circumstances, on: date) -> Stop | None:
    """The first rule, in the order of the table, that keeps this amount from the patient; None where none does."""
    return next((stop for stop in stops if stop.covers(group, reason, known, on)), None)
