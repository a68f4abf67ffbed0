"""Claim status inquiries (276) and responses (277), and reviews (278)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shared.x12.findings import Finding
from shared.x12.review278 import Review278, read_278
from shared.x12.status import (
    StatusInquiry276,
    StatusResponse277,
    read_276,
    read_277,
    write_276,
    write_277,
)
from tests.x12.support import CORPUS, chunks, corpus_files

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def inquiries_of(*data: bytes) -> list[StatusInquiry276]:
    return [one for one in read_276(data) if isinstance(one, StatusInquiry276)]


def responses_of(*data: bytes) -> list[StatusResponse277]:
    return [one for one in read_277(data) if isinstance(one, StatusResponse277)]


@pytest.mark.parametrize("path", corpus_files("276"), ids=lambda path: path.name[:60])
def test_read_write_read_is_the_identity_on_inquiries(path: Path) -> None:
    before = inquiries_of(*chunks(path))
    assert before

    written = write_276(before, 7, AT)

    after = inquiries_of(written)
    assert [replace(one, segment_number=0, transaction="", findings=()) for one in after] == [
        replace(one, segment_number=0, transaction="", findings=()) for one in before
    ]
    assert [one for one in read_276([written]) if isinstance(one, Finding)] == []


@pytest.mark.parametrize("path", corpus_files("277"), ids=lambda path: path.name[:60])
def test_read_write_read_is_the_identity_on_responses(path: Path) -> None:
    before = [one for one in responses_of(*chunks(path)) if one.level == "claim"]
    if not before:
        pytest.skip("it answers above the claims only")

    after = responses_of(write_277(before, 7, AT))

    assert [replace(one, segment_number=0, transaction="", findings=()) for one in after] == [
        replace(one, segment_number=0, transaction="", findings=()) for one in before
    ]


def test_an_inquiry_is_read_field_by_field() -> None:
    first, _, third = inquiries_of(*chunks(CORPUS / "276/stupidedi/X212_HR276_claim-request.edi"))

    assert (first.trace_number, first.payer.id, first.member_id) == ("ABCXYZ1", "12345", "123456789A")
    assert (first.bill_type, first.patient_control_number, first.charge_cents) == ("111", "SM123456", 851388)
    assert (first.service_from, first.service_to) == (date(2005, 8, 31), date(2005, 9, 6))
    assert first.subscriber.birth_date == date(1930, 12, 10)
    assert third.dependent is not None
    assert third.dependent.first_name == "JOSEPH"
    assert (third.lines[0].procedure, third.lines[0].charge_cents, third.lines[0].units) == ("99203", 15000, Decimal(1))


def test_a_response_tells_pending_paid_and_denied_apart() -> None:
    found = responses_of(*chunks(CORPUS / "277/stupidedi/X212_HN277_claim-response.edi"))

    assert [(one.trace_number, one.statuses[0].category, one.statuses[0].paid_cents) for one in found] == [
        ("ABCXYZ1", "P3", None),
        ("ABCXYZ2", "F0", 759900),
        ("ABCXYC3", "F2", 0),
    ]
    assert found[2].statuses[0].entity == "QC"
    assert found[2].lines[0].statuses[0].code == "88"


def test_a_level_answered_instead_of_its_claims_is_told_apart() -> None:
    found = responses_of(*chunks(CORPUS / "277/lfh-x12/277_005010X212_provider-level-status.277"))

    assert [(one.level, one.statuses[0].category) for one in found] == [("claim", "P3"), ("provider", "E0")]


@pytest.mark.parametrize("path", corpus_files("278"), ids=lambda path: path.name[:60])
def test_every_review_of_the_corpus_reads(path: Path) -> None:
    found = [one for one in read_278(chunks(path)) if isinstance(one, Review278)]

    assert found
    assert all(one.reference for one in found)
    # The other repository's requests carry BHT02 11, which the guide keeps for responses.
    if path.parent.name == "stupidedi":
        assert {one.is_response for one in found} == {"response" in path.name}


def test_a_request_names_patient_services_and_dates() -> None:
    path = CORPUS / "278/stupidedi/X217_admission-request-for-review.edi"
    (review,) = [one for one in read_278(chunks(path)) if isinstance(one, Review278)]

    assert review.payer is not None
    assert review.payer.id == "789312"
    assert (review.member_id, review.purpose) == ("12345678901", "13")
    assert review.event is not None
    assert (review.event.category, review.event.quantity, review.event.diagnoses) == ("AR", Decimal(7), ("41090",))
    assert review.event.service_from == date(2005, 5, 16)
    assert [one.procedure for one in review.services] == ["33510"]


def test_a_decision_carries_its_authorization_number() -> None:
    path = CORPUS / "278/stupidedi/X217_referral-response-to-request-for-review.edi"
    (review,) = [one for one in read_278(chunks(path)) if isinstance(one, Review278)]

    assert review.event is not None
    assert review.event.decision is not None
    assert (review.event.decision.outcome, review.event.decision.authorization_number) == ("certified", "AUTH0001")
    assert (review.event.service_from, review.event.service_to) == (date(2005, 5, 2), date(2005, 6, 2))


def test_a_claim_without_trace_number_is_not_lost() -> None:
    (path,) = (one for one in corpus_files("277") if one.parent.name == "hipaa-attachments")
    (claim,) = (one for one in read_277(chunks(path)) if isinstance(one, StatusResponse277))

    assert (claim.trace_number, claim.payer_claim_control_number) == ("", "CLM20250924001")
    assert [(one.category, one.code) for one in claim.statuses] == [("A1", "20")]
    assert [one.code for one in claim.findings] == ["IK304:3"]
