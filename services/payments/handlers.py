"""What payments subscribes to."""

from services.payments.core.account import AccountDecider
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.claim_life import CLAIM_LIFE
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.core.sent_statements import SENT_STATEMENTS
from shared.contracts import (
    AccountWrittenOff,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    AuthorizationRequired,
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRerouted,
    ClaimSubmitted,
    CoverageVerified,
    InstallmentChargeRequested,
    LateChargeRaised,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
    SettlementUndone,
    StatementSent,
    WriteOffApproved,
)
from shared.contracts.wire import commands_topic, events_topic
from shared.decider import Due
from shared.inbox import Routes, join_routes, route

TOPICS = (
    events_topic("eligibility"),
    events_topic("claims"),
    events_topic("collections"),
    events_topic("payments"),
    commands_topic("payments"),
)
"""Its own events too: what a remittance announces is expected on the bank account."""


def routes(account: AccountDecider) -> Routes:
    """A submitted claim is charged, and names its control number; a balance or denial given up is written off.

    Interest and fees that collections raised are charges of their own, and what it granted as financial assistance is
    given up. What a payer says of the patient's coverage
    tells what may not be billed. What other parties owe and pay is told by this service itself. Statements are
    counted: some clients pay for each.
    """
    return join_routes(
        route(
            account,
            ClaimSubmitted,
            AccountWrittenOff,
            SettlementUndone,
            LateChargeRaised,
            AssistanceRequested,
            AssistanceGranted,
            AssistanceDenied,
            AssistanceEnded,
            WriteOffApproved,
            CoverageVerified,
            AuthorizationRequired,
            OtherPartyTermsSet,
            OtherPartyEnded,
            OtherPartyPaid,
            OtherPartyPaymentReturned,
            OtherPartyReductionAgreed,
            Due,
        ),
        route(CARD_PAYMENT, InstallmentChargeRequested),
        route(CONTROL_NUMBER, ClaimSubmitted),
        route(SENT_STATEMENTS, StatementSent),
        route(
            CLAIM_LIFE,
            ClaimReceived,
            ClaimHeld,
            ClaimRerouted,
            ClaimSubmitted,
            ClaimAccepted,
            ClaimRejected,
            ClaimPaid,
            ClaimDenied,
        ),
    )
