"""What is known of an account's authorizations: the fold of their facts. No rules here, so history always replays."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from services.eligibility.core.authorization_messages import (
    AskFailed,
    AskKind,
    AuthorizationFact,
    AuthorizationWork,
    Because,
    ClaimGranted,
    ClaimJoined,
    NeedSeen,
    ReviewAsked,
    ReviewDecided,
    ReviewDetails,
    ReviewOpened,
    ReviewOutcome,
    ReviewWishRefused,
    UnitsUsed,
    Use,
    UseKept,
    WaitingClaim,
)
from shared.contracts import Contract
from shared.replaced import replace

GRANTING = frozenset({"certified", "partly_certified", "modified", "not_required"})
"""With these a claim may go on."""
COMMANDS_KEPT = 50
NEEDS_MAX = 500


class Used(Contract):
    """What a claim uses, by its control number: a replacement comes under the same one."""

    control_number: str
    claim_id: str
    sequence: int
    units: Decimal


@dataclass(frozen=True, slots=True)
class Review:
    """One request. `asking` is what was asked last and not answered; `inquiries` counts those about a pended one."""

    request_id: str
    coverage_id: str
    payer_id: str
    requester_npi: str
    requester_name: str
    details: ReviewDetails
    sealed_subscriber: str
    opened_at: datetime
    asking: AskKind | None = None
    attempts: int = 0
    inquiries: int = 0
    outcome: ReviewOutcome | None = None
    pended_at: datetime | None = None
    inquire_at: datetime | None = None
    waiting: tuple[WaitingClaim, ...] = ()
    granted: tuple[WaitingClaim, ...] = ()
    used: tuple[Used, ...] = ()
    warned: tuple[Because, ...] = ()

    @property
    def grants(self) -> bool:
        """Whether claims may go on with it."""
        return self.outcome is not None and self.outcome.status in GRANTING

    @property
    def is_open(self) -> bool:
        """Whether the payer's decision is still to come."""
        return self.outcome is None or self.outcome.status in ("pended", "unavailable")

    @property
    def first(self) -> date:
        """The first day it is for: as authorized, else as asked."""
        return (self.outcome.service_from if self.outcome else None) or self.details.service_from

    @property
    def last(self) -> date:
        """The last day it is for."""
        return (self.outcome.service_to if self.outcome else None) or self.details.service_to

    @property
    def units(self) -> Decimal | None:
        """What was authorized; None where the payer set no number."""
        return self.outcome.units if self.outcome else None

    @property
    def used_units(self) -> Decimal:
        return sum((one.units for one in self.used), Decimal(0))

    @property
    def left(self) -> Decimal | None:
        return None if self.units is None else max(self.units - self.used_units, Decimal(0))

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Authorizations:
    """An account's requests, and the claims that need an authorization nobody asked for yet."""

    account_id: str = ""
    reviews: tuple[Review, ...] = ()
    needs: tuple[WaitingClaim, ...] = ()
    seen: tuple[tuple[str, int], ...] = ()
    commands: tuple[UUID, ...] = ()
    early: tuple[Use, ...] = ()  # claims under numbers that are not known here yet

    def review(self, request_id: str | None) -> Review | None:
        return next((one for one in self.reviews if one.request_id == request_id), None)


def due_of(review: Review, warn_days: int) -> datetime | None:
    """When a certified request is called out for coming to its end."""
    if not review.grants or review.outcome is None or review.outcome.status == "not_required":
        return None
    if "expiring" in review.warned or review.left == 0:
        return None
    return datetime.combine(review.last - timedelta(days=warn_days), time(), UTC)


def evolve(state: Authorizations, fact: AuthorizationFact) -> Authorizations:  # noqa: C901, PLR0911 - one arm per fact
    """Apply one fact."""
    match fact:
        case ReviewOpened():
            return _opened(state, fact)
        case NeedSeen():
            needs = (*(one for one in state.needs if one.claim_id != fact.claim.claim_id), fact.claim)[-NEEDS_MAX:]
            seen = _heard(state, fact.source, fact.sequence)
            return replace(state, account_id=fact.account_id, needs=needs, seen=seen)
        case ClaimJoined():
            needs = tuple(one for one in state.needs if one.claim_id != fact.claim.claim_id)
            return _changed(replace(state, needs=needs), fact.request_id, lambda one: _joined(one, fact.claim))
        case ReviewAsked():
            asked = _changed(state, fact.request_id, lambda one: replace(one, asking=fact.ask, attempts=1))
            return _remember(asked, fact.command_id)
        case AskFailed():
            return _changed(state, fact.request_id, lambda one: _failed(one, fact))
        case ReviewDecided():
            return _remember(_changed(state, fact.request_id, lambda one: _decided(one, fact)), fact.command_id)
        case ClaimGranted():
            needs = tuple(one for one in state.needs if one.claim_id != fact.claim.claim_id)
            return _changed(replace(state, needs=needs), fact.request_id, lambda one: _granted(one, fact.claim))
        case AuthorizationWork():
            return _changed(state, fact.request_id, lambda one: replace(one, warned=(*one.warned, fact.because)[-20:]))
        case UseKept():
            early = tuple(one for one in state.early if one.claim_id != fact.use.claim_id)
            seen = _heard(state, f"submitted/{fact.use.claim_id}", fact.use.sequence)
            return replace(state, early=(*early, fact.use)[-NEEDS_MAX:], seen=seen)
        case UnitsUsed():
            used = _changed(state, fact.request_id, lambda one: _used(one, fact))
            early = tuple(one for one in state.early if one.claim_id != fact.claim_id)
            return replace(used, early=early, seen=_heard(state, f"submitted/{fact.claim_id}", fact.sequence))
        case ReviewWishRefused():
            return _remember(state, fact.command_id)
        case _:
            assert_never(fact)


def _heard(state: Authorizations, source: str, sequence: int) -> tuple[tuple[str, int], ...]:
    return (*(one for one in state.seen if one[0] != source), (source, sequence))[-NEEDS_MAX:]


def _changed(state: Authorizations, request_id: str | None, change: Callable[[Review], Review]) -> Authorizations:
    reviews = tuple(change(one) if one.request_id == request_id else one for one in state.reviews)
    return replace(state, reviews=reviews)


def _remember(state: Authorizations, command_id: UUID | None) -> Authorizations:
    return state if command_id is None else replace(state, commands=(*state.commands, command_id)[-COMMANDS_KEPT:])


def _opened(state: Authorizations, fact: ReviewOpened) -> Authorizations:
    review = Review(
        request_id=fact.request_id,
        coverage_id=fact.coverage_id,
        payer_id=fact.payer_id,
        requester_npi=fact.requester_npi,
        requester_name=fact.requester_name,
        details=fact.details,
        sealed_subscriber=fact.sealed_subscriber,
        opened_at=fact.opened_at,
    )
    return replace(state, account_id=fact.account_id, reviews=(*state.reviews, review))


def _joined(review: Review, claim: WaitingClaim) -> Review:
    others = tuple(one for one in review.waiting if one.claim_id != claim.claim_id)
    return replace(review, waiting=(*others, claim))


def _failed(review: Review, fact: AskFailed) -> Review:
    if fact.retry_at is not None:
        return replace(review, attempts=review.attempts + 1, inquire_at=fact.retry_at)
    kept = review.outcome if fact.ask != "request" else fact.outcome
    return replace(review, asking=None, outcome=kept, inquire_at=None)


def _decided(review: Review, fact: ReviewDecided) -> Review:
    pended = fact.outcome.status == "pended"
    asked_about = review.asking == "inquiry" and not fact.by_person
    return replace(
        review,
        asking=None,
        outcome=fact.outcome,
        pended_at=review.pended_at or review.opened_at if pended else None,
        inquiries=review.inquiries + 1 if asked_about else review.inquiries,
        inquire_at=fact.inquire_at,
        warned=tuple(one for one in review.warned if one == "no_answer" and pended),
    )


def _granted(review: Review, claim: WaitingClaim) -> Review:
    waiting = tuple(one for one in review.waiting if one.claim_id != claim.claim_id)
    granted = tuple(one for one in review.granted if one.claim_id != claim.claim_id)
    return replace(review, waiting=waiting, granted=(*granted, claim))


def _used(review: Review, fact: UnitsUsed) -> Review:
    others = tuple(one for one in review.used if one.control_number != fact.control_number)
    used = Used(control_number=fact.control_number, claim_id=fact.claim_id, sequence=fact.sequence, units=fact.units)
    return replace(review, used=(*others, used))
