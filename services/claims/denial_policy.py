"""Loads the classifier's rules: `policy/denials.toml`, checked entry by entry."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from services.claims.core.denial_rules import (
    TRUTHS,
    Bar,
    Category,
    DenialBook,
    Ladder,
    Meaning,
    Record,
    Remark,
    Rule,
    Step,
)
from shared.policy import PolicyError

R = TypeVar("R", bound=Rule)
FILE = Path(__file__).parent / "policy" / "denials.toml"


@cache
def denial_book(path: Path = FILE) -> DenialBook:
    """The rules of a file, ready to be looked up; PolicyError naming the entry that cannot be used.

    The last meaning and the last step must fit everything, so that no code is without an answer.
    """
    with path.open("rb") as file:
        table = tomllib.load(file)
    ranks: Sequence[Category] = table["ranks"]["order"]
    unknown = set(ranks) - set(get_args(Category))
    if unknown:
        msg = f"{path.name}: ranks.order names no category: {', '.join(sorted(unknown))}"
        raise PolicyError(msg)
    return DenialBook(
        records=_rules(path.name, table, "record", Record),
        remarks=_rules(path.name, table, "remark", Remark),
        meanings=Ladder(_closed(path.name, "meaning", _rules(path.name, table, "meaning", Meaning))),
        steps=Ladder(_closed(path.name, "step", _rules(path.name, table, "step", Step))),
        bars=Ladder(_rules(path.name, table, "bar", Bar)),
        payer_classes=dict(_classes(path.name, table["payer_classes"])),
        ranks={category: place for place, category in enumerate(ranks)},
    )


def _rules(file: str, table: Mapping[str, Any], kind: str, of: type[R]) -> list[R]:
    """The entries of one kind. Unknown fields, words and facts are refused, and an id used twice."""
    adapter: TypeAdapter[R] = TypeAdapter(of)
    rules: dict[str, R] = {}
    for place, entry in enumerate(table.get(kind, []), 1):
        where = f"{file}: {kind} {place} ({entry.get('id', 'no id')})"
        try:
            rule = adapter.validate_python({**table["defaults"], **entry})
        except ValidationError as error:
            fault = error.errors()[0]
            msg = f"{where}: {'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}"
            raise PolicyError(msg) from None
        if rule.id in rules:
            msg = f"{where}: the id is used twice"
            raise PolicyError(msg)
        if unknown := set(rule.when.facts) - TRUTHS:
            msg = f"{where}: when.facts: no such fact: {', '.join(sorted(unknown))}"
            raise PolicyError(msg)
        rules[rule.id] = rule
    return list(rules.values())


def _closed(file: str, kind: str, rules: list[R]) -> list[R]:
    last = rules[-1] if rules else None
    if last is None or last.when != type(last.when)() or last.valid_to is not None or last.valid_from.year > 2012:
        msg = f"{file}: the last {kind} must hold for everything from 2012 on, or some codes would have no answer"
        raise PolicyError(msg)
    return rules


def _classes(file: str, classes: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, codes in classes.items():
        for code in codes:
            if code in seen:
                msg = f"{file}: payer_classes: {code} is in two classes"
                raise PolicyError(msg)
            seen.add(code)
            yield code, name
