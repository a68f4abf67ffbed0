"""Documents for claims (275) and payers' requests for them (277, X213): what is written is read again the same."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.attachment275 import SOLICITED, UNSOLICITED, Attachment, Set275, read_275
from shared.x12.attachment275_write import write_275
from shared.x12.envelope import read_transactions
from shared.x12.findings import Finding, X12Error
from shared.x12.parties import Address, Named, Party, Payer, Person
from shared.x12.request277 import (
    InformationRequest277,
    read_277_or_requests,
    read_277_requests,
    write_277_requests,
)
from shared.x12.status import Status, StatusResponse277, read_277
from tests.x12.support import corpus_files

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
DAY = date(2026, 6, 20)
CLAIM = Set275(
    purpose=UNSOLICITED,
    reference="REF1",
    on=DAY,
    payer=Named("PAYER ONE", id_qualifier="PI", id="RC101", entity_type="2"),
    submitter=Named("LAKESIDE", id_qualifier="46", id="LAKESIDE", entity_type="2"),
    provider=Party(
        name="LAKESIDE CLINIC",
        npi="1234567893",
        address=Address(line1="1 MAIN ST", city="TOLEDO", state="OH", postal_code="436040001"),
    ),
    patient=Person(last_name="QUILLFEATHER", first_name="ADA"),
    member_id="M0001",
    patient_control_number="PCN1",
    service_from=DAY,
    service_to=DAY,
    attachments=(Attachment("ACN1", submitted_on=DAY, report_format="MB", content=b"JVBERi0="),),
)
QUESTION = Status("R4", "18842-5", code_list="LOI")


def written(*sets: Set275) -> bytes:
    return write_275(sets, "US", "THEM", 7, AT)


def read(data: bytes) -> list[Set275]:
    found = list(read_275(data))
    assert not [one for one in found if isinstance(one, Finding)]
    return [one for one in found if isinstance(one, Set275)]


def bare(one: Set275) -> Set275:
    return replace(one, sender_id="", receiver_id="", transaction="")


ATTACHMENTS = st.builds(
    Attachment,
    st.text("ABC0123456789", min_size=1, max_size=20),
    st.sampled_from(["1", "2"]),
    st.sampled_from([(), (QUESTION,)]),
    st.sampled_from(["", "L1"]),
    submitted_on=st.just(DAY),
    report_format=st.sampled_from(["MB", "TX", "HL", "IA"]),
    content=st.binary(min_size=1, max_size=300).map(base64.b64encode),
)


@given(st.lists(ATTACHMENTS, max_size=4), st.sampled_from([UNSOLICITED, SOLICITED]))
def test_what_is_written_is_read_the_same(attachments: list[Attachment], purpose: str) -> None:
    given_set = replace(CLAIM, purpose=purpose, attachments=tuple(attachments))
    [after, again] = read(written(given_set, given_set))
    assert bare(after) == bare(again) == given_set


def test_the_file_says_what_belongs_to_what() -> None:
    data = written(CLAIM)
    lines = data.decode().splitlines()
    assert lines[1].startswith("GS*PI*US*THEM*")
    assert lines[2:5] == ["ST*275*0001*005010X210~", "BGN*02*REF1*20260620~", "NM1*PR*2*PAYER ONE*****PI*RC101~"]
    assert lines[-9:-3] == [
        "LX*1~",
        "TRN*1*ACN1~",
        "DTP*368*D8*20260620~",
        "CAT*AE*MB~",
        "EFI*05~",
        "BIN*8*JVBERi0=~",
    ]
    pyx12 = pytest.importorskip("pyx12.x12file")
    reader = pyx12.X12Reader(StringIO(data.decode()))
    assert [one.format() for one in reader] == lines
    assert not reader.pop_errors()


def test_a_document_is_longer_than_any_segment() -> None:
    content = base64.b64encode(bytes(range(256)) * 12_000)
    [found] = read(written(replace(CLAIM, attachments=(Attachment("A", content=content),))))
    assert found.attachments[0].content == content


@given(st.binary(max_size=60))
def test_a_document_may_hold_delimiters_and_any_byte(content: bytes) -> None:
    data = written(replace(CLAIM, attachments=(Attachment("A", content=b"HERE"), Attachment("B", content=b"AGAIN"))))
    data = data.replace(b"BIN*4*HERE", b"BIN*%d*%s" % (len(content), content))
    [found] = read(data)
    assert [one.content for one in found.attachments] == [content, b"AGAIN"]


def test_a_wrong_length_is_named_and_its_neighbour_is_whole() -> None:
    data = written(replace(CLAIM, attachments=(Attachment("A", content=b"HERE"), Attachment("B", content=b"AGAIN"))))
    [found] = [one for one in read_275(data.replace(b"BIN*4*", b"BIN*9*")) if isinstance(one, Set275)]
    assert [one.content for one in found.attachments] == [None, b"AGAIN"]
    assert [one.code for one in found.findings] == ["IK403:6"]
    untraced = written(CLAIM).replace(b"TRN*1*ACN1~\n", b"").replace(b"SE*17", b"SE*16")
    [found] = [one for one in read_275(untraced) if isinstance(one, Set275)]
    assert "IK304:3" in [one.code for one in found.findings]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"BIN*5*AAAAA~"])
def test_what_is_no_275_is_refused(data: bytes) -> None:
    with pytest.raises(X12Error):
        list(read_275(data))


def test_what_x12_cannot_carry_is_refused() -> None:
    with pytest.raises(X12Error):
        written(replace(CLAIM, attachments=(Attachment("A", content=b"a~b"),)))


REQUEST = InformationRequest277(
    trace_number="PAYER-77",
    statuses=(QUESTION,),
    payer=Payer("PAYER ONE", "RC101", id_qualifier="PI"),
    receiver=Named("LAKESIDE", id_qualifier="46", id="LAKESIDE", entity_type="2"),
    provider=Named("LAKESIDE CLINIC", id_qualifier="XX", id="1234567893", entity_type="2"),
    patient=Person(last_name="QUILLFEATHER", first_name="ADA"),
    member_id="M0001",
    patient_control_number="PCN1",
    payer_claim_control_number="ICN1",
    service_from=DAY,
    service_to=DAY,
    due_on=date(2026, 8, 1),
)


def test_a_request_is_read_as_it_was_written() -> None:
    data = write_277_requests([REQUEST, replace(REQUEST, trace_number="PAYER-78")], 9, AT, "PAYER", "US")
    assert b"STC*R4:18842-5::LOI~" in data
    found = [one for one in read_277_requests([data]) if isinstance(one, InformationRequest277)]
    assert [one.trace_number for one in found] == ["PAYER-77", "PAYER-78"]
    first = replace(found[0], reference="", sender_id="", segment_number=0)
    assert first == REQUEST


def test_a_request_may_ask_about_a_line_and_one_without_a_question_is_named() -> None:
    data = write_277_requests([REQUEST], 9, AT, "PAYER", "US").replace(b"STC*R4:18842-5::LOI~\n", b"")
    [silent] = [one for one in read_277_requests([data]) if isinstance(one, InformationRequest277)]
    assert [one.code for one in silent.findings] == ["IK304:3"]
    line = b"SVC*HC:99213*125~\nSTC*R4:11506-3::LOI~\nREF*FJ*L1~\nDTP*106*D8*20260801~\nSE*"
    asked = data.replace(b"SE*17", line + b"21").replace(b"SE*16", line + b"20")
    [found] = [one for one in read_277_requests([asked]) if isinstance(one, InformationRequest277)]
    assert [(one.line_control_number, one.statuses[0].code, one.due_on) for one in found.lines] == [
        ("L1", "11506-3", date(2026, 8, 1))
    ]
    assert found.questions[0].code_list == "LOI"


@pytest.mark.parametrize("path", corpus_files("277"), ids=lambda path: path.name)
def test_answers_to_inquiries_are_read_as_before(path: Path) -> None:
    data = path.read_bytes()
    found = [one for one in read_277_or_requests([data]) if isinstance(one, StatusResponse277)]
    assert found == [one for one in read_277([data]) if isinstance(one, StatusResponse277)]
    assert not [one for one in read_277_requests([data]) if isinstance(one, InformationRequest277)]


def test_envelopes_count_what_they_hold() -> None:
    found = list(read_transactions([written(CLAIM, CLAIM)]))
    assert not [one for one in found if isinstance(one, Finding)]
