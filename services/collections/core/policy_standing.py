"""What an account remembers for its policy, and how facts change it. No rules here, so history always replays."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from services.collections.core.policy_conditions import Score
from services.collections.core.policy_facts import (
    AccountDescribed,
    AccountExcluded,
    ExclusionEnded,
    LateChargeAssessed,
    LateChargeLookedAt,
    PaymentFailureNoted,
    PaymentNoted,
    PaymentPendingNoted,
    PolicyAdopted,
    PolicyFact,
    ReviewAsked,
    ReviewDecided,
    RiskChanged,
)
from shared.replaced import replace

PAYMENTS_KEPT = 20
PENDING_KEPT = 20


@dataclass(frozen=True, slots=True, order=True)
class PaidOn:
    """A payment that came in."""

    on: date
    payment_id: str


@dataclass(frozen=True, slots=True, order=True)
class OnItsWay:
    """Money of the guarantor that is not in the balance yet: a debit under way, or a payment nobody has placed."""

    since_on: date
    payment_id: str
    cents: int
    unapplied: bool = False


@dataclass(frozen=True, slots=True, order=True)
class FailedAt:
    """A payment that did not come, and why."""

    at: datetime
    payment_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The policy leaves the account alone until a day (not in it), or for ever."""

    exclusion_id: str
    reason: str
    since_on: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Review:
    """An account that waits for a person's decision, or (`decided`) what they decided."""

    review_id: str
    episode: int
    action: str
    ending: str
    asked_on: date
    decided: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """When a late charge of the policy was last looked at, and what it came to in all."""

    charge: str
    on: date
    cents: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What the policy asks of an account beside its balance and its letters."""

    segment: str = ""
    practice: str = ""
    tags: tuple[str, ...] = ()
    score: Score | None = None
    described_at: datetime | None = None
    payments: tuple[PaidOn, ...] = ()  # the newest, in order
    failures: tuple[FailedAt, ...] = ()  # the newest, in order
    pending: tuple[OnItsWay, ...] = ()
    exclusion: Exclusion | None = None
    exclusions: tuple[str, ...] = ()  # ids of those there were
    ended_exclusions: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()  # policies that the open episode began under or went over to
    reviews: int = 0
    review: Review | None = None
    charged: tuple[Charged, ...] = ()  # of the open episode
    charges_from: date | None = None  # no late charge reaches back before the policy that asks for it
    charged_cents: int = 0  # of the open episode
    booked_cents: int = 0  # how much of that the balance holds
    stated_charges_cents: int = 0  # how much it held when a letter last went out
    principal_low_cents: int | None = None  # the least principal since the last charge
    above_risk: bool = False

    @property
    def last_payment_on(self) -> date | None:
        return self.payments[-1].on if self.payments else None

    @property
    def failed_payment(self) -> str:
        """Why the last payment that was tried failed; empty when one came in since."""
        last, paid_on = self.failures[-1] if self.failures else None, self.last_payment_on
        return "" if last is None or (paid_on is not None and paid_on >= last.at.date()) else last.reason

    def has_paid(self, payment_id: str) -> bool:
        return any(paid.payment_id == payment_id for paid in self.payments)

    def charge(self, name: str) -> Charged | None:
        return next((one for one in self.charged if one.charge == name), None)


def with_fact(standing: Standing, fact: PolicyFact) -> Standing:  # noqa: C901, PLR0911 - one case per fact
    """Apply one fact."""
    match fact:
        case AccountDescribed():
            return _described(standing, fact)
        case PaymentNoted():
            return _paid(standing, fact)
        case PaymentPendingNoted():
            coming = OnItsWay(fact.since_on, fact.payment_id, fact.pending_cents)
            return replace(standing, pending=tuple(sorted((*standing.pending, coming)))[-PENDING_KEPT:])
        case PaymentFailureNoted():
            return _failed(standing, fact)
        case AccountExcluded():
            exclusion = Exclusion(fact.exclusion_id, fact.reason, fact.since_on, fact.until)
            seen = (*standing.exclusions, fact.exclusion_id)[-PENDING_KEPT:]
            return replace(standing, exclusion=exclusion, exclusions=seen)
        case ExclusionEnded():
            current = standing.exclusion
            left = None if current is not None and current.exclusion_id == fact.exclusion_id else current
            ended = (*standing.ended_exclusions, fact.exclusion_id)[-PENDING_KEPT:]
            return replace(standing, exclusion=left, ended_exclusions=ended)
        case ReviewAsked():
            review = Review(fact.review_id, fact.episode, fact.action, fact.ending, fact.asked_on)
            return replace(standing, review=review, reviews=standing.reviews + 1)
        case ReviewDecided():
            assert standing.review is not None, "a review was decided that nobody asked for"
            return replace(standing, review=replace(standing.review, decided=fact.decision, until=fact.until))
        case PolicyAdopted():
            adopted = (*standing.adopted, fact.policy)
            return replace(standing, review=None, charges_from=fact.adopted_on, adopted=adopted)
        case LateChargeAssessed() | LateChargeLookedAt():
            return _charged(standing, fact)
        case RiskChanged():
            return replace(standing, above_risk=fact.above)
        case _:
            assert_never(fact)


def episode_opened(standing: Standing, policy: str) -> Standing:
    """What belongs to one episode is forgotten with the next."""
    return replace(
        standing,
        review=None,
        adopted=(policy,),
        charged=(),
        charges_from=None,
        charged_cents=0,
        booked_cents=0,
        stated_charges_cents=0,
        principal_low_cents=None,
    )


def balance_noted(standing: Standing, owed_cents: int, grown_cents: int) -> Standing:
    """The least principal since the last charge: interest is never asked for more than stood open all the time.

    A balance that grew holds late charges that payments had not booked yet, as far as it grew.
    """
    principal_cents = max(0, owed_cents - standing.charged_cents)
    low_cents = standing.principal_low_cents
    unbooked_cents = standing.charged_cents - standing.booked_cents
    return replace(
        standing,
        principal_low_cents=principal_cents if low_cents is None else min(low_cents, principal_cents),
        booked_cents=standing.booked_cents + max(0, min(grown_cents, unbooked_cents)),
    )


def _described(standing: Standing, fact: AccountDescribed) -> Standing:
    score = None if fact.score is None or fact.scored_on is None else Score(value=fact.score, scored_on=fact.scored_on)
    return replace(
        standing,
        segment=fact.segment,
        practice=fact.practice,
        tags=fact.tags,
        score=score,
        described_at=fact.described_at,
    )


def _paid(standing: Standing, fact: PaymentNoted) -> Standing:
    payments = tuple(sorted({*standing.payments, PaidOn(fact.paid_on, fact.payment_id)}))[-PAYMENTS_KEPT:]
    pending = tuple(one for one in standing.pending if one.payment_id != fact.payment_id)
    if fact.unapplied_cents:
        unplaced = OnItsWay(fact.paid_on, fact.payment_id, fact.unapplied_cents, unapplied=True)
        pending = tuple(sorted((*pending, unplaced)))[-PENDING_KEPT:]
    return replace(standing, payments=payments, pending=pending)


def _failed(standing: Standing, fact: PaymentFailureNoted) -> Standing:
    failed_on = fact.failed_at.date()
    left = tuple(one for one in standing.pending if one.payment_id != fact.payment_id or one.since_on > failed_on)
    failures = tuple(sorted((*standing.failures, FailedAt(fact.failed_at, fact.payment_id, fact.reason))))
    return replace(standing, pending=left, failures=failures[-PAYMENTS_KEPT:])


def _charged(standing: Standing, fact: LateChargeAssessed | LateChargeLookedAt) -> Standing:
    cents, on = (fact.charge_cents, fact.assessed_on) if isinstance(fact, LateChargeAssessed) else (0, fact.looked_on)
    before = standing.charge(fact.charge) or Charged(fact.charge, on)
    others = tuple(one for one in standing.charged if one.charge != fact.charge)
    charged = (*others, Charged(fact.charge, on, before.cents + cents))
    return replace(standing, charged=charged, charged_cents=standing.charged_cents + cents, principal_low_cents=None)


NOTHING_KNOWN = Standing()
