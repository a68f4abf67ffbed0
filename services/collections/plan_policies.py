"""Loads what clients offer as payment plans and settlements.

`plans.<tenant>.toml` beside the common file holds a client's own sections, and what it has confirmed:

    [[confirmed]]
    version = "autopay/2020-01-01"
    on = 2026-01-05
    by = "compliance officer"
    reason = "read with the bank"
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.collections.core.plan_policy import (
    AutopayRules,
    PlanBook,
    PlanConduct,
    PlanVariant,
    Section,
    SettlementRules,
    Version,
)
from services.collections.policies import POLICY_FOLDER, told
from shared.policy import ENTRY_FIELDS, PolicyError

COMMON = "plans.toml"
CONFIRMED = "confirmed"
CONFIRM_FIELDS = frozenset({"version", "on", "by", "reason"})
SECTIONS: Mapping[str, TypeAdapter[Any]] = {
    "variant": TypeAdapter(PlanVariant),
    "conduct": TypeAdapter(PlanConduct),
    "autopay": TypeAdapter(AutopayRules),
    "settlement": TypeAdapter(SettlementRules),
}


def plan_book(folder: Path = POLICY_FOLDER, *, production: bool = True) -> PlanBook:
    """Every client's versions. PolicyError names the file, the entry and what is wrong with it.

    Without a common file nobody offers anything but what the dunning policy says.
    """
    if not (folder / COMMON).exists():
        return PlanBook({})
    common = _read(folder / COMMON)
    known = {version for version, _, _ in _named(COMMON, common)}
    clients = {"*": tuple(_versions(COMMON, common, (), production))}
    for path in sorted(folder.glob("plans.*.toml")):
        own = _read(path)
        confirmed = _confirmed(path.name, own, known)
        mine = tuple(_versions(path.name, own, (), production))
        kinds = {type(one.content) for one in mine}
        taken = (one for one in _versions(COMMON, common, confirmed, production) if type(one.content) not in kinds)
        clients[path.name.split(".")[1]] = (*taken, *mine)
    return PlanBook(clients)


def _versions(file: str, entries: Mapping[str, Any], confirmed: Sequence[str], production: bool) -> Iterator[Version]:
    for version, section, entry in _named(file, entries):
        usable = entry[CONFIRMED] or version in confirmed or not production
        yield Version(version, entry["valid_from"], _content(file, version, section, entry["value"]), usable)


def _named(file: str, entries: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each entry with its version, such as "conduct/2020-01-01" or "variant/hardship/2020-01-01", and its section."""
    unknown = entries.keys() - SECTIONS.keys() - {CONFIRMED}
    if unknown:
        msg = f"{file}: {', '.join(sorted(unknown))}: no such section; there are {', '.join(SECTIONS)}"
        raise PolicyError(msg)
    for section in SECTIONS:
        for entry in entries.get(section, ()):
            lacking = (ENTRY_FIELDS | {CONFIRMED}) - entry.keys()
            if lacking:
                msg = f"{file}: {section}: an entry lacks {', '.join(sorted(lacking))}"
                raise PolicyError(msg)
            name = f"/{entry['value'].get('name', '')}" if section == "variant" else ""
            yield f"{section}{name}/{entry['valid_from']}", section, entry


def _content(file: str, version: str, section: str, value: Any) -> Section:
    try:
        content: Section = SECTIONS[section].validate_python(value)
    except ValidationError as error:
        msg = f"{file}: {version}: {told(error)}"
        raise PolicyError(msg) from None
    return content


def _confirmed(file: str, own: Mapping[str, Any], known: set[str]) -> Sequence[str]:
    for entry in own.get(CONFIRMED, ()):
        if entry.keys() != CONFIRM_FIELDS or entry["version"] not in known:
            msg = f"{file}: confirmed: an entry has {', '.join(sorted(CONFIRM_FIELDS))}, of a version in {COMMON}"
            raise PolicyError(msg)
    return tuple(entry["version"] for entry in own.get(CONFIRMED, ()))


def _read(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        try:
            return tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            msg = f"{path.name}: not TOML: {error}"
            raise PolicyError(msg) from None
