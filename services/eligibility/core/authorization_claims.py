"""Claims and an account's authorizations: who waits for one, who goes on with one, and what each uses of it."""

from decimal import Decimal
from typing import TypeAlias

from services.eligibility.core.authorization_messages import (
    AuthorizationFact,
    AuthorizationWork,
    Because,
    ClaimGranted,
    ClaimJoined,
    NeedSeen,
    ReviewOutcome,
    UnitsUsed,
    Use,
    UsedLine,
    UseKept,
    WaitingClaim,
)
from services.eligibility.core.authorization_policy import ReviewBook
from services.eligibility.core.authorization_state import Authorizations, Review, evolve
from shared.contracts import AuthorizationRequired, ClaimSubmitted, Meta

Facts: TypeAlias = tuple[AuthorizationFact, ...]

WHAT: dict[Because, str] = {
    "denied": "The payer did not certify the service: read its reason, appeal or ask for a peer-to-peer review.",
    "partly_certified": "The payer certified a part of what was asked for: look which, and tell the provider.",
    "modified": "The payer certified something else than was asked for: compare dates, units and service.",
    "contact_payer": "The payer decides this one by telephone only: call it, and enter what it says.",
    "rejected": "The payer refused the request unread: mend what its codes name, and ask again.",
    "unclear": "The payer's answer does not say what it decided: call it, and enter what it says.",
    "no_answer": "The payer has not answered in time: look in its portal or call, and enter what it says.",
    "payer_takes_none": "This payer takes no electronic requests: ask in its portal, and enter what it says.",
    "several_fit": "Several authorizations fit this claim: enter the number of the right one on the claim.",
    "outside_dates": "The authorization does not hold on this claim's day of service: ask for other dates.",
    "expiring": "The authorization comes to its end: ask for an extension if services go on.",
    "units_low": "Most of the authorized units are used: ask for more if services go on.",
    "units_used_up": "All authorized units are used: further claims under this number will be denied.",
}


def grant(review: Review, outcome: ReviewOutcome) -> Facts:
    """The claims that wait go on, but those on days that were not authorized."""
    first = outcome.service_from or review.details.service_from
    last = outcome.service_to or review.details.service_to
    return tuple(
        granted(review.request_id, one, outcome)
        if first <= one.service_date <= last
        else work(review, "outside_dates", one)
        for one in review.waiting
    )


def granted(request_id: str, claim: WaitingClaim, outcome: ReviewOutcome) -> ClaimGranted:
    return ClaimGranted(request_id=request_id, claim=claim, authorization_number=outcome.authorization_number)


def work(review: Review, because: Because, claim: WaitingClaim | None = None) -> AuthorizationWork:
    """`due_on` is the first day of the service, or the last authorized one of what comes to its end."""
    ending = because in ("expiring", "units_low", "units_used_up")
    waiting = claim or next(iter(review.waiting), None)
    return AuthorizationWork(
        request_id=review.request_id,
        claim=waiting,
        coverage_id=review.coverage_id,
        payer_id=review.payer_id,
        because=because,
        what=WHAT[because],
        due_on=review.last if ending else review.first,
    )


def needed(state: Authorizations, message: AuthorizationRequired) -> Facts:
    """A claim needs an authorization: one that is there, one that is asked for, or none yet."""
    source = f"{message.claim_id}/{message.meta.subject}"
    if dict(state.seen).get(source, -1) >= message.meta.sequence:
        return ()
    claim = WaitingClaim(
        claim_id=message.claim_id,
        coverage_id=message.coverage_id,
        payer_id=message.payer_id,
        service_date=message.service_date,
        service_types=message.service_types,
    )
    seen = NeedSeen(account_id=message.account_id, claim=claim, source=source, sequence=message.meta.sequence)
    return (seen, *_found(state, claim))


def _found(state: Authorizations, claim: WaitingClaim) -> Facts:
    """A request of the claim's kind of service counts before others; of several that fit as well, a person chooses."""
    own = [
        one
        for one in state.reviews
        if (one.coverage_id, one.payer_id) == (claim.coverage_id, claim.payer_id) and one.holds(claim.service_date)
    ]
    granting = [one for one in own if one.grants and one.left != 0]
    fitting = [one for one in granting if one.details.service_type in claim.service_types] or granting
    if len(fitting) == 1 and fitting[0].outcome is not None:
        return (granted(fitting[0].request_id, claim, fitting[0].outcome),)
    if fitting:
        return (work(fitting[0], "several_fit", claim),)
    asked = next((one for one in own if one.is_open), None)
    return () if asked is None else (ClaimJoined(request_id=asked.request_id, claim=claim),)


def submitted(book: ReviewBook, state: Authorizations, message: ClaimSubmitted) -> Facts:
    """A claim went out under an authorization: it uses its units, or waits for a number that is not known yet."""
    known = dict(state.seen).get(f"submitted/{message.claim_id}", -1)
    if not state.account_id or not message.authorization_number or known >= message.meta.sequence:
        return ()
    use = _use(message, message.authorization_number)
    review = next((one for one in state.reviews if is_under(one, use)), None)
    if review is None:
        return (UseKept(use=use),)
    counted = used(review, use)
    return (counted, *_running_out(book, review.request_id, message.meta, evolve(state, counted)))


def _use(message: ClaimSubmitted, number: str) -> Use:
    """A line without a number of units counts as one."""
    return Use(
        number=number,
        payer_id=message.payer_id,
        control_number=message.patient_control_number,
        claim_id=message.claim_id,
        sequence=message.meta.sequence,
        days=max((message.service_to - message.service_from).days + 1, 1),
        lines=tuple(
            UsedLine(
                procedure=one.procedure,
                units=Decimal(one.units) if one.units else Decimal(1),
                service_from=one.service_from,
            )
            for one in message.lines
        ),
        voids=message.frequency_code == "8",
    )


def is_under(review: Review, use: Use) -> bool:
    outcome = review.outcome
    named = outcome.authorization_number if outcome and review.grants else None
    return named == use.number and review.payer_id == use.payer_id


def used(review: Review, use: Use) -> UnitsUsed:
    """What a claim uses of a request. A void (8) gives back what was used under its control number."""
    return UnitsUsed(
        request_id=review.request_id,
        control_number=use.control_number,
        claim_id=use.claim_id,
        sequence=use.sequence,
        units=Decimal(0) if use.voids else units_of(review, use),
    )


def units_of(review: Review, use: Use) -> Decimal:
    """Days (DY) or visits (VS) by the days of service, else the units of the procedures that were asked for."""
    procedures = {one.procedure for one in review.details.items}
    lines = [one for one in use.lines if not procedures or one.procedure in procedures]
    unit = review.outcome.unit if review.outcome and review.outcome.unit else review.details.quantity_unit
    if unit in ("VS", "DY"):
        return Decimal(use.days if unit == "DY" else len({one.service_from for one in lines}))
    return sum((one.units for one in lines), Decimal(0))


def _running_out(book: ReviewBook, request_id: str, meta: Meta, state: Authorizations) -> Facts:
    """What is told of a request whose units go to their end, each once."""
    review = state.review(request_id)
    assert review is not None, "its units were used"
    if review.units is None or review.left is None:
        return ()
    terms = book.of(review.payer_id, meta.occurred_at.date())
    if review.left == 0:
        return () if "units_used_up" in review.warned else (work(review, "units_used_up"),)
    low = review.left * 100 <= review.units * terms.low_percent
    return (work(review, "units_low"),) if low and "units_low" not in review.warned else ()
