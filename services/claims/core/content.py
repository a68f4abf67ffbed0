"""What a professional claim says apart from who the patient is: typed, and free of identifiers.

Names, birth dates, addresses, member ids, prescription numbers and everything that is free text travel beside it in one
sealed field (`services.claims.identity`). Element names are those of the 837P guide, 005010X222A1.
"""

from datetime import date
from decimal import Decimal

from pydantic import Field

from shared.contracts import Cents, Contract

DIAGNOSES_MAX = 12
LINES_MAX = 50
MODIFIERS_MAX = 4
POINTERS_MAX = 4


class PostalAddress(Contract):
    """N3 and N4 of a provider or payer; never of a person."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


class Provider(Contract):
    """A provider as its NM1 loop names it: a person when `entity_type` is "1", an organisation when it is "2"."""

    name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    entity_type: str = "2"
    npi: str = ""
    id: str = ""
    id_qualifier: str = ""
    tax_id: str = ""
    tax_id_qualifier: str = ""
    taxonomy: str = ""
    address: PostalAddress | None = None
    contact_name: str = ""
    contact_phone: str = ""
    contact_numbers: tuple[tuple[str, str], ...] = ()


class DiagnosisCode(Contract):
    """One code of an HI segment, without point: qualifier ABK is the principal one, ABF any other."""

    qualifier: str
    code: str


class DrugCode(Contract):
    """LIN03 with its quantity and unit (CTP04, CTP05); the prescription number is sealed."""

    ndc: str
    quantity: Decimal | None = None
    unit: str = ""


class PriorAdjustment(Contract):
    """One adjustment of a prior payer: CAS group, reason, amount and quantity."""

    group: str
    reason: str
    amount_cents: Cents | None
    quantity: Decimal | None = None


class PriorLineDecision(Contract):
    """What a prior payer decided about a line (loop 2430)."""

    payer_id: str
    paid_cents: Cents | None = None
    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    units: Decimal | None = None
    bundled_line: str = ""
    adjustments: tuple[PriorAdjustment, ...] = ()
    adjudicated_on: date | None = None
    remaining_liability_cents: Cents | None = None


class ContentLine(Contract):
    """One service line (loop 2400). `diagnosis_pointers` count from 1 in the claim's diagnoses."""

    number: str
    line_control_number: str = ""
    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents | None = None
    unit: str = ""
    units: Decimal | None = None
    place_of_service: str = ""
    diagnosis_pointers: tuple[int, ...] = ()
    service_from: date | None = None
    service_to: date | None = None
    drug: DrugCode | None = None
    rendering: Provider | None = None
    emergency: bool = False
    epsdt: bool = False
    family_planning: bool = False
    copay_exempt: bool = False
    prior_decisions: tuple[PriorLineDecision, ...] = ()


class OtherPayerContent(Contract):
    """Another payer of the claim and what it decided (loop 2320); its subscriber is sealed."""

    payer_id: str = ""
    payer_name: str = ""
    payer_id_qualifier: str = "PI"
    payer_address: PostalAddress | None = None
    adjustments: tuple[PriorAdjustment, ...] = ()
    paid_cents: Cents | None = None
    non_covered_cents: Cents | None = None
    remaining_liability_cents: Cents | None = None
    benefits_assigned: str = ""
    patient_signature_source: str = ""
    release_of_information: str = ""
    adjudicated_on: date | None = None
    payer_claim_control_number: str = ""


class ClaimContent(Contract):
    """A professional claim without identifiers. Absent amounts and dates are None, never zero.

    `member_known`, `birth_date_known` and `patient_named` tell the scrubber what the sealed part holds without opening
    it. `payer_responsibility` is SBR01 (P, S, T), `claim_filing_code` SBR09: the class of payer, such as MB or CI.
    """

    patient_control_number: str
    charge_cents: Cents | None
    facility_code: str = ""
    facility_qualifier: str = "B"
    frequency_code: str = "1"
    diagnoses: tuple[DiagnosisCode, ...] = ()
    lines: tuple[ContentLine, ...] = ()
    billing: Provider = Provider()
    pay_to: Provider | None = None
    rendering: Provider | None = None
    referring: Provider | None = None
    supervising: Provider | None = None
    service_facility: Provider | None = None
    payer_id: str = ""
    payer_name: str = ""
    payer_id_qualifier: str = "PI"
    payer_address: PostalAddress | None = None
    payer_responsibility: str = "P"
    claim_filing_code: str = ""
    insurance_type: str = ""
    member_known: bool = False
    birth_date_known: bool = False
    patient_named: bool = False
    payer_claim_control_number: str = ""
    prior_authorization_number: str = ""
    referral_number: str = ""
    provider_signature: str = ""
    assignment: str = ""
    benefits_assigned: str = ""
    release_of_information: str = ""
    patient_signature_source: str = ""
    related_causes: tuple[str, ...] = ()
    accident_state: str = ""
    accident_country: str = ""
    special_program: str = ""
    predetermination: str = ""
    delay_reason: str = ""
    accident_date: date | None = None
    onset_date: date | None = None
    admission_date: date | None = None
    discharge_date: date | None = None
    patient_paid_cents: Cents | None = None
    other_payers: tuple[OtherPayerContent, ...] = ()

    @property
    def service_from(self) -> date | None:
        """The first day of service of any line: professional claims are filed by it."""
        return min((line.service_from for line in self.lines if line.service_from), default=None)

    @property
    def service_to(self) -> date | None:
        """The last day of service of any line."""
        return max((d for line in self.lines if (d := line.service_to or line.service_from)), default=None)


class IntakeFinding(Contract):
    """A fault that the reader found inside one claim: its code and place in the file, never a value."""

    code: str
    message: str
    segment: str = ""
    element: int = Field(default=0, ge=0)
    segment_number: int = Field(default=0, ge=0)
