"""What must hold for claims beside their contracts and for the work on them, however often and in whatever order."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.payments.core.claim_review import CLAIM_REVIEW, LookAgain, decided_of
from services.payments.core.contract_bill import Service
from services.payments.core.remitted import Position
from services.payments.core.underpaid import Case, case_key
from services.payments.core.underpayment import WORKED_ON, make_underpayment
from services.payments.core.underpayment_messages import (
    AcceptUnderpayment,
    AskUnderpaymentWriteOff,
    DecideUnderpaymentWriteOff,
    DisputeUnderpayment,
    NoteCase,
    NoteCorrespondence,
    ReopenUnderpayment,
)
from shared.contracts import Adjustment, ClaimRemitted, LineDecision, RemittancePlace
from tests.payments.agreed import PAYER
from tests.payments.held_against import POLICY
from tests.payments.kit import TODAY, meta, submitted
from tests.payments.test_routing_properties import holds_for

UNDERPAYMENT = make_underpayment(POLICY)
FEW = settings(max_examples=40, deadline=None)
ID = "up_clm_a_1"


def remitted(era: str, cents: int, sequence: int, reverses: str = "") -> ClaimRemitted:
    """A decision with CO-45 of so many cents, or the reversal of one."""
    cas = (Adjustment(group="CO", reason="45", amount_cents=cents),)
    line = LineDecision(procedure="99213", charge_cents=10_000, paid_cents=10_000 - cents, adjustments=cas)
    return ClaimRemitted(
        meta=meta(f"{era} {cents} {sequence} {reverses}", sequence=sequence),
        account_id="acct_1",
        claim_id="clm_a",
        patient_control_number="PCN-clm_a",
        remittance_id=era,
        payer_id=PAYER,
        payer_claim_control_number="ICN-1",
        status="22" if reverses else "1",
        charge_cents=10_000,
        paid_cents=10_000 - cents,
        patient_responsibility_cents=0,
        denied_cents=0,
        adjustments=cas,
        payment_date=TODAY,
        position=1,
        lines=(line,),
        reverses=RemittancePlace(remittance_id=reverses, position=1) if reverses else None,
    )


HEARD: list[Any] = [
    submitted(),
    submitted(sequence=2, frequency="7"),
    submitted(sequence=3, frequency="8"),
    remitted("era_1", 4_000, 1),
    remitted("era_2", 4_000, 2, "era_1"),
    remitted("era_2b", 3_000, 3),
    remitted("era_1", 4_000, 4),
    LookAgain(meta=meta("again"), claim_id="clm_a"),
]


@FEW
@given(st.lists(st.sampled_from(HEARD), max_size=10), st.integers(0, 10))
def test_claims_beside_their_contracts(delivered: list[Any], cut: int) -> None:
    in_turn = sorted(delivered, key=HEARD.index)  # one account speaks in order; the look comes when it comes
    whole = CLAIM_REVIEW.start(*in_turn)
    head = CLAIM_REVIEW.start(*in_turn[:cut])
    assert CLAIM_REVIEW.run(head.snapshot, in_turn[cut:]).snapshot == whole.snapshot
    assert not [
        one for one in CLAIM_REVIEW.run(whole.snapshot, in_turn).facts if one.type != "review.judgement-asked.v1"
    ]
    assert CLAIM_REVIEW.fold(whole.facts) == whole.snapshot.state
    dumped = CLAIM_REVIEW.state_codec.dump_python(whole.snapshot.state, mode="json")
    assert CLAIM_REVIEW.state_codec.validate_python(dumped, strict=False) == whole.snapshot.state


@FEW
@given(st.permutations(HEARD[:7]))
def test_two_topics_in_any_order_come_to_the_same_knowledge(delivered: list[Any]) -> None:
    state, ordered = CLAIM_REVIEW.start(*delivered).snapshot.state, CLAIM_REVIEW.start(*HEARD[:7]).snapshot.state
    assert (state.billed, state.standing) == (ordered.billed, ordered.standing)
    assert sorted(state.decisions) == sorted(ordered.decisions)
    assert state.standing == {Position("era_1", 1), Position("era_2b", 1)}
    assert state.billed is not None
    assert state.billed.sequence == 2


def test_what_stands_at_the_claims_level_is_what_the_lines_do_not_say() -> None:
    event = remitted("era_1", 4_000, 1)
    at_both = (*event.adjustments, Adjustment(group="CO", reason="253", amount_cents=20))
    decided = decided_of(event.model_copy(update={"adjustments": at_both}))
    assert [tuple(one) for one in decided.claim_adjustments] == [("CO", "253", 20)]


def test_units_that_are_no_number_are_not_known() -> None:
    odd = submitted().lines[0].model_copy(update={"units": "many"})
    state = CLAIM_REVIEW.start(submitted().model_copy(update={"lines": (odd,)})).snapshot.state
    assert state.billed is not None
    [line] = state.billed.services
    assert isinstance(line, Service)
    assert line.units is None


def noted(known: int, short_cents: int, recovered_cents: int) -> NoteCase:
    outcome: Any = "underpaid" if short_cents else "as_expected"
    case = Case(
        key=case_key(PAYER, "ICN-1"),
        payer_id=PAYER,
        payer_claim_control_number="ICN-1",
        outcome=outcome,
        contract_id="acme",
        version=1,
        expected_cents=10_000,
        allowed_cents=10_000 - short_cents,
        short_cents=short_cents,
        recovered_cents=recovered_cents,
        first_short_cents=short_cents + recovered_cents,
        first_decided_on=TODAY,
        dispute_by=TODAY + timedelta(30),
    )
    name = f"case {known} {short_cents} {recovered_cents}"
    return NoteCase(meta=meta(name), underpayment_id=ID, account_id="acct_1", claim_id="clm_a", known=known, case=case)


def by(actor: str, name: str) -> Any:
    return meta(name).model_copy(update={"actor": actor})


WHY = "because of it"
CASES = st.integers(1, 4).map(
    lambda known: noted(known, (0, 2_000, 20_000, 500)[known - 1], (0, 0, 0, 1_500)[known - 1])
)
WORDS: st.SearchStrategy[Any] = st.sampled_from(
    [
        DisputeUnderpayment(
            meta=by("ann", "dispute"), underpayment_id=ID, disputed_on=date(2026, 6, 30), channel="portal", reason=WHY
        ),
        NoteCorrespondence(
            meta=by("ann", "call"),
            underpayment_id=ID,
            on=date(2026, 6, 30),
            direction="to_payer",
            channel="phone",
            summary=WHY,
        ),
        AcceptUnderpayment(meta=by("ann", "accept"), underpayment_id=ID, reason=WHY),
        AskUnderpaymentWriteOff(meta=by("ann", "ask"), underpayment_id=ID, reason=WHY),
        DecideUnderpaymentWriteOff(meta=by("ann", "own word"), underpayment_id=ID, approved=True, reason=WHY),
        DecideUnderpaymentWriteOff(meta=by("bob", "word"), underpayment_id=ID, approved=True, reason=WHY),
        ReopenUnderpayment(meta=by("bob", "reopen"), underpayment_id=ID, reason=WHY),
    ]
)


@FEW
@given(st.lists(CASES | WORDS, max_size=12), st.integers(0, 12))
def test_underpayments(delivered: list[Any], cut: int) -> None:
    holds_for(UNDERPAYMENT, delivered, cut)
    state = UNDERPAYMENT.start(*delivered).snapshot.state
    notes = [one for one in delivered if isinstance(one, NoteCase)]
    if notes:
        assert state.case == max(notes, key=lambda one: one.known).case


@FEW
@given(st.lists(CASES | WORDS, max_size=12))
def test_what_was_said_last_is_how_it_stands(delivered: list[Any]) -> None:
    decided = UNDERPAYMENT.start(*delivered)
    state, events = decided.snapshot.state, decided.events
    if state.status in WORKED_ON:
        assert type(events[-1]).__name__ == "UnderpaymentFound"
        assert getattr(events[-1], "short_cents") == state.short_cents  # noqa: B009 - of one kind of event only
    elif events:
        assert type(events[-1]).__name__ == "UnderpaymentClosed"


@FEW
@given(st.lists(WORDS, max_size=10))
def test_nobody_approves_a_large_write_off_alone(words: list[Any]) -> None:
    state = UNDERPAYMENT.start(noted(1, 20_000, 0), *words).snapshot.state
    if state.status == "written_off":
        assert any(isinstance(one, DecideUnderpaymentWriteOff) and one.meta.actor == "bob" for one in words)
