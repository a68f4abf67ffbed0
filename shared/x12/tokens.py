"""From bytes to segments: delimiters, text encoding and positions, in constant memory.

The delimiters are found by counting element separators instead of by fixed offsets, because real files pad the ISA
wrongly. Line breaks inside a segment come from software that wraps files at a fixed width; they are dropped.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple, cast

from shared.x12.findings import unreadable
from shared.x12.foreign import foreign_format

MAX_SEGMENT_BYTES = 1 << 20
_MAX_ISA_BYTES = 1024
_ISA_ELEMENTS = 16
_BOM = b"\xef\xbb\xbf"
# Small enough that what is made of a portion stays near the processor while it is used.
_PORTION = 1 << 14
_BLANK = b" \t\r\n\x00\x1a"
_BLANK_TEXT = " \t\r\n\x00\x1a"
_AFTER_TAG = re.compile(rb"[^A-Za-z0-9]")


class Delimiters(NamedTuple):
    """The four separators of an interchange, each one character. `repetition` is "" before version 5010."""

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    segment: str = "~"


STANDARD = Delimiters()


class Segment(NamedTuple):
    """One segment. `elements[0]` is element 01; `number` counts from 1 and `offset` in bytes from 0 over the file."""

    tag: str
    elements: tuple[str, ...]
    number: int = 0
    offset: int = 0
    delimiters: Delimiters = STANDARD

    def get(self, position: int) -> str:
        """Element `position` (1-based), "" when absent."""
        elements = self.elements
        return elements[position - 1] if position <= len(elements) else ""

    def components(self, position: int) -> tuple[str, ...]:
        """The components of composite element `position` (1-based); empty when the element is absent."""
        text = self.get(position)
        return tuple(text.split(self.delimiters.component)) if text else ()

    def repetitions(self, position: int) -> tuple[str, ...]:
        """The repetitions of element `position` (1-based); empty when the element is absent."""
        text = self.get(position)
        if not text:
            return ()
        separator = self.delimiters.repetition
        return tuple(text.split(separator)) if separator else (text,)


def read_chunks(file: BinaryIO, size: int = 1 << 16) -> Iterator[bytes]:
    """The file in pieces of at most `size` bytes."""
    while chunk := file.read(size):
        yield chunk


def read_segments(chunks: Iterable[bytes]) -> Iterator[Segment]:
    """Every segment of the file in order. Raises `X12Error` when there is no readable ISA."""
    return iter(Tokenizer(chunks))


class Tokenizer:
    """An iterable of segments that also tells how the file is written.

    `encoding` becomes "latin-1" as soon as one piece of text is not UTF-8. `enveloped` is False for a bare ST..SE.
    `delimiters` are those of the interchange being read.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.encoding = "utf-8"
        self.byte_order_mark = False
        self.enveloped = True
        self.delimiters = STANDARD
        self._chunks = _portions(chunks)
        self._buffer = b""
        self._offset = 0
        self._number = 0
        self._searched = 0
        self._ended = False

    def __iter__(self) -> Iterator[Segment]:
        for run in self.runs():
            yield from run

    def runs(self, starters: frozenset[str] = frozenset()) -> Iterator[list[Segment]]:
        """The segments in lists, never empty, cut at least before every segment whose tag is in `starters`."""
        self._skip_to_start()
        self._start_interchange()
        while True:
            header = self._next_header()
            end = header if header >= 0 else self._last_ending()
            if end:
                for block in self._of_one_encoding(self._take(end)):
                    yield from self._runs(block, starters)
            if header >= 0:
                self._start_interchange()
            elif self._ended:
                for block in self._of_one_encoding(self._take(len(self._buffer))):
                    yield from self._runs(block, starters)
                return
            elif not end and len(self._buffer) > MAX_SEGMENT_BYTES:
                message = "A segment is longer than 1 MB: the segment terminator of ISA is probably not the one in use."
                raise unreadable("FILE:terminator", message, self._number + 1, self._offset)
            else:
                self._fill()

    def _fill(self) -> bool:
        """Read on; False at the end of the input."""
        for chunk in self._chunks:
            if chunk:
                self._buffer += chunk
                return True
        self._ended = True
        return False

    def _last_ending(self) -> int:
        """Where the last segment of the buffer that has its terminator ends, line break included; 0 for none."""
        buffer = self._buffer
        end = buffer.rfind(self._terminator) + 1
        while end and buffer[end : end + 1] in (b"\r", b"\n"):
            end += 1
        return end

    def _take(self, count: int) -> bytes:
        block, self._buffer = self._buffer[:count], self._buffer[count:]
        self._searched = 0
        return block

    def _skip_to_start(self) -> None:
        """Drop the byte order mark and blanks before the first segment."""
        while len(self._buffer) < len(_BOM) and self._fill():
            pass
        if self._buffer.startswith(_BOM):
            self.byte_order_mark = True
            self._offset += len(self._take(len(_BOM)))
        while True:
            kept = self._buffer.lstrip(_BLANK)
            self._offset += len(self._buffer) - len(kept)
            self._buffer = kept
            if kept or not self._fill():
                break
        if not self._buffer:
            raise unreadable("FILE:empty", "The file is empty: ask the sender for it again.")

    def _start_interchange(self) -> None:
        """Learn the delimiters from the ISA (or bare ST) at the start of the buffer."""
        blank = len(self._buffer) - len(self._buffer.lstrip(_BLANK))
        while len(self._buffer) < _MAX_ISA_BYTES + blank and self._fill():
            pass
        text = self._buffer[blank : blank + _MAX_ISA_BYTES].decode("latin-1")
        place = self._number + 1, self._offset + blank
        if text.startswith("ISA"):
            self.delimiters = _isa_delimiters(text, *place)
        elif text.startswith("ST") and not text[2:3].isalnum():
            self.delimiters = _bare_delimiters(text, *place)
            self.enveloped = False
        else:
            reason = foreign_format(self._buffer) or "it is not X12, or its beginning is missing."
            raise unreadable("FILE:isa", f"The file does not start with an ISA segment: {reason}", *place)
        self._terminator = self.delimiters.segment.encode()
        self._searched = blank + len("ISA")

    def _next_header(self) -> int:
        """Where the next interchange starts in the buffer, -1 when none is seen.

        The buffer starts with the interchange being read or, once `_take` was called, with a segment of it.
        """
        buffer, terminator = self._buffer, self._terminator[0]
        at = buffer.find(b"ISA", self._searched)
        while at >= 0:
            start = at
            while start and buffer[start - 1] != terminator and buffer[start - 1] in _BLANK:
                start -= 1
            if (not start or buffer[start - 1] == terminator) and _AFTER_TAG.match(buffer, at + len("ISA")):
                return at
            at = buffer.find(b"ISA", at + len("ISA"))
        return -1

    def _of_one_encoding(self, block: bytes) -> Iterator[bytes]:
        """The block, in two where its text stops being UTF-8: the segment in which it does is read as Latin-1."""
        if self.encoding == "utf-8" and not block.isascii():
            try:
                block.decode()
            except UnicodeDecodeError as error:
                cut = block.rfind(self._terminator, 0, error.start) + 1
                yield block[:cut]
                self.encoding = "latin-1"
                block = block[cut:]
        yield block

    def _runs(self, block: bytes, starters: frozenset[str]) -> Iterator[list[Segment]]:
        text, encoded = self._decode(block)
        delimiters = self.delimiters
        separator = delimiters.element
        number, offset = self._number, self._offset
        # A fifth of all reading time goes into making segments: NamedTuple's constructor is passed by, and lists are
        # handed on, because every generator on the way takes its time for every item.
        new = cast("Callable[[type[Segment], tuple[object, ...]], Segment]", tuple.__new__)
        pieces, width, broken = _parted(text, delimiters.segment)
        run: list[Segment] = []
        for piece in pieces:
            body, start = piece, offset
            offset += (len(piece.encode(encoded)) if encoded else len(piece)) + width
            # What is empty or begins with a blank sorts before the first character that is none.
            if broken or piece < "!":
                body = _tidied(piece)
                if not body:
                    continue
                start += 0 if body is piece else piece.index(body[0])
            number += 1
            elements = body.split(separator)
            tag = elements.pop(0)
            if tag in starters and run:
                yield run
                run = []
            run.append(new(Segment, (tag, tuple(elements), number, start, delimiters)))
        self._number, self._offset = number, self._offset + len(block)
        if run:
            yield run

    def _decode(self, block: bytes) -> tuple[str, str]:
        """The text, and the encoding when its characters are not bytes one to one."""
        if block.isascii():
            return block.decode("ascii"), ""
        if self.encoding == "utf-8":
            return block.decode("utf-8"), "utf-8"
        return block.decode("latin-1"), ""


def _parted(text: str, terminator: str) -> tuple[list[str], int, bool]:
    """The pieces of a text, how many characters part them, and whether there may be line breaks in them.

    There are none where each terminator is followed by the same line break, or none by any.
    """
    lines, returns = text.count("\n"), text.count("\r")
    after = "" if terminator in "\r\n" else "\r\n" if returns else "\n" if lines else ""
    ending = terminator + after
    pieces = text.split(ending)
    parted = len(pieces) - 1
    breaks = parted * ending.count("\n"), parted * ending.count("\r")
    if (lines, returns) == breaks and (not after or text.count(terminator) == parted):
        return pieces, len(ending), False
    return text.split(terminator), len(terminator), True


def _tidied(piece: str) -> str:
    """A segment without the blanks before it and the line breaks in and behind it.

    Other blanks at its end are its last element's, as they are where nothing has to be tidied.
    """
    body = piece.lstrip(_BLANK_TEXT).rstrip("\r\n")
    return body.replace("\r", "").replace("\n", "") if "\n" in body else body


def _portions(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Big chunks in portions: a file given whole is read in the memory, and to the limits, of one given in pieces."""
    for chunk in chunks:
        if len(chunk) <= _PORTION:
            yield chunk
        else:
            for start in range(0, len(chunk), _PORTION):
                yield chunk[start : start + _PORTION]


def _isa_delimiters(text: str, number: int, offset: int) -> Delimiters:
    element = text[3:4]
    parts = text.split(element, _ISA_ELEMENTS) if element else []
    if any("\n" in part for part in parts[:_ISA_ELEMENTS]):
        parts = text.replace("\r", "").replace("\n", "").split(element, _ISA_ELEMENTS)
    if len(parts) <= _ISA_ELEMENTS or len(parts[_ISA_ELEMENTS]) < 2:
        raise unreadable("FILE:isa", "The ISA segment is cut off or has too few elements.", number, offset, "ISA")
    component, segment = parts[_ISA_ELEMENTS][0], parts[_ISA_ELEMENTS][1]
    if segment == "\r" and parts[_ISA_ELEMENTS][2:3] == "\n":
        segment = "\n"
    separators = {element, component, segment}
    if any(one.isalnum() or one == " " or not one.isascii() for one in separators) or len(separators) < 3:
        message = "The ISA segment does not name usable delimiters: it is not laid out as the standard says."
        raise unreadable("FILE:isa", message, number, offset, "ISA")
    repetition = parts[11]
    if len(repetition) != 1 or repetition.isalnum() or repetition in separators:
        repetition = ""
    found = Delimiters(element, repetition, component, segment)
    return STANDARD if found == STANDARD else found


def _bare_delimiters(text: str, number: int, offset: int) -> Delimiters:
    """The delimiters of a file without envelope: the terminator is what stands before the second segment."""
    element = text[2]
    second = re.search(rf"([^A-Za-z0-9 ])\s*(?:BPR|BHT|AK1|BGN){re.escape(element)}", text)
    if not second:
        message = "The file has no ISA segment and its delimiters cannot be told: ask the sender for the whole file."
        raise unreadable("FILE:isa", message, number, offset, "ST")
    return Delimiters(element, "^", ":", second[1])
