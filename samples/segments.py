"""Segments as plain lists, tag first: position n of the list is element n."""

from collections.abc import Iterable
from typing import TypeAlias

from shared.x12.invented import npi, repaired_npi

Seg: TypeAlias = list[str]


def put(segment: Seg, position: int, text: str) -> None:
    """Set one element, with empty ones before it where the segment is shorter."""
    segment.extend([""] * (position + 1 - len(segment)))
    segment[position] = text


def split_before(segments: Iterable[Seg], tag: str) -> list[list[Seg]]:
    """Cut before every segment `tag`; the first part is what stands before the first of them."""
    parts: list[list[Seg]] = [[]]
    for one in segments:
        if one[0] == tag:
            parts.append([])
        parts[-1].append(one)
    return parts


def repair_npi(name: Seg, required: bool = False) -> None:
    """Make the identifier of a provider's NM1 a valid NPI; `required` gives one to a provider without."""
    if len(name) > 9 and name[8] in ("XX", "X", "MI"):
        put(name, 9, repaired_npi(name[9]))
        put(name, 8, "XX")
    elif required:
        put(name, 9, npi(*name[3:5]))
        put(name, 8, "XX")
