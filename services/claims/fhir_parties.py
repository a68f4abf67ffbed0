"""The people and organisations of FHIR claims, as a claim has them."""

from collections.abc import Sequence

from services.claims.fhir_resources import Identifier, Individual, Organization
from shared.x12.claim837 import Party, Person

NPI = "http://hl7.org/fhir/sid/us-npi"
TAX_ID = "urn:oid:2.16.840.1.113883.4.4"
SEXES = {"male": "M", "female": "F"}


def identified(identifiers: Sequence[Identifier], system: str) -> str:
    """The value of the identifier of a naming system."""
    return next((one.value for one in identifiers if one.system == system), "")


def organisation(one: Organization) -> Party:
    """Whoever bills or treats, as an organisation."""
    return Party(
        name=one.name,
        npi=one.identified(NPI),
        tax_id=one.identified(TAX_ID).replace("-", ""),
        tax_id_qualifier="EI",
        address=one.address[0].address() if one.address else None,
    )


def practitioner(one: Individual) -> Party:
    """Whoever bills or treats, as a person."""
    own = person(one)
    return Party(
        name=own.last_name,
        first_name=own.first_name,
        middle_name=own.middle_name,
        entity_type="1",
        npi=one.identified(NPI),
        tax_id=one.identified(TAX_ID).replace("-", ""),
        tax_id_qualifier="EI" if one.identified(TAX_ID) else "",
        address=own.address,
    )


def person(one: Individual) -> Person:
    """A patient or an insured person, by the official name where there are several."""
    name = next((name for name in one.name if name.use in ("official", "usual")), None) or next(iter(one.name), None)
    given = (*name.given, "", "")[:2] if name else ("", "")
    return Person(
        last_name=name.family if name else "",
        first_name=given[0],
        middle_name=given[1],
        suffix=next(iter(name.suffix), "") if name else "",
        birth_date=one.birthDate,
        sex=SEXES.get(one.gender, "U") if one.gender else "",
        address=one.address[0].address() if one.address else None,
    )
