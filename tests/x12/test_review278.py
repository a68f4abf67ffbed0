"""Reviews (278): what is written is read again the same, of the published examples and of any review."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.eligibility import Aaa
from shared.x12.envelope import identify, read_transactions
from shared.x12.findings import Finding, X12Error
from shared.x12.parties import Named, Person
from shared.x12.review278 import (
    Review278,
    ReviewDecision,
    ReviewedDiagnosis,
    ReviewedProvider,
    ReviewedService,
    read_278,
)
from shared.x12.review278_write import write_278
from shared.x12.values import raw
from tests.x12.support import corpus_files

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
PUBLISHED = [one for one in corpus_files("278") if one.parent.name == "stupidedi"]


def read(data: bytes) -> list[Review278]:
    found = list(read_278([data]))
    assert not [one for one in found if isinstance(one, Finding)]
    return [one for one in found if isinstance(one, Review278)]


def written(*reviews: Review278) -> bytes:
    return write_278(reviews, "US", "THEM", 7, AT)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_published_example_is_the_same_after_writing(path: Path) -> None:
    (before,) = read(path.read_bytes())

    (after,) = read(written(before))

    assert replace(after, findings=()) == replace(before, findings=())


def segments(data: bytes) -> list[tuple[str, ...]]:
    """All segments of a set but what the clock and the levels' numbers decide, in an order of their own."""
    (found,) = [one for one in read_transactions([data]) if not isinstance(one, Finding)]
    return sorted(raw(one) for one in found.segments if one.tag not in ("ST", "SE", "BHT", "HL"))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_no_segment_of_a_published_example_is_lost(path: Path) -> None:
    data = path.read_bytes()

    assert segments(written(*read(data))) == segments(data)


TEXT = st.text("ABCDEFGHIJ0123456789", min_size=1, max_size=8)
NAMES = st.builds(Named, last_name=TEXT, id_qualifier=st.just("PI"), id=TEXT, entity_type=st.just("2"))
PERSONS = st.builds(Person, last_name=TEXT, first_name=TEXT, birth_date=st.dates(date(1930, 1, 1)), sex=st.just("F"))
EXTRAS = st.sampled_from(
    [(), (("N3", "1 ROAD"), ("N4", "TOLEDO", "OH", "43604")), (("PER", "IC", "", "TE", "4195550100"),)]
)
PROVIDERS = st.builds(ReviewedProvider, st.just("SJ"), NAMES, EXTRAS)
DAYS = st.dates(date(2000, 1, 1), date(2049, 1, 1))
DECISIONS = st.builds(ReviewDecision, st.sampled_from(["A1", "A3", "A4"]), TEXT)


@st.composite
def services(draw: st.DrawFn) -> ReviewedService:
    tag, first = draw(st.sampled_from(["SV1", "SV2", "SV3"])), draw(DAYS)
    return ReviewedService(
        category="HS",
        certification_type="I",
        facility_code=draw(st.sampled_from(["", "11"])),
        procedure_qualifier="HC",
        procedure=draw(TEXT),
        quantity_qualifier="VS",
        quantity=draw(st.integers(0, 99).map(Decimal)),
        service_from=first,
        service_to=max(first, draw(DAYS)),
        date_qualifier=draw(st.sampled_from(["472", "435", "AAH"])),
        trace_type="1",
        trace_number=draw(TEXT),
        trace_details=("9012345678",),
        decision=draw(st.none() | DECISIONS),
        previous_authorization_number=draw(st.just("") | TEXT),
        diagnosis_codes=tuple(
            draw(st.lists(st.builds(ReviewedDiagnosis, st.sampled_from(["ABK", "ABF"]), TEXT), max_size=15))
        ),
        providers=tuple(draw(st.lists(PROVIDERS, max_size=2))),
        messages=tuple(draw(st.lists(TEXT, max_size=2))),
        service_segment=tag,
        revenue_code="0300" if tag == "SV2" else "",
        service_details=("", "UN", "2"),
        modifiers=tuple(draw(st.lists(st.just("25"), max_size=2))),
    )


@st.composite
def reviews(draw: st.DrawFn) -> Review278:
    subscriber = draw(PERSONS)
    return Review278(
        reference=draw(TEXT),
        purpose="11",
        is_response=True,
        payer=draw(NAMES),
        requester=draw(NAMES),
        requester_code=draw(st.sampled_from(["1P", "FA"])),
        subscriber=subscriber,
        member_id=draw(TEXT),
        dependent=draw(st.none() | PERSONS),
        event=draw(services()),
        services=tuple(draw(st.lists(services(), max_size=3))),
        rejections=tuple(Aaa("72", "C", f"level {level}") for level in draw(st.sets(st.sampled_from(["21", "22"])))),
        version="005010X217",
        transaction="0001",
    )


@given(reviews())
def test_any_review_is_the_same_after_writing(review: Review278) -> None:
    (after,) = read(written(review))

    assert replace(after, rejections=tuple(sorted(after.rejections, key=str))) == replace(
        review, rejections=tuple(sorted(review.rejections, key=str))
    )


@given(st.lists(reviews(), min_size=1, max_size=3))
def test_every_review_gets_a_set_of_its_own(several: list[Review278]) -> None:
    data = written(*several)

    assert identify(data) == "278"
    assert [one.reference for one in read(data)] == [one.reference for one in several]


def test_a_request_says_so_without_being_told() -> None:
    (after,) = read(written(Review278("R1", "", False, payer=Named("PLAN", entity_type="2"))))

    assert (after.purpose, after.is_response) == ("13", False)


def test_what_x12_cannot_carry_is_refused() -> None:
    with pytest.raises(X12Error, match="delimiter"):
        written(Review278("R*1", "13", False))
