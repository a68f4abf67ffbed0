"""Answers a received file: a TA1 for each interchange and a 999 for each functional group, from the findings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from shared.x12.ack999 import Ack999, AckElement, AckSegment, AckTransaction
from shared.x12.ack_ta1 import Ta1
from shared.x12.elements import reference_of
from shared.x12.envelope import Group, Interchange, TransactionEnd, TransactionHeader, Walked, walk
from shared.x12.findings import Finding, Severity
from shared.x12.guides import guide_of
from shared.x12.tokens import Segment
from shared.x12.values import parse_date, parse_time
from shared.x12.walker import SegmentChecker

MAX_NOTES = 1000
MAX_FINDINGS = 100_000
# AK905 to AK909 and IK502 to IK506.
_MOST_CODES = 5
_ELEMENT_ERRORS = "8"
_HAS_SEGMENT_ERRORS = "5"
_SHORTEST_TAG, _LONGEST_TAG = 2, 3
# Acknowledgements are not acknowledged (X231A1): a receiver that answered them would never end.
_ACKNOWLEDGEMENTS = "FA"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What to answer, and the findings behind it, in file order; the first 100,000 of them."""

    ta1: tuple[Ta1, ...]
    groups: tuple[Ack999, ...]
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether every interchange and group was accepted, possibly with errors noted."""
        return all(one.accepted for one in self.ta1) and all(one.status in ("A", "E") for one in self.groups)


def check_file(chunks: Iterable[bytes]) -> Iterator[Finding]:
    """Everything wrong with a file's envelope, loops, segments and elements, in file order, in constant memory.

    Raises `X12Error` when the file cannot be read at all.
    """
    for item in _checked(walk(chunks)):
        if isinstance(item, Finding):
            yield item


Answered = Finding | Ta1 | Ack999 | AckTransaction


def acknowledge(chunks: Iterable[bytes]) -> Acknowledged:
    """The TA1s and 999s a receiver of the file would send. Raises `X12Error` when the file cannot be read at all.

    At most 1,000 findings are noted per transaction set; the rest still count towards its verdict. `answer_in_pieces`
    does the same without holding the answer.
    """
    findings: list[Finding] = []
    ta1: list[Ta1] = []
    groups: list[Ack999] = []
    transactions: list[AckTransaction] = []
    for one in answer_in_pieces(chunks):
        match one:
            case Finding():
                if len(findings) < MAX_FINDINGS:
                    findings.append(one)
            case Ta1():
                ta1 += [one] if one.status else []
            case AckTransaction():
                transactions.append(one)
            case Ack999(status=""):
                transactions = []
            case _:
                groups.append(replace(one, transactions=tuple(transactions)))
    return Acknowledged(tuple(ta1), tuple(groups), tuple(findings))


def answer_in_pieces(chunks: Iterable[bytes]) -> Iterator[Answered]:
    """The answer to a file as it is read, in the memory of one transaction set's notes.

    An interchange begins with a `Ta1` without status and ends with the one to send. Between them a group begins with
    an `Ack999` without status, goes on with an `AckTransaction` for each set, and ends with an `Ack999` that has status
    and counts but not the sets. Findings stand where they were found. Raises `X12Error` when the file cannot be read.
    """
    answer = _Answer()
    for item in _checked(walk(chunks)):
        yield from answer.take(item)
    yield from answer.finish()


def _checked(items: Iterable[Walked]) -> Iterator[Walked]:
    """The walk with what the loop tables say put between. A 4010 set has no table: only its envelope is checked."""
    checker: SegmentChecker | None = None
    for item in items:
        if isinstance(item, TransactionEnd):
            if checker and item.complete:
                yield from checker.end()
            checker = None
        yield item
        if type(item) is Segment:
            if checker:
                yield from checker.take(item)
        elif isinstance(item, TransactionHeader):
            guide = guide_of(item.kind) if not item.version.startswith("004") else None
            checker = SegmentChecker(guide) if guide else None


@dataclass(slots=True)
class _Set:
    """A transaction set being answered."""

    header: TransactionHeader
    findings: list[Finding] = field(default_factory=list[Finding])
    errors: int = 0


@dataclass(slots=True)
class _Group:
    """A functional group being answered; `strayed` when it holds segments outside its sets."""

    group: Group
    codes: dict[str, None] = field(default_factory=dict[str, None])
    included: int = 0
    accepted: int = 0
    with_errors: bool = False
    strayed: bool = False


class _Answer:
    """Brings findings under the interchange, group and set they belong to."""

    def __init__(self) -> None:
        self._ta1: Ta1 | None = None
        self._group: _Group | None = None
        self._set: _Set | None = None

    def take(self, item: Walked) -> Iterator[Answered]:
        match item:
            case Interchange():
                yield from self.finish()
                self._ta1 = _ta1(item)
                yield replace(self._ta1, status="", note="")
            case Group():
                yield from self._end_group()
                if item.functional_id != _ACKNOWLEDGEMENTS:
                    self._group = _Group(item)
                    yield Ack999(item.functional_id, item.control_number, "", item.version)
            case TransactionHeader():
                self._set = _Set(item)
            case TransactionEnd():
                yield from self._end_set()
            case Finding():
                self._note(item)
                yield item
            case _:
                pass

    def _note(self, finding: Finding) -> None:
        place, _, code = finding.code.partition(":")
        wrong = finding.severity == Severity.ERROR
        if place == "TA105" and wrong and self._ta1:
            self._ta1 = replace(self._ta1, status="R", note=code)
        elif place == "AK905" and wrong and self._group:
            self._group.codes[code] = None
        elif place.startswith("IK"):
            self._note_in_set(finding)

    def _note_in_set(self, finding: Finding) -> None:
        if self._set is None:
            if self._group:
                self._group.strayed = True
            return
        self._set.errors += finding.severity == Severity.ERROR
        if len(self._set.findings) < MAX_NOTES:
            self._set.findings.append(finding)

    def _end_set(self) -> Iterator[Answered]:
        """The set's verdict goes to its group, when it stands in one."""
        ended, self._set = self._set, None
        if ended and ended.header.group and self._group:
            answered = _transaction(ended)
            self._group.included += 1
            self._group.accepted += answered.status != "R"
            self._group.with_errors = self._group.with_errors or answered.status == "E"
            yield answered

    def _end_group(self) -> Iterator[Answered]:
        if self._group:
            yield _ack(self._group)
        self._group = None

    def finish(self) -> Iterator[Answered]:
        """All of an interchange was read."""
        yield from self._end_group()
        if self._ta1:
            yield self._ta1
        self._ta1 = None


def _ta1(interchange: Interchange) -> Ta1:
    try:
        when, at = parse_date(interchange.date), parse_time(interchange.time)
    except ValueError:
        when, at = None, None
    return Ta1(interchange.control_number, when, at, "A", "000", interchange.receiver_id, interchange.sender_id)


def _ack(one: _Group) -> Ack999:
    """The group's 999, with AK901 to AK909 from the verdicts of its sets and its own faults."""
    group, included, accepted = one.group, one.included, one.accepted
    if one.codes or not accepted:
        status, accepted = "R", 0
    elif accepted < included:
        status = "P"
    else:
        status = "E" if one.strayed or one.with_errors else "A"
    return Ack999(
        group.functional_id,
        group.control_number,
        status,
        group.version,
        included=included,
        received=included,
        accepted=accepted,
        codes=tuple(one.codes)[:_MOST_CODES],
    )


def _transaction(one: _Set) -> AckTransaction:
    header = one.header
    codes = tuple(dict.fromkeys(_code(finding) for finding in one.findings if finding.code.startswith("IK502")))
    segments = tuple(_segments(one))
    if one.errors > len(codes):
        codes = (*codes, _HAS_SEGMENT_ERRORS)
    status = "R" if one.errors else "E" if segments else "A"
    version = header.version if header.set_id != "835" else ""
    return AckTransaction(header.set_id, header.control_number, status, version, codes[:_MOST_CODES], segments)


def _code(finding: Finding) -> str:
    return finding.code.partition(":")[2]


def _segments(one: _Set) -> Iterator[AckSegment]:
    """One IK3 per segment error, and one per segment with element errors. A tag that IK301 cannot hold has none."""
    start = one.header.segment.number
    elements: dict[tuple[int, str, str], list[AckElement]] = {}
    for finding in one.findings:
        position, tag = finding.segment_number - start + 1, finding.segment_tag[:_LONGEST_TAG]
        if len(tag) < _SHORTEST_TAG:
            continue
        if finding.code.startswith("IK304"):
            yield AckSegment(tag, position, _loop(finding), _code(finding))
        elif finding.code.startswith("IK403"):
            reference = reference_of(finding.segment_tag, finding.element)
            known = reference if reference.isdigit() else ""  # IK402 is a number: a composite has none
            key = position, tag, _loop(finding)
            elements.setdefault(key, []).append(AckElement(finding.element, _code(finding), data_element=known))
    for (position, tag, loop), found in elements.items():
        yield AckSegment(tag, position, loop, _ELEMENT_ERRORS, (), tuple(found))


def _loop(finding: Finding) -> str:
    """IK303 holds at most four characters (X12 data element 447), so 2010BA is 2010, and names no root."""
    return "" if finding.loop == "ST" else finding.loop[:4]
