"""What only institutional FHIR claims say: period, admission, codes of the bill, and procedures.

Categories are those of C4BB supporting information (HL7 CARIN Blue Button), or the claim's information names its code
system as NUBC does: `.../ConditionCodes`, `.../OccurrenceCodes`, `.../OccurrenceSpanCodes`, `.../ValueCodes`.
"""

from collections.abc import Iterator
from datetime import date

from services.claims.core.content import DatedCode, Institutional, ValueCode
from services.claims.fhir_resources import Concept, FhirClaim, Period, SupportingInfo

CONDITIONS, OCCURRENCES, SPANS, VALUES = "conditioncodes", "occurrencecodes", "occurrencespancodes", "valuecodes"
PCS_SYSTEMS = ("http://www.cms.gov/Medicare/Coding/ICD10", "http://hl7.org/fhir/sid/icd-10-pcs")
PCS_LENGTH = 7
NO_PERIOD = Period()


class MisfitError(ValueError):
    """A claim that no X12 claim can be made of: the element and what to do."""


def stay_of(given: FhirClaim) -> Institutional:
    """The institutional part of a claim."""
    period = given.billablePeriod
    admission = next((one.timingPeriod for one in given.supportingInfo if _is(one, "admissionperiod")), None)
    hours = admission or NO_PERIOD
    return Institutional(
        statement_from=period.start,
        statement_to=period.end or period.start,
        admitted_at=hours.startTime,
        discharged_at=hours.endTime,
        admission_type=supporting(given, "admtype"),
        admission_source=supporting(given, "pointoforigin"),
        patient_status=supporting(given, "discharge-status"),
        condition_codes=tuple(one.code.code for one in _coded(given, CONDITIONS)),
        occurrences=tuple(_occurrences(given)),
        value_codes=tuple(_values(given)),
        procedures=tuple(_procedures(given)),
        drg=supporting(given, "drg"),
    )


def supporting(given: FhirClaim, category: str) -> str:
    """The code of the first information of a category; "" where there is none."""
    return next((one.code.code for one in given.supportingInfo if _is(one, category)), "")


def admission_of(given: FhirClaim) -> date | None:
    """The day of admission."""
    for one in given.supportingInfo:
        if _is(one, "admissionperiod"):
            return one.timingDate or (one.timingPeriod.start if one.timingPeriod else None)
    return None


def _is(one: SupportingInfo, category: str) -> bool:
    return one.category.has(category)


def _coded(given: FhirClaim, kind: str) -> Iterator[SupportingInfo]:
    """The information of one code system of NUBC, told by the system or by the category."""
    for one in given.supportingInfo:
        systems = {coding.system.rsplit("/", 1)[-1].lower() for coding in one.code.coding}
        if one.code.code and (kind in systems or one.category.has(kind)):
            yield one


def _occurrences(given: FhirClaim) -> Iterator[DatedCode]:
    for one in _coded(given, SPANS):
        period = one.timingPeriod or NO_PERIOD
        yield DatedCode(qualifier="BI", code=one.code.code, on=period.start, to=period.end)
    for one in _coded(given, OCCURRENCES):
        on = one.timingDate or (one.timingPeriod.start if one.timingPeriod else None)
        yield DatedCode(qualifier="BH", code=one.code.code, on=on)


def _values(given: FhirClaim) -> Iterator[ValueCode]:
    for one in _coded(given, VALUES):
        number = one.valueQuantity.value if one.valueQuantity else None
        if number is None:
            raise MisfitError(f"value code {one.code.code} has no number (supportingInfo.valueQuantity).")
        cents = number * 100
        if cents != cents.to_integral_value() or cents < 0:
            raise MisfitError(f"value code {one.code.code} is no amount of dollars and cents.")
        yield ValueCode(code=one.code.code, value_cents=int(cents))


def _procedures(given: FhirClaim) -> Iterator[DatedCode]:
    """ICD-10-PCS, the principal one first; a procedure that is coded otherwise stands on a line of its own."""
    coded = [one for one in sorted(given.procedure, key=lambda one: one.sequence) if _pcs(one.procedureCodeableConcept)]
    principal = next((one for one in coded if any(kind.has("principal") for kind in one.type)), None)
    first = principal or (coded[0] if coded else None)
    for one in sorted(coded, key=lambda each: each is not first):
        qualifier = "BBR" if one is first else "BBQ"
        yield DatedCode(qualifier=qualifier, code=_pcs(one.procedureCodeableConcept), on=one.date)


def _pcs(concept: Concept) -> str:
    for one in concept.coding:
        if one.system in PCS_SYSTEMS or (not one.system and len(one.code) == PCS_LENGTH):
            return one.code.upper()
    return ""
