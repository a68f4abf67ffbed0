"""From the reader's claim to the typed content that may lie in the clear."""

from services.claims.core.content import (
    ClaimContent,
    ContentLine,
    DiagnosisCode,
    DrugCode,
    IntakeFinding,
    OtherPayerContent,
    PostalAddress,
    PriorAdjustment,
    PriorLineDecision,
    Provider,
)
from services.claims.identity import patient_of
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Address, Claim837, LineAdjudication, OtherPayer, Party, ServiceLine
from shared.x12.findings import Finding, Severity


def content_of(claim: Claim837) -> ClaimContent:
    """The content of a claim. A line without a control number gets its own number: payers answer by it."""
    patient = patient_of(claim)
    subscriber = claim.subscriber
    return ClaimContent(
        patient_control_number=claim.patient_control_number,
        charge_cents=claim.charge_cents,
        facility_code=claim.facility_code,
        facility_qualifier=claim.facility_qualifier,
        frequency_code=claim.frequency_code,
        diagnoses=tuple(DiagnosisCode(qualifier=one.qualifier, code=one.code) for one in claim.diagnoses),
        lines=tuple(_line(line, place) for place, line in enumerate(claim.lines, 1)),
        billing=_provider(claim.billing),
        pay_to=_optional(claim.pay_to),
        rendering=_optional(claim.rendering),
        referring=_optional(claim.referring),
        supervising=_optional(claim.supervising),
        service_facility=_optional(claim.service_facility),
        payer_id=claim.payer.id,
        payer_name=claim.payer.name,
        payer_id_qualifier=claim.payer.id_qualifier,
        payer_address=_address(claim.payer.address),
        payer_responsibility=subscriber.payer_responsibility,
        claim_filing_code=subscriber.claim_filing_code,
        insurance_type=subscriber.insurance_type,
        member_known=bool(subscriber.member_id),
        birth_date_known=patient.birth_date is not None,
        patient_named=bool(patient.last_name),
        payer_claim_control_number=claim.payer_claim_control_number,
        prior_authorization_number=claim.prior_authorization_number,
        referral_number=claim.referral_number,
        provider_signature=claim.provider_signature,
        assignment=claim.assignment,
        benefits_assigned=claim.benefits_assigned,
        release_of_information=claim.release_of_information,
        patient_signature_source=claim.patient_signature_source,
        related_causes=claim.related_causes,
        accident_state=claim.accident_state,
        accident_country=claim.accident_country,
        special_program=claim.special_program,
        predetermination=claim.predetermination,
        delay_reason=claim.delay_reason,
        accident_date=claim.accident_date,
        onset_date=claim.onset_date,
        admission_date=claim.admission_date,
        discharge_date=claim.discharge_date,
        patient_paid_cents=claim.patient_paid_cents,
        other_payers=tuple(_other(other) for other in claim.other_payers),
    )


def findings_of(claim: Claim837) -> tuple[IntakeFinding, ...]:
    """The reader's errors inside a claim; warnings do not stop it."""
    return tuple(_finding(one) for one in claim.findings if one.severity is Severity.ERROR)


def _finding(finding: Finding) -> IntakeFinding:
    return IntakeFinding(
        code=finding.code,
        message=finding.message,
        segment=finding.segment_tag,
        element=finding.element,
        segment_number=finding.segment_number,
    )


def _line(line: ServiceLine, place: int) -> ContentLine:
    drug = line.ndc
    return ContentLine(
        number=line.number,
        line_control_number=line.line_control_number or str(place),
        procedure_qualifier=line.procedure_qualifier,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        unit=line.unit,
        units=line.units,
        place_of_service=line.place_of_service,
        diagnosis_pointers=line.diagnosis_pointers,
        service_from=line.service_from,
        service_to=line.service_to,
        drug=DrugCode(ndc=drug.code, quantity=drug.quantity, unit=drug.unit) if drug else None,
        rendering=_optional(line.rendering),
        emergency=line.emergency,
        epsdt=line.epsdt,
        family_planning=line.family_planning,
        copay_exempt=line.copay_exempt,
        prior_decisions=tuple(_decision(one) for one in line.adjudications),
    )


def _decision(decision: LineAdjudication) -> PriorLineDecision:
    return PriorLineDecision(
        payer_id=decision.payer_id,
        paid_cents=decision.paid_cents,
        procedure_qualifier=decision.procedure_qualifier,
        procedure=decision.procedure,
        modifiers=decision.modifiers,
        revenue_code=decision.revenue_code,
        units=decision.units,
        bundled_line=decision.bundled_line,
        adjustments=_adjustments(decision.adjustments),
        adjudicated_on=decision.adjudicated_on,
        remaining_liability_cents=decision.remaining_liability_cents,
    )


def _other(other: OtherPayer) -> OtherPayerContent:
    return OtherPayerContent(
        payer_id=other.payer.id,
        payer_name=other.payer.name,
        payer_id_qualifier=other.payer.id_qualifier,
        payer_address=_address(other.payer.address),
        adjustments=_adjustments(other.adjustments),
        paid_cents=other.paid_cents,
        non_covered_cents=other.non_covered_cents,
        remaining_liability_cents=other.remaining_liability_cents,
        benefits_assigned=other.benefits_assigned,
        patient_signature_source=other.patient_signature_source,
        release_of_information=other.release_of_information,
        adjudicated_on=other.adjudicated_on,
        payer_claim_control_number=other.payer_claim_control_number,
    )


def _adjustments(adjustments: tuple[Adjustment, ...]) -> tuple[PriorAdjustment, ...]:
    return tuple(
        PriorAdjustment(group=one.group, reason=one.reason, amount_cents=one.amount_cents, quantity=one.quantity)
        for one in adjustments
    )


def _optional(party: Party | None) -> Provider | None:
    return _provider(party) if party is not None else None


def _provider(party: Party) -> Provider:
    return Provider(
        name=party.name,
        first_name=party.first_name,
        middle_name=party.middle_name,
        suffix=party.suffix,
        entity_type=party.entity_type,
        npi=party.npi,
        id=party.id,
        id_qualifier=party.id_qualifier,
        tax_id=party.tax_id,
        tax_id_qualifier=party.tax_id_qualifier,
        taxonomy=party.taxonomy,
        address=_address(party.address),
        contact_name=party.contact_name,
        contact_phone=party.contact_phone,
        contact_numbers=party.contact_numbers,
    )


def _address(address: Address | None) -> PostalAddress | None:
    if address is None:
        return None
    return PostalAddress(
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        state=address.state,
        postal_code=address.postal_code,
        country=address.country,
    )
