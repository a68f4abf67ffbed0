"""The watchdog over one sent claim: what does not come back is called out, and the payer is asked on a schedule.

It follows the claim's own events, in their order. It never changes the claim: what a 277 says is kept beside it, and
money moves by remittances alone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from pydantic import TypeAdapter

from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    ClaimAccepted,
    ClaimDenied,
    ClaimPaid,
    ClaimRejected,
    ClaimStatusReported,
    ClaimSubmitted,
    Event,
    InformationRequested,
    InformationSettled,
    Meta,
    StatusCallDue,
)
from shared.decider import Decider, Due, Effect, Scalar, named_by

from .watch_messages import (
    AnyWatchFact,
    AnyWatchMessage,
    AskedBy,
    AskNow,
    AskStatus,
    CallFellDue,
    CloseRequest,
    InformationRequest,
    InquiriesStopped,
    Inquiry,
    InquiryAnswered,
    InquiryClosed,
    InquiryFiled,
    InquiryOpened,
    InquiryPutOff,
    InquirySent,
    OverdueEnded,
    RecordRequest,
    RecordStatus,
    Reported,
    RequestClosed,
    RequestOpened,
    StageEntered,
    StatusKept,
    WatchBegan,
    WatchEnded,
    WatchFact,
    WatchMessage,
    WentOverdue,
    WishRefused,
)
from .watch_policy import ClaimStage, InquiryTerms, WatchBook
from .watch_state import Watch, due, evolve

KIND = "watch"
PUT_OFF = timedelta(minutes=1)
Facts: TypeAlias = tuple[WatchFact, ...]
Decisions: TypeAlias = tuple[WatchFact | Effect, ...]
Decision: TypeAlias = ClaimPaid | ClaimDenied | ClaimRejected


def decide(book: WatchBook, state: Watch, message: WatchMessage) -> Decisions:  # noqa: C901, PLR0911 - one arm each
    """Answer one message; nothing decided means that it changed nothing."""
    match message:
        case ClaimSubmitted():
            return _submitted(book, state, message)
        case ClaimAccepted():
            return _accepted(book, state, message)
        case ClaimPaid() | ClaimDenied() | ClaimRejected():
            return _ended(state, message)
        case AskNow():
            return _ask_now(book, state, message)
        case CloseRequest():
            return _close_request(state, message)
        case InquirySent():
            return _filed(state, message)
        case InquiryPutOff():
            return _put_off(book, state, message)
        case InquiryAnswered():
            return _answered(state, message)
        case RecordStatus():
            return _record(state, message)
        case RecordRequest():
            return _request(state, message)
        case Due():
            return _come_due(book, state, message)
        case _:
            assert_never(message)


def _then(state: Watch, facts: Facts, follow: Callable[[Watch], Facts]) -> Facts:
    return (*facts, *follow(reduce(evolve, facts, state)))


def _submitted(book: WatchBook, state: Watch, message: ClaimSubmitted) -> Facts:
    if message.meta.sequence <= state.seen:
        return ()
    began = WatchBegan(
        claim_id=message.claim_id,
        account_id=message.account_id,
        patient_control_number=message.patient_control_number,
        payer_id=message.payer_id,
        charge_cents=message.charge_cents,
        submission_id=message.submission_id,
        partner=message.partner,
    )
    # Nothing acknowledges paper: its payer's decision is what comes back first.
    first: ClaimStage = "remittance" if message.partner in book.on_paper else "claim"
    return (*_alarm_over(state), began, _entered(book, first, message.payer_id, message.meta))


def _accepted(book: WatchBook, state: Watch, message: ClaimAccepted) -> Facts:
    """A clearinghouse that has the claim (A1) is not yet a payer that took it."""
    if message.meta.sequence <= state.seen or state.stage != "claim" or message.stage != "payer":
        return ()
    return (*_alarm_over(state), _entered(book, "remittance", state.payer_id, message.meta))


def _entered(book: WatchBook, stage: ClaimStage, payer_id: str, meta: Meta) -> StageEntered:
    since = meta.occurred_at
    expected_by, rule = book.expected_by(stage, payer_id, since)
    terms = book.terms(stage, payer_id, since.date())
    return StageEntered(
        stage=stage,
        since=since,
        expected_by=expected_by,
        rule=rule,
        inquire_at=None if terms is None else since + timedelta(days=terms.first_after_days),
        sequence=meta.sequence,
    )


def _ended(state: Watch, message: Decision) -> Facts:
    if message.meta.sequence <= state.seen or not state.waits:
        return ()
    because: Literal["paid", "denied", "rejected"] = (
        "paid" if isinstance(message, ClaimPaid) else "denied" if isinstance(message, ClaimDenied) else "rejected"
    )
    request = (RequestClosed(),) if state.wants_information else ()
    return (*_alarm_over(state), *request, WatchEnded(because=because, sequence=message.meta.sequence))


def _alarm_over(state: Watch) -> Facts:
    return (OverdueEnded(stage=_stage(state)),) if state.overdue else ()


def _stage(state: Watch) -> ClaimStage:
    return "remittance" if state.stage == "remittance" else "claim"


def _come_due(book: WatchBook, state: Watch, message: Due) -> Decisions:
    now = message.meta.occurred_at
    if message.kind != KIND:
        return ()
    alarm: Facts = ()
    if state.waits and not state.overdue and state.expected_by is not None and state.expected_by <= now:
        alarm = (WentOverdue(stage=_stage(state)),)
    return (*alarm, *_unanswered(state, now), *_ask_when_due(book, state, now))


def _unanswered(state: Watch, now: datetime) -> Facts:
    """A question that went as a file and was not answered in time."""
    inquiry = state.inquiry
    if inquiry is None or inquiry.answer_by is None or inquiry.answer_by > now:
        return ()
    return _close(state, Reported(number=inquiry.number, at=now, by=inquiry.by, problem="unanswered"))


def _ask_when_due(book: WatchBook, state: Watch, now: datetime) -> Decisions:
    if not state.waits or state.inquiry is not None or state.inquire_at is None or state.inquire_at > now:
        return ()
    terms = book.terms(_stage(state), state.payer_id, now.date())
    if terms is None:
        return (InquiriesStopped(),)
    if state.partner in book.on_paper:
        return (CallFellDue(number=state.calls + 1, next_at=now + timedelta(days=terms.every_days)),)
    return _ask(state, terms, now, "schedule")


def _ask(state: Watch, terms: InquiryTerms, now: datetime, by: AskedBy, command_id: UUID | None = None) -> Decisions:
    transport = terms.transport
    assert transport != "none", "the book gives no terms of a payer that takes no inquiry"
    answer_by = now + timedelta(hours=terms.answer_within_hours) if transport == "file" else None
    inquiry = Inquiry(number=state.inquiries + 1, by=by, asked_at=now, transport=transport, answer_by=answer_by)
    opened = InquiryOpened(
        inquiry=inquiry, retry_hours=terms.retry_hours, every_days=terms.every_days, command_id=command_id
    )
    return (opened, _effect(inquiry, state.payer_id, terms))


def _effect(inquiry: Inquiry, payer_id: str, terms: InquiryTerms, not_before: datetime | None = None) -> AskStatus:
    return AskStatus(
        number=inquiry.number,
        payer_id=payer_id,
        transport=inquiry.transport,
        inquiries_max=terms.inquiries_max,
        not_before=not_before,
    )


def _ask_now(book: WatchBook, state: Watch, message: AskNow) -> Decisions:
    """A person may ask about any claim that was sent, decided or not."""
    command_id, now = message.meta.id, message.meta.occurred_at
    if command_id in state.commands:
        return ()
    if state.stage == "absent":
        return (WishRefused(reason="not_sent", command_id=command_id),)
    if state.inquiry is not None:
        return (WishRefused(reason="already_asked", command_id=command_id),)
    if state.partner in book.on_paper:
        return (WishRefused(reason="on_paper", command_id=command_id),)
    terms = book.terms(_stage(state), state.payer_id, now.date())
    if terms is None:
        return (WishRefused(reason="payer_takes_none", command_id=command_id),)
    return _ask(state, terms, now, "person", command_id)


def _close_request(state: Watch, message: CloseRequest) -> Facts:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if not state.wants_information:
        return (WishRefused(reason="no_request", command_id=command_id),)
    return (RequestClosed(command_id=command_id),)


def _is_open(state: Watch, number: int) -> bool:
    return state.inquiry is not None and state.inquiry.number == number


def _filed(state: Watch, message: InquirySent) -> Facts:
    return (InquiryFiled(number=message.number),) if _is_open(state, message.number) else ()


def _put_off(book: WatchBook, state: Watch, message: InquiryPutOff) -> Decisions:
    inquiry, now = state.inquiry, message.meta.occurred_at
    if inquiry is None or inquiry.number != message.number:
        return ()
    terms = book.terms(_stage(state), state.payer_id, now.date())
    if terms is None:  # the payer takes no inquiries any more
        return _close(state, Reported(number=inquiry.number, at=now, by=inquiry.by, problem="unanswered"))
    return (_effect(inquiry, state.payer_id, terms, now + PUT_OFF),)


def _answered(state: Watch, message: InquiryAnswered) -> Facts:
    if state.inquiry is None or not _is_open(state, message.number):
        return ()
    reported = Reported(
        number=message.number,
        at=message.meta.occurred_at,
        by=state.inquiry.by,
        status=message.status,
        problem=message.problem,
    )
    return _close(state, reported)


def _record(state: Watch, message: RecordStatus) -> Facts:
    """A 277 that came as a file. Of an earlier question it is kept, and says nothing about the open one."""
    known = {one.status.source for one in state.reports if one.status is not None}
    if state.stage == "absent" or message.number > state.inquiries or message.status.source in known:
        return ()
    is_open = _is_open(state, message.number)
    by: AskedBy = state.inquiry.by if state.inquiry is not None and is_open else "schedule"
    reported = Reported(number=message.number, at=message.meta.occurred_at, by=by, status=message.status)
    if is_open:
        return _close(state, reported)
    return (StatusKept(reported=reported),)


def _close(state: Watch, reported: Reported) -> Facts:
    wait = timedelta(hours=state.retry_hours) if _failed(reported) else timedelta(days=state.every_days)
    next_at = reported.at + wait if state.waits else None
    closed = InquiryClosed(reported=reported, next_at=next_at)
    return _then(state, (closed,), partial(_requests, reported))


def _failed(reported: Reported) -> bool:
    return reported.status is None or reported.status.kind == "error"


def _requests(reported: Reported, state: Watch) -> Facts:
    """An R category opens a request for information; any other word on the claim ends it."""
    status = reported.status
    if status is None or status.kind in ("error", "unknown", "not_found"):
        return ()
    if status.kind != "information_requested":
        return (RequestClosed(),) if state.wants_information else ()
    wanted = InformationRequest(codes=status.codes, requested_on=status.effective_on or reported.at.date())
    before = state.request
    if before is not None and (before.codes, before.requested_on) == (wanted.codes, wanted.requested_on):
        return ()  # the same request again, whether it is open or a person has answered it
    return (RequestOpened(request=wanted),)


def _request(state: Watch, message: RecordRequest) -> Facts:
    """A payer's request by its own number: told once, whatever was asked before; never of a claim that did not go."""
    if state.stage == "absent" or message.request.trace in state.traces:
        return ()
    return (RequestOpened(request=message.request),)


def publish(state: Watch, fact: WatchFact, meta: Meta) -> Event | None:  # noqa: PLR0911 - one arm per event
    """The public event of a fact: alarms, what payers said, what they want."""
    named = {
        "meta": meta,
        "account_id": state.account_id,
        "claim_id": state.claim_id,
        "patient_control_number": state.patient_control_number,
        "payer_id": state.payer_id,
    }
    match fact:
        case WentOverdue():
            awaited = {"awaits": fact.stage, "since": state.since, "expected_by": state.expected_by}
            owed = {"charge_cents": state.charge_cents, "submission_id": state.submission_id, "rule": state.rule}
            return AcknowledgementOverdue.model_validate({**named, **awaited, **owed})
        case OverdueEnded():
            return AcknowledgementArrived.model_validate({**named, "awaits": fact.stage})
        case CallFellDue():
            owed = {"charge_cents": state.charge_cents, "since": state.since, "number": fact.number}
            return StatusCallDue.model_validate({**named, **owed})
        case InquiryClosed() | StatusKept():
            return _status_event(named, fact.reported)
        case RequestOpened():
            wanted = fact.request.model_dump(include={"codes", "requested_on", "trace", "due_on"})
            return InformationRequested.model_validate({**named, **wanted, "charge_cents": state.charge_cents})
        case RequestClosed():
            return InformationSettled.model_validate(named)
        case _:
            return None


def _status_event(named: Mapping[str, object], reported: Reported) -> Event | None:
    status = reported.status
    if status is None:
        return None
    return ClaimStatusReported.model_validate(
        {
            **named,
            "answer": status.kind,
            "category": status.category,
            "codes": status.codes,
            "payer_claim_control_number": status.payer_claim_control_number,
            "total_cents": status.total_cents,
            "paid_cents": status.paid_cents,
            "adjudicated_on": status.adjudicated_on,
            "asked_by": reported.by,
        }
    )


def _index(state: Watch) -> dict[str, Scalar]:
    status = state.status
    return {
        "payer_id": state.payer_id,
        "stage": state.stage,
        "overdue": state.stage if state.overdue else None,
        "answer": status.kind if status else None,
        "category": status.category if status else None,
        "code": status.codes[0] if status and status.codes else None,
        "wants_information": state.wants_information,
    }


WatchDecider: TypeAlias = Decider[Watch, WatchMessage, WatchFact]


def make_watch(book: WatchBook) -> WatchDecider:
    """The claim's watchdog with the given figures."""
    return Decider(
        service="claims",
        kind=KIND,
        initial=Watch(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("claim_id"),
        record_key=lambda state: state.account_id or "unassigned",
        state_codec=TypeAdapter(Watch),
        message_codec=TypeAdapter(AnyWatchMessage),
        fact_codec=TypeAdapter(AnyWatchFact),
        effect_codec=TypeAdapter(AskStatus),
        index=_index,
        due=due,
    )
