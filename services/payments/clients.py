"""What the house says of each billing client in one TOML file: its time zone, and what it pays for being billed.

    [lakeside]
    time_zone = "America/New_York"

    [[lakeside.fees]]
    valid_from = 2026-01-01
    ...

A posting day is the day at the client. Without the file, or for a client that is not in it, days are those of UTC, and
there is no fee. See `core/fee_contract.py` for what a fee contract says.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from services.payments.core.fee_contract import NO_FEES, FeeContract, FeeContracts


class _Client(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    time_zone: str = "UTC"
    fees: tuple[FeeContract, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            msg = "no such time zone: give a name of the IANA database, such as America/New_York"
            raise ValueError(msg) from None
        return name


@dataclass(frozen=True, slots=True)
class Client:
    """One billing client: where its days begin, and its fee contracts."""

    zone: tzinfo = UTC
    fees: FeeContracts = NO_FEES


UNSAID = Client()


@cache
def read_clients(path: Path | None) -> Mapping[str, Client]:
    """The file's clients; ValueError names the client and what is wrong with it."""
    if path is None:
        return {}
    read: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return {tenant: _client(path.name, tenant, entry) for tenant, entry in read.items()}


def _client(file: str, tenant: str, entry: object) -> Client:
    try:
        said = _Client.model_validate(entry)
        return Client(ZoneInfo(said.time_zone), FeeContracts(said.fees))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(p) for p in one['loc'])}: {one['msg']}" for one in error.errors())
        msg = f"{file}: [{tenant}] {faults}"
        raise ValueError(msg) from None
    except ValueError as error:
        msg = f"{file}: [{tenant}] {error}"
        raise ValueError(msg) from None
