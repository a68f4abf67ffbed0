"""What the payments service says: remittances, postings, and what the patient owes."""

from datetime import date
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from .base import Cents, Contract, Event, NonNegativeCents, PositiveCents, Sealed


class RemittanceReceived(Event):
    """An 835 transaction balanced and is being posted. Its record key is the remittance."""

    type: Literal["remittance.received.v1"] = "remittance.received.v1"
    remittance_id: str
    payer_id: str
    trace_number: str
    payment_cents: Cents
    payment_date: date
    claims: NonNegativeInt
    method: str = Field(default="", description="BPR04: ACH, CHK, FWT, BOP, NON; empty where it is not known.")
    originator_id: str = Field(default="", description="TRN03: who sends the transfer, as its bank names it too.")


class RemittanceParked(Event):
    """An 835 transaction failed an equation or repeats another: nothing of it is posted until a person decides."""

    type: Literal["remittance.parked.v1"] = "remittance.parked.v1"
    remittance_id: str
    payer_id: str
    trace_number: str
    payment_cents: Cents
    equation: str = Field(description="Which rule stopped it, in figures: names of amounts and cents, no identifiers.")
    claims: NonNegativeInt
    payment_date: date | None = None
    method: str = Field(default="", description="BPR04, as in the event of a remittance that balanced.")
    originator_id: str = Field(default="", description="TRN03, as in the event of a remittance that balanced.")


class Adjustment(Contract):
    """One claim adjustment: group (CO, PR, OA, PI), reason code and amount; positive lowers the payment."""

    group: str
    reason: str
    amount_cents: Cents


class LineDecision(Contract):
    """What a payer decided about one service line (SVC)."""

    line_control_number: str = Field(default="", description="REF*6R as the payer echoed it.")
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents
    paid_cents: Cents
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[str, ...] = Field(default=(), description="RARC of LQ*HE.")
    units: str | None = Field(default=None, description="SVC05, an exact decimal number.")
    allowed_cents: Cents | None = Field(default=None, description="AMT*B6, where the payer states it.")
    service_date: date | None = None
    revenue_code: str = ""
    original_procedure: str = Field(default="", description="SVC06: what was billed, when another code was paid.")
    original_modifiers: tuple[str, ...] = ()


class AccountEvent(Event):
    """What every event about a guarantor's account names."""

    account_id: str


class RemittancePlace(Contract):
    """Where a decision stands: the remittance, and the claim's place in it, from 1."""

    remittance_id: str
    position: PositiveInt


class ClaimRemitted(AccountEvent):
    """A payer's decision on one claim was posted to the ledger."""

    type: Literal["claim.remitted.v1"] = "claim.remitted.v1"
    claim_id: str
    patient_control_number: str
    remittance_id: str
    payer_id: str
    payer_claim_control_number: str | None = None
    status: str = Field(description="CLP02 as received; 22 is a reversal.")
    charge_cents: Cents
    paid_cents: Cents
    patient_responsibility_cents: Cents
    denied_cents: Cents
    adjustments: tuple[Adjustment, ...] = Field(
        default=(), description="By group and reason, over the claim and its lines; each line's own are in `lines`."
    )
    payment_date: date
    remark_codes: tuple[str, ...] = Field(default=(), description="Remark codes of the claim itself (MIA, MOA).")
    lines: tuple[LineDecision, ...] = ()
    filing_code: str = Field(default="", description="CLP06: which kind of payer decided.")
    forwarded_to: str | None = Field(default=None, description="The next payer it was sent to (NM1*TT), by its id.")
    position: NonNegativeInt = Field(default=0, description="The claim's place in the remittance, from 1; 0 unknown.")
    reverses: RemittancePlace | None = Field(default=None, description="Which decision a reversal (22) takes back.")
    stopped_cents: Cents = Field(
        default=0,
        description="Stated as the patient's, but kept from the patient by a rule; not in the responsibility.",
    )
    drg: str = Field(default="", description="CLP11: the DRG that the payer decided by.")
    open_at_payer_cents: Cents | None = Field(
        default=None, description="Of the services' charge, still open at payers after this decision."
    )
    charged_claim_id: str = Field(
        default="", description="The first claim of the same services, where this is a later payer's: it was charged."
    )


class PaymentPosted(AccountEvent):
    """The payer's money for one claim."""

    type: Literal["payment.posted.v1"] = "payment.posted.v1"
    claim_id: str
    remittance_id: str
    paid_cents: Cents


class AdjustmentPosted(AccountEvent):
    """An amount of one claim that nobody owes: contractual and other provider write-downs."""

    type: Literal["adjustment.posted.v1"] = "adjustment.posted.v1"
    claim_id: str
    remittance_id: str
    group: str
    reason: str
    amount_cents: Cents


class PaymentReversed(AccountEvent):
    """The payer took back what it paid for one claim (CLP02 22); the original stays in the ledger."""

    type: Literal["payment.reversed.v1"] = "payment.reversed.v1"
    claim_id: str
    remittance_id: str
    reversed_cents: PositiveCents


class WriteOffPosted(AccountEvent):
    """A person gave up money of a claim or charge, or took that back (a negative amount)."""

    type: Literal["write-off.posted.v1"] = "write-off.posted.v1"
    claim_id: str
    write_off_id: str
    side: Literal["patient", "payer"] = Field(description="Of whose share: what the guarantor owes, or the payer.")
    reason: str
    written_off_cents: Cents


class InsuredCorrected(AccountEvent):
    """A payer says that the patient or insured is another than was billed (NM1*74). Who, is sealed."""

    type: Literal["insured.corrected.v1"] = "insured.corrected.v1"
    claim_id: str
    payer_id: str
    remittance_id: str
    position: NonNegativeInt
    sealed_corrected: Sealed


class BillLine(Contract):
    """A service line as it was billed."""

    line_control_number: str = ""
    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents


class PatientBill(Contract):
    """A claim or charge as the ledger has it, absolute. Its charge is the sum of all the other amounts."""

    bill_id: str = Field(description="The claim, or the charge without one.")
    kind: Literal["claim", "charge"]
    service_date: date
    charge_cents: Cents
    insurance_paid_cents: Cents = 0
    adjusted_cents: Cents = Field(default=0, description="Written down: nobody owes it.")
    patient_paid_cents: Cents = 0
    given_up_cents: Cents = Field(default=0, description="Written off, financial assistance too.")
    open_at_payer_cents: Cents = Field(default=0, description="Not decided, or refused and worked on: not owed.")
    owed_cents: Cents = Field(default=0, description="By the guarantor, before unapplied money.")
    held_cents: Cents = Field(
        default=0, description="Owed by the guarantor and not billed: held or suppressed by a rule."
    )
    other_parties_cents: Cents = Field(
        default=0,
        description="Owed, paid or agreed to be reduced by employers, attorneys and such: never the guarantor's.",
    )
    lines: tuple[BillLine, ...] = ()


class PatientBalanceChanged(AccountEvent):
    """What the guarantor owes now, absolute; amounts still pending at a payer are not in it."""

    type: Literal["patient-balance.changed.v1"] = "patient-balance.changed.v1"
    balance_cents: Cents
    claims: NonNegativeInt = Field(description="Number of claims and charges with something owed by the patient.")
    sealed_guarantor: Sealed | None = None
    bills: tuple[PatientBill, ...] = Field(
        default=(),
        description="Every claim and charge with something owed, or open at a payer; empty where they are not told.",
    )
    unapplied_cents: Cents = Field(
        default=0, description="Patients' money that pays no bill yet and lowers the balance."
    )


class PatientPaymentReceived(AccountEvent):
    """The guarantor paid; what no open balance could take is unapplied credit."""

    type: Literal["patient-payment.received.v1"] = "patient-payment.received.v1"
    payment_id: str
    method: str
    paid_cents: PositiveCents
    applied_cents: NonNegativeCents
    unapplied_cents: NonNegativeCents


class PatientPaymentPending(AccountEvent):
    """A payment of the guarantor is on its way, and not money yet: a bank debit takes days."""

    type: Literal["patient-payment.pending.v1"] = "patient-payment.pending.v1"
    payment_id: str
    method: str
    pending_cents: PositiveCents


class PatientPaymentFailed(AccountEvent):
    """A payment that was tried did not come: declined, returned before it was paid, or never finished."""

    type: Literal["patient-payment.failed.v1"] = "patient-payment.failed.v1"
    payment_id: str
    method: str
    reason: str = Field(description="The processor's code, such as insufficient_funds; refused where it gave none.")


class PatientMoneyReversed(AccountEvent):
    """Money of a patient's payment left again: refunded by us, or taken back by the bank or the card network."""

    type: Literal["patient-payment.reversed.v1"] = "patient-payment.reversed.v1"
    payment_id: str
    reversal_id: str
    reversed_cents: PositiveCents
    cause: str = Field(description="refund, chargeback, returned_check, ach_return or void.")


class PatientMoneyRestored(AccountEvent):
    """A reversal was undone: a dispute was won, or a refund never reached anybody."""

    type: Literal["patient-payment.restored.v1"] = "patient-payment.restored.v1"
    payment_id: str
    reversal_id: str
    restored_cents: PositiveCents


class RefundIssued(AccountEvent):
    """A refund was approved and left the house. Its money is out of the ledger from now on."""

    type: Literal["refund.issued.v1"] = "refund.issued.v1"
    refund_id: str
    party: Literal["patient", "payer"]
    method: str = Field(description="card, ach, check or cash: to where it came from, where that is possible.")
    refunded_cents: PositiveCents
    claim_id: str | None = None
    payment_id: str | None = None


class RefundVoided(AccountEvent):
    """An issued refund did not reach its party: its money is there again."""

    type: Literal["refund.voided.v1"] = "refund.voided.v1"
    refund_id: str
    refunded_cents: PositiveCents


class DepositMatched(Event):
    """Money on the bank account and a remittance belong together. Its record key is the deposit."""

    type: Literal["deposit.matched.v1"] = "deposit.matched.v1"
    deposit_id: str
    remittance_id: str
    matched_cents: PositiveCents
    unapplied_cents: NonNegativeCents = Field(description="Of the deposit, not yet explained by any remittance.")
    by: Literal["trace", "person"]


class DepositUnmatched(Event):
    """A person took a match back."""

    type: Literal["deposit.unmatched.v1"] = "deposit.unmatched.v1"
    deposit_id: str
    remittance_id: str
    unmatched_cents: PositiveCents


class CreditBalanceFound(AccountEvent):
    """Somebody paid too much: a claim or an account shows a credit."""

    type: Literal["credit-balance.found.v1"] = "credit-balance.found.v1"
    claim_id: str | None = None
    credit_cents: PositiveCents


class CreditBalanceCleared(AccountEvent):
    """A credit that was found is gone: refunded, taken back, or used up by a new charge."""

    type: Literal["credit-balance.cleared.v1"] = "credit-balance.cleared.v1"
    claim_id: str | None = None


class ProviderAdjustmentPosted(Event):
    """A provider-level adjustment (PLB) went to the provider's ledger. Its record key is the provider."""

    type: Literal["provider-adjustment.posted.v1"] = "provider-adjustment.posted.v1"
    provider_id: str
    remittance_id: str
    code: str
    line: PositiveInt
    amount_cents: Cents = Field(description="As PLB states it: positive reduces the payment.")


class UnderpaymentFound(AccountEvent):
    """A payer allowed less for a claim than the contract says, beyond what is let go; said again when it changes.

    `short_cents` is the sum over the lines that are short. Nothing of it is in the ledger: it was written down as the
    payer's adjustments said.
    """

    type: Literal["underpayment.found.v1"] = "underpayment.found.v1"
    claim_id: str
    underpayment_id: str
    payer_id: str
    payer_claim_control_number: str
    contract_id: str
    contract_version: PositiveInt
    expected_cents: Cents
    allowed_cents: Cents
    short_cents: PositiveCents
    recovered_cents: NonNegativeCents = Field(default=0, description="Of what was missing at first, paid since.")
    dispute_by: date | None = Field(default=None, description="The last day that the contract leaves for a dispute.")


class UnderpaymentClosed(AccountEvent):
    """Nobody works on it any more: recovered, accepted, written off, or there is nothing missing after all."""

    type: Literal["underpayment.closed.v1"] = "underpayment.closed.v1"
    claim_id: str
    underpayment_id: str
    payer_id: str
    outcome: Literal["recovered", "accepted", "written_off", "no_longer_short", "withdrawn"]
    recovered_cents: NonNegativeCents
    given_up_cents: NonNegativeCents = Field(description="What is still missing, and was accepted or written off.")
