"""One claim of an 835 (loop 2100 and 2110).

An 835 is mostly service lines, so here a segment's elements are unpacked at once instead of asked for one by one.
"""

from functools import lru_cache
from typing import Any

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.era835_views import ClaimPayment, Remark, ServicePayment
from shared.x12.findings import Finding
from shared.x12.parties import read_named
from shared.x12.tokens import Segment
from shared.x12.values import cents, day, fault, number, raw
from shared.x12.writing import Raw

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
_CLAIM_DETAILS = {"NM1": _NAMES, "DTM": _CLAIM_DATES, "AMT": _CLAIM_AMOUNTS}
_SERVICE_DETAILS = {
    "DTM": {"472": "service_date", "150": "service_date", "151": "service_to"},
    "REF": {"6R": "line_control_number"},
    "AMT": {"B6": "allowed_cents"},
}
_REQUIRED = ((1, "the patient control number"), (2, "the claim status"), (3, "the charge"), (4, "the payment"))
_NO_ELEMENTS = ("",) * 12
_INPATIENT_REMARKS = (5, 20, 21, 22, 23)
_OUTPATIENT_REMARKS = (3, 4, 5, 6, 7)


def read_claim_payment(part: list[Segment], summary: str, findings: list[Finding]) -> ClaimPayment:
    """The claim of a group that starts with CLP; `summary` is the LX01 it stands under."""
    starts = [index for index, segment in enumerate(part) if segment.tag == "SVC"]
    ends = [*starts[1:], len(part)]
    fields: dict[str, Any] = {}
    adjustments: list[Adjustment] = []
    remarks: list[str] = []
    extras: list[Raw] = []
    for segment in part[1 : starts[0] if starts else None]:
        if segment.tag == "CAS":
            adjustments += read_adjustments(segment, findings, "2100")
        elif not _read_detail(segment, _CLAIM_DETAILS, fields, findings, "2100"):
            remarks += _remarks(segment)
            extras.append(raw(segment))
    return ClaimPayment(
        **_read_clp(part[0], findings),
        **fields,
        adjustments=tuple(adjustments),
        lines=tuple([_read_service(part[start:end], findings) for start, end in zip(starts, ends, strict=False)]),
        remarks=tuple(remarks),
        extras=tuple(extras),
        provider_summary=summary,
    )


def _read_clp(clp: Segment, findings: list[Finding]) -> dict[str, Any]:
    control_number, status, charge, paid, owed, filing, payer_number, facility, frequency, _, drg, weight = (
        clp.elements + _NO_ELEMENTS
    )[:12]
    if not (control_number and status and charge and paid):
        for position, name in _REQUIRED:
            if not clp.get(position):
                fault(findings, "IK403:1", f"CLP{position:02d}, {name}, is missing.", clp, position, "2100")
    return {
        "patient_control_number": control_number,
        "status": status,
        "charge_cents": cents(clp, 3, findings, "2100"),
        "paid_cents": cents(clp, 4, findings, "2100"),
        "patient_responsibility_cents": cents(clp, 5, findings, "2100") if owed else None,
        "filing_code": filing,
        "payer_claim_control_number": payer_number,
        "facility_code": facility,
        "frequency_code": frequency,
        "drg_code": drg,
        "drg_weight": number(clp, 12, findings, "2100") if weight else None,
        "segment_number": clp.number,
        "byte_offset": clp.offset,
    }


def _read_detail(
    segment: Segment, details: dict[str, dict[str, str]], fields: dict[str, Any], findings: list[Finding], loop: str
) -> bool:
    """Take a segment into the field its tag and qualifier name; False when the view has none, or has it already."""
    tag, elements = segment.tag, segment.elements
    names = details.get(tag)
    name = names.get(elements[0]) if names and elements else None
    if name is None or name in fields:
        return False
    if tag == "DTM":
        fields[name] = day(segment, 2, findings, loop)
    elif tag == "AMT":
        fields[name] = cents(segment, 2, findings, loop)
    elif tag == "NM1":
        fields[name] = read_named(segment)
    else:
        fields[name] = segment.get(2)
    return True


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
        if segment.tag == "CAS":
            adjustments += read_adjustments(segment, findings, "2110")
        elif segment.tag == "LQ":
            remarks.append(Remark(segment.get(1), segment.get(2)))
        elif not _read_detail(segment, _SERVICE_DETAILS, fields, findings, "2110"):
            extras.append(raw(segment))
    return ServicePayment(**fields, adjustments=tuple(adjustments), remarks=tuple(remarks), extras=tuple(extras))


def _read_svc(svc: Segment, findings: list[Finding]) -> dict[str, Any]:
    paid, _, _, revenue_code, units, billed, original_units = (svc.elements + _NO_ELEMENTS)[:7]
    fields: dict[str, Any] = {
        "charge_cents": cents(svc, 2, findings, "2110"),
        "paid_cents": cents(svc, 3, findings, "2110"),
        "revenue_code": revenue_code,
        "segment_number": svc.number,
    }
    if paid:
        qualifier, procedure, modifiers, description = _procedure(paid, svc.delimiters.component)
        fields["procedure_qualifier"], fields["procedure"] = qualifier, procedure
        fields["modifiers"], fields["description"] = modifiers, description
    if units:
        fields["units"] = number(svc, 5, findings, "2110")
    if billed:
        qualifier, procedure, modifiers, _ = _procedure(billed, svc.delimiters.component)
        fields["original_qualifier"], fields["original_procedure"] = qualifier, procedure
        fields["original_modifiers"] = modifiers
    if original_units:
        fields["original_units"] = number(svc, 7, findings, "2110")
    return fields


@lru_cache(maxsize=4096)
def _procedure(text: str, separator: str) -> tuple[str, str, tuple[str, ...], str]:
    """Qualifier, code, up to four modifiers and description of a procedure composite."""
    qualifier, *parts = text.split(separator)
    if len(parts) < 2:
        return qualifier, parts[0] if parts else "", (), ""
    return qualifier, parts[0], tuple([one for one in parts[1:5] if one]), parts[5] if len(parts) > 5 else ""
