"""Rules for examples: one that holds, and whatever a test changes about it."""

from collections.abc import Mapping
from typing import Any

from services.claims.core.rules import Outcome, Rule, RuleSet, evaluate
from services.claims.core.rules_document import read_rule
from services.claims.core.rules_subject import Prices, no_prices
from tests.claims.makers import GOOD, TODAY

HOLD: dict[str, Any] = {"hold": "Look at this claim again."}


def document(when: Mapping[str, Any] | None = None, *then: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A rule of one branch; without actions it holds."""
    branch: dict[str, Any] = {"then": list(then) or [HOLD]}
    if when is not None:
        branch["when"] = dict(when)
    return {
        "id": "a-rule",
        "title": "A rule",
        "source": "a test",
        "owner": "tests",
        "valid_from": "2000-01-01",
        "branch": [branch],
        **changes,
    }


def rule(when: Mapping[str, Any] | None = None, *then: Mapping[str, Any], **changes: Any) -> Rule:
    return read_rule(document(when, *then, **changes), version=1)


def judge(*rules: Rule, claim: Any = GOOD, prices: Prices = no_prices) -> Outcome:
    return evaluate(RuleSet(rules), claim, TODAY, prices=prices)


def holds(when: Mapping[str, Any], claim: Any = GOOD, **changes: Any) -> bool:
    """Whether a rule with this condition stops the claim."""
    return bool(judge(rule(when, **changes), claim=claim).judged.holds)
