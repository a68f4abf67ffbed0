"""Writes 278 requests and responses (X217) from their views."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

from shared.x12.eligibility_views import Aaa
from shared.x12.order import in_order, ranks
from shared.x12.parties import Named, Person, address_lines, demographic_line, named_line, person_name_line
from shared.x12.review278 import Review278, ReviewDecision, ReviewedDiagnosis, ReviewedProvider, ReviewedService
from shared.x12.values import format_date, format_decimal
from shared.x12.writing import Line, Outgoing, Raw, from_raw, write_interchange

_VERSION = "005010X217"
_REQUEST, _RESPONSE = "13", "11"
_MOST_DIAGNOSES = 12
# Loops 2000E and 2000F (X217) without loops 2010E, which come behind.
_SERVICE = ranks("TRN AAA UM HCR REF DTP HI SV1 SV2 SV3 TOO HSD CRC CL1 CR1 CR2 CR5 CR6 PWK MSG")
_LEVEL = ranks("TRN NM1 REF N2 N3 N4 PER AAA PRV DMG INS DTP")


def write_278(
    review: Review278 | Sequence[Review278],
    sender_id: str,
    receiver_id: str,
    control_number: int,
    at: datetime,
    usage: str = "P",
) -> bytes:
    """An interchange (GS01 = HI) with one transaction set per review; `control_number` is ISA13 and GS06.

    `at` dates the envelope and BHT. A second patient event (loop 2000E) is written as a service of the first; the
    rejection of a provider (AAA in 2010E) as one of the event. Raises `X12Error` for a text X12 cannot carry.
    """
    reviews = [review] if isinstance(review, Review278) else list(review)
    sets = [Outgoing("278", list(_lines(one, at)), one.version or _VERSION) for one in reviews]
    version = reviews[0].version or _VERSION if reviews else _VERSION
    parties = "ZZ", sender_id, "ZZ", receiver_id
    return write_interchange(*parties, control_number, at, "HI", version, control_number, sets, usage)


def _lines(one: Review278, at: datetime) -> Iterator[Line]:
    purpose = one.purpose or (_RESPONSE if one.is_response else _REQUEST)
    yield "BHT", "0007", purpose, one.reference, f"{at:%Y%m%d}", f"{at:%H%M}", one.transaction_type
    levels = list(_levels(one))
    numbers = count(1)
    parent = ""
    for index, (code, lines) in enumerate(levels):
        number = str(next(numbers))
        below = index + 1 < len(levels) and code != "SS"
        yield "HL", number, parent, code, str(int(below))
        yield from lines
        if code != "SS":
            parent = number


def _levels(one: Review278) -> Iterator[tuple[str, list[Line]]]:
    """Each level with its segments: every one is below the one before, services are below the event."""
    if one.payer:
        yield "20", _named(one.payer_code, one.payer, one.payer_extras, _aaa(one, "20"))
    if one.requester:
        yield "21", _named(one.requester_code, one.requester, one.requester_extras, _aaa(one, "21"))
    if one.subscriber:
        yield "22", _person("IL", one.subscriber, one.member_id, _aaa(one, "22"))
    if one.dependent:
        yield "23", _person("QC", one.dependent, "", _aaa(one, "23"))
    if one.event:
        yield "EV", _service(one.event)
    for service in one.services:
        yield "SS", _service(service)


def _named(code: str, named: Named, extras: Sequence[Raw], rejections: list[Line]) -> list[Line]:
    return in_order([named_line(code, named), *map(from_raw, extras), *rejections], _LEVEL)


def _person(code: str, person: Person, member_id: str, rejections: list[Line]) -> list[Line]:
    lines: list[Line] = [person_name_line(code, person, "MI", member_id), *address_lines(person.address)]
    return in_order([*lines, *demographic_line(person), *map(from_raw, person.extras), *rejections], _LEVEL)


def _aaa(one: Review278, level: str) -> list[Line]:
    return _rejected([each for each in one.rejections if each.loop == f"level {level}"])


def _rejected(rejections: Sequence[Aaa]) -> list[Line]:
    return [("AAA", "Y" if one.valid else "N", "", one.code, one.follow_up) for one in rejections]


def _service(one: ReviewedService) -> list[Line]:
    lines: list[Line] = [*_rejected(one.rejections), *map(from_raw, one.extras)]
    if one.trace_number:
        lines.append(("TRN", one.trace_type or "1", one.trace_number, *_details(one.trace_details)))
    if one.category:
        place = (one.facility_code, one.facility_qualifier) if one.facility_code else ""
        requested = one.category, one.certification_type, one.service_type
        lines.append(("UM", *requested, place, *_details(one.request_details)))
    if one.decision:
        lines.append(_decided(one.decision))
    if one.previous_authorization_number:
        lines.append(("REF", "BB", one.previous_authorization_number))
    lines += [*_dates(one), *_diagnoses(one.diagnosis_codes), *_procedure(one), *_quantity(one)]
    lines.extend(("MSG", text) for text in one.messages)
    return [*in_order(lines, _SERVICE), *(line for each in one.providers for line in _provider(each))]


def _provider(one: ReviewedProvider) -> Iterator[Line]:
    yield named_line(one.code, one.name)
    yield from map(from_raw, one.extras)


def _details(texts: Sequence[str]) -> list[str | tuple[str, ...] | list[str]]:
    """Elements that were kept as they are, to be written again."""
    return list(from_raw(("", *texts))[1:])


def _decided(decision: ReviewDecision) -> Line:
    return "HCR", decision.action, decision.authorization_number, decision.reason, decision.second_opinion


def _dates(one: ReviewedService) -> Iterator[Line]:
    if one.service_from:
        first, last = format_date(one.service_from), format_date(one.service_to or one.service_from)
        form = ("D8", first) if first == last else ("RD8", f"{first}-{last}")
        yield "DTP", one.date_qualifier or "472", *form


def _diagnoses(codes: Sequence[ReviewedDiagnosis]) -> Iterator[Line]:
    for start in range(0, len(codes), _MOST_DIAGNOSES):
        some = codes[start : start + _MOST_DIAGNOSES]
        yield "HI", *((one.qualifier, one.code, *one.details) for one in some)


def _procedure(one: ReviewedService) -> Iterator[Line]:
    if one.procedure or one.revenue_code or one.service_segment:
        coded = (one.procedure_qualifier, one.procedure, *one.modifiers) if one.procedure else ""
        revenue = (one.revenue_code,) if one.service_segment == "SV2" else ()
        yield one.service_segment or "SV1", *revenue, coded, *_details(one.service_details)


def _quantity(one: ReviewedService) -> Iterator[Line]:
    if one.quantity_qualifier or one.quantity is not None or one.quantity_details:
        yield "HSD", one.quantity_qualifier, format_decimal(one.quantity), *_details(one.quantity_details)
