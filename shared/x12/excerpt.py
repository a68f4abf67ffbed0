"""The part of a file that is about one claim: its own segments, those it hangs on, and how many others were left out.

For people who may see one claim and not its neighbours in the same file. Constant memory: what stands between the
claims is counted and let go.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from shared.x12.tokens import Segment, read_segments

Part: TypeAlias = Segment | int
"""A segment, or how many were left out here."""
HEADS = ("ISA", "GS", "ST")
TRAILERS = {"SE": "ST", "GE": "GS", "IEA": "ISA"}
CLAIMS = {"837": ("CLM", 1), "835": ("CLP", 1), "277": ("TRN", 2)}
"""By which segment a claim begins in a set, and which of its elements has the claim's number."""
BATCH_LEVELS = frozenset({"20", "21", "19"})
"""HL03 of the levels of a 277 whose traces are those of batches."""
PARTS_MAX = 2_000
"""Of one claim with its 99 lines are some hundred; a file that repeats the claim's number for ever is cut off."""


@dataclass(slots=True)
class _Level:
    number: str
    code: str
    segments: list[Segment]
    shown: bool = False


@dataclass(slots=True)
class _Reading:
    """Where the reading stands; `open` says that what comes next belongs to the claim."""

    wanted: str
    heads: dict[str, list[Segment]] = field(default_factory=dict[str, list[Segment]])
    shown: set[str] = field(default_factory=set[str])
    levels: list[_Level] = field(default_factory=list[_Level])
    set_code: str = ""
    in_claim: bool = False
    open: bool = False
    left_out: int = 0

    def take(self, segment: Segment) -> Iterator[Part]:
        """What becomes certain with a segment, in the file's order."""
        tag = segment.tag
        if tag in HEADS:
            self._begin(segment)
        elif tag in TRAILERS:
            yield from self._end(segment)
        elif tag == "HL":
            self._descend(segment)
        elif (number := self._claim_number(segment)) is not None:
            yield from self._claim(segment, number)
        else:
            yield from self._other(segment)

    def _begin(self, segment: Segment) -> None:
        for tag in HEADS[HEADS.index(segment.tag) :]:
            self.heads[tag] = []
            self.shown.discard(tag)
        self.heads[segment.tag] = [segment]
        self.levels, self.in_claim, self.open = [], False, False
        if segment.tag == "ST":
            self.set_code = segment.get(1)

    def _end(self, segment: Segment) -> Iterator[Part]:
        self.in_claim = self.open = False
        self.left_out += sum(len(level.segments) for level in self.levels if not level.shown)
        self.levels = []
        if TRAILERS[segment.tag] in self.shown:
            yield from self._gap()
            yield segment

    def _descend(self, segment: Segment) -> None:
        """Another level: those that are not above it are done with, and those nobody was shown are left out."""
        self.in_claim = self.open = False
        parent = segment.get(2)
        while self.levels and self.levels[-1].number != parent:
            gone = self.levels.pop()
            self.left_out += 0 if gone.shown else len(gone.segments)
        self.levels.append(_Level(segment.get(1), segment.get(3), [segment]))

    def _claim_number(self, segment: Segment) -> str | None:
        """The number of the claim that begins here; None where none does."""
        tag, place = CLAIMS.get(self.set_code, ("", 0))
        of_batch = self.set_code == "277" and (not self.levels or self.levels[-1].code in BATCH_LEVELS)
        return segment.get(place).strip() if segment.tag == tag and not of_batch else None

    def _claim(self, segment: Segment, number: str) -> Iterator[Part]:
        self.in_claim, self.open = True, number == self.wanted
        if self.open:
            yield from self._above()
            yield segment
        else:
            self.left_out += 1

    def _other(self, segment: Segment) -> Iterator[Part]:
        if segment.tag == "PLB":  # an adjustment of the whole check may name anybody's claim
            self.in_claim, self.open = True, False
        if self.open:
            yield segment
        elif self.in_claim:
            self.left_out += 1
        elif self.levels:
            self.levels[-1].segments.append(segment)
        elif "ST" in self.heads:
            self.heads["ST"].append(segment)

    def _above(self) -> Iterator[Part]:
        """What the claim hangs on, as far as it was not shown before."""
        for tag in HEADS:
            if tag not in self.shown:
                self.shown.add(tag)
                yield from self.heads.get(tag, ())
        for level in self.levels:
            if not level.shown:
                level.shown = True
                yield from level.segments
        yield from self._gap()

    def _gap(self) -> Iterator[Part]:
        if self.left_out:
            yield self.left_out
            self.left_out = 0


def excerpt(chunks: Iterable[bytes], number: str) -> list[Part]:
    """The segments about the claim of this number (CLM01, CLP01 or TRN02), in the order of the file.

    An integer stands for so many segments that were left out there. Empty where the file does not have the claim.
    Raises `X12Error` when the file cannot be read.
    """
    reading = _Reading(number.strip())
    parts: list[Part] = []
    for part in chain.from_iterable(reading.take(segment) for segment in read_segments(chunks)):
        parts.append(part)
        if len(parts) >= PARTS_MAX:
            break
    return parts


def text_of(segment: Segment) -> str:
    """The segment as it stood in the file."""
    marks = segment.delimiters
    return marks.element.join((segment.tag, *segment.elements)) + marks.segment


def shown_part(part: Part) -> dict[str, Any]:
    """As HTTP shows it: `text`, `tag`, `elements`, `component` separator of a segment, or how many were `left_out`."""
    if isinstance(part, int):
        return {"left_out": part}
    marks = part.delimiters
    return {"text": text_of(part), "tag": part.tag, "elements": part.elements, "component": marks.component}
