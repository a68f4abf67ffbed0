"""An account's prior authorizations: asked for (278), answered at once or later, used by claims, run out.

One aggregate for each account, because a claim names its account, and finds its authorization by coverage and day. A
claim whose payer wants an authorization is told of one as soon as there is one, and then goes on by itself. What a
payer refuses, changes or does not answer, and what comes to its end, is work for a person.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial, reduce
from typing import TypeAlias, assert_never

from pydantic import TypeAdapter

from services.eligibility.core.authorization_messages import (
    AnyAuthorizationFact,
    AnyAuthorizationMessage,
    AskFailed,
    AskReview,
    AuthorizationFact,
    AuthorizationMessage,
    AuthorizationWork,
    Because,
    ClaimGranted,
    ClaimJoined,
    NeedSeen,
    RecordReview,
    RequestReview,
    ReviewAnswered,
    ReviewAsked,
    ReviewDecided,
    ReviewOpened,
    ReviewOutcome,
    ReviewWishRefused,
    SendReview,
    UnitsUsed,
    Use,
    UsedLine,
    UseKept,
    WaitingClaim,
)
from services.eligibility.core.authorization_policy import ReviewBook, ReviewTerms
from services.eligibility.core.authorization_state import Authorizations, Review, due_of, evolve
from shared.contracts import (
    AuthorizationDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    AuthorizationWorkFound,
    ClaimSubmitted,
    Event,
    Meta,
)
from shared.decider import Decider, Due, Scalar

KIND = "authorization"
REVIEWS_MAX = 200
Facts: TypeAlias = tuple[AuthorizationFact, ...]
Steps: TypeAlias = tuple[AuthorizationFact | SendReview, ...]
AuthorizationDecider: TypeAlias = Decider[Authorizations, AuthorizationMessage, AuthorizationFact]

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


def decide(book: ReviewBook, state: Authorizations, message: AuthorizationMessage) -> Steps:  # noqa: PLR0911 - one arm each
    """Answer one message; nothing decided means that it changed nothing."""
    match message:
        case RequestReview():
            return _request(book, state, message)
        case RecordReview():
            return _record(book, state, message)
        case AskReview():
            return _ask(state, message)
        case ReviewAnswered():
            return _answered(book, state, message)
        case AuthorizationRequired():
            return _needed(state, message)
        case ClaimSubmitted():
            return _submitted(book, state, message)
        case Due():
            return _come_due(book, state, message)
        case _:
            assert_never(message)


def _then(state: Authorizations, facts: Facts, follow: Callable[[Authorizations], Steps]) -> Steps:
    """Facts, and what follows from the state they make."""
    return (*facts, *follow(reduce(evolve, facts, state)))


def _request(book: ReviewBook, state: Authorizations, asked: RequestReview) -> Steps:
    if state.review(asked.request_id) is not None or asked.meta.id in state.commands:
        return ()
    if len(state.reviews) >= REVIEWS_MAX:
        because = f"this account has {REVIEWS_MAX} requests: look for the one that is meant among them"
        return (ReviewWishRefused(request_id=asked.request_id, because=because, command_id=asked.meta.id),)
    opened = ReviewOpened(
        request_id=asked.request_id,
        account_id=asked.account_id,
        coverage_id=asked.coverage_id,
        payer_id=asked.payer_id,
        requester_npi=asked.requester_npi,
        requester_name=asked.requester_name,
        details=asked.details,
        sealed_subscriber=asked.sealed_subscriber,
        opened_at=asked.meta.occurred_at,
    )
    wanting = [one for one in state.needs if _fits(one, asked)]
    if asked.claim is not None and all(one.claim_id != asked.claim.claim_id for one in wanting):
        wanting.append(asked.claim)
    joined = (ClaimJoined(request_id=asked.request_id, claim=one) for one in wanting)
    facts: Facts = (opened, *joined)
    return _then(state, facts, partial(_first_step, book, asked))


def _fits(claim: WaitingClaim, asked: RequestReview) -> bool:
    """Whether a claim that needs an authorization is one that this request is for."""
    same = (claim.coverage_id, claim.payer_id) == (asked.coverage_id, asked.payer_id)
    return same and asked.details.service_from <= claim.service_date <= asked.details.service_to


def _first_step(book: ReviewBook, asked: RequestReview, state: Authorizations) -> Steps:
    review, at = state.review(asked.request_id), asked.meta.occurred_at
    assert review is not None, "it was opened before"
    terms = book.of(asked.payer_id, at.date())
    if asked.recorded is not None:
        return _decided(state, terms, review, asked.recorded, at, by_person=True)
    if not terms.takes_278:
        return (_work(review, "payer_takes_none"),)
    return (
        ReviewAsked(request_id=review.request_id, ask="request"),
        SendReview(account_id=asked.account_id, request_id=review.request_id, ask="request"),
    )


def _record(book: ReviewBook, state: Authorizations, message: RecordReview) -> Steps:
    review = state.review(message.request_id)
    if message.meta.id in state.commands or review is None:
        return ()
    at = message.meta.occurred_at
    terms = book.of(review.payer_id, at.date())
    return _decided(state, terms, review, message.outcome, at, by_person=True, command=message)


def _ask(state: Authorizations, message: AskReview) -> Steps:
    review, command_id = state.review(message.request_id), message.meta.id
    if command_id in state.commands or review is None:
        return ()
    if because := _why_not(review, message):
        return (ReviewWishRefused(request_id=review.request_id, because=because, command_id=command_id),)
    return (
        ReviewAsked(request_id=review.request_id, ask=message.ask, command_id=command_id),
        SendReview(account_id=message.account_id, request_id=review.request_id, ask=message.ask),
    )


def _why_not(review: Review, message: AskReview) -> str:
    if review.asking is not None:
        return "the payer is being asked already: wait for its answer"
    if message.ask == "inquiry" and not review.is_open:
        return "the payer has decided: there is nothing to ask about"
    if message.ask == "cancel" and not (review.grants or review.is_open):
        return "there is nothing to cancel: the payer authorized nothing"
    return ""


def _answered(book: ReviewBook, state: Authorizations, answer: ReviewAnswered) -> Steps:
    review, at = state.review(answer.request_id), answer.meta.occurred_at
    if review is None or review.asking != answer.ask:
        return ()  # a person was faster
    terms = book.of(review.payer_id, at.date())
    outcome = answer.outcome
    codes = {one.code for one in outcome.rejections}
    silent = outcome.status == "unavailable" or (outcome.status == "rejected" and codes & terms.retry_codes)
    if silent:
        return _again(terms, review, answer)
    if _says_nothing(answer):
        # The request stays what it was, and a person hears of it.
        failed = AskFailed(request_id=review.request_id, ask=answer.ask, outcome=outcome)
        return (failed, *(_work(review, "no_answer"),) * ("no_answer" not in review.warned))
    return _decided(state, terms, review, outcome, at)


def _says_nothing(answer: ReviewAnswered) -> bool:
    """An inquiry or cancellation that was refused, or a cancellation that was not made, is no word on the request."""
    if answer.ask == "cancel":
        return answer.outcome.status != "cancelled"
    return answer.ask == "inquiry" and answer.outcome.status in ("rejected", "unclear")


def _again(terms: ReviewTerms, review: Review, answer: ReviewAnswered) -> Steps:
    """Ask once more while there are waits left; then a person hears of it."""
    request_id, at = review.request_id, answer.meta.occurred_at
    if answer.attempt <= len(terms.waits):
        retry_at = at + terms.waits[answer.attempt - 1]
        failed = AskFailed(request_id=request_id, ask=answer.ask, outcome=answer.outcome, retry_at=retry_at)
        return (failed, _send(answer.account_id, review, answer, answer.attempt + 1, retry_at))
    failed = AskFailed(request_id=request_id, ask=answer.ask, outcome=answer.outcome)
    return (failed, _work(review, "no_answer"))


def _send(account_id: str, review: Review, answer: ReviewAnswered, attempt: int, at: datetime) -> SendReview:
    return SendReview(
        account_id=account_id, request_id=review.request_id, ask=answer.ask, attempt=attempt, not_before=at
    )


def _decided(
    state: Authorizations,
    terms: ReviewTerms,
    review: Review,
    outcome: ReviewOutcome,
    at: datetime,
    *,
    by_person: bool = False,
    command: RecordReview | None = None,
) -> Steps:
    pended = outcome.status == "pended"
    inquire_at = at + terms.next_inquiry(review.inquiries) if pended and terms.takes_inquiries else None
    before = review.outcome
    same = before is not None and pended and before.status == "pended"
    decided = ReviewDecided(
        request_id=review.request_id,
        outcome=outcome,
        news=not same,
        inquire_at=inquire_at,
        by_person=by_person,
        command_id=command.meta.id if command else None,
    )
    after = evolve(state, decided).review(review.request_id)
    assert after is not None, "a decision drops no request"
    uses = (_used(after, use) for use in state.early if _is_under(after, use))
    return (decided, *_follow(terms, review, outcome, at, inquire_at), *uses)


def _follow(
    terms: ReviewTerms, review: Review, outcome: ReviewOutcome, at: datetime, inquire_at: datetime | None
) -> Steps:
    """What a decision leads to: claims that go on, work for a person, another question."""
    match outcome.status:
        case "certified" | "not_required":
            return _grant(review, outcome)
        case "partly_certified" | "modified":
            return (*_grant(review, outcome), _work(review, outcome.status))
        case "denied" | "contact_payer" | "rejected" | "unclear":
            return (_work(review, outcome.status),)
        case "pended":
            return _pended(terms, review, at, inquire_at)
        case "cancelled" | "unavailable":
            return ()
        case _:
            assert_never(outcome.status)


def _pended(terms: ReviewTerms, review: Review, at: datetime, inquire_at: datetime | None) -> Steps:
    """Asked about on the payer's schedule; too long is work, told once."""
    late = (at - (review.pended_at or review.opened_at)).days >= terms.pended_days
    tell = (late or inquire_at is None) and "no_answer" not in review.warned
    return (_work(review, "no_answer"),) if tell else ()


def _grant(review: Review, outcome: ReviewOutcome) -> Facts:
    """The claims that wait go on, but those on days that were not authorized."""
    first = outcome.service_from or review.details.service_from
    last = outcome.service_to or review.details.service_to
    return tuple(
        _granted(review.request_id, one, outcome)
        if first <= one.service_date <= last
        else _work(review, "outside_dates", one)
        for one in review.waiting
    )


def _granted(request_id: str, claim: WaitingClaim, outcome: ReviewOutcome) -> ClaimGranted:
    return ClaimGranted(request_id=request_id, claim=claim, authorization_number=outcome.authorization_number)


def _work(review: Review, because: Because, claim: WaitingClaim | None = None) -> AuthorizationWork:
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


def _needed(state: Authorizations, message: AuthorizationRequired) -> Steps:
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
        return (_granted(fitting[0].request_id, claim, fitting[0].outcome),)
    if fitting:
        return (_work(fitting[0], "several_fit", claim),)
    asked = next((one for one in own if one.is_open), None)
    return () if asked is None else (ClaimJoined(request_id=asked.request_id, claim=claim),)


def _submitted(book: ReviewBook, state: Authorizations, message: ClaimSubmitted) -> Steps:
    """A claim went out under an authorization: it uses its units, or waits for a number that is not known yet."""
    known = dict(state.seen).get(f"submitted/{message.claim_id}", -1)
    if not state.account_id or not message.authorization_number or known >= message.meta.sequence:
        return ()
    use = _use(message, message.authorization_number)
    review = next((one for one in state.reviews if _is_under(one, use)), None)
    if review is None:
        return (UseKept(use=use),)
    return _then(state, (_used(review, use),), partial(_running_out, book, review.request_id, message.meta))


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


def _is_under(review: Review, use: Use) -> bool:
    outcome = review.outcome
    named = outcome.authorization_number if outcome and review.grants else None
    return named == use.number and review.payer_id == use.payer_id


def _used(review: Review, use: Use) -> UnitsUsed:
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
        return () if "units_used_up" in review.warned else (_work(review, "units_used_up"),)
    low = review.left * 100 <= review.units * terms.low_percent
    return (_work(review, "units_low"),) if low and "units_low" not in review.warned else ()


def _come_due(book: ReviewBook, state: Authorizations, message: Due) -> Steps:
    now = message.meta.occurred_at
    if message.kind != KIND:
        return ()
    steps: list[AuthorizationFact | SendReview] = []
    for review in state.reviews:
        ends = due_of(review, book.of(review.payer_id, review.last).warn_days)
        if ends is not None and ends <= now:
            steps.append(_work(review, "expiring"))
        if review.asking is None and review.inquire_at is not None and review.inquire_at <= now:
            steps += [
                ReviewAsked(request_id=review.request_id, ask="inquiry"),
                SendReview(account_id=state.account_id, request_id=review.request_id, ask="inquiry"),
            ]
    return tuple(steps)


def next_due(book: ReviewBook, state: Authorizations) -> datetime | None:
    """The next inquiry about a pended request, or the next end to be called out."""
    times: list[datetime] = []
    for review in state.reviews:
        if review.asking is None and review.inquire_at is not None:
            times.append(review.inquire_at)
        ends = due_of(review, book.of(review.payer_id, review.last).warn_days)
        times += [] if ends is None else [ends]
    return min(times, default=None)


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


def _index(state: Authorizations) -> dict[str, Scalar]:
    return {
        "open": any(one.is_open for one in state.reviews),
        "needs": bool(state.needs) or any(one.waiting for one in state.reviews),
    }


def _aggregate_id(message: AuthorizationMessage) -> str:
    return message.aggregate_id if isinstance(message, Due) else message.account_id


def authorization_decider(book: ReviewBook) -> AuthorizationDecider:
    """The decider under the payers' terms."""
    return Decider(
        service="eligibility",
        kind=KIND,
        initial=Authorizations(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=_aggregate_id,
        record_key=lambda state: state.account_id or "unassigned",
        state_codec=TypeAdapter(Authorizations),
        message_codec=TypeAdapter(AnyAuthorizationMessage),
        fact_codec=TypeAdapter(AnyAuthorizationFact),
        effect_codec=TypeAdapter(SendReview),
        index=_index,
        due=partial(next_due, book),
    )
