"""Prior authorizations: examples in the field's words, and what holds for every history."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from services.eligibility.authorization_policy import review_book
from services.eligibility.core.authorization import KIND, authorization_decider
from services.eligibility.core.authorization_messages import (
    AskFailed,
    AskReview,
    RecordReview,
    RequestReview,
    ReviewAnswered,
    ReviewDetails,
    ReviewedItem,
    ReviewOutcome,
    ReviewStatus,
    ReviewWishRefused,
    SendReview,
)
from services.eligibility.core.authorization_policy import ReviewBook, ReviewTerms
from services.eligibility.core.check_messages import Rejection
from shared.contracts import (
    AuthorizationDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    AuthorizationWorkFound,
    ClaimSubmitted,
    SubmittedLine,
)
from shared.decider import Decided, Due, Snapshot
from shared.policy import PolicyError
from tests.eligibility.test_check import meta

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = date(2026, 7, 10)
REVIEW = authorization_decider(ReviewBook({}))
REQUEST = "auth_1"
DETAILS = ReviewDetails(
    service_type="2",
    service_from=DAY,
    service_to=DAY + timedelta(days=60),
    diagnoses=("M5450",),
    items=(ReviewedItem(procedure="97110", units=Decimal(12)),),
    quantity=Decimal(12),
    quantity_unit="UN",
)
CERTIFIED = ReviewOutcome(
    status="certified",
    action="A1",
    authorization_number="AUTH0001",
    service_from=DAY,
    service_to=DAY + timedelta(days=60),
    units=Decimal(12),
    unit="UN",
)


def request(request_id: str = REQUEST, **more: Any) -> RequestReview:
    fields: dict[str, Any] = {
        "meta": meta(f"request/{request_id}"),
        "account_id": "acct_1",
        "request_id": request_id,
        "coverage_id": "cov_1",
        "payer_id": "P1",
        "requester_npi": "1234567893",
        "requester_name": "LAKESIDE",
        "details": DETAILS,
        "sealed_subscriber": "sealed:AA",
    }
    return RequestReview(**(fields | more))


def required(claim: str = "c1", day: date = DAY, sequence: int = 1) -> AuthorizationRequired:
    return AuthorizationRequired(
        meta=meta(f"required/{claim}/{sequence}").model_copy(
            update={"subject": f"check/{claim}", "sequence": sequence}
        ),
        account_id="acct_1",
        claim_id=claim,
        coverage_id="cov_1",
        payer_id="P1",
        service_date=day,
        service_types=("2",),
    )


def answer(decided: Decided[Any, Any] | Snapshot[Any], outcome: ReviewOutcome, when: datetime = AT) -> ReviewAnswered:
    """The answer to the one open effect."""
    snapshot = decided.snapshot if isinstance(decided, Decided) else decided
    [(effect_id, pending)] = snapshot.effects.items()
    effect = pending.effect
    assert isinstance(effect, SendReview)
    return ReviewAnswered(
        meta=meta(f"answer/{effect_id}", effect_id, when),
        account_id="acct_1",
        request_id=effect.request_id,
        ask=effect.ask,
        attempt=effect.attempt,
        outcome=outcome,
    )


def submitted(claim: str, units: str, number: str = "AUTH0001", sequence: int = 2, **more: Any) -> ClaimSubmitted:
    fields: dict[str, Any] = {
        "meta": meta(f"submitted/{claim}/{sequence}").model_copy(update={"sequence": sequence}),
        "account_id": "acct_1",
        "claim_id": claim,
        "patient_control_number": f"PCN{claim}",
        "payer_id": "P1",
        "billing_npi": "1234567893",
        "charge_cents": 10_000,
        "lines": (
            SubmittedLine(
                line_control_number="1", procedure="97110", charge_cents=10_000, service_from=DAY, units=units
            ),
        ),
        "service_from": DAY,
        "service_to": DAY,
        "frequency_code": "1",
        "submission_id": "sub_1",
        "submitted_on": DAY,
        "sealed_guarantor": "sealed:AA",
        "authorization_number": number,
    }
    return ClaimSubmitted(**(fields | more))


def due(when: datetime) -> Due:
    return Due(meta=meta(f"due/{when}", when=when), aggregate_id="acct_1", kind=KIND, due_at=when)


def asked(*claims: str) -> Decided[Any, Any]:
    return REVIEW.start(request(), *(required(claim) for claim in claims))


def events(decided: Decided[Any, Any], kind: type) -> list[Any]:
    return [one for one in decided.events if isinstance(one, kind)]


def test_a_claim_that_waits_is_told_the_number_as_soon_as_the_payer_certifies() -> None:
    waiting = asked("c1")
    assert [(one.ask, one.attempt) for one in waiting.effects if isinstance(one, SendReview)] == [("request", 1)]
    told = REVIEW.run(waiting.snapshot, [answer(waiting, CERTIFIED)])
    [granted] = events(told, AuthorizationGranted)
    assert (granted.claim_id, granted.authorization_number, granted.service_date) == ("c1", "AUTH0001", DAY)
    [decision] = events(told, AuthorizationDecided)
    assert (decision.status, decision.action, decision.units, decision.unit) == ("certified", "A1", "12", "UN")


def test_a_claim_that_comes_later_finds_the_authorization_by_itself() -> None:
    first = REVIEW.start(request())
    certified = REVIEW.run(first.snapshot, [answer(first, CERTIFIED)])
    told = REVIEW.run(certified.snapshot, [required("c2")])
    assert [one.claim_id for one in events(told, AuthorizationGranted)] == ["c2"]
    outside = REVIEW.run(certified.snapshot, [required("c3", DAY - timedelta(days=1))])
    assert not outside.events, "the day was not authorized: the claim stays held"


def test_a_claim_that_came_before_anybody_asked_waits_for_the_request() -> None:
    need = REVIEW.start(required("c1"))
    assert not need.events
    [shown] = need.snapshot.state.needs
    assert shown.claim_id == "c1"
    told = REVIEW.run(need.snapshot, [request()])
    granted = REVIEW.run(told.snapshot, [answer(told, CERTIFIED)])
    assert [one.claim_id for one in events(granted, AuthorizationGranted)] == ["c1"]
    assert not granted.snapshot.state.needs


def test_where_no_authorization_is_needed_the_claim_goes_on_without_a_number() -> None:
    waiting = asked("c1")
    outcome = ReviewOutcome(status="not_required", action="NA")
    [granted] = events(REVIEW.run(waiting.snapshot, [answer(waiting, outcome)]), AuthorizationGranted)
    assert granted.authorization_number is None


@pytest.mark.parametrize(
    ("status", "action"),
    [("denied", "A3"), ("contact_payer", "CT"), ("rejected", ""), ("unclear", "ZZ")],
)
def test_what_the_payer_does_not_certify_is_work_and_releases_nothing(status: str, action: str) -> None:
    waiting = asked("c1")
    rejections = (Rejection(code="72", follow_up="C"),) if status == "rejected" else ()
    outcome = ReviewOutcome(status=cast("ReviewStatus", status), action=action, reason="0Y", rejections=rejections)
    told = REVIEW.run(waiting.snapshot, [answer(waiting, outcome)])
    assert not events(told, AuthorizationGranted)
    [work] = events(told, AuthorizationWorkFound)
    assert (work.because, work.claim_id, work.due_on) == (status, "c1", DAY)
    [decision] = events(told, AuthorizationDecided)
    assert (decision.reason, decision.reject_codes) == ("0Y", ("72",) if rejections else ())


def test_a_modified_certification_releases_the_claims_it_holds_for_and_is_looked_at() -> None:
    waiting = REVIEW.start(request(), required("c1"), required("c2", DAY + timedelta(days=40)))
    fewer = CERTIFIED.model_copy(
        update={"status": "modified", "action": "A6", "service_to": DAY + timedelta(days=30), "units": Decimal(6)}
    )
    told = REVIEW.run(waiting.snapshot, [answer(waiting, fewer)])
    assert [one.claim_id for one in events(told, AuthorizationGranted)] == ["c1"]
    works = [(one.because, one.claim_id) for one in events(told, AuthorizationWorkFound)]
    assert ("outside_dates", "c2") in works
    assert "modified" in {because for because, _ in works}


def test_a_pended_request_is_inquired_about_until_it_is_decided() -> None:
    waiting = asked("c1")
    pended = REVIEW.run(waiting.snapshot, [answer(waiting, ReviewOutcome(status="pended", action="A4"))])
    assert [one.status for one in events(pended, AuthorizationDecided)] == ["pended"]
    assert not pended.snapshot.effects
    inquire_at = REVIEW.due(pended.snapshot.state)
    assert inquire_at is not None
    assert inquire_at == AT + timedelta(hours=24)
    assert not REVIEW.run(pended.snapshot, [due(AT + timedelta(hours=1))]).changed
    inquired = REVIEW.run(pended.snapshot, [due(inquire_at)])
    [effect] = inquired.effects
    assert isinstance(effect, SendReview)
    assert effect.ask == "inquiry"
    still = REVIEW.run(inquired.snapshot, [answer(inquired, ReviewOutcome(status="pended", action="A4"), inquire_at)])
    assert not still.events, "no news is told once"
    again = REVIEW.run(still.snapshot, [due(inquire_at + timedelta(hours=24))])
    told = REVIEW.run(again.snapshot, [answer(again, CERTIFIED, inquire_at + timedelta(hours=25))])
    assert [type(one) for one in told.events] == [AuthorizationDecided, AuthorizationGranted]


def test_a_request_that_is_pended_too_long_is_called_out_once() -> None:
    snapshot = asked().snapshot
    pended = ReviewOutcome(status="pended", action="A4")
    works: list[str] = []
    when = AT
    for _ in range(12):
        decided = REVIEW.run(snapshot, [answer(snapshot, pended, when)])
        works += [one.because for one in events(decided, AuthorizationWorkFound)]
        when = when + timedelta(hours=24)
        snapshot = REVIEW.run(decided.snapshot, [due(when)]).snapshot
    assert works == ["no_answer"]


def test_a_silent_payer_is_asked_again_and_then_a_person_hears_of_it() -> None:
    decided, waits = asked("c1"), list[timedelta]()
    silent = ReviewOutcome(status="unavailable")
    while decided.snapshot.effects:
        decided = REVIEW.run(decided.snapshot, [answer(decided, silent)])
        failed = [one for one in decided.facts if isinstance(one, AskFailed)]
        waits += [one.retry_at - AT for one in failed if one.retry_at]
    assert waits == [timedelta(minutes=5), timedelta(minutes=60)]
    assert [one.because for one in events(decided, AuthorizationWorkFound)] == ["no_answer"]
    refused = ReviewOutcome(status="rejected", rejections=(Rejection(code="42"),))
    again = REVIEW.run(asked().snapshot, [answer(asked(), refused)])
    assert not again.events, "AAA 42 says that the payer cannot answer now, and nothing of the request"


def test_a_person_enters_what_the_payer_said_elsewhere() -> None:
    book = ReviewBook({}, review_book().payers["RC104"])
    decider = authorization_decider(book)
    opened = decider.start(required("c1"), request())
    assert not opened.effects
    assert [one.because for one in events(opened, AuthorizationWorkFound)] == ["payer_takes_none"]
    entered = RecordReview(meta=meta("entered"), account_id="acct_1", request_id=REQUEST, outcome=CERTIFIED)
    told = decider.run(opened.snapshot, [entered])
    assert [one.claim_id for one in events(told, AuthorizationGranted)] == ["c1"]
    assert not decider.run(told.snapshot, [entered]).changed
    at_once = decider.start(required("c1"), request(recorded=CERTIFIED))
    assert [one.claim_id for one in events(at_once, AuthorizationGranted)] == ["c1"]


def test_units_are_used_by_claims_and_called_out_before_they_are_gone() -> None:
    first = REVIEW.start(request())
    snapshot = REVIEW.run(first.snapshot, [answer(first, CERTIFIED)]).snapshot
    works: list[str] = []
    for claim, units in (("c1", "4"), ("c2", "6"), ("c3", "2")):
        decided = REVIEW.run(snapshot, [submitted(claim, units)])
        works += [one.because for one in events(decided, AuthorizationWorkFound)]
        snapshot = decided.snapshot
    assert works == ["units_low", "units_used_up"]
    [review] = snapshot.state.reviews
    assert review.left == 0
    assert not REVIEW.run(snapshot, [required("c9")]).events, "nothing is left for another claim"
    voided = REVIEW.run(snapshot, [submitted("c3v", "2", patient_control_number="PCNc3", frequency_code="8")])
    assert voided.snapshot.state.reviews[0].left == 2, "a void gives back what its claim used"
    foreign = REVIEW.run(snapshot, [submitted("c4", "1", payer_id="P2")])
    assert foreign.snapshot.state.reviews == snapshot.state.reviews, "another payer's number may be the same"


def test_a_claim_that_named_the_number_before_it_was_known_here_is_counted_when_it_is() -> None:
    first = REVIEW.start(request(), submitted("c1", "5"))
    assert not first.snapshot.state.reviews[0].used
    certified = REVIEW.run(first.snapshot, [answer(first, CERTIFIED)])
    assert certified.snapshot.state.reviews[0].left == 7
    assert not REVIEW.run(certified.snapshot, [submitted("c1", "5")]).changed


def test_visits_and_days_are_counted_by_the_days_of_service() -> None:
    for unit, expected in (("VS", 1), ("DY", 3), ("UN", 5)):
        first = REVIEW.start(request())
        certified = CERTIFIED.model_copy(update={"unit": unit})
        snapshot = REVIEW.run(first.snapshot, [answer(first, certified)]).snapshot
        used = REVIEW.run(snapshot, [submitted("c1", "5", service_to=DAY + timedelta(days=2))])
        assert used.snapshot.state.reviews[0].used_units == expected, unit


def test_an_authorization_that_comes_to_its_end_is_called_out_once() -> None:
    first = REVIEW.start(request())
    certified = REVIEW.run(first.snapshot, [answer(first, CERTIFIED)])
    ends = REVIEW.due(certified.snapshot.state)
    assert ends is not None
    assert ends.date() == DAY + timedelta(days=60 - 14)
    called = REVIEW.run(certified.snapshot, [due(ends)])
    [work] = events(called, AuthorizationWorkFound)
    assert (work.because, work.due_on) == ("expiring", DAY + timedelta(days=60))
    assert REVIEW.due(called.snapshot.state) is None


def test_a_cancellation_counts_when_the_payer_confirms_it() -> None:
    first = REVIEW.start(request())
    certified = REVIEW.run(first.snapshot, [answer(first, CERTIFIED)])
    wish = AskReview(meta=meta("cancel"), account_id="acct_1", request_id=REQUEST, ask="cancel")
    cancelling = REVIEW.run(certified.snapshot, [wish])
    refused = REVIEW.run(cancelling.snapshot, [answer(cancelling, ReviewOutcome(status="denied", action="A3"))])
    assert refused.snapshot.state.reviews[0].grants, "what was not cancelled still holds"
    done = REVIEW.run(cancelling.snapshot, [answer(cancelling, ReviewOutcome(status="cancelled", action="C"))])
    assert not done.snapshot.state.reviews[0].grants
    again = AskReview(meta=meta("again"), account_id="acct_1", request_id=REQUEST, ask="cancel")
    [fact] = REVIEW.run(done.snapshot, [again]).facts
    assert isinstance(fact, ReviewWishRefused)


def test_the_shipped_terms_are_dated_and_a_wrong_entry_is_named(tmp_path: Path) -> None:
    book = review_book()
    assert book.of("RC107", date(2025, 12, 31)).pended_days == 14
    assert book.of("RC107", date(2026, 1, 1)).pended_days == 7
    assert not book.of("RC109", DAY).takes_278
    assert isinstance(book.of("nobody", DAY), ReviewTerms)
    wrong = tmp_path / "authorizations.toml"
    wrong.write_text('[[default]]\nvalid_from = 2020-01-01\nsource = "s"\nowner = "o"\nvalue = { takes_278 = 1 }\n')
    with pytest.raises(PolicyError, match="takes_inquiries"):
        review_book(wrong)
