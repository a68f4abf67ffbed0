"""What HL7 messages leave out: who bills, and at which place. Dated, by tenant and sending facility."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from services.claims.core.content import ClaimType
from services.claims.policies import POLICY_FOLDER
from shared.policy import PolicyError
from shared.x12.claim837 import Address, Party

ANY = "*"
FIELDS = frozenset({"tenant", "facility", "valid_from", "source", "owner", "billing", "place_of_service"})


@dataclass(frozen=True, slots=True)
class Hl7Sender:
    """One sending facility (MSH-4). `filing_codes` go by payer (IN1-3).

    By patient class (PV1-2): `claim_types`, professional without one; `place_of_service`, and of institutional claims
    `type_of_bill`; `inpatient_classes` have an admission. `revenue_codes` go by department (FT1-13);
    `admission_types`, `admission_sources` and `patient_status` make claim codes of the site's (PV1-4, PV1-14, PV1-36).
    """

    tenant: str
    facility: str
    billing: Party
    place_of_service: Mapping[str, str]
    filing_codes: Mapping[str, str]
    valid_from: date
    source: str
    owner: str
    valid_to: date | None = None
    claim_types: Mapping[str, ClaimType] = field(default_factory=dict[str, ClaimType])
    type_of_bill: Mapping[str, str] = field(default_factory=dict[str, str])
    inpatient_classes: frozenset[str] = frozenset({"I"})
    revenue_codes: Mapping[str, str] = field(default_factory=dict[str, str])
    admission_types: Mapping[str, str] = field(default_factory=dict[str, str])
    admission_sources: Mapping[str, str] = field(default_factory=dict[str, str])
    patient_status: Mapping[str, str] = field(default_factory=dict[str, str])


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
        claim_types=_kinds(file, place, entry),
        type_of_bill=_bills(file, place, entry),
        inpatient_classes=frozenset(entry.get("inpatient_classes", ("I",))),
        revenue_codes=entry.get("revenue_codes", {}),
        admission_types=entry.get("admission_types", {}),
        admission_sources=entry.get("admission_sources", {}),
        patient_status=entry.get("patient_status", {}),
    )


def _kinds(file: str, place: int, entry: Mapping[str, Any]) -> dict[str, ClaimType]:
    """The kind of claim that each class makes."""
    given: dict[str, str] = entry.get("claim_types", {})
    kinds: dict[str, ClaimType] = {"professional": "P", "institutional": "I", "dental": "D"}
    if odd := sorted(set(given.values()) - set(kinds)):
        msg = f"{file}: sender {place}: claim_types are professional, institutional or dental, not {', '.join(odd)}"
        raise PolicyError(msg)
    return {patient_class: kinds[kind] for patient_class, kind in given.items()}


def _bills(file: str, place: int, entry: Mapping[str, Any]) -> dict[str, str]:
    """Three digits for each class that makes institutional claims, with or without a leading zero."""
    given: dict[str, str] = entry.get("type_of_bill", {})
    bills = {patient_class: bill.removeprefix("0") for patient_class, bill in given.items()}
    wanted = {one for one, kind in entry.get("claim_types", {}).items() if kind == "institutional"}
    if wanted - set(bills) or not all(len(bill) == 3 and bill.isalnum() for bill in bills.values()):
        msg = f"{file}: sender {place}: type_of_bill has a bill such as 0111 for each class of institutional claims"
        raise PolicyError(msg)
    return bills
