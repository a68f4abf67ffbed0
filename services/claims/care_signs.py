"""Loads `policy/care_facts.toml`, checked entry by entry."""

from pathlib import Path

from pydantic import TypeAdapter

from services.claims.core.care_facts import CareSign
from services.claims.policy_entries import read_entries

SIGN = TypeAdapter(CareSign)


def care_signs(path: Path) -> tuple[CareSign, ...]:
    """The entries in their order; PolicyError naming the one that cannot be used, or that every claim would show."""
    return read_entries(path, "sign", SIGN, _fault)


def _fault(sign: CareSign) -> str:
    return "" if sign.asks_for_something else "it names no sign, and every claim would show it"
