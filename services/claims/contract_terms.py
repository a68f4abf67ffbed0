"""Loads `policy/contracts.toml`, checked entry by entry."""

from pathlib import Path

from pydantic import TypeAdapter

from services.claims.core.contracts import Contract
from services.claims.policy_entries import read_entries

CONTRACT = TypeAdapter(Contract)


def contracts(path: Path) -> tuple[Contract, ...]:
    """The entries in their order; PolicyError naming the one that cannot be used, or that holds for every payer."""
    return read_entries(path, "contract", CONTRACT, _fault)


def _fault(contract: Contract) -> str:
    return "" if contract.payer_ids else "it names no payer: a contract is made with somebody"
