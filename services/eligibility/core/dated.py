"""Terms that hold from a day until another, and which of several hold on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """Terms that hold from a day until another, both included."""

    valid_from: date
    valid_to: date
    terms: T


def terms_on(named: Mapping[str, Sequence[Dated[T]]], default: Sequence[Dated[T]], name: str, on: date) -> T | None:
    """The terms of a name on a day: its own, or the default's; None where there are neither."""
    own = in_force(named.get(name, ()), on)
    return in_force(default, on) if own is None else own


def in_force(entries: Sequence[Dated[T]], on: date) -> T | None:
    """The latest terms that hold on a day."""
    valid = [entry for entry in entries if entry.valid_from <= on <= entry.valid_to]
    return max(valid, key=lambda entry: entry.valid_from).terms if valid else None
