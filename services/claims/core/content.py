"""What a claim says apart from who the patient is: typed, and free of identifiers.

One model for professional ("P"), institutional ("I") and dental ("D") claims: what only one kind has is in a part of
its own, with defaults, so that a claim stored before that part existed reads as it did. Names, birth dates, addresses,
member ids, prescription numbers and everything that is free text travel beside it in one sealed field
(`services.claims.identity`). Element names are those of the guides 005010X222A1, X223A2 and X224A2.
"""

from datetime import date, time
from decimal import Decimal
from typing import Literal, TypeAlias

from pydantic import Field

from shared.contracts import Cents, Contract

ClaimType: TypeAlias = Literal["P", "I", "D"]
"""Which guide a claim follows: professional (837P, CMS-1500), institutional (837I, UB-04) or dental (837D)."""

DIAGNOSES_MAX = 12
LINES_MAX = 50
MODIFIERS_MAX = 4
POINTERS_MAX = 4
DIAGNOSES_BY_KIND: dict[ClaimType, int] = {"P": 12, "I": 25, "D": 4}
LINES_BY_KIND: dict[ClaimType, int] = {"P": 50, "I": 999, "D": 50}
KIND_NAMES: dict[ClaimType, str] = {"P": "professional", "I": "institutional", "D": "dental"}


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
    """One code of an HI segment, without point: qualifier ABK is the principal one, ABF any other.

    Of an institutional claim ABJ is the admitting one, APR the reason for the visit, ABN an external cause;
    `present_on_admission` is HI0n-9.
    """

    qualifier: str
    code: str
    present_on_admission: str = ""


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


class ToothWork(Contract):
    """One tooth of a dental line (TOO): its number in the national system (JP), and the surfaces worked on."""

    number: str
    surfaces: tuple[str, ...] = ()


class DentalLine(Contract):
    """What only a line of a dental claim has: areas of the oral cavity (SV304), prosthesis (SV305, I or R), teeth."""

    oral_cavity: tuple[str, ...] = ()
    prosthesis: str = ""
    teeth: tuple[ToothWork, ...] = ()


class ContentLine(Contract):
    """One service line (loop 2400). `diagnosis_pointers` count from 1 in the claim's diagnoses.

    `revenue_code` (SV201) and `non_covered_cents` (SV207) are of institutional lines, which may lack a procedure.
    `bundle` names a charge bundle of the tenant whose lines are to stand here; none is left once they do.
    """

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
    revenue_code: str = ""
    non_covered_cents: Cents | None = None
    dental: DentalLine | None = None
    prior_decisions: tuple[PriorLineDecision, ...] = ()
    bundle: str = ""


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


class DatedCode(Contract):
    """A code with a day or a span: occurrence (HI BH), occurrence span (BI) or procedure (BBR, BBQ)."""

    qualifier: str
    code: str
    on: date | None = None
    to: date | None = None


class ValueCode(Contract):
    """A value code (HI BE) and its number, in cents where it is an amount; a count is kept times a hundred too."""

    code: str
    value_cents: Cents


class Institutional(Contract):
    """What only an institutional claim has (005010X223A2, loop 2300).

    `statement_from` and `statement_to` are DTP*434, `admitted_at` the hour of DTP*435, `discharged_at` that of DTP*096;
    `admission_type`, `admission_source` and `patient_status` CL101 to CL103; the codes are those of the HI segments.
    """

    statement_from: date | None = None
    statement_to: date | None = None
    admitted_at: time | None = None
    discharged_at: time | None = None
    admission_type: str = ""
    admission_source: str = ""
    patient_status: str = ""
    condition_codes: tuple[str, ...] = ()
    occurrences: tuple[DatedCode, ...] = ()
    value_codes: tuple[ValueCode, ...] = ()
    procedures: tuple[DatedCode, ...] = ()
    drg: str = ""
    attending: Provider | None = None
    operating: Provider | None = None


class ToothStatus(Contract):
    """A tooth that is missing (M), to be extracted (E) or impacted (I): DN2."""

    number: str
    status: str


class Dental(Contract):
    """What only a dental claim has (005010X224A2, loop 2300).

    `service_on` is DTP*472 of the claim, for lines that have no day of their own. `orthodontic_months` are DN101 with
    `orthodontic_months_left` DN102.
    """

    service_on: date | None = None
    service_to: date | None = None
    orthodontic_months: Decimal | None = None
    orthodontic_months_left: Decimal | None = None
    teeth: tuple[ToothStatus, ...] = ()


class ClaimContent(Contract):
    """A claim without identifiers. Absent amounts and dates are None, never zero.

    `member_known`, `birth_date_known` and `patient_named` tell the scrubber what the sealed part holds without opening
    it. `payer_responsibility` is SBR01 (P, S, T), `claim_filing_code` SBR09: the class of payer, such as MB or CI.
    `facility_code` is the place of service, or of an institutional claim the first two digits of its type of bill.
    """

    claim_type: ClaimType = "P"
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

    institutional: Institutional | None = None
    dental: Dental | None = None

    @property
    def type_of_bill(self) -> str:
        """Three digits of an institutional claim, such as 111: facility, care and frequency; "" of any other."""
        return f"{self.facility_code}{self.frequency_code}" if self.claim_type == "I" else ""

    @property
    def service_from(self) -> date | None:
        """The first day of service of any line; of an institutional claim, or without a line's day, the claim's own."""
        own = self._of_claim[0]
        first = min((line.service_from for line in self.lines if line.service_from), default=None)
        return own or first if self.claim_type == "I" else first or own

    @property
    def service_to(self) -> date | None:
        """The last day of service of any line; of an institutional claim, or without a line's day, the claim's own."""
        own = self._of_claim[1]
        last = max((d for line in self.lines if (d := line.service_to or line.service_from)), default=None)
        return own or last if self.claim_type == "I" else last or own

    @property
    def _of_claim(self) -> tuple[date | None, date | None]:
        """The days that the claim as a whole names."""
        if self.institutional is not None:
            return self.institutional.statement_from, self.institutional.statement_to
        if self.dental is not None:
            return self.dental.service_on, self.dental.service_to or self.dental.service_on
        return None, None


class IntakeFinding(Contract):
    """A fault that the reader found inside one claim: its code and place in the file, never a value."""

    code: str
    message: str
    segment: str = ""
    element: int = Field(default=0, ge=0)
    segment_number: int = Field(default=0, ge=0)
