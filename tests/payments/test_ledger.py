"""The proof finds what was tampered with: ten planted corruptions, and none in a sound book."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.payments.core.account_facts import AnyAccountFact, LedgerFact, PayerPaymentPosted
from services.payments.core.account_state import Account, Share
from services.payments.core.ledger import prove, recompute, totals_of, trial_balance
from tests.payments.kit import ACCOUNT, decision, paid, remitted, self_pay, submitted, written_off

LIFE = ACCOUNT.start(
    submitted(),
    remitted(decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})),
    self_pay("chg_1", 3_000),
    paid("pay_1", 1_500),
    written_off("wo_1", 500),
    paid("pay_2", 9_000),
)
STATE, FACTS = LIFE.snapshot.state, LIFE.facts


def item(**changes: Any) -> Callable[[Account], Account]:
    def corrupt(state: Account) -> Account:
        changed = replace(state.receivables["clm_a"], **changes)
        return replace(state, receivables={**state.receivables, "clm_a": changed})

    return corrupt


def without(kind: type[LedgerFact]) -> tuple[AnyAccountFact, ...]:
    return tuple(fact for fact in FACTS if not isinstance(fact, kind))


def inflated() -> tuple[AnyAccountFact, ...]:
    return tuple(
        fact.model_copy(update={"cents": fact.cents + 1}) if isinstance(fact, PayerPaymentPosted) else fact
        for fact in FACTS
    )


CORRUPTIONS: dict[str, tuple[Callable[[Account], Account], tuple[AnyAccountFact, ...]]] = {
    "a cent more paid": (item(paid_cents=6_001), FACTS),
    "an adjustment moved to the patient": (item(adjusted_cents=1_900, patient_cents=100), FACTS),
    "a charge lowered with its receivable": (item(charge_cents=9_999, insurance_cents=-1), FACTS),
    "a write-off without an entry": (item(written_off_cents=600), FACTS),
    "a denial given up without an entry": (item(denials_written_off_cents=600), FACTS),
    "a payment that belongs to nobody": (item(patient_payments=(Share("pay_9", 2_000),)), FACTS),
    "unapplied money that vanished": (lambda s: replace(s, credits=(), unapplied_cents=0), FACTS),
    "another balance announced": (lambda s: replace(s, balance_cents=s.balance_cents + 1), FACTS),
    "a claim that vanished": (lambda s: replace(s, receivables={"chg_1": s.receivables["chg_1"]}), FACTS),
    "an entry missing from the journal": (lambda s: s, without(PayerPaymentPosted)),
    "an entry changed in the journal": (lambda s: s, inflated()),
}


def test_a_sound_book_is_proved() -> None:
    assert prove(STATE, FACTS) == ()
    assert totals_of(STATE).ties_out
    assert sum(trial_balance(recompute(FACTS)).values()) == 0


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_planted_corruption_is_found(name: str) -> None:
    corrupt, facts = CORRUPTIONS[name]
    assert prove(corrupt(STATE), facts)
