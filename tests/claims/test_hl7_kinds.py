"""Institutional claims and charge bundles out of HL7 v2 DFT^P03."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from services.claims.claim_kinds import lift
from services.claims.from_hl7 import read_hl7
from services.claims.from_x12 import content_of
from services.claims.hl7_senders import hl7_senders
from shared.policy import PolicyError
from shared.x12.claim837 import Claim837
from shared.x12.findings import Finding
from tests.claims.rules_client import rules_client
from tests.claims.test_bundles import BUNDLES, FEES
from tests.claims.test_hl7 import MESSAGE, SENDERS
from tests.claims.test_hl7 import message as visit
from tests.claims.world import TENANT

HOSPITAL = replace(
    SENDERS[0],
    claim_types={"I": "I", "O": "I"},
    type_of_bill={"I": "111", "O": "131"},
    revenue_codes={"SURG": "0360", "*": "0250"},
    admission_types={"E": "1"},
    admission_sources={"7": "1"},
    patient_status={"HOME": "01"},
)


def segment(name: str, **fields: str) -> str:
    """A segment with these fields by number, as `f44`; the others are empty."""
    places = {int(key[1:]): text for key, text in fields.items()}
    return "|".join([name, *(places.get(place, "") for place in range(1, max(places) + 1))])


PV1 = segment(
    "PV1",
    f1="1",
    f2="I",
    f4="E",
    f7="1234567893^HEALER^ANN",
    f14="7",
    f19="VISIT1",
    f36="HOME",
    f44="202606180930",
    f45="202606201400",
)
DG1 = segment("DG1", f1="2", f3="K35.80^x^I10", f6="F", f26="Y")
SURGERY = segment(
    "FT1", f1="2", f4="20260618", f6="CG", f7="HOUSE77", f10="1", f11="2000.00", f13="SURG", f25="44970", f26="22"
)
STAY = (
    *MESSAGE[:3],
    PV1,
    "DG1|1||R10.9^x^I10|||A",
    DG1,
    "DRG|343",
    "FT1|1|||20260618||CG|0120^room^UB|||2||3000.00",
    SURGERY,
    "PR1|1||0DTJ4ZZ^x^I10P||202606181000||||||1234567893^CUTTER^BEN|||1",
    "PR1|2||44970^x^C4||202606181000",
    "UB2|1||09~C1|||A2^15.31|11^20260617~A1^19800203|74^20260618^20260619",
    MESSAGE[8],
)


def message(*changes: tuple[str, str], number: int = 1) -> bytes:
    text = "\r".join(STAY) + "\r"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.replace("VISIT1", f"STAY{number}").encode()


def read(content: bytes) -> tuple[list[Claim837], list[Finding]]:
    items = list(read_hl7((HOSPITAL,))([content]))
    return [one for one in items if isinstance(one, Claim837)], [one for one in items if isinstance(one, Finding)]


DENTIST = replace(SENDERS[0], claim_types={"O": "D"})


def test_a_message_of_a_dentist_gives_the_claim_an_837d_gives() -> None:
    charges = (
        segment(
            "FT1",
            f1="1",
            f4="20260620",
            f6="CG",
            f7="HOUSE1",
            f10="1",
            f11="180.00",
            f25="D2392",
            f26="12^MO^JP~13^^JP",
        ),
        segment("FT1", f1="2", f4="20260620", f6="CG", f7="HOUSE2", f10="1", f11="90.00", f25="D4341", f26="10^^JO~KX"),
    )
    head = [one for one in MESSAGE if not one.startswith("FT1")]
    text = "\r".join((*head, *charges)) + "\r"
    (claim,) = [one for one in read_hl7((DENTIST,))([text.encode()]) if isinstance(one, Claim837)]
    content = content_of(claim, lift(claim))
    assert content.claim_type == "D"
    first, second = content.lines
    assert first.dental is not None
    assert second.dental is not None
    assert (first.procedure_qualifier, first.procedure, first.modifiers) == ("AD", "D2392", ())
    assert [(one.number, one.surfaces) for one in first.dental.teeth] == [("12", ("M", "O")), ("13", ())]
    assert (second.dental.oral_cavity, second.modifiers) == (("10",), ("KX",))
    (finding,) = read_hl7((DENTIST,))([text.replace("^MO^", "^MX^").encode()])
    assert isinstance(finding, Finding)
    assert "FT1-26 (tooth)" in finding.message


def test_a_message_of_a_stay_gives_the_claim_an_837i_gives() -> None:
    (claim,), findings = read(message())
    assert findings == []
    parts = lift(claim)
    content, hospital = content_of(claim, parts), parts.institutional
    assert hospital is not None
    assert (content.claim_type, content.type_of_bill, content.patient_control_number) == ("I", "111", "STAY1")
    assert (hospital.statement_from, hospital.statement_to) == (date(2026, 6, 18), date(2026, 6, 20))
    assert (content.admission_date, hospital.admitted_at, hospital.discharged_at) == (
        date(2026, 6, 18),
        time(9, 30),
        time(14),
    )
    assert (hospital.admission_type, hospital.admission_source, hospital.patient_status) == ("1", "1", "01")
    assert (hospital.drg, hospital.condition_codes) == ("343", ("09", "C1"))
    assert [(one.qualifier, one.code, one.on, one.to) for one in hospital.occurrences] == [
        ("BI", "74", date(2026, 6, 18), date(2026, 6, 19)),
        ("BH", "11", date(2026, 6, 17), None),
    ]
    assert [(one.code, one.value_cents) for one in hospital.value_codes] == [("A2", 15_31)]
    assert [(one.qualifier, one.code, one.on) for one in hospital.procedures] == [("BBR", "0DTJ4ZZ", date(2026, 6, 18))]
    assert [(one.qualifier, one.code, one.present_on_admission) for one in content.diagnoses] == [
        ("ABK", "K3580", "Y"),
        ("ABJ", "R109", ""),
    ]
    assert (hospital.attending and hospital.attending.name, hospital.operating and hospital.operating.name) == (
        "HEALER",
        "CUTTER",
    )
    room, surgery = content.lines
    assert (room.revenue_code, room.procedure, room.unit, room.units) == ("0120", "", "DA", Decimal(2))
    assert (surgery.revenue_code, surgery.procedure, surgery.modifiers, surgery.unit) == (
        "0360",
        "44970",
        ("22",),
        "UN",
    )
    assert parts.kept == (("HI", "BH:A1:D8:19800203"),), "a birth date stays sealed"


def test_an_outpatient_visit_has_no_admission_and_the_days_of_its_charges() -> None:
    (claim,), findings = read(message(("PV1|1|I|", "PV1|1|O|"), ("|||20260618||CG|HOUSE77", "|||20260619||CG|HOUSE77")))
    assert findings == []
    hospital = lift(claim).institutional
    assert hospital is not None
    assert (claim.facility_code, claim.frequency_code, claim.admission_date) == ("13", "1", None)
    assert (hospital.statement_from, hospital.statement_to) == (date(2026, 6, 18), date(2026, 6, 19))
    assert (hospital.admitted_at, hospital.discharged_at) == (None, None)


def test_a_class_without_institutional_claims_stays_professional() -> None:
    (claim,), _ = read(visit(("PV1|1|O|", "PV1|1|E|")))
    assert (lift(claim).claim_type, claim.facility_code) == ("P", "23")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("A2^15.31", "A2^lots"), "UB2-6"),
        (("11^20260617", "11^June"), "UB2-7"),
        (("74^20260618^20260619", "74^20260618"), "UB2-8"),
        (("0DTJ4ZZ^x^I10P||202606181000", "0DTJ4ZZ^x^I10P||someday"), "PR1-5"),
        (("202606180930", "someday"), "PV1-44"),
    ],
)
def test_a_bad_message_is_named_and_its_neighbours_go_on(change: tuple[str, str], words: str) -> None:
    claims, (finding,) = read(message() + message(change, number=2) + message(number=3))
    assert [one.patient_control_number for one in claims] == ["STAY1", "STAY3"]
    assert (finding.segment_number, words in finding.message) == (2, True)
    assert not [text for text in ("lots", "June", "someday", "QUILL") if text in finding.message]


async def test_a_bundle_in_a_message_becomes_its_lines(tmp_path: Path) -> None:
    async with rules_client(tmp_path) as client:
        await client.load("bundles", BUNDLES)
        await client.load("fees", FEES, name="usual")
        changes = (
            ("FT1|1|||20260620||CG|X1||||125.50||||||||E11.9^sugar||||||99213|25~59", ""),
            ("FT1|2|||20260620||CG|85025|||2||10.00", "FT1|2|||20260620||CG|well-child^x^BUNDLE"),
        )
        await client.world.drop("visit.hl7", visit(*changes))
        (state,) = await client.world.claims()
        assert state.content is not None
        assert [line.procedure for line in state.content.lines] == ["99392", "90471", "90707"]
        assert state.content.charge_cents == 215_50


def test_a_sender_of_stays_names_their_bills(tmp_path: Path) -> None:
    path = tmp_path / "senders.toml"
    entry = f"""
[[sender]]
tenant = "{TENANT}"
facility = "*"
place_of_service = {{ O = "11" }}
valid_from = 2000-01-01
source = "test"
owner = "test"
billing = {{ name = "A", npi = "1234567893" }}
"""
    path.write_text(entry + 'claim_types = { I = "institutional" }\n')
    with pytest.raises(PolicyError, match="type_of_bill has a bill"):
        hl7_senders(path)
    path.write_text(entry + 'claim_types = { I = "pharmacy" }\n')
    with pytest.raises(PolicyError, match="professional, institutional or dental, not pharmacy"):
        hl7_senders(path)
    path.write_text(entry + 'claim_types = { I = "institutional" }\ntype_of_bill = { I = "0111" }\n')
    (sender,) = hl7_senders(path).of(TENANT, date(2026, 7, 1))
    assert (sender.claim_types, sender.type_of_bill) == ({"I": "I"}, {"I": "111"})
