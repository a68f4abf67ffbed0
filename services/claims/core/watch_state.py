"""A sent claim under watch: its state, the fold of its facts, and when it comes due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from shared.replaced import replace

from .watch_messages import (
    CallFellDue,
    ClaimStatus,
    InformationRequest,
    InquiriesStopped,
    Inquiry,
    InquiryClosed,
    InquiryFiled,
    InquiryOpened,
    OverdueEnded,
    Reported,
    RequestClosed,
    RequestOpened,
    StageEntered,
    StatusKept,
    WatchBegan,
    WatchEnded,
    WatchFact,
    WentOverdue,
    WishRefused,
)

REPORTS_KEPT = 20
"""The last so many are in the state; every one is in the history."""
COMMANDS_KEPT = 20
Stage: TypeAlias = Literal["absent", "claim", "remittance", "over"]


@dataclass(frozen=True, slots=True)
class Watch:
    """One claim. `stage` is what is awaited, `overdue` that it was missed; `inquiry` the question that is open.

    `seen` is the number of the last of the claim's events that counted here; `reports` what payers said, the last one
    last; `inquire_at` when the payer is asked next.
    """

    claim_id: str = ""
    account_id: str = ""
    patient_control_number: str = ""
    payer_id: str = ""
    charge_cents: int = 0
    submission_id: str = ""
    partner: str = ""
    calls: int = 0  # that a person was asked to make
    stage: Stage = "absent"
    since: datetime | None = None
    expected_by: datetime | None = None
    rule: str = ""
    overdue: bool = False
    inquire_at: datetime | None = None
    inquiry: Inquiry | None = None
    inquiries: int = 0
    retry_hours: int = 1
    every_days: int = 1
    reports: tuple[Reported, ...] = ()
    request: InformationRequest | None = None
    traces: tuple[str, ...] = ()  # payers' numbers of the requests that came
    seen: int = -1
    commands: tuple[UUID, ...] = ()

    @property
    def status(self) -> ClaimStatus | None:
        """What the payer said last."""
        return next((one.status for one in reversed(self.reports) if one.status is not None), None)

    @property
    def waits(self) -> bool:
        """Whether the payer still owes something."""
        return self.stage in ("claim", "remittance")

    @property
    def wants_information(self) -> bool:
        return self.request is not None and self.request.open


def evolve(state: Watch, fact: WatchFact) -> Watch:  # noqa: C901, PLR0911, PLR0912 - one arm per fact
    """Apply one fact."""
    match fact:
        case WatchBegan():
            return _began(state, fact)
        case StageEntered():
            return _at_stage(state, fact)
        case WentOverdue():
            return replace(state, overdue=True)
        case OverdueEnded():
            return replace(state, overdue=False)
        case WatchEnded():
            return replace(state, stage="over", expected_by=None, inquire_at=None, seen=fact.sequence)
        case InquiryOpened():
            return _opened(state, fact)
        case InquiryFiled():
            return state
        case InquiriesStopped():
            return replace(state, inquire_at=None)
        case CallFellDue():
            return replace(state, calls=fact.number, inquire_at=fact.next_at)
        case InquiryClosed():
            return replace(_reported(state, fact.reported), inquiry=None, inquire_at=fact.next_at)
        case StatusKept():
            return _reported(state, fact.reported)
        case RequestOpened():
            traces = (*state.traces, fact.request.trace)[-20:] if fact.request.trace else state.traces
            return replace(state, request=fact.request, traces=traces)
        case RequestClosed():
            request = None if state.request is None else state.request.model_copy(update={"open": False})
            return _remember(replace(state, request=request), fact.command_id)
        case WishRefused():
            return _remember(state, fact.command_id)
        case _:
            assert_never(fact)


def _began(state: Watch, fact: WatchBegan) -> Watch:
    return replace(
        state,
        claim_id=fact.claim_id,
        account_id=fact.account_id,
        patient_control_number=fact.patient_control_number,
        payer_id=fact.payer_id,
        charge_cents=fact.charge_cents,
        submission_id=fact.submission_id,
        partner=fact.partner,
    )


def _at_stage(state: Watch, fact: StageEntered) -> Watch:
    return replace(
        state,
        stage=fact.stage,
        since=fact.since,
        expected_by=fact.expected_by,
        rule=fact.rule,
        overdue=False,
        inquire_at=fact.inquire_at,
        seen=fact.sequence,
    )


def _opened(state: Watch, fact: InquiryOpened) -> Watch:
    opened = replace(
        state,
        inquiry=fact.inquiry,
        inquiries=fact.inquiry.number,
        inquire_at=None,
        retry_hours=fact.retry_hours,
        every_days=fact.every_days,
    )
    return _remember(opened, fact.command_id)


def _reported(state: Watch, reported: Reported) -> Watch:
    return replace(state, reports=(*state.reports, reported)[-REPORTS_KEPT:])


def _remember(state: Watch, command_id: UUID | None) -> Watch:
    return state if command_id is None else replace(state, commands=(*state.commands, command_id)[-COMMANDS_KEPT:])


def due(state: Watch) -> datetime | None:
    """When something is missed next, or the payer is to be asked."""
    missed = None if state.overdue or not state.waits else state.expected_by
    asks = state.inquire_at if state.inquiry is None else state.inquiry.answer_by
    return min((at for at in (missed, asks) if at is not None), default=None)
