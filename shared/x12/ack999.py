"""Implementation acknowledgements (999, guide X231A1; the older 997 and AK5 forms are read too)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.findings import Finding
from shared.x12.parties import split_groups
from shared.x12.tokens import Segment
from shared.x12.values import fault, parse_count, raw
from shared.x12.writing import Envelope, Line, Outgoing, Raw, from_raw, stream_interchange, write_interchange

_VERSION = "005010X231A1"
_PARTS = frozenset({"AK2", "AK9"})
_NOTES = frozenset({"IK3", "AK3", "IK5", "AK5"})
_ELEMENTS = frozenset({"IK4", "AK4"})


class Verdict(StrEnum):
    """What became of a transaction set or group. Accepted with errors is accepted: it was passed on."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERRORS = "accepted_with_errors"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


_VERDICTS = {
    "A": Verdict.ACCEPTED,
    "E": Verdict.ACCEPTED_WITH_ERRORS,
    "P": Verdict.PARTIALLY_ACCEPTED,
    "R": Verdict.REJECTED,
    "M": Verdict.REJECTED,
    "W": Verdict.REJECTED,
    "X": Verdict.REJECTED,
}


@dataclass(frozen=True, slots=True)
class AckElement:
    """IK4: position in the segment, component and repetition (IK401), data element number (IK402), error (IK403).

    `value` (IK404) copies what was wrong and may be patient data.
    """

    position: int
    code: str
    component: int | None = None
    repetition: int | None = None
    data_element: str = ""
    value: str = ""
    contexts: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class AckSegment:
    """IK3: segment (IK301), position from ST = 1 (IK302), loop (IK303), error (IK304), its CTX kept as they are."""

    tag: str
    position: int
    loop: str = ""
    code: str = ""
    contexts: tuple[Raw, ...] = ()
    elements: tuple[AckElement, ...] = ()


@dataclass(frozen=True, slots=True)
class AckTransaction:
    """AK2 to IK5: the set (AK201), its control number (ST02, AK202), IK501 and the error codes IK502 to IK506."""

    set_id: str
    control_number: str
    status: str
    version: str = ""
    codes: tuple[str, ...] = ()
    segments: tuple[AckSegment, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """IK501 in words."""
        return _VERDICTS.get(self.status, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Ack999:
    """One functional group acknowledged.

    `functional_id` AK101, `group_control_number` AK102 (the GS06 answered), `version` AK103, `status` AK901,
    `included`, `received`, `accepted` AK902 to AK904, `codes` AK905 to AK909.
    """

    functional_id: str
    group_control_number: str
    status: str
    version: str = ""
    included: int | None = None
    received: int | None = None
    accepted: int | None = None
    codes: tuple[str, ...] = ()
    transactions: tuple[AckTransaction, ...] = ()
    sender_id: str = ""
    receiver_id: str = ""
    transaction: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """AK901 in words."""
        return _VERDICTS.get(self.status, Verdict.UNKNOWN)


def read_999(chunks: Iterable[bytes]) -> Iterator[Ack999 | Finding]:
    """One acknowledgement per ST. Raises `X12Error` when the file cannot be read at all or holds no 999."""
    for item in read_transactions_of("999", chunks):
        yield item if isinstance(item, Finding) else _read(item)


def _read(transaction: Transaction) -> Ack999:
    findings = list(transaction.findings)
    head, *parts = split_groups(transaction.segments, _PARTS)
    group = next((one for one in head if one.tag == "AK1"), None)
    if group is None:
        fault(findings, "IK304:3", "AK1 is missing: the acknowledgement names no group.", transaction.segments[0])
        group = Segment("AK1", ())
    trailer = next((part[0] for part in parts if part[0].tag == "AK9"), None)
    if trailer is None:
        fault(findings, "IK304:3", "AK9 is missing: the acknowledgement gives no result.", transaction.segments[-1])
        trailer = Segment("AK9", ())
    counts = [parse_count(trailer.get(position)) for position in (2, 3, 4)]
    interchange = transaction.header.interchange
    return Ack999(
        functional_id=group.get(1),
        group_control_number=group.get(2),
        status=trailer.get(1),
        version=group.get(3),
        included=counts[0],
        received=counts[1],
        accepted=counts[2],
        codes=tuple(one for one in trailer.elements[4:] if one),
        transactions=tuple(_transaction(part) for part in parts if part[0].tag == "AK2"),
        sender_id=interchange.sender_id if interchange else "",
        receiver_id=interchange.receiver_id if interchange else "",
        transaction=transaction.header.control_number,
        findings=tuple(findings),
    )


def _transaction(part: list[Segment]) -> AckTransaction:
    head, *notes = split_groups(part, _NOTES)
    closing = next((note[0] for note in notes if note[0].tag in ("IK5", "AK5")), Segment("IK5", ()))
    segments = tuple(_segment(note) for note in notes if note[0].tag in ("IK3", "AK3"))
    opening = head[0]
    codes = tuple(one for one in closing.elements[1:] if one)
    return AckTransaction(opening.get(1), opening.get(2), closing.get(1), opening.get(3), codes, segments)


def _segment(note: list[Segment]) -> AckSegment:
    head, *elements = split_groups(note, _ELEMENTS)
    get = head[0].get
    found = tuple(_element(one) for one in elements)
    return AckSegment(get(1), parse_count(get(2)) or 0, get(3), get(4), tuple(map(raw, head[1:])), found)


def _element(note: list[Segment]) -> AckElement:
    first = note[0]
    place = [parse_count(one) for one in first.components(1)]
    position, component, repetition = (*place, None, None, None)[:3]
    contexts = tuple(map(raw, note[1:]))
    return AckElement(position or 0, first.get(3), component, repetition, first.get(2), first.get(4), contexts)


def write_999(
    ack: Ack999 | Sequence[Ack999],
    sender_id: str,
    receiver_id: str,
    control_number: int,
    at: datetime,
    usage: str = "P",
) -> bytes:
    """An interchange (GS01 = FA) with one transaction set per acknowledged group; `control_number` is ISA13 and GS06.

    Raises `X12Error` for a text X12 cannot carry.
    """
    acks = [ack] if isinstance(ack, Ack999) else list(ack)
    sets = [Outgoing("999", list(_lines(one)), _VERSION) for one in acks]
    parties = "ZZ", sender_id, "ZZ", receiver_id
    return write_interchange(*parties, control_number, at, "FA", _VERSION, control_number, sets, usage)


def stream_999(
    groups: Iterable[tuple[Ack999, Iterable[AckTransaction | Ack999]]],
    sender_id: str,
    receiver_id: str,
    control_number: int,
    at: datetime,
    usage: str = "P",
) -> Iterator[bytes]:
    """`write_999` in pieces, for groups of any size.

    Of each group first what AK1 says of it, then its sets one after another, and last the group with its verdict.
    Without groups there is nothing. Raises `X12Error` for a text X12 cannot carry, after earlier pieces.
    """
    envelope = Envelope(("ZZ", sender_id, "ZZ", receiver_id), control_number, at, "FA", _VERSION, usage)
    return stream_interchange(envelope, "999", (_streamed(opening, answered) for opening, answered in groups))


def _streamed(opening: Ack999, answered: Iterable[AckTransaction | Ack999]) -> Iterator[Line]:
    yield _opening(opening)
    for one in answered:
        yield from _transaction_lines(one) if isinstance(one, AckTransaction) else _verdict(one)


def _lines(ack: Ack999) -> Iterator[Line]:
    yield _opening(ack)
    for one in ack.transactions:
        yield from _transaction_lines(one)
    yield from _verdict(ack)


def _opening(ack: Ack999) -> Line:
    return "AK1", ack.functional_id, ack.group_control_number, ack.version


def _transaction_lines(one: AckTransaction) -> Iterator[Line]:
    yield "AK2", one.set_id, one.control_number, one.version
    for segment in one.segments:
        yield from _segment_lines(segment)
    yield "IK5", one.status, *one.codes


def _verdict(ack: Ack999) -> Iterator[Line]:
    counts = (("" if count is None else str(count)) for count in (ack.included, ack.received, ack.accepted))
    yield "AK9", ack.status, *counts, *ack.codes


def _segment_lines(segment: AckSegment) -> Iterator[Line]:
    yield "IK3", segment.tag, str(segment.position), segment.loop, segment.code
    yield from map(from_raw, segment.contexts)
    for one in segment.elements:
        place = (str(one.position), *(("" if part is None else str(part)) for part in (one.component, one.repetition)))
        yield "IK4", place, one.data_element, one.code, one.value
        yield from map(from_raw, one.contexts)
