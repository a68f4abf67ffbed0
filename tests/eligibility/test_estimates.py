"""What a patient will probably owe, to the cent, and what is said when it is not known."""

from collections.abc import AsyncGenerator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core.benefit_terms import Benefits, Share
from services.eligibility.core.benefits import read_benefits
from services.eligibility.core.estimates import (
    ExpectedItem,
    disputable,
    estimate,
    good_faith_estimate,
    percent_of,
)
from services.eligibility.policies import good_faith_policy
from shared.x12.eligibility import Benefit
from tests.eligibility.house import House, active, post, question
from tests.eligibility.test_benefits import answer

POLICY = good_faith_policy(date(2026, 3, 1))


def share(kind: Any, **more: Any) -> Share:
    fields: dict[str, Any] = {"service_types": ("30",), "network": "in", **more}
    return Share(kind=kind, **fields)


def benefits(*shares: Share, **more: Any) -> Benefits:
    return Benefits(standing="active", shares=shares, **more)


DEDUCTIBLE = share("deductible", total_cents=150_000, met_cents=110_000, remaining_cents=40_000)
TWENTY = share("coinsurance", percent="20")
LIMIT = share("out_of_pocket", total_cents=500_000, met_cents=450_000, remaining_cents=50_000)


def test_deductible_then_coinsurance_then_the_limit() -> None:
    made = estimate(benefits(DEDUCTIBLE, TWENTY, LIMIT), 120_000, allowed_cents=100_000)
    assert [(one.what, one.cents) for one in made.steps] == [
        ("deductible", 40_000),
        ("coinsurance", 12_000),
        ("out_of_pocket_limit", -2_000),
    ]
    assert (made.patient_cents, made.plan_cents, made.basis) == (50_000, 50_000, "allowed")


def test_a_copay_of_the_visit_is_all_and_never_more_than_the_service_costs() -> None:
    copay = share("copay", service_types=("98",), cents=2500)
    made = estimate(benefits(copay, DEDUCTIBLE, TWENTY), 18_000, allowed_cents=9_000, service_type="98")
    assert (made.patient_cents, made.steps[0].what) == (2500, "copay")
    assert estimate(benefits(copay), 1_000, allowed_cents=900, service_type="98").patient_cents == 900
    other = estimate(benefits(copay, DEDUCTIBLE, TWENTY), 60_000, allowed_cents=50_000, service_type="4")
    assert other.patient_cents == 42_000, "an X-ray has no copay here"


def test_out_of_network_has_shares_of_its_own() -> None:
    out = (
        share("deductible", network="out", remaining_cents=0, total_cents=300_000),
        share("coinsurance", network="out", percent="40"),
    )
    made = estimate(benefits(DEDUCTIBLE, TWENTY, *out), 10_000, allowed_cents=10_000, network="out")
    assert made.patient_cents == 4_000


def test_what_the_payer_did_not_say_leaves_a_range_and_a_sentence() -> None:
    made = estimate(benefits(DEDUCTIBLE), 100_000, allowed_cents=60_000)
    assert (made.patient_cents, made.at_least_cents, made.at_most_cents) == (None, 40_000, 60_000)
    assert made.unknown == ("the payer did not say the coinsurance",)
    inactive = estimate(Benefits(standing="unknown"), 100_000)
    assert (inactive.patient_cents, inactive.at_most_cents) == (None, 100_000)


def test_without_the_allowed_amount_the_charge_is_an_upper_bound() -> None:
    made = estimate(benefits(TWENTY, share("deductible", remaining_cents=0)), 10_001)
    assert (made.patient_cents, made.at_least_cents, made.basis) == (2_000, 0, "charge")
    assert any("charge" in one for one in made.assumed)


def test_a_qualified_medicare_beneficiary_owes_nothing() -> None:
    made = estimate(benefits(TWENTY, DEDUCTIBLE, qualified_medicare_beneficiary=True), 100_000, allowed_cents=60_000)
    assert (made.patient_cents, made.plan_cents) == (0, 60_000)


def test_amounts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="no more than was charged"):
        estimate(benefits(TWENTY), 100, allowed_cents=200)
    with pytest.raises(ValueError, match="not negative"):
        estimate(benefits(TWENTY), -1)


@given(
    st.integers(0, 10**7),
    st.integers(0, 10**6),
    st.decimals(0, 100, places=2),
    st.none() | st.integers(0, 10**6),
)
def test_the_parts_are_the_whole_and_nobody_pays_more_than_it_or_the_limit(
    cents: int, left: int, percent: Decimal, limit: int | None
) -> None:
    shares = [share("deductible", remaining_cents=left), share("coinsurance", percent=str(percent))]
    shares += [] if limit is None else [share("out_of_pocket", remaining_cents=limit)]
    made = estimate(benefits(*shares), cents, allowed_cents=cents)
    assert made.patient_cents is not None
    assert made.plan_cents is not None
    assert made.patient_cents == sum(one.cents for one in made.steps)
    assert made.patient_cents + made.plan_cents == cents
    assert 0 <= made.patient_cents <= (cents if limit is None else min(cents, limit))


def test_a_percentage_rounds_halves_up() -> None:
    assert [percent_of(cents, Decimal(50)) for cents in (1, 2, 3)] == [1, 1, 2]


def test_it_is_worked_out_from_an_answer_as_it_came() -> None:
    said = answer(
        Benefit("1", "IND", ("30",)),
        Benefit("C", "IND", ("30",), time_period="29", amount_cents=10_000, in_network=True),
        Benefit("A", "IND", ("30",), percent=Decimal("0.2"), in_network=True),
    )
    assert estimate(read_benefits(said), 50_000, allowed_cents=30_000).patient_cents == 14_000


ITEMS = [
    ExpectedItem(npi="1234567893", code="LAB", expected_cents=30_000),
    ExpectedItem(npi="1234567893", code="VISIT", expected_cents=20_000),
    ExpectedItem(npi="1003000126", code="READ", expected_cents=10_000),
]


@pytest.mark.parametrize(
    ("scheduled_on", "service_date", "requested", "due_on"),
    [
        (date(2026, 3, 2), date(2026, 3, 16), False, date(2026, 3, 5)),  # ten business days ahead: three to give it
        (date(2026, 3, 2), date(2026, 3, 5), False, date(2026, 3, 3)),  # three ahead: one
        (date(2026, 3, 2), date(2026, 3, 4), False, None),  # two: none is due
        (date(2026, 3, 2), date(2026, 3, 4), True, date(2026, 3, 5)),
        (date(2026, 5, 22), date(2026, 5, 29), False, date(2026, 5, 26)),  # over a weekend and Memorial Day
    ],
)
def test_a_good_faith_estimate_is_due_in_business_days(
    scheduled_on: date, service_date: date, requested: bool, due_on: date | None
) -> None:
    made = good_faith_estimate(ITEMS, scheduled_on, service_date, POLICY, requested=requested)
    assert (made.due_on, made.total_cents) == (due_on, 60_000)
    assert dict(made.by_provider) == {"1234567893": 50_000, "1003000126": 10_000}


def test_a_bill_may_be_disputed_from_the_threshold_on_for_each_provider() -> None:
    made = good_faith_estimate(ITEMS, date(2026, 3, 2), date(2026, 3, 16), POLICY, requested=False)
    assert disputable(made, {"1234567893": 89_999, "1003000126": 49_999}) == ()
    assert disputable(made, {"1234567893": 90_000, "1003000126": 49_999}) == (("1234567893", 40_000),)
    assert disputable(made, {"9999999999": 90_000}) == ()


def test_dates_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="before it was scheduled"):
        good_faith_estimate(ITEMS, date(2026, 3, 2), date(2026, 3, 1), POLICY, requested=False)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    yield built
    await built.close()


async def test_an_estimate_over_http_uses_the_last_answer(house: House) -> None:
    house.payers["RC101"] = lambda inquiry: active(
        inquiry, Benefit("B", "IND", ("98",), time_period="27", amount_cents=2500, in_network=True)
    )
    client = house.client()
    asked = {"check_id": "acct_1.cov_1.2026-03-03", "charge_cents": 20_000, "service_type": "98"}
    assert (await client.post("/estimates", json=asked)).status_code == 404
    await post(client, "/checks", question())
    await house.settle()
    assert (await client.post("/estimates", json=asked)).json()["patient_cents"] == 2500
    assert (await client.post("/estimates", json=asked | {"allowed_cents": 20_001})).status_code == 422


async def test_a_good_faith_estimate_is_kept_and_a_bill_held_against_it(house: House) -> None:
    client = house.client()
    items = [{"npi": "1234567893", "code": "VISIT", "expected_cents": 20_000}]
    body = {"account_id": "acct_1", "scheduled_on": "2026-03-02", "service_date": "2026-03-16", "items": items}
    made, again = [(await post(client, "/good-faith-estimates", body)).json() for _ in range(2)]
    assert made == again
    assert made["due_on"] == "2026-03-05"
    kept = (await client.get("/good-faith-estimates")).json()
    assert [one["id"] for one in kept] == [made["id"]]
    billed = {"billed_cents": {"1234567893": 60_000}}
    told = (await client.post(f"/good-faith-estimates/{made['id']}/dispute", json=billed)).json()
    assert told["providers"] == [{"npi": "1234567893", "excess_cents": 40_000}]
    assert (await client.post("/good-faith-estimates/gfe_none/dispute", json=billed)).status_code == 404
    wrong = body | {"service_date": "2026-03-01"}
    assert "before it was scheduled" in (await post(client, "/good-faith-estimates", wrong, "two")).text


async def test_the_order_of_payment_over_http_or_a_sentence_for_what_stands_in_the_way(house: House) -> None:
    client = house.client()
    both = [{"coverage_id": "a", "kind": "medicaid"}, {"coverage_id": "b", "kind": "group"}]
    made = (await client.post("/coverage-order", json={"service_date": "2026-03-03", "coverages": both})).json()
    assert [one["coverage_id"] for one in made["placed"]] == ["b", "a"]
    twice = {"service_date": "2026-03-03", "coverages": [both[1], {"coverage_id": "c", "kind": "group"}]}
    refused = await client.post("/coverage-order", json=twice)
    assert refused.status_code == 409
    assert "same claim to be first" in refused.json()["detail"]["reasons"][0]
    assert (await house.client("auditor").post("/coverage-order", json=twice)).status_code == 403
