"""What persons say about an account: write-offs and their undoing, where money goes, a decision on the wrong claim."""

from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.payments.core.account_facts import (
    AnyAccountFact,
    LedgerFact,
    PatientPaymentApplied,
    PatientPaymentReleased,
)
from services.payments.core.account_messages import (
    AccountMessage,
    CloseCorrection,
    DecideWriteOff,
    MovePayment,
    PostPatientPayment,
    RequestWriteOff,
    RevertWriteOff,
    Shift,
    Target,
    UnpostRemittedClaim,
)
from services.payments.core.account_person import shifts_of
from services.payments.core.account_state import Account, Receivable
from services.payments.core.ledger import prove
from services.payments.core.person_facts import PersonWroteOff, WriteOffReverted
from services.payments.core.remitted import RemittedClaim
from shared.contracts import ClaimRemitted, InsuredCorrected, Message, PaymentReversed, WriteOffPosted
from shared.decider import Decided
from tests.payments.kit import (
    ACCOUNT,
    PROPERTY,
    decision,
    given,
    meta,
    paid,
    remitted,
    reversal_of,
    said,
    self_pay,
    submitted,
    written_off,
)

Said = TypeVar("Said", bound=Message)
PAID = decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})
DENIED = decision("rem_1", 0, {"CO-29": 10_000})


def by(actor: str, message: Said) -> Said:
    return message.model_copy(update={"meta": message.meta.model_copy(update={"actor": actor})})


def asked(
    cents: int, reason: str = "courtesy", side: Any = "patient", *, item: str = "clm_a", name: str = "wo_1"
) -> RequestWriteOff:
    made = RequestWriteOff(
        meta=meta(f"{name} {cents} {reason} {side} {item}"),
        account_id="acct_1",
        write_off_id=name,
        item_id=item,
        side=side,
        reason=reason,
        written_off_cents=cents,
        note="agreed with the client",
    )
    return by("ann", made)


def decided_by(actor: str, *, approved: bool = True, name: str = "wo_1") -> DecideWriteOff:
    made = DecideWriteOff(
        meta=meta(f"{name} {actor} {approved}"), account_id="acct_1", write_off_id=name, approved=approved, note="seen"
    )
    return by(actor, made)


def reverted(name: str = "wo_1", message: str = "") -> RevertWriteOff:
    return RevertWriteOff(
        meta=meta(f"revert {name} {message}"), account_id="acct_1", write_off_id=name, note="wrong invoice"
    )


def moved(cents: int, from_item: str, to_item: str, payment: str = "pay_1") -> MovePayment:
    return MovePayment(
        meta=meta(f"move {payment} {cents} {from_item} {to_item}"),
        account_id="acct_1",
        payment_id=payment,
        from_item_id=from_item,
        to_item_id=to_item,
        moved_cents=cents,
        reason="the patient meant the other visit",
    )


def unposted(content: RemittedClaim, *shifts: Shift, claim: str = "clm_a") -> UnpostRemittedClaim:
    return UnpostRemittedClaim(
        meta=meta(f"unpost {claim} {content.remittance_id} {content.position}"),
        account_id="acct_1",
        claim_id=claim,
        remitted=content,
        reason="it is the brother's claim",
        shifts=shifts,
    )


def item(state: Account, claim: str = "clm_a") -> Receivable:
    return state.receivables[claim]


def entries(decided: Decided[Account, AnyAccountFact]) -> list[tuple[str, str, int]]:
    return [(f.debit.value, f.credit.value, f.cents) for f in decided.facts if isinstance(f, LedgerFact)]


def test_one_person_writes_off_up_to_the_limit_of_the_reason() -> None:
    decided = given(submitted(), remitted(PAID)).when(asked(500))
    assert entries(decided) == [("bad_debt", "patient_receivable", 500)]
    [entry] = [fact for fact in decided.facts if isinstance(fact, PersonWroteOff)]
    assert (entry.requested_by, entry.reason, entry.note) == ("ann", "courtesy", "agreed with the client")
    assert decided.snapshot.state.owed_cents == 1_500
    event = said(decided)["WriteOffPosted"]
    assert isinstance(event, WriteOffPosted)
    assert (event.side, event.written_off_cents) == ("patient", 500)


def test_above_the_limit_another_person_approves_and_nobody_approves_their_own() -> None:
    charge = self_pay("chg_1", 50_000)
    waiting = given(charge).when(asked(20_000, item="chg_1"))
    assert entries(waiting) == []
    assert waiting.snapshot.state.asked_write_offs["wo_1"].status == "waiting"
    assert ACCOUNT.index(waiting.snapshot.state)["write_off_waits"] is True
    assert not ACCOUNT.run(waiting.snapshot, (decided_by("ann"),)).changed
    approved = ACCOUNT.run(waiting.snapshot, (decided_by("bob"),))
    assert entries(approved) == [("bad_debt", "patient_receivable", 20_000)]
    assert approved.snapshot.state.asked_write_offs["wo_1"][7:9] == ("posted", "bob")
    declined = ACCOUNT.run(waiting.snapshot, (decided_by("bob", approved=False), decided_by("cid")))
    assert declined.snapshot.state.asked_write_offs["wo_1"].status == "declined"
    assert entries(declined) == []


@pytest.mark.parametrize(
    ("wish", "because"),
    [
        (asked(2_001), "only 2000 cents"),
        (asked(1_000, "small_balance"), "more than the 999 cents"),
        (asked(100, "timely_filing"), "not for the patient's share"),
        (asked(100, "because"), "no such reason"),
        (asked(100, item="clm_z"), "no such claim or charge"),
        (asked(100, "administrative", "payer"), "only 0 cents of the payer's share"),
    ],
)
def test_a_write_off_that_breaks_a_rule_is_refused_with_the_rule(wish: RequestWriteOff, because: str) -> None:
    decided = given(submitted(), remitted(PAID)).when(wish)
    assert entries(decided) == []
    assert because in decided.snapshot.state.asked_write_offs["wo_1"].because


def test_case_52_a_write_off_of_the_wrong_invoice_is_undone_by_a_linked_reversal() -> None:
    decided = given(submitted(), remitted(DENIED), asked(4_000, "timely_filing", "payer")).when(reverted(), reverted())
    assert entries(decided) == [("insurance_receivable", "denial_write_off", 4_000)]
    assert [fact.write_off_id for fact in decided.facts if isinstance(fact, WriteOffReverted)] == ["wo_1"]
    one = item(decided.snapshot.state)
    assert (one.insurance_cents, one.denied_cents, one.given_up) == (10_000, 10_000, ())
    again = reverted(message="again")
    answered = ACCOUNT.run(decided.snapshot, (again,)).snapshot.state.answered
    assert "nothing of this write-off stands" in answered[str(again.meta.id)]


def test_a_write_off_of_collections_is_undone_by_a_person_on_every_claim_of_it() -> None:
    history = (self_pay("chg_1", 1_000), self_pay("chg_2", 2_000), written_off("wo_9", 2_500))
    decided = given(*history).when(reverted("wo_9"))
    assert decided.snapshot.state.owed_cents == 3_000
    assert sorted(cents for _, _, cents in entries(decided)) == [1_000, 1_500]


def test_money_the_payer_sends_after_all_is_not_given_back_twice() -> None:
    history = (submitted(), remitted(DENIED), asked(10_000, "timely_filing", "payer"), decided_by("bob"))
    late = decision("rem_2", 8_000, {"CO-45": 2_000}, position=2)
    state = given(*history, remitted(reversal_of(DENIED, "rem_2", 1)), remitted(late)).before.state
    assert (item(state).insurance_cents, item(state).denials_written_off_cents, item(state).given_up) == (0, 0, ())
    assert entries(given(*history, remitted(reversal_of(DENIED, "rem_2", 1)), remitted(late)).when(reverted())) == []


def test_a_person_moves_money_to_another_claim_and_the_entries_name_the_reason() -> None:
    history = (self_pay("chg_1", 1_000), self_pay("chg_2", 2_000), paid("pay_1", 1_000, "chg_1"))
    decided = given(*history).when(moved(600, "chg_1", "chg_2"))
    state = decided.snapshot.state
    assert (item(state, "chg_1").patient_cents, item(state, "chg_2").patient_cents) == (600, 1_400)
    reasons = {
        fact.reason for fact in decided.facts if isinstance(fact, PatientPaymentApplied | PatientPaymentReleased)
    }
    assert reasons == {"the patient meant the other visit"}
    assert not ACCOUNT.run(decided.snapshot, (moved(600, "chg_1", "chg_2"),)).changed


def test_money_a_person_keeps_unapplied_stays_so_until_it_is_moved_on() -> None:
    history = (self_pay("chg_1", 1_000), paid("pay_1", 1_000), moved(1_000, "chg_1", ""))
    state = given(*history, self_pay("chg_2", 500)).before.state
    assert (state.unapplied_cents, item(state, "chg_2").patient_cents, state.owed_cents) == (1_000, 500, 500)
    on = given(*history, self_pay("chg_2", 500), moved(500, "", "chg_2")).before.state
    assert (on.unapplied_cents, item(on, "chg_2").patient_cents) == (500, 0)


@pytest.mark.parametrize(
    ("wish", "because"),
    [
        (moved(1_001, "chg_1", "chg_2"), "only 1000 cents of this payment"),
        (moved(1_000, "chg_1", "chg_3"), "no such claim"),
        (moved(1_000, "chg_1", "chg_1"), "the same"),
        (moved(900, "chg_1", "chg_2"), "only 800 cents of that claim"),
        (moved(1, "chg_1", "chg_2", "pay_9"), "only 0 cents"),
    ],
)
def test_a_move_that_cannot_be_is_answered_with_the_reason(wish: MovePayment, because: str) -> None:
    history = (self_pay("chg_1", 1_000), self_pay("chg_2", 800), paid("pay_1", 1_000, "chg_1"))
    decided = given(*history).when(wish)
    assert entries(decided) == []
    assert because in decided.snapshot.state.answered[str(wish.meta.id)]


def test_a_payment_goes_where_a_statement_or_a_person_says_and_the_rest_to_the_oldest() -> None:
    charges = tuple(self_pay(f"chg_{n}", 1_000, on=date(2026, 6, n)) for n in (1, 2, 3))
    by_statement = paid("pay_1", 2_500).model_copy(update={"allocation": "statement", "items": ("chg_3", "chg_2")})
    state = given(*charges, by_statement).before.state
    assert [item(state, f"chg_{n}").patient_cents for n in (1, 2, 3)] == [500, 0, 0]
    targets = (Target(item_id="chg_2", line=1, cents=300), Target(item_id="chg_3", cents=5_000))
    by_hand = paid("pay_1", 1_500).model_copy(update={"allocation": "hand", "targets": targets})
    decided = given(*charges).when(by_hand)
    assert [item(decided.snapshot.state, f"chg_{n}").patient_cents for n in (1, 2, 3)] == [800, 700, 0]
    assert isinstance(by_hand, PostPatientPayment)
    assert [(f.item_id, f.line, f.cents) for f in decided.facts if isinstance(f, PatientPaymentApplied)] == [
        ("chg_2", 1, 300),
        ("chg_3", 0, 1_000),
        ("chg_1", 0, 200),
    ]


def test_a_corrected_insured_is_told_once_sealed_and_waits_for_a_person() -> None:
    named = PAID.model_copy(update={"sealed_corrected": "sealed:somebody"})
    decided = given(submitted()).when(remitted(named))
    event = said(decided)["InsuredCorrected"]
    assert isinstance(event, InsuredCorrected)
    assert (event.claim_id, event.sealed_corrected) == ("clm_a", "sealed:somebody")
    assert ACCOUNT.index(decided.snapshot.state)["corrected"] is True
    close = CloseCorrection(
        meta=meta("close"), account_id="acct_1", claim_id="clm_a", remittance_id="rem_1", position=1, note="rebilled"
    )
    assert ACCOUNT.index(ACCOUNT.run(decided.snapshot, (close,)).snapshot.state)["corrected"] is False


def test_a_decision_on_the_wrong_claim_is_taken_back_and_may_be_posted_again() -> None:
    before = given(submitted(), paid("pay_1", 500))
    posted = before.when(remitted(PAID))
    undone = ACCOUNT.run(posted.snapshot, (unposted(PAID),))
    assert {
        getattr(f, "reverses", None) for f in undone.facts if isinstance(f, LedgerFact) and hasattr(f, "place")
    } == {PAID.place}
    told = said(undone)
    assert isinstance(told["PaymentReversed"], PaymentReversed)
    assert isinstance(told["ClaimRemitted"], ClaimRemitted)
    assert (told["ClaimRemitted"].status, told["ClaimRemitted"].paid_cents) == ("22", -6_000)
    assert comparable(undone.snapshot.state) == comparable(before.before.state)
    again = ACCOUNT.run(undone.snapshot, (by("ann", remitted(PAID)),)).snapshot.state
    assert comparable(again) == comparable(posted.snapshot.state)


def test_a_second_payers_decision_is_taken_back_under_the_claim_that_it_answered() -> None:
    second = submitted("clm_b").model_copy(update={"follows_claim_id": "clm_a", "payer_id": "second"})
    content = decision("rem_2", 1_500, status="2", pcn="PCN-clm_b").model_copy(update={"payer_id": "second"})
    posted = given(submitted(), remitted(PAID), second).when(remitted(content, "clm_b"))
    told, back = said(posted)["ClaimRemitted"], said(ACCOUNT.run(posted.snapshot, (unposted(content, claim="clm_b"),)))
    undone = back["ClaimRemitted"]
    assert isinstance(told, ClaimRemitted)
    assert isinstance(undone, ClaimRemitted)
    assert (told.claim_id, undone.claim_id) == ("clm_b", "clm_b")
    assert (undone.patient_control_number, undone.charged_claim_id) == ("PCN-clm_b", "clm_a")


def test_what_the_payer_reversed_and_a_reversal_itself_are_not_taken_back() -> None:
    back = reversal_of(PAID, "rem_2")
    state = given(submitted(), remitted(PAID), remitted(back)).before
    for content, because in ((PAID, "the payer reversed"), (back, "a reversal stands")):
        wish = unposted(content)
        answered = ACCOUNT.run(state, (wish,))
        assert because in answered.snapshot.state.answered[str(wish.meta.id)]
        assert entries(answered) == []


def comparable(state: Account) -> tuple[Any, ...]:
    """Everything of the books: amounts, whose money lies where, write-offs. Not what persons were answered."""
    items = {
        name: replace(one, postings=tuple(sorted(one.postings, key=lambda p: p.place)), patient_payments=())
        for name, one in state.receivables.items()
    }
    money = {name: sorted(one.patient_payments) for name, one in state.receivables.items()}
    return items, money, state.credits, state.owed_cents, state.unapplied_cents, state.received_cents, state.held


AMOUNTS = st.integers(0, 40).map(lambda hundreds: hundreds * 100)
CODES: st.SearchStrategy[str] = st.sampled_from(("CO-45", "PR-1", "PR-2", "PR-96", "CO-29", "OA-23", "PR-9999"))


@st.composite
def decisions(draw: st.DrawFn, remittance: str, payer: str) -> RemittedClaim:
    cas = draw(st.dictionaries(CODES, AMOUNTS, max_size=3))
    made = decision(remittance, draw(AMOUNTS), cas, on_line=draw(st.booleans()), status=draw(st.sampled_from("123")))
    return made.model_copy(update={"payer_id": payer, "remark_codes": draw(st.sampled_from(((), ("N782",))))})


@st.composite
def histories(draw: st.DrawFn) -> list[AccountMessage]:
    """An account before the match: another claim and charge, perhaps a first payer, money, a write-off."""
    life: list[AccountMessage] = [submitted(), submitted("clm_b", on=date(2026, 5, 1)), self_pay("chg_1", 2_000)]
    if draw(st.booleans()):
        life.append(remitted(draw(decisions("rem_0", "acme"))))
    if draw(st.booleans()):
        life.append(remitted(draw(decisions("rem_b", "acme")), "clm_b"))
    life += [
        paid(f"pay_{n}", draw(AMOUNTS) + 100, draw(st.sampled_from((None, "clm_a", "clm_b"))))
        for n in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        life.append(written_off("wo_c", draw(AMOUNTS) + 100))
    return life


@PROPERTY
@for_all(histories(), decisions("rem_1", "second"))
def test_case_37_match_then_unmatch_restores_exactly(life: list[AccountMessage], content: RemittedClaim) -> None:
    before = ACCOUNT.start(*life)
    matched = ACCOUNT.run(before.snapshot, (remitted(content),))
    undone = ACCOUNT.run(matched.snapshot, (unposted(content, *shifts_of(matched.facts)),))
    state = undone.snapshot.state
    assert prove(state, (*before.facts, *matched.facts, *undone.facts)) == ()
    assert comparable(state) == comparable(before.snapshot.state)
    assert not ACCOUNT.run(undone.snapshot, (unposted(content),)).changed


@st.composite
def wishes(draw: st.DrawFn) -> list[AccountMessage]:
    """Whatever persons may ask for, sensible or not, among payers' decisions."""
    items = st.sampled_from(("clm_a", "clm_b", "chg_1", ""))
    one = st.one_of(
        st.builds(asked, st.integers(1, 3_000), st.sampled_from(("courtesy", "administrative", "charity")),
                  st.sampled_from(("patient", "payer")), item=items, name=st.sampled_from(("wo_1", "wo_2"))),
        st.builds(decided_by, st.sampled_from(("ann", "bob")), name=st.sampled_from(("wo_1", "wo_2"))),
        st.builds(reverted, st.sampled_from(("wo_1", "wo_2", "wo_c"))),
        st.builds(moved, st.integers(1, 2_000), items, items, st.sampled_from(("pay_0", "pay_1"))),
        decisions("rem_1", "second").map(remitted),
        decisions("rem_2", "acme").map(remitted),
    )  # fmt: skip
    return [*draw(histories()), *draw(st.lists(one, max_size=8))]


@PROPERTY
@for_all(wishes())
def test_whatever_persons_ask_the_book_is_proved_and_a_repeat_decides_nothing(life: list[AccountMessage]) -> None:
    snapshot, facts = ACCOUNT.start().snapshot, list[AnyAccountFact]()
    for message in life:
        decided = ACCOUNT.run(snapshot, (message,))
        snapshot, facts = decided.snapshot, [*facts, *decided.facts]
        assert prove(snapshot.state, facts) == ()
        assert snapshot.state.unapplied_cents >= 0
        for one in snapshot.state.receivables.values():
            assert sum(share.cents for share in one.given_up if share.side == "patient") == one.written_off_cents
            assert sum(share.cents for share in one.given_up if share.side == "payer") == one.denials_written_off_cents
    assert ACCOUNT.fold(facts) == snapshot.state
    assert not ACCOUNT.run(snapshot, life).changed
    dumped = ACCOUNT.state_codec.dump_python(snapshot.state, mode="json")
    assert ACCOUNT.state_codec.validate_python(dumped, strict=False) == snapshot.state
