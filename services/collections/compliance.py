"""Loads the compliance gate's rules for a tenant: common figures, what was confirmed, and regimes switched off.

`compliance.<tenant>.toml` beside the common file holds a tenant's decisions, each with who, when and why:

    [[switched_off]]
    regime = "tax_exempt_hospital"
    valid_from = 2026-01-01
    by = "compliance officer"
    reason = "a physician group, no hospital"

    [[confirmed]]
    version = "eca_days/2020-01-01"
    on = 2026-01-05
    by = "compliance officer"
    reason = "read in the regulation"
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from services.collections.core.gate import Provision, Rule, RuleBook
from services.collections.core.gate_rules import ALWAYS, RULES
from services.collections.core.gate_shelf import Decisions, RuleShelf
from services.collections.policies import POLICY_FOLDER
from shared.policy import ENTRY_FIELDS, PolicyError

COMMON = "compliance.toml"
PROVISION_FIELDS = ENTRY_FIELDS | {"confirmed"}
SWITCH_FIELDS = frozenset({"regime", "valid_from", "by", "reason"})
CONFIRM_FIELDS = frozenset({"version", "on", "by", "reason"})


def rule_shelf(folder: Path = POLICY_FOLDER, *, production: bool = True) -> RuleShelf:
    """The rules of every tenant and day. Raises PolicyError naming the file, the entry and what is wrong with it."""
    provisions = _provisions(folder / COMMON)
    tenants = {
        path.name.split(".")[1]: _decisions(path, provisions) for path in sorted(folder.glob("compliance.*.toml"))
    }
    return RuleShelf(RULES, provisions, tenants, production)


def rule_book(tenant: str, on: date, *, production: bool, folder: Path = POLICY_FOLDER) -> RuleBook:
    """The rules a tenant is under on a day; PolicyError as `rule_shelf`."""
    return rule_shelf(folder, production=production).on(tenant, on)


def _decisions(path: Path, provisions: Mapping[str, tuple[Provision, ...]]) -> Decisions:
    own, name = _own(path), path.name
    regimes = {rule.regime for rule in RULES}
    off = tuple((one["regime"], one["valid_from"]) for one in _entries(name, own, "switched_off", SWITCH_FIELDS))
    for regime, _ in off:
        known = ", ".join(sorted(regimes))
        _require(regime in regimes, name, f"switched_off: there is no regime {regime!r}; known: {known}")
        _require(regime != ALWAYS, name, f"switched_off: {ALWAYS!r} holds for everybody")
    versions = {provision.version for known in provisions.values() for provision in known}
    confirmed = tuple((one["version"], one["on"]) for one in _entries(name, own, "confirmed", CONFIRM_FIELDS))
    for version, _ in confirmed:
        _require(version in versions, name, f"confirmed: there is no version {version!r}")
    return Decisions(off, confirmed)


def _provisions(path: Path) -> Mapping[str, tuple[Provision, ...]]:
    entries = _own(path)
    rules = {rule.name: rule for rule in RULES}
    missing, unknown = rules.keys() - entries.keys(), entries.keys() - rules.keys()
    _require(not missing, path.name, f"rules without figures and source: {', '.join(sorted(missing))}")
    _require(not unknown, path.name, f"no such rule: {', '.join(sorted(unknown))}")
    return {name: tuple(_provision(path.name, rule, entry) for entry in entries[name]) for name, rule in rules.items()}


def _provision(file: str, rule: Rule, entry: Mapping[str, Any]) -> Provision:
    lacking = PROVISION_FIELDS - entry.keys()
    _require(not lacking, file, f"{rule.name}: an entry lacks {', '.join(sorted(lacking))}")
    _require(
        sorted(entry["value"]) == sorted(rule.figures),
        file,
        f"{rule.name}: the figures are {', '.join(sorted(rule.figures)) or 'none'}",
    )
    return Provision(
        rule=rule.name,
        valid_from=entry["valid_from"],
        figures=entry["value"],
        source=entry["source"],
        confirmed=entry["confirmed"],
    )


def _own(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return tomllib.load(file)


def _entries(file: str, own: Mapping[str, Any], name: str, wanted: frozenset[str]) -> Sequence[Mapping[str, Any]]:
    entries: Sequence[Mapping[str, Any]] = own.get(name, ())
    for entry in entries:
        _require(
            sorted(entry) == sorted(wanted), file, f"{name}: an entry has {', '.join(sorted(wanted))}, and nothing else"
        )
    return entries


def _require(holds: bool, file: str, rule: str) -> None:
    if not holds:
        msg = f"{file}: {rule}"
        raise PolicyError(msg)
