"""The envelope: interchange (ISA/IEA), functional group (GS/GE) and transaction set (ST/SE), read and checked.

`walk` streams everything; `read_transactions` gathers one transaction set at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from shared.x12.findings import Finding, Severity, X12Error, unreadable
from shared.x12.tokens import Delimiters, Segment, Tokenizer
from shared.x12.values import parse_count
from shared.x12.view import view
from shared.x12.writing import Outgoing as Outgoing
from shared.x12.writing import write_interchange as write_interchange

Kind = Literal["837P", "837I", "837D", "835", "271", "270", "276", "277", "277CA", "999", "TA1", "278"]

_GUIDES: dict[tuple[str, str], Kind] = {
    ("837", "X222"): "837P",
    ("837", "X098"): "837P",
    ("837", "X223"): "837I",
    ("837", "X096"): "837I",
    ("837", "X224"): "837D",
    ("837", "X097"): "837D",
    ("277", "X214"): "277CA",
}
_ISA_LENGTH = 105
# A transaction set is held whole by the readers that need it whole; the guides recommend far fewer claims than this.
MAX_SET_SEGMENTS = 1_000_000
# Control numbers remembered per level to notice repeats; more would let memory grow with the file.
_MAX_REMEMBERED = 100_000
_SETS: dict[str, Kind] = {one: one for one in ("835", "270", "271", "276", "277", "278", "999")}


@dataclass(frozen=True, slots=True)
class Interchange:
    """ISA. Identifiers are stripped of their padding; `date` (ISA09) and `time` (ISA10) stay as written."""

    sender_qualifier: str
    sender_id: str
    receiver_qualifier: str
    receiver_id: str
    date: str
    time: str
    version: str
    control_number: str
    acknowledgment_requested: bool
    usage: str
    delimiters: Delimiters
    segment_number: int = 0
    byte_offset: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """GS: functional identifier GS01, application codes GS02 and GS03, control number GS06, version GS08."""

    functional_id: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    version: str
    segment_number: int = 0
    byte_offset: int = 0


@view
class TransactionHeader:
    """ST. `version` is ST03, or GS08 where the guide has no ST03; `kind` is what `identify` would say."""

    set_id: str
    control_number: str
    version: str
    kind: Kind | None
    interchange: Interchange | None
    group: Group | None
    segment: Segment


@view
class TransactionEnd:
    """The transaction set is over; `complete` is False when SE is missing."""

    complete: bool


@view
class Transaction:
    """One transaction set with its own segments, ST and SE included, and what is wrong with its envelope."""

    header: TransactionHeader
    segments: tuple[Segment, ...]
    complete: bool
    findings: tuple[Finding, ...]


Walked = Interchange | Group | TransactionHeader | Segment | TransactionEnd | Finding


@dataclass(slots=True)
class _Level:
    """An open ISA, GS or ST: control number, how many groups or sets it holds (ST: its segment number), its TA1s."""

    control_number: str
    count: int = 0
    notes: int = 0
    seen: set[str] = field(default_factory=set[str])


class _Walker:
    """Keeps the open levels and says what does not match."""

    def __init__(self) -> None:
        self.interchange: Interchange | None = None
        self.group: Group | None = None
        # The file itself is the outermost level: it remembers the numbers of its interchanges.
        self.open: dict[str, _Level] = {"file": _Level("")}
        self.strayed = False

    def take_run(self, run: list[Segment]) -> Iterator[Walked | list[Segment]]:
        """Segments of which only the first may belong to the envelope."""
        first = run[0]
        if first.tag in _ENVELOPE_TAGS:
            yield from self.take(first)
            run = run[1:]
        elif first.tag == "TA1" and ("ST" in self.open or self.note()):
            yield first
            run = run[1:]
        if not run:
            return
        if "ST" in self.open:
            yield run
        elif found := self.stray(run[0]):
            yield found

    def take(self, segment: Segment) -> Iterator[Walked]:
        """A segment of the envelope."""
        self.strayed = False
        match segment.tag:
            case "ISA":
                yield from self._open_interchange(segment)
            case "GS":
                yield from self._open_group(segment)
            case "ST":
                yield from self._open_transaction(segment)
            case "SE":
                yield from self._close_transaction(segment)
            case "GE":
                yield from self._close_group(segment)
            case _:
                yield from self._close_interchange(segment)

    def note(self) -> bool:
        """Whether a TA1 has its place here: between ISA and the first GS."""
        if "ISA" not in self.open or "GS" in self.open:
            return False
        self.open["ISA"].notes += 1
        return True

    def stray(self, segment: Segment) -> Finding | None:
        """A segment outside any transaction set, reported once for a run of them."""
        if self.strayed:
            return None
        self.strayed = True
        return _finding("IK304:2", "The segment, and what follows it, stands outside any transaction set.", segment)

    def _open_interchange(self, segment: Segment) -> Iterator[Walked]:
        yield from self.finish(segment)
        self.interchange = interchange = _interchange(segment)
        self.open["ISA"] = _Level(interchange.control_number)
        yield interchange
        yield from self._repeated(
            "file", segment, 13, "TA105:025", "ISA13 repeats the number of an earlier interchange."
        )
        if segment.get(12) and segment.get(12) != "00501":
            yield _finding("TA105:017", "ISA12 does not name version 00501.", segment, 12, Severity.WARNING)
        if len(segment.tag) + sum(map(len, segment.elements)) + len(segment.elements) != _ISA_LENGTH:
            message = "The ISA segment is not padded to its fixed length of 106 characters."
            yield _finding("TEXT:isa-length", message, segment, 0, Severity.WARNING)

    def _open_group(self, segment: Segment) -> Iterator[Walked]:
        yield from self._finish_group(segment)
        if "ISA" in self.open:
            self._count("ISA")
        else:
            yield _finding("TA105:024", "A functional group stands outside any interchange.", segment)
        self.group = group = _group(segment)
        self.open["GS"] = _Level(group.control_number)
        yield group
        message = "GS06 repeats the control number of an earlier group."
        yield from self._repeated("ISA", segment, 6, "AK905:19", message)
        if group.version.startswith("004"):
            yield _finding(
                "AK905:2", "GS08 names version 4010, which 5010 replaced in 2012.", segment, 8, Severity.WARNING
            )

    def _open_transaction(self, segment: Segment) -> Iterator[Walked]:
        yield from self._finish_transaction(segment)
        if "GS" in self.open:
            self._count("GS")
        else:
            yield _finding("AK905:3", "A transaction set stands outside any functional group.", segment)
        self.open["ST"] = _Level(segment.get(2), segment.number)
        version = segment.get(3) or (self.group.version if self.group else "")
        kind = _kind(segment.get(1), version)
        yield TransactionHeader(segment.get(1), segment.get(2), version, kind, self.interchange, self.group, segment)
        yield segment
        message = "ST02 repeats the control number of an earlier set."
        yield from self._repeated("GS", segment, 2, "IK502:23", message)

    def _close_transaction(self, segment: Segment) -> Iterator[Walked]:
        level = self.open.pop("ST", None)
        if level is None:
            yield _finding("IK502:1", "SE closes a transaction set whose ST is missing.", segment)
            return
        yield segment
        if parse_count(segment.get(1)) != segment.number - level.count + 1:
            message = "SE01 does not equal the number of segments from ST to SE."
            yield _finding("IK502:4", message, segment, 1)
        if segment.get(2) != level.control_number:
            yield _finding("IK502:3", "SE02 does not equal ST02.", segment, 2)
        yield TransactionEnd(True)

    def _close_group(self, segment: Segment) -> Iterator[Walked]:
        yield from self._finish_transaction(segment)
        level = self.open.pop("GS", None)
        self.group = None
        if level is None:
            yield _finding("AK905:3", "GE closes a functional group whose GS is missing.", segment)
            return
        if parse_count(segment.get(1)) != level.count:
            yield _finding("AK905:5", "GE01 does not equal the number of transaction sets in the group.", segment, 1)
        if segment.get(2) != level.control_number:
            yield _finding("AK905:4", "GE02 does not equal GS06.", segment, 2)

    def _close_interchange(self, segment: Segment) -> Iterator[Walked]:
        yield from self._finish_group(segment)
        level = self.open.pop("ISA", None)
        self.interchange = None
        if level is None:
            yield _finding("TA105:024", "IEA closes an interchange whose ISA is missing.", segment)
            return
        if parse_count(segment.get(1)) != level.count and not (level.notes and not level.count):
            yield _finding("TA105:021", "IEA01 does not equal the number of groups in the interchange.", segment, 1)
        if segment.get(2) != level.control_number:
            yield _finding("TA105:001", "IEA02 does not equal ISA13.", segment, 2)

    def finish(self, segment: Segment) -> Iterator[Walked]:
        """Close what is still open before a new interchange or at the end of the file."""
        yield from self._finish_group(segment)
        if self.open.pop("ISA", None):
            yield _finding(
                "TA105:023", "The interchange has no IEA: the file is cut off or was joined wrongly.", segment
            )
        self.interchange = None

    def _finish_group(self, segment: Segment) -> Iterator[Walked]:
        yield from self._finish_transaction(segment)
        if self.open.pop("GS", None):
            yield _finding("AK905:3", "The functional group has no GE.", segment)
        self.group = None

    def _finish_transaction(self, segment: Segment) -> Iterator[Walked]:
        if self.open.pop("ST", None):
            message = "The transaction set has no SE: it is cut off, and what follows may be missing."
            yield _finding("IK502:2", message, segment)
            yield TransactionEnd(False)

    def _count(self, level: str) -> None:
        self.open[level].count += 1

    def _repeated(self, level: str, segment: Segment, element: int, code: str, message: str) -> Iterator[Finding]:
        if level not in self.open:
            return
        seen, number = self.open[level].seen, segment.get(element)
        if number in seen:
            yield _finding(code, message, segment, element)
        elif len(seen) < _MAX_REMEMBERED:
            seen.add(number)


_ENVELOPE_TAGS = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA"})
# Named once, because a union of types is made anew wherever it is written.
_SEGMENTS = (list, Segment)
_OF_ONE_SET = (TransactionHeader, TransactionEnd)
_NO_TAGS: frozenset[str] = frozenset()


def walk(chunks: Iterable[bytes]) -> Iterator[Walked]:
    """Headers, segments of transaction sets (ST and SE too), ends and envelope findings, in file order.

    Raises `X12Error` only when the file has no readable ISA or a segment that never ends.
    """
    for item in walk_runs(chunks):
        if isinstance(item, list):
            yield from item
        else:
            yield item


def walk_runs(chunks: Iterable[bytes], starters: frozenset[str] = _NO_TAGS) -> Iterator[Walked | list[Segment]]:
    """`walk` in bigger steps: neighbours come as lists, cut at least before a segment whose tag is in `starters`."""
    tokens = Tokenizer(chunks)
    walker, last = _Walker(), Segment("", ())
    latin = False
    for run in tokens.runs(_ENVELOPE_TAGS | {"TA1"} | starters):
        last = run[-1]
        if latin or tokens.encoding == "utf-8":
            if run[0].tag in starters and "ST" in walker.open:
                yield run
            else:
                yield from walker.take_run(run)
            continue
        latin = True
        yield from walker.take_run(run[:1])
        yield _finding("TEXT:latin-1", "The text is not UTF-8; it was read as Latin-1.", run[0], 0, Severity.WARNING)
        if len(run) > 1:
            yield from walker.take_run(run[1:])
    yield from walker.finish(last)


def read_transactions(chunks: Iterable[bytes]) -> Iterator[Transaction | Finding]:
    """One `Transaction` per ST..SE with the findings about its envelope.

    What is wrong with an interchange or group (GE, IEA, control numbers) follows as findings of their own.
    """
    yield from _gather(walk_runs(chunks))


def _gather(items: Iterable[Walked | list[Segment]]) -> Iterator[Transaction | Finding]:
    header: TransactionHeader | None = None
    segments: list[Segment] = []
    findings: list[Finding] = []
    for item in items:
        if isinstance(item, _SEGMENTS):
            segments += item if isinstance(item, list) else (item,)
            if len(segments) > MAX_SET_SEGMENTS:
                first = segments[MAX_SET_SEGMENTS]
                message = f"One transaction set has more than {MAX_SET_SEGMENTS:,} segments: have the sender split it."
                raise unreadable("FILE:set-size", message, first.number, first.offset, first.tag)
            continue
        match item:
            case TransactionHeader():
                header, segments, findings = item, [], []
            case TransactionEnd() if header:
                yield Transaction(header, tuple(segments), item.complete, tuple(findings))
                header = None
            case Finding() if header:
                findings.append(item)
            case Finding():
                yield item
            case _:
                pass


def expect(set_id: str, items: Iterable[Walked | list[Segment]]) -> Iterator[Walked | list[Segment]]:
    """Only the transaction sets `set_id`; another one is skipped with a finding.

    Raises `X12Error` at the end of a file that held none.
    """
    wanted, found, other = False, False, Segment("", ())
    for item in items:
        if isinstance(item, list):
            if wanted:
                yield item
            continue
        if type(item) is Segment:
            if wanted or item.tag == "TA1":
                yield item
            continue
        if isinstance(item, TransactionHeader):
            wanted = item.set_id == set_id
            if not wanted:
                other = item.segment
                yield _finding("AK905:1", f"The transaction set is not an {set_id}; it was skipped.", other, 1)
            found = found or wanted
        if wanted or not isinstance(item, _OF_ONE_SET):
            yield item
    if not found:
        message = f"The file holds no {set_id} transaction set: it is of another kind, or empty."
        raise unreadable("FILE:set", message, other.number, other.offset, other.tag)


def read_transactions_of(set_id: str, chunks: Iterable[bytes]) -> Iterator[Transaction | Finding]:
    """`read_transactions` for one kind of set; another one is skipped with a finding, a file without any is refused."""
    yield from _gather(expect(set_id, walk_runs(chunks)))


def identify(first_bytes: bytes) -> Kind | None:
    """Which transaction set a file holds, from its first few hundred bytes; None when it cannot be told."""
    version = ""
    try:
        for segment in Tokenizer([first_bytes]):
            if segment.tag == "TA1":
                return "TA1"
            if segment.tag == "GS":
                version = segment.get(8)
            if segment.tag == "ST":
                return _kind(segment.get(1), segment.get(3) or version)
    except X12Error:
        return None
    return None


def _kind(set_id: str, version: str) -> Kind | None:
    """837 and 277 are told apart by their guide; a 277 of any other guide is a status response."""
    return _GUIDES.get((set_id, version[6:10])) or _SETS.get(set_id)


def _interchange(segment: Segment) -> Interchange:
    get = segment.get
    place = segment.number, segment.offset
    parties = get(5).strip(), get(6).strip(), get(7).strip(), get(8).strip()
    return Interchange(*parties, get(9), get(10), get(12), get(13), get(14) == "1", get(15), segment.delimiters, *place)


def _group(segment: Segment) -> Group:
    get = segment.get
    place = segment.number, segment.offset
    return Group(get(1), get(2).strip(), get(3).strip(), get(4), get(5), get(6), get(8), *place)


def _finding(
    code: str, message: str, segment: Segment, element: int = 0, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(severity, code, message, segment.number, segment.offset, segment.tag, element)
