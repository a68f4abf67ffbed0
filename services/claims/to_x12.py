"""From content and opened identity back to a claim that can be written as an 837."""

from services.claims.claim_kinds import kind_segments
from services.claims.core.content import (
    ClaimContent,
    ContentLine,
    DentalLine,
    Institutional,
    OtherPayerContent,
    PriorAdjustment,
    PriorLineDecision,
)
from services.claims.identity import Identity, LineIdentity
from services.claims.providers import address_of, optional_party, party_of
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import (
    Claim837,
    Diagnosis,
    LineAdjudication,
    Ndc,
    OtherPayer,
    Payer,
    ServiceLine,
    Subscriber,
    Tooth,
)
from shared.x12.writing import Raw


def claim837_of(content: ClaimContent, identity: Identity) -> Claim837:
    """The claim again, with whatever was corrected in its content."""
    kept = {one.role: one.extras for one in identity.parties}
    hospital = content.institutional or Institutional()
    return Claim837(
        patient_control_number=content.patient_control_number,
        charge_cents=content.charge_cents,
        facility_code=content.facility_code,
        facility_qualifier=content.facility_qualifier,
        frequency_code=content.frequency_code,
        diagnoses=tuple(Diagnosis(one.qualifier, one.code, one.present_on_admission) for one in content.diagnoses),
        lines=tuple(
            _line(line, identity.lines[place] if place < len(identity.lines) else LineIdentity())
            for place, line in enumerate(content.lines)
        ),
        billing=party_of(content.billing, kept.get("billing", ())),
        pay_to=optional_party(content.pay_to, kept.get("pay_to", ())),
        rendering=optional_party(content.rendering, kept.get("rendering", ())),
        referring=optional_party(content.referring, kept.get("referring", ())),
        supervising=optional_party(content.supervising, kept.get("supervising", ())),
        service_facility=optional_party(content.service_facility, kept.get("service_facility", ())),
        attending=optional_party(hospital.attending, kept.get("attending", ())),
        operating=optional_party(hospital.operating, kept.get("operating", ())),
        statement_from=hospital.statement_from,
        statement_to=hospital.statement_to,
        subscriber=identity.subscriber,
        patient=identity.patient,
        patient_relationship=identity.patient_relationship,
        payer=Payer(
            content.payer_name,
            content.payer_id,
            address_of(content.payer_address),
            content.payer_id_qualifier,
            identity.payer_extras,
        ),
        other_payers=tuple(
            _other(other, identity.other_subscribers[place], identity.other_payer_extras[place], extras)
            for place, (other, extras) in enumerate(zip(content.other_payers, identity.other_extras, strict=True))
        ),
        payer_claim_control_number=content.payer_claim_control_number,
        prior_authorization_number=content.prior_authorization_number,
        referral_number=content.referral_number,
        provider_signature=content.provider_signature,
        assignment=content.assignment,
        benefits_assigned=content.benefits_assigned,
        release_of_information=content.release_of_information,
        patient_signature_source=content.patient_signature_source,
        related_causes=content.related_causes,
        accident_state=content.accident_state,
        accident_country=content.accident_country,
        special_program=content.special_program,
        predetermination=content.predetermination,
        delay_reason=content.delay_reason,
        accident_date=content.accident_date,
        onset_date=content.onset_date,
        admission_date=None if hospital.admitted_at else content.admission_date,
        discharge_date=content.discharge_date,
        patient_paid_cents=content.patient_paid_cents,
        extras=(*kind_segments(content), *identity.extras),
    )


def _line(line: ContentLine, identity: LineIdentity) -> ServiceLine:
    drug, dental = line.drug, line.dental or DentalLine()
    return ServiceLine(
        number=line.number,
        line_control_number=line.line_control_number,
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
        ndc=Ndc(drug.ndc, drug.quantity, drug.unit, identity.prescription_number) if drug else None,
        rendering=optional_party(line.rendering, identity.rendering_extras),
        emergency=line.emergency,
        epsdt=line.epsdt,
        family_planning=line.family_planning,
        copay_exempt=line.copay_exempt,
        revenue_code=line.revenue_code,
        non_covered_cents=line.non_covered_cents,
        oral_cavity=dental.oral_cavity,
        prosthesis=dental.prosthesis,
        teeth=tuple(Tooth(tooth.number, tooth.surfaces) for tooth in dental.teeth),
        description=identity.description,
        extras=identity.extras,
        adjudications=tuple(
            _decision(one, text)
            for one, text in zip(line.prior_decisions, identity.adjudication_descriptions, strict=True)
        ),
    )


def _decision(decision: PriorLineDecision, description: str) -> LineAdjudication:
    return LineAdjudication(
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
        description=description,
    )


def _other(
    other: OtherPayerContent, subscriber: Subscriber, payer_extras: tuple[Raw, ...], extras: tuple[Raw, ...]
) -> OtherPayer:
    return OtherPayer(
        subscriber=subscriber,
        payer=Payer(
            other.payer_name, other.payer_id, address_of(other.payer_address), other.payer_id_qualifier, payer_extras
        ),
        adjustments=_adjustments(other.adjustments),
        paid_cents=other.paid_cents,
        non_covered_cents=other.non_covered_cents,
        remaining_liability_cents=other.remaining_liability_cents,
        benefits_assigned=other.benefits_assigned,
        patient_signature_source=other.patient_signature_source,
        release_of_information=other.release_of_information,
        adjudicated_on=other.adjudicated_on,
        payer_claim_control_number=other.payer_claim_control_number,
        extras=extras,
    )


def _adjustments(adjustments: tuple[PriorAdjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(one.group, one.reason, one.amount_cents, one.quantity) for one in adjustments)
