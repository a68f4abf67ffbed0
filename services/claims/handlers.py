"""What claims subscribes to."""

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.coverage_news import COVERAGE_NEWS
from services.claims.core.papers import PAPERS
from services.claims.core.standing import STANDING
from services.claims.core.watch import WatchDecider
from services.claims.core.watch_file import FileWatchDecider
from services.claims.core.work_messages import WorkFact, WorkMessage
from services.claims.core.work_state import WorkItem
from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    AuthorizationGranted,
    AuthorizationRequired,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimRejected,
    ClaimRemitted,
    ClaimRerouted,
    ClaimSubmitted,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    CoverageWorkFound,
    DeadlineNear,
    EligibilityUnknown,
    EnrollmentChanged,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FileDelivered,
    FileUndelivered,
    FileWithdrawn,
    FilingDeadlineNear,
    InformationRequested,
    InformationSettled,
    OtherCoverageFound,
    ProviderStandingChanged,
    StatusCallDue,
)
from shared.contracts.wire import commands_topic, events_topic
from shared.decider import Decider, Due
from shared.inbox import Routes, join_routes, route

TOPICS = (events_topic("eligibility"), events_topic("payments"), events_topic("claims"), commands_topic("claims"))


def routes(claim: Decider[Claim, ClaimMessage, ClaimFact]) -> Routes:
    """Coverage answers, payers' decisions, and the claim's own deadlines: no other aggregate here has any."""
    coverage = (CoverageVerified, CoverageInactive, EligibilityUnknown, AuthorizationRequired, AuthorizationGranted)
    return route(claim, *coverage, ClaimRemitted, ClaimAppealed, AppealDecided, Due)


def work_routes(work: Decider[WorkItem, WorkMessage, WorkFact]) -> Routes:
    """What opens and closes work: the claims' own events, as everybody else reads them."""
    awaited = (AcknowledgementOverdue, AcknowledgementArrived)
    news = (ClaimDenied, ClaimPaid, ClaimRejected, ClaimAccepted, FilingDeadlineNear, DeadlineNear, *awaited)
    wanted = (InformationRequested, InformationSettled, AttachmentWorkFound, AttachmentsSent, ClaimHeld, StatusCallDue)
    files = (FileUndelivered, FileDelivered, FileWithdrawn, FileAcknowledgementOverdue, FileAcknowledgementArrived)
    return route(work, *news, *wanted, *files, ClaimRerouted, CoverageWorkFound, ClaimAppealed, AppealDecided, Due)


def coverage_routes() -> Routes:
    """What eligibility says of an account or a provider, and of no claim: it is brought to the claims it concerns."""
    return join_routes(
        route(COVERAGE_NEWS, OtherCoverageFound, CoverageDiscovered, ClaimHeld, ClaimDenied),
        route(STANDING, EnrollmentChanged, ProviderStandingChanged),
    )


def all_routes(
    claim: Decider[Claim, ClaimMessage, ClaimFact], work: Decider[WorkItem, WorkMessage, WorkFact]
) -> Routes:
    """One table. A deadline goes to both, and the one whose kind it names answers."""
    return join_routes(routes(claim), work_routes(work), coverage_routes())


def watch_routes(watch: WatchDecider, file_watch: FileWatchDecider) -> Routes:
    """What the watchdogs hear of: a claim or file left the house, and what the payer's side said."""
    said = (ClaimSubmitted, ClaimAccepted, ClaimRejected, ClaimPaid, ClaimDenied)
    return join_routes(route(watch, *said, Due), route(file_watch, ClaimSubmitted, Due))


def papers_routes() -> Routes:
    """A claim left with what it says of its papers: they go after it."""
    return route(PAPERS, ClaimSubmitted)
