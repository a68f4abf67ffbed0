"""Status categories (STC01-1) of 277CA and 277 in words of our own, and what kind of answer each is.

Source: the categories' meaning as in 005010X214 and 005010X212, X12 RFI 1942 and 2203. Code texts of X12 are not
repeated; status codes (STC01-2) stay numbers, for the customer's own code list.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

AnswerKind: TypeAlias = Literal[
    "pending", "finalized", "information_requested", "received", "rejected", "not_found", "error", "unknown"
]
"""What a payer's status amounts to. Each may be about the claim, except `error`, which is about the question."""

_WEIGHTS: tuple[AnswerKind, ...] = (
    "information_requested",
    "rejected",
    "finalized",
    "pending",
    "received",
    "not_found",
    "error",
    "unknown",
)
_OF_ACKS: dict[str, AnswerKind] = {"A3": "rejected", "A4": "not_found", "A6": "rejected", "A7": "rejected"}
_OF_FAMILY: dict[str, AnswerKind] = {
    "P": "pending",
    "F": "finalized",
    "R": "information_requested",
    "E": "error",
    "D": "not_found",
}
IN_277CA = frozenset({"A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"})
"""Categories that belong in a 277CA; P, F, R, E and D do not (X12 RFI 1942)."""

_WORDS = {
    "A0": "passed on to another party",
    "A1": "received, and not yet taken for adjudication",
    "A2": "taken for adjudication",
    "A3": "returned: it cannot be processed",
    "A4": "not found",
    "A5": "split into several claims",
    "A6": "refused: information is missing",
    "A7": "refused: information is invalid",
    "A8": "refused: its fields contradict each other",
    "P0": "pending",
    "P1": "in process",
    "P2": "in review",
    "P3": "pending: the payer waits for information it asked somebody for",
    "P4": "pending: the patient was asked for information",
    "P5": "pending: something else has to happen first",
    "F0": "finalized",
    "F1": "finalized: paid",
    "F2": "finalized: denied",
    "F3": "finalized: changed",
    "F4": "finalized: complete, without payment",
    "D0": "not found",
}
_KIND_WORDS: dict[AnswerKind, str] = {
    "pending": "pending",
    "finalized": "finalized",
    "information_requested": "the payer wants information from the provider",
    "received": "acknowledged",
    "rejected": "refused",
    "not_found": "not found",
    "error": "the payer could not answer the question",
    "unknown": "a category that we do not know",
}


def kind_of(category: str) -> AnswerKind:
    """What a category amounts to; one that nobody defined is unknown, never guessed."""
    if category in IN_277CA:
        return "rejected" if category == "A8" else _OF_ACKS.get(category, "received")
    return _OF_FAMILY.get(category[:1], "unknown") if category[1:].isdigit() else "unknown"


def words_of(category: str) -> str:
    """A category in our own words."""
    return _WORDS.get(category) or _KIND_WORDS[kind_of(category)]


def foremost(categories: Iterable[str]) -> str:
    """The category that asks most of a person; the first of those that ask as much. Empty without any."""
    return min(categories, key=lambda one: _WEIGHTS.index(kind_of(one)), default="")


def acknowledgement_words(category: str, outcome: str) -> str:
    """What a 277CA says of a claim, and what became of it here."""
    said = f"The claim was {words_of(category)} ({category})."
    return said + _OUTCOME_WORDS.get(outcome, "")


_OUTCOME_WORDS = {
    "rejected": " It was never received, so its filing limit runs: mend it and send it again.",
    "contradicted": " An earlier acknowledgement refused this claim, and that stands: ask the payer which one holds.",
    "late": " Nothing changes: it is about an earlier file, or the payer has decided meanwhile.",
    "noted": " Nothing changes by it.",
}
