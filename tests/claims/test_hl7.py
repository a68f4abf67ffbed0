"""HL7 v2 DFT^P03: a message is a claim, a bad one a finding, and its neighbours go on."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.from_hl7 import read_hl7
from services.claims.hl7_senders import hl7_senders
from shared.contracts import ClaimSubmitted
from shared.policy import PolicyError
from shared.x12.claim837 import Claim837
from shared.x12.findings import Finding, X12Error
from tests.claims.world import TENANT, make_world

SENDERS = hl7_senders().of(TENANT, date(2026, 7, 1))
MESSAGE = (
    r"MSH|^~\&|EHR|CLINIC|REVCYCLE|LAKESIDE|202606210900||DFT^P03^DFT_P03|MSG1|P|2.5.1",
    "EVN|P03|202606210900",
    "PID|1||MRN1^^^CLINIC^MR||QUILLFEATHER^ADA^B||19800203|F|||1 MAIN ST^^SPRINGFIELD^IL^62701-0000|||||||ACC1",
    "PV1|1|O|ROOM1||||1234567893^HEALER^ANN||||||||||||VISIT1",
    "DG1|1||J06.9^cold^I10",
    "DG1|2||E11.9^sugar^I10",
    "FT1|1|||20260620||CG|X1||||125.50||||||||E11.9^sugar||||||99213|25~59",
    "FT1|2|||20260620||CG|85025|||2||10.00",
    "IN1|1|PLAN|PAYER1|PAYER ONE||||G9||||||AUTH1||QUILLFEATHER^ADA|SEL|19800203||||||||||||||||||MEMBER77",
    "IN1|2|PLAN|PAYER2|PAYER \\T\\ SONS||||||||||||QUILLFEATHER^MAX|SPO|19790101||||||||||||||||||MEMBER88|||||||M",
)


def message(*changes: tuple[str, str], number: int = 1) -> bytes:
    text = "\r".join(MESSAGE) + "\r"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.replace("VISIT1", f"VISIT{number}").encode()


def read(content: bytes) -> tuple[list[Claim837], list[Finding]]:
    items = list(read_hl7(SENDERS)([content[:20], content[20:]]))
    return [one for one in items if isinstance(one, Claim837)], [one for one in items if isinstance(one, Finding)]


def test_a_message_gives_the_claim_an_837_gives() -> None:
    (one,), findings = read(message())
    assert findings == []
    assert (one.patient_control_number, one.charge_cents, one.facility_code) == ("VISIT1", 145_50, "11")
    assert [d.code for d in one.diagnoses] == ["J069", "E119"]
    first, second = one.lines
    assert (first.procedure, first.modifiers, first.charge_cents) == ("99213", ("25", "59"), 125_50)
    assert first.diagnosis_pointers == (2,)
    assert (second.procedure, second.units, second.charge_cents) == ("85025", Decimal(2), 20_00)
    assert second.diagnosis_pointers == (1, 2)
    assert (one.subscriber.person.last_name, one.subscriber.member_id) == ("QUILLFEATHER", "MEMBER77")
    assert one.subscriber.person.birth_date == date(1980, 2, 3)
    assert (one.payer.id, one.prior_authorization_number, one.subscriber.group_number) == ("PAYER1", "AUTH1", "G9")
    assert one.rendering is not None
    assert (one.rendering.name, one.rendering.npi) == ("HEALER", "1234567893")
    assert one.billing == SENDERS[0].billing
    (other,) = one.other_payers
    assert (other.payer.name, other.subscriber.payer_responsibility) == ("PAYER & SONS", "S")
    assert (other.subscriber.person.first_name, other.subscriber.member_id) == ("MAX", "MEMBER88")


@pytest.mark.parametrize("form", ["lines", "mllp", "batch"])
def test_messages_come_in_lines_frames_and_batches(form: str) -> None:
    one, two = message(), message(number=2)
    content = {
        "lines": (one + two).replace(b"\r", b"\r\n"),
        "mllp": b"\x0b" + one + b"\x1c\r\x0b" + two + b"\x1c\r",
        "batch": b"FHS|^~\\&\rBHS|^~\\&\r" + one + two + b"BTS|2\rFTS|1\r",
    }[form]
    claims, findings = read(content)
    assert findings == []
    assert [one.patient_control_number for one in claims] == ["VISIT1", "VISIT2"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("DFT^P03", "ADT^A01"), "MSH-9"),
        (("|125.50|", "|plenty|"), "FT1-11"),
        (("|125.50|", "|1.005|"), "cent"),
        (("|19800203|F|", "|yesterday|F|"), "PID-7"),
        (("|CG|X1", "|CD|X1"), "FT1-6"),
        (("|PAYER1|", "||"), "IN1-3"),
        (("|MEMBER77", "|"), "IN1-36"),
        (("|X1||||125.50||||||||E11.9^sugar||||||99213|25~59", "|"), "FT1-7"),
    ],
)
def test_a_bad_message_is_named_and_its_neighbours_go_on(change: tuple[str, str], words: str) -> None:
    claims, (finding,) = read(message() + message(change, number=2) + message(number=3))
    assert [one.patient_control_number for one in claims] == ["VISIT1", "VISIT3"]
    assert (finding.segment_number, words in finding.message) == (2, True)
    assert not [text for text in ("QUILL", "plenty", "yesterday", "MEMBER") if text in finding.message]


@pytest.mark.parametrize(("content", "code"), [(b"", "HL7:msh"), (b"PID|1", "HL7:msh"), (b"MSH\xff", "HL7:text")])
def test_a_file_without_messages_is_refused_with_a_sentence(content: bytes, code: str) -> None:
    with pytest.raises(X12Error) as error:
        read(content)
    assert error.value.finding.code == code


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_no_text_makes_the_reader_fail_otherwise(noise: str) -> None:
    text = message().decode()
    for place in range(0, len(text), 97):
        spoilt = text[:place] + noise + text[place:]
        claims, findings = read(spoilt.encode() + message(number=2))
        assert claims or findings


def test_a_sender_that_is_not_entered_is_a_finding() -> None:
    items = list(read_hl7(())([message()]))
    assert [one.code for one in items if isinstance(one, Finding)] == ["HL7:field"]


def test_an_incomplete_sender_is_a_policy_error(tmp_path: Path) -> None:
    path = tmp_path / "senders.toml"
    path.write_text('[[sender]]\ntenant = "lakeside"\nfacility = "*"\n')
    with pytest.raises(PolicyError, match="billing"):
        hl7_senders(path)


async def test_messages_travel_to_the_payer_and_names_lie_sealed(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    await world.drop("charges.hl7", message() + message(("DFT^P03", "ADT^A01")))
    (file,) = await world.files()
    assert (file.form, file.taken, file.findings_total) == ("hl7", 1, 1)
    assert [one.holds for one in await world.claims()] == [()]
    await world.verify_coverage()
    assert len(world.events(ClaimSubmitted)) == 1
    assert b"QUILLFEATHER" not in await world.published() + world.lying()
