"""Figures of law and of payers that the rules use: dated, sourced, given from outside (`services/claims/policy`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from .care_facts import CareSign
from .content import ClaimContent
from .contracts import Contract
from .deadlines import Asked, CountedFrom, Deadline, DeadlineRule, deadline
from .denial_rules import DenialBook
from .rebilling import RebillPolicy


@dataclass(frozen=True, slots=True)
class Policy:
    """What the claim's rules take as given.

    `warn_days_before` are the days before a deadline on which it is called out.
    `denials` are the rules of the denial classifier, `rebills` say when a claim is sent again by itself, `contracts`
    what was agreed with payers, `care_signs` what a claim says of the care.
    """

    deadlines: tuple[DeadlineRule, ...]
    denials: DenialBook
    warn_days_before: tuple[int, ...] = ()
    rebills: RebillPolicy = field(default_factory=RebillPolicy)
    contracts: tuple[Contract, ...] = ()
    care_signs: tuple[CareSign, ...] = ()

    def filing_deadline(self, content: ClaimContent) -> Deadline | None:
        """The last day on which the payer takes the claim; None where no limit or no day of service is known."""
        return deadline(self.deadlines, "timely_filing", asked(content))


def asked(content: ClaimContent, days: Mapping[CountedFrom, date] | None = None) -> Asked:
    """Whose deadline is asked for: the claim's payer and days of service, and other days known by now."""
    known: dict[CountedFrom, date] = dict(days or {})
    if content.service_from is not None:
        known["service_from"] = content.service_from
    if content.service_to is not None:
        known["service_to"] = content.service_to
    return Asked(content.payer_id, content.claim_filing_code, known, content.claim_type)
