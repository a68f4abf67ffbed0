"""Payment requests and intents pay what they name: bills in their order, parts by hand, or the oldest by policy."""

from typing import Any

import pytest

from tests.payments.card_house import CHARGE, INTENT, Till


async def paid_by_link(till: Till, body: dict[str, Any]) -> dict[str, int]:
    """What is left of each bill after somebody paid the whole link."""
    cashier = till.cashier
    link = (await cashier.made("/payment-requests", {"account_id": "acct_1", **body}))["link"]
    headers = {"Idempotency-Key": "x", "Content-Type": "application/json"}
    answer = await cashier.raw("POST", link, b'{"method": "card"}', headers)
    assert answer.status_code == 202, answer.text
    await cashier.settle()
    secret = (await cashier.raw("GET", f"{link}/client-secret")).json()["client_secret"]
    [intent] = await cashier.get("/payment-intents")
    till.processor.confirm(intent["processor_id"], secret, "pm_card_ok", cashier.clock.now())
    await till.deliver()
    return await left_of(till)


async def left_of(till: Till) -> dict[str, int]:
    items = (await till.cashier.get("/accounts/acct_1"))["items"]
    return {name: int(item["patient_cents"]) for name, item in items.items()}


async def bills_of(till: Till) -> tuple[str, str, str]:
    """Three bills, the oldest first: 50, 25 and 10 dollars."""
    made = [
        await till.cashier.made("/charges", {**CHARGE, "charge_cents": cents, "service_date": day})
        for cents, day in ((2_500, "2026-06-21"), (1_000, "2026-06-22"))
    ]
    later = [str(one["charge_id"]) for one in made]
    [oldest] = (await left_of(till)).keys() - set(later)
    return oldest, later[0], later[1]


async def test_a_link_pays_the_bills_it_names_and_not_the_oldest(till: Till) -> None:
    oldest, middle, newest = await bills_of(till)
    left = await paid_by_link(till, {"items": [newest, middle]})
    assert left == {oldest: 5_000, middle: 0, newest: 0}
    await till.cashier.proof()


async def test_a_link_by_hand_asks_for_parts_and_pays_just_those(till: Till) -> None:
    oldest, middle, newest = await bills_of(till)
    parts = [{"item_id": middle, "cents": 900}, {"item_id": oldest, "cents": 100}]
    left = await paid_by_link(till, {"parts": parts})
    assert left == {oldest: 4_900, middle: 1_600, newest: 1_000}


async def test_a_link_may_pay_the_oldest_first_by_policy(till: Till) -> None:
    oldest, middle, newest = await bills_of(till)
    left = await paid_by_link(till, {"items": [middle, newest], "allocation": "oldest"})
    assert left == {oldest: 1_500, middle: 2_500, newest: 1_000}


async def test_what_was_paid_of_a_bill_meanwhile_is_not_asked_again(till: Till) -> None:
    _, middle, newest = await bills_of(till)
    cashier = till.cashier
    link = (await cashier.made("/payment-requests", {"account_id": "acct_1", "items": [middle, newest]}))["link"]
    money = {"account_id": "acct_1", "paid_cents": 2_000, "method": "cash", "claim_id": middle}
    await cashier.made("/payments", money)
    headers = {"Idempotency-Key": "x", "Content-Type": "application/json"}
    answer = await cashier.raw("POST", link, b'{"method": "card"}', headers)
    assert answer.json()["asked_cents"] == 1_500


@pytest.mark.parametrize("wrong", ["more than is owed", "twice", "both", "of nobody"])
async def test_a_request_that_makes_no_sense_is_refused(till: Till, wrong: str) -> None:
    oldest, middle, _ = await bills_of(till)
    bodies: dict[str, dict[str, Any]] = {
        "more than is owed": {"parts": [{"item_id": oldest, "cents": 5_001}]},
        "twice": {"parts": [{"item_id": oldest, "cents": 1}] * 2},
        "both": {"parts": [{"item_id": oldest, "cents": 1}], "items": [middle]},
        "of nobody": {"parts": [{"item_id": "chg_nobody", "cents": 1}]},
    }
    answer = await till.cashier.post("/payment-requests", {"account_id": "acct_1", **bodies[wrong]})
    assert answer.status_code in {409, 422}


async def test_a_card_payment_goes_where_a_person_said(till: Till) -> None:
    oldest, middle, newest = await bills_of(till)
    targets = [{"item_id": newest, "cents": 700}]
    await till.pay(asked_cents=1_000, allocation="hand", targets=targets)
    await till.deliver()
    assert await left_of(till) == {oldest: 4_700, middle: 2_500, newest: 300}
    refused = await till.cashier.post("/payment-intents", {**INTENT, "allocation": "hand"})
    assert refused.status_code == 422
