"""What others than a person add to a claim: an authorization's number, and papers that go with it."""

from datetime import date
from typing import Any

import pytest

from services.claims.core.claim_messages import AnnouncePapers
from shared.contracts import AuthorizationGranted, ClaimSubmitted
from tests.claims.makers import ACCOUNT, CLAIM, CLAIM_ID, assign, content, coverage, hold, meta, receive, transmit
from tests.claims.test_claim import Story

PWK = ("PWK", "OZ", "EL", "", "", "AC", "ACN0001")


def granted(number: str | None = "AUTH0001", sequence: int = 1, **more: Any) -> AuthorizationGranted:
    fields: dict[str, Any] = {
        "meta": meta(f"granted/{number}/{sequence}", subject=f"authorization/{ACCOUNT}", sequence=sequence),
        "account_id": ACCOUNT,
        "claim_id": CLAIM_ID,
        "coverage_id": "cov_1",
        "payer_id": "PAYER1",
        "service_date": date(2026, 6, 20),
        "request_id": "auth_1",
        "authorization_number": number,
    }
    return AuthorizationGranted(**(fields | more))


def announce(*segment: str) -> AnnouncePapers:
    return AnnouncePapers(meta=meta(f"announce/{segment}"), claim_id=CLAIM_ID, segment=segment or PWK)


def test_a_claim_held_for_want_of_an_authorization_goes_on_by_itself_with_the_number() -> None:
    story = Story(receive(), coverage("authorization"))
    assert story.snapshot.state.status == "held"
    story.when(granted()).then(status="ready")
    story.when(assign(), transmit()).then(ClaimSubmitted, status="submitted")
    assert (story.event().authorization_number, story.event().lines[0].units) == ("AUTH0001", "1")
    assert not story.when(granted()).decided.changed


def test_where_none_is_needed_the_claim_goes_on_without_a_number() -> None:
    story = Story(receive(), coverage("authorization")).when(granted(None)).then(status="ready")
    assert story.snapshot.state.content is not None
    assert not story.snapshot.state.content.prior_authorization_number


def test_a_number_that_came_before_the_coverage_answer_is_there_when_it_comes() -> None:
    Story(receive(), granted()).when(coverage("authorization")).then(status="ready")


def test_a_claim_keeps_the_number_it_came_with_and_what_else_holds_it() -> None:
    own = Story(receive(content(prior_authorization_number="OWN")), granted())
    assert own.snapshot.state.content is not None
    assert own.snapshot.state.content.prior_authorization_number == "OWN"
    Story(receive(), coverage("authorization"), hold()).when(granted()).then(status="held")


@pytest.mark.parametrize(
    "change", [{"coverage_id": "cov_2"}, {"service_date": date(2026, 6, 21)}], ids=["coverage", "day"]
)
def test_an_authorization_of_another_coverage_or_day_releases_nothing(change: dict[str, Any]) -> None:
    Story(receive(), coverage("authorization")).when(granted(**change)).then(status="held")


def test_a_claim_that_left_is_not_changed_any_more() -> None:
    sent = Story(receive(), coverage(), assign(), transmit())
    assert not sent.when(granted(), announce()).decided.changed


def test_papers_are_announced_once_and_never_more_than_ten() -> None:
    story = Story(receive()).when(announce(), announce())
    assert story.snapshot.state.papers == (PWK,)
    many = CLAIM.start(receive(), *(announce("PWK", "OZ", "EL", "", "", "AC", f"N{n}") for n in range(12)))
    assert len(many.snapshot.state.papers) == 10
    assert CLAIM.fold(many.facts) == many.snapshot.state
