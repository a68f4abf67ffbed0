"""What payments and collections tell each other of money: on its way, failed, and charged for being late."""

from shared.contracts import LateChargeRaised, PatientBalanceChanged
from tests.payments.card_house import Till
from tests.payments.kit import ACCOUNT, TODAY, meta


def interest(cents: int = 98_63) -> LateChargeRaised:
    return LateChargeRaised(
        meta=meta(f"late {cents}", subject="collection/acct_1", sequence=9),
        account_id="acct_1",
        charge_id="chg_1",
        kind="interest",
        charge_cents=cents,
        raised_on=TODAY,
        law="IL/interest/2026-01-01",
        sealed_guarantor="sealed:AAAA",
    )


def test_interest_is_a_charge_of_its_own_and_posted_once() -> None:
    decided = ACCOUNT.start(interest(), interest())
    balances = [event.balance_cents for event in decided.events if isinstance(event, PatientBalanceChanged)]
    assert balances == [98_63]
    assert decided.snapshot.state.receivables["chg_1"].patient_cents == 98_63


async def test_a_debit_on_its_way_and_its_return_are_told(till: Till) -> None:
    await till.pay("pm_bank_r01", method="ach")
    await till.deliver()
    assert till.cashier.world.counted()["PatientPaymentPending"] == 1
    await till.cashier.days(3)
    till.processor.tick(till.cashier.clock.now())
    await till.deliver(times=2)
    counted = till.cashier.world.counted()
    assert counted["PatientPaymentFailed"] == 1
    assert "PatientPaymentReceived" not in counted
