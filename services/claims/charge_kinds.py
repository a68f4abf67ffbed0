"""What only institutional or only dental claims have, out of the columns of a charge sheet.

A code with its day or amount stands in one cell with a colon: `11:2026-06-17`, `74:2026-06-18:2026-06-19`, `A2:15.31`,
`12:MO` (a tooth and its surfaces). A cell of several has the mapping's separator between them.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from services.claims.claim_kinds import dental_segments, institutional_segments
from services.claims.core.content import ClaimType, DatedCode, Dental, Institutional, ToothStatus, ValueCode
from services.claims.guide_headers import HEADERS
from services.claims.row_reader import FaultError, RowReader
from shared.x12.claim837 import Claim837, Diagnosis, Party, ServiceLine, Tooth

SURFACES = frozenset("MODBLFI")
BILL_LENGTH = 3


def of_kind(row: RowReader, line: ServiceLine, kind: ClaimType) -> ServiceLine:
    """The line with what its kind has beside every line's fields."""
    match kind:
        case "P":
            return line
        case "I":
            code = row.text("revenue_code")
            if not code and not line.bundle:
                row.needed("revenue_code")
            return replace(
                line,
                revenue_code=code.zfill(4) if code else "",
                non_covered_cents=row.cents("non_covered") if row.text("non_covered") else None,
                unit=row.text("unit").upper() or "UN",
                procedure_qualifier="HC" if line.procedure else "",
                diagnosis_pointers=(),
            )
        case "D":
            return replace(
                line,
                unit="",
                procedure_qualifier="AD" if line.procedure else "",
                oral_cavity=row.texts("oral_cavity"),
                prosthesis=row.text("prosthesis").upper(),
                teeth=tuple(_tooth(row, text) for text in row.texts("teeth")),
            )


def _tooth(row: RowReader, text: str) -> Tooth:
    number, _, surfaces = text.upper().partition(":")
    if not number or not SURFACES.issuperset(surfaces):
        where = row.name_of("teeth")
        raise FaultError("SHEET:tooth", f"The column {where} holds no tooth with surfaces of M, O, D, B, L, F and I.")
    return Tooth(number, tuple(surfaces))


def with_kind(row: RowReader, claim: Claim837, kind: ClaimType) -> Claim837:
    """The claim with what its kind has, under its guide."""
    match kind:
        case "P":
            return claim
        case "I":
            return _institutional(row, claim)
        case "D":
            return replace(claim, header=HEADERS["D"], extras=tuple(dental_segments(_dental(row))))


def _institutional(row: RowReader, claim: Claim837) -> Claim837:
    bill = row.needed("type_of_bill").removeprefix("0").upper()
    if len(bill) != BILL_LENGTH or not (bill.isascii() and bill.isalnum()):
        where = row.name_of("type_of_bill")
        raise FaultError("SHEET:bill", f"The column {where} holds no type of bill, such as 0111 or 131.")
    admitted = row.day("admission_date")
    hour = row.hour("admission_hour")
    part = Institutional(
        statement_from=row.day("statement_from"),
        statement_to=row.day("statement_to") or row.day("statement_from"),
        admitted_at=hour if admitted else None,
        discharged_at=row.hour("discharge_hour"),
        admission_type=row.text("admission_type"),
        admission_source=row.text("admission_source"),
        patient_status=_two_digits(row.text("patient_status")),
        condition_codes=row.texts("condition_codes"),
        occurrences=tuple(_occurrences(row)),
        value_codes=tuple(_values(row)),
        procedures=tuple(_procedures(row)),
        drg=row.text("drg"),
    )
    if part.statement_from is None:
        row.needed("statement_from")
    return replace(
        claim,
        facility_code=bill[:2],
        facility_qualifier="A",
        frequency_code=bill[2],
        provider_signature="",  # CLM06 is not used in the institutional guide
        diagnoses=tuple(_diagnoses(row, claim.diagnoses)),
        statement_from=part.statement_from,
        statement_to=part.statement_to,
        admission_date=None if part.admitted_at else admitted,
        attending=_doctor(row, "attending"),
        operating=_doctor(row, "operating"),
        extras=tuple(institutional_segments(part, admitted)),
        header=HEADERS["I"],
    )


def _two_digits(text: str) -> str:
    """A sheet's program may have taken 01 for a number."""
    return text.zfill(2) if text else ""


def _occurrences(row: RowReader) -> Iterator[DatedCode]:
    for code, first, last in _parted(row, "occurrence_spans", 3):
        days = row.day_of("occurrence_spans", first), row.day_of("occurrence_spans", last)
        yield DatedCode(qualifier="BI", code=code, on=days[0], to=days[1])
    for code, day in _parted(row, "occurrences", 2):
        yield DatedCode(qualifier="BH", code=code, on=row.day_of("occurrences", day))


def _values(row: RowReader) -> Iterator[ValueCode]:
    for code, amount in _parted(row, "value_codes", 2):
        yield ValueCode(code=code, value_cents=row.cents_of("value_codes", amount))


def _procedures(row: RowReader) -> Iterator[DatedCode]:
    for field, qualifier in (("principal_procedure", "BBR"), ("other_procedures", "BBQ")):
        for code, day in _parted(row, field, 2):
            yield DatedCode(qualifier=qualifier, code=code, on=row.day_of(field, day))


def _parted(row: RowReader, field: str, count: int) -> Iterator[tuple[str, ...]]:
    """Each value of a field in its parts; a code comes in capitals."""
    for text in row.texts(field):
        code, *rest = text.split(":")
        if not code or len(rest) != count - 1:
            form = ("CODE:DAY" if count == 2 else "CODE:FIRST:LAST") if field != "value_codes" else "CODE:AMOUNT"
            where = row.name_of(field)
            raise FaultError("SHEET:code", f"The column {where} holds something that is not of the form {form}.")
        yield (code.upper(), *rest)


def _diagnoses(row: RowReader, given: tuple[Diagnosis, ...]) -> Iterator[Diagnosis]:
    present = row.texts("present_on_admission")
    for place, one in enumerate(given):
        yield replace(one, present_on_admission=present[place].upper() if place < len(present) else "")
    for field, qualifier in (("admitting_diagnosis", "ABJ"), ("reasons_for_visit", "APR"), ("external_causes", "ABN")):
        for code in row.texts(field):
            yield Diagnosis(qualifier, code.replace(".", "").upper())


def _doctor(row: RowReader, role: str) -> Party | None:
    name, npi = row.text(f"{role}_last_name"), row.text(f"{role}_npi")
    if not (name or npi):
        return None
    return Party(name=name, first_name=row.text(f"{role}_first_name"), entity_type="1", npi=npi)


def _dental(row: RowReader) -> Dental:
    return Dental(
        orthodontic_months=_months(row, "orthodontic_months"),
        orthodontic_months_left=_months(row, "orthodontic_months_left"),
        teeth=tuple(
            ToothStatus(number=number.upper(), status=status)
            for field, status in (("missing_teeth", "M"), ("teeth_to_extract", "E"))
            for number in row.texts(field)
        ),
    )


def _months(row: RowReader, field: str) -> Decimal | None:
    number = row.number(field)
    if number is not None and (number < 0 or number != number.to_integral_value()):
        raise FaultError("SHEET:number", f"The column {row.name_of(field)} holds no whole number of months.")
    return number
