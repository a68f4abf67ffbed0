"""What the console subscribes to: every public event of every service."""

from services.console.core import ACCOUNT_VIEW, CLAIM_VIEW, REMITTANCE_VIEW, TAIL
from shared.contracts import (
    EVENTS,
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AdjustmentPosted,
    AppealDecided,
    AuthorizationRequired,
    BalanceOverdue,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRemitted,
    ClaimRerouted,
    ClaimStatusReported,
    ClaimSubmitted,
    ContactLogged,
    CoverageChecked,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    CoverageWorkFound,
    CreditBalanceFound,
    DeadlineNear,
    EligibilityBatchClosed,
    EligibilityUnknown,
    EnrollmentChanged,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FilingDeadlineNear,
    InformationRequested,
    OtherCoverageFound,
    PatientBalanceChanged,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    PlanBroken,
    PlanCompleted,
    PlanStarted,
    ProviderAdjustmentPosted,
    ProviderStandingChanged,
    ReminderSent,
    RemittanceParked,
    RemittanceReceived,
    StatementSent,
    WriteOffApproved,
)
from shared.inbox import Routes, join_routes, route
from shared.wire import events_topic

DECIDERS = (CLAIM_VIEW, ACCOUNT_VIEW, REMITTANCE_VIEW, TAIL)
TOPICS = tuple(events_topic(service) for service in EVENTS)

OF_CLAIMS = (
    CoverageVerified,
    CoverageInactive,
    EligibilityUnknown,
    AuthorizationRequired,
    ClaimReceived,
    ClaimHeld,
    ClaimSubmitted,
    ClaimAccepted,
    ClaimRejected,
    ClaimPaid,
    ClaimDenied,
    ClaimAppealed,
    AppealDecided,
    WriteOffApproved,
    ClaimRerouted,
    CoverageWorkFound,
    FilingDeadlineNear,
    DeadlineNear,
    AcknowledgementOverdue,
    AcknowledgementArrived,
    ClaimStatusReported,
    InformationRequested,
    ClaimRemitted,
    PaymentPosted,
    AdjustmentPosted,
    PaymentReversed,
)
OF_ACCOUNTS = (
    PatientBalanceChanged,
    PatientPaymentReceived,
    CreditBalanceFound,
    StatementSent,
    ReminderSent,
    ContactLogged,
    BalanceOverdue,
    PlanStarted,
    PlanBroken,
    PlanCompleted,
    AccountPlaced,
    AccountRecalled,
    AccountWrittenOff,
    AccountSettled,
)
OF_REMITTANCES = (RemittanceReceived, RemittanceParked, ProviderAdjustmentPosted)
OF_NO_VIEW = (
    CoverageChecked,
    OtherCoverageFound,
    CoverageDiscovered,
    EnrollmentChanged,
    ProviderStandingChanged,
    EligibilityBatchClosed,
    FileAcknowledgementOverdue,
    FileAcknowledgementArrived,
)
"""About coverages, providers and outbound files, which have no page of their own: the newest events show them."""
EVERYTHING = tuple(event for events in EVENTS.values() for event in events)


def routes() -> Routes:
    """Each event goes to the view it is about, and to the tail of the newest events."""
    return join_routes(
        route(CLAIM_VIEW, *OF_CLAIMS),
        route(ACCOUNT_VIEW, *OF_ACCOUNTS),
        route(REMITTANCE_VIEW, *OF_REMITTANCES),
        route(TAIL, *EVERYTHING),
    )
