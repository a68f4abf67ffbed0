"""Puts kept segments back where the guide wants them: within a loop by tag, nested loops by their first segment."""

from collections.abc import Iterable, Mapping, Sequence

from shared.x12.writing import Line, Raw, from_raw

Rank = Mapping[str, int]


def ranks(order: str) -> Rank:
    """The position of each key of a blank-separated list: a tag (`DTP`) or a tag with its first element (`NM1*82`)."""
    return {key: index for index, key in enumerate(order.split(), 1)}


def split_extras(extras: Sequence[Raw], starters: frozenset[str]) -> tuple[list[Line], list[list[Line]]]:
    """Kept segments of the loop itself, and kept nested loops, each starting with a tag of `starters`."""
    own: list[Line] = []
    nested: list[list[Line]] = []
    for one in extras:
        if one[0] in starters:
            nested.append([])
        (nested[-1] if nested else own).append(from_raw(one))
    return own, nested


def in_order(lines: Iterable[Line], rank: Rank) -> list[Line]:
    """Lines by their rank; those of one rank keep their order, unknown ones come last."""
    return sorted(lines, key=lambda line: _rank(line, rank))


def loops_in_order(loops: Iterable[Sequence[Line]], rank: Rank) -> list[Line]:
    """Nested loops by the rank of their first segment, flattened."""
    ordered = sorted((loop for loop in loops if loop), key=lambda loop: _rank(loop[0], rank))
    return [line for loop in ordered for line in loop]


def _rank(line: Line, rank: Rank) -> int:
    tag = str(line[0])
    found = rank.get(tag)
    if found is None and len(line) > 1 and isinstance(line[1], str):
        found = rank.get(f"{tag}*{line[1]}")
    return found or len(rank) + 1
