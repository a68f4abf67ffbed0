"""Payments entered by hand: in the cash book at once, on the account whatever dies, at the bank by their slip."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.cash import cash_balances
from services.payments.core.entered_payment import (
    ENTERED_PAYMENT,
    EnteredPaymentAwaited,
    EnterPayment,
    ReturnBooked,
    ReturnCheck,
)
from services.payments.core.patient_money import PatientMoney
from tests.payments.bank_files import ACCOUNT, ROUTING, Line, bai2
from tests.payments.card_house import CHARGE
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import PROPERTY, TODAY, meta

CHECK = {"account_id": "acct_1", "paid_cents": 3_000, "method": "check", "deposit_slip": "SLIP-7"}
MONEY = PatientMoney(payment_id="pay_1", method="check", paid_cents=2_000, received_on=TODAY)
ENTER = EnterPayment(meta=meta("enter"), account_id="acct_1", money=MONEY, slip="S1")


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await made.made("/charges", CHARGE)
    return made


async def test_checks_of_one_slip_meet_their_deposit_and_a_returned_one_is_off_the_bank(cashier: Cashier) -> None:
    first = await cashier.made("/payments", CHECK, key="a")
    assert (await cashier.made("/payments", CHECK, key="a"))["payment_id"] == first["payment_id"]
    await cashier.made("/payments", {**CHECK, "paid_cents": 1_500})
    assert await cashier.proof() == {"patient_money": -4_500, "undeposited": 4_500}
    account = {"name": "Operating", "routing_number": ROUTING, "account_number": ACCOUNT}
    await cashier.made("/bank/accounts", account)
    await cashier.days(1)
    await cashier.post("/bank/files?form=bai2", content=bai2(Line(4_500, 301, "D1", "SLIP-7")))
    assert await cashier.proof() == {"bank": 4_500, "patient_money": -4_500}
    returned = {"account_id": "acct_1", "reason": "NSF"}
    await cashier.made(f"/payments/{first['payment_id']}/returned", returned, key="r")
    await cashier.made(f"/payments/{first['payment_id']}/returned", returned, key="r")
    assert await cashier.proof() == {"bank": 1_500, "patient_money": -1_500}


async def test_a_check_over_the_till_that_comes_back_is_off_the_bank_too(cashier: Cashier) -> None:
    await cashier.made("/tills/front/open", {"float_cents": 0})
    take = {"account_id": "acct_1", "paid_cents": 3_000, "method": "check", "check_number": "991"}
    taken = await cashier.made("/tills/front/payments", take)
    await cashier.made(f"/payments/{taken['payment_id']}/returned", {"account_id": "acct_1", "reason": "NSF"})
    assert (await cashier.get("/accounts/acct_1"))["balance_cents"] == 5_000
    assert await cashier.proof() == {"bank": -3_000, "drawer": 3_000}


async def test_whoever_dies_between_cash_book_and_account_the_account_gets_it(cashier: Cashier) -> None:
    await cashier.world.runtime.shell.transact(ENTERED_PAYMENT, (ENTER,))
    await cashier.settle()
    assert (await cashier.get("/accounts/acct_1"))["balance_cents"] == 3_000
    assert await cashier.proof() == {"patient_money": -2_000, "undeposited": 2_000}


async def test_line_by_line_again_is_no_other_payment(cashier: Cashier) -> None:
    body = {"account_id": "acct_1", "paid_cents": 1_000, "method": "cash", "allocation": "line"}
    for _ in range(2):
        await cashier.made("/payments", body, key="line")
    [(_, state)] = await cashier.world.store.find(ENTERED_PAYMENT, "lakeside", {}, None, 10)
    assert state.conflicts == ()
    assert (await cashier.get("/accounts/acct_1"))["balance_cents"] == 4_000


def test_said_twice_it_is_one_and_said_otherwise_the_first_stands() -> None:
    once = ENTERED_PAYMENT.start(ENTER)
    asked = [type(pending.effect).__name__ for pending in once.snapshot.effects.values()]
    assert asked == ["PostEnteredPayment", "AwaitEnteredPayment"]
    assert ENTERED_PAYMENT.run(once.snapshot, [ENTER]).facts == ()
    other = ENTER.model_copy(update={"meta": meta("other"), "money": MONEY.model_copy(update={"paid_cents": 1})})
    differs = ENTERED_PAYMENT.run(once.snapshot, [other])
    assert [fact.type for fact in differs.facts] == ["entered.repeat-differed.v1"]
    assert ENTERED_PAYMENT.run(differs.snapshot, [other]).facts == ()


@pytest.mark.parametrize("gave", [0, 1_200])
def test_a_returned_check_is_what_the_account_gave_back(gave: int) -> None:
    asked = ReturnCheck(
        meta=meta("back"), payment_id="pay_1", account_id="acct_1", reversal_id="ret_1", returned_cents=2_000
    )
    before = ENTERED_PAYMENT.start(ENTER, asked).snapshot
    [effect_id] = [name for name, one in before.effects.items() if type(one.effect).__name__ == "BookReturn"]
    told = meta("told").model_copy(update={"causation": effect_id})
    answer = ReturnBooked(meta=told, payment_id="pay_1", reversal_id="ret_1", reversed_cents=gave)
    after = ENTERED_PAYMENT.run(before, [answer, answer]).snapshot
    assert sum(one.cents for one in after.state.returns) == gave
    assert ENTERED_PAYMENT.run(after, [asked]).facts == ()


def returned(reversal: str) -> ReturnCheck:
    return ReturnCheck(
        meta=meta(reversal), payment_id="pay_1", account_id="acct_1", reversal_id=reversal, returned_cents=2_000
    )


SAID = (
    ENTER,
    ENTER.model_copy(update={"meta": meta("typed otherwise"), "slip": "S2"}),
    ENTER.model_copy(update={"meta": meta("another"), "money": MONEY.model_copy(update={"paid_cents": 1})}),
    returned("ret_1"),
    returned("ret_2"),
)


@PROPERTY
@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=6))
def test_batches_make_no_difference_and_a_repeat_decides_nothing(said: list[EnterPayment | ReturnCheck]) -> None:
    whole = ENTERED_PAYMENT.start(*said)
    snapshot, facts = ENTERED_PAYMENT.start(said[0]).snapshot, list(ENTERED_PAYMENT.start(said[0]).facts)
    for one in said[1:]:
        decided = ENTERED_PAYMENT.run(snapshot, [one])
        snapshot, facts = decided.snapshot, [*facts, *decided.facts]
    assert (snapshot.state, facts) == (whole.snapshot.state, list(whole.facts))
    assert ENTERED_PAYMENT.fold(facts) == snapshot.state
    assert sum(cash_balances(facts).values()) == 0
    again = ENTERED_PAYMENT.run(snapshot, said)
    assert (again.facts, again.snapshot.effects) == ((), snapshot.effects)


def test_being_awaited_says_nothing_new() -> None:
    before = ENTERED_PAYMENT.start(ENTER).snapshot
    awaited = next(name for name, one in before.effects.items() if type(one.effect).__name__ == "AwaitEnteredPayment")
    told = meta("awaited").model_copy(update={"causation": awaited})
    assert ENTERED_PAYMENT.run(before, [EnteredPaymentAwaited(meta=told, payment_id="pay_1")]).facts == ()


@pytest.mark.parametrize("wrong", [{"deposit_slip": "x" * 51}, {"paid_cents": -1}, {"received_on": "2026-02-30"}])
async def test_nonsense_is_in_neither_book(cashier: Cashier, wrong: dict[str, Any]) -> None:
    assert (await cashier.post("/payments", {**CHECK, **wrong})).status_code == 422
    assert await cashier.proof() == {}
