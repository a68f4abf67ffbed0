"""What claims subscribes to."""

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.work_item import WorkItem
from services.claims.core.work_messages import WorkFact, WorkMessage
from shared.contracts import (
    AppealDecided,
    AuthorizationRequired,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimPaid,
    ClaimRejected,
    ClaimRemitted,
    CoverageInactive,
    CoverageVerified,
    DeadlineNear,
    EligibilityUnknown,
    FilingDeadlineNear,
)
from shared.decider import Decider, Due
from shared.inbox import Routes, join_routes, route
from shared.wire import commands_topic, events_topic

TOPICS = (events_topic("eligibility"), events_topic("payments"), events_topic("claims"), commands_topic("claims"))


def routes(claim: Decider[Claim, ClaimMessage, ClaimFact]) -> Routes:
    """Coverage answers, payers' decisions, and the claim's own deadlines: no other aggregate here has any."""
    coverage = (CoverageVerified, CoverageInactive, EligibilityUnknown, AuthorizationRequired)
    return route(claim, *coverage, ClaimRemitted, ClaimAppealed, AppealDecided, Due)


def work_routes(work: Decider[WorkItem, WorkMessage, WorkFact]) -> Routes:
    """What opens and closes work: the claims' own events, as everybody else reads them."""
    news = (ClaimDenied, ClaimPaid, ClaimRejected, ClaimAccepted, FilingDeadlineNear, DeadlineNear)
    return route(work, *news, ClaimAppealed, AppealDecided, Due)


def all_routes(
    claim: Decider[Claim, ClaimMessage, ClaimFact], work: Decider[WorkItem, WorkMessage, WorkFact]
) -> Routes:
    """One table. A deadline goes to both, and the one whose kind it names answers."""
    return join_routes(routes(claim), work_routes(work))
