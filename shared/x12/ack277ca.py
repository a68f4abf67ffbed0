"""Claim acknowledgements (277CA, guide X214): which claims the payer or clearinghouse took for adjudication."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from shared.x12.claim_status import Status, read_statuses
from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.hierarchy import Level, paths, read_hierarchy
from shared.x12.order import ranks
from shared.x12.parties import Named, read_named, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, fault, number, period, raw
from shared.x12.writing import Raw

_VERSION = "005010X214"
_REJECTED = frozenset({"A3", "A6", "A7", "A8"})
_RECEIVED = frozenset({"A0", "A1", "A5"})
_CLAIMS = frozenset({"TRN"})
_LINES = frozenset({"SVC"})
_CLAIM = ranks("TRN STC QTY AMT REF DTP")
_REFERENCES = {"1K": "payer_claim_control_number", "D9": "clearinghouse_number", "BLT": "bill_type"}
_LEVEL_NAMES = {"20": "source", "21": "receiver", "19": "provider"}


class ClaimVerdict(StrEnum):
    """What a claim acknowledgement means.

    Only A3, A6, A7 and A8 reject and only A2 takes the claim into adjudication (X12 RFI 2203); a category that does
    not belong in a 277CA (RFI 1942) is UNEXPECTED.
    """

    ACCEPTED = "accepted"
    RECEIVED = "received"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    UNEXPECTED = "unexpected"


def verdict(statuses: Iterable[Status]) -> ClaimVerdict:
    """The verdict of a set of statuses: a rejection outweighs the rest, then acceptance, then receipt."""
    categories = {one.category for one in statuses}
    if categories & _REJECTED:
        return ClaimVerdict.REJECTED
    if "A2" in categories:
        return ClaimVerdict.ACCEPTED
    if "A4" in categories:
        return ClaimVerdict.NOT_FOUND
    return ClaimVerdict.RECEIVED if categories & _RECEIVED else ClaimVerdict.UNEXPECTED


@dataclass(frozen=True, slots=True)
class LineAck:
    """Loop 2220D: procedure (SVC01), charge (SVC02), line control number (REF*FJ) and statuses."""

    procedure_qualifier: str
    procedure: str
    charge_cents: int | None = None
    line_control_number: str = ""
    statuses: tuple[Status, ...] = ()
    extras: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimAck277CA:
    """One claim (loop 2200D).

    `patient_control_number` TRN02, `statuses` STC, `charge_cents` STC04, `payer_claim_control_number` REF*1K,
    `clearinghouse_number` REF*D9, `bill_type` REF*BLT, `service_from` and `service_to` DTP*472, `patient` NM1*QC.
    `submitted_reference` is the TRN02 of the receiver's level: BHT03 of the 837 acknowledged.
    """

    patient_control_number: str
    statuses: tuple[Status, ...] = ()
    payer_claim_control_number: str = ""
    clearinghouse_number: str = ""
    charge_cents: int | None = None
    bill_type: str = ""
    service_from: date | None = None
    service_to: date | None = None
    patient: Named | None = None
    source: Named | None = None
    receiver: Named | None = None
    provider: Named | None = None
    submitted_reference: str = ""
    lines: tuple[LineAck, ...] = ()
    extras: tuple[Raw, ...] = ()
    sender_id: str = ""
    receiver_id: str = ""
    reference: str = ""
    transaction: str = ""
    segment_number: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> ClaimVerdict:
        """What the statuses mean for the claim."""
        return verdict(self.statuses)

    @property
    def action(self) -> str:
        """STC03 of the first status: WQ accept, U reject."""
        return self.statuses[0].action if self.statuses else ""


@dataclass(frozen=True, slots=True)
class BatchAck277CA:
    """The statuses of a whole batch: `level` is "source", "receiver" (2200B) or "provider" (2200C).

    `trace_number` TRN02 (at the receiver's level BHT03 of the 837), `accepted` QTY*90 or QA, `rejected` QTY*AA or QC,
    `accepted_cents` AMT*YU, `rejected_cents` AMT*YY.
    """

    level: str
    trace_number: str
    name: Named | None = None
    statuses: tuple[Status, ...] = ()
    accepted: int | None = None
    rejected: int | None = None
    accepted_cents: int | None = None
    rejected_cents: int | None = None
    transaction: str = ""
    segment_number: int = 0

    @property
    def verdict(self) -> ClaimVerdict:
        """What the statuses mean for the batch."""
        return verdict(self.statuses)


def read_277ca(chunks: Iterable[bytes]) -> Iterator[ClaimAck277CA | BatchAck277CA | Finding]:
    """Batch and claim acknowledgements in file order.

    Raises `X12Error` when the file cannot be read at all or holds no 277.
    """
    for item in read_transactions_of("277", chunks):
        if isinstance(item, Finding):
            yield item
        else:
            yield from _read(item)


def _read(transaction: Transaction) -> Iterator[ClaimAck277CA | BatchAck277CA | Finding]:
    findings = list(transaction.findings)
    tree = read_hierarchy(transaction.segments, findings)
    opening = next((one for one in tree.head if one.tag == "BHT"), Segment("BHT", ()))
    interchange = transaction.header.interchange
    common = {
        "sender_id": interchange.sender_id if interchange else "",
        "receiver_id": interchange.receiver_id if interchange else "",
        "reference": opening.get(3),
        "transaction": transaction.header.control_number,
    }
    yield from findings
    said: dict[int, tuple[Named | None, str]] = {}
    for path in paths(tree.roots):
        level = path[-1]
        known = [(one.code, _said(one, said)) for one in path[:-1]]
        above = {_LEVEL_NAMES[code]: name for code, (name, _) in known if code in _LEVEL_NAMES}
        if level.code in _LEVEL_NAMES:
            yield from _batch(level, transaction)
        else:
            submitted = next((trace for code, (_, trace) in known if code == "21"), "")
            fields = common | above | {"patient": _name(level), "submitted_reference": submitted}
            head, *claims = split_groups(level.segments, _CLAIMS)
            for claim in claims or _without_trace(head):
                yield _claim(claim, fields)


def _without_trace(head: list[Segment]) -> list[list[Segment]]:
    """A patient's claim whose TRN is missing: it starts with its status."""
    start = next((index for index, one in enumerate(head) if one.tag == "STC"), None)
    return [] if start is None else [head[start:]]


def _said(level: Level, said: dict[int, tuple[Named | None, str]]) -> tuple[Named | None, str]:
    """Name and trace number of a level; `said` keeps them by segment number, for every level below asks."""
    number = level.opening.number
    if number not in said:
        said[number] = _name(level), _trace(level)
    return said[number]


def _name(level: Level) -> Named | None:
    found = next((one for one in level.segments if one.tag == "NM1"), None)
    return read_named(found) if found else None


def _trace(level: Level) -> str:
    return next((one.get(2) for one in level.segments if one.tag == "TRN"), "")


def _batch(level: Level, transaction: Transaction) -> Iterator[BatchAck277CA | Finding]:
    """The statuses of a level above the claims, when it has any."""
    findings: list[Finding] = []
    fields: dict[str, Any] = {}
    for segment in level.segments:
        name = _TOTALS.get((segment.tag, segment.get(1)))
        if name and segment.tag == "QTY":
            amount = number(segment, 2, findings)
            fields[name] = int(amount) if amount is not None and amount == int(amount) else None
        elif name:
            fields[name] = cents(segment, 2, findings)
    statuses = read_statuses(level.segments, findings, "2200")
    yield from findings
    if statuses or fields:
        control = transaction.header.control_number
        level_name, place = _LEVEL_NAMES[level.code], level.opening.number
        yield BatchAck277CA(
            level_name, _trace(level), _name(level), statuses, transaction=control, segment_number=place, **fields
        )


_TOTALS = {
    ("QTY", "90"): "accepted",
    ("QTY", "QA"): "accepted",
    ("QTY", "AA"): "rejected",
    ("QTY", "QC"): "rejected",
    ("AMT", "YU"): "accepted_cents",
    ("AMT", "YY"): "rejected_cents",
}


def _claim(segments: list[Segment], fields: dict[str, Any]) -> ClaimAck277CA:
    findings: list[Finding] = []
    head, *services = split_groups(segments, _LINES)
    known: dict[str, Any] = {}
    extras: list[Raw] = []
    traced = segments[0].tag == "TRN"
    if not traced:
        fault(findings, "IK304:3", "The claim's TRN is missing.", segments[0], 0, "2200D")
    for segment in head[traced:]:
        reference = _REFERENCES.get(segment.get(1)) if segment.tag == "REF" else None
        if reference and reference not in known:
            known[reference] = segment.get(2)
        elif segment.tag == "DTP" and segment.get(1) == "472":
            known["service_from"], known["service_to"] = period(segment, findings, "2200D")
        elif segment.tag not in ("STC", "SE"):
            extras.append(raw(segment))
    statuses = read_statuses(head, findings, "2200D")
    if not statuses:
        fault(findings, "IK304:3", "The claim's STC is missing: nothing says what became of it.", head[0], 0, "2200D")
    return ClaimAck277CA(
        head[0].get(2) if traced else "",
        statuses,
        charge_cents=statuses[0].amount_cents if statuses else None,
        lines=tuple(_line(one, findings) for one in services),
        extras=tuple(extras),
        segment_number=head[0].number,
        findings=tuple(findings),
        **fields,
        **known,
    )


def _line(segments: list[Segment], findings: list[Finding]) -> LineAck:
    service = segments[0]
    qualifier, code = (*service.components(1), "", "")[:2]
    control = next((one.get(2) for one in segments if one.tag == "REF" and one.get(1) == "FJ"), "")
    kept = [one for one in segments[1:] if one.tag not in ("STC", "SE") and one.get(1) != "FJ"]
    statuses = read_statuses(segments, findings, "2220D")
    return LineAck(qualifier, code, cents(service, 2, findings, "2220D"), control, statuses, tuple(map(raw, kept)))
