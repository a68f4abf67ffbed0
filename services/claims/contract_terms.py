"""Loads `policy/contracts.toml`, checked entry by entry."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.claims.core.contracts import Contract
from shared.policy import PolicyError

CONTRACT = TypeAdapter(Contract)


def contracts(path: Path) -> tuple[Contract, ...]:
    """The entries in their order; PolicyError naming the one that cannot be used, or that holds for every payer."""
    with path.open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)
    found: dict[str, Contract] = {}
    for place, entry in enumerate(table.get("contract", []), 1):
        try:
            one = CONTRACT.validate_python(entry)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(step) for step in fault["loc"])
            msg = f"{path.name}: entry {place}: {where}: {fault['msg']}"
            raise PolicyError(msg) from None
        if one.id in found:
            msg = f"{path.name}: entry {place}: the id {one.id} is used twice"
            raise PolicyError(msg)
        if not one.payer_ids:
            msg = f"{path.name}: entry {place} ({one.id}) names no payer: a contract is made with somebody"
            raise PolicyError(msg)
        found[one.id] = one
    return tuple(found.values())
