"""What others hear of a coverage check."""

from typing import Any, Literal, assert_never

from shared.contracts import (
    AuthorizationRequired,
    CoverageChecked,
    CoverageInactive,
    CoverageVerified,
    EligibilityEvent,
    EligibilityUnknown,
    Meta,
    OtherCoverageFound,
)

from .check_facts import (
    AttemptFailed,
    CheckAnswered,
    CheckFact,
    CheckReopened,
    CheckStarted,
    ClaimJoined,
    ClaimTold,
    OtherCoverageSeen,
    RequestAnswered,
    RequestJoined,
)
from .check_state import Check


def publish(check: Check, fact: CheckFact, meta: Meta) -> EligibilityEvent | None:
    """What others may know: the answer, once for each claim and each person that asked, and who else covers."""
    match fact:
        case ClaimTold():
            return _told(check, fact.claim_id, meta)
        case RequestAnswered():
            return _checked(check, fact, meta)
        case OtherCoverageSeen():
            return OtherCoverageFound(meta=meta, payers=fact.payers, **_subject(check))
        case CheckStarted() | ClaimJoined() | AttemptFailed() | CheckAnswered() | CheckReopened() | RequestJoined():
            return None
        case _:
            assert_never(fact)


def _subject(check: Check) -> dict[str, Any]:
    """Whom an answer is about."""
    return {
        "account_id": check.account_id,
        "coverage_id": check.coverage_id,
        "payer_id": check.payer_id,
        "service_date": check.service_date,
    }


def _told(check: Check, claim_id: str, meta: Meta) -> EligibilityEvent:
    outcome = check.outcome
    assert outcome is not None, "a claim was told before there was an answer"
    common: dict[str, Any] = {**_subject(check), "meta": meta, "claim_id": claim_id}
    match outcome.status:
        case "active" if outcome.authorization_service_types:
            return AuthorizationRequired(
                service_types=outcome.authorization_service_types,
                qualified_medicare_beneficiary=outcome.qualified_medicare_beneficiary,
                **common,
            )
        case "active":
            return CoverageVerified(
                copay_cents=outcome.copay_cents,
                deductible_remaining_cents=outcome.deductible_remaining_cents,
                coinsurance_percent=outcome.coinsurance_percent,
                plan_type=outcome.plan_type,
                referral_required=outcome.referral_required,
                managed_care=outcome.managed_care,
                route_to_payer_id=outcome.route_to_payer_id,
                qualified_medicare_beneficiary=outcome.qualified_medicare_beneficiary,
                **common,
            )
        case "inactive":
            return CoverageInactive(**common)
        case "rejected" | "unavailable" | "unreadable" | "no_benefit_stated" | "not_asked":
            reason = UNKNOWN_BECAUSE[outcome.status]
            return EligibilityUnknown(reason=reason, reject_codes=outcome.reject_codes, cause=outcome.cause, **common)
        case _:
            assert_never(outcome.status)


def _checked(check: Check, fact: RequestAnswered, meta: Meta) -> CoverageChecked:
    outcome = check.outcome
    assert outcome is not None, "a request was answered before there was an answer"
    standing: Literal["active", "inactive", "unknown"] = "unknown"
    if outcome.status == "active":
        standing = "active"
    elif outcome.status == "inactive":
        standing = "inactive"
    return CoverageChecked(
        meta=meta,
        request_id=fact.request_id,
        reason=fact.reason,
        status=standing,
        because=outcome.status if standing == "unknown" else None,
        cause=outcome.cause,
        reject_codes=outcome.reject_codes,
        plan_type=outcome.plan_type,
        managed_care=outcome.managed_care,
        route_to_payer_id=outcome.route_to_payer_id,
        **_subject(check),
    )


UNKNOWN_BECAUSE: dict[
    str, Literal["payer_unavailable", "inquiry_rejected", "answer_unreadable", "no_benefit_stated"]
] = {
    "unavailable": "payer_unavailable",
    "rejected": "inquiry_rejected",
    "unreadable": "answer_unreadable",
    "no_benefit_stated": "no_benefit_stated",
    "not_asked": "payer_unavailable",
}
