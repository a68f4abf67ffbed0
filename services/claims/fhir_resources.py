"""The FHIR R4 resources that a claim is made of: only the elements that are used, typed; all others are ignored.

Names are FHIR's. Source: http://hl7.org/fhir/R4/claim.html and the resources it refers to.
"""
# ruff: noqa: N815

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.x12.claim837 import Address


def _day_of(given: Any) -> Any:
    """The calendar day of a dateTime, in the zone it was written in."""
    return given[:10] if isinstance(given, str) and given[10:11] == "T" else given


Day: TypeAlias = Annotated[date, BeforeValidator(_day_of)]


class Element(BaseModel):
    """Part of a resource. Errors never quote what was sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Coding(Element):
    system: str = ""
    code: str = ""


class Concept(Element):
    """A CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str = ""

    @property
    def code(self) -> str:
        return next((one.code for one in self.coding if one.code), "")

    def of(self, system: str) -> str:
        """The code of one system; "" where it is coded otherwise."""
        return next((one.code for one in self.coding if one.system == system), "")

    def has(self, code: str) -> bool:
        return any(one.code == code for one in self.coding)


class Identifier(Element):
    system: str = ""
    value: str = ""
    type: Concept = Concept()


class Reference(Element):
    reference: str = ""
    identifier: Identifier | None = None
    display: str = ""


class HumanName(Element):
    use: str = ""
    family: str = ""
    given: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()


class PostalAddress(Element):
    line: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postalCode: str = ""
    country: str = ""

    def address(self) -> Address:
        first, second = (*self.line, "", "")[:2]
        country = "" if self.country in ("US", "USA") else self.country
        return Address(first, second, self.city, self.state, self.postalCode.replace("-", ""), country)


class Period(Element):
    """Days, and the hours where the period was given to the minute."""

    start: Day | None = None
    end: Day | None = None
    startTime: time | None = None
    endTime: time | None = None

    @model_validator(mode="before")
    @classmethod
    def _hours(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        kept = {str(name): value for name, value in cast("dict[object, object]", given).items()}
        hours = {f"{name}Time": str(kept[name])[11:16] for name in ("start", "end") if "T" in str(kept.get(name))}
        return kept | hours


class Quantity(Element):
    value: Decimal | None = None
    unit: str = ""


class Resource(Element):
    id: str = ""
    identifier: tuple[Identifier, ...] = ()

    def identified(self, system: str) -> str:
        """The value of the identifier of a naming system."""
        return next((one.value for one in self.identifier if one.system == system), "")


class Individual(Resource):
    """Patient, RelatedPerson or Practitioner."""

    name: tuple[HumanName, ...] = ()
    birthDate: Day | None = None
    gender: str = ""
    address: tuple[PostalAddress, ...] = ()


class Organization(Resource):
    name: str = ""
    address: tuple[PostalAddress, ...] = ()


class CoverageClass(Element):
    type: Concept = Concept()
    value: str = ""


class Coverage(Resource):
    subscriber: Reference | None = None
    subscriberId: str = ""
    beneficiary: Reference | None = None
    relationship: Concept = Concept()
    payor: tuple[Reference, ...] = ()
    classes: Annotated[tuple[CoverageClass, ...], Field(alias="class")] = ()
    type: Concept = Concept()


class CareTeam(Element):
    sequence: int
    provider: Reference
    role: Concept = Concept()
    qualification: Concept = Concept()


class SupportingInfo(Element):
    category: Concept
    code: Concept = Concept()
    timingDate: Day | None = None
    timingPeriod: Period | None = None
    valueQuantity: Quantity | None = None


class Procedure(Element):
    sequence: int
    type: tuple[Concept, ...] = ()
    date: Day | None = None
    procedureCodeableConcept: Concept = Concept()


class ClaimDiagnosis(Element):
    sequence: int
    diagnosisCodeableConcept: Concept
    type: tuple[Concept, ...] = ()
    onAdmission: Concept = Concept()


class Insurance(Element):
    sequence: int
    focal: bool
    coverage: Reference
    preAuthRef: tuple[str, ...] = ()


class Accident(Element):
    on: Annotated[Day | None, Field(alias="date")] = None
    type: Concept = Concept()
    locationAddress: PostalAddress | None = None


class Item(Element):
    sequence: int
    careTeamSequence: tuple[int, ...] = ()
    diagnosisSequence: tuple[int, ...] = ()
    revenue: Concept = Concept()
    productOrService: Concept
    modifier: tuple[Concept, ...] = ()
    servicedDate: Day | None = None
    servicedPeriod: Period | None = None
    locationCodeableConcept: Concept = Concept()
    quantity: Quantity | None = None
    unitPrice: Quantity | None = None
    net: Quantity | None = None
    bodySite: Concept = Concept()
    subSite: tuple[Concept, ...] = ()


class FhirClaim(Resource):
    resourceType: Literal["Claim"]
    status: str
    type: Concept
    use: str
    patient: Reference
    billablePeriod: Period = Period()
    insurer: Reference | None = None
    provider: Reference
    facility: Reference | None = None
    careTeam: tuple[CareTeam, ...] = ()
    supportingInfo: tuple[SupportingInfo, ...] = ()
    diagnosis: tuple[ClaimDiagnosis, ...] = ()
    procedure: tuple[Procedure, ...] = ()
    insurance: Annotated[tuple[Insurance, ...], Field(min_length=1)]
    accident: Accident | None = None
    item: Annotated[tuple[Item, ...], Field(min_length=1)]
    total: Quantity | None = None
