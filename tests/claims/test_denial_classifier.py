"""The denial classifier against the labelled remittances, and what holds whatever a payer sends."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.denial import Adjusted, Classified, DecidedLine, Decision, classify
from services.claims.core.denial_rules import Facts
from services.claims.denial_policy import FILE, denial_book
from shared.policy import PolicyError
from tests.claims.confusion import DECIDED, PAGE, differences, page_with, tables
from tests.claims.labelled import DAY, decision_of, facts_of
from tests.claims.test_labels import CASES, Case

BOOK = denial_book()
GROUPS = ("CO", "PR", "OA", "PI", "CR")
CODES = [*sorted({one.carc for case in CASES for one in case.every_adjustment}), "987", "Z9"]
STATUSES = [*sorted({case.claim_status for case in CASES}), "5", "99"]
REMARKS = sorted({one for case in CASES for one in case.remarks} | {"N9876"})


def line(*adjustments: tuple[str, str, int], paid: int = 0, remarks: str = "") -> DecidedLine:
    adjusted = tuple(Adjusted(*one) for one in adjustments)
    charge = paid + sum(one.amount_cents for one in adjusted)
    return DecidedLine(1, charge, paid, adjusted, frozenset(remarks.split()))


def judged(*lines: DecidedLine, facts: Facts | None = None, status: str = "1", payer_id: str = "") -> Classified:
    charge, paid = sum(one.charge_cents for one in lines), sum(one.paid_cents for one in lines)
    return classify(BOOK, Decision(status, DAY, charge, paid, payer_id=payer_id, lines=lines), facts or Facts())


def test_every_difference_from_the_labels_is_decided() -> None:
    assert {one.case for one in differences()} == set(DECIDED), differences()


def test_the_confusion_tables_in_the_docs_are_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page_with(tables()), "run .venv/bin/python -m tests.claims.confusion"


@pytest.mark.parametrize(
    ("one", "outcome", "first_step"),
    [
        (line(("CO", "45", 60_00), paid=90_00), "informational", "post_only"),
        (line(("CO", "253", 60), paid=29_40), "informational", "post_only"),
        (line(("OA", "23", 150_00), paid=50_00), "informational", "post_only"),
        (line(("CO", "197", 600_00)), "denied", "find_authorization"),
        (line(("PR", "1", 150_00)), "zero_paid", "bill_patient"),
        (line(("CO", "97", 80_00), ("CO", "45", 20_00), paid=10_00), "partly_denied", "coder_review"),
        (line(("CO", "16", 150_00), remarks="MA130 M51"), "rejected", "send_new_claim"),
    ],
)
def test_outcomes_are_kept_apart(one: DecidedLine, outcome: str, first_step: str) -> None:
    found = judged(one)
    assert (found.outcome, found.next_action) == (outcome, first_step)


def test_it_says_why() -> None:
    found = judged(line(("CO", "45", 100_00), ("CO", "50", 280_00), ("CO", "16", 120_00), remarks="M127"))
    assert found.why == "Read from CO-50 of 280.00 on line 1 (medical-necessity); first step by necessity."
    assert found.rules == ("medical-necessity", "necessity")
    assert [one.carc for one in found.deciding] == ["50", "16"]


def test_an_unknown_fact_is_not_a_no() -> None:
    late = line(("CO", "29", 150_00))
    assert judged(late).next_action == "write_off_review"
    assert judged(late, facts=Facts(accepted_before_filing_limit=True)).next_action == "appeal"
    twice = line(("CO", "18", 150_00))
    assert judged(twice).next_action == "find_original"
    assert judged(twice, facts=Facts(original_claim_paid=False)).next_action == "follow_up_payer"


def test_a_payers_own_rule_goes_first(tmp_path: Path) -> None:
    own = """
[[meaning]]
id = "own-252"
bearing = "denial"
category = "authorization"
root_cause = "authorization"
valid_from = 2026-01-01
source = "the payer's manual, chapter 4"
[meaning.when]
carcs = ["252"]
payer_ids = ["OWN"]
"""
    path = tmp_path / "denials.toml"
    shipped = FILE.read_text("utf-8")
    last = shipped.index('[[meaning]]\nid = "unknown"')
    path.write_text(shipped[:last] + own + shipped[last:], "utf-8")
    book, wanted = denial_book(path), line(("CO", "252", 500_00))

    def category(payer: str, day: date) -> str:
        return classify(book, Decision("1", day, 500_00, 0, payer_id=payer, lines=(wanted,))).category

    assert category("OWN", DAY) == "authorization"
    assert category("OWN", date(2025, 12, 31)) == "documentation"
    assert category("OTHER", DAY) == "documentation"


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('bearing = "price"', 'bearing = "prize"', r"meaning \d+ \(price-of-unrecognised\): bearing"),
        ("facts = { balances = false }", "facts = { balancs = false }", "no such fact: balancs"),
        ('id = "ledger"', 'id = "price"', "the id is used twice"),
        ('id = "post"\naction = "post_only"', 'id = "post"\naction = "post_only"\nvalid_to = 2020-01-01', "last step"),
        ('codes = ["N211"]', 'codes = ["N211"]\nsays_so = 1', "remark 2"),
        ('medicaid = ["MC"]', 'medicaid = ["MB"]', "MB is in two classes"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(tmp_path: Path, was: str, becomes: str, says: str) -> None:
    path = tmp_path / "denials.toml"
    text = FILE.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes, 1), "utf-8")
    with pytest.raises(PolicyError, match=says):
        denial_book(path)


ADJUSTED = st.builds(Adjusted, st.sampled_from(GROUPS), st.sampled_from(CODES), st.integers(-500_00, 500_00))
LINES = st.builds(
    DecidedLine,
    st.integers(1, 9),
    st.integers(0, 900_00),
    st.integers(0, 900_00),
    st.lists(ADJUSTED, max_size=4).map(tuple),
    st.frozensets(st.sampled_from(REMARKS), max_size=2),
)
DECISIONS = st.builds(
    Decision,
    status=st.sampled_from(STATUSES),
    day=st.just(DAY),
    charge_cents=st.integers(-900_00, 900_00),
    paid_cents=st.integers(-900_00, 900_00),
    payer_class=st.sampled_from(["", "medicare", "medicaid", "workers_compensation", "commercial"]),
    adjustments=st.lists(ADJUSTED, max_size=3).map(tuple),
    lines=st.lists(LINES, max_size=4).map(tuple),
    is_balanced=st.booleans(),
)
FACTS = st.sampled_from([facts_of(case) for case in CASES])


@given(DECISIONS, FACTS)
def test_whatever_comes_gets_an_answer_that_fits_itself(decision: Decision, facts: Facts) -> None:
    found = classify(BOOK, decision, facts)
    refuses = found.outcome in {"denied", "partly_denied"}
    assert refuses == (found.denied_cents > 0)
    assert sum(one.denied_cents for one in found.lines) <= found.denied_cents
    assert found.patient_may_be_billed or found.next_action != "bill_patient"
    groups = {one.group for one in (*decision.adjustments, *(x for one in decision.lines for x in one.adjustments))}
    assert "PR" in groups or not found.patient_may_be_billed


@given(DECISIONS, FACTS)
def test_a_qmb_is_never_asked_for_cost_sharing(decision: Decision, facts: Facts) -> None:
    shares = tuple(one for one in decision.adjustments if one.carc in {"1", "2", "3", "66"})
    only = replace(decision, adjustments=shares, lines=())
    assert not classify(BOOK, only, replace(facts, patient_is_qmb=True)).patient_may_be_billed


@given(st.sampled_from(CASES), st.sampled_from(["1", "4"]))
def test_status_four_and_a_payment_of_zero_deny_nothing(case: Case, status: str) -> None:
    decision = decision_of(case)
    if decision.status in {"1", "4"}:
        as_one, as_other = (classify(BOOK, replace(decision, status=one)) for one in ("1", status))
        assert (as_one.outcome, as_one.denied_cents) == (as_other.outcome, as_other.denied_cents)


def test_a_decision_older_than_every_rule_is_read_by_the_oldest() -> None:
    lines = (DecidedLine(1, 100_00, 0, (Adjusted("CO", "16", 100_00),)),)
    old, first = (
        classify(denial_book(), Decision("1", day, 100_00, 0, lines=lines)) for day in (OLD, date(2012, 1, 1))
    )
    assert old == first
    assert old.denied_cents == 100_00


OLD = date(2002, 5, 6)
