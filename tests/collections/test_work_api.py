"""Collectors' work over HTTP: lists, who works on what, notes, promises, complaints, and an account's whole story."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.collections.core.statement_book import AtPayer, Book
from services.collections.core.work_messages import TakeComplaint
from services.collections.work_views import shown_debts
from tests.collections.house import House, make_house
from tests.collections.statement_samples import bill
from tests.collections.story import ACCOUNT, meta, on

AT = f"/accounts/{ACCOUNT}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    """An account that owes, whose first reminder has gone out."""
    built = make_house(tmp_path)
    await built.owes(1_200_00)
    await built.lives_to(35)
    built.machine.clock.time += timedelta(hours=5)  # noon where they live
    yield built
    await built.close()


async def post(client: httpx.AsyncClient, path: str, key: str = "", **body: Any) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key or f"{path}/{sorted(body.items())}"})


async def items(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get("/collector-work", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_an_overdue_high_balance_is_listed_with_its_reasons(house: House) -> None:
    (item,) = await items(house.client("collector"))
    assert (item["account_id"], item["queue"], item["cause"], item["band"]) == (ACCOUNT, "balances", "high_balance", 5)
    assert [reason["name"] for reason in item["reasons"]] == ["high_balance", "balance", "reminded"]
    assert item["points"] == sum(reason["points"] for reason in item["reasons"]) == 38
    assert item["reasons"][0]["why"] == "1200.00 is overdue"
    assert item["ranked_by"] == "*/work/2020-01-01"


async def test_an_account_is_claimed_once_and_given_by_a_supervisor(house: House) -> None:
    ann, bob = house.client("collector", sub="ann"), house.client("collector", sub="bob")
    claimed = await post(ann, f"{AT}/assignment", owner="ann", version=0)
    assert (claimed.status_code, claimed.json()["work"]["owner"], claimed.json()["work"]["version"]) == (200, "ann", 1)
    stale = await post(bob, f"{AT}/assignment", owner="bob", version=0)
    assert (stale.status_code, stale.json()["detail"]) == (
        409,
        "somebody changed it meanwhile: it is at version 1",
    )
    taken = await post(bob, f"{AT}/assignment", owner="bob")
    assert (taken.status_code, taken.json()["detail"]) == (409, "ann works on it: ask them, or a supervisor")
    assert (await post(bob, f"{AT}/assignment", owner="carl")).status_code == 409
    assert await items(ann, free=True) == []
    assert [one["work"]["owner"] for one in await items(ann, owner="ann")] == ["ann"]
    given = await post(house.client("operator", sub="sue"), f"{AT}/assignment", owner="bob", version=1)
    assert given.json()["work"]["owner"] == "bob"
    assert (await post(bob, f"{AT}/assignment", owner=None)).json()["work"]["owner"] is None
    assert (await post(house.client("auditor"), f"{AT}/assignment", owner=None)).status_code == 403


async def test_what_is_put_off_comes_back_by_itself(house: House) -> None:
    client = house.client("collector")
    assert (await post(client, f"{AT}/put-off", until=str(on(35)))).status_code == 409
    put_off = await post(client, f"{AT}/put-off", until=str(on(40)))
    assert "queue" not in put_off.json()
    assert await items(client) == []
    await house.lives_to(40)
    (item,) = await items(client, queue="calls")
    assert (item["cause"], item["reasons"][0]["why"]) == ("call_back", "its day came on 2026-08-10")


async def test_a_broken_promise_goes_back_up_the_queue(house: House) -> None:
    client = house.client("collector", sub="ann")
    made = await post(client, f"{AT}/promises", promised_cents=500_00, promised_for=str(on(40)))
    assert made.status_code == 201, made.text
    assert made.json()["work"]["promise"]["rests_dunning"] is True
    assert await items(client) == []  # nobody asks for money meanwhile
    await house.lives_to(45)
    (item,) = await items(client, queue="promises")
    assert (item["cause"], item["band"], item["work"]["broken_promises"]) == ("broken_promise", 2, 1)
    assert item["reasons"][0]["why"] == "500.00 promised for 2026-08-10 was not paid"
    assert [name for name in house.events() if name.startswith("promise")] == ["promise.made.v1", "promise.ended.v1"]


async def test_a_promise_against_the_policy_is_refused_with_every_reason(house: House) -> None:
    client = house.client("collector")
    answer = await post(client, f"{AT}/promises", promised_cents=9_000_00, promised_for=str(on(300)))
    assert answer.status_code == 409
    assert "more than the 120000 cents" in answer.json()["detail"]
    assert "265 days ahead" in answer.json()["detail"]
    first = await post(client, f"{AT}/promises", "p", promised_cents=500_00, promised_for=str(on(40)))
    again = await post(client, f"{AT}/promises", "p", promised_cents=500_00, promised_for=str(on(40)))
    assert first.json() == again.json()
    promise_id = first.json()["promise_id"]
    cancelled = await post(client, f"{AT}/promises/{promise_id}/cancel", how="mistake", reason="wrong account")
    assert cancelled.json()["work"]["promise"] is None


async def test_notes_and_complaints_are_sealed_and_a_look_at_them_is_recorded(house: House) -> None:
    client = house.client("collector", "auditor", sub="ann")
    words = "Mary says her sister pays on Friday"
    assert (await post(client, f"{AT}/notes", topic="call", text=words)).status_code == 201
    taken = await post(
        client, f"{AT}/complaints", kind="frequency", channel="phone", received_on=str(on(35)), text="Too many letters"
    )
    complaint_id = taken.json()["complaint_id"]
    assert (taken.json()["queue"], taken.json()["band"]) == ("complaints", 1)
    answered = await post(client, f"{AT}/complaints/{complaint_id}/answer", outcome="not_upheld", text="Two letters")
    assert answered.json()["queue"] == "balances"
    assert (
        await post(client, f"{AT}/complaints/{complaint_id}/answer", outcome="upheld", text="No")
    ).status_code == 409
    read = (await client.get(f"{AT}/notes")).json()
    assert [note["text"] for note in read["notes"]] == [words]
    assert [one["text"] for one in read["complaints"]] == ["Two letters", "Too many letters"]
    shown = (await client.get(AT)).text + (await client.get(f"{AT}/story")).text
    assert '"sealed' not in shown
    said = shown + str(house.machine.bus.records)
    assert "sister" not in said
    assert "Too many" not in said
    assert "work.notes.read" in {line["action"] for line in (await client.get("/audit")).json()}


async def test_the_story_says_what_may_be_done_now_and_why_not_before(house: House) -> None:
    client = house.client("collector", sub="ann")
    story = (await client.get(f"{AT}/story")).json()
    assert story["next"]["action"] == "contact"
    assert story["next"]["way"]["channel"] == "phone"
    assert [contact["outcome"] for contact in story["contacts"]] == ["sent", "sent"]
    assert all(contact["decision"]["allowed"] for contact in story["contacts"])
    assert (story["debts"], story["insurance_pending"]) == ([], [])  # no bills were told
    assert story["policy"]["policy"] == story["account"]["episode"]["policy"]
    # They talked: for a week no call, says Regulation F.
    call = {"account_id": ACCOUNT, "channel": "phone", "purpose": "reminder", "outcome": "reached"}
    assert (await post(client, "/contacts", **call)).status_code == 201
    ways = (await client.get(f"{AT}/story")).json()["next"]["ways"]
    (phone,) = [way for way in ways if way["channel"] == "phone"]
    assert phone["allowed"] is False
    assert phone["worked_before"] is True
    assert phone["because"][0]["rule"] == "call_after_conversation"
    assert phone["next_at"] > str(on(41))
    assert phone["because"][0]["source"]


async def test_the_supervisor_sees_queues_collectors_and_what_they_did(house: House) -> None:
    ann = house.client("collector", "operator", sub="ann")
    await post(ann, f"{AT}/assignment", owner="ann")
    call = {"account_id": ACCOUNT, "channel": "phone", "purpose": "reminder", "outcome": "reached"}
    await post(ann, "/contacts", **call)
    await post(ann, f"{AT}/promises", promised_cents=500_00, promised_for=str(on(40)))
    await house.lives_to(45)
    seen = (await ann.get("/collector-work/summary")).json()
    assert seen["queues"] == [{"queue": "promises", "band": 2, "accounts": 1, "free": 0}]
    assert seen["collectors"] == [
        {"owner": "ann", "accounts": 1, "owed_cents": 1_200_00, "promises_open": 0, "held": {"month": 1}}
    ]
    assert seen["aging"] == [{"status": "overdue", "accounts": 1}]
    assert {one["what"]: one["waiting"] for one in seen["approvals"]} == {
        "review": 0,
        "plan": 0,
        "assistance": 0,
        "suit": 0,
    }
    days = {"from_on": str(on(30)), "until_on": str(on(60))}
    done = (await ann.get("/collector-work/productivity", params=days)).json()
    assert done["complete"] is True
    assert [(day["on"], day["contacts"], day["spoken"], day["promises"], day["not_kept"]) for day in done["days"]] == [
        (str(on(35)), 2, 2, 1, 0),
        (str(on(44)), 0, 0, 0, 1),
    ]
    assert (await ann.get("/collector-work/productivity", params={**days, "until_on": "2027-07-01"})).status_code == 422


async def test_lists_are_filtered_by_one_thing_and_nothing_of_another_tenant_is_seen(house: House) -> None:
    client = house.client("collector")
    assert (await client.get("/collector-work", params={"owner": "ann", "queue": "calls"})).status_code == 422
    assert (await client.get("/collector-work", params={"after": "soon"})).status_code == 422
    stranger = house.client("collector", tenant="hillside")
    assert await items(stranger) == []
    assert (await stranger.get(f"{AT}/story")).status_code == 404
    assert (await post(stranger, f"{AT}/assignment", owner="ann")).status_code == 404


def test_a_balance_is_shown_bill_by_bill_with_what_payers_still_decide() -> None:
    owed = bill("clm_1", on(0), 100_00, insurance_paid=50_00)
    book = Book(bills=(owed,), claims={"clm_2": AtPayer(on(1), 80_00, 80_00), "clm_3": AtPayer(on(1), 9_00, 0)})
    shown = shown_debts(book)
    assert [(one["bill_id"], one["charge_cents"], one["owed_cents"]) for one in shown["debts"]] == [
        ("clm_1", 150_00, 100_00)
    ]
    assert [(one["claim_id"], one["open_cents"]) for one in shown["insurance_pending"]] == [("clm_2", 80_00)]


async def test_a_list_is_paged_by_band_and_account_without_a_gap_or_a_repeat(house: House) -> None:
    accounts = house.spec.deciders[0]
    names = [f"acct_{letter}" for letter in "edcba"]
    for name in names:
        envelope = meta(f"complaint/{name}", 35, actor="ann")
        complaint: Any = {"kind": "service", "channel": "phone", "received_on": on(35), "sealed_words": "sealed:words"}
        taken = TakeComplaint(meta=envelope, account_id=name, complaint_id="cpl_1", **complaint)
        await house.machine.shell.transact_one(accounts, taken)
    client, after, seen = house.client("collector"), "", list[str]()
    while True:
        page = (await client.get("/collector-work", params={"limit": 2, **({"after": after} if after else {})})).json()
        seen += [item["account_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [*sorted(names), ACCOUNT]  # complaints are in band 2, the high balance in band 5
