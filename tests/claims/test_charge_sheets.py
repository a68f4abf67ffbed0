"""Charge sheets: rows become claims by a tenant's mapping; a bad row spoils only its claim, wrong columns are named."""

import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.claims.charge_mappings import NEEDED, charge_mappings
from services.claims.from_charges import read_csv, read_xlsx
from shared.contracts import ClaimReceived, ClaimSubmitted
from shared.policy import PolicyError
from shared.x12.claim837 import Claim837
from shared.x12.findings import Finding, X12Error
from tests.claims.callers import calling
from tests.claims.world import TENANT, World, make_world

MAPPING = charge_mappings().of("anybody", date(2026, 7, 1))
PLAIN = next(one for one in MAPPING if one.name == "plain")
COLUMNS = [name for names in PLAIN.columns.values() for name in names]
ROW = {
    "Claim number": "S-1",
    "Payer id": "PAYER1",
    "Payer name": "PAYER ONE",
    "Member id": "MEMBER77",
    "Subscriber last name": "QUILLFEATHER",
    "Subscriber first name": "ADA",
    "Subscriber birth date": "02/03/1980",
    "Subscriber sex": "F",
    "Billing name": "LAKESIDE CLINIC",
    "Billing NPI": "1234567893",
    "Billing tax id": "12-3456789",
    "Billing street": "1 MAIN ST",
    "Billing city": "SPRINGFIELD",
    "Billing state": "IL",
    "Billing zip": "62701-1234",
    "Place of service": "11",
    "Diagnosis 1": "J06.9",
    "Procedure": "99213",
    "Modifiers": "25 59",
    "Charge": "$1,125.50",
    "Units": "1",
    "Service from": "2026-06-20",
}


def row(**changes: str) -> dict[str, str]:
    return ROW | {name.replace("_", " "): text for name, text in changes.items()}


def sheet(rows: Iterable[dict[str, str]], columns: list[str] | None = None) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns or COLUMNS, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def workbook(rows: Iterable[dict[str, Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    page: Any = book.active
    page.append(COLUMNS)
    for one in rows:
        page.append([one.get(name) for name in COLUMNS])
    book.save(out)
    return out.getvalue()


def read(content: bytes, piece: int = 7) -> tuple[list[Claim837], list[Finding]]:
    chunks = [content[start : start + piece] for start in range(0, len(content), piece)]
    items = list(read_csv(MAPPING)(chunks))
    return [one for one in items if isinstance(one, Claim837)], [one for one in items if isinstance(one, Finding)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_rows_of_a_claim_become_its_lines() -> None:
    rows = [ROW, row(Procedure="85025", Charge="20", Modifiers="", Units="2"), row(Claim_number="S-2")]
    (first, second), findings = read(sheet(rows))
    assert findings == []
    assert (first.patient_control_number, first.charge_cents, len(first.lines)) == ("S-1", 1_145_50, 2)
    assert [(one.procedure, one.modifiers, one.charge_cents) for one in first.lines] == [
        ("99213", ("25", "59"), 1_125_50),
        ("85025", (), 20_00),
    ]
    assert first.diagnoses[0].code == "J069"
    assert first.subscriber.person.birth_date == date(1980, 2, 3)
    assert first.billing.address is not None
    assert first.billing.address.postal_code == "627011234"
    assert (second.patient_control_number, second.segment_number) == ("S-2", 4)


def test_a_workbook_gives_the_claims_of_its_csv() -> None:
    typed = row() | {"Charge": 1125.5, "Units": 1, "Service from": date(2026, 6, 20)}
    (claim,) = [one for one in read_xlsx(MAPPING)([workbook([typed])]) if isinstance(one, Claim837)]
    ((same,), _) = read(sheet([ROW]))
    assert claim == same


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Charge": "a lot"}, "SHEET:number"),
        ({"Charge": "1.005"}, "SHEET:amount"),
        ({"Charge": "-5"}, "SHEET:amount"),
        ({"Charge": "NaN"}, "SHEET:number"),
        ({"Charge": ""}, "SHEET:missing"),
        ({"Service from": "20 June"}, "SHEET:date"),
        ({"Service from": ""}, "SHEET:missing"),
        ({"Member id": ""}, "SHEET:missing"),
        ({"Procedure": ""}, "SHEET:missing"),
        ({"Patient relationship": "19"}, "SHEET:missing"),
    ],
)
def test_a_bad_row_is_named_and_its_neighbours_go_on(change: dict[str, str], code: str) -> None:
    rows = [row(Claim_number="S-0"), ROW | change, row(Claim_number="S-2")]
    claims, (finding,) = read(sheet(rows))
    assert [one.patient_control_number for one in claims] == ["S-0", "S-2"]
    assert (finding.code, finding.segment_number) == (code, 3)
    (column,) = change
    assert "Row 3:" in finding.message
    assert (
        column if code != "SHEET:missing" or column != "Patient relationship" else "Patient last"
    ) in finding.message
    assert not [text for text in ("QUILL", "MEMBER77", "a lot", "20 June") if text in finding.message]


def test_a_claim_with_one_bad_line_is_left_out_whole() -> None:
    claims, findings = read(sheet([ROW, row(Charge="x"), row(Charge="y")]))
    assert claims == []
    assert [one.segment_number for one in findings] == [3, 4]


def test_rows_of_a_claim_that_name_different_people_are_refused() -> None:
    claims, (finding,) = read(sheet([ROW, row(Member_id="OTHER")]))
    assert claims == []
    assert finding.code == "SHEET:differs"
    assert "Member id" in finding.message


def test_a_quotation_that_never_ends_takes_no_other_row_with_it() -> None:
    content = sheet([row(Claim_number=f"S-{n}") for n in range(60)])
    broken = content.replace(b"S-7,", b'"S-7,', 1)
    claims, findings = read(broken)
    assert len(claims) == 59
    assert [(one.code, one.segment_number) for one in findings] == [("SHEET:csv", 9)]


def test_a_quoted_cell_may_go_on_in_the_next_line() -> None:
    (claim,), findings = read(sheet([row(Billing_street="1 MAIN ST\nSUITE 2")]))
    assert findings == []
    assert claim.billing.address is not None
    assert claim.billing.address.line1 == "1 MAIN ST\nSUITE 2"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "SHEET:empty", "header"),
        (sheet([ROW], [one for one in COLUMNS if one not in ("Charge", "Units")]), "SHEET:columns", "Charge, Units"),
        ("Größe".encode("latin-1"), "SHEET:text", "UTF-8"),
    ],
)
def test_a_sheet_that_is_none_is_refused_with_a_sentence(content: bytes, code: str, words: str) -> None:
    with pytest.raises(X12Error) as error:
        read(content)
    assert error.value.finding.code == code
    assert words in error.value.finding.message


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x03\x04rest"])
def test_a_workbook_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(X12Error) as error:
        list(read_xlsx(MAPPING)([content]))
    assert error.value.finding.code == "SHEET:xlsx"


@given(st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail_otherwise(content: bytes) -> None:
    header = ",".join(COLUMNS).encode() + b"\n"
    for one in (content, header + content):
        with suppress(X12Error):
            claims, findings = read(one)
            assert not {claim.segment_number for claim in claims} & {finding.segment_number for finding in findings}


async def test_a_sheet_in_the_folder_travels_to_the_payer_and_says_what_became_of_each_row(world: World) -> None:
    rows = [row(Claim_number=f"S-{n}", Procedure=f"9921{n % 5 + 1}", Member_id=f"M{n}") for n in range(6)]
    rows[2]["Charge"] = "free"
    await world.drop("june.csv", sheet(rows))
    (file,) = await world.files()
    assert (file.status, file.form, file.taken, file.findings_total) == ("completed", "csv", 5, 1)
    assert file.findings[0].segment_number == 4
    assert sorted(one.origin.rpartition("/")[2] for one in await world.claims()) == ["2", "3", "5", "6", "7"]
    await world.verify_coverage()
    assert len(world.events(ClaimReceived)) == len(world.events(ClaimSubmitted)) == 5
    assert b"QUILLFEATHER" not in await world.published() + world.lying()


async def test_wrong_columns_are_refused_and_nothing_else_stops(world: World) -> None:
    await world.drop("wrong.csv", b"Name,Amount\nSMITH,12\n")
    await world.drop("right.csv", sheet([ROW]))
    by_status = {one.status: one for one in await world.files()}
    reason = by_status["quarantined"].reason
    assert reason is not None
    assert "Claim number" in reason.message
    assert "SMITH" not in reason.message
    assert by_status["completed"].taken == 1


async def test_an_uploaded_sheet_gives_its_results_by_row(tmp_path: Path) -> None:
    async with calling(tmp_path) as client:
        content = sheet([row(Claim_number=f"S-{n}", Member_id=f"M{n}") for n in range(3)] + [row(Charge="x")])
        headers = client.token("integrator") | {"X-File-Name": "charges.csv"}
        taken = await client.http.post("/files", content=content, headers=headers)
        assert taken.status_code == 201
        await client.world.settle()
        results = (await client.get(f"/files/{taken.json()['file_id']}/results")).json()
    assert [(one["place"], one["status"]) for one in results["claims"]] == [
        (place, "waiting_coverage") for place in range(3)
    ]
    assert [(one["segment_number"], one["code"]) for one in results["findings"]] == [(5, "SHEET:number")]


def test_a_mapping_of_a_tenant_wins_and_is_dated(tmp_path: Path) -> None:
    entry = """
[[mapping]]
tenant = "{tenant}"
name = "{name}"
valid_from = {valid_from}
source = "test"
owner = "test"
constants = {{ {constants} }}
[mapping.columns]
procedure = "CPT"
"""
    constants = ", ".join(f'{name} = "1"' for name in sorted(NEEDED["P"] - {"procedure"}))
    path = tmp_path / "sheets.toml"
    given_entries = [("*", "house", "2000-01-01"), (TENANT, "old", "2020-01-01"), (TENANT, "new", "2026-01-01")]
    path.write_text(
        "".join(entry.format(tenant=t, name=n, valid_from=d, constants=constants) for t, n, d in given_entries)
    )
    mappings = charge_mappings(path)
    assert [one.name for one in mappings.of(TENANT, date(2026, 7, 1))] == ["new", "old"]
    assert [one.name for one in mappings.of(TENANT, date(2025, 7, 1))] == ["old"]
    assert [one.name for one in mappings.of("northgate", date(2026, 7, 1))] == ["house"]
    path.write_text(entry.format(tenant="*", name="poor", valid_from="2000-01-01", constants=""))
    with pytest.raises(PolicyError, match="lacks: billing_name"):
        charge_mappings(path)
