"""Rules as data: what each condition and action means, what is refused, and that a rule cannot do harm."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.claims.core.content import DrugCode
from services.claims.core.rules import PASSES_MAX, UNSETTLED, RuleSet, circles, evaluate
from services.claims.core.rules_document import RuleRefusedError, read_rule
from services.claims.core.rules_pattern import matches
from tests.claims.makers import GOOD, TODAY, content, line
from tests.claims.rule_makers import HOLD, document, holds, judge, rule

TWO = content(
    charge_cents=325_00,
    lines=(line(), line(line_control_number="2", procedure="J1234", charge_cents=200_00, units=Decimal(4))),
)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"field": "payer_id", "is": "PAYER1"}, True),
        ({"field": "payer_id", "is_not": "PAYER1"}, False),
        ({"field": "payer_id", "in": ["PAYER2", "PAYER1"]}, True),
        ({"field": "payer_id", "not_in": ["PAYER2"]}, True),
        ({"field": "payer_id", "matches": "PAY*#"}, True),
        ({"field": "payer_id", "not_matches": ["X*", "Y*"]}, True),
        ({"field": "charge_cents", "above": 325_00}, False),
        ({"field": "charge_cents", "at_least": 325_00}, True),
        ({"field": "charge_cents", "at_most": 324_99}, False),
        ({"field": "service_from", "below": "2026-06-21"}, True),
        ({"field": "service_from", "below": {"field": "received_on"}}, True),
        ({"field": "diagnoses.code", "has": ["J069", "Z00"]}, True),
        ({"field": "diagnoses.code", "lacks": "J069"}, False),
        ({"field": "diagnoses.code", "matches": "J##*"}, True),
        ({"field": "member_known", "is": True}, True),
        ({"size": "diagnoses.code", "is": 1}, True),
        ({"days": {"from": "service_from", "to": "received_on"}, "is": 11}, True),
        ({"sum": "charge_cents", "is": {"field": "charge_cents"}}, True),
        ({"sum": "units", "where": {"field": "line.procedure", "is": "J1234"}, "is": 4}, True),
        ({"count": "lines", "is": 2}, True),
        ({"count": {"field": "line.procedure", "matches": "J####"}, "is": 1}, True),
        ({"times": [{"count": "lines"}, 3], "is": 6}, True),
        ({"minus": [{"field": "charge_cents"}, {"sum": "charge_cents"}], "is": 0}, True),
        ({"divide": [{"field": "charge_cents"}, {"count": "lines"}], "is": 16250}, True),
        ({"any_line": {"field": "line.procedure", "is": "J1234"}}, True),
        ({"every_line": {"field": "line.units", "above": 1}}, False),
        ({"no_line": {"field": "line.emergency", "is": True}}, True),
        ({"all": [{"count": "lines", "is": 2}, {"field": "payer_id", "is": "OTHER"}]}, False),
        ({"any": [{"count": "lines", "is": 9}, {"field": "payer_id", "is": "PAYER1"}]}, True),
        ({"not": {"field": "payer_id", "exists": True}}, False),
    ],
)
def test_what_a_condition_means(when: dict[str, Any], expected: bool) -> None:
    assert holds(when, TWO) is expected


@pytest.mark.parametrize("comparison", [{"is": "2026-01-01"}, {"above": "2000-01-01"}, {"below": "2100-01-01"}])
def test_what_is_absent_answers_no_question(comparison: dict[str, Any]) -> None:
    assert not holds({"field": "accident_date", **comparison})
    assert holds({"field": "accident_date", "exists": False})
    assert holds({"field": "accident_date", "is_not": "2026-01-01"})
    assert not holds({"field": "rendering.npi", "is": "1234567893"})
    assert holds({"any_line": {"field": "line.drug.ndc", "exists": False}})
    assert not holds({"divide": [{"field": "patient_paid_cents"}, 2], "above": 0})


def test_if_else_if_else_takes_the_first_that_holds() -> None:
    branches = [
        {"when": {"field": "charge_cents", "above": 1000_00}, "then": [{"tag": "large"}]},
        {"when": {"field": "charge_cents", "above": 100_00}, "then": [{"tag": "middling"}]},
        {"then": [{"tag": "small"}]},
    ]
    judged = judge(read_rule({**document(), "branch": branches})).judged
    assert judged.tags == ("middling",)


def test_a_rule_for_each_line_names_the_line() -> None:
    found = judge(rule({"field": "line.procedure", "is": "J1234"}, {**HOLD, "at": "line.drug"}, each="line"), claim=TWO)
    (hold,) = found.judged.holds
    assert (hold.field, hold.message) == ("lines[1].drug", HOLD["hold"])


def test_another_line_is_looked_for_beside_the_line_at_hand() -> None:
    same = {"any_other_line": {"field": "other.procedure", "is": {"field": "line.procedure"}}}
    twice = content(lines=(line(), line()))
    assert len(judge(rule(same, each="line"), claim=twice).judged.holds) == 2
    assert not judge(rule(same, each="line"), claim=TWO).judged.holds


def test_setting_a_field_and_explaining_it() -> None:
    found = judge(rule({"field": "facility_code", "is": "11"}, {"set": "facility_code", "to": "22"}))
    assert found.content.facility_code == "22"
    (explained,) = found.judged.explained
    assert (explained.rule, explained.version, explained.did, explained.at) == ("a-rule", 1, "set", "facility_code")
    assert explained.values == (("facility_code", "11"),)


def test_an_explanation_shows_no_diagnosis_and_no_control_number() -> None:
    when = {
        "all": [{"field": "diagnoses.code", "has": "J069"}, {"field": "patient_control_number", "exists": True}],
    }
    (explained,) = judge(rule(when)).judged.explained
    assert explained.values == (("diagnoses.code", "present"), ("patient_control_number", "present"))


def test_the_claims_charge_follows_its_lines_and_a_wrong_sum_stays_wrong() -> None:
    double = rule(None, {"set": "line.charge_cents", "to": 200_00}, each="line")
    assert judge(double).content.charge_cents == 200_00
    wrong = content(charge_cents=126_00)
    assert judge(double, claim=wrong).content.charge_cents == 201_00


def test_adding_and_removing() -> None:
    added = judge(rule(None, {"add": "line.modifiers", "value": "25"}, each="line"))
    assert added.content.lines[0].modifiers == ("25",)
    removed = judge(rule(None, {"remove": "line.modifiers", "value": "25"}, each="line"), claim=added.content)
    assert removed.content.lines[0].modifiers == ()
    diagnosed = judge(rule(None, {"add": "diagnoses", "value": "Z00.00"}))
    assert [one.code for one in diagnosed.content.diagnoses] == ["J069", "Z0000"]
    without = judge(rule({"field": "line.procedure", "is": "J1234"}, {"remove": "line"}, each="line"), claim=TWO)
    assert [one.procedure for one in without.content.lines] == ["99213"]
    assert without.content.charge_cents == 125_00


def test_a_line_is_added_once() -> None:
    when = {"no_line": {"field": "line.procedure", "is": "J9999"}}
    found = judge(rule(when, {"add_line": {"procedure": "J9999", "charge_cents": 5_00, "units": 2}}))
    assert [one.procedure for one in found.content.lines] == ["99213", "J9999"]
    assert found.content.charge_cents == 130_00
    assert found.content.lines[1].service_from == GOOD.lines[0].service_from
    assert not found.judged.holds


def test_pricing_takes_the_schedule_times_the_units() -> None:
    priced = rule({"field": "line.procedure", "matches": "J####"}, {"price": "usual"}, each="line")
    found = judge(priced, claim=TWO, prices=lambda name, one, _: 33_00 if name == "usual" else None)
    assert [one.charge_cents for one in found.content.lines] == [125_00, 132_00]
    assert found.content.charge_cents == 257_00


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (rule({"divide": [{"field": "charge_cents"}, {"minus": [1, 1]}], "above": 0}), "divides by zero"),
        (rule(None, {"set": "line.units", "to": {"divide": [5, {"size": "tags"}]}}, each="line"), "divides by zero"),
        (rule(None, {"price": "nowhere"}, each="line"), "has no price"),
        (rule(None, {"set": "rendering.taxonomy", "to": "207Q00000X"}), "has no rendering"),
        (rule(None, {"set": "accident_date", "to": {"field": "onset_date"}}), "does not say"),
        (rule(None, {"remove": "line"}, each="line"), "last line"),
        (rule(None, {"set": "line.units", "to": {"times": [10**15] * 10}}, each="line"), None),
    ],
)
def test_an_action_that_fails_holds_the_claim_and_changes_nothing(bad: Any, says: str | None) -> None:
    found = judge(bad)
    if says is None:
        assert found.content.lines[0].units == Decimal(10) ** 150
        return
    (hold,) = found.judged.holds
    assert hold.rule == "a-rule"
    assert says in hold.message
    assert found.content == GOOD
    assert found.judged.explained[0].did == "failed"


def test_an_amount_that_no_claim_could_carry_is_a_failure() -> None:
    (hold,) = judge(rule(None, {"set": "line.charge_cents", "to": {"times": [10**15] * 10}}, each="line")).judged.holds
    assert "could not be carried out" in hold.message


def test_a_rule_that_loops_is_refused() -> None:
    double = {"set": "line.units", "to": {"times": [{"field": "line.units"}, 2]}}
    with pytest.raises(RuleRefusedError, match="set from each other without end"):
        rule(None, double, each="line")
    one = rule(None, {"set": "onset_date", "to": {"field": "accident_date"}}, id="one")
    two = rule(None, {"set": "accident_date", "to": {"field": "onset_date"}}, id="two")
    (sentence,) = circles((one, two))
    assert "one, two" in sentence
    assert "accident_date and onset_date" in sentence
    assert circles((one,)) == ()


def test_rules_that_undo_each_other_hold_the_claim() -> None:
    there = rule({"field": "facility_code", "is": "11"}, {"set": "facility_code", "to": "22"}, id="there")
    back = rule({"field": "facility_code", "is": "22"}, {"set": "facility_code", "to": "11"}, id="back")
    found = judge(there, back).judged
    assert [hold.rule for hold in found.holds] == [UNSETTLED]
    assert "back" in found.holds[0].message
    assert "there" in found.holds[0].message
    assert len(found.explained) <= 2 * PASSES_MAX + 1


def test_what_a_later_rule_sets_an_earlier_one_sees() -> None:
    needs = rule({"field": "referral_number", "exists": False}, id="needs", priority=1)
    gives = rule({"field": "payer_id", "is": "PAYER1"}, {"set": "referral_number", "to": "R1"}, id="gives", priority=2)
    found = judge(needs, gives)
    assert found.content.referral_number == "R1"
    assert not found.judged.holds


def test_work_is_bounded() -> None:
    same = {"any_other_line": {"field": "other.procedure", "is": "NONE"}}
    many = content(lines=tuple(line(line_control_number=str(n)) for n in range(999)))
    (hold,) = judge(rule(same, each="line"), claim=many).judged.holds
    assert "too many pairs of lines" in hold.message


@pytest.mark.parametrize(
    ("day", "payer", "in_force"),
    [
        (date(2026, 1, 31), "PAYER1", False),
        (date(2026, 2, 1), "PAYER1", True),
        (date(2026, 6, 30), "PAYER1", True),
        (date(2026, 7, 1), "PAYER1", False),
        (date(2026, 3, 1), "PAYER2", False),
    ],
)
def test_a_rule_holds_for_its_payers_between_its_days(day: date, payer: str, in_force: bool) -> None:
    dated = rule(None, valid_from="2026-02-01", valid_to=date(2026, 6, 30), payers=["PAYER1"])
    claim = content(payer_id=payer, lines=(line(service_from=day, service_to=day),))
    assert bool(judge(dated, claim=claim).judged.holds) is in_force


def test_a_rule_for_another_kind_of_claim_does_not_concern_this_one() -> None:
    assert not judge(rule(None, claim_types=["dental"])).judged.holds
    assert judge(rule(None, claim_types=["dental", "professional"])).judged.holds


def test_a_rule_that_a_person_may_overrule_says_so() -> None:
    assert judge(rule(None, waivable=True)).judged.waivable == ("a-rule",)
    assert judge(rule(None)).judged.waivable == ()


BAD_CONDITIONS: list[tuple[Any, str]] = [
    ({"field": "no_such_field", "is": "X"}, "there is no field 'no_such_field'"),
    ({"field": "npi", "is": "X"}, "did you mean billing.npi"),
    ({"field": "line.procedure", "is": "X"}, 'needs each = "line"'),
    ({"field": "charge_cents", "is": "many"}, "'many' is no whole cents"),
    ({"field": "charge_cents", "is": True}, "is no whole cents"),
    ({"field": "accident_date", "above": "someday"}, "is no date"),
    ({"field": "payer_id", "above": "A"}, "not a text"),
    ({"field": "diagnoses.code", "is": "J069"}, "use has or lacks"),
    ({"field": "payer_id", "has": "A"}, "only a list has values"),
    ({"field": "charge_cents", "above": {"field": "payer_id"}}, "cannot be compared"),
    ({"field": "payer_id"}, "compare one of"),
    ({"field": "payer_id", "is": "A", "is_not": "B"}, "compare one of"),
    ({"field": "payer_id", "resembles": "A"}, "unknown words: resembles"),
    ({"field": "payer_id", "matches": ""}, "matches nothing"),
    ({"all": []}, "takes a list of conditions"),
    ({"divide": [1], "above": 0}, "2 to 10 values"),
    ({"plus": [1, {"field": "payer_id"}], "above": 0}, "not a text"),
    ({"days": {"from": "payer_id", "to": "received_on"}, "above": 1}, "between two date fields"),
    ("always", "is no condition"),
    ({"any_other_line": {"field": "other.procedure", "is": "X"}}, "has other lines"),
    ({"field": "charge_cents", "in": list(range(5001))}, "1 to 5000 values"),
]


@pytest.mark.parametrize(("when", "says"), BAD_CONDITIONS)
def test_a_condition_that_means_nothing_is_refused_with_its_place(when: Any, says: str) -> None:
    bad = document()
    bad["branch"][0]["when"] = when
    with pytest.raises(RuleRefusedError) as refused:
        read_rule(bad)
    assert any(says in fault and fault.startswith("branch 1, when") for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ({"hold": "no"}, "10 to 300 characters"),
        ({"hold": "A sentence long enough.", "at": "nowhere"}, "names no field"),
        ({"set": "patient_control_number", "to": "X"}, "no field that a rule may change"),
        ({"set": "charge_cents", "to": 1}, "no field that a rule may change"),
        ({"set": "facility_code", "to": 11}, "is no text"),
        ({"set": "facility_code"}, "say what to set it to"),
        ({"set": "related_causes", "to": "AA"}, "add to it or remove from it"),
        ({"add": "facility_code", "value": "11"}, "set it"),
        ({"remove": "line"}, 'needs each = "line"'),
        ({"price": "usual"}, 'needs each = "line"'),
        ({"set": "line.units", "to": 1}, 'needs each = "line"'),
        ({"tag": ""}, "1 to 40 characters"),
        ({"explode": True}, "name exactly one of"),
        ({"hold": "A sentence long enough.", "loudly": True}, "unknown words: loudly"),
        ({"add_line": {"charge_cents": 1}}, "give procedure"),
    ],
)
def test_an_action_that_cannot_be_is_refused_with_its_place(action: dict[str, Any], says: str) -> None:
    with pytest.raises(RuleRefusedError) as refused:
        rule(None, action)
    assert any(says in fault and fault.startswith("branch 1, then 1") for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "A"}, "id: "),
        ({"title": ""}, "title: "),
        ({"source": ""}, "source: "),
        ({"owner": ""}, "owner: "),
        ({"valid_from": "soon"}, "valid_from: "),
        ({"valid_to": "1999-01-01"}, "valid_to: lies before"),
        ({"priority": 1001}, "priority: "),
        ({"waivable": "yes"}, "waivable: "),
        ({"claim_types": ["veterinary"]}, "claim_types: "),
        ({"payers": "PAYER1"}, "payers: "),
        ({"branch": []}, "branch: "),
        ({"each": "diagnosis"}, "each: "),
        ({"importance": 1}, "unknown words: importance"),
        ({"branch": [{"then": [HOLD]}, {"then": [HOLD]}]}, "only the last branch may go without when"),
    ],
)
def test_a_document_that_is_no_rule_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RuleRefusedError) as refused:
        read_rule({**document(), **changes})
    assert any(says in fault for fault in refused.value.faults)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(RuleRefusedError) as refused:
        read_rule({**document({"field": "nowhere", "is": 1}, {"explode": 1}), "owner": "", "priority": -1})
    assert len(refused.value.faults) == 4


def test_depth_and_length_are_bounded() -> None:
    deep: dict[str, Any] = {"field": "payer_id", "is": "A"}
    for _ in range(20):
        deep = {"not": deep}
    with pytest.raises(RuleRefusedError, match="deep"):
        rule(deep)
    with pytest.raises(RuleRefusedError, match="split it"):
        rule({"any": [{"field": "payer_id", "is": "A"}] * 400})


def test_the_id_of_a_check_of_the_program_is_taken() -> None:
    with pytest.raises(RuleRefusedError, match="take another"):
        read_rule(document(), reserved=frozenset({"a-rule"}))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("J####", "J1234", True),
        ("J####", "J12345", False),
        ("@@*", "AB", True),
        ("*9", "129", True),
        ("*9", "128", False),
        ("a*b*c", "aXbXbXc", True),
        ("?", "", False),
        ("*", "", True),
        ("*a*a*a*a*a*a*a*a*a*b", "a" * 80, False),
    ],
)
def test_patterns(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_a_drug_is_read_through_its_line() -> None:
    given = line(drug=DrugCode(ndc="00002751001"))
    assert holds({"any_line": {"field": "line.drug.ndc", "matches": "###########"}}, content(lines=(given,)))


def test_without_a_rule_in_force_nothing_is_said_and_nothing_made() -> None:
    found = evaluate(RuleSet(), GOOD, TODAY)
    assert found.content is GOOD
    assert not found.judged.explained
