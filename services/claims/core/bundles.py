"""Charge bundles: one entry of a charge form that stands for several lines, by the tenant's dated table.

A bundle is opened on the day of service it is charged for, before any rule looks at the claim. What cannot be opened
stays as it came and holds the claim; nothing of it is lost.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from shared.contracts import HoldReason
from shared.dated_table import DatedTable, joined

from .content import ClaimContent, ClaimType, ContentLine
from .rules_outcome import NOTHING_SAID, Explained, Judged
from .rules_subject import Prices

CHARGE_BUNDLE = "charge-bundle"
SOURCE = "the customer's charge bundles"
BUNDLE_LINES_MAX = 40
_STEM = 24
"""Of a line's control number, which has 30 characters: so many stay when a number is added."""
_QUALIFIERS: dict[ClaimType, str] = {"P": "HC", "I": "HC", "D": "AD"}


class BundleLine(NamedTuple):
    """One line of a bundle. `charge_cents` is for one bundle; without it, `schedule` gives the price of a unit."""

    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge_cents: int | None
    schedule: str
    pointers: tuple[int, ...]
    revenue_code: str

    def packed(self) -> str:
        """As a table holds it; `unpacked` reads it back. No part holds a slash."""
        cents = "" if self.charge_cents is None else str(self.charge_cents)
        pointers = " ".join(str(one) for one in self.pointers)
        parts = (self.procedure, " ".join(self.modifiers), str(self.units), cents, self.schedule, pointers)
        return "/".join((*parts, self.revenue_code))


def unpacked(text: str) -> BundleLine:
    """What `packed` wrote."""
    procedure, modifiers, units, cents, schedule, pointers, revenue_code = text.split("/")
    return BundleLine(
        procedure,
        tuple(modifiers.split()),
        Decimal(units),
        int(cents) if cents else None,
        schedule,
        tuple(int(one) for one in pointers.split()),
        revenue_code,
    )


class Opened(NamedTuple):
    """A claim whose bundles are open, and what is to be said of it."""

    content: ClaimContent
    judged: Judged


def open_bundles(content: ClaimContent, table: DatedTable | None, prices: Prices) -> Opened:
    """The claim with the lines of its bundles in their places, each explained."""
    if not any(line.bundle for line in content.lines):
        return Opened(content, NOTHING_SAID)
    lines: list[ContentLine] = []
    holds: list[HoldReason] = []
    explained: list[Explained] = []
    taken = {line.line_control_number for line in content.lines}
    for line in content.lines:
        place = len(lines)
        parts = _lines_of(line, content, table)
        if not line.bundle:
            lines.append(line)
        elif not parts:
            lines.append(line)
            holds.append(_hold(f"lines[{place}].bundle", _UNKNOWN))
        else:
            made = [_made(line, part, content, prices, taken) for part in parts]
            lines += made
            holds += _faults(line, made, place)
            explained.append(_said(line, made, place))
    explained += [Explained(rule=CHARGE_BUNDLE, source=SOURCE, did="hold", at=one.field) for one in holds]
    numbered = tuple(one.model_copy(update={"number": str(number)}) for number, one in enumerate(lines, 1))
    charge = _sum(lines) if content.charge_cents is None else content.charge_cents
    opened = content.model_copy(update={"lines": numbered, "charge_cents": charge})
    return Opened(opened, Judged(holds=tuple(holds), explained=tuple(explained)))


_UNKNOWN = (
    "There is no charge bundle of this name on the date of service: load it, or bill its procedures. "
    "Then correct the claim."
)
_NO_PRICE = "The bundle takes this charge from a fee schedule, which has no price for it: load one, or give the charge."
_OTHER_CHARGE = "The charge given with the bundle is not that of its lines: leave it out, or correct the bundle."


def _lines_of(line: ContentLine, content: ClaimContent, table: DatedTable | None) -> list[BundleLine]:
    """The lines of a bundle on its day, in their order; one that ended leaves a gap."""
    day = line.service_from or content.service_from
    if table is None or day is None or not line.bundle:
        return []
    found = (table.at(joined(line.bundle, str(number)), day) for number in range(1, BUNDLE_LINES_MAX + 1))
    return [unpacked(text) for text in found if text is not None]


def _made(basis: ContentLine, part: BundleLine, content: ClaimContent, prices: Prices, taken: set[str]) -> ContentLine:
    """A line of the bundle: dates, place and provider are those of the entry, and so are pointers it does not give."""
    times = basis.units or Decimal(1)
    kind = content.claim_type
    made = basis.model_copy(
        update={
            "bundle": "",
            "line_control_number": _number(basis.line_control_number, taken),
            "procedure_qualifier": _QUALIFIERS[kind] if part.procedure else "",
            "procedure": part.procedure,
            "modifiers": part.modifiers,
            "unit": "" if kind == "D" else "UN",
            "units": part.units * times,
            "diagnosis_pointers": part.pointers or basis.diagnosis_pointers,
            "revenue_code": part.revenue_code,
            "charge_cents": None,
        }
    )
    return made.model_copy(update={"charge_cents": _charge(made, part, times, content, prices)})


def _charge(made: ContentLine, part: BundleLine, times: Decimal, content: ClaimContent, prices: Prices) -> int | None:
    if part.charge_cents is not None:
        return _whole(part.charge_cents * times)
    price = prices(part.schedule, made, content)
    return None if price is None else _whole(price * (made.units or Decimal(1)))


def _whole(cents: Decimal) -> int:
    return int(cents.quantize(Decimal(1), ROUND_HALF_UP))


def _number(basis: str, taken: set[str]) -> str:
    """A control number of its own, which tells the entry it came from."""
    number = next(one for n in range(1, len(taken) + 2) if (one := f"{basis[:_STEM]}-{n}") not in taken)
    taken.add(number)
    return number


def _faults(entry: ContentLine, made: list[ContentLine], place: int) -> Iterator[HoldReason]:
    for offset, line in enumerate(made):
        if line.charge_cents is None:
            yield _hold(f"lines[{place + offset}].charge_cents", _NO_PRICE)
    total = _sum(made)
    if entry.charge_cents is not None and total is not None and entry.charge_cents != total:
        yield _hold(f"lines[{place}].charge_cents", _OTHER_CHARGE)


def _said(entry: ContentLine, made: list[ContentLine], place: int) -> Explained:
    codes = ", ".join(one.procedure or one.revenue_code for one in made)
    times = format((entry.units or Decimal(1)).normalize(), "f")
    values = (("bundle", entry.bundle), ("times", times), ("lines", codes))
    return Explained(rule=CHARGE_BUNDLE, source=SOURCE, did="add", at=f"lines[{place}]", values=values)


def _sum(lines: list[ContentLine]) -> int | None:
    charges = [line.charge_cents for line in lines if line.charge_cents is not None]
    return sum(charges) if len(charges) == len(lines) else None


def _hold(field: str, message: str) -> HoldReason:
    return HoldReason(rule=CHARGE_BUNDLE, field=field, message=message)
