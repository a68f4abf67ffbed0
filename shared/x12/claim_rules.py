"""What the syntax of an 837 cannot say: sums (SNIP 3), rules between segments (SNIP 4) and codes (SNIP 5)."""

from collections.abc import Iterator

from shared.x12.adjustments import total_cents
from shared.x12.claim837_views import Claim837, LineAdjudication, OtherPayer, ServiceLine
from shared.x12.code_rules import ICD_9, ICD_10, check_claim_codes
from shared.x12.findings import Finding, Severity
from shared.x12.identifiers import (
    icd9_form,
    icd10_form,
    place_of_service_form,
    procedure_form,
    taxonomy_form,
    valid_npi,
)
from shared.x12.parties import Party

_MOST_LINES = {"837P": 50, "837I": 999, "837D": 50}
_MOST_DIAGNOSES = {"837P": 12, "837D": 4}
_REPLACES = frozenset({"7", "8"})


def check_claim(claim: Claim837) -> tuple[Finding, ...]:
    """Every broken rule of one claim. Messages name rules and places, never values."""
    place = _Place(claim)
    rules = (_sums, _prior_payers, _references, _counts, _dates, _providers, _codes)
    found = [finding for rule in rules for finding in rule(claim, place)]
    return (*found, *check_claim_codes(claim))


class _Place:
    """Makes findings at a claim."""

    def __init__(self, claim: Claim837) -> None:
        self._at = claim.segment_number, claim.byte_offset

    def error(self, code: str, message: str, tag: str = "CLM", element: int = 0, loop: str = "2300") -> Finding:
        return Finding(Severity.ERROR, code, message, *self._at, tag, element, loop)


def _sums(claim: Claim837, place: _Place) -> Iterator[Finding]:
    amounts = [line.charge_cents for line in claim.lines]
    known = [one for one in amounts if one is not None]
    if len(known) == len(amounts) and claim.charge_cents is not None and sum(known) != claim.charge_cents:
        yield place.error("SNIP3:line-sum", "The charges of the lines do not add up to CLM02.", "CLM", 2)


def _prior_payers(claim: Claim837, place: _Place) -> Iterator[Finding]:
    """What a prior payer paid and adjusted must come to the charge, at the level it was decided."""
    payers = {other.payer.id for other in claim.other_payers}
    decided: set[str] = set()
    for line in claim.lines:
        for one in line.adjudications:
            decided.add(one.payer_id)
            if one.payer_id in payers and not _adds_up(one, line.charge_cents):
                message = f"What payment and adjustments of line {line.number}'s prior payer come to is not its charge."
                yield place.error("SNIP3:cob-line", message, "SVD", 2, "2430")
    for other in claim.other_payers:
        if other.payer.id not in decided and other.adjustments and not _claim_adds_up(other, claim.charge_cents):
            message = "What a prior payer paid and adjusted does not come to the claim's charge."
            yield place.error("SNIP3:cob-claim", message, "AMT", 2, "2320")


def _adds_up(one: LineAdjudication, charge_cents: int | None) -> bool:
    adjusted = total_cents(one.adjustments)
    if one.paid_cents is None or charge_cents is None or adjusted is None:
        return True
    return one.paid_cents + adjusted == charge_cents


def _claim_adds_up(other: OtherPayer, charge_cents: int | None) -> bool:
    adjusted = total_cents(other.adjustments)
    if other.paid_cents is None or charge_cents is None or adjusted is None:
        return True
    return other.paid_cents + adjusted == charge_cents


def _references(claim: Claim837, place: _Place) -> Iterator[Finding]:
    if claim.frequency_code in _REPLACES and not claim.payer_claim_control_number:
        message = "A replacement or void (CLM05-3 7 or 8) must carry the payer's claim control number in REF*F8."
        yield place.error("SNIP4:frequency", message, "REF", 2)
    if claim.patient is None and claim.subscriber.relationship not in ("18", ""):
        message = "SBR02 says the patient is not the subscriber, but no patient level follows."
        yield place.error("SNIP4:patient", message, "SBR", 2, "2000B")
    for line in claim.lines:
        if any(not 1 <= one <= len(claim.diagnoses) for one in line.diagnosis_pointers):
            message = f"Line {line.number} points to a diagnosis the claim does not have."
            yield place.error("SNIP4:pointer", message, "SV1", 7, "2400")


def _counts(claim: Claim837, place: _Place) -> Iterator[Finding]:
    guide = claim.header.guide if claim.header else None
    if not claim.lines:
        yield place.error("SNIP2:lines", "The claim has no service line.", "LX", 0, "2400")
    if guide and len(claim.lines) > _MOST_LINES[guide]:
        message = f"The claim has more than the {_MOST_LINES[guide]} lines its guide allows."
        yield place.error("SNIP2:lines", message, "LX", 0, "2400")
    if guide in _MOST_DIAGNOSES and len(claim.diagnoses) > _MOST_DIAGNOSES[guide]:
        message = f"The claim has more than the {_MOST_DIAGNOSES[guide]} diagnoses its guide allows."
        yield place.error("SNIP2:diagnoses", message, "HI")
    if len({line.line_control_number for line in claim.lines if line.line_control_number}) < sum(
        bool(line.line_control_number) for line in claim.lines
    ):
        yield place.error("SNIP4:line-control", "A line control number (REF*6R) is used twice.", "REF", 2, "2400")


def _dates(claim: Claim837, place: _Place) -> Iterator[Finding]:
    person = claim.patient or claim.subscriber.person
    for line in claim.lines:
        first, last = line.service_from, line.service_to
        if first and last and last < first:
            message = f"The service dates of line {line.number} run backwards."
            yield place.error("SNIP4:dates", message, "DTP", 3, "2400")
        if first and person.birth_date and first < person.birth_date:
            message = f"Line {line.number} was served before the patient was born."
            yield place.error("SNIP4:birth", message, "DTP", 3, "2400")


def _providers(claim: Claim837, place: _Place) -> Iterator[Finding]:
    parties: list[tuple[str, Party | None]] = [
        ("2010AA", claim.billing),
        ("2310", claim.rendering),
        ("2310", claim.referring),
        ("2310", claim.service_facility),
        ("2310", claim.supervising),
        ("2310", claim.attending),
        ("2310", claim.operating),
        *(("2420", line.rendering) for line in claim.lines),
    ]
    for loop, party in parties:
        if party and party.npi and not valid_npi(party.npi):
            yield place.error("SNIP5:npi", "A provider's NPI has a wrong check digit or form.", "NM1", 9, loop)
        if party and party.taxonomy and not taxonomy_form(party.taxonomy):
            yield place.error("SNIP5:taxonomy", "A provider taxonomy code is not ten characters.", "PRV", 3, loop)


def _codes(claim: Claim837, place: _Place) -> Iterator[Finding]:
    for one in claim.diagnoses:
        if one.qualifier in ICD_10 and not icd10_form(one.code):
            yield place.error("SNIP5:diagnosis", "A diagnosis code has not the form of ICD-10-CM.", "HI")
        if one.qualifier in ICD_9 and not icd9_form(one.code):
            yield place.error("SNIP5:diagnosis", "A diagnosis code has not the form of ICD-9-CM.", "HI")
    if claim.facility_qualifier == "B" and claim.facility_code and not place_of_service_form(claim.facility_code):
        yield place.error("SNIP5:place", "The place of service (CLM05-1) is not two digits.", "CLM", 5)
    for line in claim.lines:
        yield from _line_codes(line, place)


def _line_codes(line: ServiceLine, place: _Place) -> Iterator[Finding]:
    if line.procedure_qualifier in ("HC", "AD") and not procedure_form(line.procedure):
        message = f"The procedure code of line {line.number} has not the form of a HCPCS code."
        yield place.error("SNIP5:procedure", message, "SV1", 1, "2400")
    if line.place_of_service and not place_of_service_form(line.place_of_service):
        message = f"The place of service of line {line.number} is not two digits."
        yield place.error("SNIP5:place", message, "SV1", 5, "2400")
