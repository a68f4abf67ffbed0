"""Additional information to support a claim (275, guide 005010X210): documents, and what they belong to.

The documents stand in BIN, whose length its first element tells: they may hold any byte, the delimiters among them. So
they are cut out before the rest is read as segments, and may be longer than a segment.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shared.x12.claim_status import Status, read_statuses
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.parties import (
    NO_PARTY,
    NO_PERSON,
    Named,
    Party,
    Person,
    read_named,
    read_party,
    read_person,
    split_groups,
)
from shared.x12.tokens import Segment, Tokenizer
from shared.x12.values import day, fault, parse_count, period, raw
from shared.x12.writing import Raw

UNSOLICITED, SOLICITED = "02", "11"
"""BGN01: papers that support a claim as it was sent, and the answer to a payer's request (277)."""
VERSION = "005010X210"
_NAMES = frozenset({"NM1"})
_LOOPS = frozenset({"LX"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """One loop 2000A: a document, and what it belongs to.

    `trace_number` TRN02 is the attachment control number of PWK06 (`trace_type` TRN01 = 1), or the payer's number of
    its request (2). `statuses` STC, which repeats the payer's question; `line_control_number` REF*FJ; `service_from`
    and `service_to` DTP*472; `submitted_on` DTP*368; `report_type` CAT01, `report_format` CAT02 (HL, IA, MB, TX),
    `security` EFI01; `content` BIN02 as it stands there: usually base64. None: there is no BIN.
    """

    trace_number: str
    trace_type: str = "1"
    statuses: tuple[Status, ...] = ()
    line_control_number: str = ""
    service_from: date | None = None
    service_to: date | None = None
    submitted_on: date | None = None
    report_type: str = "AE"
    report_format: str = ""
    security: str = "05"
    content: bytes | None = None
    extras: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class Set275:
    """One transaction set: the documents of one claim.

    `purpose` BGN01, `reference` BGN02, `on` BGN03; `payer` NM1*PR with `payer_extras`, `submitter` NM1*41, `provider`
    NM1*1P, `patient` NM1*QC with `member_id`; `patient_control_number` REF*EJ, `medical_record_number` REF*EA,
    `clearinghouse_number` REF*D9, `bill_type` REF*BLT, `service_from` and `service_to` DTP*472 of the claim.
    """

    purpose: str
    reference: str
    on: date | None
    payer: Named
    submitter: Named
    provider: Party = NO_PARTY
    patient: Person = NO_PERSON
    member_id: str = ""
    patient_control_number: str = ""
    medical_record_number: str = ""
    clearinghouse_number: str = ""
    bill_type: str = ""
    service_from: date | None = None
    service_to: date | None = None
    attachments: tuple[Attachment, ...] = ()
    payer_extras: tuple[Raw, ...] = ()
    extras: tuple[Raw, ...] = ()
    sender_id: str = ""
    receiver_id: str = ""
    transaction: str = ""
    findings: tuple[Finding, ...] = ()


_REFERENCES = {
    "EJ": "patient_control_number",
    "EA": "medical_record_number",
    "D9": "clearinghouse_number",
    "BLT": "bill_type",
}


def read_275(data: bytes) -> Iterator[Set275 | Finding]:
    """One view per ST. Raises `X12Error` when the file cannot be read at all or holds no 275."""
    rest, documents = cut_documents(data)
    for item in read_transactions_of("275", [rest]):
        yield item if isinstance(item, Finding) else _read(item, documents)


def cut_documents(data: bytes) -> tuple[bytes, list[bytes | None]]:
    """The file with each BIN's document replaced by its place in the list; None for one whose length is wrong."""
    delimiters = next(iter(Tokenizer([data]))).delimiters
    element, terminator = re.escape(delimiters.element.encode()), delimiters.segment.encode()
    opening = re.compile(rb"BIN" + element + rb"([0-9]{1,15})" + element)
    pieces: list[bytes] = []
    documents: list[bytes | None] = []
    at = 0
    while found := opening.search(data, at):
        before = data[at : found.start()].rstrip(b" \t\r\n")
        if not before.endswith(terminator):
            pieces.append(data[at : found.end()])  # the letters stand inside a text, not at a segment's beginning
            at = found.end()
            continue
        end = found.end() + int(found[1])
        right = data[end : end + 1] == terminator
        if not right:
            end = max(data.find(terminator, found.end()), found.end())
        pieces += [data[at : found.end()], str(len(documents)).encode()]
        documents.append(data[found.end() : end] if right else None)
        at = end
    return b"".join((*pieces, data[at:])), documents


def _read(transaction: Transaction, documents: Sequence[bytes | None]) -> Set275:
    findings = list(transaction.findings)
    head, *loops = split_groups(transaction.segments, _LOOPS)
    opening = next((one for one in head if one.tag == "BGN"), Segment("BGN", ()))
    interchange = transaction.header.interchange
    fields: dict[str, Any] = {"payer": Named(), "submitter": Named()}
    for group in split_groups(head, _NAMES)[1:]:
        fields |= _named(group, findings)
    return Set275(
        purpose=opening.get(1),
        reference=opening.get(2),
        on=day(opening, 3, findings, "header"),
        attachments=tuple(_attachment(one, documents, findings) for one in loops),
        sender_id=interchange.sender_id if interchange else "",
        receiver_id=interchange.receiver_id if interchange else "",
        transaction=transaction.header.control_number,
        **fields,
        findings=tuple(findings),
    )


def _named(group: Sequence[Segment], findings: list[Finding]) -> dict[str, Any]:
    name = group[0]
    match name.get(1):
        case "PR":
            return {"payer": read_named(name), "payer_extras": tuple(raw(one) for one in group[1:])}
        case "41":
            return {"submitter": read_named(name)}
        case "1P":
            return {"provider": read_party([one for one in group if one.tag != "NX1"])}
        case "QC":
            return _patient(group, findings)
        case _:
            return {}


def _patient(group: Sequence[Segment], findings: list[Finding]) -> dict[str, Any]:
    fields: dict[str, Any] = {"member_id": group[0].get(9)}
    extras: list[Raw] = []
    for one in group[1:]:
        name = _REFERENCES.get(one.get(1)) if one.tag == "REF" else None
        if name and name not in fields:
            fields[name] = one.get(2)
        elif one.tag == "DTP" and one.get(1) == "472":
            fields["service_from"], fields["service_to"] = period(one, findings, "1000D")
        elif one.tag != "SE":
            extras.append(raw(one))
    return {**fields, "patient": read_person(group[:1], findings, "1000D"), "extras": tuple(extras)}


def _attachment(group: Sequence[Segment], documents: Sequence[bytes | None], findings: list[Finding]) -> Attachment:  # noqa: C901 - one arm per segment
    found = Attachment("", "", report_type="", security="", statuses=read_statuses(group, findings, "2000A"))
    extras: list[Raw] = []
    for one in group[1:]:
        match one.tag, one.get(1):
            case "TRN", kind:
                found = replace(found, trace_type=kind, trace_number=one.get(2))
            case "REF", "FJ":
                found = replace(found, line_control_number=one.get(2))
            case "DTP", "472":
                first, last = period(one, findings, "2100A")
                found = replace(found, service_from=first, service_to=last)
            case "DTP", "368":
                found = replace(found, submitted_on=period(one, findings, "2100B")[0])
            case "CAT", kind:
                found = replace(found, report_type=kind, report_format=one.get(2))
            case "EFI", security:
                found = replace(found, security=security)
            case "BIN", _:
                found = replace(found, content=_document(one, documents, findings))
            case (("STC" | "SE"), _):
                pass
            case _:
                extras.append(raw(one))
    if not found.trace_number:
        fault(findings, "IK304:3", "The attachment's TRN is missing: nothing says what it belongs to.", group[0], 0)
    return replace(found, extras=tuple(extras))


def _document(one: Segment, documents: Sequence[bytes | None], findings: list[Finding]) -> bytes | None:
    place = parse_count(one.get(2))
    content = documents[place] if place is not None and place < len(documents) else None
    if content is None:
        fault(
            findings, "IK403:6", "BIN01 is not the length of BIN02 in bytes: the document is cut off.", one, 1, "2110B"
        )
    return content
