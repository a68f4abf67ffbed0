"""What the watchdog over a sent claim may be told, and the facts of its life."""

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt

from shared.contracts import (
    Cents,
    ClaimAccepted,
    ClaimDenied,
    ClaimPaid,
    ClaimRejected,
    ClaimSubmitted,
    Contract,
    Message,
    NonNegativeCents,
)
from shared.decider import Answer, Due, Effect, Fact

from .inquiry_codes import AnswerKind
from .papers_messages import Question
from .watch_policy import ClaimStage

AskedBy: TypeAlias = Literal["schedule", "person"]
Problem: TypeAlias = Literal["unavailable", "unreadable", "no_match", "unanswered", "unreadable_claim"]
"""Why an inquiry brought nothing: the payer did not answer, its answer could not be read, was about nothing of ours,
never came back, or the claim's identifiers cannot be opened any more."""


class ClaimStatus(Contract):
    """What a payer says of a claim (277), as received. `source` is where it was read, so that a repeat is known.

    `category` is STC01-1 of the status that asks most of a person, `codes` are `category:status` or
    `category:status:entity` of all, claim and lines; amounts are STC04 and STC05. Free text (STC12) is not kept here.
    """

    source: str
    kind: AnswerKind
    category: str
    codes: tuple[str, ...]
    effective_on: date | None = None
    total_cents: Cents | None = None
    paid_cents: Cents | None = None
    adjudicated_on: date | None = None
    paid_on: date | None = None
    check_number: str = ""
    payer_claim_control_number: str | None = None


class Inquiry(Contract):
    """One question to a payer: `number` counts those of the claim, and its trace number says both."""

    number: PositiveInt
    by: AskedBy
    asked_at: AwareDatetime
    transport: Literal["http", "file"]
    answer_by: AwareDatetime | None = None  # of one that went as a file


class Reported(Contract):
    """One line of a claim's status history: a status, or why there is none."""

    number: PositiveInt
    at: AwareDatetime
    by: AskedBy
    status: ClaimStatus | None = None
    problem: Problem | None = None


class InformationRequest(Contract):
    """The payer waits for information. It is over when a later status says so, or a person sent what was wanted."""

    codes: tuple[str, ...]
    requested_on: date
    open: bool = True
    trace: str | None = None  # the payer's number of its request (277RFAI, TRN02), which the answer repeats
    due_on: date | None = None
    questions: tuple[Question, ...] = ()


class AskNow(Message):
    """A person wants to know what the payer says."""

    type: Literal["claims.ask-now.v1"] = "claims.ask-now.v1"
    claim_id: str


class CloseRequest(Message):
    """A person sent the payer what it wanted."""

    type: Literal["claims.close-request.v1"] = "claims.close-request.v1"
    claim_id: str


class RecordRequest(Message):
    """A payer asks for papers on the claim (277RFAI)."""

    type: Literal["claims.record-request.v1"] = "claims.record-request.v1"
    claim_id: str
    request: InformationRequest


class InquirySent(Answer):
    """The question went out as a file; its answer comes as one."""

    type: Literal["claims.inquiry-sent.v1"] = "claims.inquiry-sent.v1"
    claim_id: str
    number: PositiveInt


class InquiryPutOff(Answer):
    """The payer is asked enough questions already: this one waits a little, and counts no attempt."""

    type: Literal["claims.inquiry-put-off.v1"] = "claims.inquiry-put-off.v1"
    claim_id: str
    number: PositiveInt


class InquiryAnswered(Answer):
    """The payer answered, or nothing usable came."""

    type: Literal["claims.inquiry-answered.v1"] = "claims.inquiry-answered.v1"
    claim_id: str
    number: PositiveInt
    status: ClaimStatus | None = None
    problem: Problem | None = None


class RecordStatus(Message):
    """A 277 of an acknowledgement folder answers an inquiry, this one or an earlier one."""

    type: Literal["claims.record-status.v1"] = "claims.record-status.v1"
    claim_id: str
    number: PositiveInt
    status: ClaimStatus


WatchMessage: TypeAlias = (
    ClaimSubmitted
    | ClaimAccepted
    | ClaimRejected
    | ClaimPaid
    | ClaimDenied
    | AskNow
    | CloseRequest
    | InquirySent
    | InquiryPutOff
    | InquiryAnswered
    | RecordStatus
    | RecordRequest
    | Due
)
AnyWatchMessage = Annotated[WatchMessage, Field(discriminator="type")]


class AskStatus(Effect):
    """Ask the payer about the claim."""

    type: Literal["ask-status"] = "ask-status"
    number: PositiveInt
    payer_id: str
    transport: Literal["http", "file"]
    inquiries_max: PositiveInt


class WatchBegan(Fact):
    """The claim went to the payer, perhaps again."""

    type: Literal["watch-began"] = "watch-began"
    claim_id: str
    account_id: str
    patient_control_number: str
    payer_id: str
    charge_cents: NonNegativeCents
    submission_id: str
    partner: str = ""


class StageEntered(Fact):
    """What is awaited next, until when, by which entry; and when the payer is asked first."""

    type: Literal["stage-entered"] = "stage-entered"
    stage: ClaimStage
    since: AwareDatetime
    expected_by: AwareDatetime | None
    rule: str
    inquire_at: AwareDatetime | None
    sequence: NonNegativeInt


class WentOverdue(Fact):
    """What is awaited did not come in time."""

    type: Literal["went-overdue"] = "went-overdue"
    stage: ClaimStage


class OverdueEnded(Fact):
    """It came, or is awaited no more."""

    type: Literal["overdue-ended"] = "overdue-ended"
    stage: ClaimStage


class WatchEnded(Fact):
    """The payer decided, or refused the claim: nothing is awaited."""

    type: Literal["watch-ended"] = "watch-ended"
    because: Literal["paid", "denied", "rejected"]
    sequence: NonNegativeInt


class InquiryOpened(Fact):
    """The payer is asked."""

    type: Literal["inquiry-opened"] = "inquiry-opened"
    inquiry: Inquiry
    retry_hours: PositiveInt
    every_days: PositiveInt
    command_id: UUID | None = None


class InquiryFiled(Fact):
    """The question lies with the partner."""

    type: Literal["inquiry-filed"] = "inquiry-filed"
    number: PositiveInt


class InquiriesStopped(Fact):
    """By now the payer takes no inquiry."""

    type: Literal["inquiries-stopped"] = "inquiries-stopped"


class InquiryClosed(Fact):
    """What the question brought, and when the payer is asked next."""

    type: Literal["inquiry-closed"] = "inquiry-closed"
    reported: Reported
    next_at: AwareDatetime | None


class CallFellDue(Fact):
    """Nobody can be asked by machine about a claim on paper: a person is to call, and again at `next_at`."""

    type: Literal["call-fell-due"] = "call-fell-due"
    number: PositiveInt
    next_at: AwareDatetime


class StatusKept(Fact):
    """An answer to a question that was closed already, or asked by somebody else: kept beside the others."""

    type: Literal["status-kept"] = "status-kept"
    reported: Reported


class RequestOpened(Fact):
    """The payer wants information."""

    type: Literal["request-opened"] = "request-opened"
    request: InformationRequest


class RequestClosed(Fact):
    """The payer has what it wanted, or does not wait for it any more."""

    type: Literal["request-closed"] = "request-closed"
    command_id: UUID | None = None


class WishRefused(Fact):
    """What a person asked for is not possible now."""

    type: Literal["wish-refused"] = "wish-refused"
    reason: Literal["not_sent", "already_asked", "payer_takes_none", "on_paper", "no_request"]
    command_id: UUID


WatchFact: TypeAlias = (
    WatchBegan
    | StageEntered
    | WentOverdue
    | OverdueEnded
    | WatchEnded
    | InquiryOpened
    | InquiryFiled
    | InquiriesStopped
    | CallFellDue
    | InquiryClosed
    | StatusKept
    | RequestOpened
    | RequestClosed
    | WishRefused
)
AnyWatchFact = Annotated[WatchFact, Field(discriminator="type")]
