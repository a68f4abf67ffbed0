"""External codes against their dated tables (SNIP 5): diagnoses, places of service, adjustment reasons and remarks.

A code that its table says was not in use is an error in a claim, because the payer will refuse it. A table that ends
before the day makes a warning that names its last day, and one that begins after it a remark: neither can judge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from shared.x12.claim837_views import Claim837, ServiceLine
from shared.x12.codes import Standing, TableName, sources, standing
from shared.x12.era835_views import ClaimPayment, Remittance835
from shared.x12.findings import Finding, Severity
from shared.x12.identifiers import icd10_form, place_of_service_form

# Services from this day on are reported with ICD-10-CM, earlier ones with ICD-9-CM (45 CFR 162.1002(b) and (c)).
ICD_10_FROM = date(2015, 10, 1)
ICD_10 = frozenset({"ABK", "ABF", "ABJ", "APR", "ABN"})
ICD_9 = frozenset({"BK", "BF", "BJ", "PR", "BN"})
_WRONG = {Standing.NOT_THEN, Standing.INCOMPLETE, Standing.UNKNOWN}
_ENDINGS = {
    Standing.NOT_THEN: "date",
    Standing.INCOMPLETE: "incomplete",
    Standing.UNKNOWN: "unknown",
    Standing.NEWER: "newer",
    Standing.NOT_EVALUABLE: "not-evaluable",
}


class Span(NamedTuple):
    """The first and last day of a service."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class _Kind:
    """A list of codes: its table, the word in the codes of findings, and what a biller reads."""

    table: TableName
    word: str
    unknown: str
    not_then: str
    incomplete: str = ""


_DIAGNOSIS = _Kind(
    "icd_10_cm",
    "diagnosis",
    "is no ICD-10-CM code of the date of service: look the code up again.",
    "was not in use on the date of service: ICD-10-CM changes on 1 October, so take the code of that date.",
    "is the heading of longer codes and cannot be billed: add the characters it lacks.",
)
_PLACE = _Kind(
    "place_of_service",
    "place",
    "is no code of the place of service list: look it up again.",
    "was not in use yet on the date of service.",
)
_REASON = _Kind(
    "claim_adjustment_reason",
    "adjustment-reason",
    "is no claim adjustment reason code.",
    "was not in use on the day of the decision; only a correction of an older one may repeat it.",
)
_REMARK = _Kind("remittance_remark", "remark", "is no remark code.", "was not in use on the day of the payment.")


@dataclass(frozen=True, slots=True)
class _At:
    """Where the code stands, and in words what it is: "Diagnosis 2", "The place of service of line 1"."""

    what: str
    segment_number: int
    byte_offset: int
    tag: str
    element: int
    loop: str


def _judge(kind: _Kind, code: str, days: Span, at: _At) -> Finding | None:
    found = standing(kind.table, code, days.first, days.last)
    if found == Standing.VALID:
        return None
    place = at.segment_number, at.byte_offset, at.tag, at.element, at.loop
    message = f"{at.what} {_wrong(kind, found)}"
    return Finding(_severity(kind, found), f"SNIP5:{kind.word}-{_ENDINGS[found]}", message, *place)


def _wrong(kind: _Kind, found: Standing) -> str:
    source = sources()[kind.table]
    match found:
        case Standing.UNKNOWN:
            return kind.unknown
        case Standing.NOT_THEN:
            return kind.not_then
        case Standing.INCOMPLETE:
            return kind.incomplete
        case Standing.NEWER:
            return f"is not in the table, which ends on {source.last_day}: check it in the current list."
        case _:
            return f"was not looked up: the table begins on {source.first_day}."


def _severity(kind: _Kind, found: Standing) -> Severity:
    if found == Standing.NOT_EVALUABLE:
        return Severity.INFO
    corrected = kind is _REASON and found == Standing.NOT_THEN
    return Severity.ERROR if found in _WRONG and not corrected else Severity.WARNING


# Claims


def check_claim_codes(claim: Claim837) -> Iterator[Finding]:
    """The codes of a claim on the days of its services. A claim without days, a predetermination, is not judged."""
    days = service_days(claim)
    if days:
        yield from _once(_diagnoses(claim, days))
        yield from _once(_places(claim, days))
    yield from _once(_reasons(claim))


def service_days(claim: Claim837) -> Span | None:
    """The days that decide which codes a claim may use: of an institutional one the last (its discharge), else all."""
    if claim.statement_to:
        return Span(claim.statement_to, claim.statement_to)
    firsts = [line.service_from for line in claim.lines if line.service_from]
    lasts = [line.service_to for line in claim.lines if line.service_to]
    return Span(min(firsts), max(*firsts, *lasts, firsts[0])) if firsts else None


def _once(findings: Iterator[Finding | None]) -> Iterator[Finding]:
    """Of what cannot be judged, only the first is said."""
    silent = False
    for one in findings:
        if one and not (silent and one.severity == Severity.INFO):
            silent = silent or one.severity == Severity.INFO
            yield one


def _diagnoses(claim: Claim837, days: Span) -> Iterator[Finding | None]:
    for number, one in enumerate(claim.diagnoses, 1):
        at = _At(f"Diagnosis {number}", claim.segment_number, claim.byte_offset, "HI", 0, "2300")
        if one.qualifier in ICD_9 and days.first >= ICD_10_FROM:
            yield _version(at, "is marked as ICD-9-CM, but the service is of October 2015 or later: use ICD-10-CM.")
        elif one.qualifier in ICD_10 and days.last < ICD_10_FROM:
            yield _version(at, "is marked as ICD-10-CM, but the service is before October 2015: use ICD-9-CM.")
        elif one.qualifier in ICD_10 and icd10_form(one.code):
            yield _judge(_DIAGNOSIS, one.code, days, at)


def _version(at: _At, message: str) -> Finding:
    place = at.segment_number, at.byte_offset, at.tag, at.element, at.loop
    return Finding(Severity.ERROR, "SNIP5:diagnosis-version", f"{at.what} {message}", *place)


def _places(claim: Claim837, days: Span) -> Iterator[Finding | None]:
    here = claim.segment_number, claim.byte_offset
    if claim.facility_qualifier == "B" and place_of_service_form(claim.facility_code):
        yield _judge(_PLACE, claim.facility_code, days, _At("The place of service (CLM05-1)", *here, "CLM", 5, "2300"))
    for line in claim.lines:
        if place_of_service_form(line.place_of_service):
            what = f"The place of service of line {line.number}"
            yield _judge(_PLACE, line.place_of_service, _days_of(line, days), _At(what, *here, "SV1", 5, "2400"))


def _days_of(line: ServiceLine, days: Span) -> Span:
    first = line.service_from
    return Span(first, max(first, line.service_to or first)) if first else days


def _reasons(claim: Claim837) -> Iterator[Finding | None]:
    """Why prior payers did not pay, on the day each decided."""
    here = claim.segment_number, claim.byte_offset, "CAS", 2
    for other in claim.other_payers:
        for one in other.adjustments:
            if one.reason and (day := other.adjudicated_on):
                yield _judge(_REASON, one.reason, Span(day, day), _At("A prior payer's reason (CAS)", *here, "2320"))
    for line in claim.lines:
        what = f"A prior payer's reason (CAS) at line {line.number}"
        for decision in line.adjudications:
            for one in decision.adjustments:
                if one.reason and (day := decision.adjudicated_on):
                    yield _judge(_REASON, one.reason, Span(day, day), _At(what, *here, "2430"))


# Remittances


def check_payment_codes(claim: ClaimPayment, day: date, seen: set[tuple[str, str]]) -> Iterator[Finding]:
    """The reasons and remarks of a paid claim on the day of payment; each code once, as `seen` remembers.

    A reversal (CLP02 22) repeats the codes of what it reverses, so theirs may be older.
    """
    for kind, code, at in _used(claim):
        if code and (kind.word, code) not in seen:
            found = _judge(kind, code, Span(day, day), at)
            if found and found.code.endswith("-date") and claim.status == "22":
                continue
            seen.add((kind.word, code))
            if found:
                yield found


def _used(claim: ClaimPayment) -> Iterator[tuple[_Kind, str, _At]]:
    here = claim.segment_number, claim.byte_offset
    for one in claim.adjustments:
        yield _REASON, one.reason, _At("An adjustment reason", *here, "CAS", 2, "2100")
    for code in claim.remarks:
        yield _REMARK, code, _At("A remark", *here, "MOA", 3, "2100")
    for line in claim.lines:
        for one in line.adjustments:
            yield _REASON, one.reason, _At("An adjustment reason", line.segment_number, 0, "CAS", 2, "2110")
        for remark in line.remarks:
            if remark.qualifier == "HE":
                yield _REMARK, remark.code, _At("A remark", line.segment_number, 0, "LQ", 2, "2110")


def check_remittance_codes(remittance: Remittance835) -> Iterator[Finding]:
    """The reasons and remarks of a remittance on the day of its payment, each code once."""
    day = remittance.payment_date or remittance.production_date
    seen: set[tuple[str, str]] = set()
    if day:
        for claim in remittance.claims:
            yield from check_payment_codes(claim, day, seen)
