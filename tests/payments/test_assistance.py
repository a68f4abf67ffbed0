"""Financial assistance in the ledger: forgiven, refunded where it was paid, and taken back, by linked entries."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from services.payments.core.account_messages import AccountMessage
from services.payments.core.account_state import Account
from services.payments.core.ledger import prove
from shared.contracts import PatientBalanceChanged, WriteOffPosted
from tests.payments.kit import (
    ACCOUNT,
    decision,
    given,
    granted,
    paid,
    remitted,
    reversal_of,
    self_pay,
    submitted,
    ungranted,
    written_off,
)

OWES_40 = decision("rem_1", 6_000, {"PR-1": 4_000})
CLAIM: Sequence[AccountMessage] = (submitted(), remitted(OWES_40))


def after(*messages: AccountMessage) -> Account:
    return ACCOUNT.start(*messages).snapshot.state


def test_what_is_open_is_forgiven_and_said_as_charity() -> None:
    made = given(*CLAIM).when(granted(75))
    state = made.snapshot.state
    assert (state.patient_cents, state.owed_cents) == (1_000, 1_000)
    [posted] = [event for event in made.events if isinstance(event, WriteOffPosted)]
    assert (posted.reason, posted.written_off_cents, posted.write_off_id) == ("charity", 3_000, "fap_1")
    [changed] = [event for event in made.events if isinstance(event, PatientBalanceChanged)]
    assert changed.balance_cents == 1_000
    assert given(*CLAIM, granted(75)).when(granted(75)).facts == ()


def test_it_is_rounded_for_the_guarantor() -> None:
    state = after(
        submitted(charge_cents=101), remitted(decision("rem_1", 0, {"PR-1": 101}, charge_cents=101)), granted(50)
    )
    assert state.owed_cents == 50


def test_what_was_paid_of_it_is_the_guarantors_again() -> None:
    state = after(*CLAIM, paid("pay_1", 4_000), granted(75))
    assert (state.owed_cents, state.unapplied_cents, state.receivables["clm_a"].patient_paid_cents) == (
        -3_000,
        3_000,
        1_000,
    )


def test_bad_debt_becomes_charity_and_nothing_is_paid_out() -> None:
    state = after(*CLAIM, written_off("wo_1", 4_000), granted(75))
    assert {one.write_off_id: one.cents for one in state.receivables["clm_a"].given_up} == {
        "wo_1": 1_000,
        "fap_1": 3_000,
    }
    assert state.owed_cents == 0


def test_revoked_it_is_owed_again() -> None:
    made = given(*CLAIM, paid("pay_1", 4_000), granted(75)).when(ungranted())
    assert (made.snapshot.state.owed_cents, made.snapshot.state.unapplied_cents) == (0, 0)
    assert after(*CLAIM, granted(75), ungranted()).owed_cents == 4_000


def test_a_grant_that_comes_after_its_end_grants_nothing() -> None:
    assert after(*CLAIM, ungranted(sequence=3), granted(75, sequence=2)).owed_cents == 4_000


def test_care_outside_the_days_and_a_reversed_claim_get_nothing() -> None:
    assert after(self_pay("chg_1", 900, on=granted().covers_until.replace(year=2027)), granted()).owed_cents == 900
    state = after(*CLAIM, granted(75), remitted(reversal_of(OWES_40, "rem_2")))
    assert state.receivables["clm_a"].written_off_cents == 0


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_makes_no_difference(order: tuple[int, ...]) -> None:
    life = (*CLAIM, paid("pay_1", 4_000), granted(75))
    state = after(*(life[n] for n in order))
    assert state.receivables["clm_a"].written_off_cents == 3_000
    assert state.owed_cents == -3_000


def test_the_better_of_two_grants_counts_and_the_other_takes_over_when_it_ends() -> None:
    both = (*CLAIM, granted(50), granted(75, name="fap_2"))
    assert after(*both).owed_cents == 1_000
    decided = given(*both).when(ungranted("fap_2"))
    assert decided.snapshot.state.owed_cents == 2_000
    history = ACCOUNT.start(*both, ungranted("fap_2"))
    assert not prove(history.snapshot.state, history.facts)
