"""What the eligibility service says: is the patient covered by this payer on the date of service?"""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from .base import Cents, Contract, Event, NonNegativeCents, Sealed

UnknownCause: TypeAlias = Literal[
    "no_real_time_eligibility",
    "no_batch_eligibility",
    "unknown_payer",
    "dates_exclude_service_date",
    "contradictory",
    "limited_scope",
]
"""More of why coverage is unknown: the payer takes no such inquiry, nobody knows it, or its answer does not decide."""
CheckReason: TypeAlias = Literal["person", "batch", "denial", "discovery"]
"""Why a check was made without a new claim."""


class OtherPayer(Contract):
    """A payer that the one asked named beside itself; `primacy` as told, which is not yet an order of payment."""

    name: str
    payer_id: str = ""
    primacy: Literal["primary", "secondary", "tertiary", "unknown"] = "unknown"
    insurance_type: str = Field(default="", description="EB04 as received.")


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
    plan_type: str | None = Field(default=None, description="hmo, pos, ppo, epo, fee_for_service ...; None: not told.")
    referral_required: bool | None = None
    managed_care: str | None = Field(default=None, description="Organization that manages a Medicaid member's care.")
    route_to_payer_id: str | None = Field(default=None, description="The payer that takes the claim instead.")
    qualified_medicare_beneficiary: bool = Field(
        default=False, description="The payer says so (EB04 QM); False: it did not say it."
    )


class CoverageInactive(CoverageAnswer):
    """The payer's 271 says that coverage was not in force (EB01 6 to 8) on the service date."""

    type: Literal["coverage.inactive.v1"] = "coverage.inactive.v1"


class EligibilityUnknown(CoverageAnswer):
    """Nobody can tell: the payer did not answer, rejected the inquiry (AAA), or its answer could not be read."""

    type: Literal["eligibility.unknown.v1"] = "eligibility.unknown.v1"
    reason: Literal["payer_unavailable", "inquiry_rejected", "answer_unreadable", "no_benefit_stated"]
    reject_codes: tuple[str, ...] = Field(default=(), description="AAA03 codes as the payer sent them.")
    cause: UnknownCause | None = Field(default=None, description="More of the reason, where there is more to say.")


class AuthorizationRequired(CoverageAnswer):
    """Coverage is active, and the payer wants an authorization (EB11 = Y) for these service types."""

    type: Literal["authorization.required.v1"] = "authorization.required.v1"
    service_types: tuple[str, ...]
    qualified_medicare_beneficiary: bool = Field(
        default=False, description="The payer says so (EB04 QM); False: it did not say it."
    )


class AuthorizationGranted(CoverageAnswer):
    """The payer authorizes what the claim is for, or says that it needs no authorization: the claim may go on.

    `authorization_number` goes into REF*G1; None where none is needed. `request_id` is the request that was decided.
    """

    type: Literal["authorization.granted.v1"] = "authorization.granted.v1"
    request_id: str
    authorization_number: str | None = None


class CoverageEvent(Event):
    """What events about a coverage name when no claim asked."""

    account_id: str
    coverage_id: str
    payer_id: str
    service_date: date


class AuthorizationDecided(Event):
    """What a payer answered to a request for authorization (278), or a person learned from it by telephone or portal.

    Codes are as received: `action` HCR01, `reason` HCR03, `reject_codes` AAA03. `status` is what they amount to;
    `units` an exact decimal of `unit` (HSD01).
    """

    type: Literal["authorization.decided.v1"] = "authorization.decided.v1"
    account_id: str
    coverage_id: str
    payer_id: str
    request_id: str
    status: Literal[
        "certified",
        "partly_certified",
        "modified",
        "pended",
        "denied",
        "not_required",
        "contact_payer",
        "cancelled",
        "rejected",
        "unclear",
    ]
    action: str = ""
    reason: str = ""
    reject_codes: tuple[str, ...] = ()
    authorization_number: str | None = None
    service_from: date | None = None
    service_to: date | None = None
    units: str | None = None
    unit: str = ""


class AuthorizationWorkFound(Event):
    """An authorization needs a person: `because` says why in a word, `what` in a sentence, `due_on` until when."""

    type: Literal["authorization.work-found.v1"] = "authorization.work-found.v1"
    account_id: str
    coverage_id: str
    payer_id: str
    request_id: str | None = None
    claim_id: str | None = Field(default=None, description="The claim that waits for it, where one does.")
    because: Literal[
        "denied",
        "partly_certified",
        "modified",
        "contact_payer",
        "rejected",
        "unclear",
        "no_answer",
        "payer_takes_none",
        "several_fit",
        "outside_dates",
        "expiring",
        "units_low",
        "units_used_up",
    ]
    what: str
    due_on: date | None = None


class CoverageChecked(CoverageEvent):
    """A check that a person, a list, a denial or a search asked for is answered."""

    type: Literal["coverage.checked.v1"] = "coverage.checked.v1"
    request_id: str
    reason: CheckReason
    status: Literal["active", "inactive", "unknown"]
    because: str | None = Field(default=None, description="Why it is unknown.")
    cause: UnknownCause | None = None
    reject_codes: tuple[str, ...] = Field(default=(), description="AAA03 codes as the payer sent them.")
    plan_type: str | None = None
    managed_care: str | None = None
    route_to_payer_id: str | None = None


class OtherCoverageFound(CoverageEvent):
    """The payer's 271 names payers beside itself: somebody has to find out who pays first. Told once for each payer."""

    type: Literal["coverage.other-found.v1"] = "coverage.other-found.v1"
    payers: tuple[OtherPayer, ...] = Field(min_length=1)


class CoverageDiscovered(CoverageEvent):
    """A payer that nobody had named for this account says that it covers the patient."""

    type: Literal["coverage.discovered.v1"] = "coverage.discovered.v1"
    balance_cents: NonNegativeCents = Field(description="What the guarantor owed when the search began.")
    plan_type: str | None = None
    sealed_subscriber: Sealed


class EnrollmentChanged(Event):
    """A provider's enrollment with a payer for one transaction has a new state from a date on."""

    type: Literal["enrollment.changed.v1"] = "enrollment.changed.v1"
    npi: str
    payer_id: str
    transaction: Literal["270", "276", "278", "835", "837P", "837I", "837D"]
    state: Literal["not_enrolled", "requested", "submitted", "enrolled", "rejected", "ended"]
    effective_from: date
    effective_to: date | None = None
    task: str | None = Field(default=None, description="What somebody has to do, as the payer asks for it.")


class StandingSpan(Contract):
    """What is to be done with claims for services on the days of a span, both included."""

    first: date
    last: date | None = None
    action: Literal["send", "hold", "route"]
    because: Literal["credentialed", "not_credentialed", "pending", "terminated", "not_enrolled", "supervised"]
    route_to_npi: str | None = Field(default=None, description="The supervising provider to bill under.")
    network: Literal["in", "out"] | None = Field(
        default=None, description="Whether the provider takes part in the payer's network; None: nobody said it."
    )


class ProviderStandingChanged(Event):
    """Whether claims of a provider to a payer are to be sent, held or routed, by date of service: all spans, in order.

    Days before the first span, and in gaps, are told by `otherwise`.
    """

    type: Literal["provider.standing-changed.v1"] = "provider.standing-changed.v1"
    npi: str
    payer_id: str
    spans: tuple[StandingSpan, ...]
    otherwise: Literal["send", "hold"]


class EligibilityBatchClosed(Event):
    """Every inquiry of a batch is answered, or its time is over."""

    type: Literal["eligibility.batch-closed.v1"] = "eligibility.batch-closed.v1"
    batch_id: str
    inquiries: int = Field(ge=0)
    answered: int = Field(ge=0)
    unanswered: int = Field(ge=0)
