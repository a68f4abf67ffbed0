"""One example of every public event of eligibility, as the golden files hold it."""

from datetime import timedelta
from typing import Any

from shared.contracts import (
    AuthorizationDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    AuthorizationWorkFound,
    CoverageChecked,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    EligibilityBatchClosed,
    EligibilityUnknown,
    EnrollmentChanged,
    Event,
    OtherCoverageFound,
    OtherPayer,
    ProviderStandingChanged,
    StandingSpan,
)
from tests.contracts.example_meta import ACCOUNT, CLAIM, COVERAGE, DAY, SEALED, meta

CHECK = meta("eligibility", f"check/{ACCOUNT}.{COVERAGE}.{DAY}")
PROVIDER = meta("eligibility", "provider/1234567893.60054", key="1234567893")
BATCH = meta("eligibility", "batch/eb_0123", key="eb_0123")
ANSWER: dict[str, Any] = {
    "meta": CHECK,
    "account_id": ACCOUNT,
    "claim_id": CLAIM,
    "coverage_id": COVERAGE,
    "payer_id": "60054",
    "service_date": DAY,
}
AUTHORIZATION = meta("eligibility", f"authorization/{ACCOUNT}")
OF_AUTHORIZATION: dict[str, Any] = {**ANSWER, "meta": AUTHORIZATION}
OF_REVIEW: dict[str, Any] = {
    "meta": AUTHORIZATION,
    "account_id": ACCOUNT,
    "coverage_id": COVERAGE,
    "payer_id": "60054",
    "request_id": "auth_0123",
}
COVERED = {name: value for name, value in ANSWER.items() if name != "claim_id"}

EXAMPLES: tuple[Event, ...] = (
    CoverageVerified(**ANSWER, copay_cents=2500, deductible_remaining_cents=120_000, coinsurance_percent="20"),
    CoverageInactive(**ANSWER),
    EligibilityUnknown(**ANSWER, reason="inquiry_rejected", reject_codes=("75",)),
    AuthorizationRequired(**ANSWER, service_types=("2",)),
    AuthorizationGranted(**OF_AUTHORIZATION, request_id="auth_0123", authorization_number="AUTH0001"),
    AuthorizationDecided(
        **OF_REVIEW,
        status="certified",
        action="A1",
        authorization_number="AUTH0001",
        service_from=DAY,
        service_to=DAY + timedelta(days=60),
        units="12",
        unit="VS",
    ),
    AuthorizationWorkFound(
        **OF_REVIEW, claim_id=CLAIM, because="denied", what="The payer did not certify the service.", due_on=DAY
    ),
    CoverageChecked(
        **COVERED, request_id="req_0123", reason="person", status="unknown", because="rejected", reject_codes=("75",)
    ),
    OtherCoverageFound(**COVERED, payers=(OtherPayer(name="ANOTHER PLAN", payer_id="RC103", primacy="primary"),)),
    CoverageDiscovered(**COVERED, balance_cents=12_500, plan_type="hmo", sealed_subscriber=SEALED),
    EnrollmentChanged(
        meta=PROVIDER,
        npi="1234567893",
        payer_id="60054",
        transaction="835",
        state="enrolled",
        effective_from=DAY,
    ),
    ProviderStandingChanged(
        meta=PROVIDER,
        npi="1234567893",
        payer_id="60054",
        spans=(
            StandingSpan(first=DAY, last=DAY, action="route", because="supervised", route_to_npi="1003000126"),
            StandingSpan(first=DAY + timedelta(days=1), action="send", because="credentialed"),
        ),
        otherwise="hold",
    ),
    EligibilityBatchClosed(meta=BATCH, batch_id="eb_0123", inquiries=3, answered=2, unanswered=1),
)
