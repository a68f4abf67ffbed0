"""What is remembered of an application for financial assistance, and how each fact changes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, assert_never

from services.collections.core.assistance_facts import (
    AssistanceAmended,
    AssistanceAsked,
    AssistanceConfirmed,
    AssistanceDecided,
    AssistanceEndedFact,
    AssistanceNotDone,
    DocumentsTimePassed,
)
from services.collections.core.assistance_messages import Income
from services.collections.core.person import Assistance
from shared.replaced import replace

AnyAssistanceFact: TypeAlias = (
    AssistanceAsked
    | AssistanceAmended
    | AssistanceDecided
    | AssistanceConfirmed
    | AssistanceEndedFact
    | AssistanceNotDone
    | DocumentsTimePassed
)
Status: TypeAlias = Literal["unseen", "open", "waiting", "granted", "denied", "withdrawn", "lapsed", "revoked"]
DECIDED = frozenset({"granted", "denied"})
NOT_DONE_KEPT = 20
HEARD_KEPT = 50


@dataclass(frozen=True, slots=True)
class Application:
    """One application of a guarantor. Amounts are cents a year."""

    application_id: str = ""
    account_id: str = ""
    state: str = ""
    household_size: int | None = None
    incomes: tuple[Income, ...] | None = None
    enrolled_in: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    received_on: date = date.min
    documents_by: date = date.min
    late: bool = False
    time_passed: bool = False  # to bring documents; nothing lacked then
    status: Status = "unseen"
    decision: AssistanceDecided | None = None
    confirmed_by: str = ""
    reason: str = ""  # of its end
    digest: str = ""
    not_done: tuple[tuple[str, str], ...] = ()  # the latest commands that changed nothing: id and why
    heard: tuple[str, ...] = ()  # the latest commands that changed something

    @property
    def is_open(self) -> bool:
        return self.status in {"open", "waiting"}

    def because(self, command_id: str) -> str:
        """Why a command changed nothing; empty when it did."""
        return next((why for one, why in self.not_done if one == command_id), "")


def standing_of(applications: Iterable[Application]) -> Assistance:
    """Where a guarantor's applications stand together: an open one counts first, then the newest decision."""
    known = sorted(applications, key=lambda one: (one.received_on, one.application_id))
    if any(one.is_open for one in known):
        return "pending"
    newest = next((one.status for one in reversed(known) if one.status in DECIDED), "none")
    return "granted" if newest == "granted" else "denied" if newest == "denied" else "none"


def evolve(state: Application, fact: AnyAssistanceFact) -> Application:  # noqa: PLR0911 - a table
    """Apply one fact. No rules here, so history always replays."""
    if fact.heard:
        state = replace(state, heard=(*state.heard, fact.heard)[-HEARD_KEPT:])
    match fact:
        case AssistanceAsked():
            return replace(
                state,
                application_id=fact.application_id,
                account_id=fact.account_id,
                state=fact.state,
                household_size=fact.household_size,
                incomes=fact.incomes,
                enrolled_in=fact.enrolled_in,
                received_on=fact.received_on,
                documents_by=fact.documents_by,
                late=fact.late,
                status="open",
                digest=fact.digest,
            )
        case AssistanceAmended():
            return replace(
                state,
                state=fact.state,
                household_size=fact.household_size,
                incomes=fact.incomes,
                enrolled_in=fact.enrolled_in,
                documents=fact.documents,
                status="open" if fact.reopened else state.status,
                decision=None if fact.reopened else state.decision,
            )
        case AssistanceDecided():
            status: Status = "waiting" if fact.waits else "granted" if fact.grants else "denied"
            return replace(state, decision=fact, status=status)
        case AssistanceConfirmed():
            grants = state.decision is not None and state.decision.grants
            after: Status = ("granted" if grants else "denied") if fact.confirmed else "open"
            return replace(
                state,
                status=after,
                decision=state.decision if fact.confirmed else None,
                confirmed_by=fact.confirmed_by if fact.confirmed else "",
            )
        case AssistanceEndedFact():
            return replace(state, status=fact.how, reason=fact.reason)
        case DocumentsTimePassed():
            return replace(state, time_passed=True)
        case AssistanceNotDone():
            kept = (*state.not_done, (fact.command_id, fact.because))[-NOT_DONE_KEPT:]
            return replace(state, not_done=kept)
        case _:
            assert_never(fact)
