"""One claim's segments (loop 2300 and below) as a `Claim837`."""

from dataclasses import replace
from typing import Any, cast

from shared.x12.adjustments import Adjustment, read_adjustments
from shared.x12.claim837_lines import read_line
from shared.x12.claim837_views import Claim837, Diagnosis, OtherPayer, Subscriber
from shared.x12.findings import Finding
from shared.x12.parties import Payer, read_party, read_payer, read_person, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, cents_of, day, fault, period, raw, remembered
from shared.x12.view import maker
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
_FIELDS = {
    ("REF", "F8"): "payer_claim_control_number",
    ("REF", "G1"): "prior_authorization_number",
    ("REF", "9F"): "referral_number",
    ("AMT", "F5"): "patient_paid_cents",
    ("DTP", "434"): "statement_from",
    ("DTP", "439"): "accident_date",
    ("DTP", "431"): "onset_date",
    ("DTP", "435"): "admission_date",
    ("DTP", "096"): "discharge_date",
}
_NO_ELEMENTS = ("",) * 9
_NO_NAME = Segment("NM1", ())
_CLM_ELEMENTS = 9
_subscriber = maker(Subscriber)
_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF", "ABJ", "BJ", "APR", "PR", "ABN", "BN"})


def read_claim(block: list[Segment], findings: list[Finding], claim: Any) -> Claim837:
    """The claim of a block that starts with CLM; `claim` is a draft with what stands above it (subscriber, billing)."""
    head, *parts = split_groups(block, _PARTS)
    details, *names = split_groups(head, _NAMES)
    _read_clm(block[0], claim, findings)
    diagnoses: list[Diagnosis] = []
    extras: list[Raw] = []
    seen: set[str] = set()
    for segment in details[1:]:
        if segment.tag == "HI":
            _read_diagnoses(segment, diagnoses, extras, findings)
        elif not _read_detail(segment, claim, seen, findings):
            extras.append(raw(segment))
    for group in names:
        role = _PROVIDERS.get(group[0].get(1))
        if role and role not in seen:
            seen.add(role)
            setattr(claim, role, read_party(group))
        else:
            extras.extend(map(raw, group))
    claim.other_payers = tuple([read_other_payer(part, findings) for part in parts if part[0].tag == "SBR"])
    claim.lines = tuple([read_line(part, findings) for part in parts if part[0].tag == "LX"])
    claim.diagnoses, claim.extras, claim.findings = tuple(diagnoses), tuple(extras), tuple(findings)
    claim.__class__ = Claim837
    return cast("Claim837", claim)


def _read_clm(clm: Segment, claim: Any, findings: list[Finding]) -> None:
    control_number, total, _, _, facility, signature, assignment, benefits, release, *more = (
        clm.elements if len(clm.elements) >= _CLM_ELEMENTS else (clm.elements + _NO_ELEMENTS)[:_CLM_ELEMENTS]
    )
    if not control_number:
        fault(findings, "IK403:1", "CLM01, the patient control number, is missing.", clm, 1, "2300")
    if not total:
        fault(findings, "IK403:1", "CLM02, the total charge, is missing.", clm, 2, "2300")
    claim.patient_control_number = control_number
    claim.charge_cents = cents_of(total, clm, 2, findings, "2300")
    claim.facility_code, claim.facility_qualifier, claim.frequency_code = _parse_facility(
        facility, clm.delimiters.component
    )
    claim.provider_signature, claim.assignment = signature, assignment
    claim.benefits_assigned, claim.release_of_information = benefits, release
    if more:
        _read_clm_end(clm, claim)
    claim.segment_number, claim.byte_offset = clm.number, clm.offset


@remembered
def _parse_facility(text: str, separator: str) -> tuple[str, str, str]:
    facility, qualifier, frequency = (*text.split(separator), "", "")[:3]
    return facility, qualifier, frequency


def _read_clm_end(clm: Segment, claim: Any) -> None:
    """What seldom stands: CLM10 to CLM20."""
    get = clm.get
    *causes, state, country = (*clm.components(11), "", "", "", "", "")[:5]
    claim.related_causes = tuple([one for one in causes if one])
    claim.accident_state, claim.accident_country = state, country
    claim.patient_signature_source, claim.special_program = get(10), get(12)
    claim.predetermination, claim.delay_reason = get(19), get(20)


def _read_detail(segment: Segment, claim: Any, seen: set[str], findings: list[Finding]) -> bool:
    """Take one segment of loop 2300 into the claim; False when the view does not model it, or has it already."""
    qualifier = segment.get(1)
    name = _FIELDS.get((segment.tag, qualifier))
    if name is None or name in seen:
        return False
    if segment.tag == "REF":
        value: object = segment.get(2)
    elif segment.tag == "AMT":
        value = cents(segment, 2, findings, "2300")
    elif name == "statement_from":
        value, claim.statement_to = period(segment, findings, "2300")
        if value is None:
            return False
    elif segment.get(2) == "D8":
        value = day(segment, 3, findings, "2300")
    else:
        return False
    setattr(claim, name, value)
    seen.add(name)
    return value is not None or segment.tag == "AMT"


def _read_diagnoses(segment: Segment, diagnoses: list[Diagnosis], extras: list[Raw], findings: list[Finding]) -> None:
    """The diagnoses of an HI; its other codes stay together as one kept segment."""
    kept = raw(segment)
    others: list[str] = []
    for position in range(1, len(kept)):
        text = kept[position]
        if found := _parse_diagnosis(text, ":"):
            diagnoses += found
            continue
        qualifier, separator, _ = text.partition(":")
        if qualifier:
            others.append(text)
        if qualifier and not separator:
            message = f"HI{position:02d} has a qualifier or a code, but not both."
            fault(findings, "IK403:1", message, segment, position, "2300")
    if others:
        extras.append(("HI", *others))


@remembered
def _parse_diagnosis(text: str, separator: str) -> tuple[Diagnosis, ...]:
    """The diagnosis of an HI composite; none when it is another code."""
    parts = text.split(separator)
    if parts[0] not in _DIAGNOSES or len(parts) == 1:
        return ()
    return (Diagnosis(parts[0], parts[1], parts[8] if len(parts) > 8 else ""),)


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
    relation = (insurance.elements + _NO_ELEMENTS)[:9] if insurance else _NO_ELEMENTS
    name = group[0] if group else _NO_NAME
    who = read_person(group or [name], findings, "2010BA" if kept or others else "2330A")
    responsibility, relationship, group_number, group_name, insurance_type, _, _, _, filing_code = relation
    return _subscriber(
        replace(who, extras=()) if who.extras else who,
        name.get(9),
        group_number,
        group_name,
        relationship,
        responsibility,
        filing_code,
        insurance_type,
        name.get(8),
        (*kept, *who.extras, *others),
    )
