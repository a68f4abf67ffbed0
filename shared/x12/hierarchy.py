"""Transaction sets made of HL levels, as blocks: each level with its own segments, its parents and its children."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.x12.findings import Finding
from shared.x12.parties import split_groups
from shared.x12.tokens import Segment
from shared.x12.values import fault, parse_count

_LEVELS = frozenset({"HL", "SE"})
_MAX_DEPTH = 10
_MAX_REMEMBERED = 100_000


@dataclass(slots=True)
class Level:
    """One HL: its code (HL03), its segments without the HL, and the levels below it."""

    opening: Segment
    code: str
    segments: list[Segment]
    children: "list[Level]" = field(default_factory=list)


@dataclass(slots=True)
class Hierarchy:
    """The segments before the first HL, and the levels that have no parent."""

    head: list[Segment]
    roots: list[Level]


class LevelNumbers:
    """Which HL01 have been seen. Numbers that count up from 1, as the guides ask, cost no memory.

    Of numbers out of sequence the first 100,000 are remembered; after that repeats among them are no longer noticed.
    """

    def __init__(self) -> None:
        self._last = 0
        self._others: set[str] = set()

    def __contains__(self, number: str) -> bool:
        return self._counted(number) or number in self._others

    def _counted(self, number: str) -> bool:
        value = parse_count(number)
        return value is not None and 1 <= value <= self._last and str(value) == number

    def add(self, number: str) -> bool:
        """Remember a number; False when it was seen before."""
        if number == str(self._last + 1) and number not in self._others:
            self._last += 1
            return True
        if number in self:
            return False
        if len(self._others) < _MAX_REMEMBERED:
            self._others.add(number)
        return True


def read_hierarchy(segments: Sequence[Segment], findings: list[Finding]) -> Hierarchy:
    """Levels by HL02. A parent that was not seen, or a repeated HL01, is a finding; the level before then serves."""
    head, *blocks = split_groups(segments, _LEVELS)
    result = Hierarchy(head, [])
    levels: dict[str, Level] = {}
    depths: dict[str, int] = {}
    for block in blocks:
        opening = block[0]
        if opening.tag == "SE":
            continue
        level = Level(opening, opening.get(3), block[1:])
        number, parent = opening.get(1), opening.get(2)
        if number in levels:
            fault(findings, "SNIP4:hl-number", "HL01 repeats the number of an earlier level.", opening, 1)
        if parent and parent not in levels:
            fault(findings, "SNIP4:hl-parent", "HL02 names a parent level that has not been seen.", opening, 2)
        above = levels.get(parent) if parent != number else None
        depths[number] = depths.get(parent, 0) + 1 if above else 1
        if depths[number] > _MAX_DEPTH:
            fault(findings, "SNIP4:hl-depth", "HL levels are nested deeper than any guide allows.", opening, 2)
            above = None
        (above.children if above else result.roots).append(level)
        levels[number] = level
    return result


def paths(levels: Sequence[Level], above: tuple[Level, ...] = ()) -> Iterator[tuple[Level, ...]]:
    """Every level with those above it, outermost first, in file order."""
    for level in levels:
        path = (*above, level)
        yield path
        yield from paths(level.children, path)
