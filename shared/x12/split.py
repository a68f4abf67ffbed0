"""One file into several, each with an envelope of its own and right counts.

A part is one interchange with one group. Claims of an 837 take their billing provider, subscriber and patient along;
levels are numbered anew. Memory holds one claim; for other sets split by size, one transaction set up to that size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shared.x12.findings import unreadable
from shared.x12.rewrite import Rewriter, padded
from shared.x12.tokens import Segment
from shared.x12.values import parse_count
from shared.x12.writing import MAX_CONTROL_NUMBER

MAX_CLAIM_SEGMENTS = 200_000
_DEPTHS = {"20": 0, "22": 1, "23": 2}
_BOUNDARIES = frozenset({"HL", "CLM"})
# Room for SE, GE and IEA when a part must not pass a size.
_TRAILER_BYTES = 120
Piece = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Rule:
    """How to split: so many claims a part, or so many bytes a part, or (neither) one transaction set a part.

    A single claim or set that is larger than `size_bytes` is a part of its own. `first_control_number` numbers the
    parts (ISA13 and GS06); without it they count on from the file's own ISA13.
    """

    claims: int | None = None
    size_bytes: int | None = None
    first_control_number: int | None = None


def split(chunks: Iterable[bytes], rule: Rule) -> Iterator[Piece]:
    """Pieces of the parts in order, as (number of the part from 1, bytes).

    Segments outside any transaction set are left out, and so are levels without claims. Raises `X12Error` when the
    file cannot be read, has no ISA and GS, or is to be split by claim and holds another set than 837: the payment of
    an 835, for one, belongs to all its claims.
    """
    file = Rewriter(chunks)
    splitter = _Splitter(rule, file)
    for segment in file:
        yield from splitter.take(segment)
    yield from splitter.finish()


@dataclass(slots=True)
class _Level:
    """A billing provider, subscriber or patient: its segments, and its HL01 in the set now written (0: not there)."""

    segments: list[Segment]
    number: int = 0
    has_children: bool = False


@dataclass(slots=True)
class _Set:
    """The transaction set being read: what stands before its first level, the levels now in force, one claim."""

    opening: Segment
    by_claim: bool
    head: list[Segment] = field(default_factory=list[Segment])
    levels: list[_Level] = field(default_factory=list[_Level])
    block: list[Segment] = field(default_factory=list[Segment])


@dataclass(slots=True)
class _Part:
    """The part being written. `segments` counts those of its open set; 0: none is open."""

    control_number: int
    written_bytes: int = 0
    claims: int = 0
    sets: int = 0
    segments: int = 0
    last_level: int = 0
    set_number: str = ""
    used: set[str] = field(default_factory=set[str])


class _Splitter:
    """Takes segments and gives pieces."""

    def __init__(self, rule: Rule, file: Rewriter) -> None:
        self._rule = rule
        self._file = file
        self._isa: Segment | None = None
        self._gs: Segment | None = None
        self._set: _Set | None = None
        self._part: _Part | None = None
        self._count = 0
        self._held: list[Segment] | None = None
        self._held_bytes = 0

    def take(self, segment: Segment) -> Iterator[Piece]:
        match segment.tag:
            case "ISA":
                yield from self.finish()
                self._isa, self._gs = segment, None
            case "GS":
                yield from self.finish()
                self._gs = segment
            case "ST":
                yield from self._end_set()
                yield from self._begin_set(segment)
            case "SE":
                yield from self._end_set()
            case "GE" | "IEA":
                yield from self.finish()
            case _ if self._set is None:
                pass
            case _ if self._set.by_claim:
                yield from self._in_claims(self._set, segment)
            case _:
                yield from self._in_set(segment)

    def finish(self) -> Iterator[Piece]:
        """End what is open."""
        yield from self._end_set()
        yield from self._close_part()

    def _begin_set(self, segment: Segment) -> Iterator[Piece]:
        if self._isa is None or self._gs is None:
            message = "A transaction set stands outside ISA or GS: parts need an envelope to copy."
            raise unreadable("FILE:envelope", message, segment.number, segment.offset, "ST")
        claims = segment.get(1) == "837"
        if self._rule.claims and not claims:
            message = "Only an 837 can be split by claim; split this file by transaction or by size."
            raise unreadable("FILE:set", message, segment.number, segment.offset, "ST")
        self._set = _Set(segment, claims and bool(self._rule.claims or self._rule.size_bytes))
        if self._set.by_claim:
            self._set.block = [segment]
        elif self._part is None:
            yield from self._open_set(self._set)
        else:
            self._held, self._held_bytes = [], 0

    def _end_set(self) -> Iterator[Piece]:
        reading, self._set = self._set, None
        if reading is None:
            return
        if reading.by_claim:
            yield from self._end_block(reading)
        elif self._held is not None:
            yield from self._release(reading)
        yield from self._close_set()
        if not self._rule.claims and not self._rule.size_bytes:
            yield from self._close_part()

    # A whole transaction set as the unit

    def _in_set(self, segment: Segment) -> Iterator[Piece]:
        """Held back until it is known whether the set still fits into the open part; else passed on."""
        if self._held is None:
            yield from self._write(segment)
            return
        self._held.append(segment)
        self._held_bytes += len(self._file.encode(segment))
        if self._set and self._too_big(self._held_bytes):
            yield from self._close_part()
            yield from self._release(self._set)

    def _release(self, reading: _Set) -> Iterator[Piece]:
        held, self._held = self._held or [], None
        yield from self._open_set(reading)
        for segment in held:
            yield from self._write(segment)

    # A claim as the unit

    def _in_claims(self, reading: _Set, segment: Segment) -> Iterator[Piece]:
        if segment.tag in _BOUNDARIES:
            yield from self._end_block(reading)
            reading.block = []
        reading.block.append(segment)
        if len(reading.block) > MAX_CLAIM_SEGMENTS:
            message = "One claim has more than 200,000 segments."
            raise unreadable("FILE:claim", message, segment.number, segment.offset)

    def _end_block(self, reading: _Set) -> Iterator[Piece]:
        block, reading.block = reading.block, []
        match block[0].tag if block else "":
            case "ST":
                reading.head = block[1:]
            case "HL":
                depth = min(_DEPTHS.get(block[0].get(3), 2), len(reading.levels))
                reading.levels[depth:] = [_Level(block)]
            case "CLM":
                yield from self._claim(reading, block)
            case _:
                pass

    def _claim(self, reading: _Set, block: list[Segment]) -> Iterator[Piece]:
        part = self._part
        full = part is not None and self._rule.claims is not None and part.claims >= self._rule.claims
        if full or (part and part.claims and self._too_big(self._size_of(reading, block))):
            yield from self._close_part()
        if self._part is None or not self._part.segments:
            yield from self._open_set(reading)
            for level in reading.levels:
                level.number = 0
            for segment in reading.head:
                yield from self._write(segment)
        yield from self._levels(reading.levels)
        for segment in block:
            yield from self._write(segment)
        if self._part:
            self._part.claims += 1

    def _size_of(self, reading: _Set, block: list[Segment]) -> int:
        """The bytes a claim would add, with the levels that are not there yet."""
        new = (one for level in reading.levels if not level.number for one in level.segments)
        return sum(len(self._file.encode(one)) for one in (*new, *block))

    def _levels(self, levels: list[_Level]) -> Iterator[Piece]:
        """The levels above a claim that are not in the set yet.

        HL04 says whether a level follows below. A subscriber written with claims of its own is written once more when
        a patient below it comes, because what is written cannot be taken back.
        """
        part, parent = self._part, 0
        for depth, level in enumerate(levels):
            children = depth < len(levels) - 1
            if part and (not level.number or (children and not level.has_children)):
                part.last_level += 1
                level.number, level.has_children = part.last_level, children
                for below in levels[depth + 1 :]:
                    below.number = 0
                opening = level.segments[0]
                place = str(level.number), str(parent) if parent else "", opening.get(3), str(int(children))
                yield from self._write(opening, place)
                for segment in level.segments[1:]:
                    yield from self._write(segment)
            parent = level.number

    # The parts

    def _too_big(self, more_bytes: int) -> bool:
        size = self._rule.size_bytes
        return size is not None and self._part is not None and self._part.written_bytes + more_bytes > size

    def _open_set(self, reading: _Set) -> Iterator[Piece]:
        if self._part is None:
            yield from self._open_part()
        part, opening = self._part, reading.opening
        if part is None:
            return
        number = opening.get(2)
        while not number or number in part.used:
            number = f"{int(number) + 1:04d}" if number.isascii() and number.isdigit() else "0001"
        part.used.add(number)
        part.set_number, part.segments, part.last_level = number, 0, 0
        part.sets += 1
        yield from self._write(opening, (opening.get(1), number, *opening.elements[2:]))

    def _close_set(self) -> Iterator[Piece]:
        part = self._part
        if part and part.segments:
            yield from self._write_as("SE", (str(part.segments + 1), part.set_number))
            part.segments = 0

    def _open_part(self) -> Iterator[Piece]:
        if self._isa is None or self._gs is None:
            return
        first = self._rule.first_control_number or parse_count(self._isa.get(13)) or 1
        self._part = part = _Part((first - 1 + self._count) % MAX_CONTROL_NUMBER + 1, _TRAILER_BYTES)
        self._count += 1
        isa = padded(self._isa.elements)
        isa[12] = f"{part.control_number:09d}"
        yield from self._write(self._isa, isa)
        group = self._gs.elements
        yield from self._write(self._gs, (*group[:5], str(part.control_number), *group[6:]))
        part.segments = 0

    def _close_part(self) -> Iterator[Piece]:
        yield from self._close_set()
        part = self._part
        if part:
            yield from self._write_as("GE", (str(part.sets), str(part.control_number)))
            yield from self._write_as("IEA", ("1", f"{part.control_number:09d}"))
        self._part = None

    def _write_as(self, tag: str, elements: tuple[str, ...]) -> Iterator[Piece]:
        if self._isa:
            yield from self._write(self._isa._replace(tag=tag), elements)

    def _write(self, segment: Segment, elements: Iterable[str] | None = None) -> Iterator[Piece]:
        if self._part:
            text = self._file.encode(segment, None if elements is None else tuple(elements))
            self._part.segments += 1
            self._part.written_bytes += len(text)
            yield self._count, text
