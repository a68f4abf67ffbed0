"""An account's prior authorizations: asked for (278), answered at once or later, used by claims, run out.

One aggregate for each account, because a claim names its account, and finds its authorization by coverage and day. A
claim whose payer wants an authorization is told of one as soon as there is one, and then goes on by itself. What a
payer refuses, changes or does not answer, and what comes to its end, is work for a person.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial, reduce
from typing import TypeAlias, assert_never

from pydantic import TypeAdapter

from services.eligibility.core.authorization_claims import (
    Facts,
    grant,
    is_under,
    needed,
    submitted,
    used,
    work,
)
from services.eligibility.core.authorization_events import publish
from services.eligibility.core.authorization_messages import (
    AnyAuthorizationFact,
    AnyAuthorizationMessage,
    AskFailed,
    AskReview,
    AuthorizationFact,
    AuthorizationMessage,
    ClaimJoined,
    RecordReview,
    RequestReview,
    ReviewAnswered,
    ReviewAsked,
    ReviewDecided,
    ReviewOpened,
    ReviewOutcome,
    ReviewPutOff,
    ReviewResumed,
    ReviewWishRefused,
    SendReview,
    WaitingClaim,
)
from services.eligibility.core.authorization_policy import ReviewBook, ReviewTerms
from services.eligibility.core.authorization_state import Authorizations, Review, due_of, evolve
from services.eligibility.core.putting_off import asked_again_at
from shared.contracts import AuthorizationRequired, ClaimSubmitted
from shared.decider import Decider, Due, Scalar, named_by

KIND = "authorization"
REVIEWS_MAX = 200
Steps: TypeAlias = tuple[AuthorizationFact | SendReview, ...]
AuthorizationDecider: TypeAlias = Decider[Authorizations, AuthorizationMessage, AuthorizationFact]


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
        case ReviewPutOff() | ReviewResumed():
            return _put_off(state, message)
        case AuthorizationRequired():
            return needed(state, message)
        case ClaimSubmitted():
            return submitted(book, state, message)
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
        return (work(review, "payer_takes_none"),)
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
        return (failed, *(work(review, "no_answer"),) * ("no_answer" not in review.warned))
    return _decided(state, terms, review, outcome, at)


def _put_off(state: Authorizations, message: ReviewPutOff | ReviewResumed) -> Steps:
    """The payer was not asked: the same question later. It counts as no attempt."""
    review = state.review(message.request_id)
    if review is None or review.asking != message.ask:
        return ()  # a person was faster
    asked = SendReview(
        account_id=message.account_id, request_id=message.request_id, ask=message.ask, attempt=message.attempt
    )
    if isinstance(message, ReviewResumed):
        return (asked,)
    at = asked_again_at(message.meta.occurred_at, message.times, message.wait_seconds)
    return (asked.model_copy(update={"put_off": message.times, "not_before": at}),)


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
    return (failed, work(review, "no_answer"))


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
    uses = (used(after, use) for use in state.early if is_under(after, use))
    return (decided, *_follow(terms, review, outcome, at, inquire_at), *uses)


def _follow(
    terms: ReviewTerms, review: Review, outcome: ReviewOutcome, at: datetime, inquire_at: datetime | None
) -> Steps:
    """What a decision leads to: claims that go on, work for a person, another question."""
    match outcome.status:
        case "certified" | "not_required":
            return grant(review, outcome)
        case "partly_certified" | "modified":
            return (*grant(review, outcome), work(review, outcome.status))
        case "denied" | "contact_payer" | "rejected" | "unclear":
            return (work(review, outcome.status),)
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
    return (work(review, "no_answer"),) if tell else ()


def _come_due(book: ReviewBook, state: Authorizations, message: Due) -> Steps:
    now = message.meta.occurred_at
    if message.kind != KIND:
        return ()
    steps: list[AuthorizationFact | SendReview] = []
    for review in state.reviews:
        ends = due_of(review, book.of(review.payer_id, review.last).warn_days)
        if ends is not None and ends <= now:
            steps.append(work(review, "expiring"))
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


def _index(state: Authorizations) -> dict[str, Scalar]:
    return {
        "open": any(one.is_open for one in state.reviews),
        "needs": bool(state.needs) or any(one.waiting for one in state.reviews),
    }


def authorization_decider(book: ReviewBook) -> AuthorizationDecider:
    """The decider under the payers' terms."""
    return Decider(
        service="eligibility",
        kind=KIND,
        initial=Authorizations(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("account_id"),
        record_key=lambda state: state.account_id or "unassigned",
        state_codec=TypeAdapter(Authorizations),
        message_codec=TypeAdapter(AnyAuthorizationMessage),
        fact_codec=TypeAdapter(AnyAuthorizationFact),
        effect_codec=TypeAdapter(SendReview),
        index=_index,
        due=partial(next_due, book),
    )
