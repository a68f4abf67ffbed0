"""What only institutional or only dental claims have, in the JSON form of a claim."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.claims.api_people import Charge, Code, ProviderBody
from services.claims.core.content import DatedCode, Dental, Institutional, ToothStatus, ValueCode
from shared.http import Body
from shared.x12.claim837 import Diagnosis

Whole = Annotated[Decimal, Field(ge=0, le=999, decimal_places=0)]
Icd = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=3, max_length=8)]
PresentOnAdmission = Literal["Y", "N", "U", "W", "1", ""]


class DatedCodeBody(Body):
    """A code with its day: an occurrence (HI BH) or a procedure (HI BBR, BBQ)."""

    code: Code
    on: date


class SpanBody(Body):
    """A code with its first and last day (HI BI)."""

    code: Code
    first: date
    last: date


class ValueBody(Body):
    """A value code and its number times a hundred: an amount in cents, or a count."""

    code: Code
    value_cents: Charge


class InstitutionalBody(Body):
    """A stay or visit. `type_of_bill` is facility, care and frequency, with or without a leading zero.

    `admission_date` with `admission_hour` is DTP*435, `discharge_hour` DTP*096; `admission_type`, `admission_source`
    and `patient_status` are CL101 to CL103. `present_on_admission` goes with the claim's diagnoses, one for each.
    """

    type_of_bill: Annotated[str, StringConstraints(pattern="^0?[1-9][1-9A-Z][0-9A-Z]$")]
    statement_from: date
    statement_to: date | None = None
    admission_date: date | None = None
    admission_hour: time | None = None
    admission_type: Code | Literal[""] = ""
    admission_source: Code | Literal[""] = ""
    patient_status: Code | Literal[""] = ""
    discharge_hour: time | None = None
    drg: Code | Literal[""] = ""
    admitting_diagnosis: Icd | Literal[""] = ""
    reasons_for_visit: Annotated[tuple[Icd, ...], Field(max_length=3)] = ()
    external_causes: Annotated[tuple[Icd, ...], Field(max_length=12)] = ()
    present_on_admission: tuple[PresentOnAdmission, ...] = ()
    condition_codes: Annotated[tuple[Code, ...], Field(max_length=24)] = ()
    occurrences: Annotated[tuple[DatedCodeBody, ...], Field(max_length=24)] = ()
    occurrence_spans: Annotated[tuple[SpanBody, ...], Field(max_length=24)] = ()
    value_codes: Annotated[tuple[ValueBody, ...], Field(max_length=24)] = ()
    principal_procedure: DatedCodeBody | None = None
    other_procedures: Annotated[tuple[DatedCodeBody, ...], Field(max_length=24)] = ()
    attending: ProviderBody | None = None
    operating: ProviderBody | None = None

    @property
    def bill(self) -> str:
        """Three characters."""
        return self.type_of_bill[-3:]

    def part(self) -> Institutional:
        """As the typed claim holds it; its providers stand on the claim."""
        return Institutional(
            statement_from=self.statement_from,
            statement_to=self.statement_to or self.statement_from,
            admitted_at=self.admission_hour,
            discharged_at=self.discharge_hour,
            admission_type=self.admission_type,
            admission_source=self.admission_source,
            patient_status=self.patient_status,
            condition_codes=self.condition_codes,
            occurrences=tuple(self._occurrences()),
            value_codes=tuple(ValueCode(code=one.code, value_cents=one.value_cents) for one in self.value_codes),
            procedures=tuple(self._procedures()),
            drg=self.drg,
        )

    def _occurrences(self) -> Iterator[DatedCode]:
        for one in self.occurrence_spans:
            yield DatedCode(qualifier="BI", code=one.code, on=one.first, to=one.last)
        for day in self.occurrences:
            yield DatedCode(qualifier="BH", code=day.code, on=day.on)

    def _procedures(self) -> Iterator[DatedCode]:
        if self.principal_procedure:
            yield DatedCode(qualifier="BBR", code=self.principal_procedure.code, on=self.principal_procedure.on)
        for one in self.other_procedures:
            yield DatedCode(qualifier="BBQ", code=one.code, on=one.on)

    def diagnoses(self, codes: tuple[str, ...]) -> Iterator[Diagnosis]:
        """The claim's diagnoses with what was present on admission, then the others that only a stay has."""
        present = (*self.present_on_admission, *[""] * len(codes))
        for place, code in enumerate(codes):
            yield Diagnosis("ABF" if place else "ABK", plain(code), present[place])
        if self.admitting_diagnosis:
            yield Diagnosis("ABJ", plain(self.admitting_diagnosis))
        yield from (Diagnosis("APR", plain(code)) for code in self.reasons_for_visit)
        yield from (Diagnosis("ABN", plain(code)) for code in self.external_causes)


def plain(code: str) -> str:
    """An ICD-10 code as a claim carries it, without its point."""
    return code.replace(".", "").upper()


class ToothStatusBody(Body):
    """A tooth that is missing or to be extracted (DN2)."""

    number: Annotated[str, StringConstraints(pattern="^([1-9]|[12][0-9]|3[0-2]|[A-T])$")]
    status: Literal["E", "M"]


class DentalBody(Body):
    """A dental claim: the day of service where no line has its own, orthodontics (DN1), and other teeth."""

    service_on: date | None = None
    service_to: date | None = None
    orthodontic_months: Whole | None = None
    orthodontic_months_left: Whole | None = None
    teeth: Annotated[tuple[ToothStatusBody, ...], Field(max_length=35)] = ()

    def part(self) -> Dental:
        """As the typed claim holds it."""
        return Dental(
            service_on=self.service_on,
            service_to=self.service_to,
            orthodontic_months=self.orthodontic_months,
            orthodontic_months_left=self.orthodontic_months_left,
            teeth=tuple(ToothStatus(number=one.number, status=one.status) for one in self.teeth),
        )
