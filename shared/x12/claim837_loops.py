"""One claim's segments (loop 2300 and below) as a `Claim837`."""

from dataclasses import replace
from typing import Any

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.claim837_lines import read_line
from shared.x12.claim837_views import Claim837, Diagnosis, OtherPayer, Subscriber
from shared.x12.findings import Finding
from shared.x12.parties import Payer, read_party, read_payer, read_person, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, day, fault, period, raw
from shared.x12.writing import Raw

_PARTS = frozenset({"SBR", "LX"})
_NAMES = frozenset({"NM1"})
_PROVIDERS = {
    "82": "rendering",
    "DN": "referring",
    "77": "service_facility",
    "DQ": "supervising",
    "71": "attending",
    "72": "operating",
}
_REFERENCES = {"F8": "payer_claim_control_number", "G1": "prior_authorization_number", "9F": "referral_number"}
_DATES = {"439": "accident_date", "431": "onset_date", "435": "admission_date", "096": "discharge_date"}
_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF", "ABJ", "BJ", "APR", "PR", "ABN", "BN"})


def read_claim(block: list[Segment], findings: list[Finding], above: dict[str, Any]) -> Claim837:
    """The claim of a block that starts with CLM; `above` are the fields from outside it (subscriber, billing ...)."""
    head, *parts = split_groups(block, _PARTS)
    details, *names = split_groups(head, _NAMES)
    fields = _read_clm(block[0], findings)
    diagnoses: list[Diagnosis] = []
    extras: list[Raw] = []
    for segment in details[1:]:
        if segment.tag == "HI":
            _read_diagnoses(segment, diagnoses, extras, findings)
        elif not _read_detail(segment, fields, findings):
            extras.append(raw(segment))
    for group in names:
        role = _PROVIDERS.get(group[0].get(1), "")
        if role and role not in fields:
            fields[role] = read_party(group)
        else:
            extras.extend(map(raw, group))
    others = tuple(read_other_payer(part, findings) for part in parts if part[0].tag == "SBR")
    lines = tuple(read_line(part, findings) for part in parts if part[0].tag == "LX")
    return Claim837(
        **above,
        **fields,
        diagnoses=tuple(diagnoses),
        other_payers=others,
        lines=lines,
        extras=tuple(extras),
        findings=tuple(findings),
    )


def _read_clm(clm: Segment, findings: list[Finding]) -> dict[str, Any]:
    get = clm.get
    if not get(1):
        fault(findings, "IK403:1", "CLM01, the patient control number, is missing.", clm, 1, "2300")
    charge = cents(clm, 2, findings, "2300")
    if charge is None and not get(2):
        fault(findings, "IK403:1", "CLM02, the total charge, is missing.", clm, 2, "2300")
    facility, facility_qualifier, frequency = (*clm.components(5), "", "", "")[:3]
    *causes, state, country = (*clm.components(11), "", "", "", "", "")[:5]
    return {
        "patient_control_number": get(1),
        "charge_cents": charge,
        "facility_code": facility,
        "frequency_code": frequency,
        "provider_signature": get(6),
        "assignment": get(7),
        "benefits_assigned": get(8),
        "release_of_information": get(9),
        "accident_state": state,
        "related_causes": tuple(one for one in causes if one),
        "facility_qualifier": facility_qualifier,
        "patient_signature_source": get(10),
        "accident_country": country,
        "special_program": get(12),
        "predetermination": get(19),
        "delay_reason": get(20),
        "segment_number": clm.number,
        "byte_offset": clm.offset,
    }


def _read_detail(segment: Segment, fields: dict[str, Any], findings: list[Finding]) -> bool:
    """Take one segment of loop 2300 into the claim's fields; False when the view does not model it."""
    qualifier = segment.get(1)
    match segment.tag:
        case "REF" if qualifier in _REFERENCES and _REFERENCES[qualifier] not in fields:
            fields[_REFERENCES[qualifier]] = segment.get(2)
        case "AMT" if qualifier == "F5" and "patient_paid_cents" not in fields:
            fields["patient_paid_cents"] = cents(segment, 2, findings, "2300")
        case "DTP" if qualifier == "434" and "statement_from" not in fields:
            first, last = period(segment, findings, "2300")
            if first is None:
                return False
            fields["statement_from"], fields["statement_to"] = first, last
        case "DTP" if qualifier in _DATES and _DATES[qualifier] not in fields and segment.get(2) == "D8":
            fields[_DATES[qualifier]] = found = day(segment, 3, findings, "2300")
            return found is not None
        case _:
            return False
    return True


def _read_diagnoses(segment: Segment, diagnoses: list[Diagnosis], extras: list[Raw], findings: list[Finding]) -> None:
    """The diagnoses of an HI; its other codes stay together as one kept segment."""
    kept = raw(segment)
    others: list[str] = []
    for position in range(1, len(kept)):
        parts = kept[position].split(":")
        if len(parts) == 1 and parts[0]:
            message = f"HI{position:02d} has a qualifier or a code, but not both."
            fault(findings, "IK403:1", message, segment, position, "2300")
        if parts[0] in _DIAGNOSES and len(parts) > 1:
            diagnoses.append(Diagnosis(parts[0], parts[1], parts[8] if len(parts) > 8 else ""))
        elif parts[0]:
            others.append(kept[position])
    if others:
        extras.append(("HI", *others))


def read_other_payer(part: list[Segment], findings: list[Finding]) -> OtherPayer:
    """Loop 2320 with its 2330 loops."""
    head, *names = split_groups(part, _NAMES)
    fields: dict[str, Any] = {}
    adjustments: list[Adjustment] = []
    extras: list[Raw] = []
    for segment in head[1:]:
        if segment.tag == "CAS":
            adjustments.extend(read_adjustments(segment, findings, "2320"))
        elif segment.tag == "OI":
            signs = segment.get(3), segment.get(4), segment.get(6)
            fields["benefits_assigned"], fields["patient_signature_source"], fields["release_of_information"] = signs
        elif not _read_other_amount(segment, fields, findings):
            extras.append(raw(segment))
    person: list[Segment] | None = None
    for group in names:
        match group[0].get(1):
            case "IL" if person is None:
                person = group
            case "PR" if "payer" not in fields:
                fields |= _read_other_payer_name(group, findings)
            case _:
                extras.extend(map(raw, group))
    return OtherPayer(
        read_insured(part[0], person, findings), adjustments=tuple(adjustments), extras=tuple(extras), **fields
    )


_OTHER_AMOUNTS = {"D": "paid_cents", "A8": "non_covered_cents", "EAF": "remaining_liability_cents"}


def _read_other_amount(segment: Segment, fields: dict[str, Any], findings: list[Finding]) -> bool:
    name = _OTHER_AMOUNTS.get(segment.get(1)) if segment.tag == "AMT" else None
    if name is None or name in fields:
        return False
    fields[name] = cents(segment, 2, findings, "2320")
    return True


def _read_other_payer_name(group: list[Segment], findings: list[Finding]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    kept = [group[0]]
    for segment in group[1:]:
        if segment.tag == "DTP" and segment.get(1) == "573" and "adjudicated_on" not in fields:
            fields["adjudicated_on"] = day(segment, 3, findings, "2330B")
        elif segment.tag == "REF" and segment.get(1) == "F8" and "payer_claim_control_number" not in fields:
            fields["payer_claim_control_number"] = segment.get(2)
        else:
            kept.append(segment)
    payer: Payer = read_payer(kept)
    return fields | {"payer": payer}


def read_insured(
    insurance: Segment | None,
    group: list[Segment] | None,
    findings: list[Finding],
    kept: tuple[Raw, ...] = (),
    others: tuple[Raw, ...] = (),
) -> Subscriber:
    """A subscriber of an SBR segment and an NM1*IL group; `kept` and `others` become its extras."""
    sbr = insurance or Segment("SBR", ())
    name = group[0] if group else Segment("NM1", ())
    who = read_person(group or [name], findings, "2010BA" if kept or others else "2330A")
    return Subscriber(
        person=replace(who, extras=()) if who.extras else who,
        member_id=name.get(9),
        group_number=sbr.get(3),
        group_name=sbr.get(4),
        relationship=sbr.get(2),
        payer_responsibility=sbr.get(1),
        claim_filing_code=sbr.get(9),
        insurance_type=sbr.get(5),
        member_id_qualifier=name.get(8),
        extras=(*kept, *who.extras, *others),
    )
