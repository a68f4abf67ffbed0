"""What claims subscribes to."""

from services.claims.core import Claim, ClaimFact, ClaimMessage
from shared.contracts import (
    AuthorizationRequired,
    ClaimRemitted,
    CoverageInactive,
    CoverageVerified,
    EligibilityUnknown,
)
from shared.decider import Decider, Due
from shared.inbox import Routes, route
from shared.wire import commands_topic, events_topic

TOPICS = (events_topic("eligibility"), events_topic("payments"), commands_topic("claims"))


def routes(claim: Decider[Claim, ClaimMessage, ClaimFact]) -> Routes:
    """Coverage answers, payers' decisions, and the claim's own deadlines: no other aggregate here has any."""
    coverage = (CoverageVerified, CoverageInactive, EligibilityUnknown, AuthorizationRequired)
    return route(claim, *coverage, ClaimRemitted, Due)
