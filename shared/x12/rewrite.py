"""Segments back to bytes as their file wrote them: its delimiters, its line breaks, its encoding."""

from collections.abc import Iterable, Iterator, Sequence

from shared.x12.tokens import Segment, Tokenizer

# Widths of ISA01 to ISA16.
_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_FIRST_BYTES = 4096


class Rewriter:
    """Reads a file's segments and writes segments the way that file does."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._first = b""
        self._tokens = Tokenizer(self._noting(chunks))
        self._break: str | None = None

    def __iter__(self) -> Iterator[Segment]:
        """Every segment, inside an envelope or not. Raises `X12Error` when the file cannot be read."""
        return iter(self._tokens)

    def encode(self, segment: Segment, elements: Sequence[str] | None = None) -> bytes:
        """The bytes of a segment with its terminator, with other elements if given."""
        if self._break is None:
            self._break = self._line_break(segment.delimiters.segment)
        d = segment.delimiters
        text = d.element.join((segment.tag, *(segment.elements if elements is None else elements)))
        whole = f"{text}{d.segment}{self._break}"
        try:
            return whole.encode(self._tokens.encoding)
        except UnicodeEncodeError:
            # Read as UTF-8 before the file turned out to be Latin-1 further on.
            return whole.encode("utf-8")

    def _noting(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if len(self._first) < _FIRST_BYTES:
                self._first += chunk[:_FIRST_BYTES]
            yield chunk

    def _line_break(self, terminator: str) -> str:
        """What follows the first terminator: CRLF, LF or nothing."""
        if terminator in "\r\n":
            return ""
        after = self._first.partition(terminator.encode())[2]
        return "\r\n" if after.startswith(b"\r\n") else "\n" if after.startswith(b"\n") else ""


def padded(isa: Sequence[str]) -> list[str]:
    """The sixteen elements of an ISA at their fixed widths; what a broken one lacks is blank."""
    whole = (*isa, *[""] * len(_ISA_WIDTHS))
    return [text.strip(" ").ljust(width)[:width] for text, width in zip(whole, _ISA_WIDTHS, strict=False)]
