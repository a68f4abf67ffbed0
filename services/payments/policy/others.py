"""Loads the dated figures about parties that are neither insurer nor guarantor."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.payments.core.other_party_policy import OtherPartyPolicy, OtherPartyRules
from services.payments.core.refund_policy import ANY_TENANT
from services.payments.policy.cash import FOLDER, read_figures
from shared.policy import PolicyError, in_force

NAME = "other_parties"


def load_other_parties(folder: Path = FOLDER) -> OtherPartyPolicy:
    """`other_parties.toml`, and `other_parties.<tenant>.toml` with what differs; PolicyError says what is missing."""
    common = read_figures(folder / f"{NAME}.toml")
    rules = {ANY_TENANT: _rules(f"{NAME}.toml", common)}
    for path in sorted(folder.glob(f"{NAME}.*.toml")):
        own = read_figures(path)
        if unknown := own.keys() - common.keys():
            msg = f"{path.name}: {', '.join(sorted(unknown))}: no such figure in {NAME}.toml"
            raise PolicyError(msg)
        rules[path.name.split(".")[1]] = _rules(path.name, {**common, **own})
    return OtherPartyPolicy(rules)


def _rules(file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[OtherPartyRules, ...]:
    first = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    return tuple(
        OtherPartyRules(
            valid_from=day, **{name: in_force(file, name, entries, day) for name, entries in figures.items()}
        )
        for day in sorted(days, reverse=True)
        if day >= first
    )
