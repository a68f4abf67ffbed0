"""What the eligibility service says: is the patient covered by this payer on the date of service?"""

from datetime import date
from typing import Literal

from pydantic import Field

from .base import Cents, Event


class CoverageAnswer(Event):
    """What every answer names: the claim that asked, its coverage, and the date it was asked about."""

    account_id: str
    claim_id: str
    coverage_id: str
    payer_id: str
    service_date: date


class CoverageVerified(CoverageAnswer):
    """The payer's 271 shows active coverage (EB01 1 to 5) on the service date."""

    type: Literal["coverage.verified.v1"] = "coverage.verified.v1"
    copay_cents: Cents | None = None
    deductible_remaining_cents: Cents | None = None
    coinsurance_percent: str | None = Field(
        default=None, description="Exact decimal share the patient pays: 20 = 20 %."
    )


class CoverageInactive(CoverageAnswer):
    """The payer's 271 says that coverage was not in force (EB01 6 to 8) on the service date."""

    type: Literal["coverage.inactive.v1"] = "coverage.inactive.v1"


class EligibilityUnknown(CoverageAnswer):
    """Nobody can tell: the payer did not answer, rejected the inquiry (AAA), or its answer could not be read."""

    type: Literal["eligibility.unknown.v1"] = "eligibility.unknown.v1"
    reason: Literal["payer_unavailable", "inquiry_rejected", "answer_unreadable", "no_benefit_stated"]
    reject_codes: tuple[str, ...] = Field(default=(), description="AAA03 codes as the payer sent them.")


class AuthorizationRequired(CoverageAnswer):
    """Coverage is active, and the payer wants an authorization (EB11 = Y) for these service types."""

    type: Literal["authorization.required.v1"] = "authorization.required.v1"
    service_types: tuple[str, ...]
