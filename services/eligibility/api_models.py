"""Bodies of the eligibility service's requests. Identifiers of patients are sealed before anything is kept."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.http import Body
from shared.identity import Individual, PostalAddress, SubscriberIdentity

Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]
PayerId = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._-]+$")]
Npi = Annotated[str, Field(pattern=r"^[12][0-9]{9}$")]
Text = Annotated[str, Field(max_length=60)]
ServiceType = Annotated[str, Field(min_length=1, max_length=2)]


class AddressBody(Body):
    """Where somebody lives."""

    line1: Text
    line2: Text = ""
    city: Text
    state: Annotated[str, Field(max_length=2)] = ""
    postal_code: Annotated[str, Field(max_length=15)] = ""


class PersonBody(Body):
    """A person as payers know them."""

    last_name: Annotated[str, Field(min_length=1, max_length=60)]
    first_name: Text = ""
    middle_name: Text = ""
    suffix: Text = ""
    birth_date: date | None = None
    sex: Annotated[str, Field(pattern="^[FMU]?$")] = ""
    address: AddressBody | None = None

    def individual(self) -> Individual:
        fields = self.model_dump(exclude={"address"})
        return Individual(
            **fields, address=None if self.address is None else PostalAddress(**self.address.model_dump())
        )


class IdentityBody(Body):
    """Who is insured, and who the patient is when it is somebody else."""

    subscriber: PersonBody
    member_id: Text = ""
    group_number: Text = ""
    patient: PersonBody | None = None
    patient_relationship: Annotated[str, Field(max_length=2)] = "18"

    def identity(self) -> SubscriberIdentity:
        return SubscriberIdentity(
            subscriber=self.subscriber.individual(),
            member_id=self.member_id,
            group_number=self.group_number,
            patient=None if self.patient is None else self.patient.individual(),
            patient_relationship=self.patient_relationship,
        )


class InquiryBody(Body):
    """One question: is this coverage in force on this date? `identity` may be left out when it was asked before."""

    account_id: Id
    coverage_id: Id
    payer_id: PayerId
    billing_npi: Npi
    service_date: date
    service_types: Annotated[tuple[ServiceType, ...], Field(min_length=1, max_length=99)] = ("30",)
    identity: IdentityBody | None = None

    @model_validator(mode="after")
    def _born_before(self) -> Self:
        people = () if self.identity is None else (self.identity.subscriber, self.identity.patient)
        if any(one and one.birth_date and one.birth_date > self.service_date for one in people):
            msg = "birth_date: nobody is born after the service date"
            raise ValueError(msg)
        return self
