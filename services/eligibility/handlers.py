"""What eligibility subscribes to."""

from services.eligibility.core import Check, CheckMessage
from services.eligibility.core.check import CheckFact
from shared.contracts import ClaimReceived
from shared.decider import Decider
from shared.inbox import Routes, route
from shared.wire import commands_topic, events_topic

TOPICS = (events_topic("claims"), commands_topic("eligibility"))


def routes(check: Decider[Check, CheckMessage, CheckFact]) -> Routes:
    """A claim was received: is it covered?"""
    return route(check, ClaimReceived)
