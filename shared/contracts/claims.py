"""What the claims service says about a claim, from intake to the payer's decision."""

from datetime import date
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from .base import Cents, Contract, Event, NonNegativeCents, Sealed


class ClaimEvent(Event):
    """What every event about a claim names."""

    account_id: str
    claim_id: str
    patient_control_number: str = Field(description="CLM01, the number the payer echoes as CLP01; pseudonymous.")


class ClaimReceived(ClaimEvent):
    """A claim was taken in: scrubbed or held, it exists from now on."""

    type: Literal["claim.received.v1"] = "claim.received.v1"
    coverage_id: str
    payer_id: str
    service_from: date
    service_to: date
    charge_cents: NonNegativeCents
    lines: PositiveInt = Field(description="Number of service lines.")
    billing_npi: str
    frequency_code: str = Field(description="CLM05-3: 1 original, 7 replacement, 8 void.")
    sealed_subscriber: Sealed


class HoldReason(Contract):
    """Why the scrubber stopped a claim: the rule that failed and where, never the value."""

    rule: str
    field: str
    message: str


class ClaimHeld(ClaimEvent):
    """The claim does not leave the house until a person mends it."""

    type: Literal["claim.held.v1"] = "claim.held.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    reasons: tuple[HoldReason, ...] = Field(min_length=1)


class SubmittedLine(Contract):
    """One service line as it went to the payer; payments matches the remittance against it."""

    line_control_number: str
    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: NonNegativeCents
    service_from: date


class ClaimSubmitted(ClaimEvent):
    """The claim left for the payer in an 837 file."""

    type: Literal["claim.submitted.v1"] = "claim.submitted.v1"
    payer_id: str
    billing_npi: str
    charge_cents: NonNegativeCents
    lines: tuple[SubmittedLine, ...] = Field(min_length=1)
    service_from: date
    service_to: date
    frequency_code: str
    submission_id: str
    submitted_on: date
    sealed_guarantor: Sealed


class ClaimAccepted(ClaimEvent):
    """A 277CA took the claim into adjudication (category A2), or a clearinghouse acknowledged it (A1)."""

    type: Literal["claim.accepted.v1"] = "claim.accepted.v1"
    payer_id: str
    stage: Literal["clearinghouse", "payer"]
    payer_claim_control_number: str | None = None


class ClaimRejected(ClaimEvent):
    """A TA1, 999 or 277CA refused the claim: it was never received, and timely filing keeps running."""

    type: Literal["claim.rejected.v1"] = "claim.rejected.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    stage: Literal["interchange", "syntax", "payer"]
    codes: tuple[str, ...] = Field(description="Status or error codes as received, such as A7:562.")


class DenialReason(Contract):
    """One adjustment that denies: group, claim adjustment reason code and amount."""

    group: str
    reason: str
    amount_cents: Cents


class ClaimPaid(ClaimEvent):
    """The payer adjudicated the claim and nothing of it waits for denial work."""

    type: Literal["claim.paid.v1"] = "claim.paid.v1"
    payer_id: str
    remittance_id: str
    charge_cents: NonNegativeCents
    paid_cents: Cents
    patient_responsibility_cents: Cents


class ClaimDenied(ClaimEvent):
    """The payer refused all or part: denied_cents waits for a person or an appeal, and nothing is written off."""

    type: Literal["claim.denied.v1"] = "claim.denied.v1"
    payer_id: str
    remittance_id: str
    charge_cents: NonNegativeCents
    paid_cents: Cents
    denied_cents: Cents
    reasons: tuple[DenialReason, ...] = Field(min_length=1)


class FilingDeadlineNear(ClaimEvent):
    """The payer's filing limit is close and the claim has not been accepted."""

    type: Literal["claim.filing-deadline-near.v1"] = "claim.filing-deadline-near.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    deadline_on: date
    days_left: NonNegativeInt
