"""What happened to an account on behalf of its policy: private, for the journal and for `policy_standing`."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, NonNegativeInt, PositiveInt

from services.collections.core.fact_base import AccountFact
from services.collections.core.policy_charges import ChargeKind
from services.collections.core.policy_levels import EndingAction
from services.collections.core.policy_messages import ExclusionReason, ReviewDecision
from shared.contracts import NonNegativeCents, PositiveCents, Sealed


class PolicyNews(AccountFact):
    """Something the policy remembers, or did."""


class AccountDescribed(PolicyNews):
    """What is known of the guarantor, as somebody gave it."""

    type: Literal["account-described"] = "account-described"
    segment: str
    practice: str
    tags: tuple[str, ...]
    score: NonNegativeInt | None
    scored_on: date | None
    described_at: AwareDatetime


class PaymentNoted(PolicyNews):
    """A payment of the guarantor came in; what of it no balance could take is for a person to place."""

    type: Literal["payment-noted"] = "payment-noted"
    payment_id: str
    paid_on: date
    paid_cents: PositiveCents
    unapplied_cents: NonNegativeCents


class PaymentPendingNoted(PolicyNews):
    """A payment is on its way, and not money yet."""

    type: Literal["payment-pending-noted"] = "payment-pending-noted"
    payment_id: str
    pending_cents: PositiveCents
    since_on: date


class PaymentFailureNoted(PolicyNews):
    """A payment failed."""

    type: Literal["payment-failure-noted"] = "payment-failure-noted"
    payment_id: str
    reason: str
    failed_at: AwareDatetime


class AccountExcluded(PolicyNews):
    """The policy leaves this account alone."""

    type: Literal["account-excluded"] = "account-excluded"
    exclusion_id: str
    reason: ExclusionReason
    since_on: date
    until: date | None


class ExclusionEnded(PolicyNews):
    """The policy goes on where it stood. An exclusion that was ended before it came does nothing when it comes."""

    type: Literal["exclusion-ended"] = "exclusion-ended"
    exclusion_id: str
    rested_days: NonNegativeInt


class ReviewAsked(PolicyNews):
    """The levels are over: a person decides what becomes of the account."""

    type: Literal["review-asked"] = "review-asked"
    review_id: str
    episode: PositiveInt
    action: EndingAction
    ending: str
    policy: str
    balance_cents: PositiveCents
    asked_on: date


class ReviewDecided(PolicyNews):
    """A person decided. `until`: the account is asked for again on that day."""

    type: Literal["review-decided"] = "review-decided"
    review_id: str
    decision: ReviewDecision
    until: date | None


class PolicyAdopted(PolicyNews):
    """The open episode goes on under another policy; `level` is how far it is there already."""

    type: Literal["policy-adopted"] = "policy-adopted"
    episode: PositiveInt
    policy: str
    level: NonNegativeInt
    adopted_on: date


class LateChargeAssessed(PolicyNews):
    """Interest or a fee for being late, and the row of law that allows it. Payments posts it as a charge."""

    type: Literal["late-charge-assessed"] = "late-charge-assessed"
    charge_id: str
    charge: str  # its name in the policy
    kind: ChargeKind
    charge_cents: PositiveCents
    principal_cents: PositiveCents
    since_on: date
    assessed_on: date
    law: str
    sealed_guarantor: Sealed


class LateChargeLookedAt(PolicyNews):
    """The day of a charge came and nothing was charged: no row of law, or not a cent."""

    type: Literal["late-charge-looked-at"] = "late-charge-looked-at"
    charge: str
    looked_on: date


class RiskChanged(PolicyNews):
    """What is owed went over the policy's risk limit, or under it again."""

    type: Literal["risk-changed"] = "risk-changed"
    above: bool
    owed_cents: NonNegativeCents
    limit_cents: PositiveCents


PolicyFact: TypeAlias = (
    AccountDescribed
    | PaymentNoted
    | PaymentPendingNoted
    | PaymentFailureNoted
    | AccountExcluded
    | ExclusionEnded
    | ReviewAsked
    | ReviewDecided
    | PolicyAdopted
    | LateChargeAssessed
    | LateChargeLookedAt
    | RiskChanged
)
