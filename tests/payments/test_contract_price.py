"""What is expected by each kind of term, with figures worked out by hand, and when nothing can be said."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.payments.agreed import DAY, TERM, bill, expected, in_force, priced, schedule, service, version
from tests.payments.kit import PROPERTY

PRICES = schedule({"99213": 100_00, "97110": 30_00, "97140": 28_00, "97530": 40_00, "72148": 300_00, "72148|26": 90_00})


def test_percent_of_a_schedule() -> None:
    """$100.00 at 115 % is $115.00."""
    body = version(TERM | {"percent": "115"})
    [one] = priced(body, bill(service()), PRICES)
    assert (one.expected_cents, one.term, one.contract_id, one.version) == (115_00, "all", "acme", 1)
    said = " | ".join(step.says for step in one.steps)
    for fact in ("contract acme, version 1", "Amendment 3, exhibit B", "schedule base, 99213: $100.00 a unit", "115 %"):
        assert fact in said


def test_a_cent_is_rounded_half_up_by_unit() -> None:
    """$0.33 at 50 % is 16.5 cents: 17 a unit, and 51 for three."""
    assert expected(version(TERM | {"percent": "50"}), bill(service(units="3")), schedule({"99213": 33})) == {(1,): 51}


@pytest.mark.parametrize(("units", "cents"), [("2.5", 250_00), (None, 100_00), ("7", 500_00)])
def test_units_and_their_limit(units: str | None, cents: int) -> None:
    assert expected(version(TERM | {"units_most": 5}), bill(service(units=units)), PRICES) == {(1,): cents}


def test_a_fixed_fee_for_each_unit_or_once() -> None:
    each = {"id": "visit", "method": "fixed_fee", "fee_cents": 75_00}
    assert expected(version(each), bill(service(units="2"))) == {(1,): 150_00}
    assert expected(version(each | {"units": "once"}), bill(service(units="2"))) == {(1,): 75_00}


def test_percent_of_charge() -> None:
    """62.5 % of $200.00 is $125.00."""
    term = {"id": "charges", "method": "percent_of_charge", "percent": "62.5"}
    assert expected(version(term), bill(service())) == {(1,): 125_00}


@pytest.mark.parametrize(("charge", "cents"), [(90_00, 90_00), (100_00, 100_00), (200_00, 100_00)])
def test_the_lesser_of_charge_and_schedule(charge: int, cents: int) -> None:
    lesser = {"id": "lesser", "method": "lesser_of", "of": ["charge", "fee"]}
    body = version(lesser, TERM | {"id": "fee", "part": True})
    [one] = priced(body, bill(service(charge_cents=charge)), PRICES)
    assert one.expected_cents == cents
    assert any("of charge" in step.says and step.cents == cents for step in one.steps)


def test_the_greater_of_two_schedules() -> None:
    greater = {"id": "greater", "method": "greater_of", "of": ["fee", "floor"]}
    floor = {"id": "floor", "method": "fixed_fee", "fee_cents": 110_00, "part": True}
    assert expected(version(greater, TERM | {"id": "fee", "part": True}, floor), bill(service()), PRICES) == {
        (1,): 110_00
    }


CASE = {"id": "case", "method": "case_rate"}
ROOM = service("", number=1, units="3", charge_cents=9_000_00, revenue_code="0120", place="")
DRUGS = service("", number=2, units="10", charge_cents=1_000_00, revenue_code="0250", place="")


def stay(*services: Any, **changes: Any) -> Any:
    changes = {"claim_type": "I", "drg": "470", "service_to": date(2026, 6, 4)} | changes
    return bill(*(services or (ROOM, DRUGS)), **changes)


def test_a_case_rate_by_drg_is_of_the_bill() -> None:
    assert expected(version(CASE | {"rates": {"470": 12_000_00}}), stay()) == {(1, 2): 12_000_00}


def test_a_base_rate_times_the_drgs_weight() -> None:
    """$6,000.00 times 1.9005 is $11,403.00."""
    assert expected(version(CASE | {"base_cents": 6_000_00, "weights": {"470": "1.9005"}}), stay()) == {
        (1, 2): 11_403_00
    }


@pytest.mark.parametrize(("of", "cents"), [("excess", 12_000_00 + 1_000_00), ("total", 5_000_00)])
def test_stop_loss_above_its_threshold(of: str, cents: int) -> None:
    """$10,000.00 are charged, $2,000.00 of them above the threshold; 50 %."""
    limit = {"threshold_cents": 8_000_00, "percent": "50", "of": of}
    assert expected(version(CASE | {"rates": {"470": 12_000_00}, "stop_loss": limit}), stay()) == {(1, 2): cents}
    calm = stay(ROOM._replace(charge_cents=7_000_00))
    assert expected(version(CASE | {"rates": {"470": 12_000_00}, "stop_loss": limit}), calm) == {(1,): 12_000_00}


DAILY = {
    "id": "daily",
    "method": "per_diem",
    "rates": [{"from_day": 1, "rate_cents": 2_000_00}, {"from_day": 3, "rate_cents": 1_500_00}],
    "days": "units",
    "day_revenue_codes": ["011*", "012*"],
}


def test_per_diem_by_units_with_a_lower_rate_later() -> None:
    """Two days at $2,000.00 and one at $1,500.00."""
    assert expected(version(DAILY), stay()) == {(1, 2): 5_500_00}


def test_per_diem_by_dates_does_not_count_the_day_of_discharge() -> None:
    by_dates = {name: value for name, value in DAILY.items() if name != "day_revenue_codes"} | {"days": "dates"}
    assert expected(version(by_dates), stay(service_to=date(2026, 6, 6))) == {(1, 2): 8_500_00}
    assert expected(version(by_dates), stay(service_to=DAY)) == {(1, 2): 2_000_00}


def test_what_is_carved_out_is_priced_beside_the_rate_of_the_bill() -> None:
    implants = {
        "id": "implants",
        "method": "percent_of_charge",
        "percent": "40",
        "select": {"revenue_codes": ["0270-0279"]},
    }
    implant = service("", number=3, charge_cents=5_000_00, revenue_code="0278", place="")
    body = version(implants, CASE | {"rates": {"470": 12_000_00}})
    assert expected(body, stay(ROOM, DRUGS, implant)) == {(1, 2): 12_000_00, (3,): 2_000_00}


THERAPY = {"id": "therapy", "select": {"procedures": ["97000-97799"]}, "percents": ["100", "50", "25"]}


def test_several_procedures_of_a_day_are_ranked_by_their_fee() -> None:
    """$40.00 in full, $30.00 at half, $28.00 at a quarter; what another day has is ranked alone."""
    lines = bill(
        service("97140", number=1),
        service("97530", number=2),
        service("97110", number=3),
        service("99213", number=4),
        service("97110", number=5, on=date(2026, 6, 2)),
    )
    body = version(TERM, reductions=[THERAPY])
    assert expected(body, lines, PRICES) == {(1,): 7_00, (2,): 40_00, (3,): 15_00, (4,): 100_00, (5,): 30_00}


def test_every_unit_can_have_a_rank_of_its_own() -> None:
    """$40.00 in full, then two units of $30.00 at half: $30.00."""
    lines = bill(service("97110", number=1, units="2"), service("97530", number=2))
    body = version(TERM, reductions=[THERAPY | {"percents": ["100", "50"], "each_unit": True}])
    assert expected(body, lines, PRICES) == {(1,): 30_00, (2,): 40_00}


def test_a_rank_beside_a_line_without_a_fee_cannot_be_said() -> None:
    lines = bill(service("97110", number=1), service("97999", number=2), service("99213", number=3))
    body = version(TERM, reductions=[THERAPY | {"select": {"procedures": ["97000-97999"]}}])
    assert expected(body, lines, PRICES) == {(1,): "rank_unknown", (2,): "no_price", (3,): 100_00}


def test_the_lesser_of_comes_after_the_reduction() -> None:
    """Half of $30.00 is less than the charge of $20.00."""
    lesser = {"id": "lesser", "method": "lesser_of", "of": ["charge", "fee"]}
    body = version(lesser, TERM | {"id": "fee", "part": True}, reductions=[THERAPY])
    lines = bill(service("97110", number=1, charge_cents=20_00), service("97530", number=2, charge_cents=20_00))
    assert expected(body, lines, PRICES) == {(1,): 15_00, (2,): 20_00}


MODIFIERS = [
    {"modifiers": ["26"], "percent": "40"},
    {"modifiers": ["80", "82"], "percent": "16"},
    {"modifiers": ["50"], "percent": "150"},
    {"modifiers": ["22"], "percent": None},
]


@pytest.mark.parametrize(
    ("modifiers", "said"),
    [
        ((), 300_00),
        (("26",), 90_00),  # the schedule's own price of it
        (("80",), 48_00),
        (("50",), 450_00),
        (("50", "80"), 72_00),
        (("26", "80"), 14_40),
        (("22",), "by_report"),
        (("59",), 300_00),
    ],
)
def test_modifiers(modifiers: tuple[str, ...], said: object) -> None:
    assert expected(version(TERM, modifiers=MODIFIERS), bill(service("72148", *modifiers)), PRICES) == {(1,): said}


@pytest.mark.parametrize(("place", "said"), [("11", 100_00), ("22", 70_00), ("", "no_price")])
def test_where_it_was_rendered(place: str, said: object) -> None:
    prices = schedule({"99213||facility": 70_00, "99213||nonfacility": 100_00})
    assert expected(version(), bill(service(place=place), place_of_service=""), prices) == {(1,): said}


def test_a_contract_may_say_itself_what_a_facility_is() -> None:
    prices = schedule({"99213||facility": 70_00, "99213||nonfacility": 100_00})
    assert expected(version(facility_places=["11"]), bill(service()), prices) == {(1,): 70_00}


CANNOT: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no such payer": ({"scope": {"payer_ids": ["other"]}}, {}, "no_contract"),
    "before the first day": ({"valid_from": "2026-06-02"}, {}, "no_version"),
    "after the last day": ({"valid_to": "2026-05-31"}, {}, "no_version"),
    "another plan": ({"scope": {"payer_ids": ["1999999999"], "plans": ["HM"]}}, {}, "not_in_scope"),
    "another provider": ({"scope": {"payer_ids": ["1999999999"], "billing_npis": ["1999999984"]}}, {}, "not_in_scope"),
    "another place": ({"scope": {"payer_ids": ["1999999999"], "places_of_service": ["21"]}}, {}, "not_in_scope"),
    "no term": ({"terms": [TERM | {"select": {"procedures": ["7*"]}}]}, {}, "no_term"),
    "not in the schedule": ({}, {"procedure": "99999"}, "no_price"),
    "a price of nothing": ({}, {"procedure": "A0001"}, "no_price"),
    "not covered": ({"terms": [{"id": "no", "method": "no_price", "because": "not_covered"}]}, {}, "not_covered"),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_said_is_never_nothing(name: str) -> None:
    changes, line, because = CANNOT[name]
    prices = schedule({"99213": 100_00, "A0001": 0})
    [one] = priced(version(**changes), bill(service(**line)), prices)
    assert (one.expected_cents, one.because) == (None, because)
    assert one.steps


@pytest.mark.parametrize("drg", ["", "871"])
def test_a_drg_without_a_rate_cannot_be_said(drg: str) -> None:
    assert expected(version(CASE | {"rates": {"470": 1_00}}), stay(drg=drg)) == {
        (1, 2): "no_price" if drg else "no_drg"
    }


def test_the_narrower_contract_decides_and_two_alike_cannot_be_told_apart() -> None:
    wide = in_force(version(TERM), "wide")
    narrow = in_force(
        version(TERM | {"percent": "120"}, scope={"payer_ids": ["1999999999"], "plans": ["12"]}), "narrow"
    )
    assert expected([wide, narrow], bill(service()), PRICES) == {(1,): 120_00}
    assert expected([wide, in_force(version(TERM), "twin")], bill(service()), PRICES) == {(1,): "several_contracts"}


def test_each_line_has_the_version_of_its_day() -> None:
    old = in_force(version(TERM, valid_to="2026-06-01"), number=1)
    new = in_force(version(TERM | {"percent": "110"}, valid_from="2026-06-02"), number=2)
    lines = bill(service(number=1), service(number=2, on=date(2026, 6, 2)))
    assert expected([old, new], lines, PRICES) == {(1,): 100_00, (2,): 110_00}


LINES = st.lists(
    st.tuples(st.sampled_from(["97110", "97140", "97530", "99213"]), st.integers(1, 6), st.integers(1, 300_00)),
    min_size=1,
    max_size=6,
)


@PROPERTY
@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_price(lines: list[tuple[str, int, int]], chance: Any) -> None:
    body = version(
        {"id": "lesser", "method": "lesser_of", "of": ["charge", "fee"]},
        TERM | {"id": "fee", "part": True},
        reductions=[THERAPY],
    )
    made = [
        service(code, number=n, units=str(units), charge_cents=cents) for n, (code, units, cents) in enumerate(lines, 1)
    ]
    mixed = chance.sample(made, len(made))
    assert expected(body, bill(*made), PRICES) == expected(body, bill(*mixed), PRICES)


@PROPERTY
@given(LINES, st.integers(1, 500), st.integers(0, 200))
def test_a_higher_percent_never_expects_less_and_the_lesser_never_more_than_the_charge(
    lines: list[tuple[str, int, int]], percent: int, more: int
) -> None:
    made = bill(
        *(
            service(code, number=n, units=str(units), charge_cents=cents)
            for n, (code, units, cents) in enumerate(lines, 1)
        )
    )

    def total(at: int, method: str) -> int:
        choose = {"id": "choose", "method": method, "of": ["charge", "fee"]}
        body = version(choose, TERM | {"id": "fee", "part": True, "percent": str(at)}, reductions=[THERAPY])
        found = priced(body, made, PRICES)
        assert sorted(n for one in found for n in one.lines) == list(range(1, len(lines) + 1))
        return sum(one.expected_cents or 0 for one in found)

    charge = sum(cents for _, _, cents in lines)
    assert total(percent, "lesser_of") <= total(percent + more, "lesser_of") <= charge
    assert total(percent, "greater_of") >= charge
