"""Loads the dated figures of bank, till, refund and credit balance."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from services.payments.core.bank_policy import BankPolicy, Window
from shared.policy import PolicyError, in_force

FOLDER = Path(__file__).parent


def load_bank_policy(path: Path = FOLDER / "reassociation.toml") -> BankPolicy:
    """The windows of reassociation; PolicyError naming what is missing."""
    figures = read_figures(path)
    names = ("transfer_business_days", "check_days")
    days = sorted({entry["valid_from"] for name in names for entry in figures[name]}, reverse=True)
    first = max(min(entry["valid_from"] for entry in figures[name]) for name in names)
    windows = tuple(
        Window(
            valid_from=day,
            source=str(next(e["source"] for e in figures[names[0]] if e["valid_from"] <= day)),
            **{name: in_force(path.name, name, figures[name], day) for name in names},
        )
        for day in days
        if day >= first
    )
    holidays = frozenset(day for entry in figures["bank_holidays"] for day in entry["value"])
    return BankPolicy(windows, holidays)


def read_figures(path: Path) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Every entry by its name, each checked for its date, source and owner."""
    with path.open("rb") as file:
        figures: dict[str, Sequence[Mapping[str, Any]]] = tomllib.load(file)
    for name, entries in figures.items():
        for entry in entries:
            missing = {"value", "valid_from", "source", "owner"} - entry.keys()
            if missing or not isinstance(entry["valid_from"], date):
                msg = f"{path.name}: {name}: an entry lacks {', '.join(sorted(missing)) or 'a date in valid_from'}"
                raise PolicyError(msg)
    return figures
