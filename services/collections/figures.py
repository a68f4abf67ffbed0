"""What the collections service counts of its business: what the compliance gate let happen, and what it stopped."""

from services.collections.core.gate import Act
from services.collections.core.gate_rules import RULES
from services.collections.core.person_facts import WishJudged
from shared.metrics_tally import Figure


def _answered(fact: WishJudged) -> list[tuple[tuple[str, ...], int]]:
    return [((fact.act, "allowed" if fact.allowed else "blocked"), 1)]


def _blocked_by(fact: WishJudged) -> list[tuple[tuple[str, ...], int]]:
    return [] if fact.allowed else [((rule,), 1) for rule in sorted({finding.rule for finding in fact.findings})]


FIGURES = (
    Figure(
        "contacts_total",
        "Contacts and other acts that the compliance gate was asked about, and its answer.",
        {"act": tuple(act.value for act in Act), "answer": ("allowed", "blocked")},
        {WishJudged: _answered},
    ),
    Figure(
        "contacts_blocked_total",
        "Objections of the compliance gate's rules to contacts and acts that it blocked.",
        {"rule": tuple(rule.name for rule in RULES)},
        {WishJudged: _blocked_by},
    ),
)
