"""One service line's segments (loop 2400 and below) as a `ServiceLine`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, cast

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.claim837_views import LineAdjudication, Ndc, ServiceLine, Tooth
from shared.x12.findings import Finding
from shared.x12.parties import read_party, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import (
    cents,
    cents_of,
    day,
    fault,
    number,
    number_of,
    parse_procedure,
    period_of,
    raw,
    remembered,
)
from shared.x12.view import drafts
from shared.x12.writing import Raw

_PARTS = frozenset({"NM1", "LIN", "SVD", "LQ"})
_NO_ELEMENTS = ("",) * 15
_line, _adjudication = drafts(ServiceLine), drafts(LineAdjudication)
_Draft = Any


def read_line(part: list[Segment], findings: list[Finding]) -> ServiceLine:
    """The line of a group that starts with LX."""
    line = _line()
    line.number = part[0].get(1)
    served = numbered = False
    extras: list[Raw] = []
    teeth: list[Tooth] = []
    end = len(part)
    for index in range(1, end):
        segment = part[index]
        tag = segment.tag
        if tag in _PARTS:
            end = index
            break
        if tag == "REF" and not numbered and segment.get(1) == "6R":
            line.line_control_number, numbered = segment.get(2), True
        elif tag in _SERVICES and not served:
            _SERVICES[tag](segment, line, findings)
            served = True
        elif tag == "TOO" and segment.get(1) == "JP":
            teeth.append(Tooth(segment.get(2), segment.components(3)))
        elif tag != "DTP" or not _read_service_date(segment, line, findings):
            extras.append(raw(segment))
    if end < len(part):
        _read_nested(split_groups(part[end:], _PARTS)[1:], line, extras, findings)
    if not served:
        fault(findings, "IK304:3", "The line has no SV1, SV2 or SV3.", part[0], 0, "2400")
    line.teeth, line.extras = tuple(teeth), tuple(extras)
    line.__class__ = ServiceLine
    return cast("ServiceLine", line)


def _read_service_date(segment: Segment, line: _Draft, findings: list[Finding]) -> bool:
    """DTP*472, the first that can be read."""
    qualifier, form, text = (segment.elements + _NO_ELEMENTS)[:3]
    if qualifier != "472" or form not in {"D8", "RD8"} or line.service_from:
        return False
    line.service_from, line.service_to = period_of(form, text, segment, findings, "2400")
    return line.service_from is not None


@remembered
def _parse_pointers(text: str, separator: str) -> tuple[tuple[int, ...], int]:
    """Diagnosis numbers, and how many of the components are none."""
    parts = [one for one in text.split(separator) if one]
    found = [int(one) for one in parts if one.isascii() and one.isdigit() and len(one) < 3]
    return tuple(found), len(parts) - len(found)


def _pointers(text: str, segment: Segment, position: int, findings: list[Finding]) -> tuple[int, ...]:
    found, wrong = _parse_pointers(text, segment.delimiters.component)
    for _ in range(wrong):
        message = f"{segment.tag}{position:02d} points to something that is not a diagnosis number."
        fault(findings, "IK403:6", message, segment, position, "2400")
    return found


def _read_professional(segment: Segment, line: _Draft, findings: list[Finding]) -> None:
    elements = segment.elements
    procedure, charge, line.unit, units, line.place_of_service, _, pointers, *flags = (
        elements if len(elements) > 6 else (elements + _NO_ELEMENTS)[:7]
    )
    if procedure:
        line.procedure_qualifier, line.procedure, line.modifiers, line.description = parse_procedure(
            procedure, segment.delimiters.component
        )
    line.charge_cents = cents_of(charge, segment, 2, findings, "2400")
    line.units = number_of(units, segment, 4, findings, "2400")
    if pointers:
        line.diagnosis_pointers = _pointers(pointers, segment, 7, findings)
    if flags:
        line.emergency, line.epsdt = segment.get(9) == "Y", segment.get(11) == "Y"
        line.family_planning, line.copay_exempt = segment.get(12) == "Y", segment.get(15) == "0"


def _read_institutional(segment: Segment, line: _Draft, findings: list[Finding]) -> None:
    line.revenue_code, procedure, charge, line.unit, units, _, non_covered = (segment.elements + _NO_ELEMENTS)[:7]
    if procedure:
        line.procedure_qualifier, line.procedure, line.modifiers, line.description = parse_procedure(
            procedure, segment.delimiters.component
        )
    line.charge_cents = cents_of(charge, segment, 3, findings, "2400")
    line.units = number_of(units, segment, 5, findings, "2400")
    line.non_covered_cents = cents_of(non_covered, segment, 7, findings, "2400")


def _read_dental(segment: Segment, line: _Draft, findings: list[Finding]) -> None:
    procedure, charge, line.place_of_service, _, line.prosthesis, units, *_ = segment.elements + _NO_ELEMENTS
    if procedure:
        line.procedure_qualifier, line.procedure, line.modifiers, line.description = parse_procedure(
            procedure, segment.delimiters.component
        )
    line.charge_cents = cents_of(charge, segment, 2, findings, "2400")
    line.oral_cavity = segment.components(4)
    line.units = number_of(units, segment, 6, findings, "2400")
    line.diagnosis_pointers = _pointers(segment.get(11), segment, 11, findings)


_SERVICES: dict[str, Callable[[Segment, _Draft, list[Finding]], None]] = {
    "SV1": _read_professional,
    "SV2": _read_institutional,
    "SV3": _read_dental,
}


def _read_nested(groups: list[list[Segment]], line: _Draft, extras: list[Raw], findings: list[Finding]) -> None:
    """Prior payers' decisions, a drug and the rendering provider; other nested loops are kept."""
    adjudications: list[LineAdjudication] = []
    for group in groups:
        first = group[0]
        tag, qualifier = first.tag, first.get(1)
        ndc: Ndc | None = None
        if tag == "SVD":
            adjudications.append(_read_adjudication(group, findings, extras))
        elif tag == "NM1" and qualifier == "82" and line.rendering is None:
            line.rendering = read_party(group)
        elif tag == "LIN" and first.get(2) == "N4" and line.ndc is None and (ndc := _read_drug(group, findings)):
            line.ndc = ndc
        else:
            extras.extend(map(raw, group))
    line.adjudications = tuple(adjudications)


def _read_drug(group: list[Segment], findings: list[Finding]) -> Ndc | None:
    """Loop 2410; None when it holds more than the view names."""
    ndc = Ndc(group[0].get(3))
    for segment in group[1:]:
        if segment.tag == "CTP" and not segment.get(3):
            unit = (*segment.components(5), "")[0]
            ndc = replace(ndc, quantity=number(segment, 4, findings, "2410"), unit=unit)
        elif segment.tag == "REF" and segment.get(1) == "XZ":
            ndc = replace(ndc, prescription_number=segment.get(2))
        else:
            return None
    return ndc


def _read_adjudication(group: list[Segment], findings: list[Finding], extras: list[Raw]) -> LineAdjudication:
    """Loop 2430."""
    svd = group[0]
    adjustments: list[Adjustment] = []
    adjudicated_on: date | None = None
    remaining: int | None = None
    for segment in group[1:]:
        if segment.tag == "CAS":
            adjustments.extend(read_adjustments(segment, findings, "2430"))
        elif segment.tag == "DTP" and segment.get(1) == "573":
            adjudicated_on = day(segment, 3, findings, "2430")
        elif segment.tag == "AMT" and segment.get(1) == "EAF":
            remaining = cents(segment, 2, findings, "2430")
        else:
            extras.append(raw(segment))
    made = _adjudication()
    made.payer_id, paid, procedure, made.revenue_code, units, made.bundled_line = (svd.elements + _NO_ELEMENTS)[:6]
    made.paid_cents = cents_of(paid, svd, 2, findings, "2430")
    if procedure:
        made.procedure_qualifier, made.procedure, made.modifiers, made.description = parse_procedure(
            procedure, svd.delimiters.component
        )
    made.units = number_of(units, svd, 5, findings, "2430")
    made.adjustments = tuple(adjustments)
    made.adjudicated_on, made.remaining_liability_cents = adjudicated_on, remaining
    made.__class__ = LineAdjudication
    return cast("LineAdjudication", made)
