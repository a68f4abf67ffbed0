"""Whom the JSON form of a claim names: people, providers and payers, with the plain values that all its parts use."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.http import Body
from shared.x12.claim837 import Address, Party, Person

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Needed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern="^[A-Za-z0-9]{1,7}$")]
Charge = Annotated[int, Field(strict=True, ge=0, le=9_999_999_999, description="Integer cents.")]


class AddressBody(Body):
    """A postal address in the United States unless `country` says otherwise."""

    line1: Needed
    line2: Text = ""
    city: Needed
    state: Text = ""
    postal_code: Text = ""
    country: Text = ""

    def address(self) -> Address:
        return Address(self.line1, self.line2, self.city, self.state, self.postal_code, self.country)


class PersonBody(Body):
    """A subscriber or patient."""

    last_name: Needed
    first_name: Text = ""
    middle_name: Text = ""
    suffix: Text = ""
    birth_date: date | None = None
    sex: Literal["F", "M", "U", ""] = ""
    address: AddressBody | None = None

    def person(self) -> Person:
        return Person(
            self.last_name,
            self.first_name,
            self.middle_name,
            self.suffix,
            self.birth_date,
            self.sex,
            self.address.address() if self.address else None,
        )


class ProviderBody(Body):
    """A provider: an organisation, or a person when `first_name` is given."""

    name: Needed
    first_name: Text = ""
    npi: Text = ""
    tax_id: Text = ""
    taxonomy: Text = ""
    address: AddressBody | None = None

    def party(self) -> Party:
        return Party(
            name=self.name,
            first_name=self.first_name,
            entity_type="1" if self.first_name else "2",
            npi=self.npi,
            tax_id=self.tax_id,
            tax_id_qualifier="EI" if self.tax_id else "",
            taxonomy=self.taxonomy,
            address=self.address.address() if self.address else None,
        )


class SubscriberBody(Body):
    """Who is insured."""

    person: PersonBody
    member_id: Needed
    group_number: Text = ""
    claim_filing_code: Text = Field(default="CI", description="SBR09, the class of payer.")
    payer_responsibility: Literal["P", "S", "T"] = "P"


class PatientBody(Body):
    """The patient, when it is not the subscriber; `relationship` is PAT01."""

    person: PersonBody
    relationship: Needed


class PayerBody(Body):
    """Who is asked to pay."""

    id: Needed
    name: Needed
