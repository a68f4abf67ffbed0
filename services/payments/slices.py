"""One 835 out of a long file, without reading the ones before it: bytes are searched, only the wanted ones are parsed.

A slice is the transaction with the head of its interchange and group, so that it can be read by itself. It is a
shortcut, never the last word: what it gives is compared with the hash of what was read from the whole file.
"""

import re
from collections.abc import AsyncIterable, Iterator

ISA_BYTES = 106


class Slicer:
    """Takes the pieces of a file in order, and keeps no more of them than the transaction at hand."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._number = wanted, 0
        self._rest, self._head = b"", b""
        self._element, self._end = b"", b""
        self._found: list[bytes] | None = None

    def feed(self, piece: bytes) -> bytes | None:
        """The slice, once its end has come; None: more is needed."""
        self._rest += piece
        if not self._element and not self._begin():
            return None
        for segment in self._segments():
            if self._take(segment):
                return self._head + b"".join(self._found or ())
        return None

    def _begin(self) -> bool:
        """The delimiters, from the fixed places of ISA. A file that begins otherwise is read the long way."""
        text = self._rest.lstrip(b"\xef\xbb\xbf \r\n")
        if len(text) < ISA_BYTES or not text.startswith(b"ISA"):
            return False
        self._element, self._end = text[3:4], text[105:106]
        return True

    def _segments(self) -> Iterator[bytes]:
        *whole, self._rest = self._rest.split(self._end)
        return (segment + self._end for segment in whole)

    def _take(self, segment: bytes) -> bool:
        """Whether this segment ends the wanted transaction."""
        found = re.match(rb"\s*([A-Z0-9]+)", segment)
        tag = found[1] if found else b""
        if self._found is not None:
            self._found.append(segment)
            return tag == b"SE"
        if tag == b"ISA":
            self._head = segment
        elif tag == b"GS":
            self._head = self._head[: self._head.find(self._end) + 1] + segment
        elif tag == b"ST" and segment.strip().split(self._element)[1:2] == [b"835"]:
            self._number += 1
            if self._number == self._wanted:
                self._found = [segment]
        return False


async def slice_of(pieces: AsyncIterable[bytes], number: int) -> bytes | None:
    """The transaction of this number, from 1, with its heads; None where the file is not plain enough to cut."""
    slicer = Slicer(number)
    async for piece in pieces:
        found = slicer.feed(piece)
        if found is not None:
            return found
    return None
