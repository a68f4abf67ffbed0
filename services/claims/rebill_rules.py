"""Loads `policy/rebilling.toml`, checked entry by entry."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.claims.core.rebilling import RebillPolicy, RebillRule
from shared.policy import PolicyError

RULE = TypeAdapter(RebillRule)


def rebill_policy(path: Path) -> RebillPolicy:
    """The rules; PolicyError naming the entry that cannot be used."""
    with path.open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)
    rules: dict[str, RebillRule] = {}
    for place, entry in enumerate(table.get("rebill", []), 1):
        try:
            rule = RULE.validate_python(entry)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(step) for step in fault["loc"])
            msg = f"{path.name}: entry {place}: {where}: {fault['msg']}"
            raise PolicyError(msg) from None
        if rule.id in rules:
            msg = f"{path.name}: entry {place}: the id {rule.id} is used twice"
            raise PolicyError(msg)
        rules[rule.id] = rule
    times_max = table.get("bound", {}).get("times_max")
    if not isinstance(times_max, int) or times_max < 0:
        msg = f"{path.name}: bound.times_max says how often a claim may be sent again by itself: a whole number"
        raise PolicyError(msg)
    return RebillPolicy(tuple(rules.values()), times_max)
