"""What collections subscribes to."""

from services.collections.core import Account, AccountMessage, CollectionFact
from services.collections.core.statement_book import STATEMENT_BOOK
from shared.contracts import (
    ClaimRemitted,
    ClaimSubmitted,
    PatientBalanceChanged,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentFailed,
    PatientPaymentPending,
    PatientPaymentReceived,
)
from shared.contracts.wire import commands_topic, events_topic
from shared.decider import Decider, Due
from shared.inbox import Routes, route

TOPICS = (events_topic("payments"), events_topic("claims"), commands_topic("collections"))


def routes(accounts: Decider[Account, AccountMessage, CollectionFact]) -> Routes:
    """A balance changed, a guarantor paid or tried to, their money left again or came back, a deadline came."""
    return route(
        accounts,
        PatientBalanceChanged,
        PatientPaymentReceived,
        PatientPaymentPending,
        PatientPaymentFailed,
        PatientMoneyReversed,
        PatientMoneyRestored,
        Due,
    )


def statement_routes() -> Routes:
    """What statements itemise: bills with every balance, claims at their payers, and the guarantor's payments."""
    return route(
        STATEMENT_BOOK,
        PatientBalanceChanged,
        PatientPaymentReceived,
        PatientMoneyReversed,
        PatientMoneyRestored,
        ClaimSubmitted,
        ClaimRemitted,
    )
