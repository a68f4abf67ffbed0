"""What a work item may be told, and the facts of its life. What people write in words comes here sealed."""

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt

from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    Cents,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimRejected,
    ClaimRerouted,
    Contract,
    CoverageWorkFound,
    DeadlineNear,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FileDelivered,
    FileUndelivered,
    FileWithdrawn,
    FilingDeadlineNear,
    InformationRequested,
    InformationSettled,
    Message,
    PositiveCents,
    Sealed,
    StatusCallDue,
)
from shared.decider import Due, Fact

CauseKind: TypeAlias = Literal[
    "denial",
    "payment_review",
    "rejection",
    "deadline_near",
    "appeal_due",
    "missing_acknowledgement",
    "cob",
    "coverage",
    "information_requested",
    "attachment",
    "undelivered_file",
    "unwritable",
    "status_call",
    "person",
]
Outcome: TypeAlias = Literal[
    "paid",
    "accepted_by_payer",
    "resubmitted",
    "appealed",
    "rebilled",
    "patient_billed",
    "duplicate_closed",
    "nothing_to_do",
    "answered",
    "delivered",
    "written_off",
]
PersonsOutcome: TypeAlias = Literal[
    "resubmitted", "appealed", "rebilled", "patient_billed", "duplicate_closed", "nothing_to_do"
]
"""How a person may close an item: never by a write-off, which needs a second person."""
CallOutcome: TypeAlias = Literal[
    "no_answer", "in_process", "will_reprocess", "paid_on_date", "denial_upheld", "sent_to_review", "wants_documents"
]


class Cause(Contract):
    """Why the item is open. `detail` is codes and rule ids, never words of a person."""

    kind: CauseKind
    on: date
    detail: str = ""


class ClaimNamed(Contract):
    """Which claim the item is about.

    Of an outbound file `partner` is to whom it goes, and `claim_id` its submission's id: the work is on all its claims.
    """

    account_id: str
    claim_id: str
    patient_control_number: str
    payer_id: str
    partner: str = ""


class WorkCommand(Message):
    """A person's command for one item. With `version`, it is refused when somebody changed the item meanwhile."""

    claim_id: str
    version: PositiveInt | None = None


class OpenWork(WorkCommand):
    """Open an item by hand, or for what a watchdog missed."""

    type: Literal["claims.open-work.v1"] = "claims.open-work.v1"
    named: ClaimNamed
    cause: Cause
    category: str
    next_action: str
    amount_cents: Cents


class AssignWork(WorkCommand):
    """Give the item to somebody, or to nobody."""

    type: Literal["claims.assign-work.v1"] = "claims.assign-work.v1"
    owner: str | None = Field(max_length=100)


class StartWork(WorkCommand):
    """Somebody works on it now."""

    type: Literal["claims.start-work.v1"] = "claims.start-work.v1"


class WaitWork(WorkCommand):
    """Nothing can be done before a day: then it comes back by itself."""

    type: Literal["claims.wait-work.v1"] = "claims.wait-work.v1"
    until: date


class LogCall(WorkCommand):
    """A call to the payer. Its reference number and the representative's initials are sealed."""

    type: Literal["claims.log-call.v1"] = "claims.log-call.v1"
    called_on: date
    outcome: CallOutcome
    sealed_reference: Sealed
    sealed_representative: Sealed
    next_action_on: date | None = None


class AddNote(WorkCommand):
    """Words of a person."""

    type: Literal["claims.add-work-note.v1"] = "claims.add-work-note.v1"
    sealed_note: Sealed


class CloseWork(WorkCommand):
    """The work is done."""

    type: Literal["claims.close-work.v1"] = "claims.close-work.v1"
    outcome: PersonsOutcome


class RequestWriteOff(WorkCommand):
    """Ask that refused cents be given up."""

    type: Literal["claims.request-write-off.v1"] = "claims.request-write-off.v1"
    amount_cents: PositiveCents
    sealed_reason: Sealed


class DecideWriteOff(WorkCommand):
    """Approve or refuse it. `roles` are the caller's, from the token."""

    type: Literal["claims.decide-write-off.v1"] = "claims.decide-write-off.v1"
    approve: bool
    roles: tuple[str, ...]


ClaimNews: TypeAlias = (
    ClaimDenied
    | ClaimPaid
    | ClaimRejected
    | ClaimAccepted
    | ClaimRerouted
    | CoverageWorkFound
    | FilingDeadlineNear
    | DeadlineNear
    | ClaimHeld
    | InformationRequested
    | AttachmentWorkFound
    | StatusCallDue
)
AppealNews: TypeAlias = ClaimAppealed | AppealDecided
AckNews: TypeAlias = AcknowledgementOverdue | AcknowledgementArrived
Settled: TypeAlias = InformationSettled | AttachmentsSent
FileNews: TypeAlias = (
    FileUndelivered | FileDelivered | FileWithdrawn | FileAcknowledgementOverdue | FileAcknowledgementArrived
)
"""News about an outbound file: one item for all its claims, under its submission's id."""
WorkOnOpen: TypeAlias = (
    AssignWork | StartWork | WaitWork | LogCall | AddNote | CloseWork | RequestWriteOff | DecideWriteOff
)
PersonsWish: TypeAlias = OpenWork | WorkOnOpen
WorkMessage: TypeAlias = ClaimNews | AppealNews | AckNews | Settled | FileNews | PersonsWish | Due
AnyWorkMessage = Annotated[WorkMessage, Field(discriminator="type")]


class Said(Fact):
    """A fact that answers a person's command carries its id, so that a repeat is known."""

    command_id: UUID | None = None


class WorkOpened(Said):
    """There is something to do. `sequence` is of the claim's or appeal's event that says so."""

    type: Literal["work-opened"] = "work-opened"
    named: ClaimNamed
    cause: Cause
    category: str
    root_cause: str = ""
    next_action: str
    queue: str
    amount_cents: Cents
    deadline_on: date | None = None
    band: int
    expected_cents: Cents
    priority_why: str
    subject: str = ""
    sequence: NonNegativeInt = 0


class NewsNoted(Fact):
    """Something happened to the claim. `ends` are causes that are over with it; `closes` how the item is done."""

    type: Literal["news-noted"] = "news-noted"
    subject: str
    sequence: NonNegativeInt
    ends: tuple[CauseKind, ...] = ()
    closes: Outcome | None = None


class WorkAssigned(Said):
    """The item has an owner, or none."""

    type: Literal["work-assigned"] = "work-assigned"
    owner: str | None


class WorkStarted(Said):
    """It is in work."""

    type: Literal["work-started"] = "work-started"


class WorkWaits(Said):
    """It comes back on a day."""

    type: Literal["work-waits"] = "work-waits"
    until: date


class WorkResumed(Fact):
    """The day came."""

    type: Literal["work-resumed"] = "work-resumed"


class Call(Contract):
    """A call as the item keeps it."""

    called_on: date
    by: str
    outcome: CallOutcome
    sealed_reference: Sealed
    sealed_representative: Sealed
    next_action_on: date | None = None


class CallLogged(Said):
    """Somebody called the payer."""

    type: Literal["call-logged"] = "call-logged"
    call: Call


class Note(Contract):
    """A note as the item keeps it."""

    on: date
    by: str
    sealed_note: Sealed


class NoteAdded(Said):
    """Somebody wrote something."""

    type: Literal["note-added"] = "note-added"
    note: Note


class WorkClosed(Said):
    """The item is done."""

    type: Literal["work-closed"] = "work-closed"
    outcome: Outcome


class WriteOffRequested(Said):
    """Somebody asks that money be given up."""

    type: Literal["write-off-requested"] = "write-off-requested"
    amount_cents: PositiveCents
    by: str
    sealed_reason: Sealed


class WriteOffDecided(Said):
    """A second person approved or refused."""

    type: Literal["write-off-decided"] = "write-off-decided"
    approved: bool
    by: str


class WorkRefused(Said):
    """What was asked for is not possible; `because` says why in our words."""

    type: Literal["work-refused"] = "work-refused"
    because: str


WorkFact: TypeAlias = (
    WorkOpened
    | NewsNoted
    | WorkAssigned
    | WorkStarted
    | WorkWaits
    | WorkResumed
    | CallLogged
    | NoteAdded
    | WorkClosed
    | WriteOffRequested
    | WriteOffDecided
    | WorkRefused
)
AnyWorkFact = Annotated[WorkFact, Field(discriminator="type")]
