"""What HL7 messages leave out: who bills, and at which place. Dated, by tenant and sending facility."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from services.claims.policies import POLICY_FOLDER
from shared.policy import PolicyError
from shared.x12.claim837 import Address, Party

ANY = "*"
FIELDS = frozenset({"tenant", "facility", "valid_from", "source", "owner", "billing", "place_of_service"})


@dataclass(frozen=True, slots=True)
class Hl7Sender:
    """One sending facility (MSH-4). `place_of_service` is by patient class (PV1-2); `filing_codes` by payer (IN1-3)."""

    tenant: str
    facility: str
    billing: Party
    place_of_service: Mapping[str, str]
    filing_codes: Mapping[str, str]
    valid_from: date
    source: str
    owner: str
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Hl7Senders:
    """The senders of every tenant."""

    entries: tuple[Hl7Sender, ...]

    def of(self, tenant: str, on: date) -> tuple[Hl7Sender, ...]:
        """A tenant's senders on a day, those of a named facility first."""
        own = [one for one in self.entries if one.tenant == tenant]
        found = [one for one in own if one.valid_from <= on <= (one.valid_to or date.max)]
        return tuple(sorted(found, key=lambda one: (one.facility == ANY, -one.valid_from.toordinal())))


def hl7_senders(path: Path = POLICY_FOLDER / "hl7_senders.toml") -> Hl7Senders:
    """Every sender of the file; PolicyError when one lacks what a claim needs."""
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file).get("sender", [])
    return Hl7Senders(tuple(_sender(path.name, place, entry) for place, entry in enumerate(entries, 1)))


def _sender(file: str, place: int, entry: Mapping[str, Any]) -> Hl7Sender:
    missing = FIELDS - set(entry)
    if missing:
        msg = f"{file}: sender {place} lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    billing: dict[str, Any] = dict(entry["billing"])
    address = Address(**billing.pop("address", {}))
    return Hl7Sender(
        tenant=entry["tenant"],
        facility=entry["facility"],
        billing=replace(Party(**billing), address=address, tax_id_qualifier="EI"),
        place_of_service=entry["place_of_service"],
        filing_codes=entry.get("filing_codes", {}),
        valid_from=entry["valid_from"],
        valid_to=entry.get("valid_to"),
        source=entry["source"],
        owner=entry["owner"],
    )
