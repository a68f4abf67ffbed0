"""A tenant's charge sheet: which of its columns holds what. Dated configuration, from `policy/charge_sheets.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.claims.core.content import ClaimType
from services.claims.policies import POLICY_FOLDER
from shared.policy import PolicyError

ANY_TENANT = "*"
KINDS: Mapping[str, ClaimType] = {"professional": "P", "institutional": "I", "dental": "D"}
_ALL_NEED = frozenset(
    {
        "patient_control_number",
        "payer_id",
        "member_id",
        "subscriber_last_name",
        "billing_name",
        "billing_npi",
        "charge",
    }
)
NEEDED: Mapping[ClaimType, frozenset[str]] = {
    "P": _ALL_NEED | {"place_of_service", "procedure", "service_from"},
    "I": _ALL_NEED | {"type_of_bill", "statement_from", "revenue_code"},
    "D": _ALL_NEED | {"place_of_service", "procedure", "service_from"},
}
"""Without a column or a constant for each of these no row could become a claim of this kind."""
OF_BUNDLES = frozenset({"charge", "procedure", "revenue_code"})
"""What a sheet of nothing but charge bundles leaves out."""
CLAIM_FIELDS = frozenset(
    {
        "accident_date",
        "assignment",
        "benefits_assigned",
        "accident_state",
        "billing_address",
        "billing_city",
        "billing_name",
        "billing_npi",
        "billing_postal_code",
        "billing_state",
        "billing_tax_id",
        "billing_taxonomy",
        "charge_total",
        "claim_filing_code",
        "diagnoses",
        "group_number",
        "member_id",
        "patient_birth_date",
        "patient_control_number",
        "patient_first_name",
        "patient_last_name",
        "patient_relationship",
        "patient_sex",
        "payer_claim_control_number",
        "payer_id",
        "payer_name",
        "place_of_service",
        "prior_authorization_number",
        "referral_number",
        "referring_first_name",
        "referring_last_name",
        "referring_npi",
        "related_causes",
        "rendering_first_name",
        "rendering_last_name",
        "rendering_npi",
        "rendering_taxonomy",
        "subscriber_address",
        "subscriber_birth_date",
        "subscriber_city",
        "subscriber_first_name",
        "subscriber_last_name",
        "subscriber_postal_code",
        "subscriber_sex",
        "subscriber_state",
    }
)
LINE_FIELDS = frozenset(
    {
        "bundle",
        "charge",
        "diagnosis_pointers",
        "line_control_number",
        "modifiers",
        "ndc",
        "ndc_quantity",
        "ndc_unit",
        "procedure",
        "service_from",
        "service_to",
        "units",
    }
)
KIND_FIELDS: Mapping[ClaimType, frozenset[str]] = {
    "P": frozenset(),
    "I": frozenset(
        {
            "admission_date",
            "admission_hour",
            "admission_source",
            "admission_type",
            "admitting_diagnosis",
            "attending_first_name",
            "attending_last_name",
            "attending_npi",
            "condition_codes",
            "discharge_hour",
            "drg",
            "external_causes",
            "non_covered",
            "occurrence_spans",
            "occurrences",
            "operating_first_name",
            "operating_last_name",
            "operating_npi",
            "other_procedures",
            "patient_status",
            "present_on_admission",
            "principal_procedure",
            "reasons_for_visit",
            "revenue_code",
            "statement_from",
            "statement_to",
            "type_of_bill",
            "unit",
            "value_codes",
        }
    ),
    "D": frozenset(
        {
            "missing_teeth",
            "oral_cavity",
            "orthodontic_months",
            "orthodontic_months_left",
            "prosthesis",
            "teeth",
            "teeth_to_extract",
        }
    ),
}
"""What only sheets of one kind may name."""
FIELDS = CLAIM_FIELDS | LINE_FIELDS
ENTRY_FIELDS = frozenset({"tenant", "name", "columns", "valid_from", "source", "owner"})


@dataclass(frozen=True, slots=True)
class ChargeMapping:
    """How one tenant's sheet is read.

    `columns` names, for each field, the columns that hold it: several for a field of many values (diagnoses,
    modifiers); a sheet may lack those of `optional` fields. `constants` are fields that no column holds. A date may
    have any of `date_forms` (strptime). `separator` parts the columns of a CSV, `value_separator` several values in one
    cell.
    """

    tenant: str
    name: str
    columns: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str]
    date_forms: tuple[str, ...]
    separator: str
    value_separator: str
    valid_from: date
    source: str
    owner: str
    valid_to: date | None = None
    claim_type: ClaimType = "P"
    optional: frozenset[str] = frozenset()

    def missing(self, header: Sequence[str]) -> list[str]:
        """The columns that a sheet with this header lacks, in the mapping's order."""
        present = {_plain(name) for name in header}
        needed = [names for field, names in self.columns.items() if field not in self.optional]
        return [name for names in needed for name in names if _plain(name) not in present]

    def places(self, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Where in a row each field stands."""
        first: dict[str, int] = {}
        for place, name in enumerate(header):
            first.setdefault(_plain(name), place)
        return {
            field: tuple(first[_plain(name)] for name in names if _plain(name) in first)
            for field, names in self.columns.items()
        }


@dataclass(frozen=True, slots=True)
class ChargeMappings:
    """The mappings of every tenant."""

    entries: tuple[ChargeMapping, ...]

    def of(self, tenant: str, on: date) -> tuple[ChargeMapping, ...]:
        """Those in force for a tenant on a day, its own before those of any tenant, the latest first."""
        in_force = [one for one in self.entries if one.valid_from <= on <= (one.valid_to or date.max)]
        own = [one for one in in_force if one.tenant == tenant]
        return tuple(sorted(own or (one for one in in_force if one.tenant == ANY_TENANT), key=_latest_first))


def _latest_first(mapping: ChargeMapping) -> int:
    return -mapping.valid_from.toordinal()


def _plain(name: str) -> str:
    """Case and spaces do not make another column."""
    return " ".join(name.split()).casefold()


def charge_mappings(path: Path = POLICY_FOLDER / "charge_sheets.toml") -> ChargeMappings:
    """Every mapping of the file; PolicyError when one could never make a claim."""
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file).get("mapping", [])
    return ChargeMappings(tuple(_mapping(path.name, place, entry) for place, entry in enumerate(entries, 1)))


def _mapping(file: str, place: int, entry: Mapping[str, Any]) -> ChargeMapping:
    missing = ENTRY_FIELDS - set(entry)
    if missing:
        msg = f"{file}: mapping {place} lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    columns = {name: _names(given) for name, given in entry["columns"].items()}
    constants: dict[str, str] = entry.get("constants", {})
    kind = KINDS.get(entry.get("claim_type", "professional"))
    if kind is None:
        msg = f"{file}: mapping {place} ({entry['name']}): claim_type is one of {', '.join(KINDS)}"
        raise PolicyError(msg)
    optional: list[str] = entry.get("optional", [])
    unknown = (set(columns) | set(constants) | set(optional)) - FIELDS - KIND_FIELDS[kind]
    lacking = NEEDED[kind] - set(columns) - set(constants) - (OF_BUNDLES if "bundle" in columns else set())
    if unknown or lacking:
        what, names = ("names unknown fields", unknown) if unknown else ("lacks", lacking)
        msg = f"{file}: mapping {place} ({entry['name']}) {what}: {', '.join(sorted(names))}"
        raise PolicyError(msg)
    return ChargeMapping(
        tenant=entry["tenant"],
        name=entry["name"],
        columns=columns,
        constants=constants,
        date_forms=tuple(entry.get("date_forms", ("%Y-%m-%d",))),
        separator=entry.get("separator", ","),
        value_separator=entry.get("value_separator", " "),
        valid_from=entry["valid_from"],
        valid_to=entry.get("valid_to"),
        source=entry["source"],
        owner=entry["owner"],
        claim_type=kind,
        optional=frozenset(optional),
    )


def _names(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
