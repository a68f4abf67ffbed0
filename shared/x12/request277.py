"""Requests for additional information about claims (277, guide 005010X213), read and written.

A payer asks for documents on a claim it holds; the answer (275) repeats its number and its question.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.x12.claim_status import Status, read_statuses, status_lines
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.hierarchy import Level, paths, read_hierarchy
from shared.x12.parties import (
    NO_PAYER,
    NO_PERSON,
    Named,
    Payer,
    Person,
    named_line,
    person_name_line,
    read_named,
    read_payer,
    read_person,
    split_groups,
)
from shared.x12.status_read import responses_of
from shared.x12.status_views import NO_NAME, StatusResponse277
from shared.x12.tokens import Segment
from shared.x12.values import fault, format_date, period, raw
from shared.x12.writing import Line, Outgoing, Raw, write_interchange

VERSION = "005010X213"
_CLAIMS, _SERVICES, _NAMES = frozenset({"TRN"}), frozenset({"SVC"}), frozenset({"NM1"})
_REFERENCES = {
    "EJ": "patient_control_number",
    "1K": "payer_claim_control_number",
    "BLT": "bill_type",
    "EA": "medical_record_number",
    "D9": "clearinghouse_number",
}


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """Loop 2220D: what is wanted of one service line. `line_control_number` REF*FJ, `statuses` its STC."""

    line_control_number: str = ""
    statuses: tuple[Status, ...] = ()
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class InformationRequest277:
    """A payer's request about one claim (loop 2200D).

    `trace_number` TRN02 is the payer's number, which the answer repeats. `statuses` are the questions: STC01-1 a
    category R, STC01-2 a code of `code_list` (STC01-4: LOI is LOINC). `due_on` DTP*106. `payer`, `receiver`,
    `provider`, `patient` and `member_id` as the levels above name them; the other references are the claim's.
    """

    trace_number: str
    statuses: tuple[Status, ...]
    payer: Payer = NO_PAYER
    receiver: Named = NO_NAME
    provider: Named = NO_NAME
    patient: Person = NO_PERSON
    member_id: str = ""
    patient_control_number: str = ""
    payer_claim_control_number: str = ""
    bill_type: str = ""
    medical_record_number: str = ""
    clearinghouse_number: str = ""
    service_from: date | None = None
    service_to: date | None = None
    due_on: date | None = None
    lines: tuple[RequestedLine, ...] = ()
    extras: tuple[Raw, ...] = ()
    reference: str = ""
    sender_id: str = ""
    segment_number: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def questions(self) -> tuple[Status, ...]:
        """Of the claim, and then of its lines."""
        return (*self.statuses, *(one for line in self.lines for one in line.statuses))


def read_277_requests(chunks: Iterable[bytes]) -> Iterator[InformationRequest277 | Finding]:
    """Every request of a file. Raises `X12Error` when it cannot be read at all or holds no 277."""
    for item in read_277_or_requests(chunks):
        if not isinstance(item, StatusResponse277):
            yield item


def read_277_or_requests(chunks: Iterable[bytes]) -> Iterator[StatusResponse277 | InformationRequest277 | Finding]:
    """What a 277 file holds: answers to inquiries (X212) or requests (X213), as each transaction set names its guide.

    Raises `X12Error` when the file cannot be read at all or holds no 277.
    """
    for item in read_transactions_of("277", chunks):
        if isinstance(item, Finding):
            yield item
        elif "X213" in item.header.version:
            yield from item.findings
            yield from _requests(item)
        else:
            yield from responses_of(item)


def _requests(transaction: Transaction) -> Iterator[InformationRequest277 | Finding]:
    findings: list[Finding] = []
    tree = read_hierarchy(transaction.segments, findings)
    opening = next((one for one in tree.head if one.tag == "BHT"), Segment("BHT", ()))
    interchange = transaction.header.interchange
    common: dict[str, Any] = {"reference": opening.get(3), "sender_id": interchange.sender_id if interchange else ""}
    for path in paths(tree.roots):
        above: dict[str, Any] = {}
        for level in path:
            above |= _named(level, findings)
        claims = split_groups(path[-1].segments, _CLAIMS)[1:]
        yield from findings
        findings.clear()
        for claim in claims:
            yield InformationRequest277(**(common | above | _claim(claim)))
    yield from findings


def _named(level: Level, findings: list[Finding]) -> dict[str, Any]:
    """Who a level is about."""
    head = split_groups(level.segments, _CLAIMS)[0]
    groups = split_groups(head, _NAMES)[1:]
    if not groups:
        return {}
    name = groups[0][0]
    match name.get(1):
        case "PR":
            return {"payer": read_payer(groups[0])}
        case "41":
            return {"receiver": read_named(name)}
        case "1P":
            return {"provider": read_named(name)}
        case _:
            return {"patient": read_person(groups[0], findings, "2100D"), "member_id": name.get(9)}


def _claim(segments: list[Segment]) -> dict[str, Any]:
    findings: list[Finding] = []
    head, *services = split_groups(segments, _SERVICES)
    fields: dict[str, Any] = {"trace_number": head[0].get(2), "statuses": read_statuses(head, findings, "2200D")}
    extras: list[Raw] = []
    for one in head[1:]:
        name = _REFERENCES.get(one.get(1)) if one.tag == "REF" else None
        if name and name not in fields:
            fields[name] = one.get(2)
        elif one.tag == "DTP" and one.get(1) == "472":
            fields["service_from"], fields["service_to"] = period(one, findings, "2200D")
        elif one.tag == "DTP" and one.get(1) == "106":
            fields["due_on"] = period(one, findings, "2200D")[1]
        elif one.tag not in ("STC", "SE"):
            extras.append(raw(one))
    lines = tuple(_line(one, findings) for one in services)
    if not fields["statuses"] and not any(one.statuses for one in lines):
        fault(findings, "IK304:3", "The request carries no STC: it does not say what is wanted.", head[0], 0, "2200D")
    return fields | {
        "lines": lines,
        "extras": tuple(extras),
        "segment_number": head[0].number,
        "findings": tuple(findings),
    }


def _line(segments: list[Segment], findings: list[Finding]) -> RequestedLine:
    number = next((one.get(2) for one in segments if one.tag == "REF" and one.get(1) == "FJ"), "")
    due = [one for one in segments if one.tag == "DTP" and one.get(1) == "106"]
    due_on = period(due[0], findings, "2220D")[1] if due else None
    return RequestedLine(number, read_statuses(segments, findings, "2220D"), due_on)


def write_277_requests(
    requests: Sequence[InformationRequest277],
    control_number: int,
    at: datetime,
    sender_id: str,
    receiver_id: str,
) -> bytes:
    """One transaction set with a request for each claim; lines are not written. `control_number` is ISA13 and GS06."""
    sets = [Outgoing("277", list(_lines(requests, control_number, at)), VERSION)]
    parties = "ZZ", sender_id, "ZZ", receiver_id
    return write_interchange(*parties, control_number, at, "HN", VERSION, control_number, sets)


def _lines(requests: Sequence[InformationRequest277], control_number: int, at: datetime) -> Iterator[Line]:
    """Every request under levels of its own: source, receiver, provider and patient."""
    reference = requests[0].reference or f"{control_number:09d}"
    yield "BHT", "0085", "48", reference, f"{at:%Y%m%d}", f"{at:%H%M}", "RQ"
    for place, one in enumerate(requests):
        first = 4 * place + 1
        yield "HL", str(first), "", "20", "1"
        yield "NM1", "PR", "2", one.payer.name, "", "", "", "", one.payer.id_qualifier or "PI", one.payer.id
        yield "HL", str(first + 1), str(first), "21", "1"
        yield named_line("41", one.receiver)
        yield "HL", str(first + 2), str(first + 1), "19", "1"
        yield named_line("1P", one.provider)
        yield "HL", str(first + 3), str(first + 2), "PT"
        yield person_name_line("QC", one.patient, "MI", one.member_id)
        yield from _request(one)


def _request(one: InformationRequest277) -> Iterator[Line]:
    yield "TRN", "1", one.trace_number
    yield from status_lines(one.statuses)
    for qualifier, name in (("1K", "payer_claim_control_number"), ("EJ", "patient_control_number")):
        if text := getattr(one, name):
            yield "REF", qualifier, text
    for qualifier, first, last in (("472", one.service_from, one.service_to), ("106", one.due_on, one.due_on)):
        if first and last and first != last:
            yield "DTP", qualifier, "RD8", f"{format_date(first)}-{format_date(last)}"
        elif first:
            yield "DTP", qualifier, "D8", format_date(first)
