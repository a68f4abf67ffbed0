"""Conditions of a rule: comparisons, groups of them, and questions about any, every or no line.

What is absent answers no question: a comparison with it does not hold, except that it `is_not` and is `not_in`
anything.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from .rules_fields import LISTS, NUMERIC, ORDERED, Kind
from .rules_operands import (
    LIST_MAX,
    OPERANDS,
    Draft,
    Get,
    Operand,
    Test,
    is_list,
    is_table,
    literal,
    operand,
    shown,
    side,
    some_line,
)
from .rules_pattern import matches, pattern_fault
from .rules_subject import Subject

Compared: TypeAlias = Callable[[Operand, object, str, Draft], Test | None]


def condition(document: object, where: str, draft: Draft) -> Test | None:
    """Read one condition; None and faults when it is none."""
    if not is_table(document) or not document:
        draft.fault(where, f"{shown(document)} is no condition")
        return None
    with draft.node(where) as goes_on:
        if not goes_on:
            return None
        keys = set(document)
        if len(keys) == 1 and (group := GROUPS.get(next(iter(keys)))):
            (name,) = keys
            return group(document[name], f"{where}, {name}", draft)
        return _comparison(document, where, draft)


def _comparison(document: Mapping[str, Any], where: str, draft: Draft) -> Test | None:
    operands = [key for key in document if key in OPERANDS]
    comparators = [key for key in document if key in COMPARATORS]
    odd = set(document) - set(operands) - set(comparators) - ({"where"} if "sum" in operands else set())
    if odd:
        draft.fault(where, f"unknown words: {', '.join(sorted(map(str, odd)))}")
        return None
    if len(operands) != 1 or len(comparators) != 1:
        draft.fault(where, f"compare one of {', '.join(OPERANDS)} by one of {', '.join(COMPARATORS)}")
        return None
    left = operand(document, where, draft, condition)
    (name,) = comparators
    return COMPARATORS[name](left, document[name], f"{where}, {name}", draft) if left else None


def _fits(left: Kind, right: Kind) -> bool:
    return left == right or (left in NUMERIC and right in NUMERIC)


def _right(left: Operand, raw: object, where: str, draft: Draft) -> Get | None:
    """The right-hand side of a comparison, of a kind that can be compared with the left."""
    right = side(raw, left.kind, where, draft, condition)
    if right is None:
        return None
    if not _fits(left.kind, right.kind):
        draft.fault(where, f"a {left.kind} cannot be compared with a {right.kind}")
        return None
    return right.get


def _equal(left: Operand, raw: object, where: str, draft: Draft, *, wanted: bool) -> Test | None:
    if left.kind in LISTS:
        draft.fault(where, "a list has or lacks a value: use has or lacks")
        return None
    right = _right(left, raw, where, draft)
    if right is None:
        return None
    get = left.get

    def equal(subject: Subject) -> bool:
        a, b = get(subject), right(subject)
        return (a is not None and b is not None and a == b) is wanted

    return equal


def _ordered(
    left: Operand, raw: object, where: str, draft: Draft, *, compare: Callable[[Any, Any], bool]
) -> Test | None:
    if left.kind not in ORDERED:
        draft.fault(where, f"only dates, amounts and numbers are more or less, not a {left.kind}")
        return None
    right = _right(left, raw, where, draft)
    if right is None:
        return None
    get = left.get

    def ordered(subject: Subject) -> bool:
        a, b = get(subject), right(subject)
        return a is not None and b is not None and compare(a, b)

    return ordered


def _values(left: Operand, raw: object, where: str, draft: Draft) -> frozenset[Any] | None:
    given: Sequence[Any] = raw if is_list(raw) else (raw,)
    if not given or len(given) > LIST_MAX:
        draft.fault(where, f"name 1 to {LIST_MAX} values")
        return None
    values = [literal(left.kind, one, where, draft) for one in given]
    return None if None in values else frozenset(values)


def _among(left: Operand, raw: object, where: str, draft: Draft, *, wanted: bool) -> Test | None:
    if left.kind in LISTS:
        draft.fault(where, "a list has or lacks values: use has or lacks")
        return None
    values, get = _values(left, raw, where, draft), left.get
    return None if values is None else lambda subject: (get(subject) in values) is wanted


def _has(left: Operand, raw: object, where: str, draft: Draft, *, wanted: bool) -> Test | None:
    if left.kind not in LISTS:
        draft.fault(where, f"only a list has values: compare a {left.kind} by is or in")
        return None
    values, get = _values(left, raw, where, draft), left.get
    return None if values is None else lambda subject: (not values.isdisjoint(get(subject) or ())) is wanted


def _exists(left: Operand, raw: object, where: str, draft: Draft) -> Test | None:
    if not isinstance(raw, bool):
        draft.fault(where, "exists is true or false")
        return None
    get = left.get
    return lambda subject: (get(subject) not in (None, "", ())) is raw


def _matches(left: Operand, raw: object, where: str, draft: Draft, *, wanted: bool) -> Test | None:
    if left.kind not in ("text", "texts"):
        draft.fault(where, f"only text has a pattern, not a {left.kind}")
        return None
    given: Sequence[Any] = raw if is_list(raw) else (raw,)
    patterns = [one for one in given if isinstance(one, str)]
    if not 1 <= len(patterns) <= 50 or len(patterns) != len(given):
        draft.fault(where, "name 1 to 50 patterns")
        return None
    if faults := [fault for one in patterns if (fault := pattern_fault(one))]:
        draft.fault(where, faults[0])
        return None
    get = left.get

    def like(subject: Subject) -> bool:
        value = get(subject)
        texts: Sequence[str] = value if is_list(value) else () if value is None else (value,)
        return any(matches(pattern, text) for pattern in patterns for text in texts) is wanted

    return like


COMPARATORS: Mapping[str, Compared] = {
    "is": partial(_equal, wanted=True),
    "is_not": partial(_equal, wanted=False),
    "above": partial(_ordered, compare=operator.gt),
    "at_least": partial(_ordered, compare=operator.ge),
    "below": partial(_ordered, compare=operator.lt),
    "at_most": partial(_ordered, compare=operator.le),
    "in": partial(_among, wanted=True),
    "not_in": partial(_among, wanted=False),
    "has": partial(_has, wanted=True),
    "lacks": partial(_has, wanted=False),
    "exists": _exists,
    "matches": partial(_matches, wanted=True),
    "not_matches": partial(_matches, wanted=False),
}


def _parts(given: object, where: str, draft: Draft) -> list[Test] | None:
    if not is_list(given) or not given:
        draft.fault(where, "takes a list of conditions")
        return None
    parts = [condition(one, f"{where} {number}", draft) for number, one in enumerate(given, 1)]
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else None


def _all(given: object, where: str, draft: Draft) -> Test | None:
    parts = _parts(given, where, draft)
    if parts is None:
        return None
    if len(parts) == 2:
        one, two = parts
        return lambda subject: one(subject) and two(subject)

    def every(subject: Subject) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs more than the conditions do
            if not part(subject):
                return False
        return True

    return every


def _any(given: object, where: str, draft: Draft) -> Test | None:
    parts = _parts(given, where, draft)
    return None if parts is None else lambda subject: any(part(subject) for part in parts)


def _not(given: object, where: str, draft: Draft) -> Test | None:
    part = condition(given, where, draft)
    return None if part is None else lambda subject: not part(subject)


def _any_line(given: object, where: str, draft: Draft, *, found: bool = True) -> Test | None:
    with draft.lines():
        part = condition(given, where, draft)
    return None if part is None else lambda subject: some_line(subject, part) is found


def _every_line(given: object, where: str, draft: Draft) -> Test | None:
    with draft.lines():
        part = condition(given, where, draft)
    return None if part is None else lambda subject: not some_line(subject, part, wanted=False)


def _any_other_line(given: object, where: str, draft: Draft) -> Test | None:
    if draft.inside_quantifier or not draft.line_bound:
        draft.fault(where, 'only a rule with each = "line" has other lines, and not inside any_line or the like')
        return None
    with draft.lines(other=True):
        part = condition(given, where, draft)
    if part is None:
        return None

    def any_other(subject: Subject) -> bool:
        before = subject.other
        try:
            subject.spend(len(subject.content.lines))
            for place, line in enumerate(subject.content.lines):
                subject.other = line
                if place != subject.place and part(subject):
                    return True
            return False
        finally:
            subject.other = before

    return any_other


GROUPS: Mapping[str, Callable[[object, str, Draft], Test | None]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "any_line": _any_line,
    "every_line": _every_line,
    "no_line": partial(_any_line, found=False),
    "any_other_line": _any_other_line,
}
