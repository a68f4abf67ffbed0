"""The ledger's facts. One ledger fact is one balanced entry: a debit and a credit of the same amount."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt

from services.payments.core.adjudication import Action
from services.payments.core.bill_facts import AnyBillFact
from services.payments.core.entries import AccountFact as AccountFact
from services.payments.core.entries import LedgerAccount as LedgerAccount
from services.payments.core.entries import LedgerFact as LedgerFact
from services.payments.core.entries import sides as sides
from services.payments.core.line_matching import BilledLine
from services.payments.core.other_share_facts import AnyOtherFact, AnyOtherLedgerFact
from services.payments.core.person_facts import (
    AssistanceNoted,
    ClaimUnposted,
    InsuredCorrectionClosed,
    InsuredCorrectionFound,
    PersonAnswered,
    PersonWroteOff,
    StandingsLearned,
    StandingsNoted,
    WriteOffAnswered,
    WriteOffRequested,
    WriteOffReverted,
)
from services.payments.core.remitted import Position, RemittedClaim
from shared.contracts import Cents, NonNegativeCents, PositiveCents


class Part(NamedTuple):
    """What one reason of a decision came to over the whole claim, and how it was classified when it was posted."""

    group: str
    reason: str
    action: Action
    amount_cents: int

    @property
    def code(self) -> tuple[str, str]:
        return self.group, self.reason


RepeatKind: TypeAlias = Literal["payment", "charge", "remitted-claim", "write-off", "reversal"]


class ChargePosted(LedgerFact):
    """A claim went to its payer for the first time."""

    type: Literal["account.charge-posted.v1"] = "account.charge-posted.v1"
    lines: tuple[BilledLine, ...] = ()
    standings: tuple[str, ...] = ()
    patient_control_number: str
    payer_id: str
    service_date: date
    sequence: int
    frequency_code: str
    sealed_guarantor: str
    billing_npi: str = ""
    rendering_npi: str = ""


class ChargeCorrected(LedgerFact):
    """A replacement claim (frequency 7) asks for another amount: the difference. It replaces every line."""

    type: Literal["account.charge-corrected.v1"] = "account.charge-corrected.v1"
    lines: tuple[BilledLine, ...] = ()
    sequence: int
    frequency_code: str


class ClaimResubmitted(AccountFact):
    """The claim went out again for the same amount: nothing is charged."""

    type: Literal["account.claim-resubmitted.v1"] = "account.claim-resubmitted.v1"
    lines: tuple[BilledLine, ...] = ()
    item_id: str
    sequence: int
    frequency_code: str


class ClaimFollowed(AccountFact):
    """The same services went to the next payer, as a claim of its own: they were charged with the first one."""

    type: Literal["account.claim-followed.v1"] = "account.claim-followed.v1"
    claim_id: str
    follows_claim_id: str
    patient_control_number: str
    payer_id: str = ""


class SelfPayChargePosted(LedgerFact):
    """The guarantor owes for a service without a claim."""

    type: Literal["account.self-pay-charge-posted.v1"] = "account.self-pay-charge-posted.v1"
    description_code: str
    service_date: date
    digest: str
    sealed_guarantor: str


class RemittedClaimHeld(AccountFact):
    """A decision that cannot be posted yet: its charge, or the payment it reverses, has not come."""

    type: Literal["account.remitted-claim-held.v1"] = "account.remitted-claim-held.v1"
    item_id: str
    waits_for: Literal["charge", "original"]
    remitted: RemittedClaim


class ClaimAdjudicated(AccountFact):
    """A payer's decision, in full; the entries that follow it are its money. `reverses` is what a reversal undoes.

    `lines` names for each remitted line the billed one that it answers, from 1; 0 where none can be told.
    """

    type: Literal["account.claim-adjudicated.v1"] = "account.claim-adjudicated.v1"
    item_id: str
    remitted: RemittedClaim
    lines: tuple[int, ...] = ()
    digest: str
    parts: tuple[Part, ...]
    denied_cents: Cents
    reverses: Position | None = None


class RemittedFact(LedgerFact):
    """An entry caused by a remittance: the claim's place in it, and the original's when it is a reversal."""

    place: Position
    reverses: Position | None = None


class PayerPaymentPosted(RemittedFact):
    """The payer's money for the claim (CLP04)."""

    type: Literal["account.payer-payment-posted.v1"] = "account.payer-payment-posted.v1"


class ContractualAdjusted(RemittedFact):
    """An amount nobody owes. `line` is the line as it was billed, 0 for the claim as a whole."""

    type: Literal["account.contractual-adjusted.v1"] = "account.contractual-adjusted.v1"
    line: int
    group: str
    reason: str
    quantity: Decimal | None = None


class MovedToPatient(RemittedFact):
    """Patient responsibility: from the payer's receivable to the guarantor's."""

    type: Literal["account.moved-to-patient.v1"] = "account.moved-to-patient.v1"
    line: int
    group: str
    reason: str
    quantity: Decimal | None = None


class PatientShareCoordinated(LedgerFact):
    """Payers together paid past the charge: patient responsibility is taken back, or given back when they did not."""

    type: Literal["account.patient-share-coordinated.v1"] = "account.patient-share-coordinated.v1"


class PatientShareStopped(LedgerFact):
    """A rule keeps part of a stated share from the patient, or does so no longer: see policy/never_billed.toml."""

    type: Literal["account.patient-share-stopped.v1"] = "account.patient-share-stopped.v1"
    rule: str


class PatientPaymentTaken(LedgerFact):
    """The guarantor's money arrived. What was applied at once follows in entries of its own."""

    type: Literal["account.patient-payment-taken.v1"] = "account.patient-payment-taken.v1"
    payment_id: str
    method: str
    received_on: date
    digest: str
    applied_cents: NonNegativeCents
    reserved_for: str = ""


class PatientPaymentApplied(LedgerFact):
    """Unapplied money pays a balance."""

    type: Literal["account.patient-payment-applied.v1"] = "account.patient-payment-applied.v1"
    payment_id: str
    line: NonNegativeInt = 0  # as billed; 0: the whole claim or charge
    reason: str = ""  # a person's, who said where it goes


class PatientPaymentReleased(LedgerFact):
    """The balance it paid fell away: the money is unapplied again."""

    type: Literal["account.patient-payment-released.v1"] = "account.patient-payment-released.v1"
    payment_id: str
    reason: str = ""  # a person's, who moved it
    kept: bool = False  # it stays unapplied until a person moves it on


class PatientPaymentReversed(LedgerFact):
    """Money of a payment left again. It was released from what it had paid before."""

    type: Literal["account.patient-payment-reversed.v1"] = "account.patient-payment-reversed.v1"
    reversal_id: str
    payment_id: str
    cause: str
    digest: str


class PatientPaymentRestored(LedgerFact):
    """What a reversal took out is there again."""

    type: Literal["account.patient-payment-restored.v1"] = "account.patient-payment-restored.v1"
    reversal_id: str
    payment_id: str


class PayerRefunded(LedgerFact):
    """A payer got back what it had paid too much for a claim."""

    type: Literal["account.payer-refunded.v1"] = "account.payer-refunded.v1"
    reversal_id: str
    payer_id: str
    digest: str


class PayerRefundRestored(LedgerFact):
    """The payer did not get it: the refund was voided."""

    type: Literal["account.payer-refund-restored.v1"] = "account.payer-refund-restored.v1"
    reversal_id: str


class ReversalRefused(AccountFact):
    """There is not as much as was to be taken back; the ledger is as it was."""

    type: Literal["account.reversal-refused.v1"] = "account.reversal-refused.v1"
    reversal_id: str
    digest: str
    asked_cents: PositiveCents
    available_cents: NonNegativeCents


class PrepaymentFreed(AccountFact):
    """A prepayment waits for no claim any more."""

    type: Literal["account.prepayment-freed.v1"] = "account.prepayment-freed.v1"
    payment_id: str


class WriteOffTaken(AccountFact):
    """Collections gave a balance up; `posted_cents` is what was still open of it."""

    type: Literal["account.write-off-taken.v1"] = "account.write-off-taken.v1"
    write_off_id: str
    asked_cents: PositiveCents
    posted_cents: NonNegativeCents


class BalanceWrittenOff(LedgerFact):
    """Bad debt of one claim or charge."""

    type: Literal["account.balance-written-off.v1"] = "account.balance-written-off.v1"
    write_off_id: str
    reason: str


class WriteOffReversed(LedgerFact):
    """The balance that was written off fell away, so there was nothing to write off."""

    type: Literal["account.write-off-reversed.v1"] = "account.write-off-reversed.v1"
    write_off_id: str = ""  # empty: the newest first, in entries of before it was named


class DenialGivenUp(AccountFact):
    """Two people gave up refused cents of a claim; `posted_cents` is what was still denied and open of them."""

    type: Literal["account.denial-given-up.v1"] = "account.denial-given-up.v1"
    item_id: str
    write_off_id: str
    asked_cents: PositiveCents
    posted_cents: NonNegativeCents


class DenialWrittenOff(LedgerFact):
    """Refused cents of a claim that nobody will be asked for any more."""

    type: Literal["account.denial-written-off.v1"] = "account.denial-written-off.v1"
    write_off_id: str
    category: str
    requested_by: str
    approved_by: str


class DenialWriteOffReversed(LedgerFact):
    """The payer paid what was given up, or took its denial back: that much was not lost."""

    type: Literal["account.denial-write-off-reversed.v1"] = "account.denial-write-off-reversed.v1"
    write_off_id: str = ""
    denied_cents: NonNegativeCents | None = None  # of it, refused before; None: all of it


class CreditChanged(AccountFact):
    """A claim (or the account, with an empty `item_id`) shows another credit than before."""

    type: Literal["account.credit-changed.v1"] = "account.credit-changed.v1"
    item_id: str
    credit_cents: NonNegativeCents


class BalanceChanged(AccountFact):
    """The guarantor owes another amount than was last said."""

    type: Literal["account.balance-changed.v1"] = "account.balance-changed.v1"
    balance_cents: Cents
    owing_items: int


class RepeatDiffered(AccountFact):
    """The same payment, charge, write-off or remitted claim came again with other content; the first one stands."""

    type: Literal["account.repeat-differed.v1"] = "account.repeat-differed.v1"
    kind: RepeatKind
    reference: str
    position: PositiveInt | None = None
    digest: str


AnyLedgerFact: TypeAlias = (
    ChargePosted
    | ChargeCorrected
    | SelfPayChargePosted
    | PayerPaymentPosted
    | ContractualAdjusted
    | MovedToPatient
    | PatientShareCoordinated
    | PatientShareStopped
    | PatientPaymentTaken
    | PatientPaymentApplied
    | PatientPaymentReleased
    | PatientPaymentReversed
    | PatientPaymentRestored
    | PayerRefunded
    | PayerRefundRestored
    | BalanceWrittenOff
    | WriteOffReversed
    | DenialWrittenOff
    | DenialWriteOffReversed
    | PersonWroteOff
    | WriteOffReverted
    | AnyOtherLedgerFact
)
AnyAccountFact: TypeAlias = (
    AnyLedgerFact
    | ClaimResubmitted
    | ClaimFollowed
    | StandingsNoted
    | StandingsLearned
    | RemittedClaimHeld
    | ClaimAdjudicated
    | WriteOffTaken
    | DenialGivenUp
    | CreditChanged
    | BalanceChanged
    | RepeatDiffered
    | ReversalRefused
    | PrepaymentFreed
    | PersonAnswered
    | WriteOffRequested
    | WriteOffAnswered
    | ClaimUnposted
    | InsuredCorrectionFound
    | InsuredCorrectionClosed
    | AssistanceNoted
    | AnyOtherFact
    | AnyBillFact
)
DiscriminatedAccountFact = Annotated[AnyAccountFact, Field(discriminator="type")]
