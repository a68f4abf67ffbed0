"""What must hold for every account, whatever arrives, in whatever order, however often."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.account_facts import AnyAccountFact
from services.payments.core.account_messages import AccountMessage
from services.payments.core.account_state import Account, evolve
from services.payments.core.ledger import prove, recompute, totals_of, trial_balance
from shared.contracts import PatientBalanceChanged, PatientPaymentReceived, PaymentPosted, PaymentReversed
from tests.payments.kit import (
    ACCOUNT,
    PROPERTY,
    decision,
    denial_given_up,
    granted,
    paid,
    remitted,
    reversal_of,
    self_pay,
    submitted,
    ungranted,
    written_off,
)

CODES: tuple[str, ...] = ("CO-45", "CO-253", "PR-1", "PR-2", "PR-3", "CO-197", "OA-23", "PR-29", "PI-9999", "CO-144")
CENTS = st.integers(0, 4) | st.integers(0, 20_000)


@st.composite
def lives_of_a_claim(draw: st.DrawFn, name: str) -> list[AccountMessage]:
    """A claim's messages in the order of life: charge, replacements, decisions, reversals of some of them."""
    charge_cents = draw(CENTS)
    life: list[AccountMessage] = [submitted(name, charge_cents)] if draw(st.integers(0, 9)) else []
    if draw(st.booleans()):
        life.append(submitted(name, draw(CENTS), sequence=2, frequency="7"))
    for n in range(draw(st.integers(0, 3))):
        cas = draw(st.dictionaries(st.sampled_from(CODES), st.integers(-3_000, 9_000), max_size=4))
        made = decision(
            f"rem_{name}_{n}",
            draw(st.integers(-500, 9_000)),
            cas,
            charge_cents=charge_cents,
            status=draw(st.sampled_from(("1", "2", "4", "19", "25"))),
            control_number=draw(st.sampled_from(("ICN-1", "ICN-2", ""))),
            on_line=draw(st.booleans()),
        ).model_copy(update={"payer_id": draw(st.sampled_from(("acme", "second")))})
        life.append(remitted(made, name))
        if draw(st.booleans()):
            life.append(remitted(reversal_of(made, f"rev_{name}_{n}"), name))
    return life


@st.composite
def lives(draw: st.DrawFn, *, write_offs: bool = True) -> list[AccountMessage]:
    """An account's messages: claims, self-pay charges, patient payments and, where asked, write-offs."""
    life = [m for name in ("clm_a", "clm_b")[: draw(st.integers(1, 2))] for m in draw(lives_of_a_claim(name))]
    for n in range(draw(st.integers(0, 3))):
        claim = draw(st.sampled_from((None, "clm_a", "chg_0", "clm_unknown")))
        life.append(paid(f"pay_{n}", draw(st.integers(1, 9_000)), claim))
    life += [self_pay(f"chg_{n}", draw(st.integers(1, 9_000))) for n in range(draw(st.integers(0, 2)))]
    if write_offs and draw(st.booleans()):
        life.append(written_off("wo_1", draw(st.integers(1, 9_000))))
        life.append(denial_given_up("wo_2", draw(st.integers(1, 9_000))))
    if draw(st.booleans()):
        life.append(granted(draw(st.integers(1, 100)), least_cents=draw(st.sampled_from((0, 500)))))
        if draw(st.booleans()):
            life.append(ungranted())
    return life


@st.composite
def deliveries(draw: st.DrawFn) -> list[AccountMessage]:
    """A life as topics bring it: shuffled, with duplicates, and now and then a repeat that says something else."""
    life = draw(lives())
    again = draw(st.lists(st.sampled_from(life), max_size=4)) if life else []
    if draw(st.booleans()):
        life = [*life, paid("pay_0", 77), self_pay("chg_0", 77)]
    return draw(st.permutations([*life, *again]))


@PROPERTY
@given(deliveries())
def test_the_book_ties_out_after_every_fact(delivered: list[AccountMessage]) -> None:
    decided = ACCOUNT.start(*delivered)
    state = ACCOUNT.initial
    for fact in decided.facts:
        state = evolve(state, fact)
        assert totals_of(state).ties_out
        assert all(item.patient_paid_cents >= 0 and item.written_off_cents >= 0 for item in state.receivables.values())
    assert sum(trial_balance(recompute(decided.facts)).values()) == 0


@PROPERTY
@given(deliveries())
def test_the_state_is_what_the_journal_says_after_every_message(delivered: list[AccountMessage]) -> None:
    snapshot = ACCOUNT.start().snapshot
    facts: list[AnyAccountFact] = []
    for message in delivered:
        decided = ACCOUNT.run(snapshot, (message,))
        snapshot, facts = decided.snapshot, [*facts, *decided.facts]
        assert prove(snapshot.state, facts) == ()
        assert_settled(snapshot.state)
    assert ACCOUNT.fold(facts) == snapshot.state


def assert_settled(state: Account) -> None:
    """Between messages nobody owes while money lies unapplied, and no share is settled beyond what was stated."""
    items = state.receivables.values()
    assert state.unapplied_cents >= 0
    assert state.unapplied_cents == 0 or all(item.patient_cents <= 0 for item in items)
    assert all(item.patient_cents >= min(0, item.moved_to_patient_cents) for item in items)
    assert all(item.insurance_cents >= 0 or item.moved_to_patient_cents <= item.coordinated_cents for item in items)


@PROPERTY
@given(deliveries(), st.data())
def test_batching_is_invisible(delivered: list[AccountMessage], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(delivered)))
    whole = ACCOUNT.start(*delivered)
    head = ACCOUNT.start(*delivered[:cut])
    tail = ACCOUNT.run(head.snapshot, delivered[cut:])
    assert (whole.snapshot, whole.entries) == (tail.snapshot, head.entries + tail.entries)


@PROPERTY
@given(deliveries(), st.randoms(use_true_random=False))
def test_redelivery_decides_nothing(delivered: list[AccountMessage], random: Any) -> None:
    once = ACCOUNT.start(*delivered)
    random.shuffle(delivered)
    assert not ACCOUNT.run(once.snapshot, delivered).changed


@PROPERTY
@given(lives(write_offs=False), st.data())
def test_order_does_not_matter(life: list[AccountMessage], data: st.DataObject) -> None:
    ordered = ACCOUNT.start(*life).snapshot.state
    shuffled = ACCOUNT.start(*data.draw(st.permutations(life))).snapshot.state
    assert books(ordered) == books(shuffled)


def books(state: Account) -> tuple[Any, ...]:
    """Everything but which of several balances a patient's money went to: that is oldest first of what was open."""
    items = {
        name: (
            item.charge_cents,
            item.paid_cents,
            item.adjusted_cents,
            item.moved_to_patient_cents,
            item.coordinated_cents,
            item.denied_cents,
            item.insurance_cents,
        )
        for name, item in state.receivables.items()
    }
    held = {(one.remitted.place, one.item_id) for one in state.held}
    return items, held, state.owed_cents, state.received_cents, state.unapplied_cents


@PROPERTY
@given(deliveries())
def test_the_events_add_up_to_the_book(delivered: list[AccountMessage]) -> None:
    decided = ACCOUNT.start(*delivered)
    state, totals = decided.snapshot.state, totals_of(decided.snapshot.state)
    events = decided.events
    posted = sum(e.paid_cents for e in events if isinstance(e, PaymentPosted))
    posted -= sum(e.reversed_cents for e in events if isinstance(e, PaymentReversed))
    assert posted == totals.paid_cents
    assert sum(e.paid_cents for e in events if isinstance(e, PatientPaymentReceived)) == totals.received_cents
    balances = [e.balance_cents for e in events if isinstance(e, PatientBalanceChanged)]
    assert ([0, *balances])[-1] == state.owed_cents
    assert all(before != after for before, after in zip([0, *balances], balances, strict=False))
    assert [e.meta.sequence for e in events] == list(range(1, len(events) + 1))
    assert len({entry.meta.id for entry in decided.entries}) == len(decided.entries)


@PROPERTY
@given(deliveries())
def test_the_state_survives_its_codec(delivered: list[AccountMessage]) -> None:
    decided = ACCOUNT.start(*delivered)
    codec = ACCOUNT.state_codec
    assert codec.validate_python(codec.dump_python(decided.snapshot.state, mode="json"), strict=False) == (
        decided.snapshot.state
    )
    for fact in decided.facts:
        dumped = ACCOUNT.fact_codec.dump_python(fact, mode="json")
        assert ACCOUNT.fact_codec.validate_python(dumped, strict=False) == fact
