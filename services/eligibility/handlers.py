"""What eligibility subscribes to."""

from services.eligibility.core import Check, CheckMessage
from services.eligibility.core.authorization import AuthorizationDecider
from services.eligibility.core.check_facts import CheckFact
from services.eligibility.core.discovery import DISCOVERY
from services.eligibility.core.night import NightDecider
from services.eligibility.core.recheck import DeniedClaim, RecheckFact, RecheckMessage
from shared.contracts import (
    AuthorizationRequired,
    BalanceOverdue,
    ClaimDenied,
    ClaimReceived,
    ClaimSubmitted,
    CoverageChecked,
    EligibilityUnknown,
)
from shared.contracts.wire import commands_topic, events_topic
from shared.decider import Decider, Due
from shared.inbox import Routes, join_routes, route

TOPICS = (events_topic("claims"), commands_topic("eligibility"))
ALL_TOPICS = (*TOPICS, events_topic("collections"), events_topic("eligibility"))


def routes(check: Decider[Check, CheckMessage, CheckFact]) -> Routes:
    """A claim was received: is it covered?"""
    return route(check, ClaimReceived)


def all_routes(
    check: Decider[Check, CheckMessage, CheckFact], recheck: Decider[DeniedClaim, RecheckMessage, RecheckFact]
) -> Routes:
    """And a claim was denied: was its coverage wrong? A balance is overdue: is there coverage nobody knows of?"""
    return join_routes(routes(check), route(recheck, ClaimDenied), route(DISCOVERY, BalanceOverdue))


def authorization_routes(authorization: AuthorizationDecider) -> Routes:
    """A claim needs an authorization, as this service itself says; one went out under it; one comes to its end."""
    return route(authorization, AuthorizationRequired, ClaimSubmitted, Due)


def night_routes(night: NightDecider) -> Routes:
    """A payer could not answer, or somebody asked ahead, as this service itself says; the night's hour has come."""
    return route(night, CoverageChecked, EligibilityUnknown, Due)
