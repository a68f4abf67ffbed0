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


class PostSelfPayCharge(AccountCommand):
    """Charge the guarantor for a service that no payer is billed for."""

    type: Literal["payments.post-self-pay-charge.v1"] = "payments.post-self-pay-charge.v1"
    charge_id: Reference
    charge_cents: PositiveCents
    description_code: str = Field(max_length=30)
    service_date: date
    sealed_guarantor: Sealed


AccountMessage: TypeAlias = (
    ClaimSubmitted | PostRemittedClaim | PostPatientPayment | PostSelfPayCharge | AccountWrittenOff | WriteOffApproved
)
AnyAccountMessage = Annotated[AccountMessage, Field(discriminator="type")]
