"""The guarantor's ledger by example, in the field's words."""

from datetime import date

import pytest

from services.payments.core.account_facts import (
    ContractualAdjusted,
    DenialGivenUp,
    DenialWrittenOff,
    LedgerFact,
    PatientPaymentApplied,
    RemittedClaimHeld,
    RepeatDiffered,
)
from services.payments.core.account_messages import AccountMessage
from services.payments.core.account_state import Account, Receivable
from shared.contracts import (
    AdjustmentPosted,
    ClaimRemitted,
    CreditBalanceFound,
    PatientBalanceChanged,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    RemittancePlace,
)
from tests.payments.kit import (
    ACCOUNT,
    decision,
    denial_given_up,
    given,
    paid,
    remitted,
    reversal_of,
    said,
    self_pay,
    submitted,
    written_off,
)

PAID = decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})


def claim(state: Account, claim_id: str = "clm_a") -> Receivable:
    return state.receivables[claim_id]


def test_a_decision_posts_payment_write_down_and_patient_share() -> None:
    decided = given(submitted()).when(remitted(PAID))
    item = claim(decided.snapshot.state)
    assert (item.paid_cents, item.adjusted_cents, item.patient_cents, item.insurance_cents) == (6_000, 2_000, 2_000, 0)
    events = said(decided)
    assert isinstance(events["PaymentPosted"], PaymentPosted)
    assert events["PaymentPosted"].paid_cents == 6_000
    assert isinstance(events["AdjustmentPosted"], AdjustmentPosted)
    assert (events["AdjustmentPosted"].group, events["AdjustmentPosted"].amount_cents) == ("CO", 2_000)
    assert isinstance(events["PatientBalanceChanged"], PatientBalanceChanged)
    assert events["PatientBalanceChanged"].balance_cents == 2_000
    assert events["PatientBalanceChanged"].sealed_guarantor == "sealed:guarantor"
    assert [type(event).__name__ for event in decided.events] == [
        "ClaimRemitted",
        "PaymentPosted",
        "AdjustmentPosted",
        "PatientBalanceChanged",
    ]


def test_case_31_a_denial_is_not_written_off_and_not_billed_to_the_patient() -> None:
    decided = given(submitted()).when(remitted(decision("rem_1", 0, {"CO-197": 10_000})))
    item = claim(decided.snapshot.state)
    assert (item.insurance_cents, item.denied_cents) == (10_000, 10_000)
    assert (item.adjusted_cents, item.patient_cents) == (0, 0)
    event = said(decided)["ClaimRemitted"]
    assert isinstance(event, ClaimRemitted)
    assert event.denied_cents == 10_000
    assert not [fact for fact in decided.facts if isinstance(fact, LedgerFact)]


def test_case_32_a_zero_dollar_remittance_posts_and_moves_the_deductible() -> None:
    decided = given(submitted()).when(remitted(decision("rem_1", 0, {"CO-45": 4_000, "PR-1": 6_000})))
    item = claim(decided.snapshot.state)
    assert (item.paid_cents, item.adjusted_cents, item.patient_cents, item.insurance_cents) == (0, 4_000, 6_000, 0)
    assert "ClaimRemitted" in said(decided)
    assert "PaymentPosted" not in said(decided)


def test_case_35_adjustments_at_claim_level_and_at_line_level_post_alike() -> None:
    on_claim = decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000}, on_line=False)
    line, whole = (given(submitted()).when(remitted(one)) for one in (PAID, on_claim))
    assert [f.line for f in line.facts if isinstance(f, ContractualAdjusted)] == [1]
    assert [f.line for f in whole.facts if isinstance(f, ContractualAdjusted)] == [0]
    assert claim(line.snapshot.state).adjusted_cents == claim(whole.snapshot.state).adjusted_cents


def test_case_36_the_same_place_in_a_remittance_posts_once() -> None:
    history = (submitted(), remitted(PAID))
    assert not given(*history).when(remitted(PAID)).changed


def test_the_same_place_with_other_content_is_a_fact_once_and_the_first_one_stands() -> None:
    other = remitted(PAID.model_copy(update={"paid_cents": 5_000}))
    decided = given(submitted(), remitted(PAID)).when(other)
    assert [type(fact) for fact in decided.facts] == [RepeatDiffered]
    assert claim(decided.snapshot.state).paid_cents == 6_000
    assert not given(submitted(), remitted(PAID), other).when(other).changed


@pytest.mark.parametrize("frequency", ["1", "7", "8"])
def test_a_claim_that_goes_out_again_is_not_charged_again(frequency: str) -> None:
    decided = given(submitted()).when(submitted(sequence=2, frequency=frequency))
    assert claim(decided.snapshot.state).charge_cents == 10_000


def test_a_replacement_charges_the_difference_and_a_late_original_changes_nothing() -> None:
    replacement = submitted(charge_cents=12_500, sequence=4, frequency="7")
    for history in ((submitted(), replacement), (replacement, submitted())):
        item = claim(given(*history, submitted()).before.state)
        assert (item.charge_cents, item.insurance_cents) == (12_500, 12_500)


def test_a_decision_waits_for_its_charge() -> None:
    held = given().when(remitted(PAID))
    assert [fact.waits_for for fact in held.facts if isinstance(fact, RemittedClaimHeld)] == ["charge"]
    assert not held.events
    late, early = given(remitted(PAID)).when(submitted()), given(submitted()).when(remitted(PAID))
    assert late.snapshot.state == early.snapshot.state
    assert set(said(late)) == set(said(early))


def test_a_reversal_posts_the_opposite_of_its_original_and_links_to_it() -> None:
    decided = given(submitted(), remitted(PAID)).when(remitted(reversal_of(PAID, "rem_2")))
    item = claim(decided.snapshot.state)
    assert (item.insurance_cents, item.paid_cents, item.adjusted_cents, item.patient_cents) == (10_000, 0, 0, 0)
    assert {getattr(fact, "reverses", None) for fact in decided.facts if isinstance(fact, LedgerFact)} == {PAID.place}
    reversed_, told = said(decided)["PaymentReversed"], said(decided)["ClaimRemitted"]
    assert isinstance(reversed_, PaymentReversed)
    assert reversed_.reversed_cents == 6_000
    assert isinstance(told, ClaimRemitted)
    assert told.reverses == RemittancePlace(remittance_id=PAID.remittance_id, position=PAID.position)


def test_reversal_and_correction_come_to_the_same_in_every_order() -> None:
    reversal = remitted(reversal_of(PAID, "rem_2", 1))
    correction = remitted(decision("rem_2", 5_000, {"CO-45": 2_000, "PR-2": 3_000}, position=2))
    original, charge = remitted(PAID), submitted()
    orders = (
        (charge, original, reversal, correction),
        (charge, correction, reversal, original),
        (reversal, correction, original, charge),
        (correction, charge, original, reversal),
    )
    for order in orders:
        state = given(*order).before.state
        item = claim(state)
        assert (item.paid_cents, item.adjusted_cents, item.patient_cents, item.insurance_cents) == (
            5_000,
            2_000,
            3_000,
            0,
        )
        assert (state.held, state.balance_cents, item.coordinated_cents) == ((), 3_000, 0)


def test_a_reversal_of_what_was_never_posted_is_held_and_changes_nothing() -> None:
    other = decision("rem_0", 7_000, {"CO-45": 3_000})
    decided = given(submitted(), remitted(PAID)).when(remitted(reversal_of(other, "rem_2")))
    assert [type(fact) for fact in decided.facts] == [RemittedClaimHeld]
    assert claim(decided.snapshot.state).paid_cents == 6_000


def test_an_original_is_reversed_once() -> None:
    first, second = (remitted(reversal_of(PAID, name)) for name in ("rem_2", "rem_3"))
    state = given(submitted(), remitted(PAID), first, second).before.state
    assert claim(state).paid_cents == 0
    assert [one.remitted.remittance_id for one in state.held] == ["rem_3"]


def test_a_predetermination_never_posts() -> None:
    decided = given(submitted()).when(remitted(decision("rem_1", 6_000, {"PR-2": 4_000}, status="25")))
    item = claim(decided.snapshot.state)
    assert (item.insurance_cents, item.patient_cents, decided.events) == (10_000, 0, ())


def test_an_unknown_code_stays_outstanding_and_visible() -> None:
    for cas in ({"CO-9999": 10_000}, {"PR-9999": 10_000}, {"CR-45": 10_000}):
        item = claim(given(submitted(), remitted(decision("rem_1", 0, cas))).before.state)
        assert (item.insurance_cents, item.denied_cents, item.patient_cents) == (10_000, 10_000, 0)


def test_timely_filing_and_protected_cost_sharing_never_reach_the_patient() -> None:
    for code in ("PR-29", "PR-303", "PR-45", "PR-27"):
        state = given(submitted(), remitted(decision("rem_1", 0, {code: 10_000}))).before.state
        assert (state.owed_cents, claim(state).denied_cents) == (0, 10_000)


def test_sequestration_is_written_down() -> None:
    item = claim(given(submitted(), remitted(decision("rem_1", 9_800, {"CO-253": 200}))).before.state)
    assert (item.adjusted_cents, item.insurance_cents) == (200, 0)


def test_a_second_payers_decision_replaces_the_patient_share_of_the_first() -> None:
    first = remitted(PAID)
    second = remitted(
        decision("rem_9", 1_500, {"OA-23": 8_000, "PR-3": 500}, status="2", control_number="ICN-9").model_copy(
            update={"payer_id": "second"}
        )
    )
    for order in ((first, second), (second, first)):
        item = claim(given(submitted(), *order).before.state)
        assert (item.paid_cents, item.patient_cents, item.insurance_cents, item.coordinated_cents) == (
            7_500,
            500,
            0,
            2_000,
        )


def test_the_patient_pays_before_the_balance_exists() -> None:
    early = given(submitted()).when(paid("pay_1", 2_500))
    received = said(early)["PatientPaymentReceived"]
    assert isinstance(received, PatientPaymentReceived)
    assert (received.applied_cents, received.unapplied_cents) == (0, 2_500)
    credit = said(early)["CreditBalanceFound"]
    assert isinstance(credit, CreditBalanceFound)
    assert (credit.claim_id, credit.credit_cents) == (None, 2_500)
    later = given(submitted(), paid("pay_1", 2_500)).when(remitted(PAID))
    item = claim(later.snapshot.state)
    assert (item.patient_paid_cents, item.patient_cents, later.snapshot.state.unapplied_cents) == (2_000, 0, 500)
    balance = said(later)["PatientBalanceChanged"]
    assert isinstance(balance, PatientBalanceChanged)
    assert balance.balance_cents == -500


def test_a_payment_goes_to_the_oldest_balance_and_the_rest_stays_unapplied() -> None:
    old, new = self_pay("chg_old", 3_000, on=date(2026, 5, 1)), self_pay("chg_new", 3_000, on=date(2026, 6, 1))
    decided = given(new, old).when(paid("pay_1", 4_000), paid("pay_2", 2_500))
    applied = [(f.payment_id, f.item_id, f.cents) for f in decided.facts if isinstance(f, PatientPaymentApplied)]
    assert applied == [("pay_1", "chg_old", 3_000), ("pay_1", "chg_new", 1_000), ("pay_2", "chg_new", 2_000)]
    assert decided.snapshot.state.credits == (("pay_2", 500),)


def test_a_payment_for_a_named_charge_goes_there_first() -> None:
    old, new = self_pay("chg_old", 3_000, on=date(2026, 5, 1)), self_pay("chg_new", 3_000, on=date(2026, 6, 1))
    decided = given(old, new).when(paid("pay_1", 4_000, "chg_new"))
    assert [f.item_id for f in decided.facts if isinstance(f, PatientPaymentApplied)] == ["chg_new", "chg_old"]


def test_case_49_a_payment_sent_twice_pays_once() -> None:
    history = (self_pay("chg_1", 3_000), paid("pay_1", 1_000))
    assert not given(*history).when(paid("pay_1", 1_000, message="the click again")).changed
    differing = given(*history).when(paid("pay_1", 1_100))
    assert [type(fact) for fact in differing.facts] == [RepeatDiffered]
    assert differing.snapshot.state.received_cents == 1_000


def test_case_48_what_waits_for_the_payer_is_not_the_patients() -> None:
    decided = given().when(submitted())
    assert decided.snapshot.state.owed_cents == 0
    assert not decided.events


def test_a_write_off_takes_only_what_is_still_open() -> None:
    decided = given(self_pay("chg_1", 3_000), paid("pay_1", 1_000)).when(written_off("wo_1", 3_000))
    item = claim(decided.snapshot.state, "chg_1")
    assert (item.written_off_cents, item.patient_cents) == (2_000, 0)
    assert not given(self_pay("chg_1", 3_000), written_off("wo_1", 3_000)).when(written_off("wo_1", 3_000)).changed


DENIED = decision("rem_1", 0, {"CO-29": 10_000})


def test_a_denial_given_up_by_two_people_leaves_the_payers_receivable_once() -> None:
    decided = given(submitted(), remitted(DENIED)).when(denial_given_up("wo_1", 10_000))
    item = claim(decided.snapshot.state)
    assert (item.denials_written_off_cents, item.insurance_cents, item.denied_cents) == (10_000, 0, 0)
    entry = next(fact for fact in decided.facts if isinstance(fact, DenialWrittenOff))
    assert (entry.requested_by, entry.approved_by, entry.category) == ("ann", "bob", "timely_filing")
    again = given(submitted(), remitted(DENIED), denial_given_up("wo_1", 10_000)).when(denial_given_up("wo_1", 10_000))
    assert not again.changed


def test_only_what_is_still_denied_and_open_is_given_up() -> None:
    half = decision("rem_1", 6_000, {"CO-29": 4_000})
    item = claim(given(submitted(), remitted(half), denial_given_up("wo_1", 10_000)).before.state)
    assert (item.paid_cents, item.denials_written_off_cents, item.insurance_cents) == (6_000, 4_000, 0)
    paid_up = given(submitted(), remitted(PAID)).when(denial_given_up("wo_1", 10_000))
    assert [type(fact) for fact in paid_up.facts] == [DenialGivenUp]
    assert not given().when(denial_given_up("wo_1", 10_000)).snapshot.state.receivables


@pytest.mark.parametrize(
    "after",
    [
        (remitted(decision("rem_2", 8_000, {"PR-2": 2_000}, control_number="ICN-2")),),
        (remitted(reversal_of(DENIED, "rem_2")), remitted(decision("rem_2", 8_000, {"PR-2": 2_000}, position=2))),
    ],
)
def test_a_payer_that_pays_after_all_takes_the_write_off_back(after: tuple[AccountMessage, ...]) -> None:
    item = claim(given(submitted(), remitted(DENIED), denial_given_up("wo_1", 10_000), *after).before.state)
    assert (item.paid_cents, item.patient_cents, item.insurance_cents) == (8_000, 2_000, 0)
    assert item.denials_written_off_cents == 0


def test_money_for_a_share_that_fell_away_is_unapplied_again() -> None:
    history = (submitted(), remitted(PAID), paid("pay_1", 1_500), written_off("wo_1", 500))
    decided = given(*history).when(remitted(reversal_of(PAID, "rem_2")))
    state = decided.snapshot.state
    item = claim(state)
    assert (item.patient_paid_cents, item.written_off_cents, item.patient_cents) == (0, 0, 0)
    assert (state.unapplied_cents, state.credits, state.owed_cents) == (1_500, (("pay_1", 1_500),), -1_500)


def test_a_payer_that_pays_too_much_leaves_a_credit_on_the_claim() -> None:
    twice = remitted(PAID.model_copy(update={"remittance_id": "rem_2", "payer_claim_control_number": "ICN-2"}))
    decided = given(submitted(), remitted(PAID)).when(twice)
    credit = said(decided)["CreditBalanceFound"]
    assert isinstance(credit, CreditBalanceFound)
    assert (credit.claim_id, credit.credit_cents) == ("clm_a", 6_000)


def test_a_large_account_stays_small() -> None:
    messages = [
        message
        for n in range(500)
        for message in (
            submitted(f"clm_{n:026d}"),
            remitted(
                decision(f"rem_{n:026d}", 4_000, {"CO-45": 2_000, "CO-253": 100, "PR-1": 1_900, "PR-2": 2_000}),
                f"clm_{n:026d}",
            ),
            paid(f"pay_{n:032d}", 3_900),
        )
    ]
    state = ACCOUNT.start(*messages).snapshot.state
    assert len(ACCOUNT.state_codec.dump_json(state)) < 600_000
    assert (
        ACCOUNT.state_codec.validate_python(ACCOUNT.state_codec.dump_python(state, mode="json"), strict=False) == state
    )
