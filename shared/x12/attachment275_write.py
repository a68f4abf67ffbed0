"""Writes additional information to support a claim (275, guide 005010X210) from its views."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from shared.x12.attachment275 import VERSION, Attachment, Set275
from shared.x12.claim_status import Status
from shared.x12.parties import address_lines, named_line, person_name_line
from shared.x12.values import format_date
from shared.x12.writing import Line, Outgoing, from_raw, write_interchange


def write_275(
    sets: Sequence[Set275],
    sender_id: str,
    receiver_id: str,
    control_number: int,
    at: datetime,
    usage: str = "P",
) -> bytes:
    """An interchange (GS01 = PI) with one transaction set for each claim; `control_number` is ISA13 and GS06.

    A document's bytes are written as they are, which has to be text without delimiters: base64. Raises `X12Error` for
    what X12 cannot carry.
    """
    outgoing = [Outgoing("275", list(_lines(one)), VERSION) for one in sets]
    parties = "ZZ", sender_id, "ZZ", receiver_id
    return write_interchange(*parties, control_number, at, "PI", VERSION, control_number, outgoing, usage)


def _lines(one: Set275) -> Iterator[Line]:
    yield "BGN", one.purpose, one.reference, format_date(one.on)
    yield named_line("PR", one.payer)
    yield from map(from_raw, one.payer_extras)
    yield named_line("41", one.submitter)
    provider = one.provider
    yield _provider_line(one)
    if provider.address is not None:
        yield "NX1", "1P"
        yield from address_lines(provider.address)
    yield person_name_line("QC", one.patient, "MI", one.member_id)
    for qualifier, text in (
        ("EJ", one.patient_control_number),
        ("BLT", one.bill_type),
        ("EA", one.medical_record_number),
        ("D9", one.clearinghouse_number),
    ):
        if text:
            yield "REF", qualifier, text
    yield from _days("472", one.service_from, one.service_to)
    yield from map(from_raw, one.extras)
    for number, attachment in enumerate(one.attachments, 1):
        yield from _attachment(number, attachment)


def _provider_line(one: Set275) -> Line:
    party = one.provider
    identifier = ("XX", party.npi) if party.npi else (party.id_qualifier if party.id else "", party.id)
    return ("NM1", "1P", party.entity_type, party.name, party.first_name, party.middle_name, "", "", *identifier)


def _attachment(number: int, one: Attachment) -> Iterator[Line]:
    yield "LX", str(number)
    yield "TRN", one.trace_type, one.trace_number
    yield from (_status(each) for each in one.statuses)
    if one.line_control_number:
        yield "REF", "FJ", one.line_control_number
    yield from _days("472", one.service_from, one.service_to)
    yield from map(from_raw, one.extras)
    yield from _days("368", one.submitted_on, one.submitted_on)
    yield "CAT", one.report_type, one.report_format
    if one.content:
        yield "EFI", one.security
        yield "BIN", str(len(one.content)), one.content.decode("ascii")


def _status(one: Status) -> Line:
    """The question alone: its category, code and code list."""
    return "STC", (one.category, one.code, one.entity, one.code_list)


def _days(qualifier: str, first: date | None, last: date | None) -> Iterator[Line]:
    if first and last and first != last:
        yield "DTP", qualifier, "RD8", f"{format_date(first)}-{format_date(last)}"
    elif first:
        yield "DTP", qualifier, "D8", format_date(first)
