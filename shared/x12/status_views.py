"""Claim status inquiries (276) and responses (277), guide X212."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.x12.claim_status import Status
from shared.x12.findings import Finding
from shared.x12.parties import NO_PAYER, NO_PERSON, Named, Payer, Person
from shared.x12.writing import Raw

NO_NAME = Named(entity_type="2")


@dataclass(frozen=True, slots=True)
class StatusLine:
    """Loop 2210 (276) or 2220 (277): SVC01 procedure, SVC02 charge, SVC03 paid, SVC04 revenue code, SVC07 units.

    `line_control_number` REF*FJ, `service_from` and `service_to` DTP*472, `statuses` the line's STC.
    """

    procedure_qualifier: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: int | None = None
    paid_cents: int | None = None
    revenue_code: str = ""
    units: Decimal | None = None
    line_control_number: str = ""
    service_from: date | None = None
    service_to: date | None = None
    statuses: tuple[Status, ...] = ()
    extras: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusInquiry276:
    """A question about one claim.

    `trace_number` TRN02 comes back in the response; `reference` BHT03. `payer` NM1*PR, `receiver` NM1*41, `provider`
    NM1*1P. `patient_control_number` REF*EJ, `payer_claim_control_number` REF*1K, `bill_type` REF*BLT,
    `clearinghouse_number` REF*D9, `charge_cents` AMT*T3, `service_from` and `service_to` DTP*472.
    """

    trace_number: str
    payer: Payer = NO_PAYER
    receiver: Named = NO_NAME
    provider: Named = NO_NAME
    subscriber: Person = NO_PERSON
    member_id: str = ""
    dependent: Person | None = None
    patient_control_number: str = ""
    payer_claim_control_number: str = ""
    clearinghouse_number: str = ""
    bill_type: str = ""
    charge_cents: int | None = None
    service_from: date | None = None
    service_to: date | None = None
    lines: tuple[StatusLine, ...] = ()
    extras: tuple[Raw, ...] = ()
    reference: str = ""
    sender_id: str = ""
    receiver_id: str = ""
    transaction: str = ""
    segment_number: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusResponse277:
    """What a payer says about one claim, or about a whole level it could not answer.

    Fields as in `StatusInquiry276`, with `statuses` (STC). `level` is "claim", or "source", "receiver" or "provider"
    when the status stands above the patient: no claim is named then.
    """

    trace_number: str
    statuses: tuple[Status, ...] = ()
    payer: Payer = NO_PAYER
    receiver: Named = NO_NAME
    provider: Named = NO_NAME
    subscriber: Person = NO_PERSON
    member_id: str = ""
    dependent: Person | None = None
    patient_control_number: str = ""
    payer_claim_control_number: str = ""
    clearinghouse_number: str = ""
    bill_type: str = ""
    service_from: date | None = None
    service_to: date | None = None
    lines: tuple[StatusLine, ...] = ()
    extras: tuple[Raw, ...] = ()
    level: str = "claim"
    reference: str = ""
    sender_id: str = ""
    receiver_id: str = ""
    transaction: str = ""
    segment_number: int = 0
    findings: tuple[Finding, ...] = ()
