"""Charge sheets of institutional and dental claims, and bundles in them: what the columns say reaches the payer."""

import csv
import io
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from services.claims.charge_mappings import charge_mappings
from services.claims.claim_kinds import claim_type_of, lift
from services.claims.from_charges import read_csv
from services.claims.from_x12 import content_of
from shared.contracts import ClaimSubmitted
from shared.policy import PolicyError
from shared.x12.claim837 import Claim837, read_837
from shared.x12.findings import Finding
from tests.claims.rules_client import rules_client
from tests.claims.test_bundles import BUNDLES, FEES
from tests.claims.test_charge_sheets import COLUMNS, ROW
from tests.claims.test_charge_sheets import sheet as plain_sheet
from tests.claims.world import make_world
from tests.x12.judge import judged_by_pyx12

MAPPINGS = charge_mappings().of("anybody", date(2026, 7, 1))
BY_NAME = {one.name: [name for names in one.columns.values() for name in names] for one in MAPPINGS}
WHO = {name: text for name, text in ROW.items() if name.startswith(("Payer", "Member", "Subscriber", "Billing"))}
STAY = {
    **WHO,
    "Claim number": "STAY1",
    "Type of bill": "0111",
    "Statement from": "2026-06-18",
    "Statement to": "06/20/2026",
    "Admission date": "2026-06-18",
    "Admission hour": "09:30",
    "Admission type": "1",
    "Admission source": "1",
    "Patient status": "1",
    "Discharge hour": "14",
    "DRG": "343",
    "Attending last name": "HEALER",
    "Attending first name": "ANN",
    "Attending NPI": "1234567893",
    "Operating last name": "CUTTER",
    "Operating NPI": "1234567893",
    "Diagnosis 1": "K35.80",
    "Diagnosis 2": "E11.9",
    "Present on admission": "Y N",
    "Admitting diagnosis": "R10.9",
    "Condition codes": "09 C1",
    "Occurrence codes": "11:2026-06-17 A1:1980-02-03",
    "Occurrence spans": "74:2026-06-18:2026-06-19",
    "Value codes": "A2:15.31",
    "Principal procedure": "0dtj4zz:2026-06-18",
    "Revenue code": "120",
    "Unit": "DA",
    "Units": "2",
    "Charge": "3,000.00",
    "Non-covered charge": "100",
}
SURGERY = STAY | {
    "Revenue code": "0360",
    "Procedure": "44970",
    "Unit": "",
    "Units": "1",
    "Charge": "2000",
    "Non-covered charge": "",
    "Service from": "2026-06-18",
}
TOOTH = {
    **WHO,
    "Claim number": "TOOTH1",
    "Place of service": "11",
    "Rendering last name": "DRILL",
    "Rendering NPI": "1234567893",
    "Orthodontic months": "24",
    "Orthodontic months left": "20",
    "Missing teeth": "1 16",
    "Procedure": "d2392",
    "Oral cavity": "10",
    "Teeth": "12:MO 13",
    "Charge": "250",
    "Service from": "2026-06-20",
}


def sheet(kind: str, rows: Iterable[dict[str, str]], without: tuple[str, ...] = ()) -> bytes:
    out = io.StringIO(newline="")
    columns = [name for name in BY_NAME[kind] if name not in without]
    writer = csv.DictWriter(out, columns, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(content: bytes) -> tuple[list[Claim837], list[Finding]]:
    items = list(read_csv(MAPPINGS)([content]))
    return [one for one in items if isinstance(one, Claim837)], [one for one in items if isinstance(one, Finding)]


def test_rows_of_a_stay_become_one_institutional_claim() -> None:
    (claim,), findings = read(sheet("institutional", [STAY, SURGERY]))
    assert findings == []
    parts = lift(claim)
    content, hospital = content_of(claim, parts), parts.institutional
    assert hospital is not None
    assert (content.claim_type, content.type_of_bill, content.charge_cents) == ("I", "111", 5_000_00)
    assert (content.admission_date, hospital.admitted_at) == (date(2026, 6, 18), time(9, 30))
    assert (hospital.discharged_at, hospital.patient_status, hospital.drg) == (time(14), "01", "343")
    assert (hospital.statement_from, hospital.statement_to) == (date(2026, 6, 18), date(2026, 6, 20))
    assert hospital.condition_codes == ("09", "C1")
    assert [(one.qualifier, one.code, one.on, one.to) for one in hospital.occurrences] == [
        ("BI", "74", date(2026, 6, 18), date(2026, 6, 19)),
        ("BH", "11", date(2026, 6, 17), None),
    ]
    assert [(one.code, one.value_cents) for one in hospital.value_codes] == [("A2", 15_31)]
    assert [(one.qualifier, one.code) for one in hospital.procedures] == [("BBR", "0DTJ4ZZ")]
    assert [(one.qualifier, one.code, one.present_on_admission) for one in content.diagnoses] == [
        ("ABK", "K3580", "Y"),
        ("ABF", "E119", "N"),
        ("ABJ", "R109", ""),
    ]
    room, surgery = content.lines
    assert (room.revenue_code, room.unit, room.units, room.non_covered_cents) == ("0120", "DA", Decimal(2), 100_00)
    assert (surgery.revenue_code, surgery.procedure, surgery.service_from) == ("0360", "44970", date(2026, 6, 18))
    assert parts.kept == (("HI", "BH:A1:D8:19800203"),), "a birth date stays sealed"


def test_rows_of_a_dental_sheet_become_dental_claims() -> None:
    (claim,), findings = read(sheet("dental", [TOOTH]))
    assert findings == []
    content = content_of(claim, lift(claim))
    (line,) = content.lines
    assert content.dental is not None
    assert line.dental is not None
    assert (content.claim_type, line.procedure_qualifier, line.procedure) == ("D", "AD", "D2392")
    assert [(one.number, one.surfaces) for one in line.dental.teeth] == [("12", ("M", "O")), ("13", ())]
    assert (line.dental.oral_cavity, content.dental.orthodontic_months) == (("10",), Decimal(24))
    assert [(one.number, one.status) for one in content.dental.teeth] == [("1", "M"), ("16", "M")]


def test_a_sheet_may_lack_what_is_optional_and_keeps_its_kind_with_more_columns() -> None:
    (claim,), findings = read(sheet("institutional", [STAY], without=("Bundle", "DRG", "Unit")))
    assert (findings, lift(claim).claim_type) == ([], "I")
    both = sheet("dental", [TOOTH]).replace(b"Claim number", b"Claim number,Modifiers,Service to", 1)
    (claim,), findings = read(both.replace(b"TOOTH1", b"TOOTH1,,", 1))
    assert (findings, lift(claim).claim_type) == ([], "D")


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("institutional", {"Type of bill": "11"}, "SHEET:bill"),
        ("institutional", {"Type of bill": ""}, "SHEET:missing"),
        ("institutional", {"Statement from": ""}, "SHEET:missing"),
        ("institutional", {"Revenue code": ""}, "SHEET:missing"),
        ("institutional", {"Admission hour": "noon"}, "SHEET:time"),
        ("institutional", {"Occurrence codes": "11"}, "SHEET:code"),
        ("institutional", {"Occurrence codes": "11:June"}, "SHEET:date"),
        ("institutional", {"Occurrence spans": "74:2026-06-18"}, "SHEET:code"),
        ("institutional", {"Value codes": "A2:lots"}, "SHEET:number"),
        ("institutional", {"Non-covered charge": "x"}, "SHEET:number"),
        ("dental", {"Teeth": "12:Q"}, "SHEET:tooth"),
        ("dental", {"Orthodontic months": "1.5"}, "SHEET:number"),
        ("dental", {"Procedure": ""}, "SHEET:missing"),
        ("dental", {"Bundle": "EXAM"}, "SHEET:bundle"),
    ],
)
def test_a_bad_row_is_named_and_its_neighbours_go_on(kind: str, change: dict[str, str], code: str) -> None:
    good = STAY if kind == "institutional" else TOOTH
    rows = [good | {"Claim number": "A"}, good | {"Claim number": "B"} | change, good | {"Claim number": "C"}]
    claims, (finding,) = read(sheet(kind, rows))
    assert [one.patient_control_number for one in claims] == ["A", "C"]
    assert (finding.code, finding.segment_number) == (code, 3)
    (column,) = change
    assert "Row 3: The column" in finding.message.replace("columns", "column")
    assert column in finding.message
    assert not [text for text in change.values() if len(text) > 3 and text in finding.message]


def test_rows_of_one_stay_agree_on_its_bill() -> None:
    claims, (finding,) = read(sheet("institutional", [STAY, SURGERY | {"Type of bill": "131"}]))
    assert (claims, finding.code, finding.segment_number) == ([], "SHEET:differs", 3)


async def test_stays_and_teeth_travel_from_a_sheet_to_the_payer(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    address = {"Billing zip": "62701-1234"}
    await world.drop("stays.csv", sheet("institutional", [STAY | address, SURGERY | address]))
    await world.drop("teeth.csv", sheet("dental", [TOOTH]))
    await world.verify_coverage()
    assert len(world.events(ClaimSubmitted)) == 2, [one.holds for one in await world.claims()]
    files = {claim_type_of(one): content for content in world.outbox().values() for one in claims_of(content)}
    assert set(files) == {"I", "D"}
    assert judged_by_pyx12(files["I"]) == (True, set())


def claims_of(content: bytes) -> list[Claim837]:
    return [one for one in read_837([content]) if isinstance(one, Claim837)]


async def test_a_bundle_in_a_sheet_becomes_its_lines_and_an_unknown_one_is_told_by_its_row(tmp_path: Path) -> None:
    async with rules_client(tmp_path) as client:
        await client.load("bundles", BUNDLES)
        await client.load("fees", FEES, name="usual")
        base = {**ROW, "Diagnosis 1": "Z00.129", "Diagnosis 2": "Z23", "Procedure": "", "Modifiers": "", "Charge": ""}
        rows = [
            base | {"Claim number": "A", "Bundle": "well-child"},
            base | {"Claim number": "B", "Bundle": "nobody", "Member id": "M2"},
            ROW | {"Claim number": "C", "Member id": "M3"},
        ]
        taken = await client.http.post(
            "/files",
            content=plain_sheet(rows, COLUMNS),
            headers=client.token("integrator") | {"X-File-Name": "day.csv"},
        )
        await client.world.settle()
        results = (await client.get(f"/files/{taken.json()['file_id']}/results")).json()
        found = [(one["patient_control_number"], one["origin"].rpartition("/")[2]) for one in results["claims"]]
        assert found == [("A", "2"), ("B", "3"), ("C", "4")]
        assert [
            [hold["field"] for hold in one["holds"] if hold["rule"] == "charge-bundle"] for one in results["claims"]
        ] == [
            [],
            ["lines[0].bundle"],
            [],
        ]
        by_number = {one.content.patient_control_number: one for one in await client.world.claims() if one.content}
        opened = by_number["A"].content
        assert opened is not None
        assert [line.procedure for line in opened.lines] == ["99392", "90471", "90707"]
        assert opened.charge_cents == 215_50


def test_a_mapping_of_a_kind_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheets.toml"
    head = '[[mapping]]\ntenant = "*"\nname = "odd"\nvalid_from = 2026-01-01\nsource = "test"\nowner = "test"\n'
    path.write_text(f'{head}claim_type = "veterinary"\ncolumns = {{}}\n')
    with pytest.raises(PolicyError, match="claim_type is one of professional, institutional, dental"):
        charge_mappings(path)
    path.write_text(f'{head}claim_type = "dental"\ncolumns = {{ revenue_code = "R" }}\n')
    with pytest.raises(PolicyError, match="names unknown fields: revenue_code"):
        charge_mappings(path)
