"""Who pays first: the rules by name, what is refused, and what holds for every set of coverages."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core.cob import KnownCoverage, MedicareBasis, Order, order_of
from services.eligibility.policies import cob_policy

DAY = date(2026, 6, 15)
POLICY = cob_policy(DAY)
AGE, DISABILITY = MedicareBasis(reason="age"), MedicareBasis(reason="disability")


def cov(name: str, kind: Any = "group", **more: Any) -> KnownCoverage:
    return KnownCoverage(coverage_id=name, kind=kind, **more)


def order(*coverages: KnownCoverage, medicare: MedicareBasis | None = None, on: date = DAY) -> Order:
    return order_of(coverages, on, cob_policy(on), medicare)


def names(made: Order) -> list[str]:
    assert made.refusals == ()
    return [one.coverage_id for one in made.placed]


def child(name: str, born: tuple[int, int, int] | None = None, **more: Any) -> KnownCoverage:
    return cov(name, relationship="child", subscriber_birth_date=date(*born) if born else None, **more)


def test_birthday_rule_month_and_day_count_and_the_year_does_not() -> None:
    made = order(child("older_in_december", (1975, 12, 1)), child("younger_in_march", (1985, 3, 4)))
    assert names(made) == ["younger_in_march", "older_in_december"]
    assert "birthday rule" in made.placed[0].because


def test_one_birthday_for_both_parents_the_longer_coverage_pays_first() -> None:
    made = order(
        child("newer", (1980, 5, 5), first=date(2024, 1, 1)), child("longer", (1982, 5, 5), first=date(2019, 1, 1))
    )
    assert names(made) == ["longer", "newer"]


def test_a_court_order_comes_before_custody_and_birthday() -> None:
    made = order(child("earlier", (1980, 1, 1)), child("ordered", (1980, 9, 9), court_ordered=True))
    assert names(made) == ["ordered", "earlier"]
    assert "court" in made.placed[0].because


def test_parents_apart_custody_tells() -> None:
    made = order(
        child("father", custody="noncustodial"),
        child("stepfather", custody="step_of_custodial"),
        child("mother", custody="custodial"),
    )
    assert names(made) == ["mother", "stepfather", "father"]


def test_own_coverage_pays_before_that_of_a_spouse() -> None:
    assert names(order(cov("spouse", relationship="spouse"), cov("own"))) == ["own", "spouse"]


def test_active_employment_pays_before_retired_and_continuation() -> None:
    made = order(cov("c", employment="cobra"), cov("r", employment="retired"), cov("a", employment="active"))
    assert names(made) == ["a", "r", "c"]


@pytest.mark.parametrize(
    ("basis", "size", "first"),
    [(AGE, 20, "plan"), (AGE, 19, "medicare"), (DISABILITY, 100, "plan"), (DISABILITY, 99, "medicare")],
)
def test_medicare_is_secondary_to_current_employment_with_an_employer_large_enough(
    basis: MedicareBasis, size: int, first: str
) -> None:
    plan = cov("plan", employment="active", employer_size=size)
    made = order(cov("medicare", "medicare"), plan, medicare=basis)
    assert names(made)[0] == first
    assert all(one.source.startswith("42 CFR 411") for one in made.placed)


def test_medicare_pays_before_a_retired_workers_plan() -> None:
    plan = cov("plan", employment="retired", employer_size=5000)
    assert names(order(plan, cov("medicare", "medicare"), medicare=AGE)) == ["medicare", "plan"]


@pytest.mark.parametrize(("on", "first"), [(date(2026, 6, 30), "plan"), (date(2026, 7, 1), "medicare")])
def test_end_stage_renal_disease_puts_any_plan_first_for_thirty_months(on: date, first: str) -> None:
    basis = MedicareBasis(reason="esrd", esrd_from=date(2024, 1, 1))
    plan = cov("plan", employment="cobra", employer_size=3)
    assert names(order(plan, cov("medicare", "medicare"), medicare=basis, on=on))[0] == first


def test_figures_are_those_of_the_service_date() -> None:
    assert (cob_policy(date(1995, 1, 1)).esrd_months, POLICY.esrd_months) == (18, 30)


def test_medicaid_is_last_and_tricare_just_before_it() -> None:
    made = order(
        cov("caid", "medicaid"), cov("tri", "tricare"), cov("own"), cov("work", "workers_comp", accident_related=True)
    )
    assert names(made) == ["work", "own", "tri", "caid"]


def test_what_does_not_pay_is_left_out_with_the_reason() -> None:
    made = order(
        cov("old", last=date(2025, 12, 31)), cov("new", first=date(2026, 7, 1)), cov("auto", "auto"), cov("own")
    )
    assert names(made) == ["own"]
    assert {one.coverage_id: one.because for one in made.left_out} == {
        "old": "ended on 2025-12-31",
        "new": "not in force before 2026-07-01",
        "auto": "pays for the accident only, which this service does not belong to",
    }


@pytest.mark.parametrize(
    ("coverages", "medicare", "said"),
    [
        ((cov("a"), cov("a")), None, "listed twice"),
        ((cov("a", first=DAY, last=date(2026, 1, 1)),), None, "before it begins"),
        ((cov("a", "medicaid"), cov("b", "medicaid")), None, "two coverages are Medicaid"),
        ((cov("a", "medicare"), cov("b", "medicare_advantage")), None, "Medicare Advantage are both in force"),
        ((child("a", court_ordered=True), child("b", court_ordered=True)), None, "ordered by a court"),
        ((child("a", (1980, 1, 1)), child("b")), None, "birthday rule"),
        ((child("a", custody="custodial"), child("b", (1980, 1, 1))), None, "custody of each"),
        ((cov("a", "medicare"), cov("b")), None, "say why the patient has Medicare"),
        ((cov("a", "medicare"), cov("b", employment="active")), AGE, "how many employees"),
        ((cov("a", "medicare"), cov("b")), AGE, "employed, retired or on continuation"),
        ((cov("a", "medicare"), cov("b")), MedicareBasis(reason="esrd"), "first month of eligibility"),
        ((cov("a"), cov("b")), None, "same claim to be first"),
    ],
)
def test_what_conflicts_or_is_missing_is_refused_with_a_sentence(
    coverages: tuple[KnownCoverage, ...], medicare: MedicareBasis | None, said: str
) -> None:
    made = order(*coverages, medicare=medicare)
    assert made.placed == ()
    assert any(said in one for one in made.refusals)


KINDS = st.sampled_from(["group", "individual", "medicare", "medicaid", "tricare", "workers_comp"])
COVERAGES = st.lists(
    st.builds(
        KnownCoverage,
        coverage_id=st.sampled_from("abcdefgh"),
        kind=KINDS,
        relationship=st.sampled_from(["self", "spouse", "child"]),
        first=st.none() | st.dates(date(2020, 1, 1), date(2027, 1, 1)),
        last=st.none() | st.dates(date(2020, 1, 1), date(2027, 1, 1)),
        subscriber_birth_date=st.none() | st.dates(date(1950, 1, 1), date(1999, 1, 1)),
        employment=st.none() | st.sampled_from(["active", "retired", "cobra"]),
        employer_size=st.none() | st.integers(0, 500),
    ),
    max_size=5,
)


@given(COVERAGES, st.sampled_from([None, AGE, DISABILITY]), st.randoms(use_true_random=False))
def test_the_order_names_each_coverage_once_and_does_not_depend_on_how_they_were_listed(
    coverages: list[KnownCoverage], medicare: MedicareBasis | None, chance: Any
) -> None:
    made = order(*coverages, medicare=medicare)
    if made.refusals:
        assert made.placed == ()
        return
    listed = [one.coverage_id for one in made.placed] + [one.coverage_id for one in made.left_out]
    assert sorted(listed) == sorted(one.coverage_id for one in coverages)
    shuffled = list(coverages)
    chance.shuffle(shuffled)
    assert order(*shuffled, medicare=medicare).placed == made.placed
    kinds = {one.coverage_id: one.kind for one in coverages}
    if any(kind == "medicaid" for kind in (kinds[one.coverage_id] for one in made.placed)):
        assert kinds[made.placed[-1].coverage_id] == "medicaid"
