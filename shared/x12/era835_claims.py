"""One claim of an 835 (loop 2100 and 2110).

An 835 is mostly service lines, so here a segment's elements are unpacked at once instead of asked for one by one.
"""

from typing import Any, cast

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.era835_views import ClaimPayment, Remark, ServicePayment
from shared.x12.findings import Finding
from shared.x12.parties import read_named, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents_of, day_of, fault, number_of, parse_procedure, raw
from shared.x12.view import drafts, maker
from shared.x12.writing import Raw

_CLAIM_DETAILS = {
    ("NM1", "QC"): "patient",
    ("NM1", "IL"): "insured",
    ("NM1", "74"): "corrected",
    ("NM1", "82"): "rendering",
    ("NM1", "TT"): "crossover",
    ("NM1", "PR"): "corrected_payer",
    ("DTM", "050"): "received_date",
    ("DTM", "232"): "statement_from",
    ("DTM", "233"): "statement_to",
    ("DTM", "036"): "coverage_expired",
    ("AMT", "AU"): "allowed_cents",
    ("AMT", "I"): "interest_cents",
}
_SERVICE_DETAILS = {
    ("DTM", "472"): "service_date",
    ("DTM", "150"): "service_date",
    ("DTM", "151"): "service_to",
    ("REF", "6R"): "line_control_number",
    ("AMT", "B6"): "allowed_cents",
}
_REQUIRED = ((1, "the patient control number"), (2, "the claim status"), (3, "the charge"), (4, "the payment"))
_NO_ELEMENTS = ("",) * 12
_INPATIENT_REMARKS = (5, 20, 21, 22, 23)
_OUTPATIENT_REMARKS = (3, 4, 5, 6, 7)
_SERVICES = frozenset({"SVC"})
_claim, _service, _remark = drafts(ClaimPayment), drafts(ServicePayment), maker(Remark)
_Draft = Any


def read_claim_payment(part: list[Segment], summary: str, findings: list[Finding]) -> ClaimPayment:
    """The claim of a group that starts with CLP; `summary` is the LX01 it stands under."""
    head, *services = split_groups(part, _SERVICES)
    claim = _claim()
    adjustments: list[Adjustment] = []
    remarks: list[str] = []
    extras: list[Raw] = []
    seen: set[str] = set()
    for segment in head[1:]:
        if segment.tag == "CAS":
            adjustments += read_adjustments(segment, findings, "2100")
        elif not _read_detail(segment, _CLAIM_DETAILS, claim, seen, findings, "2100"):
            remarks += _remarks(segment)
            extras.append(raw(segment))
    _read_clp(head[0], claim, findings)
    claim.lines = tuple([_read_service(service, findings) for service in services])
    claim.adjustments, claim.remarks, claim.extras = tuple(adjustments), tuple(remarks), tuple(extras)
    claim.provider_summary = summary
    claim.__class__ = ClaimPayment
    return cast("ClaimPayment", claim)


def _read_clp(clp: Segment, claim: _Draft, findings: list[Finding]) -> None:
    control_number, status, charge, paid, owed, filing, payer_number, facility, frequency, _, drg, weight = (
        clp.elements + _NO_ELEMENTS
    )[:12]
    if not (control_number and status and charge and paid):
        for position, name in _REQUIRED:
            if not clp.get(position):
                fault(findings, "IK403:1", f"CLP{position:02d}, {name}, is missing.", clp, position, "2100")
    claim.patient_control_number, claim.status = control_number, status
    claim.charge_cents = cents_of(charge, clp, 3, findings, "2100")
    claim.paid_cents = cents_of(paid, clp, 4, findings, "2100")
    if owed:
        claim.patient_responsibility_cents = cents_of(owed, clp, 5, findings, "2100")
    claim.filing_code, claim.payer_claim_control_number = filing, payer_number
    claim.facility_code, claim.frequency_code, claim.drg_code = facility, frequency, drg
    if weight:
        claim.drg_weight = number_of(weight, clp, 12, findings, "2100")
    claim.segment_number, claim.byte_offset = clp.number, clp.offset


def _read_detail(
    segment: Segment,
    details: dict[tuple[str, str], str],
    draft: _Draft,
    seen: set[str],
    findings: list[Finding],
    loop: str,
) -> bool:
    """Take a segment into the field its tag and qualifier name; False when the view has none, or has it already."""
    tag, elements = segment.tag, segment.elements
    name = details.get((tag, elements[0])) if elements else None
    if name is None or name in seen:
        return False
    seen.add(name)
    text = elements[1] if len(elements) > 1 else ""
    if tag == "DTM":
        setattr(draft, name, day_of(text, segment, 2, findings, loop))
    elif tag == "AMT":
        setattr(draft, name, cents_of(text, segment, 2, findings, loop))
    elif tag == "NM1":
        setattr(draft, name, read_named(segment))
    else:
        setattr(draft, name, text)
    return True


def _remarks(segment: Segment) -> tuple[str, ...]:
    """The remark codes of MIA and MOA."""
    if segment.tag not in ("MIA", "MOA"):
        return ()
    positions = _INPATIENT_REMARKS if segment.tag == "MIA" else _OUTPATIENT_REMARKS
    return tuple(segment.get(one) for one in positions if segment.get(one))


def _read_service(part: list[Segment], findings: list[Finding]) -> ServicePayment:
    line = _service()
    _read_svc(part[0], line, findings)
    adjustments: list[Adjustment] = []
    remarks: list[Remark] = []
    extras: list[Raw] = []
    seen: set[str] = set()
    for segment in part[1:]:
        tag = segment.tag
        if tag == "CAS":
            adjustments += read_adjustments(segment, findings, "2110")
        elif tag == "LQ":
            remarks.append(_remark(segment.get(1), segment.get(2)))
        elif not _read_detail(segment, _SERVICE_DETAILS, line, seen, findings, "2110"):
            extras.append(raw(segment))
    line.adjustments = tuple(adjustments)
    if remarks:
        line.remarks = tuple(remarks)
    if extras:
        line.extras = tuple(extras)
    line.__class__ = ServicePayment
    return cast("ServicePayment", line)


def _read_svc(svc: Segment, line: _Draft, findings: list[Finding]) -> None:
    paid_for, charge, paid, line.revenue_code, units, billed, original_units = (
        svc.elements if len(svc.elements) == 7 else (svc.elements + _NO_ELEMENTS)[:7]
    )
    line.charge_cents = cents_of(charge, svc, 2, findings, "2110")
    line.paid_cents = cents_of(paid, svc, 3, findings, "2110")
    line.segment_number = svc.number
    if paid_for:
        line.procedure_qualifier, line.procedure, line.modifiers, line.description = parse_procedure(
            paid_for, svc.delimiters.component
        )
    if units:
        line.units = number_of(units, svc, 5, findings, "2110")
    if billed:
        line.original_qualifier, line.original_procedure, line.original_modifiers, _ = parse_procedure(
            billed, svc.delimiters.component
        )
    if original_units:
        line.original_units = number_of(original_units, svc, 7, findings, "2110")
