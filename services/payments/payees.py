"""Under which NPIs and tax ids each billing client is paid, where the house says so.

    [lakeside]
    payees = ["1234567893", "341200003"]

With such a list a remittance for somebody else, dropped into the wrong folder, is parked. Without one nothing is
refused for its payee.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError

from services.payments.from_x12 import Limits

Payees: TypeAlias = Mapping[str, frozenset[str]]
NO_PAYEES: Payees = {}
PAYEES = TypeAdapter(dict[str, list[str]])
DAYS_AHEAD = 370
"""A payment dated later than this is a slip of the payer's keyboard: money is announced days ahead, never a year."""


def read_payees(path: Path | None) -> Payees:
    """The lists of a TOML file by tenant; ValueError names the tenant whose list is none."""
    if path is None:
        return NO_PAYEES
    read: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return {tenant: _listed(path.name, tenant, entry) for tenant, entry in read.items()}


def _listed(file: str, tenant: str, entry: object) -> frozenset[str]:
    try:
        return frozenset(PAYEES.validate_python(entry)["payees"])
    except (KeyError, ValidationError):
        msg = f"{file}: [{tenant}] needs payees, a list of NPIs and tax ids"
        raise ValueError(msg) from None


def limits_of(payees: Payees, tenant: str, today: date) -> Limits:
    """What a remittance of this tenant is held against."""
    return Limits(payees.get(tenant, frozenset()), today + timedelta(days=DAYS_AHEAD))
