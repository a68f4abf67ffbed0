"""From the reader's claim to the typed content that may lie in the clear."""

from services.claims.claim_kinds import Lifted
from services.claims.core.content import (
    ClaimContent,
    ContentLine,
    DentalLine,
    DiagnosisCode,
    DrugCode,
    IntakeFinding,
    OtherPayerContent,
    PriorAdjustment,
    PriorLineDecision,
    ToothWork,
)
from services.claims.identity import patient_of
from services.claims.providers import optional_provider, postal_of, provider_of
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Claim837, Diagnosis, LineAdjudication, OtherPayer, ServiceLine
from shared.x12.findings import Finding, Severity


def content_of(claim: Claim837, parts: Lifted) -> ClaimContent:
    """The content of a claim with the parts of its kind. A line without a control number gets its own number."""
    patient = patient_of(claim)
    subscriber = claim.subscriber
    return ClaimContent(
        claim_type=parts.claim_type,
        institutional=parts.institutional,
        dental=parts.dental,
        patient_control_number=claim.patient_control_number,
        charge_cents=claim.charge_cents,
        facility_code=claim.facility_code,
        facility_qualifier=claim.facility_qualifier,
        frequency_code=claim.frequency_code,
        diagnoses=tuple(_diagnosis(one) for one in claim.diagnoses),
        lines=tuple(_line(line, place) for place, line in enumerate(claim.lines, 1)),
        billing=provider_of(claim.billing),
        pay_to=optional_provider(claim.pay_to),
        rendering=optional_provider(claim.rendering),
        referring=optional_provider(claim.referring),
        supervising=optional_provider(claim.supervising),
        service_facility=optional_provider(claim.service_facility),
        payer_id=claim.payer.id,
        payer_name=claim.payer.name,
        payer_id_qualifier=claim.payer.id_qualifier,
        payer_address=postal_of(claim.payer.address),
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
        admission_date=parts.admission_date,
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
        rendering=optional_provider(line.rendering),
        emergency=line.emergency,
        epsdt=line.epsdt,
        family_planning=line.family_planning,
        copay_exempt=line.copay_exempt,
        revenue_code=line.revenue_code,
        non_covered_cents=line.non_covered_cents,
        dental=_dental(line),
        prior_decisions=tuple(_decision(one) for one in line.adjudications),
        bundle=line.bundle,
    )


def _diagnosis(one: Diagnosis) -> DiagnosisCode:
    return DiagnosisCode(qualifier=one.qualifier, code=one.code, present_on_admission=one.present_on_admission)


def _dental(line: ServiceLine) -> DentalLine | None:
    if not (line.oral_cavity or line.prosthesis or line.teeth):
        return None
    teeth = tuple(ToothWork(number=tooth.code, surfaces=tooth.surfaces) for tooth in line.teeth)
    return DentalLine(oral_cavity=line.oral_cavity, prosthesis=line.prosthesis, teeth=teeth)


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
        payer_address=postal_of(other.payer.address),
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
