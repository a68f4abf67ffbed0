"""What statements itemise: every bill adds up, and all of them add up to the balance that is told with them."""

from hypothesis import given

from services.payments.core.account_messages import AccountMessage
from services.payments.core.patient_bills import BILLS_MAX
from shared.contracts import ClaimRemitted, PatientBalanceChanged, PatientBill
from tests.payments.kit import ACCOUNT, PROPERTY, decision, paid, remitted, self_pay, submitted
from tests.payments.test_account_properties import deliveries


def adds_up(bill: PatientBill) -> bool:
    accounted_cents = bill.insurance_paid_cents + bill.adjusted_cents + bill.patient_paid_cents + bill.given_up_cents
    return bill.charge_cents == accounted_cents + bill.open_at_payer_cents + bill.owed_cents


@PROPERTY
@given(deliveries())
def test_the_bills_add_up_to_the_balance_that_is_told_with_them(delivered: list[AccountMessage]) -> None:
    for event in ACCOUNT.start(*delivered).events:
        if isinstance(event, PatientBalanceChanged):
            assert all(adds_up(bill) for bill in event.bills)
            assert sum(bill.owed_cents for bill in event.bills) - event.unapplied_cents == event.balance_cents


def test_a_decision_says_what_is_left_at_the_payer_and_the_balance_itemises_the_claim() -> None:
    made = decision("rem_1", 6_000, {"CO-45": 1_500, "PR-2": 2_000}, charge_cents=10_000)
    events = ACCOUNT.start(submitted("clm_a", 10_000), remitted(made, "clm_a"), self_pay("chg_1", 700)).events
    (told,) = [event for event in events if isinstance(event, ClaimRemitted)]
    charge, claim = [event for event in events if isinstance(event, PatientBalanceChanged)][-1].bills
    assert told.open_at_payer_cents == claim.open_at_payer_cents == 500
    assert (claim.insurance_paid_cents, claim.adjusted_cents, claim.owed_cents) == (6_000, 1_500, 2_000)
    assert (claim.kind, claim.lines[0].charge_cents) == ("claim", 10_000)
    assert (charge.kind, charge.owed_cents, charge.lines) == ("charge", 700, ())


def test_money_that_pays_no_bill_is_told_apart() -> None:
    events = ACCOUNT.start(self_pay("chg_1", 700), paid("pay_1", 1_000)).events
    balances = [one for one in events if isinstance(one, PatientBalanceChanged)]
    assert (balances[-1].balance_cents, balances[-1].unapplied_cents, balances[-1].bills) == (-300, 300, ())


def test_an_account_with_very_many_bills_is_told_as_a_sum() -> None:
    charges = [self_pay(f"chg_{n}", 100) for n in range(BILLS_MAX + 1)]
    balances = [one for one in ACCOUNT.start(*charges).events if isinstance(one, PatientBalanceChanged)]
    assert (len(balances[-2].bills), balances[-1].bills, balances[-1].balance_cents) == (BILLS_MAX, (), 30_100)
