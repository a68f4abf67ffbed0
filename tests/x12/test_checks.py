"""Findings from the loop tables, the element rules and the claim rules, and the acknowledgements made of them."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.ack999 import Ack999, AckTransaction, read_999, stream_999, write_999
from shared.x12.ack_ta1 import Ta1
from shared.x12.acknowledge import acknowledge, answer_in_pieces, check_file
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Claim837, Diagnosis, LineAdjudication, OtherPayer, Payer, read_837
from shared.x12.claim_rules import check_claim
from shared.x12.findings import Severity, X12Error
from shared.x12.identifiers import icd10_form, valid_npi
from tests.x12.support import CORPUS, chunks, corpus_files

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
KINDS = ("837p", "837i", "837d", "835", "270", "271", "276", "277", "277ca", "999")
VALID = [path for kind in KINDS for path in corpus_files(kind) if path.parent.name == "stupidedi"]


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name[:60])
def test_the_published_examples_break_no_loop_or_element_rule(path: Path) -> None:
    assert [one for one in check_file(chunks(path)) if one.code.startswith(("IK304", "IK403"))] == []


def codes_of(name: str) -> set[tuple[str, str, str]]:
    found = check_file(chunks(CORPUS / "malformed" / "imsweb" / name))
    return {(one.code, one.segment_tag, one.loop) for one in found}


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("x12_bad_segment_identifier.txt", ("IK304:1", "Nd4", "2010AA")),
        ("x12_loop_errors1_exceeds_max_1_parent.txt", ("IK304:4", "NM1", "2010AA")),
        ("x12_loop_errors3_missing_loops.txt", ("IK304:3", "NM1", "2010AA")),
        ("x12_missing_elements.txt", ("IK403:1", "CLM", "2300")),
        ("x12_missing_required_loop_in_one_repeat.txt", ("IK304:3", "NM1", "2010BA")),
        ("x12_missing_required_loops_mult_repeats.txt", ("IK304:3", "LX", "2400")),
        ("x12_segment_errors.txt", ("IK304:3", "N3", "2010AA")),
        ("x12_segments_out_of_order.txt", ("IK304:2", "N4", "2010AA")),
    ],
)
def test_a_malformed_file_is_told_what_its_name_says(name: str, finding: tuple[str, str, str]) -> None:
    assert finding in codes_of(name)


EXAMPLE = (CORPUS / "837p/stupidedi/X222A1_commercial-health-insurance.edi").read_bytes()


def test_a_good_file_is_accepted() -> None:
    answer = acknowledge([EXAMPLE])

    assert answer.accepted
    assert [(one.status, one.note) for one in answer.ta1] == [("A", "000")]
    (ack,) = answer.groups
    assert (ack.status, ack.included, ack.received, ack.accepted) == ("A", 1, 1, 1)
    assert [(one.set_id, one.status) for one in ack.transactions] == [("837", "A")]


@pytest.mark.parametrize(
    ("old", "new", "segment", "element"),
    [
        pytest.param(b"*100***11:B:1", b"****11:B:1", ("CLM", "8"), (2, "1", "782"), id="CLM02 missing"),
        pytest.param(b"*100***11:B:1", b"*1x0***11:B:1", ("CLM", "8"), (2, "6", "782"), id="CLM02 not a number"),
        pytest.param(b"N3*234 SEAWAY ST~", b"", ("N3", "3"), None, id="N3 missing"),
        pytest.param(b"LX*1~", b"LX*one~", ("LX", "8"), (1, "6", "554"), id="LX01 not a number"),
        pytest.param(b"NM1*40*2*", b"NM1*40*2*" + b"X" * 61, ("NM1", "8"), (3, "5", "1035"), id="name too long"),
    ],
)
def test_one_fault_is_rejected_with_segment_element_and_code(
    old: bytes, new: bytes, segment: tuple[str, str], element: tuple[int, str, str] | None
) -> None:
    assert old in EXAMPLE

    (ack,) = acknowledge([EXAMPLE.replace(old, new)]).groups

    (transaction,) = ack.transactions
    assert (ack.status, transaction.status) == ("R", "R")
    assert "5" in transaction.codes
    assert segment in {(one.tag, one.code) for one in transaction.segments}
    if element:
        assert element in {(e.position, e.code, e.data_element) for one in transaction.segments for e in one.elements}


def test_position_counts_from_st() -> None:
    (ack,) = acknowledge([EXAMPLE.replace(b"*100***11:B:1", b"****11:B:1")]).groups

    (segment,) = ack.transactions[0].segments
    from_start = EXAMPLE[EXAMPLE.index(b"ST*") : EXAMPLE.index(b"CLM*")].count(b"~")
    assert segment.position == from_start + 1


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (b"SE*", b"SE*9", ("4",)),
        (b"~GE*1", b"~GE*7", None),
    ],
)
def test_a_wrong_count_is_rejected_at_its_level(old: bytes, new: bytes, codes: tuple[str, ...] | None) -> None:
    (ack,) = acknowledge([EXAMPLE.replace(old, new)]).groups

    assert ack.status == "R"
    if codes:
        assert ack.transactions[0].codes == codes
    else:
        assert ack.codes == ("5",)


def test_an_interchange_whose_numbers_differ_is_rejected_by_ta1() -> None:
    answer = acknowledge([EXAMPLE.replace(b"IEA*1*0", b"IEA*1*9")])

    assert [(one.status, one.note) for one in answer.ta1] == [("R", "001")]
    assert not answer.accepted


def test_a_group_with_one_bad_set_is_accepted_in_part() -> None:
    start, end = EXAMPLE.index(b"ST*"), EXAMPLE.index(b"GE*")
    second = EXAMPLE[start:end].replace(b"*0021", b"*0022").replace(b"LX*1~", b"LX*one~")
    data = EXAMPLE[:end] + second + EXAMPLE[end:].replace(b"GE*1*", b"GE*2*")

    (ack,) = acknowledge([data]).groups

    assert (ack.status, ack.accepted) == ("P", 1)
    assert [one.status for one in ack.transactions] == ["A", "R"]


@pytest.mark.parametrize("path", [*VALID, *corpus_files("malformed")], ids=lambda path: path.name[:60])
def test_every_acknowledgement_can_be_sent_and_is_itself_in_order(path: Path) -> None:
    try:
        answer = acknowledge(chunks(path))
    except X12Error:
        pytest.skip("it cannot be read at all")
    if not answer.groups:
        pytest.skip("it has no group to answer")

    written = write_999(answer.groups, "US", "THEM", 7, AT)

    assert [one for one in check_file([written]) if one.severity == Severity.ERROR] == []
    after = [one for one in read_999([written]) if isinstance(one, Ack999)]
    assert [one.transactions for one in after] == [one.transactions for one in answer.groups]


def _streamed(acks: tuple[Ack999, ...]) -> bytes:
    def answered(ack: Ack999) -> Iterator[AckTransaction | Ack999]:
        yield from ack.transactions
        yield ack

    return b"".join(stream_999(((one, answered(one)) for one in acks), "US", "THEM", 7, AT))


@pytest.mark.parametrize("path", [*VALID, *corpus_files("malformed")], ids=lambda path: path.name[:60])
def test_an_acknowledgement_in_pieces_is_the_one_written_whole(path: Path) -> None:
    try:
        groups = acknowledge(chunks(path)).groups
    except X12Error:
        pytest.skip("it cannot be read at all")

    assert _streamed(groups) == (write_999(groups, "US", "THEM", 7, AT) if groups else b"")


def _many_sets(count: int) -> Iterator[bytes]:
    """A file of one group with so many sets of one number (others are remembered), all of which want a note."""
    start, end = EXAMPLE.index(b"ST*"), EXAMPLE.index(b"GE*")
    body = EXAMPLE[start:end].replace(b"LX*1~", b"LX*one~")
    yield EXAMPLE[:start]
    yield from [body] * count
    yield EXAMPLE[end:].replace(b"GE*1*", b"GE*%d*" % count)


def _peak(sets: int) -> int:
    tracemalloc.start()
    found = Counter(type(one) for one in answer_in_pieces(_many_sets(sets)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found[AckTransaction], found[Ack999], found[Ta1]) == (sets, 2, 2)
    return peak


def test_answering_in_pieces_needs_no_more_memory_for_more_sets() -> None:
    _peak(50)  # the first warms caches

    assert _peak(1300) - _peak(300) < 200_000, "the answers to a thousand sets take more than 600,000 bytes"


def test_a_999_is_not_answered_with_a_999() -> None:
    (path,) = [one for one in corpus_files("999") if one.parent.name == "stupidedi"]

    answer = acknowledge(chunks(path))

    assert answer.groups == ()
    assert [one.status for one in answer.ta1] == ["A"]


def test_the_999_keeps_to_the_lengths_and_types_of_its_elements() -> None:
    files = [one for kind in ("837p", "837i", "835", "270", "malformed") for one in corpus_files(kind)]
    for path in files:
        try:
            answer = acknowledge(chunks(path))
        except X12Error:
            continue
        for note in (note for group in answer.groups for one in group.transactions for note in one.segments):
            assert 2 <= len(note.tag) <= 3, "IK301 is ID 2/3"
            assert len(note.loop) <= 4, "IK303 is AN 1/4"
            assert all(one.data_element.isdigit() or not one.data_element for one in note.elements), "IK402 is N0"


SAMPLES = [path.read_bytes() for path in VALID if len(path.read_bytes()) < 3000]


@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=12))
def test_a_mutilated_file_gives_findings_and_never_another_error(data: bytes, at: int, cut: int, noise: bytes) -> None:
    spoiled = data[:at] + noise + data[at + cut :]
    try:
        acknowledge([spoiled])
        list(read_837([spoiled]))
    except X12Error as error:
        assert error.finding.message  # noqa: PT017  # either outcome is right; a refusal must say why


CLAIM = next(one for one in read_837([EXAMPLE]) if isinstance(one, Claim837))


def test_a_good_claim_breaks_no_rule_but_the_examples_invented_numbers() -> None:
    assert {one.code for one in check_claim(CLAIM)} <= {"SNIP5:npi"}


def _lines(**change: object) -> tuple[object, ...]:
    return (replace(CLAIM.lines[0], **change), *CLAIM.lines[1:])  # type: ignore[arg-type]


DECISION = LineAdjudication("P9", 1000, adjustments=(Adjustment("CO", "45", 2999),))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"charge_cents": 10001}, "SNIP3:line-sum"),
        ({"frequency_code": "7"}, "SNIP4:frequency"),
        ({"lines": ()}, "SNIP2:lines"),
        ({"lines": CLAIM.lines * 13}, "SNIP2:lines"),
        ({"diagnoses": ()}, "SNIP4:pointer"),
        ({"diagnoses": (Diagnosis("ABK", "0340"),)}, "SNIP5:diagnosis"),
        ({"facility_code": "1"}, "SNIP5:place"),
        ({"patient": None}, "SNIP4:patient"),
        ({"billing": replace(CLAIM.billing, npi="1234567890")}, "SNIP5:npi"),
        ({"billing": replace(CLAIM.billing, taxonomy="X")}, "SNIP5:taxonomy"),
        ({"lines": _lines(service_from=date(1970, 1, 1))}, "SNIP4:birth"),
        ({"lines": _lines(service_to=date(1999, 1, 1))}, "SNIP4:dates"),
        ({"lines": _lines(procedure="9921")}, "SNIP5:procedure"),
        ({"lines": tuple(replace(one, line_control_number="1") for one in CLAIM.lines)}, "SNIP4:line-control"),
        (
            {"other_payers": (OtherPayer(payer=Payer("P", "P9")),), "lines": _lines(adjudications=(DECISION,))},
            "SNIP3:cob-line",
        ),
        (
            {"other_payers": (OtherPayer(paid_cents=1, adjustments=(Adjustment("CO", "45", 1),)),)},
            "SNIP3:cob-claim",
        ),
    ],
)
def test_a_broken_rule_is_named(change: dict[str, object], code: str) -> None:
    good = replace(CLAIM, subscriber=replace(CLAIM.subscriber, relationship="01"))
    before = {one.code for one in check_claim(good)} - {"SNIP5:npi"}

    broken = replace(good, **change)  # type: ignore[arg-type]

    assert code not in before
    found = [one for one in check_claim(broken) if one.code == code]
    assert {one.segment_number for one in found} == {CLAIM.segment_number}


@pytest.mark.parametrize(
    ("npi", "valid"),
    [("1234567893", True), ("1234567890", False), ("3234567893", False), ("123456789", False), ("12345678٩3", False)],
)
def test_npi_check_digit(npi: str, valid: bool) -> None:
    assert valid_npi(npi) == valid


@pytest.mark.parametrize(
    ("code", "good"), [("J0300", True), ("S72001A", True), ("U071", True), ("J03.00", False), ("0340", False)]
)
def test_icd10_form(code: str, good: bool) -> None:
    assert icd10_form(code) == good
