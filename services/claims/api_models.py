"""The JSON form of a claim for `POST /claims`: strict, unknown fields refused, amounts never negative.

It becomes the same claim as an 837P would, so everything after the door is one path.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.http import Body
from shared.x12.claim837 import (
    Address,
    Claim837,
    Diagnosis,
    Ndc,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
)
from shared.x12.writing import Raw

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Needed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
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


class DrugBody(Body):
    """A national drug code with what was given of it."""

    ndc: Needed
    quantity: Decimal | None = None
    unit: Text = ""


class LineBody(Body):
    """One service line; `diagnosis_pointers` count from 1 in the claim's diagnoses."""

    line_control_number: Text = ""
    procedure: Needed
    modifiers: tuple[Text, ...] = ()
    charge_cents: Charge
    units: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    place_of_service: Text = ""
    diagnosis_pointers: tuple[Annotated[int, Field(strict=True, ge=1, le=12)], ...] = ()
    service_from: date
    service_to: date | None = None
    drug: DrugBody | None = None
    rendering: ProviderBody | None = None

    def line(self, number: int) -> ServiceLine:
        drug = self.drug
        return ServiceLine(
            number=str(number),
            line_control_number=self.line_control_number,
            procedure_qualifier="HC",
            procedure=self.procedure,
            modifiers=self.modifiers,
            charge_cents=self.charge_cents,
            unit="UN",
            units=self.units,
            place_of_service=self.place_of_service,
            diagnosis_pointers=self.diagnosis_pointers,
            service_from=self.service_from,
            service_to=self.service_to or self.service_from,
            ndc=Ndc(drug.ndc, drug.quantity, drug.unit) if drug else None,
            rendering=self.rendering.party() if self.rendering else None,
        )


class AttachmentBody(Body):
    """Papers that support the claim (PWK): what they are, how they go, and the number they go under.

    `report_type` is PWK01, `transmission` PWK02: on request at the provider (AA), mail (BM), electronic (EL), e-mail
    (EM), fax (FX), file transfer (FT). All but AA need the number, which the papers quote.
    """

    report_type: Annotated[str, StringConstraints(pattern="^[A-Z0-9]{2}$")]
    transmission: Literal["AA", "BM", "EL", "EM", "FX", "FT"]
    control_number: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]{0,50}$")] = ""

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if self.transmission != "AA" and not self.control_number:
            msg = "papers that are sent need a control number (PWK06): the payer matches them by it"
            raise ValueError(msg)
        return self

    def segment(self) -> Raw:
        number = ("", "", "AC", self.control_number) if self.control_number else ()
        return ("PWK", self.report_type, self.transmission, *number)


class ClaimBody(Body):
    """A professional claim."""

    patient_control_number: Needed
    account_number: Text | None = Field(default=None, description="The guarantor's account, where the sender has one.")
    charge_cents: Charge
    place_of_service: Needed
    frequency_code: Literal["1", "7", "8"] = "1"
    diagnoses: tuple[Needed, ...]
    lines: tuple[LineBody, ...]
    billing: ProviderBody
    rendering: ProviderBody | None = None
    referring: ProviderBody | None = None
    service_facility: ProviderBody | None = None
    subscriber: SubscriberBody
    patient: PatientBody | None = None
    payer: PayerBody
    prior_authorization_number: Text = ""
    payer_claim_control_number: Text = ""
    provider_signature: Literal["Y", "N"] = Field(
        default="Y", description="CLM06: the provider's signature is on file."
    )
    assignment: Literal["A", "B", "C"] = Field(default="A", description="CLM07: the provider takes assignment.")
    benefits_assigned: Literal["Y", "N", "W"] = Field(default="Y", description="CLM08: benefits go to the provider.")
    release_of_information: Literal["I", "Y"] = Field(default="Y", description="CLM09.")
    attachments: Annotated[tuple[AttachmentBody, ...], Field(max_length=10)] = ()

    def claim837(self) -> Claim837:
        """The same claim as an 837P carries it."""
        return Claim837(
            patient_control_number=self.patient_control_number,
            charge_cents=self.charge_cents,
            facility_code=self.place_of_service,
            frequency_code=self.frequency_code,
            provider_signature=self.provider_signature,
            assignment=self.assignment,
            benefits_assigned=self.benefits_assigned,
            release_of_information=self.release_of_information,
            extras=tuple(one.segment() for one in self.attachments),
            diagnoses=tuple(
                Diagnosis("ABF" if place else "ABK", code.replace(".", "")) for place, code in enumerate(self.diagnoses)
            ),
            lines=tuple(line.line(number) for number, line in enumerate(self.lines, 1)),
            billing=self.billing.party(),
            rendering=self.rendering.party() if self.rendering else None,
            referring=self.referring.party() if self.referring else None,
            service_facility=self.service_facility.party() if self.service_facility else None,
            subscriber=self._subscriber(),
            patient=self.patient.person.person() if self.patient else None,
            patient_relationship=self.patient.relationship if self.patient else "",
            payer=Payer(self.payer.name, self.payer.id),
            prior_authorization_number=self.prior_authorization_number,
            payer_claim_control_number=self.payer_claim_control_number,
        )

    def _subscriber(self) -> Subscriber:
        given = self.subscriber
        return Subscriber(
            person=given.person.person(),
            member_id=given.member_id,
            group_number=given.group_number,
            relationship="" if self.patient else "18",
            payer_responsibility=given.payer_responsibility,
            claim_filing_code=given.claim_filing_code,
        )
