"""Card and bank payments from intent to bank deposit, on the emulated processor: webhooks late, twice, out of order."""

from typing import Any

import pytest

from tests.payments.bank_files import ACCOUNT, ROUTING
from tests.payments.card_house import CHARGE, INTENT, Till


async def test_case_49_a_double_click_pays_once_and_replayed_webhooks_create_one_payment(till: Till) -> None:
    clicks = [await till.cashier.made("/payment-intents", INTENT, key="click") for _ in range(2)]
    assert len({one["intent_id"] for one in clicks}) == 1
    path = f"/payment-intents/{clicks[0]['intent_id']}"
    secret = (await till.cashier.get(f"{path}/client-secret"))["client_secret"]
    processor_id = (await till.cashier.get(path))["processor_id"]
    for _ in range(2):
        till.processor.confirm(processor_id, secret, "pm_card_ok", till.cashier.clock.now())
    await till.deliver(times=3, shuffle=7)
    assert till.cashier.world.counted()["PatientPaymentReceived"] == 1
    assert await till.owed() == 0
    assert await till.cashier.proof() == {"processor": 4_825, "processor_fees": 175, "patient_money": -5_000}


async def test_a_declined_card_moves_nothing_and_another_one_pays(till: Till) -> None:
    intent = await till.pay("pm_card_declined")
    await till.deliver()
    assert ((await till.shown(intent))["status"], (await till.shown(intent))["failure"]) == ("failed", "card_declined")
    secret = (await till.cashier.get(f"/payment-intents/{intent['intent_id']}/client-secret"))["client_secret"]
    till.processor.confirm(intent["processor_id"], secret, "pm_card_ok", till.cashier.clock.now())
    await till.deliver()
    assert ((await till.shown(intent))["status"], await till.owed()) == ("paid", 0)


async def test_a_bank_debit_is_money_only_when_it_arrived_and_may_still_come_back(till: Till) -> None:
    intent = await till.pay("pm_bank_late_r10", method="ach")
    await till.deliver()
    assert ((await till.shown(intent))["status"], await till.owed()) == ("pending", 5_000)
    for days, status, owed in ((3, "paid", 0), (3, "charged_back", 5_000)):
        await till.cashier.days(days)
        till.processor.tick(till.cashier.clock.now())
        await till.deliver(times=2)
        assert ((await till.shown(intent))["status"], await till.owed()) == (status, owed)
    assert (await till.shown(intent))["disputes"][0]["code"] == "R10"
    balances = await till.cashier.proof()
    assert balances.get("patient_money", 0) == 0


async def test_a_debit_returned_before_it_arrived_was_never_money(till: Till) -> None:
    intent = await till.pay("pm_bank_r01", method="ach")
    await till.cashier.days(3)
    till.processor.tick(till.cashier.clock.now())
    await till.deliver(shuffle=1)
    assert ((await till.shown(intent))["failure"], await till.owed()) == ("R01", 5_000)
    assert await till.cashier.proof() == {}


@pytest.mark.parametrize(("outcome", "owed"), [("won", 0), ("lost", 5_000)])
async def test_a_chargeback_is_won_or_lost(till: Till, outcome: Any, owed: int) -> None:
    intent = await till.pay()
    await till.deliver()
    dispute = till.processor.dispute(intent["processor_id"], 5_000, "10.4", till.cashier.clock.now())
    await till.deliver()
    assert ((await till.shown(intent))["status"], await till.owed()) == ("disputed", 5_000)
    till.processor.decide_dispute(dispute["id"], outcome, till.cashier.clock.now())
    await till.deliver(times=2)
    assert await till.owed() == owed
    await till.cashier.proof()


async def test_everything_at_once_and_backwards_comes_to_the_same(till: Till) -> None:
    intent = await till.pay()
    dispute = till.processor.dispute(intent["processor_id"], 2_000, "10.4", till.cashier.clock.now())
    till.processor.decide_dispute(dispute["id"], "lost", till.cashier.clock.now())
    await till.deliver(times=2, shuffle=3)
    assert ((await till.shown(intent))["status"], await till.owed()) == ("charged_back", 2_000)
    assert (await till.cashier.proof())["patient_money"] == -3_000


async def test_refunds_in_part_and_whole_go_back_to_the_card_and_never_above_what_is_free(till: Till) -> None:
    intent = await till.pay(asked_cents=8_000)
    await till.deliver()
    payment = f"pay_{intent['intent_id']}"
    refund = {
        "account_id": "acct_1",
        "party": "patient",
        "method": "card",
        "payment_id": payment,
        "reason": "paid twice",
    }
    first = await till.cashier.made("/refunds", {**refund, "refunded_cents": 1_000}, key="r1")
    again = await till.cashier.made("/refunds", {**refund, "refunded_cents": 1_000}, key="r1")
    assert first["refund_id"] == again["refund_id"]
    await till.cashier.made("/refunds", {**refund, "refunded_cents": 2_000})
    too_much = await till.cashier.made("/refunds", {**refund, "refunded_cents": 1})
    assert "0 that are available" in (await till.cashier.get(f"/refunds/{too_much['refund_id']}"))["failure"]
    await till.deliver(times=2)
    shown = await till.cashier.get(f"/refunds/{first['refund_id']}")
    assert (shown["status"], await till.owed()) == ("cleared", 0)
    assert till.cashier.world.counted()["RefundIssued"] == 2
    assert (await till.cashier.proof())["patient_money"] == -5_000


async def test_a_chargeback_after_a_refund_takes_what_is_there_and_the_rest_is_seen(till: Till) -> None:
    intent = await till.pay(asked_cents=6_000)
    await till.deliver()
    refund = {"account_id": "acct_1", "party": "patient", "method": "card", "reason": "paid too much"}
    await till.cashier.made("/refunds", {**refund, "payment_id": f"pay_{intent['intent_id']}", "refunded_cents": 1_000})
    till.processor.dispute(intent["processor_id"], 6_000, "10.4", till.cashier.clock.now())
    await till.deliver()
    assert await till.owed() == 5_000
    [odd] = await till.cashier.get("/payment-intents?odd=true")
    assert "less could be taken back" in odd["odd"][0]
    await till.cashier.proof()


async def test_a_payout_with_fees_meets_its_deposit_and_the_processor_owes_nothing(till: Till) -> None:
    await till.pay()
    await till.deliver()
    await till.cashier.days(2)
    assert till.processor.tick(till.cashier.clock.now()) == 1
    await till.deliver(times=2)
    account = {"name": "Operating", "routing_number": ROUTING, "account_number": ACCOUNT}
    account_id = (await till.cashier.made("/bank/accounts", account))["bank_account_id"]
    [payout] = await till.cashier.get("/payouts")
    deposit = {
        "bank_account_id": account_id,
        "deposited_cents": payout["payout_cents"],
        "deposited_on": till.cashier.clock.at.date().isoformat(),
        "trace": payout["trace"],
        "bank_reference": "B1",
    }
    await till.cashier.made("/bank/deposits", deposit)
    shown = await till.cashier.get(f"/payouts/{payout['payout_id']}")
    assert (shown["bank"], shown["fee_cents"], shown["lines"][0]["net_cents"]) == ("received", 175, 4_825)
    assert await till.cashier.proof() == {"bank": 4_825, "processor_fees": 175, "patient_money": -5_000}


async def test_whoever_holds_the_link_pays_several_bills_once(till: Till) -> None:
    cashier = till.cashier
    await cashier.made("/charges", CHARGE | {"charge_cents": 2_500})
    link = (await cashier.made("/payment-requests", {"account_id": "acct_1"}))["link"]
    for key in ("a", "a", "b"):
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await cashier.raw("POST", link, b'{"method": "card"}', headers)
        assert (answer.status_code, answer.json()["asked_cents"]) == (202, 7_500)
        await cashier.settle()
    secret = (await cashier.raw("GET", f"{link}/client-secret")).json()["client_secret"]
    [intent] = await cashier.get("/payment-intents")
    till.processor.confirm(intent["processor_id"], secret, "pm_card_ok", cashier.clock.now())
    await till.deliver(times=2)
    assert (await till.owed(), (await cashier.raw("GET", link)).json()["paid_cents"]) == (0, 7_500)
    await cashier.proof()


async def test_the_secret_of_the_browser_lies_sealed(till: Till) -> None:
    intent = await till.pay()
    secret = (await till.cashier.get(f"/payment-intents/{intent['intent_id']}/client-secret"))["client_secret"]
    everything = (
        b"".join(one.value for one in till.cashier.world.bus.records) + repr(vars(till.cashier.world.store)).encode()
    )
    assert intent["intent_id"].encode() in everything
    assert secret.encode() not in everything
