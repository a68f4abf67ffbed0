"""The scrubber's checks that only institutional or only dental claims need, and what each kind allows."""

from collections.abc import Iterator

from .content import ClaimContent, ClaimType
from .scrub_lines import Found

FREQUENCIES: dict[ClaimType, frozenset[str]] = {
    "P": frozenset("178"),
    "I": frozenset("012345789"),
    "D": frozenset("178"),
}
FREQUENCY_ADVICE: dict[ClaimType, str] = {
    "P": "A professional claim is 1 (original), 7 (replacement) or 8 (void).",
    "I": "The last digit of a type of bill is one of 0, 1, 2, 3, 4, 5, 7, 8 and 9.",
    "D": "A dental claim is 1 (original), 7 (replacement) or 8 (void).",
}
STILL_PATIENT = "30"
INPATIENT = frozenset({"11", "12", "18", "21", "41"})
"""Facility and care digits of inpatient bills: hospital, swing bed, skilled nursing, religious non-medical."""
NOT_FINAL = frozenset("023")


def institutional_faults(content: ClaimContent) -> Iterator[Found]:
    """What the institutional guide asks for beyond what every claim needs (005010X223A2, loop 2300)."""
    if content.claim_type != "I":
        return
    part = content.institutional
    if len(content.facility_code) != 2 or content.facility_qualifier != "A":
        yield "facility_code", "The type of bill needs two digits for facility and care (CLM05-1, qualifier A)."
    if part is None or part.statement_from is None:
        yield "institutional.statement_from", "An institutional claim needs its statement period (DTP*434)."
        return
    if part.statement_to and part.statement_to < part.statement_from:
        yield "institutional.statement_to", "The statement period ends before it begins: correct one of the dates."
    if part.attending is None:
        yield "institutional.attending", "An institutional claim needs the attending provider (NM1*71)."
    if not part.patient_status:
        yield "institutional.patient_status", "The patient's status at the end of the period is missing (CL103)."
    yield from _inpatient_faults(content)


def _inpatient_faults(content: ClaimContent) -> Iterator[Found]:
    part = content.institutional
    if part is None or content.facility_code not in INPATIENT:
        return
    if content.admission_date is None:
        yield "admission_date", "An inpatient claim needs its admission date (DTP*435)."
    elif part.statement_to and content.admission_date > part.statement_to:
        yield "admission_date", "The admission lies after the statement period: correct one of the dates."
    if not part.admission_type:
        yield "institutional.admission_type", "An inpatient claim needs the type of admission (CL101)."
    if part.discharged_at and content.frequency_code in NOT_FINAL:
        yield "institutional.discharged_at", "A bill that is not final has no discharge hour (DTP*096): leave it out."
    if part.patient_status == STILL_PATIENT and content.frequency_code in ("1", "4"):
        message = "The patient has not left (CL103 30), so the bill is interim: frequency 2 or 3."
        yield "institutional.patient_status", message


def dental_faults(content: ClaimContent) -> Iterator[Found]:
    """What the dental guide asks for: a day of service on the claim or on every line (005010X224A2)."""
    if content.claim_type != "D" or content.predetermination or (content.dental and content.dental.service_on):
        return
    for place, line in enumerate(content.lines):
        if line.service_from is None:
            yield f"lines[{place}].service_from", "The line needs a date of service (DTP*472), or the claim does."
