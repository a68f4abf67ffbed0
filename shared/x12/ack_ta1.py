"""Interchange acknowledgements (TA1): whether ISA and IEA of a file were good."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from shared.x12.envelope import Interchange, walk
from shared.x12.findings import Finding, unreadable
from shared.x12.tokens import Segment
from shared.x12.values import day, fault, format_date, parse_time
from shared.x12.writing import Line, write_interchange_note


@dataclass(frozen=True, slots=True)
class Ta1:
    """One TA1.

    `interchange_control_number` TA101 (the ISA13 answered), `interchange_date` TA102, `interchange_time` TA103,
    `status` TA104 (A accepted, E accepted with errors, R rejected), `note` TA105 (000 is no error).
    """

    interchange_control_number: str
    interchange_date: date | None
    interchange_time: time | None
    status: str
    note: str
    sender_id: str = ""
    receiver_id: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> bool:
        """False only for R: E is accepted with errors."""
        return self.status in ("A", "E")


def read_ta1(chunks: Iterable[bytes]) -> Iterator[Ta1 | Finding]:
    """Every TA1 of the file, with the findings about its envelopes.

    Raises `X12Error` when the file cannot be read at all or holds no TA1.
    """
    interchange: Interchange | None = None
    found = False
    for item in walk(chunks):
        if isinstance(item, Interchange):
            interchange = item
        elif isinstance(item, Finding):
            yield item
        elif isinstance(item, Segment) and item.tag == "TA1":
            found = True
            yield _read(item, interchange)
    if not found:
        raise unreadable("FILE:set", "The file holds no TA1.")


def _read(segment: Segment, interchange: Interchange | None) -> Ta1:
    findings: list[Finding] = []
    at: time | None = None
    try:
        at = parse_time(segment.get(3))
    except ValueError:
        fault(findings, "IK403:9", "TA103 is not a time.", segment, 3)
    parties = (interchange.sender_id, interchange.receiver_id) if interchange else ("", "")
    when = day(segment, 2, findings)
    return Ta1(segment.get(1), when, at, segment.get(4), segment.get(5), *parties, tuple(findings))


def write_ta1(
    ack: Ta1 | Sequence[Ta1], sender_id: str, receiver_id: str, control_number: int, at: datetime, usage: str = "P"
) -> bytes:
    """An interchange without functional groups that holds one TA1 per acknowledged interchange.

    Raises `X12Error` for a text X12 cannot carry.
    """
    acks = [ack] if isinstance(ack, Ta1) else list(ack)
    return write_interchange_note(("ZZ", sender_id, "ZZ", receiver_id), control_number, at, map(_line, acks), usage)


def _line(ack: Ta1) -> Line:
    when = format_date(ack.interchange_date)[2:]
    at = f"{ack.interchange_time:%H%M}" if ack.interchange_time else ""
    return ("TA1", ack.interchange_control_number, when, at, ack.status, ack.note)
