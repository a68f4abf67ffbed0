"""The facts of a coverage check."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime

from shared.contracts import CheckReason, OtherPayer
from shared.decider import Fact

from .check_messages import Outcome


class CheckStarted(Fact):
    """The first claim asks."""

    type: Literal["check.started.v1"] = "check.started.v1"
    account_id: str
    coverage_id: str
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)


class ClaimJoined(Fact):
    """A claim waits for the answer."""

    type: Literal["check.claim-joined.v1"] = "check.claim-joined.v1"
    claim_id: str


class AttemptFailed(Fact):
    """The payer could not answer; it is asked again at `retry_at`."""

    type: Literal["check.attempt-failed.v1"] = "check.attempt-failed.v1"
    outcome: Outcome
    retry_at: AwareDatetime | None = None


class CheckAnswered(Fact):
    """The last word on this coverage and date."""

    type: Literal["check.answered.v1"] = "check.answered.v1"
    outcome: Outcome
    at: AwareDatetime | None = None  # None: before it was kept


class ClaimTold(Fact):
    """One claim learns the answer."""

    type: Literal["check.claim-told.v1"] = "check.claim-told.v1"
    claim_id: str


class CheckReopened(Fact):
    """What was answered is asked again, with what is known now."""

    type: Literal["check.reopened.v1"] = "check.reopened.v1"
    payer_id: str
    billing_npi: str
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)


class RequestJoined(Fact):
    """Somebody who asked for this check waits for the answer."""

    type: Literal["check.request-joined.v1"] = "check.request-joined.v1"
    request_id: str
    reason: CheckReason


class RequestAnswered(Fact):
    """Somebody who asked for this check has the answer."""

    type: Literal["check.request-answered.v1"] = "check.request-answered.v1"
    request_id: str
    reason: CheckReason


class OtherCoverageSeen(Fact):
    """The payer names others that it did not name before."""

    type: Literal["check.other-coverage-seen.v1"] = "check.other-coverage-seen.v1"
    payers: tuple[OtherPayer, ...]


CheckFact: TypeAlias = (
    CheckStarted
    | ClaimJoined
    | AttemptFailed
    | CheckAnswered
    | ClaimTold
    | CheckReopened
    | RequestJoined
    | RequestAnswered
    | OtherCoverageSeen
)
