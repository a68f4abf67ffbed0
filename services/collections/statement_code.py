"""The square code of the payment link, as modules: whoever draws a statement draws it with what it has."""

from collections.abc import Iterator
from typing import NamedTuple

import segno

QUIET_MODULES = 4
"""The white border that readers need (ISO/IEC 18004, 9.1)."""


class Bar(NamedTuple):
    """A run of dark modules in one row, in modules from the code's corner, its border included."""

    x: int
    y: int
    length: int


class Code(NamedTuple):
    """A code of `size` by `size` modules with its border."""

    size: int
    bars: tuple[Bar, ...]


def code_of(link: str) -> Code:
    """The code of a link. Error correction M: a fold or a smudge on paper leaves it readable."""
    rows = segno.make_qr(link, error="m").matrix
    return Code(len(rows) + 2 * QUIET_MODULES, tuple(_bars([bytes(row) for row in rows])))


def _bars(rows: list[bytes]) -> Iterator[Bar]:
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            length = next((n for n in range(x, len(row)) if not row[n]), len(row)) - x
            if length:
                yield Bar(x + QUIET_MODULES, y + QUIET_MODULES, length)
            x += length + 1
