"""RevCycle's public events: the only thing its services share with each other and with the world."""

from typing import TypeAlias

from .base import Cents, Contract, Event, Message, Meta, NonNegativeCents, PositiveCents, Sealed
from .claims import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRerouted,
    ClaimStatusReported,
    ClaimSubmitted,
    CoverageWorkFound,
    DeadlineNear,
    DenialReason,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FileDelivered,
    FileUndelivered,
    FileWithdrawn,
    FilingDeadlineNear,
    HoldReason,
    InformationRequested,
    InformationSettled,
    StatusCallDue,
    SubmittedLine,
    WriteOffApproved,
)
from .collections import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AgencyPaymentReported,
    AgencyRemittanceReceived,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    AutopayEnded,
    BalanceOverdue,
    ContactLogged,
    InstallmentChargeRequested,
    InstallmentMissed,
    JudgmentEntered,
    LateChargeRaised,
    LegalActionEnded,
    LegalActionStarted,
    PlanBroken,
    PlanCancelled,
    PlanCompleted,
    PlanProposed,
    PlanRescheduled,
    PlanStarted,
    ReminderSent,
    ReviewRequested,
    RiskLimitCrossed,
    SettlementUndone,
    StatementSent,
)
from .collectors import (
    CollectorsEvent,
    ComplaintAnswered,
    ComplaintReceived,
    DebtDisputed,
    DebtDisputeResolved,
    PromiseToPayEnded,
    PromiseToPayMade,
)
from .eligibility import (
    AuthorizationDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    AuthorizationWorkFound,
    CheckReason,
    CoverageChecked,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    EligibilityBatchClosed,
    EligibilityUnknown,
    EnrollmentChanged,
    OtherCoverageFound,
    OtherPayer,
    ProviderStandingChanged,
    StandingSpan,
    UnknownCause,
)
from .other_parties import (
    OtherPartyBilled,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
)
from .payments import (
    Adjustment,
    AdjustmentPosted,
    BillLine,
    ClaimRemitted,
    CreditBalanceCleared,
    CreditBalanceFound,
    DepositMatched,
    DepositUnmatched,
    InsuredCorrected,
    LineDecision,
    PatientBalanceChanged,
    PatientBill,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentFailed,
    PatientPaymentPending,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    ProviderAdjustmentPosted,
    RefundIssued,
    RefundVoided,
    RemittanceParked,
    RemittancePlace,
    RemittanceReceived,
    UnderpaymentClosed,
    UnderpaymentFound,
    WriteOffPosted,
)

EligibilityEvent: TypeAlias = (
    CoverageVerified
    | CoverageInactive
    | EligibilityUnknown
    | AuthorizationRequired
    | AuthorizationGranted
    | AuthorizationDecided
    | AuthorizationWorkFound
    | CoverageChecked
    | OtherCoverageFound
    | CoverageDiscovered
    | EnrollmentChanged
    | ProviderStandingChanged
    | EligibilityBatchClosed
)
ClaimsEvent: TypeAlias = (
    ClaimReceived
    | ClaimHeld
    | ClaimSubmitted
    | ClaimAccepted
    | ClaimRejected
    | ClaimPaid
    | ClaimDenied
    | FilingDeadlineNear
    | DeadlineNear
    | ClaimAppealed
    | AppealDecided
    | WriteOffApproved
    | ClaimRerouted
    | CoverageWorkFound
    | AcknowledgementOverdue
    | AcknowledgementArrived
    | FileAcknowledgementOverdue
    | FileAcknowledgementArrived
    | FileUndelivered
    | FileDelivered
    | FileWithdrawn
    | ClaimStatusReported
    | InformationRequested
    | InformationSettled
    | StatusCallDue
    | AttachmentsSent
    | AttachmentWorkFound
)
PaymentsEvent: TypeAlias = (
    RemittanceReceived
    | RemittanceParked
    | ClaimRemitted
    | PaymentPosted
    | AdjustmentPosted
    | PaymentReversed
    | PatientBalanceChanged
    | PatientPaymentReceived
    | PatientPaymentPending
    | PatientPaymentFailed
    | CreditBalanceFound
    | CreditBalanceCleared
    | ProviderAdjustmentPosted
    | PatientMoneyReversed
    | WriteOffPosted
    | InsuredCorrected
    | PatientMoneyRestored
    | RefundIssued
    | RefundVoided
    | DepositMatched
    | DepositUnmatched
    | UnderpaymentFound
    | UnderpaymentClosed
    | OtherPartyTermsSet
    | OtherPartyEnded
    | OtherPartyBilled
    | OtherPartyPaid
    | OtherPartyPaymentReturned
    | OtherPartyReductionAgreed
)
GuarantorEvent: TypeAlias = (
    CollectorsEvent
    | StatementSent
    | ReminderSent
    | ContactLogged
    | BalanceOverdue
    | PlanStarted
    | PlanBroken
    | PlanCompleted
    | AccountPlaced
    | AccountRecalled
    | AccountWrittenOff
    | AccountSettled
    | AssistanceRequested
    | AssistanceGranted
    | AssistanceDenied
    | AssistanceEnded
    | ReviewRequested
    | LateChargeRaised
    | RiskLimitCrossed
    | AgencyPaymentReported
    | LegalActionStarted
    | JudgmentEntered
    | LegalActionEnded
    | PlanProposed
    | InstallmentMissed
    | PlanRescheduled
    | PlanCancelled
    | InstallmentChargeRequested
    | AutopayEnded
    | SettlementUndone
)
"""What collections says of a guarantor's account."""
CollectionsEvent: TypeAlias = GuarantorEvent | AgencyRemittanceReceived

EVENTS: dict[str, tuple[type[Event], ...]] = {
    "eligibility": EligibilityEvent.__args__,
    "claims": ClaimsEvent.__args__,
    "payments": PaymentsEvent.__args__,
    "collections": CollectionsEvent.__args__,
}
"""The events of each service; its topic is `<service>.events.v1`."""

TYPES: dict[str, type[Event]] = {e.model_fields["type"].default: e for events in EVENTS.values() for e in events}
"""Every public event by its versioned type."""

__all__ = [
    "EVENTS",
    "TYPES",
    "AccountPlaced",
    "AccountRecalled",
    "AccountSettled",
    "AccountWrittenOff",
    "AcknowledgementArrived",
    "AcknowledgementOverdue",
    "Adjustment",
    "AdjustmentPosted",
    "AgencyPaymentReported",
    "AgencyRemittanceReceived",
    "AppealDecided",
    "AssistanceDenied",
    "AssistanceEnded",
    "AssistanceGranted",
    "AssistanceRequested",
    "AttachmentWorkFound",
    "AttachmentsSent",
    "AuthorizationDecided",
    "AuthorizationGranted",
    "AuthorizationRequired",
    "AuthorizationWorkFound",
    "AutopayEnded",
    "BalanceOverdue",
    "BillLine",
    "Cents",
    "CheckReason",
    "ClaimAccepted",
    "ClaimAppealed",
    "ClaimDenied",
    "ClaimHeld",
    "ClaimPaid",
    "ClaimReceived",
    "ClaimRejected",
    "ClaimRemitted",
    "ClaimRerouted",
    "ClaimStatusReported",
    "ClaimSubmitted",
    "ClaimsEvent",
    "CollectionsEvent",
    "CollectorsEvent",
    "ComplaintAnswered",
    "ComplaintReceived",
    "ContactLogged",
    "Contract",
    "CoverageChecked",
    "CoverageDiscovered",
    "CoverageInactive",
    "CoverageVerified",
    "CoverageWorkFound",
    "CreditBalanceCleared",
    "CreditBalanceFound",
    "DeadlineNear",
    "DebtDisputeResolved",
    "DebtDisputed",
    "DenialReason",
    "DepositMatched",
    "DepositUnmatched",
    "EligibilityBatchClosed",
    "EligibilityEvent",
    "EligibilityUnknown",
    "EnrollmentChanged",
    "Event",
    "FileAcknowledgementArrived",
    "FileAcknowledgementOverdue",
    "FileDelivered",
    "FileUndelivered",
    "FileWithdrawn",
    "FilingDeadlineNear",
    "GuarantorEvent",
    "HoldReason",
    "InformationRequested",
    "InformationSettled",
    "InstallmentChargeRequested",
    "InstallmentMissed",
    "InsuredCorrected",
    "JudgmentEntered",
    "LateChargeRaised",
    "LegalActionEnded",
    "LegalActionStarted",
    "LineDecision",
    "Message",
    "Meta",
    "NonNegativeCents",
    "OtherCoverageFound",
    "OtherPartyBilled",
    "OtherPartyEnded",
    "OtherPartyPaid",
    "OtherPartyPaymentReturned",
    "OtherPartyReductionAgreed",
    "OtherPartyTermsSet",
    "OtherPayer",
    "PatientBalanceChanged",
    "PatientBill",
    "PatientMoneyRestored",
    "PatientMoneyReversed",
    "PatientPaymentFailed",
    "PatientPaymentPending",
    "PatientPaymentReceived",
    "PaymentPosted",
    "PaymentReversed",
    "PaymentsEvent",
    "PlanBroken",
    "PlanCancelled",
    "PlanCompleted",
    "PlanProposed",
    "PlanRescheduled",
    "PlanStarted",
    "PositiveCents",
    "PromiseToPayEnded",
    "PromiseToPayMade",
    "ProviderAdjustmentPosted",
    "ProviderStandingChanged",
    "RefundIssued",
    "RefundVoided",
    "ReminderSent",
    "RemittanceParked",
    "RemittancePlace",
    "RemittanceReceived",
    "ReviewRequested",
    "RiskLimitCrossed",
    "Sealed",
    "SettlementUndone",
    "StandingSpan",
    "StatementSent",
    "StatusCallDue",
    "SubmittedLine",
    "UnderpaymentClosed",
    "UnderpaymentFound",
    "UnknownCause",
    "WriteOffApproved",
    "WriteOffPosted",
]
