"""Loads `policy/playbooks.toml` and `policy/work.toml`, checked entry by entry."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.claims.core.work_policy import (
    Band,
    Entry,
    Playbook,
    Prevention,
    Recovery,
    Response,
    WorkPolicy,
    WriteOffLimit,
)
from shared.policy import PolicyError

FOLDER = Path(__file__).parent / "policy"
E = TypeVar("E", bound=Entry)


@cache
def work_policy(folder: Path = FOLDER) -> WorkPolicy:
    """Playbooks, rates, bands and limits; PolicyError naming the entry that cannot be used."""
    books, work = _table(folder / "playbooks.toml"), _table(folder / "work.toml")
    policy = WorkPolicy(
        playbooks=_entries("playbooks.toml", books, "playbook", Playbook),
        recoveries=_entries("work.toml", work, "recovery", Recovery),
        bands=_entries("work.toml", work, "band", Band),
        limits=_entries("work.toml", work, "write_off_limit", WriteOffLimit),
        preventions=_entries("work.toml", work, "prevention", Prevention),
        urgent_days=work["urgent"]["days"],
        responses=_entries("work.toml", work, "response", Response),
    )
    if not any(one.category == "unspecified" and one.valid_to is None for one in policy.playbooks):
        msg = 'playbooks.toml: the category "unspecified" must have steps, for those that have none'
        raise PolicyError(msg)
    if not any(one.from_cents == 0 and one.valid_to is None for one in policy.bands):
        msg = "work.toml: one band must begin at 0, or some work would have no place"
        raise PolicyError(msg)
    return policy


def _entries(file: str, table: Mapping[str, Any], kind: str, of: type[E]) -> tuple[E, ...]:
    adapter: TypeAdapter[E] = TypeAdapter(of)
    found: list[E] = []
    for place, entry in enumerate(table.get(kind, []), 1):
        try:
            found.append(adapter.validate_python({**table["defaults"], **entry}))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(step) for step in fault["loc"])
            msg = f"{file}: {kind} {place}: {where}: {fault['msg']}"
            raise PolicyError(msg) from None
    if empty := [one.category for one in found if isinstance(one, Playbook) and not one.steps]:
        msg = f"{file}: {kind}: {empty[0]} has no steps"
        raise PolicyError(msg)
    return tuple(found)


def _table(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
