"""Dated, sourced figures and tables of the payments service, read from the TOML files beside this module."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from importlib.resources import files
from typing import Any, Protocol, TypeVar

from services.payments.core.adjudication import Action, AdjustmentPolicy, AdjustmentRule
from services.payments.core.provider_code import Nets, ProviderAccount, ProviderCodePolicy, ProviderCodeRule
from services.payments.policy.others import load_bill_policy
from services.payments.policy.patient import load_never_billed, load_write_offs


class Dated(Protocol):
    """A rule that is in force from a day on."""

    @property
    def valid_from(self) -> date: ...


R = TypeVar("R", bound=Dated)


def load_adjustments() -> AdjustmentPolicy:
    """The shipped table of adjustment codes, with the tables about patients' shares and about giving up money."""
    rules = read_adjustments(files(__name__).joinpath("adjustments.toml").read_text("utf-8")).rules
    return AdjustmentPolicy(rules, load_never_billed(), load_write_offs(), load_bill_policy())


def load_provider_codes() -> ProviderCodePolicy:
    """The shipped table of provider-level adjustment codes."""
    return read_provider_codes(files(__name__).joinpath("provider_adjustments.toml").read_text("utf-8"))


def read_adjustments(text: str) -> AdjustmentPolicy:
    """A table of adjustment codes from TOML; ValueError when an entry lacks its date, owner or source."""
    return AdjustmentPolicy(_by_code(text, "adjustments", _adjustment))


def read_provider_codes(text: str) -> ProviderCodePolicy:
    """A table of provider-level codes from TOML; ValueError when an entry lacks its date, owner or source."""
    return ProviderCodePolicy(_by_code(text, "provider adjustments", _provider_code))


def _adjustment(entry: Mapping[str, Any]) -> AdjustmentRule:
    return AdjustmentRule(entry["valid_from"], Action(entry["provider"]), Action(entry["patient"]))


def _provider_code(entry: Mapping[str, Any]) -> ProviderCodeRule:
    return ProviderCodeRule(entry["valid_from"], ProviderAccount(entry["account"]), Nets(entry["nets"]))


def _by_code(text: str, table: str, make: Callable[[Mapping[str, Any]], R]) -> Mapping[str, tuple[R, ...]]:
    """The dated rules of each code, newest first."""
    read = tomllib.loads(text)
    rules: dict[str, list[R]] = {}
    for number, stated in enumerate(read["rule"], 1):
        entry = {**read["defaults"], **stated}
        _check(entry, f"{table}, rule {number}")
        for code in entry["codes"]:
            rules.setdefault(code, []).append(make(entry))
    return {code: _newest_first(f"{table}, code {code}", dated) for code, dated in rules.items()}


def _check(entry: Mapping[str, Any], which: str) -> None:
    for name in ("meaning", "owner", "source"):
        if not entry.get(name):
            msg = f"{which}: {name} is missing"
            raise ValueError(msg)
    if not isinstance(entry.get("valid_from"), date):
        msg = f"{which}: valid_from must be a date"
        raise TypeError(msg)


def _newest_first(which: str, dated: list[R]) -> tuple[R, ...]:
    if len({rule.valid_from for rule in dated}) < len(dated):
        msg = f"{which}: two rules begin on one day"
        raise ValueError(msg)
    return tuple(sorted(dated, key=lambda rule: rule.valid_from, reverse=True))
