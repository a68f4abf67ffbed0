"""Loads the poverty guidelines and the clients' financial assistance policies.

`assistance.<tenant>.toml` beside the common file holds a client's own programs, and which guidelines it has confirmed:

    [[program]]
    valid_from = 2026-01-01
    source = "Financial assistance policy adopted by the board on 12 November 2025"
    owner = "patient financial services"
    confirmed = true
    value = { ... }

    [[confirmed]]
    version = "poverty/2025-01-15"
    on = 2026-01-05
    by = "compliance officer"
    reason = "read in the Federal Register"
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.collections.core.assistance_policy import (
    ALWAYS,
    CONTIGUOUS,
    AssistancePolicy,
    Guideline,
    PovertyTable,
    Program,
    Tier,
)
from services.collections.policies import POLICY_FOLDER
from shared.policy import ENTRY_FIELDS, PolicyError

COMMON = "assistance.toml"
CONFIRM_FIELDS = frozenset({"version", "on", "by", "reason"})


def assistance_policy(folder: Path = POLICY_FOLDER, *, production: bool = True) -> AssistancePolicy:
    """Every client's policy. PolicyError names the file, the entry and what is wrong with it."""
    common = _read(folder / COMMON)
    programs, poverty = {"*": _programs(COMMON, common, production)}, {"*": _tables(COMMON, common, (), production)}
    for path in sorted(folder.glob("assistance.*.toml")):
        own, tenant = _read(path), path.name.split(".")[1]
        if own.get("program"):
            programs[tenant] = _programs(path.name, own, production)
        poverty[tenant] = _tables(COMMON, common, _confirmed(path.name, own, common), production)
    return AssistancePolicy(programs, poverty)


def _programs(file: str, entries: Mapping[str, Any], production: bool) -> Sequence[Program]:
    return tuple(_program(file, entry, production) for entry in _checked(file, entries, "program"))


def _program(file: str, entry: Mapping[str, Any], production: bool) -> Program:
    value = dict(entry["value"])
    try:
        program = Program(
            version=f"program/{entry['valid_from']}",
            valid_from=entry["valid_from"],
            scale=tuple(Tier(**tier) for tier in value.pop("scale")),
            presumptive={one["program"]: one["discount_percent"] for one in value.pop("presumptive")},
            usable=entry["confirmed"] or not production,
            **value,
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{file}: program from {entry['valid_from']}: {error}"
        raise PolicyError(msg) from None
    if ALWAYS not in program.documents:
        msg = f"{file}: program from {entry['valid_from']}: documents: say what is {ALWAYS} asked for"
        raise PolicyError(msg)
    return program


def _tables(
    file: str, entries: Mapping[str, Any], confirmed: Sequence[str], production: bool
) -> Sequence[PovertyTable]:
    return tuple(_table(file, entry, confirmed, production) for entry in _checked(file, entries, "poverty"))


def _table(file: str, entry: Mapping[str, Any], confirmed: Sequence[str], production: bool) -> PovertyTable:
    version = f"poverty/{entry['valid_from']}"
    try:
        guidelines = {region: Guideline(**figures) for region, figures in entry["value"].items()}
    except TypeError as error:
        msg = f"{file}: {version}: {error}"
        raise PolicyError(msg) from None
    if CONTIGUOUS not in guidelines or any(min(one) <= 0 for one in guidelines.values()):
        msg = f"{file}: {version}: needs {CONTIGUOUS}, and figures above 0"
        raise PolicyError(msg)
    return PovertyTable(
        version, entry["valid_from"], guidelines, entry["confirmed"] or version in confirmed or not production
    )


def _confirmed(file: str, own: Mapping[str, Any], common: Mapping[str, Any]) -> Sequence[str]:
    known = {f"poverty/{entry['valid_from']}" for entry in common["poverty"]}
    for entry in own.get("confirmed", ()):
        if entry.keys() != CONFIRM_FIELDS or entry["version"] not in known:
            msg = f"{file}: confirmed: an entry has {', '.join(sorted(CONFIRM_FIELDS))}, of a version in {COMMON}"
            raise PolicyError(msg)
    return tuple(entry["version"] for entry in own.get("confirmed", ()))


def _checked(file: str, entries: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = entries.get(name, ())
    for entry in found:
        lacking = (ENTRY_FIELDS | {"confirmed"}) - entry.keys()
        if lacking:
            msg = f"{file}: {name}: an entry lacks {', '.join(sorted(lacking))}"
            raise PolicyError(msg)
    if not found:
        msg = f"{file}: {name}: there is no entry"
        raise PolicyError(msg)
    return found


def _read(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
