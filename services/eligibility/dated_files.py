"""Loads policy files whose entries are dated terms by name, with a default for names that are not listed."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from services.eligibility.core.dated import Dated
from shared.policy import ENTRY_FIELDS, PolicyError

E = TypeVar("E", bound=BaseModel)
T = TypeVar("T")
DEFAULT = "default"


class File(NamedTuple):
    """A file as it was read: who is named, and what holds for everybody else."""

    named: Mapping[str, list[Dated[Any]]]
    default: list[Dated[Any]]


def read_dated(path: Path, entry: type[E], terms: Callable[[str, E], T]) -> File:
    """Every name's terms through time, what differs from the default laid over it.

    PolicyError says the name and what is wrong with its entry.
    """
    content = tomllib.loads(path.read_text())
    default = content.pop(DEFAULT, None)
    if not default:
        msg = f"{path.name}: default: there must be an entry for those that are not listed"
        raise PolicyError(msg)
    base: Mapping[str, Any] = default[-1].get("value", {})

    def dated(name: str, written: Mapping[str, Any], under: Mapping[str, Any]) -> Dated[T]:
        first, last = _days(path.name, name, written)
        return Dated(first, last, terms(name, _figures(path.name, name, entry, {**under, **written["value"]})))

    return File(
        {name: [dated(name, one, base) for one in entries] for name, entries in content.items()},
        [dated(DEFAULT, one, {}) for one in default],
    )


def _days(file: str, name: str, written: Mapping[str, Any]) -> tuple[date, date]:
    missing = ENTRY_FIELDS - set(written)
    if missing:
        msg = f"{file}: {name}: an entry lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    first, last = written["valid_from"], written.get("valid_to", date.max)
    if last < first:
        msg = f"{file}: {name}: valid_to {last} lies before valid_from {first}"
        raise PolicyError(msg)
    return first, last


def _figures(file: str, name: str, entry: type[E], value: Mapping[str, Any]) -> E:
    try:
        return entry.model_validate(value)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        msg = f"{file}: {name}: {faults}"
        raise PolicyError(msg) from None
