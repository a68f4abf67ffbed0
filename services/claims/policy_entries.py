"""Loads policy files that are one list of entries, each with an id of its own, checked entry by entry."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.policy import PolicyError


class Entry(Protocol):
    """What tells an entry from the others of its file."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Entry)


def read_entries(path: Path, name: str, adapter: TypeAdapter[T], fault_of: Callable[[T], str]) -> tuple[T, ...]:
    """The entries of the list `name`, in their order; PolicyError names the one that cannot be used.

    `fault_of` says what is wrong with an entry that its fields alone do not show, "" for nothing.
    """
    with path.open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)
    found: dict[str, T] = {}
    for place, entry in enumerate(table.get(name, []), 1):
        try:
            one = adapter.validate_python(entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            msg = f"{path.name}: entry {place}: {where}: {first['msg']}"
            raise PolicyError(msg) from None
        if fault := "the id is used twice" if one.id in found else fault_of(one):
            msg = f"{path.name}: entry {place} ({one.id}): {fault}"
            raise PolicyError(msg)
        found[one.id] = one
    return tuple(found.values())
