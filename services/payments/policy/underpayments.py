"""Loads the dated figures of underpayments."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from services.payments.core.underpayment_policy import ANY_TENANT, UnderpaymentPolicy, UnderpaymentRules
from services.payments.policy.cash import FOLDER, read_figures
from shared.policy import PolicyError, in_force

FILE = "underpayments.toml"
CODES = (
    "after_price_reasons",
    "patient_price_reasons",
    "unpriced_reasons",
    "other_payer_reasons",
    "facility_places",
)


def load_underpayment_policy(folder: Path = FOLDER) -> UnderpaymentPolicy:
    """The house's figures, and each client's own; PolicyError naming what is missing."""
    common = read_figures(folder / FILE)
    rules = {ANY_TENANT: _rules(FILE, common)}
    for path in sorted(folder.glob("underpayments.*.toml")):
        own = read_figures(path)
        if unknown := own.keys() - common.keys():
            msg = f"{path.name}: {', '.join(sorted(unknown))}: no such figure in {FILE}"
            raise PolicyError(msg)
        rules[path.name.split(".")[1]] = _rules(path.name, {**common, **own})
    return UnderpaymentPolicy(rules)


def _rules(file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[UnderpaymentRules, ...]:
    first = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    return tuple(_from(file, figures, day) for day in sorted(days, reverse=True) if day >= first)


def _from(file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]], day: date) -> UnderpaymentRules:
    values = {name: in_force(file, name, entries, day) for name, entries in figures.items()}
    codes: dict[str, Any] = {name: frozenset(values.pop(name)) for name in CODES}
    return UnderpaymentRules(valid_from=day, **codes, **values)
