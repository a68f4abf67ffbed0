"""Everything a collections account may be told."""

from typing import TypeAlias

from services.collections.core.agency_account import AgencyTold, HearAgency, TellAgency
from services.collections.core.dispute_messages import DisputeMessage, SendNotice
from services.collections.core.messages import (
    AccountEffect,
    LogContact,
    PlacementDelivered,
    RecallDelivered,
    ReminderDelivered,
    StartPlan,
    StatementDelivered,
)
from services.collections.core.person_messages import AskGate, HearInbound, NotePerson, ReportDelivery
from services.collections.core.plan_messages import PlanMessage
from services.collections.core.policy_messages import PolicyMessage
from services.collections.core.work_messages import WorkMessage
from shared.contracts import PatientBalanceChanged, PatientPaymentReceived
from shared.decider import Due

AnyAccountEffect: TypeAlias = AccountEffect | SendNotice | TellAgency

AccountMessage: TypeAlias = (
    PatientBalanceChanged
    | PatientPaymentReceived
    | PolicyMessage
    | StartPlan
    | LogContact
    | StatementDelivered
    | ReminderDelivered
    | PlacementDelivered
    | RecallDelivered
    | NotePerson
    | AskGate
    | HearInbound
    | ReportDelivery
    | DisputeMessage
    | HearAgency
    | AgencyTold
    | PlanMessage
    | WorkMessage
    | Due
)


def account_of(message: AccountMessage) -> str:
    """The account a message is about."""
    return message.aggregate_id if isinstance(message, Due) else message.account_id
