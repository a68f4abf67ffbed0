"""Claims and messages for examples: a good claim, and everything it may be told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from services.claims.core import ClaimContent, DeadlineRule, Policy, make_claim_decider
from services.claims.core.claim_messages import (
    Ack,
    AssignSubmission,
    CorrectClaim,
    HoldClaim,
    Identified,
    ReceiveClaim,
    RecordClaimAck,
    RecordCoverageNews,
    RecordRefusal,
    RecordStanding,
    RecordTransmission,
    ReleaseClaim,
)
from services.claims.core.claim_notes import AssignClaimOwner, NoteClaim, TagClaim
from services.claims.core.claim_restricted import RecordRestriction
from services.claims.core.content import ContentLine, DiagnosisCode, PostalAddress, Provider
from services.claims.denial_policy import denial_book
from services.claims.policies import POLICY_FOLDER
from services.claims.rebill_rules import rebill_policy
from shared.contracts import (
    Adjustment,
    AuthorizationRequired,
    ClaimRemitted,
    CoverageInactive,
    CoverageVerified,
    EligibilityUnknown,
    HoldReason,
    Meta,
    RemittancePlace,
)
from shared.decider import Due

TENANT = "lakeside"
CLAIM_ID = "clm_1"
ACCOUNT = "acct_1"
TODAY = date(2026, 7, 1)
POLICY = Policy(
    deadlines=(
        DeadlineRule("any", "timely_filing", 90, "days", "service_from", date(2000, 1, 1), "test", "test", "Any payer"),
    ),
    denials=denial_book(),
    warn_days_before=(30, 14, 3),
    rebills=rebill_policy(POLICY_FOLDER / "rebilling.toml"),
)
CLAIM = make_claim_decider(POLICY)
NPI = "1234567893"
LINE = ContentLine(
    number="1",
    line_control_number="1",
    procedure_qualifier="HC",
    procedure="99213",
    charge_cents=125_00,
    unit="UN",
    units=Decimal(1),
    diagnosis_pointers=(1,),
    service_from=date(2026, 6, 20),
    service_to=date(2026, 6, 20),
)
GOOD = ClaimContent(
    patient_control_number="PCN1",
    charge_cents=125_00,
    facility_code="11",
    diagnoses=(DiagnosisCode(qualifier="ABK", code="J069"),),
    lines=(LINE,),
    billing=Provider(
        name="LAKESIDE", npi=NPI, tax_id="123456789", address=PostalAddress(line1="1 MAIN ST", city="SPRINGFIELD")
    ),
    payer_id="PAYER1",
    payer_name="PAYER ONE",
    claim_filing_code="CI",
    member_known=True,
    birth_date_known=True,
    patient_named=True,
)


def at(day: date, hour: int = 8) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def meta(name: str, *, subject: str = f"claim/{CLAIM_ID}", sequence: int = 0, when: datetime | None = None) -> Meta:
    """The same name is the same message."""
    return Meta(
        id=uuid5(NAMESPACE_URL, name),
        tenant=TENANT,
        occurred_at=when or at(TODAY),
        source="test",
        subject=subject,
        key=ACCOUNT,
        sequence=sequence,
        correlation=uuid5(NAMESPACE_URL, "story"),
    )


def line(**changes: Any) -> ContentLine:
    return LINE.model_copy(update=changes)


def content(**changes: Any) -> ClaimContent:
    return GOOD.model_copy(update=changes)


def receive(claim: ClaimContent = GOOD, *, fingerprint: str = "fp_1", **changes: Any) -> ReceiveClaim:
    command = ReceiveClaim(
        meta=meta(f"receive/{fingerprint}"),
        claim_id=CLAIM_ID,
        account_id=ACCOUNT,
        coverage_id="cov_1",
        content=claim,
        identity=Identified(sealed_identity="sealed:1", sealed_subscriber="sealed:2", sealed_guarantor="sealed:3"),
        fingerprint=fingerprint,
        partner="clearinghouse",
        received_on=TODAY,
        origin="file_1/0",
    )
    return command.model_copy(update=changes)


def coverage(kind: str = "verified", sequence: int = 1, check: str = "check/1") -> Any:
    common: dict[str, Any] = {
        "meta": meta(f"coverage/{check}/{sequence}", subject=check, sequence=sequence),
        "account_id": ACCOUNT,
        "claim_id": CLAIM_ID,
        "coverage_id": "cov_1",
        "payer_id": "PAYER1",
        "service_date": date(2026, 6, 20),
    }
    match kind:
        case "verified":
            return CoverageVerified(**common)
        case "routed":
            return CoverageVerified(**common, managed_care="SUMMIT", route_to_payer_id="PAYER2")
        case "inactive":
            return CoverageInactive(**common)
        case "unknown":
            return EligibilityUnknown(**common, reason="payer_unavailable")
        case _:
            return AuthorizationRequired(**common, service_types=("30",))


def stand(*fields: str, name: str = "1") -> RecordStanding:
    """The providers of these fields are not to be billed for."""
    holds = tuple(HoldReason(rule="provider-standing", field=one, message="Not enrolled.") for one in fields)
    return RecordStanding(meta=meta(f"stand/{name}/{fields}"), claim_id=CLAIM_ID, holds=holds)


def restrict(*fields: str, name: str = "1") -> RecordRestriction:
    """The plan is not to be told of these lines; of none, any more."""
    holds = tuple(HoldReason(rule="self-pay-restriction", field=one, message="Kept from the plan.") for one in fields)
    return RecordRestriction(meta=meta(f"restrict/{name}/{fields}"), claim_id=CLAIM_ID, holds=holds)


def tag(*add: str, remove: tuple[str, ...] = (), name: str = "1") -> TagClaim:
    return TagClaim(meta=meta(f"tag/{name}/{add}/{remove}"), claim_id=CLAIM_ID, add=add, remove=remove)


def note(name: str = "1") -> NoteClaim:
    return NoteClaim(meta=meta(f"note/{name}"), claim_id=CLAIM_ID, sealed_text=f"sealed:note{name}")


def own(owner: str, name: str = "1") -> AssignClaimOwner:
    return AssignClaimOwner(meta=meta(f"own/{name}/{owner}"), claim_id=CLAIM_ID, owner=owner)


def news(*others: str, payer_id: str = "", sequence: int = 1, source: str = "check/1") -> RecordCoverageNews:
    return RecordCoverageNews(
        meta=meta(f"news/{source}/{sequence}/{others}/{payer_id}"),
        claim_id=CLAIM_ID,
        source=source,
        sequence=sequence,
        others=others,
        payer_id=payer_id,
        sealed_subscriber="sealed:7" if payer_id else None,
    )


def assign(submission_id: str = "sub_1") -> AssignSubmission:
    return AssignSubmission(meta=meta(f"assign/{submission_id}"), claim_id=CLAIM_ID, submission_id=submission_id)


def transmit(submission_id: str = "sub_1") -> RecordTransmission:
    return RecordTransmission(
        meta=meta(f"transmit/{submission_id}"),
        claim_id=CLAIM_ID,
        submission_id=submission_id,
        interchange=260000001,
        group=260000001,
        transmitted_on=TODAY,
    )


def refuse(submission_id: str = "sub_1") -> RecordRefusal:
    return RecordRefusal(
        meta=meta(f"refuse/{submission_id}"),
        claim_id=CLAIM_ID,
        submission_id=submission_id,
        stage="syntax",
        codes=("AK901:R",),
    )


def acknowledge(category: str, ack_id: str = "ack_1", submission_id: str | None = "sub_1") -> RecordClaimAck:
    ack = Ack(
        ack_id=ack_id, submission_id=submission_id, category=category, codes=(f"{category}:20",), received_on=TODAY
    )
    return RecordClaimAck(meta=meta(f"acknowledge/{ack_id}"), claim_id=CLAIM_ID, ack=ack)


def remit(
    sequence: int = 1,
    *,
    status: str = "1",
    paid_cents: int = 100_00,
    denied_cents: int = 0,
    adjustments: Sequence[Adjustment] = (),
    reverses: int | None = None,
) -> ClaimRemitted:
    return ClaimRemitted(
        meta=meta(f"remit/{sequence}", subject="account/acct_1", sequence=sequence),
        account_id=ACCOUNT,
        claim_id=CLAIM_ID,
        patient_control_number="PCN1",
        remittance_id=f"rem_{sequence}",
        payer_id="PAYER1",
        status=status,
        charge_cents=125_00,
        paid_cents=paid_cents,
        patient_responsibility_cents=0,
        denied_cents=denied_cents,
        adjustments=tuple(adjustments),
        payment_date=TODAY,
        position=1,
        reverses=None if reverses is None else RemittancePlace(remittance_id=f"rem_{reverses}", position=1),
    )


def hold(name: str = "1") -> HoldClaim:
    return HoldClaim(meta=meta(f"hold/{name}"), claim_id=CLAIM_ID, reason="waiting for records")


def release(name: str = "1") -> ReleaseClaim:
    return ReleaseClaim(meta=meta(f"release/{name}"), claim_id=CLAIM_ID, reason="records came")


def correct(claim: ClaimContent = GOOD, *, name: str = "1", coverage_id: str = "cov_1") -> CorrectClaim:
    return CorrectClaim(
        meta=meta(f"correct/{name}"),
        claim_id=CLAIM_ID,
        coverage_id=coverage_id,
        content=claim,
        identity=Identified(sealed_identity="sealed:4", sealed_subscriber="sealed:5", sealed_guarantor="sealed:6"),
        partner="clearinghouse",
    )


def due_on(day: date) -> Due:
    return Due(meta=meta(f"due/{day}", when=at(day, 0)), aggregate_id=CLAIM_ID, kind="claim", due_at=at(day, 0))


def policy(**changes: Any) -> Policy:
    return replace(POLICY, **changes)
