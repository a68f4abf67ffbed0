"""Institutional claims out of HL7 v2: what PV1, PR1, DG1, DRG, UB2 and FT1 say of a visit (HL7 v2.5, chapters 3, 6).

Site tables differ, so the codes of admission, discharge and department become those of a claim by the sender's entry;
a code that is not in it goes as it came, where a claim can have it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from services.claims.claim_kinds import institutional_segments
from services.claims.core.content import DatedCode, Institutional, ValueCode
from services.claims.guide_headers import HEADERS
from services.claims.hl7_messages import FieldError, Message, Segment
from services.claims.hl7_senders import ANY, Hl7Sender
from shared.x12.claim837 import Claim837, Diagnosis, Party, ServiceLine

REVENUE_SYSTEMS = frozenset({"UB", "UB04", "NUBC", "REV"})
"""FT1-7.3 of a transaction code that is itself a revenue code."""
PROCEDURE_SYSTEMS = frozenset({"I10P", "I10PCS", "ICD10PCS", "ICD-10-PCS"})
PCS_LENGTH = 7
ACCOMMODATION = range(100, 220)
"""Revenue codes counted in days (UB-04, NUBC): room and board, nursery, intensive and coronary care."""
CODES_MAX = 24
ADMITTING = "A"
"""DG1-6 (table 0052)."""
PRINCIPAL = "1"
"""PR1-14: the procedure's priority."""


class Stay(NamedTuple):
    """What PV1 and the charges say of the time: admission and discharge, and the first and last day charged."""

    part: Institutional
    admission_date: date | None


def as_stay(message: Message, claim: Claim837, sender: Hl7Sender) -> Claim837:
    """The claim under the institutional guide."""
    visit = message.first("PV1")
    bill = sender.type_of_bill.get(visit.get(2), "")
    if not bill:
        msg = "PV1-2 (patient class) has no type of bill in the sender's entry: enter it there."
        raise FieldError(msg)
    charges = message.all("FT1")
    lines = tuple(_line(line, charge, sender) for line, charge in zip(claim.lines, charges, strict=True))
    stay = _stay(message, visit, claim, sender)
    return replace(
        claim,
        facility_code=bill[:2],
        facility_qualifier="A",
        frequency_code=bill[2],
        provider_signature="",  # CLM06 is not used in the institutional guide
        diagnoses=tuple(_diagnoses(message, claim.diagnoses)),
        lines=lines,
        rendering=None,
        attending=claim.rendering,
        operating=_surgeon(message.all("PR1")),
        statement_from=stay.part.statement_from,
        statement_to=stay.part.statement_to,
        admission_date=None if stay.part.admitted_at else stay.admission_date,
        extras=tuple(institutional_segments(stay.part, stay.admission_date)),
        header=HEADERS["I"],
    )


def _line(line: ServiceLine, charge: Segment, sender: Hl7Sender) -> ServiceLine:
    """FT1-7 is a house code or a revenue code here; the procedure is FT1-25 alone."""
    if line.bundle:
        return line
    own = charge.get(7) if charge.get(7, 3).upper() in REVENUE_SYSTEMS else ""
    code = own or sender.revenue_codes.get(charge.get(13), "") or sender.revenue_codes.get(ANY, "")
    procedure = charge.get(25)
    in_days = code.isdecimal() and int(code) in ACCOMMODATION and not procedure
    return replace(
        line,
        revenue_code=code.zfill(4) if code else "",
        procedure=procedure,
        procedure_qualifier="HC" if procedure else "",
        unit="DA" if in_days else "UN",
        diagnosis_pointers=(),
    )


def _stay(message: Message, visit: Segment, claim: Claim837, sender: Hl7Sender) -> Stay:
    admitted, left = visit.moment(44, "admit date"), visit.moment(45, "discharge date")
    days = [day for line in claim.lines for day in (line.service_from, line.service_to) if day]
    outpatient = visit.get(2) not in sender.inpatient_classes
    first = min(days, default=None) if outpatient else admitted[0] if admitted else min(days, default=None)
    last = max(days, default=first) if outpatient or left is None else left[0]
    hour = admitted[1] if admitted else None
    end = left[1] if left else None
    part = Institutional(
        statement_from=first,
        statement_to=last,
        admitted_at=hour.time() if hour and not outpatient else None,
        discharged_at=end.time() if end and not outpatient else None,
        admission_type=_told(sender.admission_types, visit.get(4)),
        admission_source=_told(sender.admission_sources, visit.get(14)),
        patient_status=_told(sender.patient_status, visit.get(36)),
        condition_codes=tuple(message.first("UB2").repetitions(3, CODES_MAX)),
        occurrences=tuple(_occurrences(message.first("UB2"))),
        value_codes=tuple(_values(message.first("UB2"))),
        procedures=tuple(_procedures(message.all("PR1"))),
        drg=message.first("DRG").get(1),
    )
    return Stay(part, admitted[0] if admitted and not outpatient else None)


def _told(codes: Mapping[str, str], code: str) -> str:
    return codes.get(code, code)


def _occurrences(ub2: Segment) -> Iterator[DatedCode]:
    for place in range(1, CODES_MAX + 1):
        if code := ub2.get(8, 1, place):
            first, last = (ub2.day_in(8, part, place, "occurrence span") for part in (2, 3))
            yield DatedCode(qualifier="BI", code=code, on=first, to=last)
    for place in range(1, CODES_MAX + 1):
        if code := ub2.get(7, 1, place):
            yield DatedCode(qualifier="BH", code=code, on=ub2.day_in(7, 2, place, "occurrence code"))


def _values(ub2: Segment) -> Iterator[ValueCode]:
    for place in range(1, CODES_MAX + 1):
        if code := ub2.get(6, 1, place):
            amount = ub2.number_in(6, 2, place, "value amount")
            cents = amount * 100
            if cents != cents.to_integral_value() or cents < 0:
                msg = "UB2-6 (value amount) is no amount of dollars and cents."
                raise FieldError(msg)
            yield ValueCode(code=code, value_cents=int(cents))


def _procedures(given: Sequence[Segment]) -> Iterator[DatedCode]:
    """ICD-10-PCS procedures, the principal one first; what is coded otherwise stands on a line of its own."""
    coded = [one for one in given if _is_pcs(one)]
    principal = next((one for one in coded if one.get(14) == PRINCIPAL), coded[0] if coded else None)
    for one in sorted(coded, key=lambda each: each is not principal):
        qualifier = "BBR" if one is principal else "BBQ"
        yield DatedCode(qualifier=qualifier, code=one.get(3).upper(), on=one.day(5, "procedure date"))


def _is_pcs(one: Segment) -> bool:
    system, code = one.get(3, 3).upper(), one.get(3)
    return system in PROCEDURE_SYSTEMS or (not system and len(code) == PCS_LENGTH and code.isalnum())


def _surgeon(procedures: Sequence[Segment]) -> Party | None:
    """PR1-11 of the first procedure that names one."""
    for one in procedures:
        if name := one.get(11, 2):
            return Party(name=name, first_name=one.get(11, 3), entity_type="1", npi=one.get(11))
    return None


def _diagnoses(message: Message, given: Sequence[Diagnosis]) -> Iterator[Diagnosis]:
    """The admitting diagnosis (DG1-6 A) apart from the others, each with what was present on admission (DG1-26)."""
    admitting: list[str] = []
    present: dict[str, str] = {}
    for segment in message.all("DG1"):
        code = segment.get(3).replace(".", "").upper()
        if segment.get(6) == ADMITTING:
            admitting.append(code)
        else:
            present.setdefault(code, segment.get(26).upper())
    others = [one for one in given if one.code in present or one.code not in admitting]
    for place, one in enumerate(others):
        known = present.get(one.code, "")
        yield Diagnosis("ABF" if place else "ABK", one.code, known if known in ("Y", "N", "U", "W", "1") else "")
    if admitting:
        yield Diagnosis("ABJ", admitting[0])
