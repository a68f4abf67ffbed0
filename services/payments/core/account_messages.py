"""What an account may be told."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from services.payments.core.remitted import Reference, RemittedClaim
from shared.contracts import AccountWrittenOff, ClaimSubmitted, Message, PositiveCents, Sealed, WriteOffApproved


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
    reserved_for: str = Field(
        default="", max_length=38, description="A visit's control number: kept for its claim until a payer decided it."
    )


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
AccountMessage: TypeAlias = (
    ClaimSubmitted
    | PostRemittedClaim
    | PostPatientPayment
    | PostSelfPayCharge
    | AccountWrittenOff
    | WriteOffApproved
    | MoneyBack
)
AnyAccountMessage = Annotated[AccountMessage, Field(discriminator="type")]
