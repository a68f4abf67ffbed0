"""HTTP of the collections service, over the real application on memory."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.collections.house import MARY, House, make_house
from tests.collections.story import ACCOUNT

PLAN = {"account_id": ACCOUNT, "installments": 3, "first_due_on": "2026-07-21"}
CALL = {"account_id": ACCOUNT, "channel": "phone", "purpose": "reminder", "outcome": "promised_to_pay"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    await built.owes(300_00)
    yield built
    await built.close()


async def post(client: httpx.AsyncClient, path: str, body: object, key: str = "once") -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key})


async def test_a_plan_starts_and_its_repeat_is_the_same_plan(house: House) -> None:
    client = house.client("collector")
    first, again = await post(client, "/plans", PLAN), await post(client, "/plans", PLAN)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (first.json()["total_cents"], first.json()["next_due_cents"]) == (300_00, 100_00)
    assert first.json()["next_due_on"] == "2026-07-21"
    assert house.events().count("plan.started.v1") == 1


async def test_a_refused_plan_says_every_reason(house: House) -> None:
    answer = await post(house.client("collector"), "/plans", {**PLAN, "installments": 13})
    assert answer.status_code == 409
    assert answer.json()["detail"]["reasons"] == ["too_many_installments", "installment_too_small"]


async def test_a_key_is_used_for_one_request(house: House) -> None:
    client = house.client("collector")
    await post(client, "/plans", PLAN)
    assert (await post(client, "/plans", {**PLAN, "installments": 4})).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {**PLAN, "installments": 0},
        {**PLAN, "installment_cents": 50_00},
        {"account_id": ACCOUNT, "first_due_on": "2026-07-21"},
        {**PLAN, "first_due_on": "soon"},
        {**PLAN, "note": "field nobody knows"},
    ],
)
async def test_a_body_that_breaks_a_rule_is_refused_without_its_values(house: House, body: dict[str, object]) -> None:
    answer = await post(house.client("collector"), "/plans", body)
    assert answer.status_code == 422
    assert "soon" not in answer.text
    assert "nobody knows" not in answer.text


async def test_a_contact_is_logged_once_and_audited(house: House) -> None:
    client = house.client("collector", "auditor")
    first, again = await post(client, "/contacts", CALL), await post(client, "/contacts", CALL)
    assert (first.status_code, first.json()) == (201, again.json())
    story = (await client.get(f"/accounts/{ACCOUNT}")).json()
    assert [c["outcome"] for c in story["contacts"]] == ["sent", "promised_to_pay"]
    audited = (await client.get("/audit")).json()
    said = {(line["actor"], line["action"], line["subject"]) for line in audited}
    looked = ("collector_1", "GET /accounts/{account_id}", f"account/{ACCOUNT}")
    assert said == {("collector_1", "contact.log", f"collection/{ACCOUNT}"), looked}


async def test_a_contact_cannot_lie_in_the_future(house: House) -> None:
    answer = await post(house.client("collector"), "/contacts", {**CALL, "contacted_at": "2027-01-01T00:00:00Z"})
    assert answer.status_code == 422


async def test_an_account_tells_its_whole_story(house: House) -> None:
    await house.lives_to(30)
    client = house.client("auditor")
    answer = await client.get(f"/accounts/{ACCOUNT}")
    story = answer.json()
    assert (story["status"], story["owed_cents"], story["reminder_level"], story["statements"]) == (
        "open",
        300_00,
        1,
        1,
    )
    assert story["episode"]["policy"] == "*/2020-01-01"
    assert [line["type"] for line in story["timeline"]][:4] == [
        "balance-noted",
        "episode-opened",
        "wish-judged",
        "statement-prepared",
    ]
    assert "sealed" not in answer.text
    statements = (await client.get("/statements", params={"account_id": ACCOUNT})).json()
    assert [(s["number"], s["balance_cents"], s["due_on"]) for s in statements] == [(1, 300_00, "2026-07-31")]


async def test_accounts_are_listed_by_status_and_by_the_work_they_need(house: House) -> None:
    client = house.client("collector")
    assert [a["account_id"] for a in (await client.get("/accounts", params={"status": "open"})).json()] == [ACCOUNT]
    assert (await client.get("/accounts", params={"status": "placed"})).json() == []
    assert (await client.get("/accounts", params={"needs_work": True})).json() == []
    assert (await client.get("/accounts", params={"after": ACCOUNT})).json() == []
    assert (await client.get("/accounts", params={"needs_work": True, "status": "open"})).status_code == 422
    assert (await client.get("/accounts", params={"status": "gone"})).status_code == 422


async def test_a_failed_letter_is_on_the_worklist(tmp_path: Path) -> None:
    house = make_house(tmp_path)
    await house.owes(300_00, guarantor=None)
    (row,) = (await house.client("collector").get("/accounts", params={"needs_work": True})).json()
    assert row["work"] == "statement: guarantor_missing"
    await house.close()


async def test_each_look_at_a_guarantor_is_audited(house: House) -> None:
    client = house.client("collector", "auditor")
    assert (await client.get(f"/accounts/{ACCOUNT}/guarantor")).json()["name"] == MARY.name
    assert [line["action"] for line in (await client.get("/audit")).json()] == ["guarantor.read"]
    await house.sealer.forget("lakeside", ACCOUNT)
    assert (await client.get(f"/accounts/{ACCOUNT}/guarantor")).status_code == 410


async def test_another_tenant_sees_nothing(house: House) -> None:
    stranger = house.client("collector", tenant="northgate")
    assert (await stranger.get(f"/accounts/{ACCOUNT}")).status_code == 404
    assert (await stranger.get("/accounts")).json() == []
    assert (await post(stranger, "/plans", PLAN)).status_code == 404
    assert (await post(stranger, "/contacts", CALL)).status_code == 404


async def test_a_caller_without_the_role_is_refused(house: House) -> None:
    auditor = house.client("auditor")
    assert (await post(auditor, "/plans", PLAN)).status_code == 403
    assert (await auditor.get(f"/accounts/{ACCOUNT}/guarantor")).status_code == 403
    assert (await auditor.get("/accounts", headers={"authorization": "Bearer nothing"})).status_code == 401
