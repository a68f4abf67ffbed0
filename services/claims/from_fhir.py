"""FHIR R4 claims: a `Claim` with contained resources, a Bundle of them, or a line of either (NDJSON).

They give the claims an 837 gives. A resource that is not understood is left out with a finding that names its entry and
element, never a value, and its neighbours go on. Systems: US Core NPI (us-npi), tax id (2.16.840.1.113883.4.4).
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from pydantic import ValidationError

from services.claims.claim_kinds import institutional_segments
from services.claims.fhir_parties import NPI, identified, organisation, person, practitioner
from services.claims.fhir_resources import (
    Coverage,
    FhirClaim,
    Individual,
    Insurance,
    Item,
    Organization,
    Reference,
    Resource,
)
from services.claims.fhir_stays import MisfitError, admission_of, stay_of, supporting
from shared.x12.claim837 import (
    Claim837,
    Diagnosis,
    Header837,
    OtherPayer,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
    Tooth,
)
from shared.x12.claim837_views import Guide
from shared.x12.findings import Finding, Severity, unreadable

FHIR_BYTES_MAX = 100_000_000
GUIDES: dict[str, tuple[Guide, str]] = {
    "professional": ("837P", "005010X222A1"),
    "institutional": ("837I", "005010X223A2"),
    "oral": ("837D", "005010X224A2"),
}
RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19", "parent": "G8", "other": "G8", "common": "53"}
RESPONSIBILITIES = "PSTABCDEFGH"
BUNDLES = "urn:revcycle:charge-bundle"
"""The system of a product or service that names a charge bundle of the tenant."""
ROLES = {
    "rendering": "rendering",
    "primary": "rendering",
    "referring": "referring",
    "supervising": "supervising",
    "attending": "attending",
    "operating": "operating",
}
R = TypeVar("R", bound=Resource)
Json: TypeAlias = Mapping[str, Any]


class Place(NamedTuple):
    """Where in the file a claim stands: its entry or line, from 1, and the resources around it."""

    number: int
    resource: Json
    around: Mapping[str, Json]


def read_fhir(chunks: Iterable[bytes]) -> Iterator[Claim837 | Finding]:
    """Claims and findings, in order. Raises `X12Error` when the file is no FHIR JSON at all."""
    content = io.BytesIO()
    for chunk in chunks:
        if content.tell() + len(chunk) > FHIR_BYTES_MAX:
            raise unreadable("FHIR:size", "The file has more than 100 MB: send several, or NDJSON by the day.")
        content.write(chunk)
    for number, document in _documents(content.getvalue()):
        if isinstance(document, Finding):
            yield document
        else:
            for place in _places(number, document):
                yield _read(place)


def _documents(content: bytes) -> Iterator[tuple[int, Json | Finding]]:
    """The one document of a file, or of each of its lines."""
    try:
        document = json.loads(content)
    except ValueError:
        lines = [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
        if len(lines) < 2:
            raise unreadable("FHIR:json", "The file is no JSON: send a FHIR Claim or Bundle.") from None
        for number, line in lines:
            yield number, _line(number, line)
        return
    if not isinstance(document, dict):
        raise unreadable("FHIR:json", "The file is no FHIR resource: send a Claim or a Bundle.")
    yield 0, cast("Json", document)


def _line(number: int, line: bytes) -> Json | Finding:
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return cast("Json", document)
    return Finding(Severity.ERROR, "FHIR:json", f"Line {number} is no FHIR resource in JSON.", number)


def _objects(given: object) -> list[Json]:
    """The JSON objects of a list; whatever else stands there is no resource."""
    if not isinstance(given, list):
        return []
    return [cast("Json", one) for one in cast("list[object]", given) if isinstance(one, dict)]


def _places(number: int, document: Json) -> Iterator[Place]:
    """Every claim of a document. A resource of another kind alone is a misfit of its own."""
    if document.get("resourceType") != "Bundle":
        yield Place(number or 1, document, {})
        return
    resources: list[Json] = []
    around: dict[str, Json] = {}
    for entry in _objects(document.get("entry")):
        (resource,) = _objects([entry.get("resource")]) or [{}]
        around[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
        around[str(entry.get("fullUrl", ""))] = resource
        resources.append(resource)
    for at, resource in enumerate(resources, 1):
        if resource.get("resourceType") == "Claim":
            yield Place(number or at, resource, around)


def _read(place: Place) -> Claim837 | Finding:
    where = f"Entry {place.number}"
    try:
        claim = FhirClaim.model_validate(place.resource)
        return _Maker(claim, place).claim()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        element = ".".join(str(step) for step in first["loc"])
        message = f"{where}: {element or 'the resource'}: {first['msg']}."
        return Finding(Severity.ERROR, "FHIR:element", message, place.number)
    except MisfitError as misfit:
        return Finding(Severity.ERROR, "FHIR:claim", f"{where}: {misfit}", place.number)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one claim of a resource and what it refers to."""

    given: FhirClaim
    place: Place

    def claim(self) -> Claim837:
        given = self.given
        if given.status != "active" or given.use != "claim":
            raise MisfitError("Claim.status must be active and Claim.use claim: only such a one is sent.")
        guide, version = self._guide()
        focal, others = self._insurances()
        coverage = self._needed(focal.coverage, Coverage, "insurance.coverage")
        patient = self._needed(given.patient, Individual, "patient")
        relationship = RELATIONSHIPS.get(coverage.relationship.code or "self", "G8")
        own = relationship == "18"
        subscriber = self._subscriber(coverage, patient, "P" if not others else _responsibility(focal, given.insurance))
        lines = tuple(self._line(item, guide) for item in given.item)
        bill_type = supporting(given, "typeofbill")
        hospital = guide == "837I"
        if hospital and len(bill_type) < 3:
            raise MisfitError("an institutional claim needs its type of bill (supportingInfo typeofbill).")
        digits = bill_type.removeprefix("0")
        places = [item.locationCodeableConcept.code for item in given.item if item.locationCodeableConcept.code]
        team = self._team()
        stay = stay_of(given) if hospital else None
        admitted = admission_of(given) if hospital else None
        return Claim837(
            patient_control_number=self._number(),
            charge_cents=self._total(lines),
            facility_code=digits[:2] if hospital else next(iter(places), ""),
            facility_qualifier="A" if hospital else "B",
            frequency_code=digits[2] if hospital else "1",
            provider_signature="" if hospital else "Y",
            assignment="A",
            benefits_assigned="Y",
            release_of_information="Y",
            diagnoses=self._diagnoses(),
            lines=lines,
            billing=self._party(given.provider, "provider"),
            service_facility=self._party(given.facility, "facility") if given.facility else None,
            subscriber=subscriber,
            patient=None if own else person(patient),
            patient_relationship="" if own else relationship,
            payer=self._payer(coverage),
            other_payers=tuple(self._other(one) for one in others),
            prior_authorization_number=next(iter(focal.preAuthRef), ""),
            statement_from=stay.statement_from if stay else None,
            statement_to=stay.statement_to if stay else None,
            admission_date=None if stay and stay.admitted_at else admitted,
            accident_date=given.accident.on if given.accident else None,
            extras=tuple(institutional_segments(stay, admitted)) if stay else (),
            segment_number=self.place.number,
            header=_header(guide, version),
            rendering=None if hospital else team.get("rendering"),
            referring=team.get("referring"),
            supervising=team.get("supervising"),
            attending=team.get("attending") if hospital else None,
            operating=team.get("operating") if hospital else None,
        )

    def _guide(self) -> tuple[Guide, str]:
        found = next((GUIDES[code] for code in GUIDES if self.given.type.has(code)), None)
        if found is None:
            raise MisfitError("Claim.type must be professional, institutional or oral.")
        return found

    def _number(self) -> str:
        number = next((one.value for one in self.given.identifier if one.value), self.given.id)
        if not number:
            raise MisfitError("Claim.identifier is missing: it becomes the patient control number.")
        return number

    def _insurances(self) -> tuple[Insurance, list[Insurance]]:
        focal = next((one for one in self.given.insurance if one.focal), None)
        if focal is None:
            raise MisfitError("no Claim.insurance is focal: say which coverage this claim is for.")
        return focal, [one for one in sorted(self.given.insurance, key=_sequence) if one is not focal]

    def _resolve(self, reference: Reference) -> Json | None:
        """The resource a reference means: contained, by address, or by type and id."""
        name = reference.reference
        if name.startswith("#"):
            contained = _objects(self.place.resource.get("contained"))
            return next((one for one in contained if one.get("id") == name[1:]), None)
        around = self.place.around
        return around.get(name) or around.get("/".join(name.split("/")[-2:]))

    def _find(self, reference: Reference, kind: type[R]) -> R | None:
        resource = self._resolve(reference)
        return None if resource is None else kind.model_validate(resource)

    def _needed(self, reference: Reference, kind: type[R], element: str) -> R:
        found = self._find(reference, kind)
        if found is None:
            raise MisfitError(f"{element} refers to a resource that is not in the file: send it along.")
        return found

    def _party(self, reference: Reference, element: str) -> Party:
        """An organisation or a practitioner; a reference by identifier alone gives what it says."""
        resource = self._resolve(reference)
        if resource is None:
            if reference.identifier is None:
                raise MisfitError(f"{element} refers to a resource that is not in the file: send it along.")
            return Party(name=reference.display, npi=identified((reference.identifier,), NPI))
        if resource.get("resourceType") == "Organization":
            one = Organization.model_validate(resource)
            return organisation(one)
        return practitioner(Individual.model_validate(resource))

    def _payer(self, coverage: Coverage) -> Payer:
        reference = next(iter(coverage.payor), self.given.insurer)
        if reference is None:
            raise MisfitError("Coverage.payor is missing: who is asked to pay?")
        payer = self._find(reference, Organization)
        named = reference.identifier.value if reference.identifier else ""
        identifier = next((one.value for one in payer.identifier if one.value), named) if payer else named
        if not identifier:
            raise MisfitError("the payer has no identifier (Organization.identifier): claims are routed by it.")
        return Payer(payer.name if payer else reference.display or identifier, identifier)

    def _subscriber(self, coverage: Coverage, patient: Individual, responsibility: str) -> Subscriber:
        insured = self._find(coverage.subscriber, Individual) if coverage.subscriber else None
        member = coverage.subscriberId or next((one.value for one in coverage.identifier if one.value), "")
        relationship = RELATIONSHIPS.get(coverage.relationship.code or "self", "G8")
        group = next((one.value for one in coverage.classes if one.type.has("group")), "")
        insured_person = person(insured or patient) if insured or relationship == "18" else Person()
        return Subscriber(
            person=insured_person,
            member_id=member,
            group_number=group,
            relationship="18" if relationship == "18" else "",
            payer_responsibility=responsibility,
            claim_filing_code=coverage.type.code if len(coverage.type.code) == 2 else "CI",
        )

    def _other(self, insurance: Insurance) -> OtherPayer:
        coverage = self._needed(insurance.coverage, Coverage, "insurance.coverage")
        patient = self._needed(self.given.patient, Individual, "patient")
        subscriber = self._subscriber(coverage, patient, _responsibility(insurance, self.given.insurance))
        relationship = RELATIONSHIPS.get(coverage.relationship.code or "self", "G8")
        return OtherPayer(
            subscriber=replace(subscriber, relationship=relationship),  # SBR02 of loop 2320
            payer=self._payer(coverage),
            benefits_assigned="Y",
            release_of_information="Y",
        )

    def _diagnoses(self) -> tuple[Diagnosis, ...]:
        found: list[Diagnosis] = []
        for place, one in enumerate(sorted(self.given.diagnosis, key=_sequence)):
            qualifier = "ABJ" if any(kind.has("admitting") for kind in one.type) else "ABF" if place else "ABK"
            code = one.diagnosisCodeableConcept.code.replace(".", "").upper()
            present = one.onAdmission.code.upper()[:1]
            found.append(Diagnosis(qualifier, code, present if present in ("Y", "N", "U", "W") else ""))
        return tuple(found)

    def _team(self) -> dict[str, Party]:
        """The first provider of each role."""
        found: dict[str, Party] = {}
        for member in sorted(self.given.careTeam, key=_sequence):
            role = ROLES.get(member.role.code)
            if role and role not in found:
                found[role] = self._party(member.provider, "careTeam.provider")
        return found

    def _line(self, item: Item, guide: Guide) -> ServiceLine:
        first, last = _served(item)
        bundle = item.productOrService.of(BUNDLES).upper()
        procedure = "" if bundle else item.productOrService.code
        positions = {one.sequence: place for place, one in enumerate(sorted(self.given.diagnosis, key=_sequence), 1)}
        unknown = [one for one in item.diagnosisSequence if one not in positions]
        if unknown:
            raise MisfitError(f"item {item.sequence} names a diagnosis that the claim does not have.")
        net = item.net.value if item.net else None
        units = item.quantity.value if item.quantity else None
        if net is None and item.unitPrice and item.unitPrice.value is not None:
            net = item.unitPrice.value * (units or 1)
        teeth = (Tooth(item.bodySite.code, tuple(one.code for one in item.subSite)),) if item.bodySite.code else ()
        return ServiceLine(
            number=str(item.sequence),
            line_control_number=str(item.sequence),
            procedure_qualifier=("AD" if guide == "837D" else "HC") if procedure else "",
            procedure=procedure,
            modifiers=() if bundle else tuple(one.code for one in item.modifier),
            charge_cents=None if net is None else self._cents(net),
            unit="" if guide == "837D" else "UN",
            units=units or Decimal(1),
            diagnosis_pointers=() if guide == "837I" else tuple(positions[one] for one in item.diagnosisSequence),
            service_from=first,
            service_to=last,
            revenue_code=item.revenue.code.zfill(4) if item.revenue.code else "",
            teeth=teeth if guide == "837D" else (),
            bundle=bundle,
        )

    def _total(self, lines: Sequence[ServiceLine]) -> int | None:
        """As stated; else the sum of the lines, where each has a charge."""
        if self.given.total and self.given.total.value is not None:
            return self._cents(self.given.total.value)
        charges = [line.charge_cents for line in lines if line.charge_cents is not None]
        return sum(charges) if len(charges) == len(lines) else None

    def _cents(self, value: Decimal) -> int:
        cents = value * 100
        if cents != cents.to_integral_value():
            raise MisfitError("an amount has fractions of a cent.")
        return int(cents)


def _sequence(one: Any) -> int:
    return int(one.sequence)


def _responsibility(insurance: Insurance, all_of_them: Sequence[Insurance]) -> str:
    """SBR01 by the order of the coverages."""
    order = [one.sequence for one in sorted(all_of_them, key=_sequence)]
    return RESPONSIBILITIES[min(order.index(insurance.sequence), len(RESPONSIBILITIES) - 1)]


def _served(item: Item) -> tuple[date | None, date | None]:
    if item.servicedPeriod:
        return item.servicedPeriod.start, item.servicedPeriod.end or item.servicedPeriod.start
    return item.servicedDate, item.servicedDate


def _header(guide: Guide, version: str) -> Header837:
    return Header837(guide, version, "P", "", "", "00", "", "CH", Party(), Party())
