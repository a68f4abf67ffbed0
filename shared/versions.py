"""Versions of a record: its state after each fact of its journal, and which field each fact changed from what to what.

Pure. What lies sealed stays sealed: a changed seal is named, never shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, TypeGuard, TypeVar

from shared.contracts import Message
from shared.contracts.wire import type_of
from shared.decider import Decider, Entry, Fact

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)
Tree: TypeAlias = Any
"""A state as JSON has it: tables, lists and values."""

SEALED = "sealed"
SECRETS = ("sealed", "secret", "token", "pseudonym", "digest")
"""Fields with one of these in their name are shown as being there, and no more."""


class Change(NamedTuple):
    """One field, by its path: `content.lines[0].charge_cents`. None where there was, or is, none."""

    field: str
    before: Any
    after: Any


class Version(NamedTuple):
    """The record after its fact `number`: who made it so, when, and what that changed."""

    number: int
    at: datetime
    actor: str | None
    what: str
    event: str | None
    changes: tuple[Change, ...]


def versions(decider: Decider[S, M, F], entries: Sequence[Entry[F]], after: int, limit: int) -> Iterator[Version]:
    """Versions `after + 1` and on, `limit` at most, oldest first."""
    state = decider.initial
    for entry in entries:
        made = decider.evolve(state, entry.fact)
        if after < entry.number <= after + limit:
            changed = tuple(changes(tree_of(decider, state), tree_of(decider, made)))
            yield _version(entry, changed)
        state = made


def version_of(decider: Decider[S, M, F], entries: Sequence[Entry[F]], number: int) -> Tree | None:
    """The record as it was after its fact `number`, masked; None when it never got that far."""
    known = [entry.fact for entry in entries if entry.number <= number]
    if not known or number > entries[-1].number:
        return None
    return masked(tree_of(decider, decider.fold(known)))


def tree_of(decider: Decider[S, M, F], state: S) -> Tree:
    return decider.state_codec.dump_python(state, mode="json")


def changes(before: Tree, after: Tree, path: str = "") -> Iterator[Change]:
    """Every value that is another, was added or is gone. Rows of a list are told apart by their place."""
    if before == after:
        return
    if _is_secret(path):
        yield Change(path, _sealed(before), _sealed(after))
    elif is_table(before) and is_table(after):
        for name in dict.fromkeys((*before, *after)):
            yield from changes(before.get(name), after.get(name), f"{path}.{name}" if path else str(name))
    elif is_rows(before) and is_rows(after):
        for place in range(max(len(before), len(after))):
            yield from changes(_at(before, place), _at(after, place), f"{path}[{place}]")
    else:
        yield Change(path, masked(before), masked(after))


def masked(tree: Tree, name: str = "") -> Tree:
    """The same, with the word "sealed" in the place of what is sealed or secret."""
    if _is_secret(name):
        return _sealed(tree)
    if is_table(tree):
        return {key: masked(value, str(key)) for key, value in tree.items()}
    if is_rows(tree):
        return [masked(value) for value in tree]
    return tree


def is_table(tree: Tree) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(tree, Mapping)


def is_rows(tree: Tree) -> TypeGuard[list[Any]]:
    return isinstance(tree, list)


def _version(entry: Entry[Any], changed: tuple[Change, ...]) -> Version:
    meta, event = entry.meta, entry.event
    what = str(getattr(entry.fact, "type", type(entry.fact).__name__))
    return Version(entry.number, meta.occurred_at, meta.actor, what, type_of(event) if event else None, changed)


def _is_secret(path: str) -> bool:
    return any(word in path.rpartition(".")[2] for word in SECRETS)


def _sealed(value: Tree) -> str | None:
    return SEALED if value else None


def _at(rows: list[Tree], place: int) -> Tree:
    return rows[place] if place < len(rows) else None
