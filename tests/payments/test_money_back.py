"""Refunds, chargebacks and returned checks on the account: linked reversals, and never more than there is."""

from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from services.payments.core.account_facts import AnyAccountFact, ReversalRefused
from services.payments.core.account_messages import (
    AccountMessage,
    FreePrepayment,
    PostPatientPayment,
    RefundPayer,
    RestoreMoney,
    ReversePatientPayment,
)
from services.payments.core.ledger import prove
from shared.contracts import CreditBalanceFound
from tests.payments.kit import ACCOUNT, PROPERTY, decision, given, meta, paid, remitted, said, self_pay, submitted

Cause = Literal["refund", "chargeback", "returned_check", "ach_return", "void"]
OVERPAID = (submitted(), remitted(decision("rem_1", 9_000)), remitted(decision("rem_2", 4_000)))


def reverse(name: str, payment: str, cents: int, cause: Cause = "chargeback") -> ReversePatientPayment:
    return ReversePatientPayment(
        meta=meta(f"{name} {cents} {cause}"),
        account_id="acct_1",
        reversal_id=name,
        payment_id=payment,
        reversed_cents=cents,
        cause=cause,
    )


def restore(name: str) -> RestoreMoney:
    return RestoreMoney(meta=meta(f"restore {name}"), account_id="acct_1", reversal_id=name)


def refund_payer(name: str, cents: int, claim: str = "clm_a") -> RefundPayer:
    return RefundPayer(
        meta=meta(f"{name} {cents}"), account_id="acct_1", reversal_id=name, claim_id=claim, refunded_cents=cents
    )


def prepaid(payment: str, cents: int, visit: str = "PCN-clm_a") -> PostPatientPayment:
    made = paid(payment, cents)
    return made.model_copy(update={"reserved_for": visit})


def test_a_returned_check_opens_the_balance_it_had_paid() -> None:
    life: tuple[AccountMessage, ...] = (self_pay("chg_1", 5_000), paid("pay_1", 6_000))
    decided = given(*life).when(reverse("rev_1", "pay_1", 6_000, "returned_check"))
    state = decided.snapshot.state
    assert (state.owed_cents, state.received_cents, state.unapplied_cents) == (5_000, 0, 0)
    event: Any = said(decided)["PatientMoneyReversed"]
    assert (event.reversed_cents, event.cause) == (6_000, "returned_check")


def test_a_dispute_that_is_won_pays_the_balance_again() -> None:
    life = (self_pay("chg_1", 5_000), paid("pay_1", 5_000), reverse("rev_1", "pay_1", 5_000))
    decided = given(*life).when(restore("rev_1"), restore("rev_1"))
    assert decided.snapshot.state.owed_cents == 0
    assert [type(one).__name__ for one in decided.events].count("PatientMoneyRestored") == 1


def test_case_51_a_refund_twice_is_refused_and_so_is_one_above_the_credit() -> None:
    life = (self_pay("chg_1", 5_000), paid("pay_1", 6_000))
    once = reverse("ref_1", "pay_1", 1_000, "refund")
    decided = given(*life).when(once, once, reverse("ref_2", "pay_1", 1_000, "refund"))
    assert decided.snapshot.state.received_cents == 5_000
    [refused] = [fact for fact in decided.facts if isinstance(fact, ReversalRefused)]
    assert (refused.reversal_id, refused.asked_cents, refused.available_cents) == ("ref_2", 1_000, 0)


@pytest.mark.parametrize(("cents", "made"), [(3_000, True), (3_001, False)])
def test_a_payer_gets_back_its_credit_and_no_cent_more(cents: int, made: bool) -> None:
    state = given(*OVERPAID).when(refund_payer("ref_1", cents)).snapshot.state
    assert state.receivables["clm_a"].insurance_cents == (0 if made else -3_000)
    assert state.reversals["ref_1"].status == ("made" if made else "refused")


def test_a_voided_refund_is_a_credit_again() -> None:
    decided = given(*OVERPAID, refund_payer("ref_1", 3_000)).when(restore("ref_1"))
    assert decided.snapshot.state.receivables["clm_a"].insurance_cents == -3_000
    assert said(decided)["CreditBalanceFound"] == CreditBalanceFound(
        meta=said(decided)["CreditBalanceFound"].meta, account_id="acct_1", claim_id="clm_a", credit_cents=3_000
    )


def test_case_50_a_copay_at_the_visit_waits_for_its_claim_and_then_pays_it() -> None:
    old = self_pay("chg_old", 9_000, on=date(2026, 1, 1))
    before = given(old).when(prepaid("pay_1", 2_000))
    state = before.snapshot.state
    assert (state.owed_cents, state.unapplied_cents, state.waiting_cents) == (9_000, 2_000, 2_000)
    assert "CreditBalanceFound" not in said(before)
    claim = (submitted(), remitted(decision("rem_1", 8_000, {"PR-3": 2_000})))
    after = ACCOUNT.run(before.snapshot, claim).snapshot.state
    assert [share.payment_id for share in after.receivables["clm_a"].patient_payments] == ["pay_1"]
    assert (after.owed_cents, after.unapplied_cents) == (9_000, 0)


def test_what_is_left_of_a_copay_pays_the_oldest_balance() -> None:
    old = self_pay("chg_old", 9_000, on=date(2026, 1, 1))
    claim = (submitted(), remitted(decision("rem_1", 9_500, {"PR-3": 500})))
    state = given(old, prepaid("pay_1", 2_000)).when(*claim).snapshot.state
    assert (state.receivables["chg_old"].patient_cents, state.unapplied_cents) == (7_500, 0)


def test_a_visit_without_a_claim_frees_its_prepayment() -> None:
    free = FreePrepayment(meta=meta("free"), account_id="acct_1", payment_id="pay_1")
    state = given(self_pay("chg_1", 1_500), prepaid("pay_1", 2_000)).when(free).snapshot.state
    assert (state.owed_cents, state.unapplied_cents) == (-500, 500)


@st.composite
def lives(draw: st.DrawFn) -> list[AccountMessage]:
    life: list[AccountMessage] = [submitted(), self_pay("chg_1", draw(st.integers(1, 9_000)))]
    cas = {"PR-2": draw(st.integers(0, 6_000))}
    life += [remitted(decision(f"rem_{n}", draw(st.integers(0, 9_000)), cas if not n else {})) for n in range(2)]
    for n in range(draw(st.integers(1, 3))):
        money = draw(st.integers(1, 9_000))
        life.append(prepaid(f"pay_{n}", money) if draw(st.booleans()) else paid(f"pay_{n}", money))
    causes: tuple[Cause, ...] = ("refund", "chargeback", "returned_check")
    for n in range(draw(st.integers(1, 4))):
        payment = f"pay_{draw(st.integers(0, 2))}"
        life.append(reverse(f"rev_{n}", payment, draw(st.integers(1, 9_000)), draw(st.sampled_from(causes))))
        life.append(refund_payer(f"ref_{n}", draw(st.integers(1, 9_000))))
    restored = draw(st.sets(st.sampled_from(("rev_0", "rev_1", "ref_0", "ref_1")), max_size=2))
    again = draw(st.lists(st.sampled_from(life), max_size=4))
    return draw(st.permutations([*life, *again, *(restore(name) for name in sorted(restored))]))


@PROPERTY
@forall(lives())
def test_the_book_ties_out_whatever_goes_back_in_whatever_order(delivered: list[AccountMessage]) -> None:
    snapshot = ACCOUNT.start().snapshot
    facts: list[AnyAccountFact] = []
    for message in delivered:
        decided = ACCOUNT.run(snapshot, (message,))
        snapshot, facts = decided.snapshot, [*facts, *decided.facts]
        state = snapshot.state
        assert prove(state, facts) == ()
        assert state.received_cents >= 0
        assert state.unapplied_cents >= 0
        assert all(item.paid_cents >= 0 for item in state.receivables.values())
    assert not ACCOUNT.run(snapshot, delivered).changed or any(isinstance(one, RestoreMoney) for one in delivered)
    assert ACCOUNT.fold(facts) == snapshot.state
