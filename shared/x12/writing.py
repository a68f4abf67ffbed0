"""From segments to bytes: the one envelope writer, with counts, control numbers, character set and lengths enforced."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.x12.findings import unreadable
from shared.x12.tokens import STANDARD, Delimiters

Element = str | tuple[str, ...] | list[str]
Raw = tuple[str, ...]
Line = tuple[Element, ...]

MAX_CONTROL_NUMBER = 999_999_999
_MAX_ELEMENT = 80
# Longest text of an element where it is not 80 characters (X12 5010 data dictionary lengths).
_MAX_LENGTHS = {
    ("NM1", 3): 60,
    ("NM1", 4): 35,
    ("NM1", 5): 25,
    ("NM1", 6): 10,
    ("NM1", 7): 10,
    ("N1", 2): 60,
    ("N3", 1): 55,
    ("N3", 2): 55,
    ("N4", 1): 30,
    ("N4", 2): 2,
    ("N4", 3): 15,
    ("CLM", 1): 38,
    ("CLP", 1): 38,
    ("CLP", 7): 50,
    ("REF", 2): 50,
    ("SBR", 3): 50,
    ("SBR", 4): 60,
    ("PER", 2): 60,
    ("PER", 4): 256,
    ("PER", 6): 256,
    ("PER", 8): 256,
    ("TRN", 2): 50,
    ("TRN", 4): 50,
    ("BHT", 3): 50,
    ("PLB", 1): 50,
    ("K3", 1): 80,
    ("MSG", 1): 264,
    ("BPR", 2): 18,
    ("BIN", 1): 15,
    ("BIN", 2): 999_999_999_999_999,
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One transaction set to write: its segments between ST and SE, composites as tuples, repetitions as lists."""

    set_id: str
    segments: Sequence[Line]
    version: str = ""
    control_number: str = ""


def write_interchange(  # noqa: PLR0913, PLR0917  # an envelope has that many elements
    sender_qualifier: str,
    sender_id: str,
    receiver_qualifier: str,
    receiver_id: str,
    interchange_control_number: int,
    at: datetime,
    functional_id: str,
    version: str,
    group_control_number: int,
    transactions: Sequence[Outgoing],
    usage: str = "P",
    delimiters: Delimiters = STANDARD,
    application_sender: str = "",
    application_receiver: str = "",
) -> bytes:
    """One interchange with one functional group, one segment a line.

    `version` is GS08 and, where a transaction names none, ST03. GS02 and GS03 are ISA06 and ISA08 unless given.
    Raises `X12Error` for a text the standard cannot carry.
    """
    write = _Writer(delimiters)
    control = _control(interchange_control_number, "ISA13")
    write.header(
        (sender_qualifier, sender_id, receiver_qualifier, receiver_id), at, control, usage if usage in "TP" else "T"
    )
    write.group(
        functional_id,
        (application_sender or sender_id, application_receiver or receiver_id),
        at,
        str(int(_control(group_control_number, "GS06"))),
        version,
    )
    for index, transaction in enumerate(transactions, 1):
        write.transaction(transaction, transaction.control_number or f"{index:04d}", version)
    write.line(("GE", str(len(transactions)), str(group_control_number)))
    write.line(("IEA", "1", control))
    return write.result()


@dataclass(frozen=True, slots=True)
class Envelope:
    """ISA05 to ISA08, the number of ISA13 and GS06, and GS01 and GS08 of an interchange with one functional group."""

    parties: tuple[str, str, str, str]
    control_number: int
    at: datetime
    functional_id: str
    version: str
    usage: str = "P"


def stream_interchange(envelope: Envelope, set_id: str, sets: Iterable[Iterable[Line]]) -> Iterator[bytes]:
    """What `write_interchange` writes, a segment at a time: of `sets` nothing is held. Without sets, nothing.

    `sets` are the segments between ST and SE. Raises `X12Error` like `write_interchange`, but after earlier pieces.
    """
    write = _Writer(STANDARD)
    control = _control(envelope.control_number, "ISA13")
    count = 0
    for count, lines in enumerate(sets, 1):
        if count == 1:
            write.header(envelope.parties, envelope.at, control, envelope.usage)
            codes = envelope.parties[1], envelope.parties[3]
            write.group(envelope.functional_id, codes, envelope.at, str(int(control)), envelope.version)
        number, segments = f"{count:04d}", 2
        write.line(("ST", set_id, number, envelope.version))
        for line in lines:
            write.line(line)
            segments += 1  # the count is wanted when there are no lines, too
            yield write.taken()
        write.line(("SE", str(segments), number))
        yield write.taken()
    if count:
        write.line(("GE", str(count), str(int(control))))
        write.line(("IEA", "1", control))
        yield write.taken()


def write_interchange_note(
    parties: tuple[str, str, str, str], control_number: int, at: datetime, lines: Iterable[Line], usage: str = "P"
) -> bytes:
    """An interchange without functional group, as a TA1 travels. `parties` are ISA05 to ISA08."""
    write = _Writer(STANDARD)
    control = _control(control_number, "ISA13")
    write.header(parties, at, control, usage)
    for line in lines:
        write.line(line)
    write.line(("IEA", "0", control))
    return write.result()


def _control(number: int, name: str) -> str:
    if not 1 <= number <= MAX_CONTROL_NUMBER:
        raise unreadable("TA105:018", f"{name} must be a number of one to nine digits.", tag=name[:-2])
    return f"{number:09d}"


class _Writer:
    """Collects the text of segments and checks every element on the way."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._delimiters = delimiters
        self._forbidden = frozenset(delimiters)
        self._texts: list[str] = []

    def header(self, parties: tuple[str, str, str, str], at: datetime, control: str, usage: str) -> None:
        """ISA, padded to 106 characters."""
        d = self._delimiters
        for position, text in zip((5, 6, 7, 8), parties, strict=True):
            self._check("ISA", position, text, 2 if position % 2 else 15)
        padded = [text.ljust(15 if index % 2 else 2) for index, text in enumerate(parties)]
        when = (f"{at:%y%m%d}", f"{at:%H%M}")
        security = ("00", " " * 10, "00", " " * 10)
        parts = ("ISA", *security, *padded, *when, d.repetition, "00501", control, "0", usage, d.component)
        self._texts.append(d.element.join(parts))

    def group(self, functional_id: str, codes: tuple[str, str], at: datetime, control: str, version: str) -> None:
        """GS."""
        self._check("GS", 2, codes[0], 15)
        self._check("GS", 3, codes[1], 15)
        self.line(("GS", functional_id, *codes, f"{at:%Y%m%d}", f"{at:%H%M%S}", control, "X", version))

    def transaction(self, transaction: Outgoing, control: str, version: str) -> None:
        """ST to SE with the count of SE01. An 835 carries no ST03."""
        start = len(self._texts)
        third = () if transaction.set_id == "835" else (transaction.version or version,)
        self.line(("ST", transaction.set_id, control, *third))
        for line in transaction.segments:
            self.line(line)
        self.line(("SE", str(len(self._texts) - start + 1), control))

    def line(self, line: Line) -> None:
        """One segment, without trailing empty elements."""
        tag = str(line[0])
        texts = [tag]
        for position, element in enumerate(line[1:], 1):
            texts.append(self._element(tag, position, element))
        while not texts[-1]:
            texts.pop()
        self._texts.append(self._delimiters.element.join(texts))

    def result(self) -> bytes:
        end = self._delimiters.segment
        separator = end if end in "\r\n" else end + "\n"
        return (separator.join(self._texts) + separator).encode("ascii")

    def taken(self) -> bytes:
        """What was written since it was last asked."""
        text = self.result()
        self._texts.clear()
        return text

    def _element(self, tag: str, position: int, element: Element) -> str:
        if not element:
            return ""
        if isinstance(element, str):
            self._check(tag, position, element, _MAX_LENGTHS.get((tag, position), _MAX_ELEMENT))
            return element
        if isinstance(element, list):
            return self._delimiters.repetition.join(self._composite(tag, position, one.split(":")) for one in element)
        return self._composite(tag, position, element)

    def _composite(self, tag: str, position: int, components: Sequence[str]) -> str:
        for one in components:
            self._check(tag, position, one, _MAX_ELEMENT)
        return self._delimiters.component.join(components).rstrip(self._delimiters.component)

    def _check(self, tag: str, position: int, text: str, longest: int) -> None:
        if len(text) > longest:
            raise unreadable("IK403:5", f"{tag}{position:02d} is longer than {longest} characters.", tag=tag)
        if not (text.isascii() and text.isprintable() and self._forbidden.isdisjoint(text)):
            message = f"{tag}{position:02d} holds a character that is a delimiter, or that X12 cannot carry."
            raise unreadable("IK403:6", f"{message} Replace it before sending.", tag=tag)


def from_raw(raw: Raw) -> Line:
    """A kept segment as a line to write: `:` parts components and `^` repetitions again."""
    return (raw[0], *(_from_text(text) for text in raw[1:]))


def _from_text(text: str) -> Element:
    if "^" in text:
        return text.split("^")
    return tuple(text.split(":")) if ":" in text else text
