"""Collections accounts: the rules. Pure: no I/O, clock or randomness."""

from services.collections.core.account import make_decider
from services.collections.core.account_messages import AccountMessage
from services.collections.core.facts import CollectionFact
from services.collections.core.letters import still_wanted
from services.collections.core.messages import (
    AccountEffect,
    Channel,
    Delivery,
    FailureReason,
    LogContact,
    Outcome,
    PlaceAccount,
    PlacementDelivered,
    Purpose,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    SendReminder,
    SendStatement,
    StartPlan,
    StatementDelivered,
)
from services.collections.core.plans import terms_of
from services.collections.core.policy import ANY_TENANT, DunningPolicy, PolicyBook, PolicyError, ReminderLevel
from services.collections.core.state import Account

__all__ = [
    "ANY_TENANT",
    "Account",
    "AccountEffect",
    "AccountMessage",
    "Channel",
    "CollectionFact",
    "Delivery",
    "DunningPolicy",
    "FailureReason",
    "LogContact",
    "Outcome",
    "PlaceAccount",
    "PlacementDelivered",
    "PolicyBook",
    "PolicyError",
    "Purpose",
    "RecallAccount",
    "RecallDelivered",
    "ReminderDelivered",
    "ReminderLevel",
    "SendReminder",
    "SendStatement",
    "StartPlan",
    "StatementDelivered",
    "make_decider",
    "still_wanted",
    "terms_of",
]
