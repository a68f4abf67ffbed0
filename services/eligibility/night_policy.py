"""Loads `policy/nightly.toml`: when each tenant's nightly list is made, and what stands on it."""

from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from services.eligibility.core.night import NightBook, NightTerms
from services.eligibility.dated_files import read_dated
from services.eligibility.policies import POLICY

FILE = POLICY / "nightly.toml"


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        msg = "name a zone as the IANA database does, such as America/Chicago"
        raise ValueError(msg) from None
    return zone


class NightEntry(BaseModel):
    """A tenant's figures as the file writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: time
    zone: Annotated[str, AfterValidator(_known)]
    eve_days: NonNegativeInt
    ahead_days: NonNegativeInt
    older_than_days: PositiveInt
    back_days: NonNegativeInt
    inquiries_max: NonNegativeInt

    def terms(self) -> NightTerms:
        return NightTerms(**self.model_dump())


def night_book(path: Path = FILE) -> NightBook:
    """Every tenant's terms through time; PolicyError says the tenant and what is wrong with its entry."""
    file = read_dated(path, NightEntry, lambda _, entry: entry.terms())
    return NightBook(file.named, file.default)
