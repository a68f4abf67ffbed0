"""Institutional and dental claims as JSON: every field reaches the payer's file, each fault stands under its field."""

import copy
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.x12.claim837 import Claim837, read_837
from tests.claims.callers import CLAIM, Client, calling
from tests.x12.judge import judged_by_pyx12

DOCTOR = {"name": "HEALER", "first_name": "ANN", "npi": "1234567893"}
COMMON = {key: CLAIM[key] for key in ("subscriber", "payer")}
COMMON["billing"] = {
    **CLAIM["billing"],
    "address": {"line1": "1 MAIN ST", "city": "SPRINGFIELD", "state": "IL", "postal_code": "627011234"},
}
HOSPITAL: dict[str, Any] = {
    **COMMON,
    "claim_type": "institutional",
    "patient_control_number": "STAY1",
    "charge_cents": 5_000_00,
    "diagnoses": ["K35.80", "E11.9"],
    "institutional": {
        "type_of_bill": "0111",
        "statement_from": "2026-06-18",
        "statement_to": "2026-06-20",
        "admission_date": "2026-06-18",
        "admission_hour": "09:30",
        "admission_type": "1",
        "admission_source": "1",
        "patient_status": "01",
        "discharge_hour": "14:00",
        "drg": "343",
        "admitting_diagnosis": "R10.9",
        "present_on_admission": ["Y", "N"],
        "condition_codes": ["09"],
        "occurrences": [{"code": "11", "on": "2026-06-17"}, {"code": "A1", "on": "1980-02-03"}],
        "occurrence_spans": [{"code": "74", "first": "2026-06-18", "last": "2026-06-19"}],
        "value_codes": [{"code": "A2", "value_cents": 15_31}],
        "principal_procedure": {"code": "0DTJ4ZZ", "on": "2026-06-18"},
        "attending": DOCTOR,
        "operating": {"name": "CUTTER", "first_name": "BEN", "npi": "1234567893"},
    },
    "lines": [
        {"revenue_code": "120", "unit": "DA", "units": 2, "charge_cents": 3_000_00, "non_covered_cents": 100_00},
        {"revenue_code": "0360", "procedure": "44970", "charge_cents": 2_000_00, "service_from": "2026-06-18"},
    ],
}
DENTIST: dict[str, Any] = {
    **COMMON,
    "claim_type": "dental",
    "patient_control_number": "TOOTH1",
    "charge_cents": 450_00,
    "place_of_service": "11",
    "rendering": DOCTOR,
    "dental": {
        "service_on": "2026-06-20",
        "orthodontic_months": 24,
        "orthodontic_months_left": 20,
        "teeth": [{"number": "1", "status": "M"}],
    },
    "lines": [
        {
            "procedure": "D2392",
            "charge_cents": 250_00,
            "teeth": [{"number": "12", "surfaces": ["m", "O"]}],
            "oral_cavity": ["10"],
        },
        {"procedure": "D6240", "charge_cents": 200_00, "prosthesis": "I", "service_from": "2026-06-19"},
    ],
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path) as one:
        yield one


async def sent(client: Client, body: dict[str, Any]) -> tuple[Claim837, bytes]:
    """The claim as it lies in the payer's file."""
    answer = await client.post("/claims", body)
    assert (answer.status_code, answer.json().get("holds")) == (201, []), answer.text
    await client.world.verify_coverage()
    (content,) = client.world.outbox().values()
    (claim,) = [one for one in read_837([content]) if isinstance(one, Claim837)]
    assert claim.findings == ()
    return claim, content


async def test_an_institutional_claim_reaches_the_payer_whole(client: Client) -> None:
    claim, content = await sent(client, HOSPITAL)
    assert judged_by_pyx12(content) == (True, set())
    assert (claim.facility_code, claim.facility_qualifier, claim.frequency_code) == ("11", "A", "1")
    assert (claim.statement_from, claim.statement_to) == (date(2026, 6, 18), date(2026, 6, 20))
    assert [(one.qualifier, one.code, one.present_on_admission) for one in claim.diagnoses] == [
        ("ABK", "K3580", "Y"),
        ("ABF", "E119", "N"),
        ("ABJ", "R109", ""),
    ]
    assert (claim.attending and claim.attending.name, claim.operating and claim.operating.name) == ("HEALER", "CUTTER")
    room, surgery = claim.lines
    assert (room.revenue_code, room.unit, room.non_covered_cents, room.procedure) == ("0120", "DA", 100_00, "")
    assert (surgery.revenue_code, surgery.procedure, surgery.service_from) == ("0360", "44970", date(2026, 6, 18))
    segments = {
        segment for segment in content.decode().replace("\n", "").split("~") if segment[:2] in ("CL", "HI", "DT")
    }
    assert {
        "CL1*1*1*01",
        "DTP*435*DT*202606180930",
        "DTP*096*TM*1400",
        "HI*DR:343",
        "HI*BBR:0DTJ4ZZ:D8:20260618",
        "HI*BI:74:RD8:20260618-20260619",
        "HI*BE:A2:::15.31",
        "HI*BG:09",
    } <= segments
    assert any("BH:A1:D8:19800203" in one for one in segments), "a birth date goes to the payer"
    assert b"19800203" not in await client.world.published()


async def test_a_birth_date_among_the_occurrences_lies_sealed(client: Client) -> None:
    await client.post("/claims", HOSPITAL)
    (state,) = await client.world.claims()
    assert state.content is not None
    assert state.content.institutional is not None
    assert [one.code for one in state.content.institutional.occurrences] == ["74", "11"]


async def test_a_dental_claim_reaches_the_payer_whole(client: Client) -> None:
    claim, content = await sent(client, DENTIST)
    filling, bridge = claim.lines
    assert (filling.procedure_qualifier, filling.procedure, filling.oral_cavity) == ("AD", "D2392", ("10",))
    assert [(one.code, one.surfaces) for one in filling.teeth] == [("12", ("M", "O"))]
    assert (bridge.prosthesis, bridge.service_from) == ("I", date(2026, 6, 19))
    for segment in (b"DN1*24*20~", b"DN2*1*M~", b"DTP*472*D8*20260620~"):
        assert segment in content.replace(b"\n", b"")


def with_(body: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def without(body: dict[str, Any], *path: Any) -> dict[str, Any]:
    changed = with_(body, *path, value=None)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        (without(HOSPITAL, "institutional"), "institutional", "missing"),
        (without(HOSPITAL, "institutional", "type_of_bill"), "institutional.type_of_bill", "missing"),
        (
            with_(HOSPITAL, "institutional", "type_of_bill", value="11"),
            "institutional.type_of_bill",
            "string_pattern_mismatch",
        ),
        (without(HOSPITAL, "lines", 0, "revenue_code"), "lines.0.revenue_code", "missing"),
        (without(HOSPITAL, "institutional", "admission_date"), "institutional.admission_date", "missing"),
        (
            with_(HOSPITAL, "institutional", "statement_to", value="2026-06-01"),
            "institutional.statement_to",
            "date_order",
        ),
        (
            with_(HOSPITAL, "institutional", "occurrence_spans", 0, "last", value="2026-06-01"),
            "institutional.occurrence_spans.0.last",
            "date_order",
        ),
        (
            with_(HOSPITAL, "institutional", "present_on_admission", value=["Y"] * 3),
            "institutional.present_on_admission",
            "count",
        ),
        (with_(HOSPITAL, "place_of_service", value="21"), "place_of_service", "claim_kind"),
        (with_(HOSPITAL, "frequency_code", value="7"), "frequency_code", "type_of_bill"),
        (with_(HOSPITAL, "lines", 0, "teeth", value=[{"number": "3"}]), "lines.0.teeth", "claim_kind"),
        (with_(HOSPITAL, "lines", 0, "unit", value="MJ"), "lines.0.unit", "claim_kind"),
        (without(DENTIST, "place_of_service"), "place_of_service", "missing"),
        (without(DENTIST, "lines", 0, "procedure"), "lines.0.procedure", "missing"),
        (
            with_(DENTIST, "lines", 0, "teeth", 0, "number", value="33"),
            "lines.0.teeth.0.number",
            "string_pattern_mismatch",
        ),
        (
            with_(DENTIST, "lines", 0, "teeth", 0, "surfaces", value=["X"]),
            "lines.0.teeth.0.surfaces.0",
            "string_pattern_mismatch",
        ),
        (with_(DENTIST, "lines", 0, "revenue_code", value="0360"), "lines.0.revenue_code", "claim_kind"),
        (with_(CLAIM, "dental", value={}), "dental", "claim_kind"),
        (without(CLAIM, "lines", 0, "service_from"), "lines.0.service_from", "missing"),
        (without(CLAIM, "diagnoses"), "diagnoses", "missing"),
        (without(CLAIM, "charge_cents"), "charge_cents", "missing"),
        (with_(CLAIM, "lines", 0, "bundle", value="WELL"), "lines.0.procedure", "bundle"),
        (with_(CLAIM, "predetermination", value=True), "predetermination", "claim_kind"),
    ],
)
async def test_each_fault_stands_under_its_field(client: Client, body: Any, field: str, rule: str) -> None:
    answer = await client.post("/claims", body)
    assert answer.status_code == 422
    faults = {fault["field"]: fault for fault in answer.json()["faults"]}
    assert faults[f"body.{field}"]["rule"] == rule
    if rule in ("claim_kind", "date_order", "count", "type_of_bill", "bundle"):
        assert faults[f"body.{field}"]["message"].endswith(".")
    assert await client.world.claims() == []


async def test_every_fault_is_told_at_once(client: Client) -> None:
    body = without(without(HOSPITAL, "lines", 0, "revenue_code"), "institutional", "admission_date")
    answer = await client.post("/claims", with_(body, "place_of_service", value="21"))
    assert len(answer.json()["faults"]) == 3


async def test_a_prior_payers_decision_goes_with_the_claim(client: Client) -> None:
    other = {
        "payer": {"id": "PAYER0", "name": "PAYER ZERO"},
        "subscriber": {**CLAIM["subscriber"], "payer_responsibility": "P"},
        "paid_cents": 80_00,
        "adjudicated_on": "2026-06-25",
    }
    decision = {
        "payer_id": "PAYER0",
        "paid_cents": 80_00,
        "adjudicated_on": "2026-06-25",
        "adjustments": [{"group": "CO", "reason": "45", "amount_cents": 45_00}],
    }
    body = with_(with_(CLAIM, "other_payers", value=[other]), "lines", 0, "prior_decisions", value=[decision])
    body["subscriber"]["payer_responsibility"] = "S"
    claim, content = await sent(client, body)
    assert judged_by_pyx12(content) == (True, set())
    (payer,), (decided,) = claim.other_payers, claim.lines[0].adjudications
    assert (payer.payer.id, payer.paid_cents) == ("PAYER0", 80_00)
    assert (decided.paid_cents, [one.amount_cents for one in decided.adjustments]) == (80_00, [45_00])


async def test_a_stay_is_corrected_and_tried_like_any_claim(client: Client) -> None:
    body = without(HOSPITAL, "institutional", "attending")
    claim_id = (await client.post("/claims", body)).json()["claim_id"]
    held = (await client.get(f"/claims/{claim_id}")).json()
    assert [one["field"] for one in held["holds"]] == ["institutional.attending"]
    headers = {**client.token("biller"), "Idempotency-Key": "mend", "X-Reason": "it was left out"}
    mended = await client.http.put(f"/claims/{claim_id}", json=HOSPITAL, headers=headers)
    assert mended.json()["status"] == "waiting_coverage"
