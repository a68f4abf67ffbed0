"""What an underpayment knows, and how each fact changes it. No rules here, so history always replays."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from services.payments.core.underpaid import Case
from services.payments.core.underpayment_facts import (
    CaseNoted,
    CommandPassedOver,
    CorrespondenceNoted,
    PersonsFact,
    UnderpaymentAccepted,
    UnderpaymentAnnounced,
    UnderpaymentAssigned,
    UnderpaymentDeadlineCame,
    UnderpaymentDisputed,
    UnderpaymentReopened,
    UnderpaymentWriteOffAsked,
    UnderpaymentWriteOffDecided,
)
from shared.replaced import replace

Disposition: TypeAlias = Literal["", "disputed", "accepted", "write_off_asked", "written_off"]
GIVEN_UP = frozenset({"accepted", "write_off_asked", "written_off"})
WORKED_ON = frozenset({"open", "disputed", "partly_recovered", "write_off_asked"})
"""Statuses in which something is missing and somebody may still get it."""
COMMANDS_KEPT = 100
MERGED = "merged"
"""Why a case is gone: it goes on under another payer control number of the claim."""


@dataclass(frozen=True, slots=True)
class Underpayment:
    """One payer control number of a claim. `settled_cents` is what was missing when it was given up."""

    underpayment_id: str = ""
    account_id: str = ""
    claim_id: str = ""
    known: int = -1
    case: Case | None = None
    found_on: date = date.min
    disposition: Disposition = ""
    settled_cents: int = 0
    needs_second: bool = False
    asked_by: str = ""
    disputed_on: date | None = None
    reference: str = ""
    owner: str = ""
    warned: Literal["", "near", "over"] = ""
    announced: UnderpaymentAnnounced | None = None
    commands: tuple[UUID, ...] = ()  # persons', the latest: each is done once

    @property
    def status(self) -> str:
        case = self.case
        if case is None:
            return "unseen"
        if case.short_cents:
            if self.disposition in GIVEN_UP:
                return self.disposition
            return "partly_recovered" if case.recovered_cents else self.disposition or "open"
        if case.outcome == "overpaid" and self.disposition == "accepted":
            return "accepted"
        if case.outcome == "as_expected":
            return "recovered" if case.recovered_cents else "no_longer_short"
        return {"gone": "superseded" if case.because == MERGED else "withdrawn"}.get(case.outcome, case.outcome)

    @property
    def short_cents(self) -> int:
        return 0 if self.case is None else self.case.short_cents


UnderpaymentFact: TypeAlias = (
    CaseNoted
    | CommandPassedOver
    | UnderpaymentDisputed
    | CorrespondenceNoted
    | UnderpaymentAccepted
    | UnderpaymentWriteOffAsked
    | UnderpaymentWriteOffDecided
    | UnderpaymentReopened
    | UnderpaymentAssigned
    | UnderpaymentDeadlineCame
    | UnderpaymentAnnounced
)


def evolve(state: Underpayment, fact: UnderpaymentFact) -> Underpayment:
    state = _noted_fact(state, fact)
    if not isinstance(fact, PersonsFact) or fact.command_id is None:
        return state
    return replace(state, commands=(*state.commands, fact.command_id)[-COMMANDS_KEPT:])


def _noted_fact(state: Underpayment, fact: UnderpaymentFact) -> Underpayment:  # noqa: C901, PLR0911 - a table
    match fact:
        case CaseNoted():
            return _with_case(state, fact)
        case CommandPassedOver():
            return state
        case UnderpaymentDisputed():
            return replace(
                state, disposition="disputed", disputed_on=fact.disputed_on, reference=fact.reference or state.reference
            )
        case CorrespondenceNoted():
            return replace(state, reference=fact.reference or state.reference)
        case UnderpaymentAccepted():
            return replace(state, disposition="accepted", settled_cents=fact.cents)
        case UnderpaymentWriteOffAsked():
            asked: Disposition = "write_off_asked" if fact.needs_second else "written_off"
            return replace(
                state,
                disposition=asked,
                settled_cents=fact.cents,
                asked_by=fact.asked_by,
                needs_second=fact.needs_second,
            )
        case UnderpaymentWriteOffDecided():
            back: Disposition = "disputed" if state.disputed_on else ""
            return replace(state, disposition="written_off" if fact.approved else back)
        case UnderpaymentReopened():
            return replace(state, disposition="disputed" if state.disputed_on else "", settled_cents=0)
        case UnderpaymentAssigned():
            return replace(state, owner=fact.owner)
        case UnderpaymentDeadlineCame():
            return replace(state, warned=fact.which)
        case UnderpaymentAnnounced():
            return replace(state, announced=fact)
        case _:
            assert_never(fact)


def _with_case(state: Underpayment, fact: CaseNoted) -> Underpayment:
    """Another last day asks for a warning of its own."""
    same_day = state.case is not None and state.case.dispute_by == fact.case.dispute_by
    return replace(
        state,
        underpayment_id=fact.underpayment_id,
        account_id=fact.account_id,
        claim_id=fact.claim_id,
        known=fact.known,
        case=fact.case,
        found_on=state.found_on if state.case is not None else fact.on,
        warned=state.warned if same_day else "",
    )
