"""A rule as its author writes it, TOML or JSON, and how it is checked: every fault at once, each with its place."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from .rules import CLAIM_TYPES, Branch, Rule, circles
from .rules_actions import action
from .rules_conditions import condition
from .rules_operands import Draft, is_list, is_table, literal, shown

RuleDocument: TypeAlias = Mapping[str, Any]
WORDS = frozenset(
    {
        "id",
        "title",
        "source",
        "owner",
        "valid_from",
        "valid_to",
        "priority",
        "waivable",
        "payers",
        "claim_types",
        "each",
        "branch",
    }
)
BRANCHES_MAX = 20
ACTIONS_MAX = 20
PAYERS_MAX = 500
ID_LENGTHS = range(3, 61)
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class RuleRefusedError(ValueError):
    """A document that is no rule. `faults` are sentences, each beginning with the place it is about."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def read_rule(document: RuleDocument, version: int = 0, reserved: frozenset[str] = frozenset()) -> Rule:
    """The rule of a document; RuleRefusedError with everything that is wrong with it.

    `reserved` are ids that checks of the program have.
    """
    draft = Draft()
    if odd := set(document) - WORDS:
        draft.fault("rule", f"unknown words: {', '.join(sorted(map(str, odd)))}")
    rule = _read(document, version, draft)
    if rule.id in reserved:
        draft.fault("id", "a check of the program has this id: take another")
    if not draft.faults:
        draft.faults += circles((rule,))
    if draft.faults:
        raise RuleRefusedError(draft.faults)
    return rule


def _read(document: RuleDocument, version: int, draft: Draft) -> Rule:
    each = document.get("each", "claim")
    if each not in ("claim", "line"):
        draft.fault("each", 'say "claim" or "line"')
    draft.line_bound = each == "line"
    first, last = _day(document, "valid_from", draft), _day(document, "valid_to", draft)
    if first is None and "valid_from" not in document:
        draft.fault("valid_from", "say from which day of service the rule holds")
    if first and last and last < first:
        draft.fault("valid_to", "lies before valid_from")
    return Rule(
        id=_id(document, draft),
        version=version,
        title=_words(document, "title", draft),
        source=_words(document, "source", draft),
        owner=_words(document, "owner", draft),
        valid_from=first or date.min,
        valid_to=last,
        priority=_priority(document, draft),
        waivable=_flag(document, "waivable", draft),
        payers=_names(document, "payers", draft),
        claim_types=_claim_types(document, draft),
        each_line=each == "line",
        branches=_branches(document.get("branch"), draft),
    )


def _id(document: RuleDocument, draft: Draft) -> str:
    given = document.get("id")
    if isinstance(given, str) and len(given) in ID_LENGTHS and set(given) <= _ID_CHARACTERS and given[0].isalpha():
        return given
    draft.fault("id", "a rule's id is 3 to 60 small letters, digits and hyphens, and begins with a letter")
    return ""


def _words(document: RuleDocument, name: str, draft: Draft) -> str:
    given = document.get(name)
    if isinstance(given, str) and 3 <= len(given.strip()) <= 200:
        return given.strip()
    draft.fault(name, "say it in 3 to 200 characters")
    return ""


def _day(document: RuleDocument, name: str, draft: Draft) -> date | None:
    return literal("date", document[name], name, draft) if name in document else None


def _priority(document: RuleDocument, draft: Draft) -> int:
    given = document.get("priority", 500)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 1000:
        return given
    draft.fault("priority", "a whole number from 0 (first) to 1000 (last)")
    return 500


def _flag(document: RuleDocument, name: str, draft: Draft) -> bool:
    given = document.get(name, False)
    if not isinstance(given, bool):
        draft.fault(name, "say true or false")
    return given is True


def _names(document: RuleDocument, name: str, draft: Draft) -> frozenset[str]:
    given = document.get(name, ())
    if is_list(given) and len(given) <= PAYERS_MAX and all(isinstance(one, str) and one for one in given):
        return frozenset(given)
    draft.fault(name, f"a list of at most {PAYERS_MAX} names")
    return frozenset()


def _claim_types(document: RuleDocument, draft: Draft) -> frozenset[str]:
    given = _names(document, "claim_types", draft)
    if given - CLAIM_TYPES:
        draft.fault("claim_types", f"name some of {', '.join(sorted(CLAIM_TYPES))}")
    return given


def _branches(given: object, draft: Draft) -> tuple[Branch, ...]:
    if not is_list(given) or not 1 <= len(given) <= BRANCHES_MAX:
        draft.fault("branch", f"a rule has 1 to {BRANCHES_MAX} branches")
        return ()
    branches = [_branch(one, f"branch {number}", draft) for number, one in enumerate(given, 1)]
    for number, one in enumerate(given[:-1], 1):
        if is_table(one) and "when" not in one:
            draft.fault(f"branch {number}", "only the last branch may go without when: nothing after it is reached")
    return tuple(branch for branch in branches if branch is not None)


def _branch(given: object, where: str, draft: Draft) -> Branch | None:
    if not is_table(given) or set(given) - {"when", "then"}:
        draft.fault(where, f"{shown(given)} is no branch: it has when and then")
        return None
    draft.reads = {}
    test = condition(given["when"], f"{where}, when", draft) if "when" in given else None
    then = given.get("then")
    if not is_list(then) or not 1 <= len(then) <= ACTIONS_MAX:
        draft.fault(where, f"then is a list of 1 to {ACTIONS_MAX} actions")
        return None
    actions = [action(one, f"{where}, then {number}", draft) for number, one in enumerate(then, 1)]
    return Branch(test, tuple(one for one in actions if one is not None), tuple(draft.reads.values()))
