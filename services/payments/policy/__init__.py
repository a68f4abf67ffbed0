"""Dated, sourced figures and tables of the payments service, read from the TOML files beside this module."""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any

from services.payments.core.adjudication import Action, AdjustmentPolicy, AdjustmentRule


def load_adjustments() -> AdjustmentPolicy:
    """The shipped table of adjustment codes."""
    return read_adjustments(files(__name__).joinpath("adjustments.toml").read_text("utf-8"))


def read_adjustments(text: str) -> AdjustmentPolicy:
    """A table of adjustment codes from TOML; ValueError when an entry lacks its date, owner or source."""
    table = tomllib.loads(text)
    rules: dict[str, list[AdjustmentRule]] = {}
    for number, entry in enumerate(table["rule"], 1):
        rule = _rule({**table["defaults"], **entry}, number)
        for code in entry["codes"]:
            rules.setdefault(code, []).append(rule)
    return AdjustmentPolicy({code: _newest_first(code, dated) for code, dated in rules.items()})


def _rule(entry: Mapping[str, Any], number: int) -> AdjustmentRule:
    for name in ("meaning", "owner", "source"):
        if not entry.get(name):
            msg = f"adjustments, rule {number}: {name} is missing"
            raise ValueError(msg)
    valid_from = entry.get("valid_from")
    if not isinstance(valid_from, date):
        msg = f"adjustments, rule {number}: valid_from must be a date"
        raise TypeError(msg)
    return AdjustmentRule(valid_from, Action(entry["provider"]), Action(entry["patient"]))


def _newest_first(code: str, dated: list[AdjustmentRule]) -> tuple[AdjustmentRule, ...]:
    if len({rule.valid_from for rule in dated}) < len(dated):
        msg = f"adjustments, code {code}: two rules begin on one day"
        raise ValueError(msg)
    return tuple(sorted(dated, key=lambda rule: rule.valid_from, reverse=True))
