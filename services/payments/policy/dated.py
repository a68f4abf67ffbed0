"""Figures by client: a common file, and one for each client with what differs, each entry dated and sourced."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from services.payments.policy.cash import read_figures
from shared.policy import PolicyError, in_force

EVERYBODY = "*"
R = TypeVar("R")


def rules_by_client(folder: Path, name: str, make: Callable[..., R]) -> Mapping[str, Sequence[R]]:
    """The rules of `<name>.toml` under `*`, and of each `<name>.<client>.toml` under the client; the newest first.

    `make` takes `valid_from` and every figure by its name. PolicyError says which file, figure and what is missing.
    """
    common = read_figures(folder / f"{name}.toml")
    found = {EVERYBODY: _rules(f"{name}.toml", common, make)}
    for path in sorted(folder.glob(f"{name}.*.toml")):
        own = read_figures(path)
        if unknown := own.keys() - common.keys():
            msg = f"{path.name}: {', '.join(sorted(unknown))}: no such figure in {name}.toml"
            raise PolicyError(msg)
        client = path.name.removeprefix(f"{name}.").removesuffix(".toml")
        found[client] = _rules(path.name, {**common, **own}, make)
    return found


def _rules(file: str, figures: Mapping[str, Sequence[Mapping[str, Any]]], make: Callable[..., R]) -> tuple[R, ...]:
    first = max(min(entry["valid_from"] for entry in entries) for entries in figures.values())
    days = {entry["valid_from"] for entries in figures.values() for entry in entries}
    return tuple(
        make(valid_from=day, **{one: in_force(file, one, entries, day) for one, entries in figures.items()})
        for day in sorted(days, reverse=True)
        if day >= first
    )
