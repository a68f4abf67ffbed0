"""Acceptance cases of scrubbing, named after what users of other systems were hurt by."""

from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.claims.core.content import DrugCode
from services.claims.core.rules_judge import judge
from services.claims.core.scrub import Case, scrub
from services.claims.rulebooks import base_book
from shared.x12.claim837 import Claim837, read_837
from tests.claims.callers import CLAIM
from tests.claims.makers import POLICY, TODAY, content, line
from tests.claims.rule_makers import document
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_api import changed


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


def reasons(claim: Any) -> dict[str, str]:
    """What stops a claim, by rule: the sentence a biller reads."""
    outcome = judge(base_book(), claim, TODAY)
    case = Case(outcome.content, TODAY, POLICY, judged=outcome.judged)
    return {hold.rule: f"{hold.field}: {hold.message}" for hold in scrub(case)}


def test_case_14_a_claim_without_a_procedure_is_refused_with_a_visible_reason() -> None:
    assert reasons(content(lines=(line(procedure=""),))) == {
        "procedure": "lines[0].procedure: The line needs a procedure code (SV101-2)."
    }
    assert reasons(content(lines=()))["lines"] == "lines: The claim has no service line: add at least one."


async def test_case_14_at_the_door_the_field_is_named(client: RulesClient) -> None:
    answer = await client.post("/claims", changed(["lines", 0, "procedure"], ""))
    assert answer.status_code == 422
    assert "body.lines.0.procedure" in {fault["field"] for fault in answer.json()["faults"]}


def test_case_15_a_line_without_a_diagnosis_pointer_is_refused() -> None:
    found = reasons(content(lines=(line(diagnosis_pointers=()),)))
    assert found == {
        "pointer-missing": "lines[0].diagnosis_pointers: Point the line to at least one diagnosis (SV107)."
    }


@pytest.mark.parametrize(
    ("drug", "says"),
    [
        (None, "needs its NDC"),
        (DrugCode(ndc="0002-7510-01", quantity=Decimal(1), unit="ML"), "eleven digits"),
        (DrugCode(ndc="00002751001"), "quantity given and its unit"),
        (DrugCode(ndc="00002751001", quantity=Decimal(1), unit="XX"), "quantity given and its unit"),
        (DrugCode(ndc="00002751001", quantity=Decimal(1), unit="ML"), None),
    ],
)
def test_case_16_each_drug_line_carries_its_ndc(drug: DrugCode | None, says: str | None) -> None:
    lines = (line(), line(line_control_number="2", procedure="J1234", drug=drug))
    found = reasons(content(claim_filing_code="MC", charge_cents=250_00, lines=lines))
    if says is None:
        assert found == {}
    else:
        assert list(found) == ["drug-needs-ndc"]
        assert says in found["drug-needs-ndc"]
        assert found["drug-needs-ndc"].startswith("lines[1].drug")


async def test_case_16_the_ndc_reaches_the_payer(client: RulesClient) -> None:
    body = changed(["lines", 0, "procedure"], "J1234")
    body["lines"][0]["drug"] = {"ndc": "00002751001", "quantity": "2.5", "unit": "ML"}
    body["subscriber"]["claim_filing_code"] = "MC"
    assert (await client.post("/claims", body)).json()["holds"] == []
    await client.world.verify_coverage()
    (sent,) = client.world.outbox().values()
    assert b"LIN**N4*00002751001~" in sent.replace(b"\n", b"")
    assert b"CTP****2.5*ML~" in sent.replace(b"\n", b"")


async def test_case_21_claims_of_no_encounter_and_of_several_go_out_in_one_batch(client: RulesClient) -> None:
    """Supplies that nobody came for, and one claim for the visits of three days, leave beside an ordinary claim."""
    supplies = document(
        {"field": "line.procedure", "matches": "A####"}, {"tag": "no encounter"}, each="line", id="supplies"
    )
    await client.activate(supplies)
    posted = [CLAIM, _supplies(), _three_days()]
    answers = [await client.post("/claims", body, key=f"case21/{n}") for n, body in enumerate(posted)]
    assert [answer.json()["holds"] for answer in answers] == [[], [], []]
    assert [answer.json()["tags"] for answer in answers] == [[], ["no encounter"], []]
    await client.world.verify_coverage()
    (sent,) = client.world.outbox().values()
    claims = {one.patient_control_number: one for one in read_837([sent]) if isinstance(one, Claim837)}
    assert set(claims) == {"API1", "SUPPLIES", "COMBINED"}
    days = [one.service_from.isoformat() for one in claims["COMBINED"].lines if one.service_from]
    assert days == ["2026-06-18", "2026-06-19", "2026-06-20"]


def _supplies() -> dict[str, Any]:
    body = changed(["patient_control_number"], "SUPPLIES")
    body["place_of_service"] = "12"
    body["lines"][0]["procedure"] = "A4253"
    return body


def _three_days() -> dict[str, Any]:
    body = changed(["patient_control_number"], "COMBINED")
    visit = body["lines"][0]
    body["lines"] = [{**visit, "service_from": f"2026-06-{day}"} for day in (18, 19, 20)]
    body["charge_cents"] = 3 * visit["charge_cents"]
    return body
