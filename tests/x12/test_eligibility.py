"""Eligibility inquiries and answers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.eligibility import (
    Aaa,
    Answer271,
    Benefit,
    BenefitDate,
    Inquiry270,
    Party,
    Payer,
    Person,
    read_270,
    read_271,
    write_270,
    write_271,
)
from shared.x12.findings import Finding
from shared.x12.tokens import read_segments
from tests.x12.invent import cents, codes, days, maybe, npis, persons, units, words
from tests.x12.support import CORPUS, chunks, corpus_files

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
One = TypeVar("One", Answer271, Inquiry270)


def answers_of(*data: bytes) -> list[Answer271]:
    return [one for one in read_271(data) if isinstance(one, Answer271)]


def inquiries_of(*data: bytes) -> list[Inquiry270]:
    return [one for one in read_270(data) if isinstance(one, Inquiry270)]


def placeless(one: One) -> One:
    return replace(one, findings=(), segment_number=0, transaction="")


@pytest.mark.parametrize("path", corpus_files("271"), ids=lambda path: path.name[:60])
def test_read_write_read_is_the_identity_on_answers(path: Path) -> None:
    before = answers_of(*chunks(path))

    written = write_271(before, 7, AT)

    assert list(map(placeless, answers_of(written))) == list(map(placeless, before))
    assert [one for one in read_271([written]) if isinstance(one, Finding)] == []


@pytest.mark.parametrize(
    "path", [path for path in corpus_files("270") if path.name != "x270.txt"], ids=lambda path: path.name[:60]
)
def test_read_write_read_is_the_identity_on_inquiries(path: Path) -> None:
    (before,) = inquiries_of(*chunks(path))

    after = inquiries_of(write_270(before, 7, AT))

    assert list(map(placeless, after)) == [placeless(before)]


def test_an_inquiry_without_reference_goes_out_under_its_trace_number() -> None:
    (before,) = inquiries_of(*chunks(CORPUS / "270/imsweb/x270.txt"))
    assert before.reference == ""

    (after,) = inquiries_of(write_270(before, 7, AT))

    assert after.reference == before.trace_number


benefits = st.builds(
    Benefit,
    code=st.sampled_from(["1", "6", "B", "C", "G"]),
    coverage_level=st.sampled_from(["IND", "FAM", ""]),
    service_types=st.lists(codes, max_size=40).map(tuple),
    insurance_type=maybe,
    plan=maybe,
    time_period=maybe,
    amount_cents=st.none() | cents,
    percent=st.none() | st.sampled_from([Decimal("0.2"), Decimal(1), Decimal("0.05")]),
    authorization_required=st.sampled_from([True, False, None]),
    in_network=st.sampled_from([True, False, None]),
    dates=st.lists(days.map(lambda day: BenefitDate("348", day, day)), max_size=2).map(tuple),
    quantity_qualifier=maybe,
    quantity=st.none() | units,
    messages=st.lists(words, max_size=2).map(tuple),
    entities=st.lists(
        st.tuples(st.sampled_from(["PR", "P3"]), st.builds(Party, name=words, npi=npis, contact_phone=maybe)),
        max_size=2,
    ).map(tuple),
    rejections=st.sampled_from([(), (Aaa("72", "C", "2110C"),)]),
)
insured = st.builds(Person, last_name=words, first_name=maybe, birth_date=st.none() | days, sex=st.just("F"))


@given(
    st.builds(
        Answer271,
        trace_number=words,
        payer=st.builds(Payer, name=words, id=codes),
        provider=st.builds(Party, name=words, npi=npis),
        subscriber=insured,
        member_id=codes,
        rejections=st.sampled_from([(), (Aaa("42", "R", "2100A"),), (Aaa("75", "C", "2100C", valid=True),)]),
        benefits=st.lists(benefits, max_size=3).map(tuple),
        reference=words,
        payer_trace_number=st.just("OWN1"),
        group_number=maybe,
        plan_number=maybe,
        sender_id=st.just("PAYER"),
        receiver_id=st.just("CLINIC"),
    )
)
def test_an_answer_written_is_read(invented: Answer271) -> None:
    assert list(map(placeless, answers_of(write_271(invented, 1, AT)))) == [invented]


@given(
    st.builds(
        Inquiry270,
        trace_number=words,
        payer=st.builds(Payer, name=words, id=codes),
        provider=st.builds(Party, name=words, npi=npis),
        subscriber=insured,
        member_id=codes,
        dependent=st.none() | persons,
        service_types=st.lists(codes, min_size=1, max_size=40).map(tuple),
        service_date=st.none() | days,
        reference=words,
        originator_id=st.just("9LAKESIDE0"),
        sender_id=st.just("CLINIC"),
        receiver_id=st.just("PAYER"),
    ).map(lambda one: replace(one, service_to=one.service_date))
)
def test_an_inquiry_written_is_read(invented: Inquiry270) -> None:
    assert list(map(placeless, inquiries_of(write_270(invented, 1, AT)))) == [invented]


def test_an_answer_is_read_field_by_field() -> None:
    path = CORPUS / "271/lfh-x12/271_005010X279A1_subscriber-health-benefit-check.271"
    (answer,) = answers_of(*chunks(path))

    assert answer.trace_number == "93175-012547"
    assert (answer.payer.name, answer.subscriber.last_name) == ("ABC COMPANY", "SMITH")
    assert answer.status == "active"
    assert {one.code for one in answer.benefits} == {"1", "B", "L"}


PAYER = Payer("SOME PAYER", "PAYER1")
CLINIC = Party("LAKESIDE CLINIC", npi="1234567893")
MEMBER = Person("DOE", "JANE", birth_date=date(1980, 2, 29), sex="F")


@pytest.mark.parametrize(
    ("loop", "code"),
    [("2100A", "42"), ("2100B", "43"), ("2100C", "72"), ("2100C", "73"), ("2100C", "75"), ("2100D", "67")],
)
def test_a_rejection_is_read_at_the_level_it_was_sent(loop: str, code: str) -> None:
    dependent = Person("DOE", "SAM") if loop == "2100D" else None
    subscriber = MEMBER if loop in ("2100C", "2100D") else Person()
    sent = Answer271("T1", PAYER, CLINIC, subscriber, dependent=dependent, rejections=(Aaa(code, "C", loop),))

    (answer,) = answers_of(write_271(replace(sent, sender_id="P", receiver_id="C"), 1, AT))

    assert answer.status == "rejected"
    assert answer.rejections == (Aaa(code, "C", loop),)


def test_forty_service_types_travel_in_one_benefit() -> None:
    types = tuple(str(number) for number in range(1, 41))
    sent = Answer271("T1", PAYER, CLINIC, MEMBER, "M1", benefits=(Benefit("1", service_types=types),), sender_id="P")

    written = write_271(replace(sent, receiver_id="C"), 1, AT)

    assert sum(segment.tag == "EB" for segment in read_segments([written])) == 1
    assert answers_of(written)[0].benefits[0].service_types == types


def test_every_person_of_a_batch_is_answered() -> None:
    sent = [
        Answer271(f"T{index}", PAYER, CLINIC, MEMBER, f"M{index}", sender_id="P", receiver_id="C") for index in range(3)
    ]

    assert [one.trace_number for one in answers_of(write_271(sent, 1, AT))] == ["T0", "T1", "T2"]


@pytest.mark.parametrize(
    ("codes_sent", "status"), [(("C", "1"), "active"), (("6", "C"), "inactive"), (("C",), "unknown"), ((), "unknown")]
)
def test_status_follows_the_coverage_codes(codes_sent: tuple[str, ...], status: str) -> None:
    assert Answer271("T", benefits=tuple(map(Benefit, codes_sent))).status == status
