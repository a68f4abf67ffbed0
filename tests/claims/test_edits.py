"""Edits over the customer's tables: invented codes, small invented tables."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.content import DiagnosisCode, Provider
from services.claims.core.edits_base import PastService, Reference, Restriction
from services.claims.core.fee_schedule import prices_of
from services.claims.core.rules import RuleSet
from services.claims.core.rules_judge import Book, judge
from services.claims.rulebooks import diagnosis_standing, modifier_lists
from shared.dated_table import ANY, OPEN, DatedTable, Row, contradictions, joined
from tests.claims.makers import GOOD, NPI, TODAY, content, line
from tests.claims.rule_makers import rule

DAY = date(2026, 6, 20)
START, END = date(2026, 1, 1), date(2026, 12, 31)


def table(*rows: tuple[str, str], first: date = START, last: date = END) -> DatedTable:
    return DatedTable.of(Row(key, value, first, last) for key, value in rows)


def held(reference: Reference, claim: Any = GOOD, **outside: Any) -> list[tuple[str, str]]:
    return [(one.rule, one.field) for one in judge(Book(RuleSet(), reference), claim, TODAY, **outside).judged.holds]


def lines(*changes: dict[str, Any]) -> Any:
    made = tuple(line(line_control_number=str(n), **one) for n, one in enumerate(changes, 1))
    return content(lines=made, charge_cents=sum(one.charge_cents or 0 for one in made))


def test_without_tables_nothing_is_said() -> None:
    assert held(Reference()) == []


@pytest.mark.parametrize(
    ("code", "day", "fault"),
    [
        ("J069", DAY, False),
        ("J06", DAY, True),  # the heading of longer codes
        ("J0699", DAY, True),
        ("U071", date(2019, 6, 1), True),  # in use from April 2020 on
        ("U071", date(2021, 6, 1), False),
    ],
)
def test_a_diagnosis_is_valid_on_the_day_of_service(code: str, day: date, fault: bool) -> None:
    claim = content(
        diagnoses=(DiagnosisCode(qualifier="ABK", code=code),), lines=(line(service_from=day, service_to=day),)
    )
    wanted = [("diagnosis-valid", "diagnoses[0]")] if fault else []
    assert held(Reference(standing=diagnosis_standing), claim) == wanted


def test_a_procedure_is_in_the_lists_on_its_day() -> None:
    lists = {"one": table(("99213", "y")), "two": table(("A0001", "y"), last=date(2026, 3, 31))}
    assert held(Reference(codes=lists)) == []
    assert held(Reference(codes=lists), lines({"procedure": "A0001"})) == [("procedure-valid", "lines[0].procedure")]
    assert held(Reference(codes=lists), lines({"procedure": "Z9999"})) == [("procedure-valid", "lines[0].procedure")]


PAIR = lines({"procedure": "A0001"}, {"procedure": "A0002"})


@pytest.mark.parametrize(
    ("indicator", "modifiers", "fault"),
    [
        ("0", (), True),
        ("0", ("59",), True),
        ("1", (), True),
        ("1", ("XS",), False),
        ("1", ("26",), True),
        ("9", (), False),
    ],
)
def test_bundled_pairs_by_modifier_indicator(indicator: str, modifiers: tuple[str, ...], fault: bool) -> None:
    claim = lines({"procedure": "A0001"}, {"procedure": "A0002", "modifiers": modifiers})
    reference = Reference(ptp=table((joined("A0001", "A0002"), indicator)), bypass=modifier_lists()["bypass"])
    assert held(reference, claim) == ([("ncci-pair", "lines[1].procedure")] if fault else [])


def test_a_pair_needs_one_day_one_provider_and_a_row_in_force() -> None:
    reference = Reference(ptp=table((joined("A0001", "A0002"), "0")))
    assert held(reference, PAIR) == [("ncci-pair", "lines[1].procedure")]
    assert held(reference, lines({"procedure": "A0002"}, {"procedure": "A0001"})) == [
        ("ncci-pair", "lines[0].procedure")
    ]
    apart = lines({"procedure": "A0001"}, {"procedure": "A0002", "service_from": date(2026, 6, 21)})
    assert held(reference, apart) == []
    other = Provider(npi="1000000004")
    assert held(reference, lines({"procedure": "A0001"}, {"procedure": "A0002", "rendering": other})) == []
    over = Reference(ptp=table((joined("A0001", "A0002"), "0"), last=date(2026, 3, 31)))
    assert held(over, PAIR) == []


@pytest.mark.parametrize(
    ("mai", "units", "expected"),
    [
        ("1", (3, 3), []),
        ("1", (4, 1), ["mue-line"]),
        ("2", (2, 1), []),
        ("2", (2, 2), ["mue-day-policy"]),
        ("3", (2, 2), ["mue-day-clinical"]),
    ],
)
def test_unlikely_units_by_adjudication_indicator(mai: str, units: Iterable[int], expected: list[str]) -> None:
    claim = lines(*({"procedure": "A0001", "units": Decimal(one)} for one in units))
    assert [one for one, _ in held(Reference(mue=table(("A0001", f"3/{mai}"))), claim)] == expected


def test_only_what_policy_allows_may_be_overruled() -> None:
    claim = lines({"procedure": "A0001", "units": Decimal(9)})
    for mai, may in (("1", True), ("2", False), ("3", True)):
        judged = judge(Book(RuleSet(), Reference(mue=table(("A0001", f"3/{mai}")))), claim, TODAY).judged
        assert bool(judged.waivable) is may


def test_visits_in_a_global_period() -> None:
    reference = Reference(
        global_days=table(("S0090", "90/N"), ("V0001", "0/Y")), unrelated=modifier_lists()["unrelated"]
    )
    visit = {"procedure": "V0001", "service_from": date(2026, 6, 20)}
    operation = {"procedure": "S0090", "service_from": date(2026, 5, 1)}
    assert held(reference, lines(operation, visit)) == [("global-days", "lines[1].procedure")]
    assert held(reference, lines(operation, {**visit, "modifiers": ("24",)})) == []
    assert held(reference, lines({**operation, "service_from": date(2026, 3, 1)}, visit)) == []
    earlier = (PastService("S0090", date(2026, 5, 1), Decimal(1), NPI),)
    assert held(reference, lines(visit), past=earlier) == [("global-days", "lines[0].procedure")]
    assert held(reference, lines(visit), past=(earlier[0]._replace(npi="1000000004"),)) == []


def test_limits_of_a_payer_by_line_day_claim_and_period() -> None:
    limits = table(
        (joined("PAYER1", "A0001", "day"), "2"),
        (joined(ANY, "A0001", "claim"), "3"),
        (joined(ANY, "A0002", "period"), "2/30"),
    )
    reference = Reference(limits=limits)
    two, other_day = {"procedure": "A0001", "units": Decimal(2)}, {"service_from": date(2026, 6, 21)}
    assert held(reference, lines(two)) == []
    assert held(reference, lines(two, {**two, **other_day})) == [("unit-limit", "lines[1].units")]
    assert held(reference, lines({**two, "units": Decimal(3)})) == [("unit-limit", "lines[0].units")]
    visit = lines({"procedure": "A0002"})
    before = tuple(PastService("A0002", day, Decimal(1), NPI) for day in (date(2026, 5, 22), date(2026, 6, 1)))
    assert held(reference, visit, past=before) == [("frequency-limit", "lines[0].procedure")]
    assert held(reference, visit, past=before[1:]) == []


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([(joined(NPI, "PAYER1"), "active")], False),
        ([(joined(NPI, ANY), "active")], False),
        ([(joined(NPI, "PAYER1"), "pending")], True),
        ([(joined(NPI, "PAYER2"), "active")], True),
    ],
)
def test_a_provider_is_under_contract_on_the_day(rows: list[tuple[str, str]], fault: bool) -> None:
    assert held(Reference(credentialing=table(*rows))) == ([("credentialing", "billing.npi")] if fault else [])


def test_a_contract_that_ended_holds() -> None:
    ended = Reference(credentialing=table((joined(NPI, "PAYER1"), "active"), last=date(2026, 6, 19)))
    assert held(ended) == [("credentialing", "billing.npi")]


def test_what_the_patient_paid_and_restricted_does_not_go_to_the_plan() -> None:
    of_day = Restriction(DAY, DAY)
    assert held(Reference(), restrictions=(of_day,)) == [("self-pay-restriction", "lines[0]")]
    assert held(Reference(), restrictions=(of_day._replace(procedures=frozenset({"J1234"})),)) == []
    assert held(Reference(), restrictions=(Restriction(date(2026, 6, 1), date(2026, 6, 19)),)) == []
    judged = judge(Book(), GOOD, TODAY, (of_day,)).judged
    assert judged.waivable == ()


def test_a_schedules_price_is_the_payers_own_with_its_modifier_first() -> None:
    fees = table(
        (joined(ANY, "99213", ""), "10000"),
        (joined("PAYER1", "99213", ""), "9000"),
        (joined("PAYER1", "99213", "26"), "4000"),
    )
    price = prices_of({"usual": fees})
    assert price("usual", line(), GOOD) == 90_00
    assert price("usual", line(modifiers=("26",)), GOOD) == 40_00
    assert price("usual", line(), content(payer_id="OTHER")) == 100_00
    assert price("usual", line(procedure="A0001"), GOOD) is None
    assert price("other", line(), GOOD) is None
    assert price("usual", line(service_from=date(2025, 1, 1)), GOOD) is None


def test_rules_come_before_tables() -> None:
    recode = rule({"field": "line.procedure", "is": "99213"}, {"set": "line.procedure", "to": "A0001"}, each="line")
    book = Book(RuleSet([recode]), Reference(codes={"one": table(("A0001", "y"))}))
    outcome = judge(book, GOOD, TODAY)
    assert outcome.content.lines[0].procedure == "A0001"
    assert not outcome.judged.holds


DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@st.composite
def table_rows(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Row:
    first, last = sorted((draw(DAYS), draw(DAYS | st.just(OPEN))))
    key = draw(st.sampled_from(["A", "A0001", "A0001|B", "B", "ZZZZZZZ"]))
    return Row(key, draw(st.sampled_from(["", "1", "12/3"])), first, last)


@given(st.lists(table_rows(), max_size=30), DAYS)
def test_a_packed_table_says_what_its_rows_say(given_rows: list[Row], day: date) -> None:
    packed = DatedTable.load(DatedTable.of(given_rows).dump())
    assert len(packed) == len(given_rows)
    for key in {row.key for row in given_rows} | {"nowhere", ""}:
        in_force = [row for row in given_rows if row.key == key and row.first <= day <= row.last]
        value = packed.at(key, day)
        latest = max((row.first for row in in_force), default=None)
        assert (value in {row.value for row in in_force if row.first == latest}) if in_force else value is None


def test_rows_that_contradict_each_other_are_found() -> None:
    first = Row("A", "1", START, END)
    numbered = [(2, first), (3, first._replace(value="2")), (4, first._replace(key="B")), (5, first)]
    assert dict(contradictions(numbered)) == {3: 2}
