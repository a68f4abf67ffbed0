"""Requests for authorization on the wire: what a 278 says, the service against scripted and sandbox payers."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.members import member
from sandbox.profiles import read_payers
from services.eligibility.core.authorization_messages import ReviewDetails, ReviewedItem, ReviewOutcome, Servicing
from services.eligibility.core.authorization_state import Review
from services.eligibility.reviews import outcome_of, review_278, trace_of
from shared.contracts import AuthorizationDecided, AuthorizationGranted, AuthorizationRequired, AuthorizationWorkFound
from shared.x12.eligibility import Aaa
from shared.x12.review278 import Review278, ReviewDecision, ReviewedService, read_278
from shared.x12.review278_write import write_278
from tests.eligibility.house import ADA, House, post
from tests.eligibility.sandbox_house import SEED, house_on_sandbox
from tests.eligibility.test_check import DAY, received

SAMPLES = Path("samples/corpus/278/stupidedi")
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DETAILS = ReviewDetails(
    service_type="2",
    place="11",
    urgent=True,
    service_from=DAY,
    service_to=DAY + timedelta(days=60),
    diagnoses=("M54.50", "I10"),
    items=(ReviewedItem(procedure="97110", modifiers=("GP",), units=Decimal(12)),),
    quantity=Decimal(12),
    quantity_unit="VS",
    servicing=Servicing(npi="1234567893", name="LAKESIDE THERAPY", facility=True),
)
REVIEW = Review("auth_00112233445566778899", "cov_1", "RC106", "1234567893", "LAKESIDE", DETAILS, "", NOW)


def wish(member_id: str, payer: str = "RC106", **more: Any) -> dict[str, Any]:
    """A body of `POST /authorizations`."""
    return {
        "account_id": "acct_1",
        "coverage_id": f"cov_{member_id}",
        "payer_id": payer,
        "requester_npi": "1234567893",
        "requester_name": "LAKESIDE",
        "identity": {
            "subscriber": {"last_name": "QUILLFEATHER", "first_name": "ADA", "birth_date": "1970-01-01", "sex": "F"},
            "member_id": member_id,
        },
        "service_type": "2",
        "service_from": "2026-06-15",
        "service_to": "2026-08-15",
        "diagnoses": ["M54.50"],
        "items": [{"procedure": "97110", "units": 12}],
        "quantity": 12,
        "quantity_unit": "VS",
        **more,
    }


def test_the_request_says_who_asks_whom_for_what_and_an_independent_reader_reads_the_same() -> None:
    asked = review_278(REVIEW, ADA, "request", "REVCYCLE")
    data = write_278(asked, "REVCYCLE", "RC106", 7, NOW)
    [read] = [one for one in read_278([data]) if isinstance(one, Review278)]
    assert read.event is not None
    assert (read.purpose, read.reference, read.member_id) == ("13", trace_of(REVIEW.request_id), "M0001")
    assert (read.event.category, read.event.certification_type, read.event.quantity) == ("HS", "I", Decimal(12))
    assert read.event.diagnoses == ("M5450", "I10")
    [item] = read.services
    assert (item.procedure, item.modifiers, item.service_details) == ("97110", ("GP",), ("", "UN", "12"))
    pyx12 = pytest.importorskip("pyx12.x12file")
    reader = pyx12.X12Reader(StringIO(data.decode()))
    segments = [one.format() for one in reader]
    assert not reader.pop_errors()
    assert "UM*HS*I*2*11:B**U~" in segments
    assert "NM1*FA*2*LAKESIDE THERAPY*****XX*1234567893~" in segments
    assert segments[2] == "ST*278*0001*005010X217~"


def test_an_inquiry_goes_under_its_own_guide_with_the_payers_number() -> None:
    pended = ReviewOutcome(status="pended", action="A4", authorization_number="TMP1")
    review = replace(REVIEW, outcome=pended)
    data = write_278(review_278(review, ADA, "inquiry", "REVCYCLE"), "REVCYCLE", "RC106", 8, NOW)
    assert b"*005010X215~" in data
    assert b"BHT*0007*28*" in data
    assert b"REF*BB*TMP1~" in data


@pytest.mark.parametrize(
    ("name", "status", "number"),
    [
        ("X217_admission-response-to-request-for-review", "modified", "AUTH0002"),
        ("X217_referral-response-to-request-for-review", "certified", "AUTH0001"),
        ("X217_response-to-medical-services-reservation", "certified", None),
    ],
)
def test_published_answers_are_read(name: str, status: str, number: str | None) -> None:
    data = (SAMPLES / f"{name}.edi").read_bytes()
    [said] = [one for one in read_278([data]) if isinstance(one, Review278)]
    outcome = outcome_of(data, said.reference, "request")
    assert outcome.status == status
    assert number is None or outcome.authorization_number == number


def answered(*services: ReviewedService, **event: Any) -> ReviewOutcome:
    said = Review278("T1", "11", True, event=ReviewedService(category="HS", **event), services=services)
    return outcome_of(write_278(said, "A", "B", 1, NOW), "T1", "request")


def test_services_that_are_decided_differently_amount_to_a_part() -> None:
    yes = ReviewedService(
        category="HS", decision=ReviewDecision("A1", "N1"), procedure="97110", procedure_qualifier="HC"
    )
    no = ReviewedService(category="HS", decision=ReviewDecision("A3", "", "0Y"))
    later = ReviewedService(category="HS", decision=ReviewDecision("A4"))
    assert answered(yes, yes).status == "certified"
    assert (answered(yes, no).status, answered(yes, no).authorization_number) == ("partly_certified", "N1")
    assert answered(yes, later).status == "pended"
    assert answered(no, decision=ReviewDecision("A6", "N2")).status == "modified", "the event's own decision counts"


def test_codes_stay_as_they_came_and_what_nobody_knows_is_unclear() -> None:
    odd = answered(decision=ReviewDecision("ZZ", "", "77"))
    assert (odd.status, odd.action, odd.reason) == ("unclear", "ZZ", "77")
    refused = Review278("T1", "11", True, rejections=(Aaa("72", "C", "level 22"),), subscriber=None)
    outcome = outcome_of(write_278(refused, "A", "B", 1, NOW), "T1", "request")
    assert outcome.status in ("rejected", "unclear")
    assert outcome_of(b"nonsense", "T1", "request").reason == "unreadable"
    other = Review278("T2", "11", True, event=ReviewedService(category="HS", decision=ReviewDecision("A1", "N")))
    assert outcome_of(write_278(other, "A", "B", 1, NOW), "T1", "request").reason == "no_match"


def test_certified_days_are_those_of_the_certification_and_an_admission_has_no_last_day() -> None:
    extras = (("DTP", "007", "RD8", "20260701-20260930"),)
    outcome = answered(decision=ReviewDecision("A1", "N1"), extras=extras, service_from=DAY, service_to=DAY)
    assert (outcome.service_from, outcome.service_to) == (date(2026, 7, 1), date(2026, 9, 30))
    expires = answered(decision=ReviewDecision("A1", "N1"), extras=(("DTP", "036", "D8", "20261001"),))
    assert expires.service_to == date(2026, 10, 1)
    admitted = answered(decision=ReviewDecision("A1", "N1"), date_qualifier="435", service_from=DAY, service_to=DAY)
    assert (admitted.service_from, admitted.service_to) == (DAY, None)


def members(needs: bool, payer: str = "RC106") -> list[str]:
    """Active members of a sandbox payer who need an authorization, or do not."""
    profile = read_payers().find(payer)
    known = ((f"M{n:04d}", member(SEED, profile, f"M{n:04d}")) for n in range(3000))
    return [
        name
        for name, who in known
        if who.standing == "active" and who.authorization_required is needs and not (who.vague or who.odd)
    ]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    async with house_on_sandbox(tmp_path) as built:
        yield built


async def test_requests_to_the_sandboxs_payers_are_decided_at_once_or_after_an_inquiry(house: House) -> None:
    client = house.client()
    shown: dict[str, Any] = {}
    for name in members(needs=True)[:24]:
        body = wish(name, account_id=f"acct_{name}")
        answer = await post(client, "/authorizations", body, name)
        assert answer.status_code == 202
        shown[name] = answer.json()["request_id"]
    await house.settle()
    first = {one: await status(client, one, shown[one]) for one in shown}
    assert {"pended", "certified"} <= set(first.values())
    house.machine.clock.time += timedelta(hours=25)
    await house.settle()
    house.machine.clock.time += timedelta(hours=25)
    await house.settle()
    last = {one: await status(client, one, shown[one]) for one in shown}
    assert "pended" not in last.values()
    assert {"certified", "denied", "modified"} <= set(last.values())
    decided = house.events(AuthorizationDecided)
    assert {one.status for one in decided} >= {"pended", "certified", "denied", "modified"}
    assert {one.because for one in house.events(AuthorizationWorkFound)} >= {"denied", "modified"}


async def status(client: httpx.AsyncClient, name: str, request_id: str) -> str:
    found: str = (await client.get(f"/authorizations/acct_{name}/{request_id}")).json()["status"]
    return found


async def test_a_claim_that_is_told_it_needs_one_is_released_when_the_payer_certifies(house: House) -> None:
    client = house.client()
    for name in members(needs=True)[:6]:
        sealed = await house.sealed(ADA.model_copy(update={"member_id": name}), f"acct_{name}")
        claim = received(f"c_{name}").model_copy(
            update={
                "payer_id": "RC106",
                "account_id": f"acct_{name}",
                "coverage_id": f"cov_{name}",
                "sealed_subscriber": sealed,
            }
        )
        await house.hears(claim)
        body = wish(name, account_id=f"acct_{name}")
        del body["identity"]
        assert (await post(client, "/authorizations", body, name)).status_code == 202
    await house.settle()
    required = {one.claim_id for one in house.events(AuthorizationRequired)}
    assert len(required) > 3, "the others could not be asked about in time"
    granted = house.events(AuthorizationGranted)
    assert granted
    assert {one.claim_id for one in granted} <= required
    assert all(one.authorization_number.startswith("AUTH") for one in granted)
    waiting = (await client.get("/authorizations", params={"needs": True})).json()
    assert {one["requests"][0]["status"] for one in waiting} <= {"pended", "denied", "contact_payer", "modified"}


async def test_a_member_who_needs_none_is_told_so_and_a_stranger_is_refused(house: House) -> None:
    client = house.client()
    free = members(needs=False)[0]
    one = (await post(client, "/authorizations", wish(free), "free")).json()["request_id"]
    two = (await post(client, "/authorizations", wish("", account_id="acct_2", coverage_id="cov_x"), "no")).json()
    await house.settle()
    assert (await client.get(f"/authorizations/acct_1/{one}")).json()["status"] == "not_required"
    refused = (await client.get(f"/authorizations/acct_2/{two['request_id']}")).json()
    assert refused["status"] == "rejected"
    assert [each["code"] for each in refused["decision"]["rejections"]] == ["72"]


async def test_identifiers_are_in_the_sealed_conversation_and_nowhere_else(house: House) -> None:
    client = house.client()
    name = members(needs=True)[0]
    body = wish(name, account_id="acct_9")
    answer = await post(client, "/authorizations", body, "seal")
    await house.settle()
    request_id = answer.json()["request_id"]
    said = (await client.get(f"/authorizations/acct_9/{request_id}/conversation")).json()
    assert "QUILLFEATHER" in said["request"]
    assert "HCR*" in said["answer"]
    in_the_open = b"".join(record.value for record in house.machine.bus.records).decode()
    shown = (await client.get(f"/authorizations/acct_9/{request_id}")).text
    for text in (in_the_open, shown):
        assert "QUILLFEATHER" not in text
        assert "sealed" not in shown
    assert (await house.client("auditor").get(f"/authorizations/acct_9/{request_id}/conversation")).status_code == 403
    assert (await client.get("/authorizations/acct_9/auth_none")).status_code == 404


async def test_a_person_enters_a_number_for_a_payer_that_takes_no_requests(house: House) -> None:
    client = house.client()
    request_id = (await post(client, "/authorizations", wish("M0001", "RC109"), "asks")).json()["request_id"]
    await house.settle()
    path = f"/authorizations/acct_1/{request_id}"
    assert [one.because for one in house.events(AuthorizationWorkFound)] == ["payer_takes_none"]
    nameless = await post(client, f"{path}/decision", {"status": "certified"}, "none")
    assert nameless.status_code == 422
    entered = {"status": "certified", "authorization_number": "TEL-77", "units": 8, "unit": "VS"}
    shown = (await post(client, f"{path}/decision", entered, "tel")).json()
    assert (shown["status"], shown["authorization_number"], shown["units_left"]) == ("certified", "TEL-77", "8")
    refused = await post(client, f"{path}/questions", {"ask": "inquiry"}, "ask")
    assert refused.status_code == 409
    assert "decided" in refused.json()["detail"]


async def test_a_payer_that_is_down_is_asked_again_and_wrong_bodies_are_refused(house: House) -> None:
    client = house.client()

    async def down(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503)

    well = house.answer
    house.answer = down  # type: ignore[assignment, method-assign]
    name = members(needs=False)[1]
    request_id = (await post(client, "/authorizations", wish(name), "down")).json()["request_id"]
    await house.settle()
    path = f"/authorizations/acct_1/{request_id}"
    assert (await client.get(path)).json()["status"] == "waiting"
    house.answer = well  # type: ignore[method-assign]
    house.machine.clock.time += timedelta(minutes=6)
    await house.settle()
    assert (await client.get(path)).json()["status"] == "not_required"
    backwards = wish(name, service_to="2026-06-01")
    assert (await post(client, "/authorizations", backwards, "back")).status_code == 422
    unknown = wish("M9", coverage_id="cov_unknown")
    del unknown["identity"]
    assert (await post(client, "/authorizations", unknown, "who")).status_code == 422
