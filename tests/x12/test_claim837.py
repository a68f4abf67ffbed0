"""Claims: what the views hold, and that writing them and reading them back changes nothing."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from shared.x12.claim837 import (
    Batch837,
    Claim837,
    Header837,
    Party,
    read_837,
    write_837d,
    write_837i,
    write_837p,
)
from shared.x12.findings import Finding, X12Error
from shared.x12.tokens import read_segments
from shared.x12.values import raw
from tests.x12.invent import batches
from tests.x12.support import CORPUS, chunks, corpus_files

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
WRITERS = {"837P": write_837p, "837I": write_837i, "837D": write_837d}


def claims_of(*data: bytes) -> list[Claim837]:
    return [one for one in read_837(data) if isinstance(one, Claim837)]


def placeless(claim: Claim837) -> Claim837:
    """A claim without what only its file gave it."""
    return replace(claim, transaction="", segment_number=0, byte_offset=0, findings=(), header=None)


def header_of(claim: Claim837) -> Header837:
    assert claim.header is not None
    return claim.header


def batch(claims: list[Claim837]) -> Batch837:
    header = header_of(claims[0])
    parties = header.submitter, header.receiver
    return Batch837(*parties, 7, 7, AT, claims, header.usage, transaction_type=header.transaction_type)


def by_control_number(claims: list[Claim837]) -> list[Claim837]:
    return sorted(map(placeless, claims), key=lambda one: (one.patient_control_number, repr(one.lines)))


VALID = [path for kind in ("837p", "837i", "837d") for path in corpus_files(kind) if path.read_bytes().isascii()]


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name[:60])
def test_read_write_read_is_the_identity(path: Path) -> None:
    before = claims_of(*chunks(path))
    guide = header_of(before[0]).guide
    assert guide

    written = WRITERS[guide](batch(before))

    assert [one for one in read_837([written]) if isinstance(one, Finding)] == []
    after = claims_of(written)
    assert Counter(map(placeless, after)) == Counter(map(placeless, before))
    assert {header_of(one).version[:10] for one in after} <= {"005010X222", "005010X223", "005010X224"}


# Segments whose spelling, not their meaning, may change: decimals lose trailing zeros, one-day ranges become days.
_RESPELLED = {"CLM", "SV1", "SV2", "SV3", "SVD", "CAS", "AMT", "CTP", "DTP", "PRV"}
_ENVELOPE = {"ISA", "GS", "ST", "BHT", "HL", "SE", "GE", "IEA"}


@pytest.mark.parametrize(
    "path",
    [path for kind in ("837p", "837i", "837d") for path in corpus_files(kind) if path.parent.name == "stupidedi"],
    ids=lambda path: path.name[:60],
)
def test_no_segment_is_lost(path: Path) -> None:
    if path.name.startswith("notes"):
        pytest.skip("its claims repeat whole levels, which the writer folds together")
    before = claims_of(*chunks(path))
    guide = header_of(before[0]).guide
    assert guide
    written = WRITERS[guide](batch(before))

    def kept(data: bytes) -> Counter[tuple[str, ...]]:
        segments = (raw(one) for one in read_segments([data]) if one.tag not in _ENVELOPE)
        return Counter(
            (one[0],) if one[0] in _RESPELLED else tuple(part.rstrip(":") for part in one) for one in segments
        )

    assert kept(written) == kept(path.read_bytes())


@given(batches())
def test_what_is_written_is_read(invented: Batch837) -> None:
    after = list(read_837([write_837p(invented)]))

    assert by_control_number([one for one in after if isinstance(one, Claim837)]) == by_control_number(
        list(invented.claims)
    )
    assert [one for one in after if isinstance(one, Finding)] == []
    assert [one.findings for one in after if isinstance(one, Claim837) and one.findings] == []


def test_a_claim_of_the_guide_is_read_field_by_field() -> None:
    claim = claims_of(*chunks(CORPUS / "837p/stupidedi/X222A1_commercial-health-insurance.edi"))[0]

    assert claim.patient_control_number == "26463774"
    assert claim.charge_cents == 10000
    assert (claim.facility_code, claim.frequency_code, claim.assignment) == ("11", "1", "A")
    assert claim.billing.name == "BEN KILDARE SERVICE"
    assert claim.billing.taxonomy == "203BF0100Y"
    assert claim.subscriber.member_id == "JS00111223333"
    assert claim.subscriber.person.first_name == "JANE"
    assert claim.patient is not None
    assert (claim.patient.first_name, claim.patient_relationship) == ("TED", "19")
    assert claim.patient.birth_date == date(1973, 5, 1)
    assert claim.payer.name == "KEY INSURANCE COMPANY"
    assert [one.code for one in claim.diagnoses] == ["0340", "V7389"]
    line = claim.lines[2]
    assert (line.procedure, line.charge_cents, line.units) == ("99214", 3500, Decimal(1))
    assert line.diagnosis_pointers == (2,)
    assert line.service_from == date(2006, 10, 10)
    assert header_of(claim).guide == "837P"


def test_prior_payers_and_their_line_decisions_are_read() -> None:
    claim = claims_of(*chunks(CORPUS / "837p/stupidedi/X222A1_COB-claim-from-billing-provider-to-payer-b.edi"))[0]

    other = claim.other_payers[0]
    assert (other.paid_cents, other.subscriber.payer_responsibility) == (3915, "P")
    for line in claim.lines:
        for one in line.adjudications:
            assert (one.paid_cents or 0) + sum(part.amount_cents or 0 for part in one.adjustments) == line.charge_cents


SAMPLE = (CORPUS / "837p/imsweb/x12_multiple_gs.txt").read_bytes()


def test_one_bad_claim_never_loses_its_neighbours() -> None:
    first, second = claims_of(SAMPLE)[:2]
    spoiled = SAMPLE.replace(b"CLM*A37YH556*500*", b"CLM**five hundred*", 1)

    claims = claims_of(spoiled)

    assert len(claims) == 6
    assert claims[0].charge_cents is None
    assert {("IK403:1", 1), ("IK403:6", 2)} <= {
        (one.code, one.element) for one in claims[0].findings if one.segment_tag == "CLM"
    }
    assert first.charge_cents == second.charge_cents == claims[1].charge_cents == 50000


def test_a_claim_cut_off_with_its_file_says_so() -> None:
    cut = SAMPLE[: SAMPLE.index(b"SV1")]

    found = list(read_837([cut]))

    claim = next(one for one in found if isinstance(one, Claim837))
    assert "IK502:2" in {one.code for one in claim.findings}
    assert {"IK502:2", "AK905:3", "TA105:023"} <= {one.code for one in found if isinstance(one, Finding)}


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(X12Error) as refusal:
        list(read_837(chunks(CORPUS / "835/edi835parser/emedny_sample.txt")))

    assert refusal.value.finding.code == "FILE:set"


def test_claims_of_one_provider_and_subscriber_share_their_levels() -> None:
    claim = claims_of(SAMPLE)[0]
    twins = [replace(claim, patient_control_number=f"C{index}") for index in range(3)]

    written = write_837p(batch(twins))

    levels = [segment.elements for segment in read_segments([written]) if segment.tag == "HL"]
    assert levels == [("1", "", "20", "1"), ("2", "1", "22", "0")]


def test_a_batch_beyond_the_guides_limit_becomes_several_transaction_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.x12.claim837_write.MAX_CLAIMS_PER_TRANSACTION", 2)
    claim = claims_of(SAMPLE)[0]
    many = [replace(claim, patient_control_number=f"C{index}") for index in range(5)]

    after = claims_of(write_837p(batch(many)))

    assert [(one.transaction, one.patient_control_number) for one in after] == [
        ("0001", "C0"),
        ("0001", "C1"),
        ("0002", "C2"),
        ("0002", "C3"),
        ("0003", "C4"),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SÉJOUR", "NM103 holds a character"),
        ("A*B", "NM103 holds a character"),
        ("X" * 61, "NM103 is longer than 60"),
    ],
)
def test_a_text_x12_cannot_carry_is_refused_by_field(name: str, message: str) -> None:
    claim = claims_of(SAMPLE)[0]
    spoiled = replace(claim, billing=replace(claim.billing, name=name))

    with pytest.raises(X12Error, match=message) as refusal:
        write_837p(replace(batch([claim]), claims=[spoiled]))

    assert name not in str(refusal.value)


def test_an_interchange_control_number_of_ten_digits_is_refused() -> None:
    claim = claims_of(SAMPLE)[0]

    with pytest.raises(X12Error, match="ISA13"):
        write_837p(replace(batch([claim]), interchange_control_number=10**9))


def test_memory_does_not_grow_with_the_file() -> None:
    start, body = SAMPLE.split(b"ST*837", 1)
    body = b"ST*837" + body[: body.index(b"GE*")]

    def repeated(times: int) -> Iterator[bytes]:
        yield start
        for _ in range(times):
            yield body

    def peak(times: int) -> int:
        tracemalloc.start()
        try:
            assert sum(isinstance(one, Claim837) for one in read_837(repeated(times))) == 2 * times
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(3)
    assert peak(400) < peak(40) + 200_000


def test_parties_default_to_nobody() -> None:
    assert Claim837("X", None).billing == Party()
