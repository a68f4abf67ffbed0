"""Reading 271s into what they amount to, on the public samples and on what payers really send."""

import json
from pathlib import Path

import pytest

from services.eligibility.answers import UNREADABLE, outcome_of
from shared.x12.eligibility import Answer271, read_271

CORPUS = Path("samples/corpus")
FILES = sorted(json.loads((CORPUS / "truth_271.json").read_text()))


@pytest.mark.parametrize("name", FILES)
def test_every_public_answer_is_read_as_its_ground_truth_says(name: str) -> None:
    content = (CORPUS / name).read_bytes()
    truth = json.loads((CORPUS / "truth_271.json").read_text())[name]
    answers = [a for a in read_271([content]) if isinstance(a, Answer271)]
    if not answers:
        assert not truth.get("members")
        return
    outcome = outcome_of(content, answers[-1].trace_number)
    statuses = {member["status"] for member in truth.get("members", ())}
    if "active" in statuses:
        assert outcome.status == "active"
    elif outcome.status == "rejected":
        assert outcome.reject_codes


def test_what_cannot_be_read_or_answers_somebody_else_is_unreadable() -> None:
    content = (CORPUS / FILES[-1]).read_bytes()
    assert outcome_of(b"", "T1") == UNREADABLE
    assert outcome_of(b"<html>busy</html>", "T1") == UNREADABLE
    assert outcome_of(content, "somebody else's trace") == UNREADABLE
