"""Who sent a file, as it says itself in its first segment: for finding it again by its sender."""

import re
from typing import NamedTuple

ISA_BYTES = 106
"""ISA has a fixed length (X12.5): the element separator is its fourth character, the terminator its last."""
ISA06, GS02 = 6, 2
ID_CHARACTERS_MAX = 60
HL7_START = re.compile(rb"(?:^|[\r\n\x0b])MSH(.)")
HL7_APPLICATION, HL7_FACILITY = 1, 2


class Sender(NamedTuple):
    """ISA06 and GS02 of X12, MSH-4 (facility) and MSH-3 (application) of HL7; empty where a form names no sender.

    Of several interchanges in a file, the first one's.
    """

    id: str = ""
    application: str = ""


NOBODY = Sender()


def sender_of(head: bytes) -> Sender:
    """The sender that the first bytes of a file name; NOBODY when they name none that can be read."""
    content = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"ISA") and len(content) >= ISA_BYTES:
        separator, terminator = content[3:4], content[ISA_BYTES - 1 : ISA_BYTES]
        group = content[ISA_BYTES:].lstrip().partition(terminator)[0].split(separator)
        application = group[GS02] if group[0] == b"GS" and len(group) > GS02 else b""
        elements = content[:ISA_BYTES].split(separator)
        return Sender(_id(elements[ISA06] if len(elements) > ISA06 else b""), _id(application))
    message = HL7_START.search(content)
    if message is None:
        return NOBODY
    fields = re.split(rb"[\r\n]", content[message.end() :], maxsplit=1)[0].split(message[1])
    named = [field.partition(b"^")[0] for field in (*fields, b"", b"")]
    return Sender(_id(named[HL7_FACILITY]), _id(named[HL7_APPLICATION]))


def _id(value: bytes) -> str:
    """A plain identifier; anything else is no name that a file could be found by."""
    text = value.strip().decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text and len(text) <= ID_CHARACTERS_MAX else ""
