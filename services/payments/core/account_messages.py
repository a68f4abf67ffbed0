"""What an account may be told."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, NonNegativeInt

from services.payments.core.bill_facts import Word
from services.payments.core.never_billed import Standing
from services.payments.core.remitted import Reference, RemittedClaim
from services.payments.core.write_off_policy import Side
from shared.contracts import (
    AccountWrittenOff,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    AuthorizationRequired,
    Cents,
    ClaimSubmitted,
    Contract,
    CoverageVerified,
    LateChargeRaised,
    Message,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
    PositiveCents,
    Sealed,
    SettlementUndone,
    WriteOffApproved,
)
from shared.decider import Due

Why = Annotated[str, Field(min_length=3, max_length=500, description="A person's reason; no patient data.")]
ClaimStanding: TypeAlias = Standing | Literal["no_next_payer"]
"""`no_next_payer`: a person found that no further payer will decide a claim that was forwarded."""
Allocation: TypeAlias = Literal["oldest", "statement", "line", "hand"]
"""Where a patient's money goes: the oldest balance, what a statement named, line by line, or as a person said."""


class Target(Contract):
    """So much of a payment for a claim or charge; `line` is the line as it was billed, 0 for the whole."""

    item_id: str
    line: NonNegativeInt = 0
    cents: PositiveCents


class AccountCommand(Message):
    """A command to one guarantor's account."""

    account_id: str


class PostRemittedClaim(AccountCommand):
    """Post a payer's decision on one claim."""

    type: Literal["payments.post-remitted-claim.v1"] = "payments.post-remitted-claim.v1"
    claim_id: str
    remitted: RemittedClaim


class PostPatientPayment(AccountCommand):
    """Post the guarantor's money. It goes to the named claim or charge first, then to the oldest balance."""

    type: Literal["payments.post-patient-payment.v1"] = "payments.post-patient-payment.v1"
    payment_id: Reference
    method: Literal["card", "ach", "cash", "check", "agency"]
    paid_cents: PositiveCents
    claim_id: str | None = None
    received_on: date
    allocation: Allocation = "oldest"
    items: tuple[str, ...] = Field(
        default=(), description="Claims and charges of the statement that is paid, in order."
    )
    targets: tuple[Target, ...] = Field(default=(), description="By hand or by line: what goes where.")
    reserved_for: str = Field(
        default="", max_length=38, description="A visit's control number: kept for its claim until a payer decided it."
    )


class NoteStandings(AccountCommand):
    """What a person or another system knows of a claim's patient that bears on what may be billed. The whole set."""

    type: Literal["payments.note-standings.v1"] = "payments.note-standings.v1"
    claim_id: str
    standings: tuple[ClaimStanding, ...]
    reason: Why


class RequestWriteOff(AccountCommand):
    """A person gives up money; above the limit of the reason, another person approves it.

    Of one claim or charge; with an empty `item_id` of the whole account, the oldest first. `roles` are the person's.
    """

    type: Literal["payments.request-write-off.v1"] = "payments.request-write-off.v1"
    write_off_id: Reference
    item_id: str
    side: Side
    reason: str
    written_off_cents: PositiveCents
    note: Why
    roles: tuple[str, ...] = ()


class DecideWriteOff(AccountCommand):
    """The second person's word on a write-off above the limit."""

    type: Literal["payments.decide-write-off.v1"] = "payments.decide-write-off.v1"
    write_off_id: Reference
    approved: bool
    note: Why
    roles: tuple[str, ...] | None = None


class RevertWriteOff(AccountCommand):
    """Undo what still stands of a write-off, a person's or another service's, by a linked reversal."""

    type: Literal["payments.revert-write-off.v1"] = "payments.revert-write-off.v1"
    write_off_id: str
    note: Why


class SayBill(AccountCommand):
    """Hold or suppress the bill of one claim or charge, of the account with an empty `item_id`; or let it go."""

    type: Literal["payments.say-bill.v1"] = "payments.say-bill.v1"
    item_id: str = ""
    word: Word
    reason: str = Field(default="", max_length=40)
    until: date | None = None
    note: Why


class MovePayment(AccountCommand):
    """Move applied money of one payment; an empty `to_item_id` keeps it unapplied until somebody moves it on."""

    type: Literal["payments.move-payment.v1"] = "payments.move-payment.v1"
    payment_id: Reference
    from_item_id: str
    to_item_id: str
    moved_cents: PositiveCents
    reason: Why


class CloseCorrection(AccountCommand):
    """A person looked after a payer's word that the insured is another than was billed."""

    type: Literal["payments.close-correction.v1"] = "payments.close-correction.v1"
    claim_id: str
    remittance_id: str
    position: NonNegativeInt
    note: Why


class Shift(Contract):
    """Where posting a decision moved a patient's money: so many cents of a payment (or write-off) to, or from, a claim.

    `source` is the payment or write-off; positive cents came to the claim, negative ones left it.
    """

    kind: Literal["payment", "write-off"]
    item_id: str
    source: str
    cents: Cents


class UnpostRemittedClaim(AccountCommand):
    """A decision was posted on the wrong claim: take it back as if it had never been, by linked reversals.

    `shifts` are what its posting moved of the patient's money, read from the journal.
    """

    type: Literal["payments.unpost-remitted-claim.v1"] = "payments.unpost-remitted-claim.v1"
    claim_id: str
    remitted: RemittedClaim
    reason: Why
    shifts: tuple[Shift, ...] = ()


class PostSelfPayCharge(AccountCommand):
    """Charge the guarantor for a service that no payer is billed for."""

    type: Literal["payments.post-self-pay-charge.v1"] = "payments.post-self-pay-charge.v1"
    charge_id: Reference
    charge_cents: PositiveCents
    description_code: str = Field(max_length=30)
    service_date: date
    sealed_guarantor: Sealed


ReversalCause: TypeAlias = Literal["refund", "chargeback", "returned_check", "ach_return", "void"]
"""Why money of a patient goes back: given back by us, or taken back by the card network, the bank or the till."""


class ReversePatientPayment(AccountCommand):
    """Take money of one payment out again. A refund takes what is not applied only; the others take what there is."""

    type: Literal["payments.reverse-patient-payment.v1"] = "payments.reverse-patient-payment.v1"
    reversal_id: Reference
    payment_id: Reference
    reversed_cents: PositiveCents
    cause: ReversalCause


class RefundPayer(AccountCommand):
    """Give back to a payer what it paid too much for a claim."""

    type: Literal["payments.refund-payer.v1"] = "payments.refund-payer.v1"
    reversal_id: Reference
    claim_id: str
    refunded_cents: PositiveCents


class RestoreMoney(AccountCommand):
    """Undo one of these: a dispute was won, a refund never reached anybody."""

    type: Literal["payments.restore-money.v1"] = "payments.restore-money.v1"
    reversal_id: Reference


class FreePrepayment(AccountCommand):
    """The visit will have no claim: its prepayment may pay other balances."""

    type: Literal["payments.free-prepayment.v1"] = "payments.free-prepayment.v1"
    payment_id: Reference


MoneyBack: TypeAlias = ReversePatientPayment | RefundPayer | RestoreMoney | FreePrepayment
OtherPartysWord: TypeAlias = (
    OtherPartyTermsSet | OtherPartyEnded | OtherPartyPaid | OtherPartyPaymentReturned | OtherPartyReductionAgreed
)
PersonsWord: TypeAlias = (
    NoteStandings
    | CloseCorrection
    | RequestWriteOff
    | DecideWriteOff
    | RevertWriteOff
    | MovePayment
    | UnpostRemittedClaim
)
AccountMessage: TypeAlias = (
    ClaimSubmitted
    | CoverageVerified
    | AuthorizationRequired
    | PostRemittedClaim
    | PostPatientPayment
    | PostSelfPayCharge
    | AccountWrittenOff
    | SettlementUndone
    | LateChargeRaised
    | AssistanceRequested
    | AssistanceGranted
    | AssistanceDenied
    | AssistanceEnded
    | WriteOffApproved
    | MoneyBack
    | OtherPartysWord
    | PersonsWord
    | SayBill
    | Due
)
AnyAccountMessage = Annotated[AccountMessage, Field(discriminator="type")]
