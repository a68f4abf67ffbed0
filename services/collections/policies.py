"""Loads the service's dated policies and its letterheads."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from services.collections.core import ANY_TENANT, DunningPolicy, PolicyBook, ReminderLevel
from services.collections.render import Letterhead
from shared.policy import PolicyError, in_force

POLICY_FOLDER = Path(__file__).parent / "policy"
COMMON = "dunning.toml"
LETTERHEADS: TypeAdapter[dict[str, Letterhead]] = TypeAdapter(dict[str, Letterhead])


def policy_book(folder: Path = POLICY_FOLDER) -> PolicyBook:
    """Every version of every tenant's policy. Raises PolicyError when one is incomplete or contradicts itself."""
    common = _entries(folder / COMMON)
    versions = _versions(ANY_TENANT, COMMON, common)
    for path in sorted(folder.glob("dunning.*.toml")):
        own = _entries(path)
        unknown = own.keys() - common.keys()
        if unknown:
            msg = f"{path.name}: {', '.join(sorted(unknown))}: no such figure in {COMMON}"
            raise PolicyError(msg)
        versions += _versions(path.name.split(".")[1], path.name, {**common, **own})
    return PolicyBook(versions)


def letterheads(path: Path = POLICY_FOLDER / "letterhead.toml") -> Mapping[str, Letterhead]:
    """Who writes for each tenant."""
    with path.open("rb") as file:
        return LETTERHEADS.validate_python(tomllib.load(file))


def _entries(path: Path) -> dict[str, Sequence[Mapping[str, Any]]]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _versions(tenant: str, file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[DunningPolicy, ...]:
    """One policy for each day on which a figure changes, from the first day on which all of them have a value."""
    begins = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    return tuple(_policy(tenant, file, figures, day) for day in sorted(days) if day >= begins)


def _policy(tenant: str, file: str, figures: Mapping[str, Any], day: date) -> DunningPolicy:
    values = {name: in_force(file, name, entries, day) for name, entries in figures.items()}
    levels = tuple(ReminderLevel(**level) for level in values.pop("reminders"))
    try:
        return DunningPolicy(name=f"{tenant}/{day}", tenant=tenant, valid_from=day, reminders=levels, **values)
    except (TypeError, ValueError) as error:
        msg = f"{file}: from {day}: {error}"
        raise PolicyError(msg) from None
