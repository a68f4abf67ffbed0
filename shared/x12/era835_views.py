"""An electronic remittance advice (835, X221A1): what a payer paid, claim by claim and line by line."""

from datetime import date
from decimal import Decimal

from shared.x12.adjustments import Adjustment
from shared.x12.findings import Finding
from shared.x12.parties import NO_PARTY, NO_PAYER, Named, Party, Payer
from shared.x12.view import view
from shared.x12.writing import Raw


@view
class Remark:
    """LQ: code list (LQ01, HE for remittance advice remark codes) and code (LQ02)."""

    qualifier: str
    code: str


@view
class ServicePayment:
    """Loop 2110: SVC01 procedure paid, SVC02 charge, SVC03 paid, SVC04 revenue code, SVC05 units paid.

    `original_procedure` and `original_modifiers` are SVC06 when the payer paid another code than billed,
    `original_units` SVC07; `service_date` and `service_to` DTM*472 (or 150 and 151); `line_control_number` REF*6R;
    `allowed_cents` AMT*B6; `remarks` the LQ segments. `units` is None when absent, which the guide reads as 1.
    """

    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: int | None = None
    paid_cents: int | None = None
    units: Decimal | None = None
    line_control_number: str = ""
    service_date: date | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[Remark, ...] = ()
    service_to: date | None = None
    revenue_code: str = ""
    original_qualifier: str = ""
    original_procedure: str = ""
    original_modifiers: tuple[str, ...] = ()
    original_units: Decimal | None = None
    allowed_cents: int | None = None
    description: str = ""
    extras: tuple[Raw, ...] = ()
    segment_number: int = 0


@view
class ClaimPayment:
    """Loop 2100: CLP01 to CLP07 and what belongs to the claim.

    `status` CLP02 (1, 2, 3 processed as primary, secondary, tertiary; 4 not recognised; 22 reversal ...),
    `filing_code` CLP06, `facility_code` CLP08, `frequency_code` CLP09, `drg_code` CLP11, `drg_weight` CLP12.
    `patient` NM1*QC, `insured` NM1*IL, `corrected` NM1*74, `rendering` NM1*82, `crossover` NM1*TT,
    `corrected_payer` NM1*PR. `remarks` are the remark codes of MIA and MOA; MIA and MOA themselves stay in `extras`.
    `received_date` DTM*050, `statement_from` DTM*232, `statement_to` DTM*233, `coverage_expired` DTM*036.
    `allowed_cents` AMT*AU, `interest_cents` AMT*I. `provider_summary` is the LX01 the claim came under.
    """

    patient_control_number: str
    status: str
    charge_cents: int | None
    paid_cents: int | None
    patient_responsibility_cents: int | None = None
    filing_code: str = ""
    payer_claim_control_number: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    lines: tuple[ServicePayment, ...] = ()
    remarks: tuple[str, ...] = ()
    received_date: date | None = None
    statement_from: date | None = None
    statement_to: date | None = None
    coverage_expired: date | None = None
    patient: Named | None = None
    insured: Named | None = None
    corrected: Named | None = None
    rendering: Named | None = None
    crossover: Named | None = None
    corrected_payer: Named | None = None
    facility_code: str = ""
    frequency_code: str = ""
    drg_code: str = ""
    drg_weight: Decimal | None = None
    allowed_cents: int | None = None
    interest_cents: int | None = None
    extras: tuple[Raw, ...] = ()
    provider_summary: str = ""
    segment_number: int = 0
    byte_offset: int = 0


@view
class ProviderAdjustment:
    """One amount of a PLB segment: provider (PLB01), fiscal period end (PLB02), reason and reference (PLB03), amount.

    A positive amount lowers the payment, a negative one raises it (X221A1 section 1.10.2).
    """

    provider_id: str
    fiscal_date: date | None
    code: str
    reference: str
    amount_cents: int | None


@view
class Account:
    """A bank account of BPR: routing qualifier and number, account qualifier and number (BPR06-09, BPR12-15)."""

    routing_qualifier: str = ""
    routing_number: str = ""
    account_qualifier: str = ""
    account_number: str = ""


@view
class Remittance835:
    """One 835 transaction set.

    `handling` BPR01, `payment_cents` BPR02, `credit_debit` BPR03 (C or D), `method` BPR04 (ACH, CHK, FWT, NON ...),
    `payment_format` BPR05, `originator_id` BPR10, `payment_date` BPR16; `trace_number` TRN02, `payer_id` TRN03,
    `originator_code` TRN04; `production_date` DTM*405; `receiver_id` REF*EV; `version` GS08; `transaction` ST02.
    `payer` is N1*PR with the further identifiers of its REF segments in `extras`; `payee` N1*PE.
    """

    payment_cents: int | None
    credit_debit: str = ""
    method: str = ""
    payment_date: date | None = None
    trace_number: str = ""
    payer_id: str = ""
    payer: Payer = NO_PAYER
    payee: Party = NO_PARTY
    claims: tuple[ClaimPayment, ...] = ()
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    production_date: date | None = None
    handling: str = ""
    payment_format: str = ""
    sender_account: Account | None = None
    receiver_account: Account | None = None
    originator_id: str = ""
    originator_code: str = ""
    receiver_id: str = ""
    extras: tuple[Raw, ...] = ()
    summaries: tuple[Raw, ...] = ()
    version: str = ""
    transaction: str = ""
    interchange_control_number: str = ""
    group_control_number: str = ""
    sender_id: str = ""
    interchange_receiver_id: str = ""
    complete: bool = True
    findings: tuple[Finding, ...] = ()
