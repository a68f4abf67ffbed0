"""Loads the dated figures of bank, till, refund and credit balance."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from services.payments.core.bank_policy import BankPolicy, Window
from services.payments.core.overpayment_policy import OverpaymentPolicy, OverpaymentRules
from services.payments.core.refund_policy import ANY_TENANT, RefundLimits, RefundPolicy
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


def load_refund_policy(folder: Path = FOLDER) -> RefundPolicy:
    """The limits of refunds by client: `refunds.toml`, and `refunds.<tenant>.toml` with what differs."""
    common = read_figures(folder / "refunds.toml")
    limits = {ANY_TENANT: _limits("refunds.toml", common)}
    for path in sorted(folder.glob("refunds.*.toml")):
        own = read_figures(path)
        if unknown := own.keys() - common.keys():
            msg = f"{path.name}: {', '.join(sorted(unknown))}: no such figure in refunds.toml"
            raise PolicyError(msg)
        limits[path.name.split(".")[1]] = _limits(path.name, {**common, **own})
    return RefundPolicy(limits)


def load_overpayment_policy(path: Path = FOLDER / "overpayments.toml") -> OverpaymentPolicy:
    """The clocks of overpayments; PolicyError naming what is missing."""
    figures = read_figures(path)
    first = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    rules: list[OverpaymentRules] = []
    for day in sorted(days, reverse=True):
        if day >= first:
            values = {name: in_force(path.name, name, entries, day) for name, entries in figures.items()}
            codes = tuple(values.pop("federal_filing_codes"))
            rules.append(OverpaymentRules(valid_from=day, federal_filing_codes=codes, **values))
    return OverpaymentPolicy(tuple(rules))


class Dormancy(NamedTuple):
    """After how many years a credit is unclaimed property of a state."""

    state: str
    years: int
    valid_from: date
    source: str
    confirmed: bool


def load_dormancy(path: Path = FOLDER / "unclaimed.toml") -> Sequence[Dormancy]:
    """Every row; PolicyError for one without its source."""
    with path.open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["dormancy"]
    for row in rows:
        if not row.get("source") or not row.get("owner"):
            msg = f"{path.name}: {row.get('state', '?')}: source or owner is missing"
            raise PolicyError(msg)
    return tuple(
        Dormancy(row["state"], row["years"], row["valid_from"], row["source"], row.get("confirmed", False))
        for row in rows
    )


def _limits(file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[RefundLimits, ...]:
    first = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    return tuple(
        RefundLimits(valid_from=day, **{name: in_force(file, name, entries, day) for name, entries in figures.items()})
        for day in sorted(days, reverse=True)
        if day >= first
    )


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
