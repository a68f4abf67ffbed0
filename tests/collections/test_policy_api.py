"""HTTP of the dunning policy, over the real application on memory."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.collections.house import House, make_house
from tests.collections.story import ACCOUNT, on

AT = f"/accounts/{ACCOUNT}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    await built.owes(300_00)
    yield built
    await built.close()


async def ask(client: httpx.AsyncClient, method: str, path: str, body: Any = None, key: str = "once") -> httpx.Response:
    return await client.request(method, path, json=body, headers={"Idempotency-Key": key, "X-Reason": "as agreed"})


async def test_an_account_is_left_alone_and_goes_on(house: House) -> None:
    client = house.client("collector", "auditor")
    body = {"reason": "service_recovery", "until": None}
    first, again = [await ask(client, "POST", f"{AT}/exclusion", body) for _ in "ab"]
    assert (first.status_code, first.json()["status"]) == (201, "excluded")
    assert again.status_code == 409
    await house.lives_to(40)
    assert "reminder.sent.v1" not in house.events()
    assert (await ask(client, "DELETE", f"{AT}/exclusion", key="end")).json()["status"] == "open"
    assert (await ask(client, "DELETE", f"{AT}/exclusion", key="again")).status_code == 409
    audited = {line["action"] for line in (await client.get("/audit")).json()}
    assert {"account.exclude", "account.include"} <= audited


async def test_an_explanation_says_which_policy_what_next_and_why_not_more(house: House) -> None:
    client = house.client("collector")
    told = (await client.get(f"{AT}/explanation")).json()
    assert (told["policy"], told["next_action"], told["next_on"]) == ("*/2020-01-01", "remind", on(30).isoformat())
    assert [(step["step"], step["standing"]) for step in told["steps"]] == [
        ("level 1", "next"),
        ("level 2", "later"),
        ("level 3", "later"),
        ("placement", "ending"),
    ]
    assert told["considered"][0][1] is True
    await house.owes(0)
    assert (await client.get(f"{AT}/explanation")).json()["why"] == "nothing is owed"


async def test_a_description_is_kept_whole(house: House) -> None:
    client = house.client("collector")
    body = {"segment": "self_pay", "tags": ["vip"], "score": 40, "scored_on": "2026-07-01"}
    assert (await ask(client, "PUT", f"{AT}/description", body)).json()["above_risk_limit"] is False
    standing = (await client.get(AT)).json()["standing"]
    assert (standing["segment"], standing["tags"], standing["score"]["value"]) == ("self_pay", ["vip"], 40)
    without_day = {"score": 40}
    assert (await ask(client, "PUT", f"{AT}/description", without_day, "two")).status_code == 422
    assert (await ask(client, "PUT", f"{AT}/description", {"segment": "No Such!"}, "three")).status_code == 422


async def test_a_policy_outside_the_book_and_a_review_nobody_asked_for_are_refused(house: House) -> None:
    operator, collector = house.client("operator"), house.client("collector")
    assert (await ask(operator, "POST", f"{AT}/policy", {"policy": "*/1999-01-01"})).status_code == 404
    assert (await ask(collector, "POST", f"{AT}/policy", {"policy": "*/2020-01-01"})).status_code == 403
    review = {"review_id": "rev_1", "decision": "write_off"}
    assert (await ask(collector, "POST", f"{AT}/review", review)).status_code == 409
    (version,) = (await operator.get("/policies")).json()
    assert (version["policy"], len(version["digest"])) == ("*/2020-01-01", 16)


@pytest.mark.parametrize(("method", "path"), [("PUT", "description"), ("POST", "exclusion"), ("DELETE", "exclusion")])
async def test_another_tenants_account_is_not_there(house: House, method: str, path: str) -> None:
    body = {"reason": "staff"} if path == "exclusion" else {}
    answer = await ask(house.client("collector", tenant="northgate"), method, f"{AT}/{path}", body)
    assert answer.status_code == 404


async def test_why_is_asked_when_a_person_changes_how_an_account_is_collected(house: House) -> None:
    client = house.client("collector", "operator")
    wishes = (
        ("POST", "exclusion"),
        ("DELETE", "exclusion"),
        ("POST", "review"),
        ("POST", "policy"),
        ("PUT", "description"),
    )
    for method, path in wishes:
        answer = await client.request(method, f"{AT}/{path}", json={}, headers={"Idempotency-Key": "why"})
        assert (answer.status_code, "X-Reason" in answer.text) == (400, True), path
