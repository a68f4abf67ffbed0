"""What others hear of an account's authorizations."""

from services.eligibility.core.authorization_messages import (
    AuthorizationFact,
    AuthorizationWork,
    ClaimGranted,
    ReviewDecided,
)
from services.eligibility.core.authorization_state import Authorizations
from shared.contracts import AuthorizationDecided, AuthorizationGranted, AuthorizationWorkFound, Event, Meta


def publish(state: Authorizations, fact: AuthorizationFact, meta: Meta) -> Event | None:
    """What others may know: decisions, claims that may go on, and work for a person."""
    match fact:
        case ReviewDecided() if fact.news:
            return _decision(state, fact, meta)
        case ClaimGranted():
            claim = fact.claim
            return AuthorizationGranted(
                meta=meta,
                account_id=state.account_id,
                claim_id=claim.claim_id,
                coverage_id=claim.coverage_id,
                payer_id=claim.payer_id,
                service_date=claim.service_date,
                request_id=fact.request_id,
                authorization_number=fact.authorization_number,
            )
        case AuthorizationWork():
            return AuthorizationWorkFound(
                meta=meta,
                account_id=state.account_id,
                coverage_id=fact.coverage_id,
                payer_id=fact.payer_id,
                request_id=fact.request_id,
                claim_id=fact.claim.claim_id if fact.claim else None,
                because=fact.because,
                what=fact.what,
                due_on=fact.due_on,
            )
        case _:
            return None


def _decision(state: Authorizations, fact: ReviewDecided, meta: Meta) -> Event | None:
    review, outcome = state.review(fact.request_id), fact.outcome
    if review is None or outcome.status == "unavailable":
        return None
    return AuthorizationDecided(
        meta=meta,
        account_id=state.account_id,
        coverage_id=review.coverage_id,
        payer_id=review.payer_id,
        request_id=review.request_id,
        status=outcome.status,
        action=outcome.action,
        reason=outcome.reason,
        reject_codes=tuple(one.code for one in outcome.rejections),
        authorization_number=outcome.authorization_number,
        service_from=outcome.service_from,
        service_to=outcome.service_to,
        units=None if outcome.units is None else f"{outcome.units:f}",
        unit=outcome.unit,
    )
