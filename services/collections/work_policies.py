"""Loads the dated order of collectors' work: `work.toml` for everybody, `work.<tenant>.toml` where a tenant differs."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.collections.core.work_policy import ANY_TENANT, FIGURES, WorkBook, WorkPolicy
from services.collections.policies import POLICY_FOLDER, told
from shared.policy import PolicyError, in_force

COMMON = "work.toml"


def work_book(folder: Path = POLICY_FOLDER) -> WorkBook:
    """Every version of every tenant's order of work. PolicyError names the file, the figure and what to do."""
    common = _entries(folder / COMMON)
    missing = FIGURES.keys() - common.keys()
    if missing:
        msg = f"{COMMON}: figures are missing: {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    versions = [*_versions(ANY_TENANT, COMMON, common)]
    for path in sorted(folder.glob("work.*.toml")):
        tenant = path.name.split(".")[1]
        versions += _versions(tenant, path.name, {**common, **_entries(path)})
    return WorkBook(tuple(versions))


def _entries(path: Path) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    with path.open("rb") as file:
        try:
            entries: Mapping[str, Sequence[Mapping[str, Any]]] = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"{path.name}: not TOML: {error}") from None
    unknown = entries.keys() - FIGURES.keys()
    if unknown:
        msg = f"{path.name}: {', '.join(sorted(unknown))}: no such figure; there are: {', '.join(sorted(FIGURES))}"
        raise PolicyError(msg)
    return entries


def _versions(tenant: str, file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[WorkPolicy]:
    """One for each day on which a figure changes, from the first day on which all of them have a value."""
    begins = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    for day in sorted(one for one in days if one >= begins):
        values = dict[str, Any]()
        for name, entries in figures.items():
            try:
                values[name] = FIGURES[name].validate_python(in_force(file, name, entries, day), strict=False)
            except ValidationError as error:
                raise PolicyError(f"{file}: {name}: {told(error)}") from None
        try:
            yield WorkPolicy(name=f"{tenant}/work/{day}", tenant=tenant, valid_from=day, **values)
        except ValueError as error:
            raise PolicyError(f"{file}: from {day}: {error}") from None
