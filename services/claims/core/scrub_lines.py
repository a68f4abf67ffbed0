"""The scrubber's checks of one service line: pointers, procedure, amounts, dates and control number."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from .content import MODIFIERS_MAX, POINTERS_MAX, ClaimContent, ContentLine

Found: TypeAlias = tuple[str, str]
"""A field and what to do about it."""


class LineCheck(NamedTuple):
    """A rule that looks at one line; `element` is where the guide states it."""

    id: str
    element: str
    check: Callable[[ContentLine, ClaimContent], Iterator[Found]]


def _pointer_missing(line: ContentLine, claim: ClaimContent) -> Iterator[Found]:
    if not line.diagnosis_pointers and claim.claim_type == "P":
        yield "diagnosis_pointers", "Point the line to at least one diagnosis (SV107)."


def _pointer_range(line: ContentLine, claim: ClaimContent) -> Iterator[Found]:
    if len(line.diagnosis_pointers) > POINTERS_MAX:
        yield "diagnosis_pointers", f"A line points to at most {POINTERS_MAX} diagnoses."
    if any(not 1 <= pointer <= len(claim.diagnoses) for pointer in line.diagnosis_pointers):
        yield "diagnosis_pointers", "The line points to a diagnosis that the claim does not have."


def _procedure(line: ContentLine, claim: ClaimContent) -> Iterator[Found]:
    if claim.claim_type == "I":
        if not line.revenue_code:
            yield "revenue_code", "The line needs a revenue code (SV201)."
    elif not line.procedure:
        yield "procedure", "The line needs a procedure code (SV101-2)."


def _modifiers(line: ContentLine, _: ClaimContent) -> Iterator[Found]:
    if len(line.modifiers) > MODIFIERS_MAX:
        yield "modifiers", f"A line carries at most {MODIFIERS_MAX} modifiers."
    elif any(len(modifier) != 2 or not modifier.isalnum() for modifier in line.modifiers):
        yield "modifiers", "A modifier is two letters or digits."


def _charge(line: ContentLine, _: ClaimContent) -> Iterator[Found]:
    if line.charge_cents is None:
        yield "charge_cents", "The line needs a charge (SV102)."
    elif line.charge_cents < 0:
        yield "charge_cents", "A line charge (SV102) is never negative."


def _units(line: ContentLine, claim: ClaimContent) -> Iterator[Found]:
    if line.units is None:
        if claim.claim_type == "D":  # SV306 left out is one
            return
        yield "units", "The line needs a number of units (SV104)."
    elif line.units <= 0:
        yield "units", "Units (SV104) are more than zero."


def _date_missing(line: ContentLine, claim: ClaimContent) -> Iterator[Found]:
    if line.service_from is None and claim.claim_type == "P":
        yield "service_from", "The line needs a date of service (DTP*472)."


def _date_order(line: ContentLine, _: ClaimContent) -> Iterator[Found]:
    if line.service_from and line.service_to and line.service_from > line.service_to:
        yield "service_to", "The service ends before it begins: correct one of the dates."


def _control_number(line: ContentLine, _: ClaimContent) -> Iterator[Found]:
    if len(line.line_control_number) > 30:
        yield "line_control_number", "A line control number (REF*6R) has at most 30 characters."


LINE_CHECKS: tuple[LineCheck, ...] = (
    LineCheck("pointer-missing", "SV107", _pointer_missing),
    LineCheck("pointer-range", "SV107", _pointer_range),
    LineCheck("procedure", "SV101", _procedure),
    LineCheck("modifiers", "SV101", _modifiers),
    LineCheck("line-charge", "SV102", _charge),
    LineCheck("units", "SV104", _units),
    LineCheck("service-date-missing", "DTP*472", _date_missing),
    LineCheck("service-date-order", "DTP*472", _date_order),
    LineCheck("line-control-number", "REF*6R", _control_number),
)
