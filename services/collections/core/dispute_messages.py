"""What an account is told of disputes, and the notices it asks for."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from services.collections.core.messages import Channel, Delivery
from services.collections.core.person_messages import PersonCommand
from shared.contracts import NonNegativeCents, PositiveCents, Sealed
from shared.decider import Effect

DisputeKind: TypeAlias = Literal[
    "amount", "not_mine", "paid", "insurance", "service", "estimate", "identity_theft", "validation", "other"
]
DisputeOutcome: TypeAlias = Literal["stands", "corrected", "withdrawn"]
DocumentKind: TypeAlias = Literal[
    "itemized_bill", "remittance", "contract", "consent", "payment_proof", "police_report", "letter", "other"
]
NoticeKind: TypeAlias = Literal[
    "dispute_received",
    "verification",
    "dispute_resolved",
    "opt_out_confirmed",
    "plan_due",
    "plan_broken",
    "assistance_missing",
    "assistance_granted",
    "assistance_denied",
]


class OpenDispute(PersonCommand):
    """The person disputes the debt, or part of it. `repeats` names one that was answered, with nothing new in it."""

    type: Literal["collections.open-dispute.v1"] = "collections.open-dispute.v1"
    dispute_id: str = Field(min_length=1)
    kind: DisputeKind
    written: bool
    received_on: date
    disputed_cents: PositiveCents | None = None
    repeats: str = ""


class AddEvidence(PersonCommand):
    """A document was found or came in: its id and kind, never what it says."""

    type: Literal["collections.add-evidence.v1"] = "collections.add-evidence.v1"
    dispute_id: str = Field(min_length=1)
    document_id: str = Field(min_length=1)
    document: DocumentKind


class SendVerification(PersonCommand):
    """Send the person the verification of the debt, with the evidence that was found."""

    type: Literal["collections.send-verification.v1"] = "collections.send-verification.v1"
    dispute_id: str = Field(min_length=1)


class ResolveDispute(PersonCommand):
    """The dispute is answered: the debt stands, was corrected (payments says the new balance), or it was taken back."""

    type: Literal["collections.resolve-dispute.v1"] = "collections.resolve-dispute.v1"
    dispute_id: str = Field(min_length=1)
    outcome: DisputeOutcome


class TellOfAssistance(PersonCommand):
    """The person is told where their application for help stands; the letter of it goes with the notice."""

    type: Literal["collections.tell-of-assistance.v1"] = "collections.tell-of-assistance.v1"
    application_id: str = Field(min_length=1)
    notice: Literal["assistance_missing", "assistance_granted", "assistance_denied"]


class NoticeDelivered(Delivery):
    """The answer to SendNotice."""

    type: Literal["collections.notice-delivered.v1"] = "collections.notice-delivered.v1"
    notice_id: str


class SendNotice(Effect):
    """Tell the person something; a verification goes with its packet. Only the notices of a plan ask for money."""

    type: Literal["collections.send-notice.v1"] = "collections.send-notice.v1"
    account_id: str
    notice_id: str
    notice: NoticeKind
    dispute_id: str = ""
    application_id: str = ""
    outcome: str = ""
    balance_cents: NonNegativeCents
    dated_on: date
    sealed_guarantor: Sealed | None
    channel: Channel = "letter"
    reach_id: str = "post"
    sealed_reach: Sealed | None = None
    language: str = "en"
    amount_due_cents: NonNegativeCents = 0  # of a plan's installment
    due_on: date | None = None


DisputeMessage: TypeAlias = (
    OpenDispute | AddEvidence | SendVerification | ResolveDispute | TellOfAssistance | NoticeDelivered
)
