"""Dated policy files: figures of law, payers and the house, each with its source, owner and first day.

A file is TOML; each name is a list of entries `{value, valid_from, source, owner}`, and the entry in force on a date is
the one with the latest `valid_from` not after it.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

ENTRY_FIELDS = frozenset({"value", "valid_from", "source", "owner"})


class PolicyError(ValueError):
    """A policy file that cannot be used; says the file, the name and what is missing."""


def read_policy(path: Path, on: date) -> Mapping[str, Any]:
    """The values in force on a date, by name; PolicyError when one has no valid entry."""
    with path.open("rb") as file:
        names = tomllib.load(file)
    return {name: in_force(path.name, name, entries, on) for name, entries in names.items()}


def in_force(file: str, name: str, entries: Any, on: date) -> Any:
    """The value of the entry in force on a date."""
    for entry in entries:
        missing = ENTRY_FIELDS - set(entry)
        if missing:
            msg = f"{file}: {name}: an entry lacks {', '.join(sorted(missing))}"
            raise PolicyError(msg)
    valid = [entry for entry in entries if entry["valid_from"] <= on]
    if not valid:
        msg = f"{file}: {name}: no entry is in force on {on}"
        raise PolicyError(msg)
    return max(valid, key=lambda entry: entry["valid_from"])["value"]
