"""What a file to an agency says: its records from the placements, its header, and its control totals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from services.collections.core.agency_format import FileFormat, FormatError, write_line
from services.collections.core.placement_state import OutRecord, PlacedAccount
from services.collections.files import lay_out
from shared.identity import Guarantor


@dataclass(slots=True)
class OutFile:
    """A file as it grows. What cannot be written is left out and named; the records beside it go out."""

    format: FileFormat
    agency_id: str
    client: str
    number: int
    written_on: date
    lines: list[str] = field(default_factory=list[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    cents: Counter[str] = field(default_factory=Counter[str])
    wrong: list[tuple[str, int, str]] = field(default_factory=list[tuple[str, int, str]])

    @property
    def name(self) -> str:
        return f"{self.agency_id}-{self.number:06d}{self.format.suffix}"

    def add(self, placed: PlacedAccount, record: OutRecord, guarantor: Guarantor | None) -> None:
        """One record more. A placement needs the guarantor; whoever has the account is told the rest by numbers."""
        if record.kind == "placement" and guarantor is None:
            self.wrong.append((placed.placement_id, record.number, "the guarantor's data cannot be opened"))
            return
        try:
            line = write_line(self.format, record.kind, values_of(placed, record, guarantor))
        except FormatError as error:
            self.wrong.append((placed.placement_id, record.number, str(error)))
            return
        self.lines.append(line)
        self.counts[record.kind] += 1
        self.cents[record.kind] += record.cents

    def content(self) -> bytes:
        """The whole file: header, records, trailer with counts and sums."""
        header = {
            "agency_id": self.agency_id,
            "client": self.client,
            "file_number": self.number,
            "written_on": self.written_on,
        }
        return "".join((self._edge("header", header), *self.lines, self._edge("trailer", self.totals()))).encode()

    def totals(self) -> Mapping[str, int]:
        return {
            "lines": len(self.lines),
            "placements": self.counts["placement"],
            "placed_cents": self.cents["placement"],
            "recalls": self.counts["recall"] + self.counts["closure"],
            "paid_cents": self.cents["payment"],
            "adjusted_cents": self.cents["adjustment"],
        }

    def _edge(self, kind: str, values: Mapping[str, Any]) -> str:
        return write_line(self.format, kind, values) if kind in self.format.lines else ""


def values_of(placed: PlacedAccount, record: OutRecord, guarantor: Guarantor | None) -> Mapping[str, Any]:
    """Everything that a line about a record may say."""
    common = {
        "placement_id": placed.placement_id,
        "account_number": placed.account_id,
        "agency_number": placed.agency_number,
        "on": record.on,
        "reference": record.reference,
        "cents": record.cents,
        "balance_cents": record.balance_cents,
    }
    if record.kind != "placement" or guarantor is None:
        return common
    address = guarantor.address
    return {
        **common,
        "name": guarantor.name,
        "line1": "" if address is None else address.line1,
        "line2": "" if address is None else address.line2,
        "city": "" if address is None else address.city,
        "state": "" if address is None else address.state,
        "postal_code": "" if address is None else address.postal_code,
        "phone": guarantor.phone,
        "placed_on": placed.placed_on,
        "first_statement_on": placed.first_statement_on,
        "due_on": placed.due_on,
        "claims": placed.claims,
        "placement_number": placed.number,
    }


def unwritable_of(out: OutFile, placement_id: str) -> Sequence[int]:
    return [number for one, number, _ in out.wrong if one == placement_id]


def written_once(path: Path, content: bytes) -> bytes:
    """Lay a file out unless one of its name lies there, or was taken; the bytes that are there."""
    for place in (path, path.parent / "taken" / path.name):
        if place.exists():
            return place.read_bytes()
    lay_out(path, content)
    return content
