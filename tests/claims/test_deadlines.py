"""The deadline engine: figures of the shipped policy, and what holds for every rule."""

from datetime import date, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.deadlines import (
    Asked,
    CountedFrom,
    DeadlineKind,
    DeadlineRule,
    appeal_levels,
    deadline,
    warning_days,
)
from services.claims.policies import claims_policy, deadline_rules
from shared.policy import PolicyError

SHIPPED = claims_policy().deadlines
DAYS = st.dates(date(2011, 1, 1), date(2090, 12, 31))


def asked(filing_code: str, *, payer_id: str = "P1", claim_type: str = "P", **days: date) -> Asked:
    known: dict[CountedFrom, date] = {"service_from": date(2026, 3, 1), "service_to": date(2026, 3, 4)}
    return Asked(payer_id, filing_code, {**known, **cast("dict[CountedFrom, date]", days)}, claim_type)


@pytest.mark.parametrize(
    ("kind", "level", "of", "last_day"),
    [
        ("timely_filing", 0, asked("MB"), date(2027, 3, 1)),
        ("timely_filing", 0, asked("MB", service_from=date(2028, 2, 29)), date(2029, 2, 28)),
        ("timely_filing", 0, asked("MA", claim_type="I"), date(2027, 3, 4)),
        ("timely_filing", 0, asked("CH"), date(2027, 3, 1)),
        ("timely_filing", 0, asked("BL"), date(2026, 8, 28)),
        ("timely_filing", 0, asked("FI"), date(2027, 12, 31)),
        ("timely_filing", 0, asked("MC"), date(2026, 8, 28)),
        ("timely_filing", 0, asked("CI"), date(2026, 5, 30)),
        ("timely_filing", 0, asked("ZZ"), date(2027, 3, 1)),
        ("corrected_claim", 0, asked("CI", remittance=date(2026, 5, 1)), date(2026, 7, 30)),
        ("secondary_filing", 0, asked("CI", prior_payer_remittance=date(2026, 5, 1)), date(2026, 7, 30)),
        ("appeal", 1, asked("MB", remittance=date(2026, 5, 1)), date(2026, 9, 3)),
        ("appeal", 2, asked("MB", decision=date(2026, 10, 1)), date(2027, 4, 4)),
        ("appeal", 1, asked("16", remittance=date(2026, 5, 1)), date(2026, 7, 5)),
    ],
)
def test_the_shipped_limits(kind: DeadlineKind, level: int, of: Asked, last_day: date) -> None:
    found = deadline(SHIPPED, kind, of, level)
    assert found is not None
    assert found.on == last_day
    assert found.rule.source in found.explanation
    assert found.counted_on.isoformat() in found.explanation


def test_a_contracts_own_limit_wins_and_says_from_when() -> None:
    own = deadline_rules(
        "contract.toml",
        [
            entry(id="own", payer_ids=["P1"], amount=120),
            entry(id="own-from-april", payer_ids=["P1"], amount=60, valid_from=date(2026, 4, 1)),
        ],
    )
    assert found(own, service_from=date(2026, 3, 31)) == ("own", date(2026, 7, 29))
    assert found(own, service_from=date(2026, 4, 1)) == ("own-from-april", date(2026, 5, 31))


def found(own: tuple[DeadlineRule, ...], service_from: date) -> tuple[str, date]:
    limit = deadline((*own, *SHIPPED), "timely_filing", asked("CI", service_from=service_from))
    assert limit is not None
    return limit.rule.id, limit.on


def test_a_level_that_needs_more_money_in_dispute_is_not_open() -> None:
    hearing = asked("MB", service_from=date(2026, 1, 1), decision=date(2026, 10, 1))
    assert deadline(SHIPPED, "appeal", hearing, 3, amount_cents=199_99) is None
    assert deadline(SHIPPED, "appeal", hearing, 3, amount_cents=200_00) is not None


def test_levels_are_of_one_ladder() -> None:
    assert [rule.level for rule in appeal_levels(SHIPPED, asked("MB"))] == [1, 2, 3, 4, 5]
    assert [rule.id for rule in appeal_levels(SHIPPED, asked("16"))] == ["medicare-advantage-appeal-1"]
    assert [rule.level for rule in appeal_levels(SHIPPED, asked("CI"))] == [1, 2]
    assert appeal_levels(SHIPPED, Asked("P1", "MB", {})) == ()


def test_an_assumed_limit_says_so() -> None:
    commercial = deadline(SHIPPED, "timely_filing", asked("CI"))
    medicare = deadline(SHIPPED, "timely_filing", asked("MB"))
    assert commercial is not None
    assert medicare is not None
    assert "enter the contract's own" in commercial.explanation
    assert "enter the contract's own" not in medicare.explanation


def test_what_it_counts_from_must_be_known() -> None:
    assert deadline(SHIPPED, "appeal", asked("MB"), 1) is None
    assert deadline(SHIPPED, "timely_filing", Asked("P1", "MB", {})) is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"amount": -1}, "amount"),
        ({"unit": "weeks"}, "unit"),
        ({"counted_from": "moon"}, "counted_from"),
        ({"dais": 3}, "dais"),
        ({"valid_from": "soon"}, "valid_from"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(PolicyError, match=f"entry 1 \\(own\\): {says}"):
        deadline_rules("contract.toml", [{**entry(), **wrong}])


def test_an_id_used_twice_or_a_field_that_lacks_is_named() -> None:
    with pytest.raises(PolicyError, match="own is used twice"):
        deadline_rules("contract.toml", [entry(), entry()])
    with pytest.raises(PolicyError, match="lacks source"):
        deadline_rules("contract.toml", [{name: value for name, value in entry().items() if name != "source"}])


@given(day=DAYS, amount=st.integers(0, 800), unit=st.sampled_from(["days", "business_days", "months", "years"]))
def test_a_longer_limit_never_ends_earlier_and_a_later_start_neither(day: date, amount: int, unit: str) -> None:
    amount = amount if unit in {"days", "business_days"} else amount % 40
    rule, longer = made(amount=amount, unit=unit), made(amount=amount + 1, unit=unit)
    here, there, next_day = last(rule, day), last(longer, day), last(rule, day + timedelta(days=1))
    assert day <= here < there
    assert here <= next_day


@given(day=DAYS, amount=st.integers(0, 60))
def test_a_business_day_is_no_weekend(day: date, amount: int) -> None:
    on = last(made(amount=amount + 1, unit="business_days"), day)
    assert on.weekday() < 5


@given(last_day=DAYS, before=st.lists(st.integers(0, 400)), today=DAYS)
def test_warnings_come_after_today_in_order(last_day: date, before: list[int], today: date) -> None:
    days = warning_days(last_day, before, today)
    assert list(days) == sorted(set(days))
    assert all(today < day <= last_day for day in days)


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": "own",
        "kind": "timely_filing",
        "amount": 100,
        "unit": "days",
        "counted_from": "service_from",
        "valid_from": date(2000, 1, 1),
        "source": "the contract",
        "owner": "payer contracting",
        **changes,
    }


def made(**changes: Any) -> DeadlineRule:
    return deadline_rules("contract.toml", [entry(**changes)])[0]


def last(rule: DeadlineRule, day: date) -> date:
    found = deadline([rule], "timely_filing", Asked("P1", "CI", {"service_from": day}))
    assert found is not None
    return found.on
