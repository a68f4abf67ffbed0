"""Loads `policy/care_facts.toml`, checked entry by entry."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.claims.core.care_facts import CareSign
from shared.policy import PolicyError

SIGN = TypeAdapter(CareSign)


def care_signs(path: Path) -> tuple[CareSign, ...]:
    """The entries in their order; PolicyError naming the one that cannot be used, or that every claim would show."""
    with path.open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)
    found: dict[str, CareSign] = {}
    for place, entry in enumerate(table.get("sign", []), 1):
        try:
            one = SIGN.validate_python(entry)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(step) for step in fault["loc"])
            msg = f"{path.name}: entry {place}: {where}: {fault['msg']}"
            raise PolicyError(msg) from None
        if one.id in found or not one.asks_for_something:
            fault_of = "the id is used twice" if one.id in found else "it names no sign, and every claim would show it"
            msg = f"{path.name}: entry {place} ({one.id}): {fault_of}"
            raise PolicyError(msg)
        found[one.id] = one
    return tuple(found.values())
