"""What was allowed, held against what was expected: line by line, and over everything that became of a claim."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.payments.core.underpaid import case_key
from services.payments.policy.underpayments import load_underpayment_policy
from shared.policy import PolicyError
from tests.payments.agreed import DAY, PAYER, service, version
from tests.payments.held_against import PAID_ON, billed, case, cases, decided, line, yardstick


def test_a_line_that_was_allowed_too_little() -> None:
    """Charge $200.00 less CO-45 $120.00 allows $80.00, and $100.00 were to be expected."""
    found = case(line({"CO-45": 120_00, "PR-2": 16_00}))
    assert (found.outcome, found.expected_cents, found.allowed_cents, found.paid_cents) == (
        "underpaid",
        100_00,
        80_00,
        64_00,
    )
    assert (found.short_cents, found.first_short_cents, found.recovered_cents) == (20_00, 20_00, 0)
    assert (found.contract_id, found.version, found.dispute_by) == ("acme", 1, PAID_ON + timedelta(60))
    [judged] = found.lines
    assert [step.rule for step in judged.steps] == ["contract", "schedule row", "allowed"]


ALLOWED: list[tuple[str, Mapping[str, int], dict[str, Any], str, int | None]] = [
    ("as agreed", {"CO-45": 100_00}, {}, "as_expected", 100_00),
    ("a cent of rounding is let go", {"CO-45": 100_01}, {}, "as_expected", 99_99),
    (
        "deductible, coinsurance and copay are part of it",
        {"CO-45": 100_00, "PR-1": 50_00, "PR-3": 10_00},
        {},
        "as_expected",
        100_00,
    ),
    ("sequestration comes after the price", {"CO-45": 100_00, "CO-253": 2_00}, {}, "as_expected", 100_00),
    (
        "what the payer keeps on its own initiative is missing",
        {"CO-45": 100_00, "PI-45": 30_00},
        {},
        "underpaid",
        70_00,
    ),
    ("above the schedule and left to the patient", {"PR-45": 130_00}, {}, "underpaid", 70_00),
    ("more than was agreed", {"CO-45": 50_00}, {}, "overpaid", 150_00),
    ("a price above the charge", {"OA-94": -40_00}, {}, "overpaid", 240_00),
    ("stated by the payer", {"CO-45": 120_00, "CO-253": 1_60}, {"allowed_cents": 80_00}, "underpaid", 80_00),
    ("refused", {"CO-50": 200_00}, {}, "denied", None),
    ("refused in part", {"CO-45": 100_00, "CO-151": 50_00}, {}, "denied", None),
    ("not covered by the plan", {"PR-96": 200_00}, {}, "denied", None),
    ("capitated", {"CO-24": 200_00}, {}, "cannot_say", None),
    ("another payer came first", {"OA-23": 80_00, "CO-45": 100_00}, {}, "cannot_say", None),
    (
        "another payer came first, and this one states it",
        {"OA-23": 80_00},
        {"allowed_cents": 90_00},
        "underpaid",
        90_00,
    ),
    ("a group that 5010 does not know", {"CR-45": 100_00}, {}, "denied", None),
]


@pytest.mark.parametrize(
    ("codes", "changes", "outcome", "allowed"), [one[1:] for one in ALLOWED], ids=[one[0] for one in ALLOWED]
)
def test_what_was_allowed(codes: Mapping[str, int], changes: dict[str, Any], outcome: str, allowed: int | None) -> None:
    found = case(line(codes, **changes))
    assert (found.outcome, found.lines[0].allowed_cents) == (outcome, allowed)
    assert found.lines[0].steps


def test_small_amounts_are_let_go_by_claim_and_by_the_contracts_own_word() -> None:
    small = line({"CO-45": 100_90})
    assert case(small).outcome == "as_expected"
    strict = version(tolerance={"line_cents": 0, "claim_cents": 0})
    assert case(small, measure=yardstick(strict)).short_cents == 90
    assert case(small, measure=yardstick(claim_tolerance_cents=10)).short_cents == 90


TWO = (service(number=1), service("97110", number=2, charge_cents=60_00))


def test_lines_are_judged_apart_and_what_is_too_much_makes_up_for_nothing() -> None:
    found = case(
        line({"CO-45": 130_00}),
        line({"CO-45": 10_00}, number=2, procedure="97110", charge_cents=60_00),
        claim=billed(*TWO),
    )
    assert (found.outcome, found.short_cents, found.over_cents) == ("underpaid", 30_00, 20_00)
    assert [one.difference_cents for one in found.lines] == [30_00, -20_00]


def test_a_procedure_that_was_refused_takes_no_rank() -> None:
    """$30.00 would be half beside another procedure; that one was denied, so it is paid in full."""
    ranked = version(reductions=[{"id": "r", "select": {"procedures": ["9*"]}, "percents": ["100", "50"]}])
    paid, other = line({"CO-45": 35_00}, number=2, procedure="97110", charge_cents=60_00), line({"CO-45": 100_00})
    beside = case(other, paid, claim=billed(*TWO), measure=yardstick(ranked))
    alone = case(line({"CO-50": 200_00}), paid, claim=billed(*TWO), measure=yardstick(ranked))
    assert [one.lines[1].expected_cents for one in (beside, alone)] == [15_00, 30_00]
    assert (beside.over_cents, alone.short_cents) == (10_00, 5_00)


def test_a_line_that_cannot_be_said_leaves_the_others_judged() -> None:
    found = case(
        line({"CO-45": 130_00}),
        line({"CO-45": 10_00}, number=2, procedure="99999", charge_cents=60_00),
        claim=billed(TWO[0], service("99999", number=2, charge_cents=60_00)),
    )
    assert [(one.outcome, one.because) for one in found.lines] == [("underpaid", ""), ("cannot_say", "no_price")]
    assert (found.short_cents, found.expected_cents, found.allowed_cents) == (30_00, 100_00, 70_00)


def test_what_stands_at_the_claims_level_is_judged_as_a_whole() -> None:
    whole = decided(
        line({}),
        line({}, number=2, procedure="97110", charge_cents=60_00),
        claim_adjustments=line({"CO-45": 150_00}).adjustments,
    )
    [found] = cases(billed(*TWO), [whole])
    assert (found.expected_cents, found.allowed_cents, found.short_cents) == (130_00, 110_00, 20_00)
    assert found.lines[0].lines == (1, 2)


def test_a_remittance_without_lines_is_judged_as_a_whole() -> None:
    bare = decided(charge_cents=260_00, paid_cents=110_00, claim_adjustments=line({"CO-45": 150_00}).adjustments)
    assert cases(billed(*TWO), [bare])[0].short_cents == 20_00


def test_another_code_that_was_paid_is_said() -> None:
    changed = line({"CO-45": 140_00}, procedure="99212", original_procedure="99213")
    found = case(changed)
    assert found.short_cents == 40_00
    assert any("paid 99212 where 99213 was billed" in step.says for step in found.lines[0].steps)


def test_a_line_that_answers_no_billed_one_is_priced_by_what_the_payer_says_of_it() -> None:
    own = line({"CO-45": 10_00}, number=9, procedure="97140", charge_cents=40_00)
    found = case(line({"CO-45": 100_00}), own)
    assert [(one.lines, one.expected_cents, one.allowed_cents) for one in found.lines] == [
        ((1,), 100_00, 100_00),
        ((2,), 28_00, 30_00),
    ]


def test_a_secondary_payer_is_not_held_against_the_first_ones_contract() -> None:
    mine = version(scope={"payer_ids": ["acme"]})
    assert case(line({"CO-45": 120_00}), measure=yardstick(mine)).outcome == "underpaid"
    second = case(line({"CO-45": 120_00}), measure=yardstick(mine), status="2")
    assert (second.outcome, second.because) == ("cannot_say", "no_contract")


FIRST = decided(line({"CO-45": 120_00}))
BETTER = decided(line({"CO-45": 105_00}), at="era_3", number="ICN-2", payment_date=date(2026, 7, 10))
RIGHT = decided(line({"CO-45": 100_00}), at="era_3", number="ICN-2", payment_date=date(2026, 7, 10))


def test_a_correction_under_another_number_goes_on_with_the_same_case() -> None:
    [found] = cases(billed(), [FIRST, BETTER], gone=["era_1"])
    assert found.key == case_key(PAYER, "ICN-1")
    assert (found.short_cents, found.first_short_cents, found.recovered_cents) == (5_00, 20_00, 15_00)
    assert (found.first_decided_on, found.decided_on) == (PAID_ON, date(2026, 7, 10))
    assert found.dispute_by == date(2026, 7, 10) + timedelta(60)


def test_days_to_dispute_may_count_from_the_first_decision() -> None:
    body = version(dispute={"days": 60, "counts_from": "first", "source": "Agreement 7.2"})
    [found] = cases(billed(), [FIRST, BETTER], gone=["era_1"], measure=yardstick(body))
    assert found.dispute_by == PAID_ON + timedelta(60)


def test_a_correction_in_full_leaves_nothing_and_says_what_came() -> None:
    [found] = cases(billed(), [FIRST, RIGHT], gone=["era_1"])
    assert (found.outcome, found.short_cents, found.recovered_cents) == ("as_expected", 0, 20_00)


def test_a_correction_that_refuses_recovers_nothing() -> None:
    refused = decided(line({"CO-50": 200_00}), at="era_3", number="ICN-2", payment_date=date(2026, 7, 10))
    [found] = cases(billed(), [FIRST, refused], gone=["era_1"])
    assert (found.outcome, found.short_cents, found.recovered_cents) == ("denied", 0, 0)


def test_a_reversal_alone_leaves_a_case_without_figures() -> None:
    [found] = cases(billed(), [FIRST], gone=["era_1"])
    assert (found.outcome, found.short_cents, found.lines) == ("gone", 0, ())


def test_two_decisions_that_both_stand_for_a_line_are_the_payers_to_untangle() -> None:
    again = decided(line({"CO-45": 100_00}), at="era_2")
    [found] = cases(billed(), [FIRST, again])
    assert (found.outcome, found.because) == ("cannot_say", "several_decisions")


def test_a_split_claim_has_a_case_for_each_number() -> None:
    other = decided(line({"CO-45": 40_00}, number=2, procedure="97110", charge_cents=60_00), number="ICN-2", at="era_2")
    found = cases(billed(*TWO), [FIRST, other])
    assert {one.payer_claim_control_number: one.short_cents for one in found} == {"ICN-1": 20_00, "ICN-2": 10_00}


LIVES = st.lists(st.integers(0, 200_00), min_size=1, max_size=4)


@settings(max_examples=40)
@given(LIVES, st.randoms(use_true_random=False))
def test_the_order_in_which_decisions_became_known_changes_nothing(lives: list[int], chance: Any) -> None:
    """A decision, corrected some times; the last one stands."""
    made = [
        decided(line({"CO-45": cents}), at=f"era_{n}", number=f"ICN-{n}", payment_date=PAID_ON + timedelta(n))
        for n, cents in enumerate(lives)
    ]
    gone = [f"era_{n}" for n in range(len(lives) - 1)]
    assert cases(billed(), made, gone) == cases(billed(), chance.sample(made, len(made)), gone)


@settings(max_examples=60)
@given(LIVES)
def test_every_cent_that_was_missing_is_missing_still_or_came(lives: list[int]) -> None:
    exact = yardstick(version(tolerance={"line_cents": 0, "claim_cents": 0}))
    made = [
        decided(line({"CO-45": cents}), at=f"era_{n}", payment_date=PAID_ON + timedelta(n))
        for n, cents in enumerate(lives)
    ]
    [found] = cases(billed(), made, [f"era_{n}" for n in range(len(lives) - 1)], exact)
    first_missing, missing = (max(0, cents - 100_00) for cents in (lives[0], lives[-1]))
    assert (found.first_short_cents, found.short_cents) == (first_missing, missing)
    assert found.recovered_cents == max(0, first_missing - missing)
    assert found.expected_cents - found.allowed_cents == found.short_cents - found.over_cents


@settings(max_examples=40)
@given(st.integers(0, 200_00), st.integers(0, 50_00))
def test_the_less_is_allowed_the_more_is_missing(cents: int, more: int) -> None:
    exact = yardstick(version(tolerance={"line_cents": 0, "claim_cents": 0}))
    less = case(line({"CO-45": min(200_00, cents + more)}), measure=exact)
    assert less.short_cents >= case(line({"CO-45": cents}), measure=exact).short_cents


def test_a_bill_rate_is_held_against_all_its_lines_together() -> None:
    body = version({"id": "case", "method": "case_rate", "rates": {"470": 12_000_00}})
    stay = (
        service("", number=1, charge_cents=9_000_00, revenue_code="0120"),
        service("", number=2, charge_cents=6_000_00, revenue_code="0250"),
    )
    claim = billed(*stay, claim_type="I", drg="470")
    rows = [
        line({"CO-45": cents}, number=n, procedure="", revenue_code=code, charge_cents=charge)
        for n, code, charge, cents in ((1, "0120", 9_000_00, 2_000_00), (2, "0250", 6_000_00, 1_500_00))
    ]
    found = case(*rows, claim=claim, measure=yardstick(body))
    assert (found.expected_cents, found.allowed_cents, found.short_cents) == (12_000_00, 11_500_00, 500_00)
    bare = [one._replace(line_control_number="") for one in reversed(rows)]
    assert case(*bare, claim=claim, measure=yardstick(body)).short_cents == 500_00
    part = case(rows[0], claim=claim, measure=yardstick(body))
    assert (part.outcome, part.because) == ("cannot_say", "not_all_decided")


def test_the_shipped_figures_are_dated_and_a_clients_own_replace_them(tmp_path: Any) -> None:
    shipped = (load_underpayment_policy.__globals__["FOLDER"] / "underpayments.toml").read_text("utf-8")
    (tmp_path / "underpayments.toml").write_text(shipped)
    own = '[[claim_tolerance_cents]]\nvalue = 7\nvalid_from = 2026-01-01\nsource = "letter"\nowner = "them"\n'
    (tmp_path / "underpayments.lakeside.toml").write_text(own)
    policy = load_underpayment_policy(tmp_path)
    assert (policy.on("lakeside", DAY).claim_tolerance_cents, policy.on("other", DAY).claim_tolerance_cents) == (7, 100)
    (tmp_path / "underpayments.lakeside.toml").write_text(own.replace("claim_tolerance_cents", "tolerance"))
    with pytest.raises(PolicyError, match="no such figure"):
        load_underpayment_policy(tmp_path)
