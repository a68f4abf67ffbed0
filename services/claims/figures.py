"""What the claims service counts of its business: claims by state, denials by category."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, get_args

from services.claims.core.claim_facts import (
    ClaimAcknowledged,
    ClaimAdjudicated,
    ClaimBatched,
    ClaimReadied,
    ClaimStopped,
    ClaimTaken,
    ClaimTransmitted,
    CoverageAwaited,
    FileRefused,
)
from services.claims.core.denial_rules import Category
from shared.metrics_tally import Figure

Counted: TypeAlias = list[tuple[tuple[str, ...], int]]

INTO: Mapping[type[Any], str] = {
    ClaimTaken: "received",
    ClaimStopped: "held",
    CoverageAwaited: "waiting_coverage",
    ClaimReadied: "ready",
    ClaimBatched: "batched",
    ClaimTransmitted: "submitted",
    FileRefused: "rejected",
}
"""Facts that bring a claim into one state, whatever they say."""
JUDGED = ("accepted", "rejected", "paid", "denied", "reversed")
"""States that an acknowledgement or a remittance brings a claim into: what it was taken for names them."""
STATES = tuple(dict.fromkeys((*INTO.values(), *JUDGED)))


def _into(state: str) -> Callable[[Any], Counted]:
    return lambda _: [((state,), 1)]


def _judged(fact: ClaimAcknowledged | ClaimAdjudicated) -> Counted:
    return [((fact.outcome,), 1)] if fact.outcome in JUDGED else []


def _denied(fact: ClaimAdjudicated) -> Counted:
    return [((_category(fact),), 1)] if fact.outcome == "denied" else []


def _denied_cents(fact: ClaimAdjudicated) -> Counted:
    cents = fact.remitted.denied_cents
    return [((_category(fact),), cents)] if fact.outcome == "denied" and cents > 0 else []


def _category(fact: ClaimAdjudicated) -> str:
    judged = fact.remitted.adjudication
    return "none" if judged is None else judged.category


FIGURES = (
    Figure(
        "claims_total",
        "Claims that came into a state, each time they did.",
        {"state": STATES},
        {**{fact: _into(state) for fact, state in INTO.items()}, ClaimAcknowledged: _judged, ClaimAdjudicated: _judged},
    ),
    Figure(
        "denials_total",
        "Decisions of payers that refused all or part of a claim, by the category of what was refused.",
        {"category": get_args(Category)},
        {ClaimAdjudicated: _denied},
    ),
    Figure(
        "denied_cents_total",
        "Cents that payers refused, by category, when they refused them.",
        {"category": get_args(Category)},
        {ClaimAdjudicated: _denied_cents},
    ),
)
