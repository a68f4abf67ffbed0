"""What must never reach the ledger: each is refused or parked with its reason, and both books stay as they were.

The rest of the list stands beside what it belongs to: a wrong signature in `test_webhooks`, a deposit of another bank
in `test_bank` and `test_bank_pickup`, other money and dates in `test_cases_remittance` and `test_bank`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.payments.card_house import CHARGE
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.eras import answered, check, era_file, withheld
from tests.payments.kit import submitted
from tests.payments.world import TENANT

SENT = submitted().model_copy(update={"meta": submitted().meta.model_copy(update={"source": "claims"})})
PAID = answered("PCN-clm_a", 6_000, (("CO", "45", 4_000),))
CHECK = {"account_id": "acct_1", "paid_cents": 3_000, "method": "check", "check_number": "0991"}


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await made.world.hear(SENT)
    await made.made("/charges", CHARGE)
    return made


async def books(cashier: Cashier, tenant: str = TENANT) -> tuple[Any, Mapping[str, Any]]:
    """What both books come to."""
    cash = await cashier.proof(tenant)
    return (await cashier.world.proof(tenant)).totals, cash


async def test_a_remittance_in_another_clients_folder_waits_there_and_posts_nowhere(cashier: Cashier) -> None:
    before = await books(cashier)
    await cashier.world.drop(era_file(check([PAID])), tenant="northgate")
    await cashier.settle()
    assert await books(cashier) == before
    [waiting] = await cashier.get("/unmatched", tenant="northgate")
    assert waiting["patient_control_number"] == "PCN-clm_a"
    assert (await cashier.world.proof("northgate")).totals.paid_cents == 0
    work = await cashier.get("/cash/work?kind=unmatched_claim", tenant="northgate")
    assert [(one["id"], one["cents"]) for one in work["items"]] == [("PCN-clm_a", 6_000)]


async def test_a_negative_payment_is_parked_with_its_reason(cashier: Cashier) -> None:
    before = await books(cashier)
    await cashier.world.drop(era_file(check([answered("PCN-clm_a", -500, (("CO", "45", 10_500),))])))
    [parked] = await cashier.get("/remittances?status=parked")
    assert "-500 cents paid, and no reversal" in parked["imbalance"]
    assert await books(cashier) == before


async def test_a_reversal_of_what_was_never_posted_is_held_and_seen(cashier: Cashier) -> None:
    before = await books(cashier)
    back = answered("PCN-clm_a", -6_000, (("CO", "45", -4_000),), charge_cents=-10_000, status="22")
    await cashier.world.drop(era_file(check([back])))
    await cashier.settle()
    assert [one["account_id"] for one in await cashier.get("/accounts?held=true")] == ["acct_1"]
    after = await books(cashier)
    assert after == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/payments", {**CHECK, "paid_cents": -3_000}),
        ("/payments", {**CHECK, "paid_cents": 0}),
        ("/payments", {**CHECK, "paid_cents": 10.5}),
        ("/payments", {**CHECK, "received_on": "2026-13-01"}),
        ("/payments", {**CHECK, "method": "bitcoin"}),
        ("/payment-requests", {"account_id": "acct_1", "valid_days": -1}),
        (
            "/refunds",
            {"account_id": "acct_1", "party": "patient", "method": "check", "refunded_cents": -1, "reason": "x" * 3},
        ),
    ],
)
async def test_nonsense_of_amount_date_or_method_is_refused(cashier: Cashier, path: str, body: dict[str, Any]) -> None:
    before = await books(cashier)
    assert (await cashier.post(path, body)).status_code == 422
    assert await books(cashier) == before


async def test_a_refund_above_what_was_paid_is_refused_with_what_there_is(cashier: Cashier) -> None:
    payment = (await cashier.made("/payments", {**CHECK, "paid_cents": 6_000}))["payment_id"]
    before = await books(cashier)
    ask = {"account_id": "acct_1", "party": "patient", "method": "check", "reason": "paid twice"}
    asked = await cashier.made("/refunds", {**ask, "payment_id": payment, "refunded_cents": 6_001})
    refused = await cashier.get(f"/refunds/{asked['refund_id']}")
    assert (refused["status"], "1000 that are available" in refused["failure"]) == ("refused", True)
    assert await books(cashier) == before


async def test_two_people_enter_the_same_check_of_a_guarantor_and_the_second_is_told(cashier: Cashier) -> None:
    first = await cashier.made("/payments", CHECK, key="a", actor="ann")
    again = await cashier.made("/payments", CHECK, key="a", actor="ann")
    assert again["payment_id"] == first["payment_id"]
    before = await books(cashier)
    for number in ("0991", " 991"):
        told = await cashier.post("/payments", {**CHECK, "check_number": number}, key=f"b{number}", actor="bob")
        assert (told.status_code, "ann has entered this check already" in told.text) == (409, True)
    assert await books(cashier) == before
    assert (await cashier.post("/payments", {**CHECK, "paid_cents": 2_000}, actor="bob")).status_code == 201


@pytest.mark.parametrize("told", [True, False])
async def test_interest_is_counted_once_whether_the_claims_tell_of_it_or_not(cashier: Cashier, *, told: bool) -> None:
    """AMT*I says which part of PLB L6 is a claim's: it is told, and moves nothing (005010X221A1, 1.10.2.11)."""
    claim = replace(PAID, interest_cents=70) if told else PAID
    await cashier.world.drop(era_file(check([claim], adjustments=[withheld(-70, "L6")])))
    await cashier.settle()
    proof = await cashier.world.proof()
    assert proof.proved
    assert (proof.totals.paid_cents, proof.provider_adjustments_cents, proof.payer_cash_cents) == (6_000, -70, 6_070)
    [provider] = await cashier.get("/providers")
    assert provider["balances"] == {"interest": -70, "payer_cash": 70}
    [expected] = await cashier.get("/bank/expected")
    assert expected["expected_cents"] == 6_070
    [remittance] = await cashier.get("/remittances")
    assert remittance["interest_cents"] == (70 if told else 0)


async def test_interest_that_only_a_claim_tells_of_is_no_money(cashier: Cashier) -> None:
    await cashier.world.drop(era_file(check([replace(PAID, interest_cents=70)])))
    await cashier.settle()
    proof = await cashier.world.proof()
    assert (proof.proved, proof.payer_cash_cents, proof.providers) == (True, 6_000, 0)
