"""One claim of an 835 (loop 2100 and 2110)."""

from typing import Any

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.era835_views import ClaimPayment, Remark, ServicePayment
from shared.x12.findings import Finding
from shared.x12.parties import read_named, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, day, fault, number, raw
from shared.x12.writing import Raw

_SERVICES = frozenset({"SVC"})
_NAMES = {
    "QC": "patient",
    "IL": "insured",
    "74": "corrected",
    "82": "rendering",
    "TT": "crossover",
    "PR": "corrected_payer",
}
_CLAIM_DATES = {"050": "received_date", "232": "statement_from", "233": "statement_to", "036": "coverage_expired"}
_CLAIM_AMOUNTS = {"AU": "allowed_cents", "I": "interest_cents"}
_SERVICE_DATES = {"472": "service_date", "150": "service_date", "151": "service_to"}
# Most services end at SVC03, the payment.
_SHORT_SERVICE = 3
_INPATIENT_REMARKS = (5, 20, 21, 22, 23)
_OUTPATIENT_REMARKS = (3, 4, 5, 6, 7)


def read_claim_payment(part: list[Segment], summary: str, findings: list[Finding]) -> ClaimPayment:
    """The claim of a group that starts with CLP; `summary` is the LX01 it stands under."""
    head, *services = split_groups(part, _SERVICES)
    fields: dict[str, Any] = {}
    adjustments: list[Adjustment] = []
    remarks: list[str] = []
    extras: list[Raw] = []
    for segment in head[1:]:
        if segment.tag == "CAS":
            adjustments.extend(read_adjustments(segment, findings, "2100"))
        elif not _read_detail(segment, fields, findings):
            remarks.extend(_remarks(segment))
            extras.append(raw(segment))
    return ClaimPayment(
        **_read_clp(part[0], findings),
        **fields,
        adjustments=tuple(adjustments),
        lines=tuple([_read_service(one, findings) for one in services]),
        remarks=tuple(remarks),
        extras=tuple(extras),
        provider_summary=summary,
    )


def _read_clp(clp: Segment, findings: list[Finding]) -> dict[str, Any]:
    get = clp.get
    for position, name in (
        (1, "the patient control number"),
        (2, "the claim status"),
        (3, "the charge"),
        (4, "the payment"),
    ):
        if not get(position):
            fault(findings, "IK403:1", f"CLP{position:02d}, {name}, is missing.", clp, position, "2100")
    return {
        "patient_control_number": get(1),
        "status": get(2),
        "charge_cents": cents(clp, 3, findings, "2100"),
        "paid_cents": cents(clp, 4, findings, "2100"),
        "patient_responsibility_cents": cents(clp, 5, findings, "2100"),
        "filing_code": get(6),
        "payer_claim_control_number": get(7),
        "facility_code": get(8),
        "frequency_code": get(9),
        "drg_code": get(11),
        "drg_weight": number(clp, 12, findings, "2100"),
        "segment_number": clp.number,
        "byte_offset": clp.offset,
    }


def _read_detail(segment: Segment, fields: dict[str, Any], findings: list[Finding]) -> bool:
    """Take one segment of loop 2100 into the claim's fields; False when the view does not model it."""
    names = _DETAILS.get(segment.tag)
    name = names.get(segment.get(1)) if names else None
    if name is None or name in fields:
        return False
    match segment.tag:
        case "NM1":
            fields[name] = read_named(segment)
        case "DTM":
            fields[name] = day(segment, 2, findings, "2100")
        case _:
            fields[name] = cents(segment, 2, findings, "2100")
    return True


_DETAILS = {"NM1": _NAMES, "DTM": _CLAIM_DATES, "AMT": _CLAIM_AMOUNTS}


def _remarks(segment: Segment) -> tuple[str, ...]:
    """The remark codes of MIA and MOA."""
    if segment.tag not in ("MIA", "MOA"):
        return ()
    positions = _INPATIENT_REMARKS if segment.tag == "MIA" else _OUTPATIENT_REMARKS
    return tuple(segment.get(one) for one in positions if segment.get(one))


def _read_service(part: list[Segment], findings: list[Finding]) -> ServicePayment:
    fields = _read_svc(part[0], findings)
    adjustments: list[Adjustment] = []
    remarks: list[Remark] = []
    extras: list[Raw] = []
    for segment in part[1:]:
        first = segment.get(1)
        match segment.tag:
            case "CAS":
                adjustments.extend(read_adjustments(segment, findings, "2110"))
            case "DTM" if (name := _SERVICE_DATES.get(first)) and name not in fields:
                fields[name] = day(segment, 2, findings, "2110")
            case "REF" if first == "6R" and "line_control_number" not in fields:
                fields["line_control_number"] = segment.get(2)
            case "AMT" if first == "B6" and "allowed_cents" not in fields:
                fields["allowed_cents"] = cents(segment, 2, findings, "2110")
            case "LQ":
                remarks.append(Remark(first, segment.get(2)))
            case _:
                extras.append(raw(segment))
    return ServicePayment(**fields, adjustments=tuple(adjustments), remarks=tuple(remarks), extras=tuple(extras))


def _read_svc(svc: Segment, findings: list[Finding]) -> dict[str, Any]:
    paid, billed = svc.components(1), svc.components(6)
    more = len(svc.elements) > _SHORT_SERVICE
    return {
        "procedure_qualifier": paid[0] if paid else "",
        "procedure": paid[1] if len(paid) > 1 else "",
        "modifiers": tuple(one for one in paid[2:6] if one),
        "description": paid[6] if len(paid) > 6 else "",
        "charge_cents": cents(svc, 2, findings, "2110"),
        "paid_cents": cents(svc, 3, findings, "2110"),
        "revenue_code": svc.get(4),
        "units": number(svc, 5, findings, "2110") if more else None,
        "original_qualifier": billed[0] if billed else "",
        "original_procedure": billed[1] if len(billed) > 1 else "",
        "original_modifiers": tuple(one for one in billed[2:6] if one),
        "original_units": number(svc, 7, findings, "2110") if more else None,
        "segment_number": svc.number,
    }
