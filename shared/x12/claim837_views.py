"""A health care claim as the 837 carries it: professional (X222), institutional (X223) and dental (X224)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from shared.x12.adjustments import Adjustment
from shared.x12.findings import Finding
from shared.x12.parties import NO_PARTY, NO_PAYER, NO_PERSON, Party, Payer, Person
from shared.x12.view import view
from shared.x12.writing import Raw

Guide = Literal["837P", "837I", "837D"]


@view
class Diagnosis:
    """One code of an HI segment: qualifier (HI0n-1, ABK principal, ABF other, BK/BF for ICD-9), code without point.

    `present_on_admission` is HI0n-9 of an institutional claim.
    """

    qualifier: str
    code: str
    present_on_admission: str = ""


@view
class Ndc:
    """A drug: national drug code (LIN03), quantity (CTP04) and its unit (CTP05-1), prescription number (REF*XZ)."""

    code: str
    quantity: Decimal | None = None
    unit: str = ""
    prescription_number: str = ""


@view
class LineAdjudication:
    """What a prior payer decided about a line (loop 2430): SVD01 payer, SVD02 paid, SVD03 procedure, SVD05 units.

    `adjustments` are its CAS, `adjudicated_on` DTP*573, `remaining_liability_cents` AMT*EAF.
    """

    payer_id: str
    paid_cents: int | None
    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    units: Decimal | None = None
    bundled_line: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    adjudicated_on: date | None = None
    remaining_liability_cents: int | None = None
    description: str = ""


@view
class Tooth:
    """TOO: tooth code (TOO02) and surfaces (TOO03)."""

    code: str
    surfaces: tuple[str, ...] = ()


@view
class ServiceLine:
    """Loop 2400: LX01 and SV1 (professional), SV2 (institutional) or SV3 (dental).

    `diagnosis_pointers` count from 1 in the claim's diagnoses; `line_control_number` is REF*6R;
    `service_from` and `service_to` are DTP*472; `emergency` SV109; `revenue_code` SV201; `teeth` the TOO segments.
    `extras` are the loop's other segments in order, nested loops included. `bundle` is in no guide: the name of a
    tenant's charge bundle, which intake puts the lines of in this one's place. No file of X12 has it, nor gets it.
    """

    number: str
    line_control_number: str = ""
    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: int | None = None
    unit: str = ""
    units: Decimal | None = None
    place_of_service: str = ""
    diagnosis_pointers: tuple[int, ...] = ()
    service_from: date | None = None
    service_to: date | None = None
    ndc: Ndc | None = None
    rendering: Party | None = None
    emergency: bool = False
    extras: tuple[Raw, ...] = ()
    description: str = ""
    revenue_code: str = ""
    non_covered_cents: int | None = None
    epsdt: bool = False
    family_planning: bool = False
    copay_exempt: bool = False
    oral_cavity: tuple[str, ...] = ()
    prosthesis: str = ""
    teeth: tuple[Tooth, ...] = ()
    adjudications: tuple[LineAdjudication, ...] = ()
    bundle: str = ""


@view
class Subscriber:
    """Loop 2000B and 2010BA: SBR01 payer responsibility (P, S, T ...), SBR02 relationship (18: is the patient).

    `group_number` SBR03, `group_name` SBR04, `insurance_type` SBR05, `claim_filing_code` SBR09, `member_id` NM109.
    """

    person: Person = NO_PERSON
    member_id: str = ""
    group_number: str = ""
    group_name: str = ""
    relationship: str = ""
    payer_responsibility: str = ""
    claim_filing_code: str = ""
    insurance_type: str = ""
    member_id_qualifier: str = "MI"
    extras: tuple[Raw, ...] = ()


NO_SUBSCRIBER = Subscriber()


@view
class OtherPayer:
    """Another payer of the claim and what it decided (loops 2320 and 2330A/B).

    `subscriber` holds SBR and the other subscriber's NM1*IL; `adjustments` its CAS; `paid_cents` AMT*D,
    `non_covered_cents` AMT*A8, `remaining_liability_cents` AMT*EAF; `benefits_assigned` OI03,
    `patient_signature_source` OI04, `release_of_information` OI06; `payer` NM1*PR, `adjudicated_on` its DTP*573,
    `payer_claim_control_number` its REF*F8.
    """

    subscriber: Subscriber = NO_SUBSCRIBER
    payer: Payer = NO_PAYER
    adjustments: tuple[Adjustment, ...] = ()
    paid_cents: int | None = None
    non_covered_cents: int | None = None
    remaining_liability_cents: int | None = None
    benefits_assigned: str = ""
    patient_signature_source: str = ""
    release_of_information: str = ""
    adjudicated_on: date | None = None
    payer_claim_control_number: str = ""
    extras: tuple[Raw, ...] = ()


@view
class Header837:
    """What the claims of one transaction set share: envelope numbers, BHT and the parties of loop 1000.

    `purpose` BHT02, `reference` BHT03, `transaction_type` BHT06 (CH charges, RP encounters).
    """

    guide: Guide | None
    version: str
    usage: str
    interchange_control_number: str
    group_control_number: str
    purpose: str
    reference: str
    transaction_type: str
    submitter: Party
    receiver: Party


@view
class Claim837:
    """One claim (loop 2300) with everything above and below it.

    `patient_control_number` CLM01, `charge_cents` CLM02, `facility_code` CLM05-1 (place of service, or the first two
    digits of the bill type), `facility_qualifier` CLM05-2, `frequency_code` CLM05-3, `provider_signature` CLM06,
    `assignment` CLM07, `benefits_assigned` CLM08, `release_of_information` CLM09, `patient_signature_source` CLM10,
    `related_causes`, `accident_state`, `accident_country` CLM11, `special_program` CLM12, `predetermination` CLM19,
    `delay_reason` CLM20. `accident_date` DTP*439, `onset_date` DTP*431, `admission_date` DTP*435,
    `discharge_date` DTP*096 (837P), `statement_from`/`statement_to` DTP*434, `patient_paid_cents` AMT*F5.
    `patient` is None when the subscriber is the patient. `extras` are the other segments of loop 2300 in order, with
    the providers this view does not name. `transaction` is ST02.
    """

    patient_control_number: str
    charge_cents: int | None
    facility_code: str = ""
    frequency_code: str = ""
    provider_signature: str = ""
    assignment: str = ""
    benefits_assigned: str = ""
    release_of_information: str = ""
    payer_claim_control_number: str = ""
    prior_authorization_number: str = ""
    referral_number: str = ""
    accident_date: date | None = None
    accident_state: str = ""
    related_causes: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    lines: tuple[ServiceLine, ...] = ()
    billing: Party = NO_PARTY
    pay_to: Party | None = None
    rendering: Party | None = None
    referring: Party | None = None
    service_facility: Party | None = None
    supervising: Party | None = None
    attending: Party | None = None
    operating: Party | None = None
    subscriber: Subscriber = NO_SUBSCRIBER
    patient: Person | None = None
    patient_relationship: str = ""
    payer: Payer = NO_PAYER
    other_payers: tuple[OtherPayer, ...] = ()
    extras: tuple[Raw, ...] = ()
    facility_qualifier: str = "B"
    patient_signature_source: str = ""
    accident_country: str = ""
    special_program: str = ""
    predetermination: str = ""
    delay_reason: str = ""
    onset_date: date | None = None
    admission_date: date | None = None
    discharge_date: date | None = None
    statement_from: date | None = None
    statement_to: date | None = None
    patient_paid_cents: int | None = None
    transaction: str = ""
    segment_number: int = 0
    byte_offset: int = 0
    findings: tuple[Finding, ...] = ()
    header: Header837 | None = None


@view
class Batch837:
    """Claims to write in one interchange.

    `submitter.id` is ISA06, GS02 and NM1*41 NM109; `receiver.id` is ISA08, GS03 and NM1*40 NM109.
    """

    submitter: Party
    receiver: Party
    interchange_control_number: int
    group_control_number: int
    at: datetime
    claims: Sequence[Claim837]
    usage: str = "P"
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    transaction_type: str = "CH"
    reference: str = ""
