"""Loop tables: which loops a transaction set has, what opens them, and which segments each may or must hold.

A table is one line per loop:

    id  parents  trigger  repeats : segments

- `parents` are the loops it may stand in, joined by commas (`-` for the root).
- `trigger` is the segment that opens it: a tag, or `tag/position/codes` with codes joined by `|`.
- `repeats` is `n` or `*` (any number), with `!` in front when the loop is required in its parent.
- a segment is a tag with `!` when required and `*n` when it may repeat (`*` alone: any number of times).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

ANY = 1_000_000


@dataclass(frozen=True, slots=True)
class SegmentUse:
    """How often a segment stands in a loop, and its rank among the loop's segments."""

    required: bool
    most: int
    rank: int


@dataclass(frozen=True, slots=True)
class LoopUse:
    """One loop of a guide."""

    id: str
    parents: tuple[str, ...]
    tag: str
    position: int
    codes: frozenset[str]
    required: bool
    most: int
    segments: Mapping[str, SegmentUse]

    def opens(self, tag: str, elements: tuple[str, ...]) -> bool:
        """Whether a segment opens this loop."""
        if tag != self.tag:
            return False
        if not self.codes:
            return True
        return self.position <= len(elements) and elements[self.position - 1] in self.codes


@dataclass(frozen=True, slots=True)
class Guide:
    """A transaction set's loops: the root, and the loops that may stand in each loop."""

    root: LoopUse
    children: Mapping[str, tuple[LoopUse, ...]]
    tags: frozenset[str] = field(default_factory=frozenset[str])


@cache
def parse_guide(table: str) -> Guide:
    """The guide of a table in the notation above."""
    loops = [_parse_loop(line) for line in table.strip().splitlines() if line.strip()]
    children: dict[str, list[LoopUse]] = {loop.id: [] for loop in loops}
    for loop in loops:
        for parent in loop.parents:
            children[parent].append(loop)
    tags = frozenset(tag for loop in loops for tag in (loop.tag, *loop.segments))
    root = next(loop for loop in loops if not loop.parents)
    return Guide(root, MappingProxyType({name: tuple(below) for name, below in children.items()}), tags)


def _parse_loop(line: str) -> LoopUse:
    head, _, segments = line.partition(":")
    name, parents, trigger, repeats = head.split()
    tag, _, rest = trigger.partition("/")
    position, _, codes = rest.partition("/")
    most = repeats.lstrip("!")
    return LoopUse(
        id=name,
        parents=() if parents == "-" else tuple(parents.split(",")),
        tag=tag,
        position=int(position or 0),
        codes=frozenset(codes.split("|")) - {""},
        required=repeats.startswith("!"),
        most=ANY if most == "*" else int(most),
        segments=MappingProxyType(dict(_parse_use(one, rank) for rank, one in enumerate(segments.split()))),
    )


def _parse_use(text: str, rank: int) -> tuple[str, SegmentUse]:
    head, star, most = text.partition("*")
    return head.rstrip("!"), SegmentUse(head.endswith("!"), ANY if star and not most else int(most or 1), rank)
