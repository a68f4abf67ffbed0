"""276 and 277 files as inquiries and responses, one per claim."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.x12.claim_status import read_statuses
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.hierarchy import Level, paths, read_hierarchy
from shared.x12.parties import read_named, read_payer, read_person, split_groups
from shared.x12.status_views import StatusInquiry276, StatusLine, StatusResponse277
from shared.x12.tokens import Segment
from shared.x12.values import cents, fault, number, period, raw
from shared.x12.writing import Raw

_CLAIMS = frozenset({"TRN"})
_SERVICES = frozenset({"SVC"})
_NAMES = frozenset({"NM1"})
_LEVELS = {"20": "source", "21": "receiver", "19": "provider"}
_DETAILS = frozenset({"STC", "REF", "AMT", "DTP", "SVC"})
_REFERENCES = {
    "EJ": "patient_control_number",
    "1K": "payer_claim_control_number",
    "D9": "clearinghouse_number",
    "BLT": "bill_type",
}


def read_276(chunks: Iterable[bytes]) -> Iterator[StatusInquiry276 | Finding]:
    """Every claim asked about. Raises `X12Error` when the file cannot be read at all or holds no 276."""
    for item in _read("276", chunks, answers=False):
        yield item if isinstance(item, Finding) else StatusInquiry276(**item)


def read_277(chunks: Iterable[bytes]) -> Iterator[StatusResponse277 | Finding]:
    """Every claim answered, and every level answered instead of its claims.

    Raises `X12Error` when the file cannot be read at all or holds no 277.
    """
    for item in _read("277", chunks, answers=True):
        yield item if isinstance(item, Finding) else StatusResponse277(**item)


def responses_of(transaction: Transaction) -> Iterator[StatusResponse277 | Finding]:
    """The answers of one 277 that was read already."""
    for item in _of_one(transaction, answers=True):
        yield item if isinstance(item, Finding) else StatusResponse277(**item)


def _read(set_id: str, chunks: Iterable[bytes], answers: bool) -> Iterator[dict[str, Any] | Finding]:
    """The fields of each claim, and between them what is wrong above the claims."""
    for item in read_transactions_of(set_id, chunks):
        if isinstance(item, Finding):
            yield item
        else:
            yield from _of_one(item, answers)


def _of_one(transaction: Transaction, answers: bool) -> Iterator[dict[str, Any] | Finding]:
    yield from transaction.findings
    findings: list[Finding] = []
    for fields in _claims(transaction, findings, answers):
        yield from findings
        findings.clear()
        yield fields
    yield from findings


def _claims(transaction: Transaction, findings: list[Finding], answers: bool) -> Iterator[dict[str, Any]]:
    tree = read_hierarchy(transaction.segments, findings)
    common = _envelope(transaction, tree.head)
    named: dict[int, dict[str, Any]] = {}
    for path in paths(tree.roots):
        level = path[-1]
        head, *claims = split_groups(level.segments, _CLAIMS)
        if level.code not in ("22", "23") and not any(one.tag == "STC" for one in level.segments):
            continue
        above: dict[str, Any] = {}
        for one in path:
            place = one.opening.number
            if place not in named:
                named[place] = _named(one, findings)
            above |= named[place]
        if answers:
            above["level"] = _LEVELS.get(level.code, "claim")
        for claim in claims or _without_trace(level, head):
            yield common | above | _claim(claim, answers)


def _without_trace(level: Level, head: list[Segment]) -> list[list[Segment]]:
    """A level answered instead of its claims, or a person's claim whose TRN is missing."""
    if level.code in _LEVELS:
        return [head]
    start = next((index for index, one in enumerate(head) if one.tag in _DETAILS), None)
    return [head[start:]] if start is not None and not level.children else []


def _envelope(transaction: Transaction, head: Sequence[Segment]) -> dict[str, Any]:
    interchange = transaction.header.interchange
    opening = next((one for one in head if one.tag == "BHT"), Segment("BHT", ()))
    return {
        "reference": opening.get(3),
        "transaction": transaction.header.control_number,
        "sender_id": interchange.sender_id if interchange else "",
        "receiver_id": interchange.receiver_id if interchange else "",
    }


def _named(level: Level, findings: list[Finding]) -> dict[str, Any]:
    """Who a level is about."""
    head = split_groups(level.segments, _CLAIMS)[0]
    name = next((one for one in head if one.tag == "NM1"), None)
    if name is None:
        return {}
    group = [name, *(one for one in head if one is not name)]
    match level.code:
        case "20":
            return {"payer": read_payer(split_groups(group, _NAMES)[1])}
        case "21":
            return {"receiver": read_named(name)}
        case "19":
            return {"provider": read_named(name)}
        case "22":
            return {"subscriber": read_person(group, findings, "2100D"), "member_id": name.get(9)}
        case _:
            return {"dependent": read_person(group, findings, "2100E")}


def _claim(segments: list[Segment], answers: bool) -> dict[str, Any]:
    findings: list[Finding] = []
    head, *services = split_groups(segments, _SERVICES)
    fields: dict[str, Any] = {"trace_number": head[0].get(2) if head and head[0].tag == "TRN" else ""}
    if segments[:1] and segments[0].tag in _DETAILS:
        fault(findings, "IK304:3", "The claim's TRN is missing.", segments[0], 0, "2200D")
    extras: list[Raw] = []
    for segment in head:
        name = _REFERENCES.get(segment.get(1)) if segment.tag == "REF" else None
        if name and name not in fields:
            fields[name] = segment.get(2)
        elif segment.tag == "DTP" and segment.get(1) == "472":
            fields["service_from"], fields["service_to"] = period(segment, findings, "2200D")
        elif segment.tag == "AMT" and segment.get(1) == "T3" and not answers:
            fields["charge_cents"] = cents(segment, 2, findings, "2200D")
        elif segment.tag not in ("TRN", "STC", "NM1"):
            extras.append(raw(segment))
    if answers:
        fields["statuses"] = read_statuses(head, findings, "2200D")
    fields["lines"] = tuple([_line(one, findings) for one in services])
    place = segments[0].number if segments else 0
    return fields | {"extras": tuple(extras), "segment_number": place, "findings": tuple(findings)}


def _line(segments: list[Segment], findings: list[Finding]) -> StatusLine:
    service = segments[0]
    parts = service.components(1)
    fields: dict[str, Any] = {}
    extras: list[Raw] = []
    for segment in segments[1:]:
        if segment.tag == "REF" and segment.get(1) == "FJ":
            fields["line_control_number"] = segment.get(2)
        elif segment.tag == "DTP" and segment.get(1) == "472":
            fields["service_from"], fields["service_to"] = period(segment, findings, "2220D")
        elif segment.tag != "STC":
            extras.append(raw(segment))
    return StatusLine(
        procedure_qualifier=parts[0] if parts else "",
        procedure=parts[1] if len(parts) > 1 else "",
        modifiers=tuple(one for one in parts[2:6] if one),
        charge_cents=cents(service, 2, findings, "2220D"),
        paid_cents=cents(service, 3, findings, "2220D"),
        revenue_code=service.get(4),
        units=number(service, 7, findings, "2220D"),
        statuses=read_statuses(segments, findings, "2220D"),
        extras=tuple(extras),
        **fields,
    )
