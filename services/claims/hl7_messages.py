"""HL7 v2 messages of a file, taken apart by the `hl7` library: segments, fields, days and numbers by their places."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.x12.findings import unreadable
from shared.x12.values import parse_date

HL7_BYTES_MAX = 100_000_000
STARTS = re.compile(r"(?m)^\x0b?(?=MSH)")
BATCH = ("FHS", "BHS", "BTS", "FTS")


class FieldError(ValueError):
    """A field that keeps a message from becoming a claim: its name and what to do."""


def messages_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The messages of a file, each with its segments on lines of their own. `X12Error` where there is none."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > HL7_BYTES_MAX:
            raise unreadable("HL7:size", "The file has more than 100 MB: send several.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "The file is no text in UTF-8 (MSH-18 UNICODE UTF-8)."
        raise unreadable("HL7:text", message, byte_offset=error.start) from None
    lines = text.replace("\r\n", "\r").replace("\n", "\r").replace("\x1c", "").replace("\r", "\n")
    _, *messages = STARTS.split(lines)
    if not messages:
        raise unreadable("HL7:msh", "The file holds no HL7 message: each starts with MSH on a line of its own.")
    for one in messages:
        segments = (line for line in one.split("\n") if line and not line.startswith(BATCH))
        yield "\r".join(segments) + "\r"


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its number in the file."""

    number: int
    parsed: Any

    def all(self, segment: str) -> list["Segment"]:
        found: list[Any] = [one for one in self.parsed if str(one[0]) == segment]
        return [Segment(segment, one, self.parsed) for one in found]

    def first(self, segment: str) -> "Segment":
        return next(iter(self.all(segment)), Segment(segment, None, self.parsed))


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; a field that is not there is ""."""

    name: str
    parsed: Any
    message: Any

    def get(self, field: int, component: int = 1, repetition: int = 1) -> str:
        """Text of a component, unescaped; the first ones count as 1."""
        if self.parsed is None:
            return ""
        found = _at(_at(self.parsed, field), repetition - 1)
        text = str(found if isinstance(found, str) and component == 1 else _at(found, component - 1))
        return str(self.message.unescape(text)).strip().strip('"')

    def needed(self, field: int, what: str) -> str:
        text = self.get(field)
        if not text:
            msg = f"{self.name}-{field} ({what}) is missing."
            raise FieldError(msg)
        return text

    def repetitions(self, field: int, most: int) -> list[str]:
        found = (self.get(field, 1, repetition) for repetition in range(1, most + 1))
        return [text for text in dict.fromkeys(found) if text]

    def day(self, field: int, what: str) -> date | None:
        text = self.get(field)
        try:
            return parse_date(text[:8]) if text else None
        except ValueError:
            msg = f"{self.name}-{field} ({what}) is no date."
            raise FieldError(msg) from None

    def moment(self, field: int, what: str) -> tuple[date, datetime | None] | None:
        """The day of a field, and the minute where it names one."""
        day = self.day(field, what)
        if day is None:
            return None
        try:
            at = datetime.strptime(self.get(field)[:12], "%Y%m%d%H%M")  # noqa: DTZ007 - an hour of a hospital
        except ValueError:
            return day, None
        return day, at

    def day_in(self, field: int, component: int, repetition: int, what: str) -> date:
        """A day that must stand in a component."""
        try:
            day = parse_date(self.get(field, component, repetition)[:8])
        except ValueError:
            day = None
        if day is None:
            msg = f"{self.name}-{field} ({what}) has no date in component {component}."
            raise FieldError(msg)
        return day

    def number_in(self, field: int, component: int, repetition: int, what: str) -> Decimal:
        """A number that must stand in a component."""
        try:
            number = Decimal(self.get(field, component, repetition))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            msg = f"{self.name}-{field} ({what}) has no number in component {component}."
            raise FieldError(msg)
        return number

    def number(self, field: int, what: str) -> Decimal | None:
        text = self.get(field)
        try:
            number = Decimal(text) if text else None
        except InvalidOperation:
            number = Decimal("NaN")
        if number is not None and not number.is_finite():
            msg = f"{self.name}-{field} ({what}) is no number."
            raise FieldError(msg)
        return number


def _at(container: Any, place: int) -> Any:
    """What stands at a place of a field, repetition or component; "" where there is none."""
    return container[place] if not isinstance(container, str) and place < len(container) else ""
