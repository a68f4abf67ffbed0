"""Tills, receipts, refunds, returned checks, credits and payment requests, over HTTP on memory."""

import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.payments import refund_api
from services.payments.core.credit_case import case_id_of
from services.payments.policy.cash import load_overpayment_policy
from services.payments.settings import PaymentsSettings
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import submitted

CHARGE = {
    "account_id": "acct_1",
    "charge_cents": 5_000,
    "description_code": "99213",
    "service_date": "2026-06-20",
    "guarantor": {"name": "Zoë Canary"},
}
ASK = {"account_id": "acct_1", "party": "patient", "method": "check", "reason": "paid twice"}


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await made.made("/charges", CHARGE)
    return made


async def paid(cashier: Cashier, cents: int, method: str = "check", **more: Any) -> str:
    body = {"account_id": "acct_1", "paid_cents": cents, "method": method}
    return str((await cashier.made("/payments", body, **more))["payment_id"])


async def overpaid(cashier: Cashier) -> None:
    """Two payers paid 130 dollars for a claim that is worth 90."""
    sent = submitted()
    await cashier.world.hear(sent.model_copy(update={"meta": sent.meta.model_copy(update={"source": "claims"})}))
    for number, cents, why in ((1, 9_000, ("CO", "45")), (2, 4_000, ("OA", "23"))):
        one = answered("PCN-clm_a", cents, ((*why, 10_000 - cents),))
        await cashier.world.drop(era_file(check([one], trace=f"T{number}"), control=number), f"{number}.835")
    await cashier.settle()


async def test_a_shift_from_float_to_bank_with_its_shortage_apart(cashier: Cashier) -> None:
    await cashier.made("/tills/front/open", {"float_cents": 10_000})
    take = {"account_id": "acct_1", "paid_cents": 3_000, "method": "cash"}
    first = [await cashier.made("/tills/front/payments", take, key="same") for _ in range(2)]
    assert first[0] == first[1]
    check_ = {"account_id": "acct_1", "paid_cents": 1_500, "method": "check", "check_number": "991"}
    await cashier.made("/tills/front/payments", check_)
    assert (await cashier.post("/tills/front/payments", check_)).status_code == 409
    [open_] = await cashier.get("/tills")
    assert "expected" not in str(open_), "it is counted blind"
    count = {"counted_cash_cents": 12_950, "counted_check_cents": 1_500, "counted_checks": 1, "slip": "S-77"}
    closed = await cashier.made("/tills/front/close", count)
    assert closed["closings"][0]["over_short_cents"] == -50
    assert (await cashier.get("/accounts/acct_1"))["balance_cents"] == 500
    [bag] = await cashier.get("/bank/expected")
    assert (bag["kind"], bag["expected_cents"], bag["trace"]) == ("drawer", 4_450, "S-77")
    assert await cashier.proof() == {"in_transit": 4_450, "over_short": 50, "patient_money": -4_500}
    assert (await cashier.post("/tills/front/payments", take)).status_code == 409
    assert (await cashier.post("/tills/front/close", count | {"counted_cash_cents": 1})).status_code == 409


async def test_one_drawer_is_one_persons_at_a_time(cashier: Cashier) -> None:
    await cashier.made("/tills/front/open", {"float_cents": 0})
    assert (await cashier.post("/tills/front/open", {"float_cents": 0}, actor="bob")).status_code == 409


@pytest.mark.parametrize("wrong", [{"paid_cents": -1}, {"paid_cents": 0}, {"paid_cents": 1.5}, {"method": "check"}])
async def test_nonsense_at_the_till_moves_nothing(cashier: Cashier, wrong: dict[str, Any]) -> None:
    await cashier.made("/tills/front/open", {"float_cents": 0})
    body = {"account_id": "acct_1", "paid_cents": 3_000, "method": "cash"} | wrong
    assert (await cashier.post("/tills/front/payments", body)).status_code == 422
    assert await cashier.proof() == {}


async def test_a_receipt_says_what_was_paid_what_it_paid_and_what_remains(cashier: Cashier) -> None:
    payment = await paid(cashier, 4_000)
    answer = await cashier.fetched(f"/receipts/acct_1/{payment}")
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    for said in (
        "Zoë Canary",
        "$40.00",
        "check",
        "Charge of 06/20/2026",
        "Remaining balance of your account",
        "$10.00",
    ):
        assert said in text
    await cashier.made(f"/payments/{payment}/returned", {"account_id": "acct_1", "reason": "NSF"})
    text = PdfReader(io.BytesIO((await cashier.fetched(f"/receipts/acct_1/{payment}")).content)).pages[0].extract_text()
    assert "Check returned by the bank" in text
    assert "$50.00" in text
    audit = await cashier.world.store.notes("audit", "lakeside", None, 100)
    assert [one["action"] for one in audit].count("receipt.open") == 2


async def test_a_returned_check_costs_nothing_by_a_row_that_nobody_has_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient = make_cashier(tmp_path / "lenient").world.runtime.settings
    assert isinstance(lenient, PaymentsSettings)
    strict = make_cashier(tmp_path, lenient.model_copy(update={"env": "production"}))
    await strict.made("/charges", CHARGE)
    body = {"account_id": "acct_1", "reason": "NSF", "charge_fee": True, "state": "CA"}
    path = f"/payments/{await paid(strict, 4_000)}/returned"
    refused = await strict.post(path, body)
    assert (refused.status_code, "nobody has confirmed" in refused.text) == (422, True)
    confirmed = tmp_path / "returned_checks.toml"
    confirmed.write_text(refund_api.FEES.read_text().replace("confirmed = false", "confirmed = true"))
    monkeypatch.setattr(refund_api, "FEES", confirmed)
    assert (await strict.made(path, body))["fee_cents"] == 2_500


async def test_a_returned_check_costs_only_what_a_dated_row_allows(cashier: Cashier) -> None:
    payment = await paid(cashier, 4_000)
    body = {"account_id": "acct_1", "reason": "NSF", "charge_fee": True}
    assert (await cashier.post(f"/payments/{payment}/returned", body | {"state": "WY"})).status_code == 422
    made = await cashier.made(f"/payments/{payment}/returned", body | {"state": "CA"})
    assert (made["fee_cents"], made["balance_cents"]) == (2_500, 7_500)
    assert (await cashier.post(f"/payments/{payment}/returned", body | {"state": "CA"})).status_code == 409
    assert (await cashier.world.proof()).proved


async def test_case_51_a_refund_needs_a_second_person_above_the_limit_and_is_never_made_twice(cashier: Cashier) -> None:
    payment = await paid(cashier, 30_000)
    ask = ASK | {"payment_id": payment, "refunded_cents": 20_000}
    asked = await cashier.made("/refunds", ask)
    path, reason = f"/refunds/{asked['refund_id']}", {"reason": "looked at the account"}
    assert (asked["status"], asked["needs_second"]) == ("asked", True)
    assert (await cashier.post(f"{path}/approve", reason)).status_code == 409, "not by the one who asked"
    await cashier.made(f"{path}/approve", reason, actor="bob")
    assert (await cashier.get(path))["status"] == "issued"
    again = await cashier.made("/refunds", ask)
    await cashier.made(f"/refunds/{again['refund_id']}/approve", reason, actor="bob")
    refused = await cashier.get(f"/refunds/{again['refund_id']}")
    assert (refused["status"], "5000 that are available" in refused["failure"]) == ("refused", True)
    assert await cashier.proof() == {"bank": -20_000, "undeposited": 30_000, "patient_money": -10_000}
    await cashier.made(f"{path}/void", {"reason": "never cashed"})
    assert (await cashier.post(f"{path}/void", {"reason": "again"})).status_code == 409
    assert (await cashier.get(path))["status"] == "voided"
    assert (await cashier.get("/accounts/acct_1"))["unapplied_cents"] == 25_000
    assert await cashier.proof() == {"undeposited": 30_000, "patient_money": -30_000}


async def test_a_rejected_refund_leaves_everything(cashier: Cashier) -> None:
    payment = await paid(cashier, 30_000)
    asked = await cashier.made("/refunds", ASK | {"payment_id": payment, "refunded_cents": 20_000})
    await cashier.made(f"/refunds/{asked['refund_id']}/reject", {"reason": "no credit is due"}, actor="bob")
    late = await cashier.post(f"/refunds/{asked['refund_id']}/approve", {"reason": "after all"}, actor="cyd")
    assert (late.status_code, (await cashier.get("/accounts/acct_1"))["unapplied_cents"]) == (409, 25_000)


@pytest.mark.parametrize(
    "wrong",
    [{"party": "payer"}, {"refunded_cents": 0}, {"refunded_cents": -5}, {"method": "offset"}, {"claim_id": "x"}],
)
async def test_a_refund_to_the_wrong_party_or_of_nonsense_is_refused(cashier: Cashier, wrong: dict[str, Any]) -> None:
    body = ASK | {"payment_id": "pay_1", "refunded_cents": 100} | wrong
    assert (await cashier.post("/refunds", body)).status_code == 422


async def test_a_payers_credit_is_work_with_its_clock_until_the_refund_ends_it(cashier: Cashier) -> None:
    await overpaid(cashier)
    [credit] = await cashier.get("/credits?of=payer")
    assert (credit["credit_cents"], credit["federal"], credit["days_left"]) == (4_000, "no", None)
    path = f"/credits/{credit['case_id']}"
    await cashier.made(f"{path}/owner", {"owner": "ann"})
    identify = {"identified_on": "2026-07-01", "federal": "yes", "reason": "Medicare paid as primary"}
    assert (await cashier.made(f"{path}/identified", identify))["due_on"] == "2026-08-30"
    await cashier.made(f"{path}/investigation", {"step": "begin", "on": "2026-07-01", "reason": "other claims too"})
    assert (await cashier.get(path))["due_on"] == "2027-02-26", "at most 180 days more"
    await cashier.days(10)
    end = {"step": "conclude", "on": "2026-07-11", "reason": "only this one"}
    assert (await cashier.made(f"{path}/investigation", end))["due_on"] == "2026-09-09"
    await cashier.days(47)
    assert [one["case_id"] for one in await cashier.get("/credits?warned=near")] == [credit["case_id"]]
    ask = {"account_id": "acct_1", "party": "payer", "method": "check", "claim_id": "clm_a", "refunded_cents": 4_000}
    refund = await cashier.made("/refunds", ask | {"reason": "paid by both"})
    assert (await cashier.get(f"/refunds/{refund['refund_id']}"))["status"] == "issued"
    assert await cashier.get("/credits") == []
    assert (await cashier.get(path))["closed_on"] == "2026-08-27"
    assert (await cashier.world.proof()).payer_cash_cents == 9_000


async def test_what_a_state_may_claim_is_never_guessed(cashier: Cashier) -> None:
    await paid(cashier, 6_000)
    [listed] = await cashier.get("/credits/unclaimed?on=2031-01-01")
    assert (listed["cents"], listed["state"], listed["status"]) == (1_000, "unknown", "unknown")
    assert not listed["confirmed"]
    assert listed["id"] == case_id_of("acct_1", None)


def test_the_clock_is_the_one_of_its_day() -> None:
    from datetime import date

    policy = load_overpayment_policy()
    began = date(2024, 12, 1)
    assert policy.due_on(began, began, None) == date(2025, 1, 30), "before 2025 nothing is suspended"
    assert policy.on(began).identified_by == "diligence"
    assert policy.on(date(2025, 1, 1)).identified_by == "knowledge"


async def test_one_link_for_several_bills_expires_and_names_nobody(cashier: Cashier) -> None:
    await cashier.made("/charges", CHARGE | {"charge_cents": 2_500})
    made = [await cashier.made("/payment-requests", {"account_id": "acct_1"}, key="link") for _ in range(2)]
    assert made[0]["link"] == made[1]["link"]
    answer = await cashier.raw("GET", made[0]["link"])
    assert (answer.json()["total_cents"], len(answer.json()["bills"])) == (7_500, 2)
    assert "Canary" not in answer.text
    assert "acct" not in answer.text
    assert (await cashier.raw("GET", made[0]["link"][:-1] + "a")).status_code == 404
    assert (await cashier.raw("GET", made[0]["link"].replace("lakeside", "northgate"))).status_code == 404
    await cashier.days(31)
    assert (await cashier.raw("GET", made[0]["link"])).status_code == 404
    other = await cashier.post("/payment-requests", {"account_id": "acct_1", "items": ["chg_nobody"]})
    assert other.status_code == 409
