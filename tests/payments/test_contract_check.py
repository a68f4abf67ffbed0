"""What is wrong with a contract is said before anybody uses it, with its place; and versions that would overlap."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from pydantic import ValidationError

from services.payments.core.contract_book import (
    BOOK_ID,
    CONTRACT_BOOK,
    ActivateContract,
    BookMessage,
    DraftContract,
    EndContract,
    ListSchedule,
    WithdrawSchedule,
)
from services.payments.core.contract_check import faults_of, gaps
from services.payments.core.contract_terms import VersionBody
from tests.payments.agreed import TERM, version
from tests.payments.kit import NAMESPACE, meta

FEE = {"id": "fee", "method": "fixed_fee", "fee_cents": 10_00, "part": True}


def choose(name: str, *of: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "lesser_of", "of": list(of)} | more


FAULTS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, str]] = {
    "ends before it begins": ([TERM], {"valid_to": "2025-12-31"}, "valid_to", "before valid_from"),
    "two terms of one id": (
        [FEE | {"part": False, "select": {"procedures": ["1"]}}, TERM | {"id": "fee"}],
        {},
        "terms.fee",
        "two terms",
    ),
    "an unknown term": ([choose("a", "charge", "b")], {}, "terms.a.of", "no term b"),
    "a part nobody names": ([TERM, FEE], {}, "terms.fee", "no term names it"),
    "itself": ([choose("a", "charge", "a")], {}, "terms.a", "a -> a"),
    "a circle": (
        [choose("a", "charge", "b"), choose("b", "charge", "c", part=True), choose("c", "charge", "a", part=True)],
        {},
        "terms.a",
        "a -> b -> c -> a",
    ),
    "too deep": (
        [
            choose("a", "charge", "b"),
            *(choose(one, "charge", other, part=True) for one, other in ("bc", "cd", "de")),
            choose("e", "charge", "fee", part=True),
            FEE,
        ],
        {},
        "terms.b.of",
        "in a row",
    ),
    "a bill's rate against a line's fee": (
        [choose("a", "fee", "case"), FEE, {"id": "case", "method": "case_rate", "rate_cents": 1, "part": True}],
        {},
        "terms.a.of",
        "whole bill",
    ),
    "never reached": ([TERM, TERM | {"id": "late"}], {}, "terms.late", "never reached"),
    "two kinds of rate": (
        [{"id": "c", "method": "case_rate", "rate_cents": 1, "rates": {"470": 1}}],
        {},
        "terms.c",
        "one of them only",
    ),
    "no kind of rate": ([{"id": "c", "method": "case_rate"}], {}, "terms.c", "one of them only"),
    "a base without weights": ([{"id": "c", "method": "case_rate", "base_cents": 1}], {}, "terms.c", "go together"),
    "days that skip the first": (
        [{"id": "d", "method": "per_diem", "days": "dates", "rates": [{"from_day": 2, "rate_cents": 1}]}],
        {},
        "terms.d.rates",
        "day 1",
    ),
    "a range that runs backwards": (
        [TERM | {"select": {"procedures": ["99213-97000"]}}],
        {},
        "terms.all.select.procedures",
        "no range",
    ),
    "wanted and not wanted": (
        [TERM | {"select": {"modifiers": ["26"], "not_modifiers": ["26"]}}],
        {},
        "terms.all.select",
        "26",
    ),
    "two rules of one modifier": (
        [TERM],
        {"modifiers": [{"modifiers": ["26"], "percent": "40"}, {"modifiers": ["26"], "percent": "50"}]},
        "modifiers.2",
        "two rules",
    ),
    "a later rank that is paid more": (
        [TERM],
        {"reductions": [{"id": "r", "select": {"procedures": ["9*"]}, "percents": ["50", "100"]}]},
        "reductions.r.percents",
        "more than an earlier",
    ),
    "everything ranked with everything": (
        [TERM],
        {"reductions": [{"id": "r", "select": {}, "percents": ["100", "50"]}]},
        "reductions.r",
        "which procedures",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_its_place_and_what_is_wrong(name: str) -> None:
    terms, changes, at, says = FAULTS[name]
    found = faults_of(version(*terms, **changes))
    assert any(fault.at == at and says in fault.says for fault in found), found


def test_a_good_contract_has_none() -> None:
    assert faults_of(version(choose("a", "charge", "fee"), FEE)) == ()


def test_thousands_of_ways_through_references_are_looked_at_once() -> None:
    layers = [[f"t{depth}{n}" for n in range(5)] for depth in range(15)]
    terms = [
        choose(name, *layers[depth + 1], part=depth > 0)
        for depth in range(14)
        for name in (layers[0][:1] if depth == 0 else layers[depth])
    ]
    leaves = [FEE | {"id": name} for name in layers[14]]
    assert any("in a row" in fault.says for fault in faults_of(version(*terms, *leaves)))


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": []},
        {"terms": [TERM | {"percent": "-5"}]},
        {"terms": [TERM | {"percent": "0"}]},
        {"terms": [FEE | {"fee_cents": -1}]},
        {"terms": [FEE | {"fee_cents": 10.5}]},
        {"terms": [TERM | {"method": "barter"}]},
        {"terms": [TERM | {"shedule": "typo"}]},
        {"terms": [TERM | {"select": {"procedures": ["nothing like a code"]}}]},
        {"scope": {"payer_ids": []}},
        {"valid_from": "yesterday"},
        {"owner": ""},
        {"dispute": {"days": 0, "source": "letter"}},
    ],
)
def test_nonsense_is_refused_before_it_is_looked_at(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        version(**changes)
    assert "input_value" not in str(raised.value)


def test_gaps_between_versions() -> None:
    days = [(date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 5, 31)), (date(2026, 7, 1), date.max)]
    assert gaps(days) == ((date(2026, 6, 1), date(2026, 6, 30)),)


def told(*messages: BookMessage) -> tuple[Any, list[str]]:
    decided = CONTRACT_BOOK.start(*messages)
    return decided.snapshot.state, [one.refused for one in decided.snapshot.state.answered if one.refused]


def draft(first: str, last: str | None = None) -> DraftContract:
    return DraftContract(
        meta=meta(f"draft {first} {last}", subject=BOOK_ID),
        contract_id="acme",
        digest=f"{first}",
        name="Agreement",
        valid_from=date.fromisoformat(first),
        valid_to=date.fromisoformat(last) if last else None,
    )


def activate(number: int, name: str = "") -> ActivateContract:
    return ActivateContract(meta=meta(f"on {number} {name}"), contract_id="acme", version=number, reason="signed")


def end(number: int, last: str) -> EndContract:
    return EndContract(
        meta=meta(f"end {number} {last}"),
        contract_id="acme",
        version=number,
        last_day=date.fromisoformat(last),
        reason="notice",
    )


def test_two_versions_never_hold_on_the_same_day() -> None:
    both = (draft("2026-01-01"), draft("2026-07-01"), activate(1), activate(2))
    state, refused = told(*both)
    assert refused == ["version 1 is in force from 2026-07-01 to further notice too: end it first, or draft other days"]
    state, refused = told(*both, end(1, "2026-06-30"), activate(2, "again"))
    assert len(refused) == 1
    assert [(one.version, one.active, one.valid_to) for one in state.heads] == [
        (1, True, date(2026, 6, 30)),
        (2, True, None),
    ]


def test_what_is_not_there_is_refused_with_the_reason() -> None:
    _, refused = told(
        draft("2026-01-01", "2026-12-31"), end(1, "2026-06-30"), activate(1), activate(1, "again"), activate(9)
    )
    assert [one.split(":")[0] for one in refused] == [
        "no such version of this contract is in force",
        "this version is in force already",
        "there is no such version of this contract",
    ]
    _, refused = told(draft("2026-01-01", "2026-12-31"), activate(1), end(1, "2027-06-30"))
    assert "ends on 2026-12-31 already" in refused[0]


def test_a_version_that_ends_before_its_first_day_is_in_force_nowhere() -> None:
    state, _ = told(draft("2026-01-01"), activate(1), end(1, "2025-12-31"))
    assert not state.heads[0].active


def listed(file_id: str, name: str = "base") -> ListSchedule:
    return ListSchedule(meta=meta(f"list {file_id}"), name=name, file_id=file_id, rows=3)


def test_the_newest_file_of_a_schedule_comes_first_and_a_withdrawn_one_is_gone() -> None:
    withdraw = WithdrawSchedule(meta=meta("withdraw"), name="base", file_id="f2", reason="wrong year")
    state, refused = told(listed("f1"), listed("f2"), listed("f1"), withdraw)
    assert ([one.file_id for one in state.tables], refused) == (["f1"], [])
    _, refused = told(listed("f1"), withdraw)
    assert refused == ["no such file of this schedule counts"]


def test_the_same_command_again_decides_nothing() -> None:
    messages = (draft("2026-01-01"), activate(1), end(1, "2026-06-30"))
    once, twice = CONTRACT_BOOK.start(*messages), CONTRACT_BOOK.start(*messages, *messages)
    assert once.facts == twice.facts
    assert CONTRACT_BOOK.fold(once.facts) == once.snapshot.state
    assert uuid5(NAMESPACE, "on 1 ") in {one.command_id for one in once.snapshot.state.answered}


def test_the_contract_of_the_documentation_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture" / "underpayments.md").read_text("utf-8")
    [shown] = [part.partition("```")[0] for part in page.split("```json\n")[1:]]
    assert faults_of(VersionBody.model_validate_json(shown)) == ()
