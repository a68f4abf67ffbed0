"""What only institutional or dental claims have: taken out of the segments a reader keeps, and made segments again.

A segment is taken only when it can be written back as it came; any other stays among the kept ones, sealed. So do
occurrence codes that carry a birth date. Sources: 005010X223A2 and 005010X224A2, loop 2300.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeVar

from services.claims.core.content import (
    ClaimContent,
    ClaimType,
    DatedCode,
    Dental,
    Institutional,
    ToothStatus,
    ValueCode,
)
from services.claims.providers import optional_provider
from shared.x12.claim837 import Claim837
from shared.x12.values import format_cents, format_date, format_decimal
from shared.x12.writing import Raw

CODES_A_SEGMENT = 12
BIRTH_DATES = frozenset({"A1", "B1", "C1"})
"""Occurrence codes whose date is the birth date of an insured person (NUBC): they stay sealed."""
SPANS = frozenset({"BH", "BI"})
PROCEDURES = frozenset({"BBR", "BBQ", "BR", "BQ"})
One = TypeVar("One")


class Lifted(NamedTuple):
    """The parts of a claim by its kind, and the segments that none of them holds.

    `admission_date` is that of DTP*435, whichever form it came in.
    """

    claim_type: ClaimType
    institutional: Institutional | None
    dental: Dental | None
    admission_date: date | None
    kept: tuple[Raw, ...]


def claim_type_of(claim: Claim837) -> ClaimType:
    """From the guide of its file, or else from its lines."""
    if claim.header is not None and claim.header.guide is not None:
        return _TYPES[claim.header.guide]
    if any(line.revenue_code for line in claim.lines):
        return "I"
    return "D" if any(line.procedure_qualifier == "AD" for line in claim.lines) else "P"


_TYPES: dict[str, ClaimType] = {"837P": "P", "837I": "I", "837D": "D"}


def lift(claim: Claim837) -> Lifted:
    """The typed parts of a claim as its reader gave it."""
    match kind := claim_type_of(claim):
        case "I":
            return _lift_institutional(claim)
        case "D":
            return _lift_dental(claim)
        case _:
            return Lifted(kind, None, None, claim.admission_date, claim.extras)


@dataclass(slots=True)
class _Draft:
    """The parts of an institutional claim, while its segments are looked at."""

    admission: tuple[str, str, str] = ("", "", "")
    admission_date: date | None = None
    admitted_at: time | None = None
    discharged_at: time | None = None
    drg: str = ""
    conditions: list[str] = field(default_factory=list[str])
    occurrences: list[DatedCode] = field(default_factory=list[DatedCode])
    values: list[ValueCode] = field(default_factory=list[ValueCode])
    procedures: list[DatedCode] = field(default_factory=list[DatedCode])


def _lift_institutional(claim: Claim837) -> Lifted:
    draft = _Draft(admission_date=claim.admission_date)
    kept: list[Raw] = []
    for segment in claim.extras:
        left = _take_institutional(segment, draft)
        if left is not None:
            kept.append(left)
    institutional = Institutional(
        statement_from=claim.statement_from,
        statement_to=claim.statement_to,
        admitted_at=draft.admitted_at,
        discharged_at=draft.discharged_at,
        admission_type=draft.admission[0],
        admission_source=draft.admission[1],
        patient_status=draft.admission[2],
        condition_codes=tuple(draft.conditions),
        occurrences=tuple(draft.occurrences),
        value_codes=tuple(draft.values),
        procedures=tuple(draft.procedures),
        drg=draft.drg,
        attending=optional_provider(claim.attending),
        operating=optional_provider(claim.operating),
    )
    return Lifted("I", institutional, None, draft.admission_date, tuple(kept))


def _take_institutional(segment: Raw, draft: _Draft) -> Raw | None:
    """What of a segment the draft does not hold; None when it holds all of it."""
    match segment:
        case ("CL1", *parts) if len(parts) <= 3 and not any(draft.admission):
            first, second, third = (*parts, "", "", "")[:3]
            draft.admission = (first, second, third)
            return None
        case ("DTP", "435", "DT", text) if draft.admission_date is None and (moment := _moment(text)):
            draft.admission_date, draft.admitted_at = moment.date(), moment.time()
            return None
        case ("DTP", "096", "TM", text) if draft.discharged_at is None and (hour := _hour(text)):
            draft.discharged_at = hour
            return None
        case ("HI", *codes):
            left = [code for code in codes if not _take_code(code, draft)]
            return ("HI", *left) if left else None
        case _:
            return segment


def _take_code(text: str, draft: _Draft) -> bool:
    match text.split(":"):
        case ["BG", code]:
            draft.conditions.append(code)
        case ["DR", code] if not draft.drg:
            draft.drg = code
        case ["BE", code, "", "", amount] if (cents := _cents(amount)) is not None:
            draft.values.append(ValueCode(code=code, value_cents=cents))
        case [qualifier, code, *_] if qualifier in SPANS and code not in BIRTH_DATES and (one := _dated(text)):
            draft.occurrences.append(one)
        case [qualifier, *_] if qualifier in PROCEDURES and (one := _dated(text)):
            draft.procedures.append(one)
        case _:
            return False
    return True


def _dated(text: str) -> DatedCode | None:
    """A code with its day or span; None where it would not be written back as it came."""
    qualifier, code, *when = text.split(":")
    first = last = None
    match when:
        case []:
            pass
        case ["D8", day]:
            first = _day(day)
        case ["RD8", span]:
            days = [_day(one) for one in span.split("-")]
            first, last = (days[0], days[1]) if len(days) == 2 else (None, None)
        case _:
            return None
    one = DatedCode(qualifier=qualifier, code=code, on=first, to=last)
    return one if ":".join(_code(one)) == text else None


def _lift_dental(claim: Claim837) -> Lifted:
    months: list[Decimal | None] = [None, None]
    days: tuple[date | None, date | None] = (None, None)
    teeth: list[ToothStatus] = []
    kept: list[Raw] = []
    for segment in claim.extras:
        match segment:
            case ("DTP", "472", "D8", text) if days == (None, None) and (day := _day(text)):
                days = (day, None)
            case ("DN1", *parts) if len(parts) <= 2 and months == [None, None] and _all_numbers(parts):
                months = [*(Decimal(part) if part else None for part in parts), None][:2]
            case ("DN2", number, status):
                teeth.append(ToothStatus(number=number, status=status))
            case _:
                kept.append(segment)
    dental = Dental(
        service_on=days[0],
        service_to=days[1],
        orthodontic_months=months[0],
        orthodontic_months_left=months[1],
        teeth=tuple(teeth),
    )
    return Lifted("D", None, dental, claim.admission_date, tuple(kept))


def _all_numbers(parts: Sequence[str]) -> bool:
    return all(not part or part.isdecimal() for part in parts)


def kind_segments(content: ClaimContent) -> tuple[Raw, ...]:
    """The segments of loop 2300 that hold what only this kind of claim has."""
    made: list[Raw] = []
    if content.institutional is not None:
        made += institutional_segments(content.institutional, content.admission_date)
    if content.dental is not None:
        made += dental_segments(content.dental)
    return tuple(made)


def institutional_segments(part: Institutional, admission_date: date | None) -> Iterator[Raw]:
    """Of a stay or visit: hours, admission, DRG, and the codes of its HI segments."""
    if part.discharged_at:
        yield "DTP", "096", "TM", f"{part.discharged_at:%H%M}"
    if admission_date and part.admitted_at:
        yield "DTP", "435", "DT", f"{format_date(admission_date)}{part.admitted_at:%H%M}"
    admission = _without_end((part.admission_type, part.admission_source, part.patient_status))
    if admission:
        yield "CL1", *admission
    if part.drg:
        yield "HI", f"DR:{part.drg}"
    by_qualifier: dict[str, list[str]] = {}
    for one in (*part.procedures, *part.occurrences):
        by_qualifier.setdefault(one.qualifier, []).append(":".join(_code(one)))
    for codes in sorted(by_qualifier.items(), key=lambda pair: _HI_ORDER.index(pair[0])):
        yield from _full_segments(codes[1])
    yield from _full_segments([f"BE:{one.code}:::{format_cents(one.value_cents)}" for one in part.value_codes])
    yield from _full_segments([f"BG:{code}" for code in part.condition_codes])


_HI_ORDER = ("BBR", "BR", "BBQ", "BQ", "BI", "BH")


def dental_segments(part: Dental) -> Iterator[Raw]:
    """Of a dental claim: its day, orthodontic months, and the teeth that matter beside those worked on."""
    if part.service_on:
        last = part.service_to
        span = f"{format_date(part.service_on)}-{format_date(last)}" if last else format_date(part.service_on)
        yield "DTP", "472", "RD8" if last else "D8", span
    if part.orthodontic_months is not None or part.orthodontic_months_left is not None:
        months = (format_decimal(part.orthodontic_months), format_decimal(part.orthodontic_months_left))
        yield "DN1", *_without_end(months)
    for tooth in part.teeth:
        yield "DN2", tooth.number, tooth.status


def _full_segments(codes: Sequence[str]) -> Iterator[Raw]:
    """HI segments of twelve codes each; a principal procedure stands alone."""
    own = [code for code in codes if code.startswith(("BBR", "BR:"))]
    rest = [code for code in codes if code not in own]
    for code in own:
        yield "HI", code
    for start in range(0, len(rest), CODES_A_SEGMENT):
        yield "HI", *rest[start : start + CODES_A_SEGMENT]


def _code(one: DatedCode) -> tuple[str, ...]:
    head = (one.qualifier, one.code)
    if one.on is None:
        return head
    if one.to is None:
        return (*head, "D8", format_date(one.on))
    return (*head, "RD8", f"{format_date(one.on)}-{format_date(one.to)}")


def _without_end(texts: Iterable[str]) -> tuple[str, ...]:
    """Without the empty ones at the end."""
    left = list(texts)
    while left and not left[-1]:
        left.pop()
    return tuple(left)


def _cents(text: str) -> int | None:
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        return None
    whole = int(cents) if cents.is_finite() else 0
    return whole if cents == whole and format_cents(whole) == text else None


def _read(form: str, text: str, read: Callable[[datetime], One]) -> One | None:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - an hour of a hospital, which no guide gives a zone
    except ValueError:
        return None
    return read(moment) if moment.strftime(form) == text else None


def _day(text: str) -> date | None:
    return _read("%Y%m%d", text, datetime.date)


def _hour(text: str) -> time | None:
    return _read("%H%M", text, datetime.time)


def _moment(text: str) -> datetime | None:
    return _read("%Y%m%d%H%M", text, lambda moment: moment)
