"""What happened to an underpayment. Its history is the correspondence that goes into the evidence pack."""

from datetime import date
from typing import Literal
from uuid import UUID

from services.payments.core.underpaid import Case
from services.payments.core.underpayment_messages import Channel
from shared.contracts import NonNegativeCents
from shared.decider import Fact


class CaseNoted(Fact):
    """What is missing by the latest judgement."""

    type: Literal["underpayment.case-noted.v1"] = "underpayment.case-noted.v1"
    underpayment_id: str
    account_id: str
    claim_id: str
    known: int
    on: date
    case: Case


class PersonsFact(Fact):
    """What a person's command made; the same command again makes nothing. None: it followed from something else."""

    command_id: UUID | None


class CommandPassedOver(PersonsFact):
    """It could not be done with the underpayment as it was; it will not be done later either."""

    type: Literal["underpayment.passed-over.v1"] = "underpayment.passed-over.v1"


class UnderpaymentDisputed(PersonsFact):
    type: Literal["underpayment.disputed.v1"] = "underpayment.disputed.v1"
    disputed_on: date
    channel: Channel
    reference: str
    reason: str
    cents: NonNegativeCents


class CorrespondenceNoted(PersonsFact):
    type: Literal["underpayment.correspondence.v1"] = "underpayment.correspondence.v1"
    on: date
    direction: Literal["to_payer", "from_payer"]
    channel: Channel
    reference: str
    summary: str


class UnderpaymentAccepted(PersonsFact):
    type: Literal["underpayment.accepted.v1"] = "underpayment.accepted.v1"
    cents: NonNegativeCents
    reason: str


class UnderpaymentWriteOffAsked(PersonsFact):
    """`needs_second`: another person has to approve it."""

    type: Literal["underpayment.write-off-asked.v1"] = "underpayment.write-off-asked.v1"
    cents: NonNegativeCents
    asked_by: str
    needs_second: bool
    reason: str


class UnderpaymentWriteOffDecided(PersonsFact):
    type: Literal["underpayment.write-off-decided.v1"] = "underpayment.write-off-decided.v1"
    approved: bool
    decided_by: str
    reason: str


class UnderpaymentReopened(PersonsFact):
    """By a person, or because more is missing than was given up."""

    type: Literal["underpayment.reopened.v1"] = "underpayment.reopened.v1"
    reason: str


class UnderpaymentAssigned(PersonsFact):
    type: Literal["underpayment.assigned.v1"] = "underpayment.assigned.v1"
    owner: str


class UnderpaymentDeadlineCame(Fact):
    """The last day for a dispute is near, or over, and nobody disputed it."""

    type: Literal["underpayment.deadline-came.v1"] = "underpayment.deadline-came.v1"
    which: Literal["near", "over"]
    dispute_by: date


class UnderpaymentAnnounced(Fact):
    """What others are told: that there is one, with its figures, or that nobody works on it any more."""

    type: Literal["underpayment.announced.v1"] = "underpayment.announced.v1"
    outcome: Literal["found", "recovered", "accepted", "written_off", "no_longer_short", "withdrawn"]
    short_cents: NonNegativeCents
    recovered_cents: NonNegativeCents
    dispute_by: date | None
