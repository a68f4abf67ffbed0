"""Walks a transaction set along its guide's loop table. What does not fit is a finding, and the walk goes on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shared.x12.elements import check_elements
from shared.x12.findings import Finding, Severity
from shared.x12.guide import Guide, LoopUse
from shared.x12.tokens import Segment


@dataclass(slots=True)
class _Open:
    """A loop being read: how often each segment and each loop below it was seen."""

    use: LoopUse
    first: Segment
    segments: dict[str, int] = field(default_factory=dict[str, int])
    reached: int = 0
    loops: dict[str, int] = field(default_factory=dict[str, int])


def check_segments(segments: Iterable[Segment], guide: Guide) -> Iterator[Finding]:
    """What is wrong with the segments ST to SE of one transaction set, in file order."""
    checker = SegmentChecker(guide)
    for segment in segments:
        yield from checker.take(segment)
    yield from checker.end()


class SegmentChecker:
    """Checks one transaction set segment by segment; it holds the loops open at that point, outermost first."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._open: list[_Open] = []

    def take(self, segment: Segment) -> list[Finding]:
        """What is wrong with a segment, and what its arrival shows to be missing before it."""
        loop, found = self._place(segment)
        found.extend(check_elements(segment, loop))
        return found

    def _place(self, segment: Segment) -> tuple[str, list[Finding]]:
        """The loop a segment belongs to, and what its arrival shows to be missing, misplaced or too many."""
        if not self._open:
            self._open.append(_Open(self._guide.root, segment))
            return self._guide.root.id, []
        found: list[Finding] = []
        for depth in range(len(self._open) - 1, -1, -1):
            here = self._open[depth]
            if child := self._child(here, segment):
                found += self._close_to(depth)
                found += self._enter(here, child, segment)
                return child.id, found
            if segment.tag in here.use.segments:
                found += self._close_to(depth)
                found += _count_segment(here, segment)
                return here.use.id, found
        known = segment.tag in self._guide.tags
        code = "IK304:2" if known else "IK304:1"
        message = "The segment does not belong here." if known else "The guide has no such segment."
        loop = self._open[-1].use.id
        return loop, [_finding(code, message, segment, loop)]

    def _child(self, here: _Open, segment: Segment) -> LoopUse | None:
        for child in self._guide.children[here.use.id]:
            if child.opens(segment.tag, segment.elements):
                return child
        return None

    def _enter(self, here: _Open, child: LoopUse, segment: Segment) -> Iterator[Finding]:
        here.loops[child.id] = count = here.loops.get(child.id, 0) + 1
        self._open.append(_Open(child, segment))
        if count == child.most + 1:
            yield _finding("IK304:4", f"Loop {child.id} occurs more than {child.most} times.", segment, child.id)

    def _close_to(self, depth: int) -> Iterator[Finding]:
        """Close the loops below `depth`, innermost first."""
        while len(self._open) > depth + 1:
            yield from self._missing(self._open.pop())

    def _missing(self, closed: _Open) -> Iterator[Finding]:
        use = closed.use
        for tag, rule in use.segments.items():
            if rule.required and not closed.segments.get(tag):
                yield _missing(tag, f"{tag} is missing in loop {use.id}.", closed.first, use.id)
        for child in self._guide.children[use.id]:
            if child.required and not closed.loops.get(child.id):
                yield _missing(child.tag, f"Loop {child.id} ({child.tag}) is missing.", closed.first, child.id)

    def end(self) -> Iterator[Finding]:
        """What is missing when the transaction set is over."""
        while self._open:
            yield from self._missing(self._open.pop())


def _count_segment(here: _Open, segment: Segment) -> Iterator[Finding]:
    use = here.use.segments[segment.tag]
    if use.rank < here.reached:
        message = "The segment comes later in its loop than the guide wants it."
        yield _finding("IK304:2", message, segment, here.use.id, Severity.WARNING)
    here.reached = max(here.reached, use.rank)
    here.segments[segment.tag] = count = here.segments.get(segment.tag, 0) + 1
    if count == use.most + 1:
        yield _finding("IK304:5", f"{segment.tag} occurs more than {use.most} times in its loop.", segment, here.use.id)


def _finding(code: str, message: str, segment: Segment, loop: str, severity: Severity = Severity.ERROR) -> Finding:
    place = segment.number, segment.offset, segment.tag
    return Finding(severity, code, message, *place, 0, loop)


def _missing(tag: str, message: str, first: Segment, loop: str) -> Finding:
    """A missing segment: the place is that of the loop's first segment, the tag that of the missing one."""
    return Finding(Severity.ERROR, "IK304:3", message, first.number, first.offset, tag, 0, loop)
