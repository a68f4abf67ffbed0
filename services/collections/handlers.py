"""What collections subscribes to."""

from services.collections.core import Account, AccountMessage, CollectionFact
from shared.contracts import PatientBalanceChanged, PatientPaymentFailed, PatientPaymentPending, PatientPaymentReceived
from shared.decider import Decider, Due
from shared.inbox import Routes, route
from shared.wire import commands_topic, events_topic

TOPICS = (events_topic("payments"), commands_topic("collections"))


def routes(accounts: Decider[Account, AccountMessage, CollectionFact]) -> Routes:
    """A balance changed, a guarantor paid or tried to, a deadline came."""
    return route(
        accounts, PatientBalanceChanged, PatientPaymentReceived, PatientPaymentPending, PatientPaymentFailed, Due
    )
