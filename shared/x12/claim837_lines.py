"""One service line's segments (loop 2400 and below) as a `ServiceLine`."""

from dataclasses import replace
from datetime import date
from typing import Any

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.claim837_views import LineAdjudication, Ndc, ServiceLine, Tooth
from shared.x12.findings import Finding
from shared.x12.parties import read_party, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, day, fault, number, period, raw
from shared.x12.writing import Raw

_PARTS = frozenset({"NM1", "LIN", "SVD", "LQ"})
_SERVICES = frozenset({"SV1", "SV2", "SV3"})


def read_line(part: list[Segment], findings: list[Finding]) -> ServiceLine:
    """The line of a group that starts with LX."""
    head, *groups = split_groups(part, _PARTS)
    fields: dict[str, Any] = {}
    teeth: list[Tooth] = []
    extras: list[Raw] = [raw(one) for one in head[1:] if not _read_detail(one, fields, teeth, findings)]
    adjudications: list[LineAdjudication] = []
    for group in groups:
        if group[0].tag == "SVD":
            adjudications.append(_read_adjudication(group, findings, extras))
        elif not _read_nested(group, fields, findings):
            extras.extend(map(raw, group))
    if "charge_cents" not in fields:
        fault(findings, "IK304:3", "The line has no SV1, SV2 or SV3.", part[0], 0, "2400")
    return ServiceLine(
        part[0].get(1), extras=tuple(extras), teeth=tuple(teeth), adjudications=tuple(adjudications), **fields
    )


def _read_detail(segment: Segment, fields: dict[str, Any], teeth: list[Tooth], findings: list[Finding]) -> bool:
    """Take one segment of loop 2400 into the line's fields; False when the view does not model it."""
    match segment.tag:
        case "SV1" | "SV2" | "SV3" if "charge_cents" not in fields:
            fields |= _SERVICE_READERS[segment.tag](segment, findings)
        case "DTP" if segment.get(1) == "472" and "service_from" not in fields and segment.get(2) in ("D8", "RD8"):
            first, last = period(segment, findings, "2400")
            if first is None:
                return False
            fields["service_from"], fields["service_to"] = first, last
        case "REF" if segment.get(1) == "6R" and "line_control_number" not in fields:
            fields["line_control_number"] = segment.get(2)
        case "TOO" if segment.get(1) == "JP":
            teeth.append(Tooth(segment.get(2), segment.components(3)))
        case _:
            return False
    return True


def _procedure(segment: Segment, position: int) -> dict[str, Any]:
    """Qualifier, code, up to four modifiers and description of a procedure composite."""
    parts = segment.components(position)
    return {
        "procedure_qualifier": parts[0] if parts else "",
        "procedure": parts[1] if len(parts) > 1 else "",
        "modifiers": tuple(one for one in parts[2:6] if one),
        "description": parts[6] if len(parts) > 6 else "",
    }


def _pointers(segment: Segment, position: int, findings: list[Finding]) -> tuple[int, ...]:
    found: list[int] = []
    for one in segment.components(position):
        if one.isascii() and one.isdigit() and len(one) < 3:
            found.append(int(one))
        elif one:
            message = f"{segment.tag}{position:02d} points to something that is not a diagnosis number."
            fault(findings, "IK403:6", message, segment, position, "2400")
    return tuple(found)


def _read_professional(segment: Segment, findings: list[Finding]) -> dict[str, Any]:
    get = segment.get
    return _procedure(segment, 1) | {
        "charge_cents": cents(segment, 2, findings, "2400"),
        "unit": get(3),
        "units": number(segment, 4, findings, "2400"),
        "place_of_service": get(5),
        "diagnosis_pointers": _pointers(segment, 7, findings),
        "emergency": get(9) == "Y",
        "epsdt": get(11) == "Y",
        "family_planning": get(12) == "Y",
        "copay_exempt": get(15) == "0",
    }


def _read_institutional(segment: Segment, findings: list[Finding]) -> dict[str, Any]:
    return _procedure(segment, 2) | {
        "revenue_code": segment.get(1),
        "charge_cents": cents(segment, 3, findings, "2400"),
        "unit": segment.get(4),
        "units": number(segment, 5, findings, "2400"),
        "non_covered_cents": cents(segment, 7, findings, "2400"),
    }


def _read_dental(segment: Segment, findings: list[Finding]) -> dict[str, Any]:
    return _procedure(segment, 1) | {
        "charge_cents": cents(segment, 2, findings, "2400"),
        "place_of_service": segment.get(3),
        "oral_cavity": segment.components(4),
        "prosthesis": segment.get(5),
        "units": number(segment, 6, findings, "2400"),
        "diagnosis_pointers": _pointers(segment, 11, findings),
    }


_SERVICE_READERS = {"SV1": _read_professional, "SV2": _read_institutional, "SV3": _read_dental}


def _read_nested(group: list[Segment], fields: dict[str, Any], findings: list[Finding]) -> bool:
    """Take a drug or the rendering provider; False for any other nested loop."""
    first = group[0]
    if first.tag == "LIN" and first.get(2) == "N4" and "ndc" not in fields:
        ndc = _read_drug(group, findings)
        if ndc is None:
            return False
        fields["ndc"] = ndc
        return True
    if first.tag == "NM1" and first.get(1) == "82" and "rendering" not in fields:
        fields["rendering"] = read_party(group)
        return True
    return False


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
    return LineAdjudication(
        payer_id=svd.get(1),
        paid_cents=cents(svd, 2, findings, "2430"),
        **_procedure(svd, 3),
        revenue_code=svd.get(4),
        units=number(svd, 5, findings, "2430"),
        bundled_line=svd.get(6),
        adjustments=tuple(adjustments),
        adjudicated_on=adjudicated_on,
        remaining_liability_cents=remaining,
    )
