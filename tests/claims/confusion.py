"""Where the classifier and the labelled remittances agree, as tables for the docs.

`.venv/bin/python -m tests.claims.confusion` writes them into `docs/architecture/denials.md`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from services.claims.core.denial import Classified, classify
from services.claims.denial_policy import denial_book
from tests.claims.labelled import decision_of, facts_of
from tests.claims.test_labels import CASES, Case, Outcome

PAGE = Path(__file__).parents[2] / "docs" / "architecture" / "denials.md"
BEGIN, END = "<!-- confusion: begin -->", "<!-- confusion: end -->"
FIELDS = ("outcome", "category", "root_cause", "next_action", "patient_may_be_billed", "denied_cents", "lines")

DECIDED: Mapping[str, str] = {}
"""By case: why the classifier's answer and the label differ, and which of them is right. Empty while none differ."""


class Difference(NamedTuple):
    """One field of one case where the two do not agree."""

    case: str
    field: str
    label: Any
    found: Any


def found_of(case: Case) -> Classified:
    return classify(denial_book(), decision_of(case), facts_of(case))


FOUND = {case.id: found_of(case) for case in CASES}


def pair(case: Case, field: str) -> tuple[Any, Any]:
    """The label and the classifier's answer, comparable."""
    label, found = getattr(case.label, field), getattr(FOUND[case.id], field)
    if field != "lines":
        return label, found
    return (
        [(one.number, one.denied, one.denied_cents) for one in label],
        [(one.number, one.is_denied, one.denied_cents) for one in found],
    )


def differences() -> list[Difference]:
    pairs = [(case.id, field, *pair(case, field)) for case in CASES for field in FIELDS]
    return [Difference(*one) for one in pairs if one[2] != one[3]]


def tables() -> str:
    """The part of the page between its marks."""
    return "\n".join([*_summary(), "", *_outcomes(), "", *_words("category"), "", *_words("next_action"), ""])


def _summary() -> Iterator[str]:
    apart = Counter(one.field for one in differences())
    yield "| field | cases | the same | different |"
    yield "| --- | --- | --- | --- |"
    for field in FIELDS:
        yield f"| {field.replace('_', ' ')} | {len(CASES)} | {len(CASES) - apart[field]} | {apart[field]} |"
    yield ""
    if not DECIDED:
        yield "No difference is left."
        return
    yield "| case | difference decided |"
    yield "| --- | --- |"
    for case, why in DECIDED.items():
        yield f"| {case} | {why} |"


def _outcomes() -> Iterator[str]:
    """Rows are labels, columns the classifier's answers."""
    words = get_args(Outcome)
    counted = Counter(pair(case, "outcome") for case in CASES)
    yield "| label ↓ classifier → | " + " | ".join(words) + " |"
    yield "| --- |" + " --- |" * len(words)
    for label in words:
        cells = (str(counted[label, found] or "·") for found in words)
        yield f"| {label} | {' | '.join(cells)} |"


def _words(field: str) -> Iterator[str]:
    """A table with too many columns to be drawn as a square: per label how often, and what else was answered."""
    counted = Counter(pair(case, field) for case in CASES)
    yield f"| {field.replace('_', ' ')} | labelled | the same | other answers |"
    yield "| --- | --- | --- | --- |"
    for label in sorted({label for label, _ in counted}):
        others = {found: times for (of, found), times in counted.items() if of == label != found}
        said = ", ".join(f"{found} {times}" for found, times in sorted(others.items())) or "·"
        same = counted[label, label]
        yield f"| {label} | {same + sum(others.values())} | {same} | {said} |"


def page_with(tables: str) -> str:
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n\n{tables}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page_with(tables()), "utf-8")
