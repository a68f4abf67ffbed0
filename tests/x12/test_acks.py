"""Acknowledgements: interchange (TA1), syntax (999) and claims (277CA)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from shared.x12.acks import (
    Ack999,
    AckElement,
    AckSegment,
    AckTransaction,
    BatchAck277CA,
    ClaimAck277CA,
    ClaimVerdict,
    LineAck,
    Status,
    Ta1,
    Verdict,
    read_277ca,
    read_999,
    read_ta1,
    write_277ca,
    write_999,
    write_ta1,
)
from shared.x12.envelope import identify
from shared.x12.findings import Finding, X12Error
from shared.x12.parties import Named
from tests.x12.support import CORPUS, chunks, corpus_files

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def acks_of(*data: bytes) -> list[Ack999]:
    return [one for one in read_999(data) if isinstance(one, Ack999)]


def claims_of(*data: bytes) -> list[ClaimAck277CA]:
    return [one for one in read_277ca(data) if isinstance(one, ClaimAck277CA)]


@pytest.mark.parametrize("path", corpus_files("999"), ids=lambda path: path.name[:60])
def test_a_999_read_and_written_is_the_same(path: Path) -> None:
    before = acks_of(*chunks(path))

    after = acks_of(write_999(before, before[0].sender_id, before[0].receiver_id, 7, AT))

    assert [replace(one, transaction="", findings=()) for one in after] == [
        replace(one, transaction="", findings=()) for one in before
    ]


def test_a_999_says_what_became_of_each_transaction_set() -> None:
    (ack,) = acks_of(*chunks(CORPUS / "999/stupidedi/X231A1_response-to-functional-group-containing-3-837s.edi"))

    assert (ack.verdict, ack.group_control_number, ack.accepted) == (Verdict.PARTIALLY_ACCEPTED, "17456", 1)
    assert [(one.control_number, one.verdict) for one in ack.transactions] == [
        ("0001", Verdict.ACCEPTED),
        ("0002", Verdict.REJECTED),
        ("0003", Verdict.REJECTED),
    ]
    (segment,) = ack.transactions[1].segments
    assert (segment.tag, segment.position, segment.code) == ("CLM", 22, "8")
    assert segment.elements == (AckElement(2, "1", data_element="782"),)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("A", "accepted"), ("E", "accepted_with_errors"), ("R", "rejected"), ("M", "rejected"), ("?", "unknown")],
)
def test_accepted_with_errors_is_accepted(status: str, verdict: str) -> None:
    assert AckTransaction("837", "0001", status).verdict == verdict


def test_a_999_carries_place_and_code_of_an_error() -> None:
    element = AckElement(5, "7", component=1, data_element="1331", value="ZZ")
    segment = AckSegment("CLM", 30, "2300", "8", (("CTX", "CLM01:PCN1"),), (element,))
    rejected = AckTransaction("837", "0002", "R", "005010X222A1", ("5",), (segment,))
    ack = Ack999("HC", "17", "P", "005010X222A1", 2, 2, 1, (), (AckTransaction("837", "0001", "A"), rejected), "P", "C")

    (after,) = acks_of(write_999(ack, "P", "C", 7, AT))

    assert replace(after, transaction="") == ack


def test_a_999_without_result_is_a_finding_and_unknown() -> None:
    written = write_999(Ack999("HC", "17", "A"), "P", "C", 7, AT).replace(b"AK9*A~\n", b"").replace(b"SE*4", b"SE*3")

    (ack,) = acks_of(written)

    assert ack.verdict == Verdict.UNKNOWN
    assert [one.code for one in ack.findings] == ["IK304:3"]


def test_ta1_is_read_from_an_isa_without_padding() -> None:
    found = list(read_ta1(chunks(CORPUS / "malformed/uhin/TA1.txt")))

    (ack,) = [one for one in found if isinstance(one, Ta1)]
    assert (ack.interchange_control_number, ack.status, ack.note) == ("000000100", "R", "024")
    assert not ack.accepted
    assert "TEXT:isa-length" in {one.code for one in found if isinstance(one, Finding)}


@pytest.mark.parametrize(("status", "accepted"), [("A", True), ("E", True), ("R", False)])
def test_ta1_written_is_read(status: str, accepted: bool) -> None:
    sent = Ta1("000000100", date(2026, 6, 30), time(8, 23), status, "000", "P", "C")

    written = write_ta1(sent, "P", "C", 7, AT)

    assert list(read_ta1([written])) == [sent]
    assert sent.accepted == accepted
    assert identify(written) == "TA1"


def test_a_file_without_ta1_is_refused() -> None:
    with pytest.raises(X12Error, match="no TA1"):
        list(read_ta1(chunks(CORPUS / "999/imsweb/x12_999_rejected.txt")))


@pytest.mark.parametrize("path", corpus_files("277ca"), ids=lambda path: path.name[:60])
def test_a_277ca_read_and_written_is_the_same(path: Path) -> None:
    before = claims_of(*chunks(path))

    written = write_277ca(before, before[0].sender_id, before[0].receiver_id, 7, AT)

    def placeless(one: ClaimAck277CA) -> ClaimAck277CA:
        return replace(one, transaction="", segment_number=0)

    assert list(map(placeless, claims_of(written))) == list(map(placeless, before))
    assert [one for one in read_277ca([written]) if isinstance(one, Finding)] == []


def test_a_rejected_claim_names_itself_and_why() -> None:
    (claim,) = claims_of(*chunks(CORPUS / "277ca/imsweb/x12_277CA_rejected.txt"))

    assert claim.patient_control_number == "3920394930203"
    assert claim.verdict == ClaimVerdict.REJECTED
    (status,) = claim.statuses
    assert (status.category, status.code, status.entity, status.amount_cents) == ("A7", "562", "85", 19914)
    assert (claim.payer_claim_control_number, claim.bill_type) == ("1107000000001120", "731")
    assert claim.submitted_reference == "11200001"


@pytest.mark.parametrize(
    ("category", "verdict"),
    [
        ("A0", "received"),
        ("A1", "received"),
        ("A2", "accepted"),
        ("A3", "rejected"),
        ("A4", "not_found"),
        ("A5", "received"),
        ("A6", "rejected"),
        ("A7", "rejected"),
        ("A8", "rejected"),
        ("F1", "unexpected"),
        ("P1", "unexpected"),
    ],
)
def test_only_the_rejecting_categories_reject(category: str, verdict: str) -> None:
    assert ClaimAck277CA("PCN", (Status(category, "20"),)).verdict == verdict


def test_one_rejection_among_several_statuses_rejects() -> None:
    assert ClaimAck277CA("PCN", (Status("A2", "20"), Status("A8", "33"))).verdict == ClaimVerdict.REJECTED


def test_a_batch_of_accepted_and_rejected_claims_is_counted() -> None:
    source, provider = (
        Named("SOME PAYER", id_qualifier="PI", id="P1", entity_type="2"),
        Named("CLINIC", entity_type="2"),
    )
    accepted = ClaimAck277CA(
        "PCN1",
        (Status("A2", "20", "PR", date(2026, 7, 1), "WQ", 12500),),
        "ICN1",
        "CH1",
        12500,
        service_from=date(2026, 6, 1),
        service_to=date(2026, 6, 3),
        patient=Named("DOE", "JANE", id_qualifier="MI", id="M1"),
        source=source,
        receiver=Named("LAKESIDE", id_qualifier="46", id="LAKE", entity_type="2"),
        provider=provider,
        submitted_reference="REF1",
        reference="REF9",
        sender_id="P",
        receiver_id="C",
    )
    rejected = replace(
        accepted,
        patient_control_number="PCN2",
        statuses=(
            Status("A7", "562", "85", date(2026, 7, 1), "U", 5000),
            Status("A6", "21", "", date(2026, 7, 1), "U", 5000),
        ),
        charge_cents=5000,
        lines=(LineAck("HC", "99213", 5000, "L1", (Status("A7", "454", "", date(2026, 7, 1), "U"),)),),
    )

    found = list(read_277ca([write_277ca([accepted, rejected], "P", "C", 7, AT)]))

    claims = [replace(one, transaction="", segment_number=0) for one in found if isinstance(one, ClaimAck277CA)]
    assert claims == [accepted, rejected]
    batch, provider_level = [one for one in found if isinstance(one, BatchAck277CA)]
    assert (provider_level.level, provider_level.accepted, provider_level.rejected) == ("provider", 1, 1)
    assert (batch.level, batch.trace_number, batch.verdict) == ("receiver", "REF1", ClaimVerdict.RECEIVED)
    assert (batch.accepted, batch.rejected, batch.accepted_cents, batch.rejected_cents) == (1, 1, 12500, 5000)


def test_a_claim_acknowledged_without_trace_number_is_not_lost() -> None:
    data = (CORPUS / "277ca/imsweb/x12_277CA_accepted.txt").read_bytes()
    lines = data.splitlines(keepends=True)
    last = max(index for index, line in enumerate(lines) if line.startswith(b"TRN*2"))
    before, after = claims_of(data), claims_of(b"".join((*lines[:last], *lines[last + 1 :])))

    assert len(after) == len(before)
    assert after[-1].statuses == before[-1].statuses
    assert "IK304:3" in [one.code for one in after[-1].findings]
