"""What others may know of what a policy decided: pseudonymous, and only what concerns them."""

from services.collections.core.policy_facts import LateChargeAssessed, PolicyFact, ReviewAsked, RiskChanged
from shared.contracts import CollectionsEvent, LateChargeRaised, Meta, ReviewRequested, RiskLimitCrossed


def publish_policy(fact: PolicyFact, meta: Meta) -> CollectionsEvent | None:
    """The public event of a fact; most facts are nobody else's business."""
    match fact:
        case ReviewAsked():
            return ReviewRequested(
                meta=meta,
                account_id=fact.account_id,
                review_id=fact.review_id,
                action="legal_review" if fact.action == "legal_review" else "person",
                balance_cents=fact.balance_cents,
            )
        case LateChargeAssessed():
            return LateChargeRaised(
                meta=meta,
                account_id=fact.account_id,
                charge_id=fact.charge_id,
                kind=fact.kind,
                charge_cents=fact.charge_cents,
                raised_on=fact.assessed_on,
                law=fact.law,
                sealed_guarantor=fact.sealed_guarantor,
            )
        case RiskChanged():
            return RiskLimitCrossed(
                meta=meta,
                account_id=fact.account_id,
                above=fact.above,
                owed_cents=fact.owed_cents,
                limit_cents=fact.limit_cents,
            )
        case _:
            return None
