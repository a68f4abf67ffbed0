"""Properties of what payers decide and remit, for claims of any shape."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.adjudication import Decision, adjudicate, negated, readjudicate, refuse
from sandbox.chance import Chance
from sandbox.held import HeldClaim, HeldLine, hold
from sandbox.members import member
from sandbox.profiles import read_payers
from sandbox.remittance import Entry, PayDay, remit
from shared.x12.parties import Payer
from tests.sandbox.desk import claim

PAYERS = read_payers()
HELD = hold(claim(), "lakeside", 0, "S")
PAY_DAY = date(2026, 7, 15)


@st.composite
def lines(draw: st.DrawFn) -> HeldLine:
    return HeldLine(
        control_number="1",
        qualifier="HC",
        procedure=draw(st.sampled_from(["99213", "99214", "J1885", "36415"])),
        modifiers=(),
        charge_cents=draw(st.integers(0, 500_000)),
        units=Decimal(1),
        service_from=date(2026, 6, 20),
        service_to=date(2026, 6, 20),
        prior_cents=None,
    )


@st.composite
def claims(draw: st.DrawFn) -> HeldClaim:
    drawn = tuple(draw(st.lists(lines(), min_size=1, max_size=6)))
    prior = draw(st.none() | st.integers(0, 900_000))
    return replace(
        HELD,
        control_number=f"C{draw(st.integers(0, 9999))}",
        payer_id=draw(st.sampled_from(PAYERS.ids())),
        member_id=f"M{draw(st.integers(0, 9999))}",
        charge_cents=sum(line.charge_cents for line in drawn),
        lines=drawn,
        responsibility="P" if prior is None else "S",
        prior_cents=prior,
        encounter=draw(st.booleans()),
    )


def decide(one: HeldClaim, seed: int) -> Decision:
    return adjudicate(one, PAYERS.find(one.payer_id), seed)


@given(claims(), st.integers(0, 50))
def test_every_line_is_paid_or_adjusted_to_the_cent_and_nothing_is_paid_twice(one: HeldClaim, seed: int) -> None:
    for decision in (decide(one, seed), readjudicate(one, PAYERS.find(one.payer_id), seed), refuse(one, "CO-16-N706")):
        for line in decision.lines:
            assert line.line.charge_cents == line.paid_cents + sum(cut.cents for cut in line.reductions)
            assert 0 <= line.paid_cents <= line.line.charge_cents
            assert all(cut.cents > 0 for cut in line.reductions)
        assert [line.line for line in decision.lines] == list(one.lines)


@given(claims(), st.integers(0, 50))
def test_the_same_claim_is_decided_the_same_way(one: HeldClaim, seed: int) -> None:
    assert decide(one, seed) == decide(replace(one, tenant="elsewhere"), seed)


@given(claims(), st.integers(0, 50))
def test_a_reversal_undoes_its_decision(one: HeldClaim, seed: int) -> None:
    decision = decide(one, seed)
    reversal = negated(decision)
    assert reversal.paid_cents == -decision.paid_cents
    assert reversal.patient_cents == -decision.patient_cents
    assert replace(negated(reversal), status=decision.status) == decision


@settings(max_examples=60)
@given(st.lists(st.lists(claims(), min_size=1, max_size=3), min_size=1, max_size=4), st.integers(0, 50), st.data())
def test_payments_balance_and_what_is_carried_is_never_lost(
    book: list[list[HeldClaim]], seed: int, data: st.DataObject
) -> None:
    """Over many payment days: paid out = claims paid - adjustments other than FB, but for what is still carried."""
    payer = PAYERS.find("RC101")
    carried = out = earned = 0
    for batch in book:
        decisions = [decide(one, seed) for one in batch]
        decisions = [negated(one) if data.draw(st.booleans()) else one for one in decisions]
        entries = [Entry(one, decision, "N1", PAY_DAY) for one, decision in zip(batch, decisions, strict=True)]
        remittance, carried = remit(PayDay(seed, "lakeside", payer, "1234567893", PAY_DAY), entries, carried)
        paid = sum(one.paid_cents for one in decisions)
        adjustments = [(one.code, one.amount_cents or 0) for one in remittance.provider_adjustments]
        payment = remittance.payment_cents or 0
        assert payment == paid - sum(cents for _, cents in adjustments)
        assert payment >= 0
        assert carried >= 0
        assert (remittance.method == "NON") == (payment == 0)
        out += payment
        earned += paid - sum(cents for code, cents in adjustments if code != "FB")
    assert out == earned + carried


def test_a_fully_denied_claim_of_a_known_member_is_status_1_and_of_an_unknown_one_status_4() -> None:
    assert refuse(HELD, "CO-50-N115").status == "1"
    assert refuse(HELD, "CO-31").status == "4"


def test_a_remark_that_starts_with_ma_stands_on_the_claim_and_others_on_the_lines() -> None:
    assert refuse(HELD, "CO-16-MA130").remarks == ("MA130",)
    assert {line.remarks for line in refuse(HELD, "CO-16-N706").lines} == {("N706",)}


def test_medicare_takes_two_per_cent_of_what_it_would_have_paid() -> None:
    """CO-253 is neither a denial nor the patient's."""
    payer = PAYERS.find("RC104")
    decisions = [
        adjudicate(hold(claim(f"S{n}", payer=Payer("MEDICARE", "RC104")), "t", 0, "S"), payer, 1) for n in range(40)
    ]
    paid = [line for one in decisions for line in one.lines if line.paid_cents]
    assert len(paid) > 40
    for line in paid:
        taken = sum(cut.cents for cut in line.reductions if cut.reason == "253")
        assert abs(taken * 50 - (line.paid_cents + taken)) <= 25


def test_a_payer_nobody_named_gets_a_profile_by_its_identifier_and_keeps_it() -> None:
    assert PAYERS.find("11122333").profile == PAYERS.find("11122333", "ANY NAME").profile
    assert len({PAYERS.find(f"{n}").profile.name for n in range(50)}) == 3


def test_shares_are_about_what_they_say() -> None:
    hits = sum(Chance(1, f"s{n}").happens("x", 10) for n in range(5000))
    assert 400 < hits < 600
    standings = [member(1, PAYERS.find("RC105"), f"M{n}").standing for n in range(3000)]
    assert 120 < standings.count("inactive") < 240
    assert standings.count("not_found") > 0
    assert standings.count("invalid_id") > 0
