"""Properties of rules: the same order always, twice is once, and no document and no claim makes them raise."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.content import ClaimContent, ContentLine, DiagnosisCode
from services.claims.core.rules import UNSETTLED, Rule, RuleSet, evaluate
from services.claims.core.rules_document import RuleRefusedError, read_rule
from services.claims.core.rules_fields import fields
from tests.claims.makers import GOOD, LINE, TODAY
from tests.claims.rule_makers import HOLD, document

Drawn = Callable[[st.SearchStrategy[Any]], Any]
CODES = st.sampled_from(["", "99213", "J1234", "A", "11", "25"])
CENTS = st.none() | st.integers(-(10**10), 10**10)
NAMES = st.sampled_from([*sorted(fields()), "nowhere", "", "line.", "tags.x"])
LITERALS = st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats() | CODES | st.dates()
COMPARATORS = st.sampled_from(
    ["is", "is_not", "above", "at_least", "below", "at_most", "in", "not_in", "has", "lacks", "exists", "matches"]
)


@st.composite
def claims(draw: Drawn) -> ClaimContent:
    """Claims with anything missing or odd that the types allow."""
    lines = tuple(_line(draw) for _ in range(draw(st.integers(0, 4))))
    diagnoses = draw(st.lists(CODES, max_size=3))
    update = {
        "lines": lines,
        "charge_cents": draw(CENTS),
        "facility_code": draw(CODES),
        "diagnoses": tuple(DiagnosisCode(qualifier="ABF", code=code) for code in diagnoses),
    }
    return GOOD.model_copy(update=update)


def _line(draw: Drawn) -> ContentLine:
    update = {
        "procedure": draw(CODES),
        "charge_cents": draw(CENTS),
        "units": draw(st.none() | st.decimals(-(10**6), 10**6, places=2)),
        "modifiers": tuple(draw(st.lists(CODES, max_size=5))),
        "service_from": draw(st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))),
    }
    return LINE.model_copy(update=update)


def _operand(draw: Drawn, depth: int = 0) -> Any:
    match draw(st.sampled_from(["field", "size", "sum", "count", "days", "arithmetic"] if depth < 2 else ["field"])):
        case "field" | "size" as name:
            return {name: draw(NAMES)}
        case "sum":
            return {"sum": draw(st.sampled_from(["charge_cents", "units", "procedure"]))}
        case "count":
            return {"count": "lines"}
        case "days":
            return {"days": {"from": "service_from", "to": "received_on"}}
        case _:
            name = draw(st.sampled_from(["plus", "minus", "times", "divide"]))
            return {name: [_operand(draw, depth + 1), draw(st.integers(-3, 3))]}


def _condition(draw: Drawn, depth: int = 0) -> Any:
    match draw(st.sampled_from(["compare", "compare", "group", "one"] if depth < 3 else ["compare"])):
        case "compare":
            right = _operand(draw) if draw(st.booleans()) else draw(LITERALS)
            return {**_operand(draw), draw(COMPARATORS): right}
        case "group":
            parts = [_condition(draw, depth + 1) for _ in range(draw(st.integers(1, 2)))]
            return {draw(st.sampled_from(["all", "any"])): parts}
        case _:
            name = draw(st.sampled_from(["not", "any_line", "every_line", "no_line", "any_other_line"]))
            return {name: _condition(draw, depth + 1)}


def _action(draw: Drawn) -> Any:
    match draw(st.sampled_from(["set", "tag", "untag", "add", "remove", "fixed"])):
        case "set":
            return {"set": draw(NAMES), "to": _operand(draw) if draw(st.booleans()) else draw(LITERALS)}
        case "tag" | "untag" as name:
            return {name: draw(st.sampled_from(["a", "b"]))}
        case "add" | "remove" as name:
            return {name: draw(NAMES), "value": draw(CODES)}
        case _:
            return draw(
                st.sampled_from([HOLD, {"remove": "line"}, {"add_line": {"procedure": "A"}}, {"price": "usual"}])
            )


@st.composite
def documents(draw: Drawn) -> dict[str, Any]:
    """What an author might write, sense or nonsense."""
    branches = [
        {"when": _condition(draw), "then": [_action(draw) for _ in range(draw(st.integers(1, 2)))]}
        for _ in range(draw(st.integers(1, 2)))
    ]
    return {
        **document(),
        "id": f"rule-{draw(st.integers(0, 9))}",
        "priority": draw(st.integers(0, 3)),
        "each": draw(st.sampled_from(["claim", "line"])),
        "branch": branches,
    }


def readable(given_documents: list[dict[str, Any]]) -> list[Rule]:
    """The rules among the documents; the others are refused, and never by another exception."""
    found: dict[str, Rule] = {}
    for one in given_documents:
        try:
            rule = read_rule(one, version=1)
        except RuleRefusedError:
            continue
        found[rule.id] = rule
    return list(found.values())


def prices(_schedule: str, line: Any, _content: ClaimContent) -> int | None:
    return 10_00 if line.procedure == "A" else None


@given(st.lists(documents(), min_size=1, max_size=3), claims())
def test_no_rule_and_no_claim_makes_it_raise(made: list[dict[str, Any]], claim: ClaimContent) -> None:
    found = evaluate(RuleSet(readable(made)), claim, TODAY, prices=prices)
    assert isinstance(found.content, ClaimContent)


SIMPLE: list[dict[str, Any]] = [
    {"when": {"field": "facility_code", "is": ""}, "then": [{"set": "facility_code", "to": "11"}]},
    {"when": {"field": "facility_code", "is": "11"}, "then": [{"tag": "office"}]},
    {"when": {"any_line": {"field": "line.units", "above": 1}}, "then": [{"tag": "many"}]},
    {"when": {"field": "charge_cents", "below": 0}, "then": [HOLD]},
    {"when": {"count": "lines", "above": 2}, "then": [{"untag": "office"}]},
    {"then": [{"add": "diagnoses", "value": "Z000"}]},
]


@st.composite
def simple_rules(draw: Drawn) -> list[Rule]:
    """Rules that make sense, some of which disagree."""
    chosen = draw(st.lists(st.integers(0, len(SIMPLE) - 1), min_size=1, max_size=6, unique=True))
    return [
        read_rule({**document(), "id": f"rule-{n}", "priority": draw(st.integers(0, 3)), "branch": [SIMPLE[n]]}, 1)
        for n in chosen
    ]


@given(simple_rules(), claims(), st.randoms(use_true_random=False))
def test_the_order_is_that_of_the_priorities_however_the_rules_come(
    rules: list[Rule], claim: ClaimContent, chance: Any
) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert evaluate(RuleSet(shuffled), claim, TODAY) == evaluate(RuleSet(rules), claim, TODAY)


@given(simple_rules(), claims())
def test_evaluating_the_result_again_says_the_same(rules: list[Rule], claim: ClaimContent) -> None:
    ruleset = RuleSet(rules)
    once = evaluate(ruleset, claim, TODAY)
    if any(hold.rule == UNSETTLED for hold in once.judged.holds):
        return
    twice = evaluate(ruleset, once.content, TODAY)
    assert twice.content == once.content
    assert twice.judged.holds == once.judged.holds
    assert evaluate(ruleset, claim, TODAY) == once


@given(claims(), st.integers(-5, 5))
def test_days_are_counted_between_dates(claim: ClaimContent, shift: int) -> None:
    first = claim.service_from
    rule = read_rule(document({"days": {"from": "service_from", "to": "received_on"}, "is": shift}))
    received = (first or TODAY) + timedelta(days=shift)
    assert bool(evaluate(RuleSet([rule]), claim, received).judged.holds) is (first is not None)


@given(claims())
def test_a_sum_is_unknown_when_a_part_of_it_is(claim: ClaimContent) -> None:
    rule = read_rule(document({"sum": "units", "at_least": -(10**14)}))
    known = all(line.units is not None for line in claim.lines)
    total = sum((line.units or Decimal(0) for line in claim.lines), Decimal(0))
    assert bool(evaluate(RuleSet([rule]), claim, TODAY).judged.holds) is (known and total >= -(10**14))
