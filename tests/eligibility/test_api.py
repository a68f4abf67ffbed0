"""Checks over HTTP, through the whole service: on demand, as of the service date, each with its history."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import CoverageChecked, OtherCoverageFound
from shared.x12.eligibility import Aaa, Answer271, Benefit, BenefitDate, Inquiry270, Party
from tests.eligibility.house import House, active, post, question
from tests.eligibility.test_check import AT, meta, received


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    yield built
    await built.close()


def rejects(code: str, follow_up: str = "C") -> Any:
    def say(inquiry: Inquiry270) -> Answer271:
        return replace(active(inquiry), benefits=(), rejections=(Aaa(code, follow_up, "2100C"),))

    return say


async def test_case_01_four_coverages_checked_at_once_keep_four_results(house: House) -> None:
    client = house.client()
    payers = ("RC101", "RC102", "RC103", "RC106")
    for n, payer in enumerate(payers):
        answer = await post(client, "/checks", question(f"cov_{n}", payer), f"key {n}")
        assert (answer.status_code, answer.json()["coverage"]) == (202, "unknown")
    await house.settle()
    found = (await client.get("/checks", params={"account_id": "acct_1"})).json()
    assert {one["payer_id"]: one["outcome"]["plan"] for one in found} == {one: f"PLAN OF {one}" for one in payers}
    assert [one.payer_id for one in house.events(CoverageChecked)] == list(payers)


async def test_case_02_the_request_asks_about_the_appointment_not_about_the_policy(house: House) -> None:
    began = BenefitDate("346", date(2026, 1, 1), date(2026, 1, 1))
    house.payers["RC101"] = lambda inquiry: active(inquiry, dates=(began,))
    await post(house.client(), "/checks", question(day="2026-03-03"))
    await house.settle()
    [asked] = house.asked
    assert asked.service_date == date(2026, 3, 3)
    shown = (await house.client().get("/checks/acct_1.cov_1.2026-03-03")).json()
    assert (shown["coverage"], shown["outcome"]["covered_from"]) == ("active", "2026-01-01")


async def test_case_03_a_payer_that_times_out_leaves_the_page_open_with_the_time_of_the_next_try(house: House) -> None:
    house.payers["RC101"] = lambda _: None
    client = house.client()
    await post(client, "/checks", question())
    await house.settle()
    page = await client.get("/coverages/cov_1")
    assert page.status_code == 200
    [row] = page.json()["dates"]
    assert (row["coverage"], row["retry_at"]) == ("unknown", "2026-02-20T12:05:00Z")
    [failed] = (await client.get("/coverages/cov_1/history")).json()
    assert (failed["what"], failed["status"], failed["retry_at"]) == (
        "attempt_failed",
        "unavailable",
        "2026-02-20T12:05:00Z",
    )
    del house.payers["RC101"]
    house.machine.clock.time += timedelta(minutes=5)
    await house.settle()
    [row] = (await client.get("/coverages/cov_1")).json()["dates"]
    assert (row["coverage"], row["retry_at"]) == ("active", None)


async def test_case_04_aaa_42_is_retried_and_72_and_75_are_not_and_staff_read_what_to_do(house: House) -> None:
    client = house.client()
    for n, code in enumerate(("42", "72", "75")):
        house.payers["RC101"] = rejects(code, "R" if code == "42" else "C")
        await post(client, "/checks", question(f"cov_{code}"), f"key {n}")
        await house.settle()
        shown = (await client.get(f"/checks/acct_1.cov_{code}.2026-03-03")).json()
        assert (shown["coverage"], shown["retry_at"] is not None) == ("unknown", code == "42")
        history = (await client.get(f"/coverages/cov_{code}/history")).json()
        [rejection] = history[0]["rejections"]
        assert (rejection["code"], rejection["retry_helps"]) == (code, code == "42")
        assert rejection["fix"]
        assert rejection["payer_says"]
    house.payers["RC101"] = rejects("Z9", "N")
    await post(client, "/checks", question("cov_z"), "key z")
    await house.settle()
    [unknown] = (await client.get("/checks/acct_1.cov_z.2026-03-03")).json()["rejections"]
    assert (unknown["code"], unknown["follow_up"], unknown["fix"], unknown["retry_helps"]) == ("Z9", "N", None, None)


async def test_case_07_other_coverage_in_a_271_is_told_once_for_somebody_to_look_at(house: House) -> None:
    other = Benefit("R", "", ("30",), entities=(("PRP", Party("ANOTHER PLAN", "PI", "RC103")),))
    house.payers["RC101"] = lambda inquiry: active(inquiry, other)
    client = house.client()
    for n in range(2):
        await post(client, "/checks", question(), f"key {n}")
        await house.settle()
    [found] = house.events(OtherCoverageFound)
    assert (found.coverage_id, [(one.name, one.payer_id, one.primacy) for one in found.payers]) == (
        "cov_1",
        [("ANOTHER PLAN", "RC103", "primary")],
    )
    assert len(house.events(CoverageChecked)) == 2


async def test_case_08_primary_and_secondary_fail_independently(house: House) -> None:
    house.payers["RC101"] = lambda _: 503
    client = house.client()
    await post(client, "/checks", question("cov_primary", "RC101"), "one")
    await post(client, "/checks", question("cov_secondary", "RC103"), "two")
    await house.settle()
    shown = {
        name: (await client.get(f"/coverages/{name}")).json()["dates"][0]["coverage"]
        for name in ("cov_primary", "cov_secondary")
    }
    assert shown == {"cov_primary": "unknown", "cov_secondary": "active"}


async def test_a_repeated_request_asks_once_and_a_new_one_asks_again(house: House) -> None:
    client = house.client()
    first, again = await post(client, "/checks", question()), await post(client, "/checks", question())
    assert first.json()["request_id"] == again.json()["request_id"]
    await house.settle()
    assert (await post(client, "/checks", question())).status_code == 202
    await house.settle()
    assert len(house.asked) == 1
    assert (await post(client, "/checks", question(day="2026-03-04"))).status_code == 422, "the key had another use"
    await post(client, "/checks", question(identity=None), "another key")
    await house.settle()
    assert len(house.asked) == 2
    assert house.asked[1].member_id == "M0001", "who is insured is known from before"
    history = (await client.get("/coverages/cov_1/history")).json()
    assert [one["what"] for one in history] == ["answered", "answered"]


async def test_requests_and_responses_are_kept_and_only_billers_open_them(house: House) -> None:
    client = house.client()
    await post(client, "/checks", question())
    await house.settle()
    listed = (await client.get("/checks/acct_1.cov_1.2026-03-03/conversations")).json()
    assert len(listed) == 1
    said = (await client.get(f"/checks/{listed[0]['id'].replace('/', '/conversations/', 1)}")).json()
    assert "QUILLFEATHER" in said["request"]
    assert "PLAN OF RC101" in said["answer"]
    assert said["trace_number"] in said["answer"]
    name = listed[0]["id"].replace("/", "/conversations/", 1)
    assert (await house.client("auditor").get(f"/checks/{name}")).status_code == 403
    assert (await house.client(tenant="harbor").get(f"/checks/{name}")).status_code == 404
    audited = (await house.client("auditor").get("/audit")).json()
    assert [(one["kind"], one["action"]) for one in audited] == [
        ("write", "check.request"),
        ("read", "GET /checks/{check_id}/conversations"),
        ("read", "conversation.read"),
        ("refused", "GET /checks/{check_id}/conversations/{effect}/{attempt}"),
    ]
    everything = str(await house.machine.store.notes("conversations", "lakeside", None, 100)) + str(
        [record.value for record in house.machine.bus.records]
    )
    assert "QUILLFEATHER" not in everything


async def test_benefits_are_shown_typed_with_every_eb(house: House) -> None:
    house.payers["RC101"] = lambda inquiry: active(
        inquiry, Benefit("B", "IND", ("98",), time_period="27", amount_cents=2500, in_network=True), Benefit("ZZ")
    )
    client = house.client()
    assert (await client.get("/checks/acct_1.cov_1.2026-03-03/benefits")).status_code == 404
    await post(client, "/checks", question())
    await house.settle()
    benefits = (await client.get("/checks/acct_1.cov_1.2026-03-03/benefits")).json()
    assert (benefits["standing"], benefits["shares"][0]["cents"]) == ("active", 2500)
    assert [line["code"] for line in benefits["lines"]] == ["1", "B", "ZZ"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"payer_id": "RC109"}, "takes no inquiries in real time"),
        ({"payer_id": "no such payer"}, "payer_id"),
        ({"billing_npi": "12"}, "billing_npi"),
        ({"service_date": "soon"}, "service_date"),
        ({"identity": None}, "say who is insured"),
        ({"service_date": "1969-12-31"}, "body"),
    ],
)
async def test_a_question_nobody_can_answer_is_refused_with_what_to_do(
    house: House, change: dict[str, Any], said: str
) -> None:
    answer = await post(house.client(), "/checks", question() | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert "QUILLFEATHER" not in answer.text
    assert house.asked == []


async def test_a_claim_that_comes_while_a_person_asks_hears_the_same_answer(house: House) -> None:
    client = house.client()
    await post(client, "/checks", question(day="2026-06-15"))
    sealed = await house.sealed()
    claim = received("c1").model_copy(update={"payer_id": "RC101", "sealed_subscriber": sealed})
    await house.hears(claim)
    assert len(house.asked) == 1
    assert [type(one).__name__ for one in house.events()] == ["CoverageVerified", "CoverageChecked"]


async def test_a_payer_that_keeps_failing_is_left_alone_and_its_backlog_drains_when_it_speaks(house: House) -> None:
    house.machine.clock.time = AT
    house.payers["RC102"] = lambda _: 503
    sealed = await house.sealed()
    claims = [
        received(f"c{n}").model_copy(
            update={"payer_id": "RC102", "account_id": f"acct_{n}", "sealed_subscriber": sealed}
        )
        for n in range(30)
    ]
    await house.hears(*claims)
    assert len(house.asked) == 10, "after ten failures in a row nobody asks"
    house.machine.clock.time += timedelta(seconds=60)
    await house.settle()
    assert len(house.asked) == 11, "one finds out whether it speaks again"
    del house.payers["RC102"]
    house.machine.clock.time += timedelta(seconds=61)
    late = claims[0].model_copy(update={"claim_id": "late", "account_id": "acct_late", "meta": meta("late")})
    await house.hears(late)
    checks = house.spec.deciders[0]
    drained = await house.machine.store.count(checks, "lakeside", {"status": "active"})
    assert drained == 20, "the nineteen put off until later are asked as soon as one was answered"
    house.machine.clock.time += timedelta(minutes=5)
    await house.settle()
    assert await house.machine.store.count(checks, "lakeside", {"status": "active"}) == 31
