"""What payments does for plans: it takes an installment once, says what became of it, and undoes a settlement."""

import pytest

from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.card_payment_messages import CreateIntent
from shared.contracts import (
    AccountWrittenOff,
    InstallmentChargeRequested,
    PatientBalanceChanged,
    PatientPaymentFailed,
    PatientPaymentReceived,
    SettlementUndone,
)
from tests.payments.card_house import Till
from tests.payments.kit import ACCOUNT, meta
from tests.payments.test_collections_news import interest


async def asked(till: Till, token: str, method: str = "card", attempt: int = 1) -> InstallmentChargeRequested:
    """Collections asks for an installment of 20.00, from a stored token."""
    world = till.cashier.world
    return InstallmentChargeRequested.model_validate(
        {
            "meta": till.cashier.meta(f"charge {token} {attempt}"),
            "account_id": "acct_1",
            "plan_id": "plan_1",
            "charge_id": f"apc_{attempt}",
            "number": 1,
            "attempt": attempt,
            "charge_cents": 2_000,
            "method": method,
            "authorization_id": "aut_1",
            "sealed_token": await world.runtime.sealer.seal("lakeside", "acct_1", token.encode()),
        }
    )


async def test_an_installment_is_taken_once_and_counts(till: Till) -> None:
    charge = await asked(till, "pm_card_ok")
    await till.cashier.world.hear(charge, charge)
    await till.cashier.settle()
    await till.cashier.world.hear(charge)
    await till.deliver(times=2, shuffle=3)
    received = [one for one in till.cashier.world.events() if isinstance(one, PatientPaymentReceived)]
    assert [(one.payment_id, one.paid_cents) for one in received] == [("pay_apc_1", 2_000)]
    assert await till.owed() == 3_000


@pytest.mark.parametrize(
    ("token", "code"),
    [("pm_card_insufficient", "insufficient_funds"), ("pm_card_stolen", "stolen_card"), ("pm_card_x", "card_declined")],
)
async def test_a_decline_says_its_own_code(till: Till, token: str, code: str) -> None:
    await till.cashier.world.hear(await asked(till, token))
    await till.cashier.settle()
    await till.deliver(times=2)
    failed = [one for one in till.cashier.world.events() if isinstance(one, PatientPaymentFailed)]
    assert {(one.payment_id, one.reason) for one in failed} == {("pay_apc_1", code)}
    assert await till.owed() == 5_000


async def test_a_token_that_cannot_be_opened_is_a_failure_that_says_so(till: Till) -> None:
    charge = (await asked(till, "pm_card_ok")).model_copy(update={"sealed_token": "nonsense"})
    await till.cashier.world.hear(charge)
    await till.cashier.settle()
    failed = [one for one in till.cashier.world.events() if isinstance(one, PatientPaymentFailed)]
    assert [one.reason for one in failed] == ["seal_broken"]


def test_the_same_charge_asks_the_processor_once() -> None:
    charge = InstallmentChargeRequested(
        meta=meta("charge", subject="collection/acct_1"),
        account_id="acct_1",
        plan_id="plan_1",
        charge_id="apc_1",
        number=1,
        attempt=1,
        charge_cents=2_000,
        method="ach",
        authorization_id="aut_1",
        sealed_token="sealed:pm_1",
    )
    decided = CARD_PAYMENT.start(charge, charge.model_copy(update={"meta": meta("charge again")}))
    (create,) = decided.effects
    assert isinstance(create, CreateIntent)
    assert (create.cents, create.sealed_token, decided.snapshot.state.payment_id) == (2_000, "sealed:pm_1", "pay_apc_1")


def test_a_settlement_that_is_undone_is_owed_again_once() -> None:
    given_up = AccountWrittenOff(
        meta=meta("settled", subject="collection/acct_1"),
        account_id="acct_1",
        write_off_id="wof_1",
        written_off_cents=40_00,
        reason="settlement",
    )
    undone = SettlementUndone(
        meta=meta("undone", subject="collection/acct_1"),
        account_id="acct_1",
        plan_id="plan_1",
        write_off_id="wof_1",
        restored_cents=40_00,
    )
    again = undone.model_copy(update={"meta": meta("undone again", subject="collection/acct_1")})
    decided = ACCOUNT.start(interest(), given_up, undone, again, given_up)
    balances = [event.balance_cents for event in decided.events if isinstance(event, PatientBalanceChanged)]
    assert balances == [98_63, 58_63, 98_63]
