"""Where the boxes of a form lie: lines of a sixth and columns of a tenth of an inch, both counted from 1."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a box's text begins and how many characters it has.

    With `choice` an X stands here when the box holds that word. What `may_be_cut` is a name, an address or free text;
    anything else that is too long does not fit on paper.
    """

    line: int
    column: int
    width: int
    right: bool = False
    may_be_cut: bool = False
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rule around some slots with a short label, on plain paper only."""

    label: str
    line: int
    column: int
    width: int
    lines: int = 2
    grey: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A form: its slots by box (several of a box that is marked by choice), its frames, and its title."""

    title: str
    slots: Mapping[str, tuple[Slot, ...]]
    frames: tuple[Frame, ...]


def cut(line: int, column: int, width: int) -> Slot:
    """A name, an address or free text: it ends where the box ends."""
    return Slot(line, column, width, may_be_cut=True)


def whole(line: int, column: int, width: int) -> Slot:
    """A code, an id or a day."""
    return Slot(line, column, width)


def amount(line: int, column: int, width: int) -> Slot:
    return Slot(line, column, width, right=True)


def marks(line: int, choices: Iterable[tuple[str, int]]) -> tuple[Slot, ...]:
    """Boxes to mark, by word and column."""
    return tuple(Slot(line, column, 1, choice=word) for word, column in choices)
