"""Claim status inquiries and responses as 276 and 277 files."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

from shared.x12.claim_status import status_lines
from shared.x12.order import in_order, ranks
from shared.x12.parties import Payer, Person, demographic_line, named_line, person_name_line
from shared.x12.status_views import StatusInquiry276, StatusLine, StatusResponse277
from shared.x12.values import format_cents, format_date, format_decimal
from shared.x12.writing import Line, Outgoing, from_raw, write_interchange

_VERSION = "005010X212"
_CLAIM = ranks("TRN STC REF AMT DTP")
_LINE = ranks("SVC STC REF DTP")
Message = StatusInquiry276 | StatusResponse277


def write_276(
    inquiries: Sequence[StatusInquiry276], control_number: int, at: datetime, sender_id: str = "", receiver_id: str = ""
) -> bytes:
    """One transaction set; `control_number` is ISA13 and GS06, the parties are the first inquiry's unless given.

    Raises `X12Error` for a text X12 cannot carry.
    """
    return _write("276", ("HR", "13", ""), inquiries, control_number, at, (sender_id, receiver_id))


def write_277(
    responses: Sequence[StatusResponse277],
    control_number: int,
    at: datetime,
    sender_id: str = "",
    receiver_id: str = "",
) -> bytes:
    """One transaction set of responses about claims; see `write_276`."""
    return _write("277", ("HN", "08", "DG"), responses, control_number, at, (sender_id, receiver_id))


def _write(
    set_id: str,
    codes: tuple[str, str, str],
    messages: Sequence[Message],
    control_number: int,
    at: datetime,
    parties: tuple[str, str],
) -> bytes:
    functional_id, purpose, kind = codes
    first = messages[0]
    reference = first.reference or f"{control_number:09d}"
    lines: list[Line] = [("BHT", "0010", purpose, reference, f"{at:%Y%m%d}", f"{at:%H%M}", kind)]
    lines += _Levels().source(messages)
    sender, receiver = parties[0] or first.sender_id, parties[1] or first.receiver_id
    sets = [Outgoing(set_id, lines, _VERSION)]
    numbers = "ZZ", sender, "ZZ", receiver, control_number
    return write_interchange(*numbers, at, functional_id, _VERSION, control_number, sets)


class _Levels:
    """Numbers the levels: source, receiver, provider, subscriber, dependent."""

    def __init__(self) -> None:
        self._number = 0

    def _open(self, parent: int, code: str, children: bool = True) -> tuple[int, Line]:
        self._number += 1
        last = "" if code == "23" else "1" if children else "0"
        return self._number, ("HL", str(self._number), str(parent) if parent else "", code, last)

    def source(self, messages: Sequence[Message]) -> Iterator[Line]:
        for payer, under_payer in groupby(messages, key=lambda one: one.payer):
            top, line = self._open(0, "20")
            yield line
            yield _payer_line(payer)
            for receiver, under_receiver in groupby(under_payer, key=lambda one: one.receiver):
                middle, line = self._open(top, "21")
                yield line
                yield named_line("41", receiver)
                for provider, group in groupby(under_receiver, key=lambda one: one.provider):
                    number, line = self._open(middle, "19")
                    yield line
                    yield named_line("1P", provider)
                    yield from self._subscribers(number, list(group))

    def _subscribers(self, parent: int, messages: Sequence[Message]) -> Iterator[Line]:
        for (subscriber, member_id), group in groupby(messages, key=lambda one: (one.subscriber, one.member_id)):
            claims = list(group)
            dependents = any(one.dependent is not None for one in claims)
            number, line = self._open(parent, "22", dependents)
            yield line
            yield from demographic_line(subscriber)
            yield person_name_line("IL", subscriber, "MI", member_id)
            for one in claims:
                if one.dependent is None:
                    yield from _claim(one)
            for one in claims:
                if one.dependent is not None:
                    yield self._open(number, "23")[1]
                    yield from _dependent(one.dependent)
                    yield from _claim(one)


def _payer_line(payer: Payer) -> Line:
    return ("NM1", "PR", "2", payer.name, "", "", "", "", payer.id_qualifier if payer.id else "", payer.id)


def _dependent(person: Person) -> Iterator[Line]:
    yield from demographic_line(person)
    yield person_name_line("QC", person)


def _claim(one: Message) -> Iterator[Line]:
    asking = isinstance(one, StatusInquiry276)
    lines: list[Line] = [("TRN", "1" if asking else "2", one.trace_number)]
    if isinstance(one, StatusResponse277):
        lines.extend(status_lines(one.statuses))
    elif one.charge_cents is not None:
        lines.append(("AMT", "T3", format_cents(one.charge_cents)))
    for qualifier, text in (
        ("1K", one.payer_claim_control_number),
        ("BLT", one.bill_type),
        ("EJ", one.patient_control_number),
        ("D9", one.clearinghouse_number),
    ):
        if text:
            lines.append(("REF", qualifier, text))
    lines.extend(_days(one.service_from, one.service_to))
    yield from in_order([*lines, *map(from_raw, one.extras)], _CLAIM)
    for line in one.lines:
        yield from _line(line)


def _days(first: date | None, last: date | None) -> Iterator[Line]:
    if first and last and first != last:
        yield "DTP", "472", "RD8", f"{format_date(first)}-{format_date(last)}"
    elif first:
        yield "DTP", "472", "D8", format_date(first)


def _line(line: StatusLine) -> Iterator[Line]:
    coded = (line.procedure_qualifier, line.procedure, *line.modifiers)
    amounts = (("" if cents is None else format_cents(cents)) for cents in (line.charge_cents, line.paid_cents))
    service: Line = ("SVC", coded, *amounts, line.revenue_code, "", "", format_decimal(line.units))
    lines: list[Line] = [service, *status_lines(line.statuses), *_days(line.service_from, line.service_to)]
    if line.line_control_number:
        lines.append(("REF", "FJ", line.line_control_number))
    yield from in_order([*lines, *map(from_raw, line.extras)], _LINE)
