"""A file as a tree, one node at a time: envelopes, loops, and what stands in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from revcycle.x12.describe import Said, describe
from shared.x12.envelope import Group, Interchange, TransactionEnd, TransactionHeader, walk
from shared.x12.findings import Finding
from shared.x12.guide import Guide, LoopUse
from shared.x12.guides import guide_of
from shared.x12.tokens import Segment

_IN_SET = 3
_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree. `loop` is the guide's name where the segment opens one; depth 0 is an interchange."""

    depth: int
    loop: str
    tag: str
    said: Said
    segment_number: int = 0
    byte_offset: int = 0
    finding: Finding | None = None

    def as_json(self) -> dict[str, object]:
        """The node for programs, without its children."""
        said = self.said
        fields: dict[str, object] = {
            "loop": self.loop,
            "segment": self.tag,
            "title": said.title,
            "name": said.name,
            "id": said.id,
            "amounts_cents": dict(said.amounts),
            "details": list(said.details),
            "finding": self.finding.code if self.finding else "",
        }
        kept = {name: value for name, value in fields.items() if value}
        return kept | {"segment_number": self.segment_number, "byte_offset": self.byte_offset}


def outline(chunks: Iterable[bytes], *, every_segment: bool = False) -> Iterator[Node]:
    """The nodes of a file in its order, in constant memory.

    Without `every_segment`, segments inside a loop show only where they carry a name, an amount or a decision.
    Raises `X12Error` when the file cannot be read at all.
    """
    loops = _Loops(None)
    for item in walk(chunks):
        match item:
            case Interchange():
                said = Said("interchange", id=item.control_number, details=(item.sender_id, "to", item.receiver_id))
                yield Node(0, "ISA", "ISA", said, item.segment_number, item.byte_offset)
            case Group():
                said = Said("group", id=item.control_number, details=(item.functional_id, item.version))
                yield Node(1, "GS", "GS", said, item.segment_number, item.byte_offset)
            case TransactionHeader():
                loops = _Loops(guide_of(item.kind))
                yield _set(item)
            case Finding():
                said = Said(item.message, notable=True)
                yield Node(1, "", item.segment_tag, said, item.segment_number, item.byte_offset, item)
            case TransactionEnd():
                loops = _Loops(None)
            case Segment():
                depth, loop = loops.take(item)
                said = describe(item)
                if item.tag not in ("ST", "SE") and (loop or said.notable or every_segment):
                    yield Node(depth, loop, item.tag, said, item.number, item.offset)


def _set(header: TransactionHeader) -> Node:
    title = f"{header.kind or header.set_id} transaction set"
    said = Said(title, id=header.control_number, details=(header.version,) if header.version else ())
    return Node(2, "ST", "ST", said, header.segment.number, header.segment.offset)


class _Loops:
    """Where a segment stands: its depth, and the loop it opens ("" when none).

    Tolerant: what fits nowhere stands in the loop read last. A set without a loop table is laid out by its HL levels.
    """

    def __init__(self, guide: Guide | None) -> None:
        self._guide = guide
        self._open: list[LoopUse] = []
        self._levels: list[str] = []

    def take(self, segment: Segment) -> tuple[int, str]:
        if self._guide is None:
            return self._by_level(segment)
        if not self._open:
            self._open = [self._guide.root]
            return _IN_SET - 1, ""
        for depth in range(len(self._open) - 1, -1, -1):
            here = self._open[depth]
            for child in self._guide.children[here.id]:
                if child.opens(segment.tag, segment.elements):
                    self._open[depth + 1 :] = [child]
                    return _IN_SET + depth, child.id
            if segment.tag in here.segments:
                del self._open[depth + 1 :]
                break
        return _IN_SET + len(self._open) - 1, ""

    def _by_level(self, segment: Segment) -> tuple[int, str]:
        if segment.tag == "ST":
            self._levels = []
        if segment.tag == "TA1":
            return 1, ""
        if segment.tag != "HL":
            return _IN_SET + len(self._levels), ""
        parent = segment.get(2)
        above = self._levels.index(parent) + 1 if parent in self._levels else 0
        self._levels = [*self._levels[: min(above, _MAX_DEPTH)], segment.get(1)]
        return _IN_SET + len(self._levels) - 1, "HL"
