"""What happened to an application for financial assistance."""

from datetime import date
from typing import Literal

from services.collections.core.assistance_messages import Income
from shared.decider import Fact


class AssistanceFact(Fact):
    """Each names its application; the first names its account.

    `heard` is the id of the command that said so: a repeat of it decides nothing.
    """

    application_id: str
    heard: str = ""


class AssistanceAsked(AssistanceFact):
    type: Literal["assistance.asked.v1"] = "assistance.asked.v1"
    account_id: str
    state: str
    household_size: int | None
    incomes: tuple[Income, ...] | None
    enrolled_in: tuple[str, ...]
    received_on: date
    late: bool
    documents_by: date
    digest: str


class AssistanceAmended(AssistanceFact):
    """All of it as it is now."""

    type: Literal["assistance.amended.v1"] = "assistance.amended.v1"
    state: str
    household_size: int | None
    incomes: tuple[Income, ...] | None
    enrolled_in: tuple[str, ...]
    documents: tuple[str, ...]
    reopened: bool = False


class AssistanceDecided(AssistanceFact):
    """A decision with what it rests on. `waits`: a second person has to confirm it."""

    type: Literal["assistance.decided.v1"] = "assistance.decided.v1"
    grants: bool
    discount_percent: int
    policy_percent: int
    income_percent: int | None
    program: str
    poverty: str
    covers_from: date
    covers_until: date
    refund_at_least_cents: int
    reason: str
    decided_by: str
    decided_on: date
    waits: bool


class AssistanceConfirmed(AssistanceFact):
    type: Literal["assistance.confirmed.v1"] = "assistance.confirmed.v1"
    confirmed: bool
    confirmed_by: str
    reason: str


class AssistanceEndedFact(AssistanceFact):
    """It ended without help, or its help was taken back."""

    type: Literal["assistance.ended-fact.v1"] = "assistance.ended-fact.v1"
    how: Literal["withdrawn", "lapsed", "revoked"]
    reason: str


class AssistanceNotDone(AssistanceFact):
    """A command that changed nothing, and why: the answer to who gave it."""

    type: Literal["assistance.not-done.v1"] = "assistance.not-done.v1"
    command_id: str
    because: str


class DocumentsTimePassed(AssistanceFact):
    """The time to bring documents is over, and none lacked: it waits for the house alone."""

    type: Literal["assistance.documents-time-passed.v1"] = "assistance.documents-time-passed.v1"
