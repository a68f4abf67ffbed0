"""Plans and settlements over HTTP: who may do what, what is shown, and the hosted page's link."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.plan_links import plan_link, read_plan_link
from tests.collections.house import House, make_house
from tests.collections.plan_story import AUTOPAY_TEXT, TEXT
from tests.collections.story import ACCOUNT, TENANT, at, on


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    made = make_house(tmp_path)
    await made.owes(300_00)
    await made.lives_to(10)
    yield made
    await made.close()


async def asked(house: House, path: str, body: dict[str, Any], *roles: str, sub: str = "collector_1") -> httpx.Response:
    key = {"idempotency-key": f"{path}/{sub}/{sorted(map(str, body.items()))}"[:200]}
    return await house.client(*(roles or ("collector",)), sub=sub).post(path, json=body, headers=key)


def consented(**more: Any) -> dict[str, Any]:
    return {"how": "phone", "text_version": TEXT, "proof": "rec_1", **more}


async def test_choices_say_what_is_allowed_and_why_the_rest_is_not(house: House) -> None:
    shown = (await house.client("auditor").get(f"/accounts/{ACCOUNT}/plan-offers")).json()
    choices = {one["choice"]: one for one in shown["choices"]}
    assert choices["standard-3"]["allowed"] is True
    assert choices["standard-3"]["installment_cents"] == 100_00
    assert choices["standard-3"]["first_due_on"] == "2026-08-11"
    assert [one.split(":")[0] for one in choices["hardship-24"]["refused"]] == ["not_for_this_balance"]
    assert "large_balance" in choices["large_balance-12"]["refused"][0]
    assert shown["texts"] == {"plan": TEXT, "autopay": AUTOPAY_TEXT}


async def test_a_plan_is_proposed_accepted_changed_and_cancelled(house: House) -> None:
    terms = {"installments": 3, "first_due_on": on(20).isoformat()}
    proposed = await asked(house, f"/accounts/{ACCOUNT}/plan-proposals", terms)
    assert proposed.status_code == 201, proposed.text
    assert (await asked(house, f"/accounts/{ACCOUNT}/plan-proposals", terms)).json() == proposed.json()
    proposal = proposed.json()["proposal"]
    assert (proposal["status"], proposal["proposed_by"]) == ("offered", "collector_1")
    card = {"method": "card", "token": "pm_card_ok", "consent": consented(text_version=AUTOPAY_TEXT)}
    path = f"/accounts/{ACCOUNT}/plan-proposals/{proposal['proposal_id']}/acceptance"
    accepted = await asked(house, path, {"consent": consented(), "autopay": card})
    assert accepted.status_code == 201, accepted.text
    assert (await asked(house, path, {"consent": consented(), "autopay": card})).json() == accepted.json()
    plan = accepted.json()["plan"]
    assert (plan["payoff_cents"], plan["consent"]["proof"], plan["autopay"]["method"]) == (300_00, "rec_1", "card")
    assert "pm_card_ok" not in accepted.text
    assert "plan.started.v1" in house.events()
    plans = f"/accounts/{ACCOUNT}/plans"
    assert (await house.client("operator").get(plans)).json()["plan"]["plan_id"] == plan["plan_id"]
    again = await asked(house, f"{plans}/{plan['plan_id']}/re-age", {"first_due_on": on(40).isoformat()})
    assert again.status_code == 409
    assert again.json()["detail"]["reasons"][0].startswith("not_late")
    stopped = await house.client("collector").put(
        f"{plans}/{plan['plan_id']}/autopay", json={"autopay": None}, headers={"idempotency-key": "stop"}
    )
    assert stopped.json()["plan"]["autopay"]["ended"] == "revoked"
    ended = await asked(house, f"{plans}/{plan['plan_id']}/cancellation", {"reason": "guarantor_asked"})
    assert (ended.json()["plan"], ended.json()["ended"][0]["how"]) == (None, "cancelled")


async def test_a_plan_that_is_broken_is_said_by_letter_and_the_schedule_goes_on(house: House) -> None:
    terms = {"installments": 3, "first_due_on": on(20).isoformat()}
    proposed = (await asked(house, f"/accounts/{ACCOUNT}/plan-proposals", terms)).json()["proposal"]
    path = f"/accounts/{ACCOUNT}/plan-proposals/{proposed['proposal_id']}/acceptance"
    assert (await asked(house, path, {"consent": consented()})).status_code == 201
    await house.lives_to(32)
    shown = (await house.client("auditor").get(f"/accounts/{ACCOUNT}/plans")).json()
    assert (shown["plan"], shown["ended"][0]["how"]) == (None, "broken")
    assert shown["not_placed_before"] is not None
    said = [text for text in house.files("letters").values() if "YOUR PAYMENT PLAN HAS ENDED" in text]
    assert len(said) == 1
    assert "$300.00" in said[0]


async def test_a_settlement_above_the_limit_waits_for_a_supervisor(house: House) -> None:
    await house.lives_to(61)
    offer = {"settle_cents": 200_00, "first_due_on": on(80).isoformat()}
    offered = await asked(house, f"/accounts/{ACCOUNT}/settlement-offers", offer)
    assert offered.json()["proposal"]["status"] == "waiting"
    (waiting,) = (await house.client("operator").get("/plans/waiting")).json()
    assert (waiting["account_id"], waiting["work"]) == (ACCOUNT, "plan: approve")
    path = f"/accounts/{ACCOUNT}/plan-proposals/{waiting['proposal']['proposal_id']}/decision"
    word = {"approved": True, "reason": "they lost their work"}
    assert (await asked(house, path, word, "collector")).status_code == 403
    decided = await asked(house, path, word, "operator", sub="supervisor_1")
    assert decided.json()["proposal"]["status"] == "approved"
    assert (await house.client("operator").get("/plans/waiting")).json() == []


async def test_whoever_may_supervise_does_not_approve_their_own_offer(house: House) -> None:
    await house.lives_to(61)
    offer = {"settle_cents": 160_00, "first_due_on": on(80).isoformat()}
    offered = await asked(house, f"/accounts/{ACCOUNT}/settlement-offers", offer, "operator", sub="olga")
    path = f"/accounts/{ACCOUNT}/plan-proposals/{offered.json()['proposal']['proposal_id']}/decision"
    refused = await asked(house, path, {"approved": True, "reason": "my own"}, "operator", sub="olga")
    assert refused.status_code == 409
    assert refused.json()["detail"]["reasons"][0].startswith("same_person")


@pytest.mark.parametrize(
    "token", ["4242424242424242", "12345678901234567", "x"], ids=["card number", "bank account", "too short"]
)
async def test_the_number_of_a_card_is_never_taken(house: House, token: str) -> None:
    card = {"method": "card", "token": token, "consent": consented(text_version=AUTOPAY_TEXT)}
    path = f"/accounts/{ACCOUNT}/plan-proposals/prop_1/acceptance"
    answer = await asked(house, path, {"consent": consented(), "autopay": card})
    assert answer.status_code == 422
    assert token not in answer.text


async def test_the_hosted_page_shows_choices_by_its_link_and_takes_one_once(house: House) -> None:
    made = await asked(house, f"/accounts/{ACCOUNT}/plan-links", {"valid_days": 5})
    path, guest = made.json()["path"], house.client()
    guest.headers.pop("authorization")
    shown = (await guest.get(path)).json()
    assert {one["choice"] for one in shown["choices"]} == {"standard-3", "standard-6", "standard-12"}
    assert ACCOUNT not in str(shown)
    body = {"choice": "standard-6", "text_version": TEXT}
    taken = await guest.post(f"{path}/acceptance", json=body, headers={"idempotency-key": "click"})
    assert taken.status_code == 201, taken.text
    twice = await guest.post(f"{path}/acceptance", json=body, headers={"idempotency-key": "click"})
    assert twice.json() == taken.json()
    assert house.events().count("plan.started.v1") == 1
    assert (await guest.get(path)).json()["plan_kept"] is True
    other = await guest.post(f"{path}/acceptance", json=body, headers={"idempotency-key": "another"})
    assert other.status_code == 409
    await house.lives_to(16)
    assert (await guest.get(path)).status_code == 404


async def test_a_choice_that_is_not_offered_is_refused(house: House) -> None:
    path = (await asked(house, f"/accounts/{ACCOUNT}/plan-links", {})).json()["path"]
    for choice, text in (("hardship-36", TEXT), ("standard-99", TEXT), ("standard-3", "old")):
        body = {"choice": choice, "text_version": text}
        answer = await house.client().post(f"{path}/acceptance", json=body, headers={"idempotency-key": choice})
        assert answer.status_code == 409, choice
    assert "plan.started.v1" not in house.events()


def test_a_link_is_good_for_its_account_tenant_and_time_alone(tmp_path: Path) -> None:
    names = make_house(tmp_path).runtime.pseudonyms
    token = plan_link(names, TENANT, ACCOUNT, at(5))
    link = read_plan_link(names, TENANT, token, at(4))
    assert link is not None
    assert link.account_id == ACCOUNT
    assert read_plan_link(names, TENANT, token, at(5)) is None
    assert read_plan_link(names, "northgate", token, at(4)) is None
    later = token.replace(str(int(at(5).timestamp())), str(int((at(5) + timedelta(1)).timestamp())))
    assert read_plan_link(names, TENANT, later, at(4)) is None
    assert read_plan_link(names, TENANT, token.replace(ACCOUNT, "acct_2"), at(4)) is None
    assert read_plan_link(names, TENANT, token.replace(ACCOUNT, ACCOUNT.upper()), at(4)) is None
    assert read_plan_link(names, TENANT, "nonsense", at(4)) is None
