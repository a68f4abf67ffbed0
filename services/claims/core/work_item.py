"""A claim's work item: what is to be done, by whom, until when, how much it is worth, and what became of it.

One for each claim, so that nobody works beside somebody else; its causes are kept apart. Facts of the claim open it,
and close it when they settle what it was about. No denial is written off by itself: giving money up takes a request and
the approval of a second person (acceptance case 31).
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import assert_never

from pydantic import TypeAdapter

from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AppealDecided,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimPaid,
    ClaimRejected,
    ClaimRerouted,
    CoverageWorkFound,
    DeadlineNear,
    Event,
    FilingDeadlineNear,
    Meta,
    WriteOffApproved,
)
from shared.decider import Decider, Due, Scalar
from shared.replaced import replace

from .work_messages import (
    AckNews,
    AddNote,
    AnyWorkFact,
    AnyWorkMessage,
    AppealNews,
    AssignWork,
    Call,
    CallLogged,
    Cause,
    CauseKind,
    ClaimNamed,
    ClaimNews,
    CloseWork,
    DecideWriteOff,
    LogCall,
    NewsNoted,
    Note,
    NoteAdded,
    OpenWork,
    Outcome,
    PersonsWish,
    RequestWriteOff,
    StartWork,
    WaitWork,
    WorkAssigned,
    WorkClosed,
    WorkFact,
    WorkMessage,
    WorkOnOpen,
    WorkOpened,
    WorkRefused,
    WorkResumed,
    WorkStarted,
    WorkWaits,
    WriteOffDecided,
    WriteOffRequested,
)
from .work_policy import WorkPolicy
from .work_state import WorkItem, due, evolve

NO_WORK = frozenset({"", "post_only", "do_not_post", "bill_patient", "await_next_payer"})
"""First steps after a payment that need no person here: the ledger and the patient's side do them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an event says there is to do."""

    cause: Cause
    category: str
    next_action: str
    amount_cents: int
    deadline_on: date | None = None
    root_cause: str = ""


def decide(policy: WorkPolicy, state: WorkItem, message: WorkMessage) -> tuple[WorkFact, ...]:
    """Answer one message."""
    match message:
        case Due():
            return _resume(state, message)
        case ClaimAppealed() | AppealDecided():
            return _appeal(policy, state, message)
        case AcknowledgementOverdue() | AcknowledgementArrived():
            return _awaited(policy, state, message)
        case ClaimDenied() | ClaimPaid() | ClaimRejected() | ClaimAccepted() | FilingDeadlineNear() | DeadlineNear():
            return _news(policy, state, message)
        case ClaimRerouted() | CoverageWorkFound():
            return _news(policy, state, message)
        case _:
            return _wish(policy, state, message)


def _news(policy: WorkPolicy, state: WorkItem, message: ClaimNews) -> tuple[WorkFact, ...]:
    if _is_old(state, message.meta):
        return ()
    found = _found(message, message.meta.occurred_at.date())
    if found:
        if isinstance(message, CoverageWorkFound) and state.is_open:
            found = replace(found, category="")  # a denial that is worked on keeps its playbook
        return (_opened(policy, state, message, found),)
    if not state.is_open:
        return ()
    subject, sequence = message.meta.subject, message.meta.sequence
    if isinstance(message, ClaimPaid | ClaimRerouted):
        return _over(state, message)
    left = [one for one in state.causes if one.kind not in ("rejection", "missing_acknowledgement")]
    left = [one for one in left if one.kind != "deadline_near" or one.detail != "timely_filing"]
    if len(left) == len(state.causes) or (isinstance(message, ClaimAccepted) and message.stage == "clearinghouse"):
        return ()
    ended: tuple[CauseKind, ...] = tuple(one.kind for one in state.causes if one not in left)
    closes: Outcome | None = None if left else "accepted_by_payer"
    return (NewsNoted(subject=subject, sequence=sequence, ends=ended, closes=closes),)


def _over(state: WorkItem, message: ClaimPaid | ClaimRerouted) -> tuple[WorkFact, ...]:
    """A payment, or a claim that goes out anew after its denial, ends all but the question who pays first."""
    if isinstance(message, ClaimRerouted) and not message.after_denial:
        return ()
    every: tuple[CauseKind, ...] = tuple(one.kind for one in state.causes if one.kind != "cob")
    closes: Outcome | None = "paid" if isinstance(message, ClaimPaid) else "rebilled"
    left = any(one.kind == "cob" for one in state.causes)
    subject, sequence = message.meta.subject, message.meta.sequence
    return (NewsNoted(subject=subject, sequence=sequence, ends=every, closes=None if left else closes),)


def _is_old(state: WorkItem, meta: Meta) -> bool:
    return dict(state.seen).get(meta.subject, -1) >= meta.sequence


def _found(message: ClaimNews, today: date) -> Found | None:  # noqa: PLR0911 - one arm per event
    match message:
        case ClaimDenied():
            codes = " ".join(f"{one.group}-{one.reason}" for one in message.reasons)
            cause = Cause(kind="denial", on=today, detail=codes)
            category, action = message.category or "unspecified", message.next_action or "follow_up_payer"
            return Found(
                cause, category, action, message.denied_cents, message.work_until, message.root_cause or "payer"
            )
        case ClaimRejected():
            cause = Cause(kind="rejection", on=today, detail=" ".join(message.codes))
            return Found(cause, "rejection", "send_new_claim", message.charge_cents)
        case ClaimPaid() if message.next_action not in NO_WORK:
            cause = Cause(kind="payment_review", on=today, detail=message.outcome)
            open_cents = max(message.charge_cents - message.paid_cents, 0)
            return Found(cause, message.category or "unspecified", message.next_action, open_cents)
        case FilingDeadlineNear():
            cause = Cause(kind="deadline_near", on=today, detail="timely_filing")
            return Found(cause, "filing_deadline", "send_new_claim", message.charge_cents, message.deadline_on)
        case DeadlineNear():
            return _near(message, today)
        case CoverageWorkFound():
            return _coverage(message, today)
        case _:
            return None


def _coverage(message: CoverageWorkFound, today: date) -> Found:
    cob = message.kind in ("cob", "discovered")
    cause = Cause(kind="cob" if cob else "coverage", on=today, detail=" ".join((message.kind, *message.payers)))
    category = {"managed_care": "wrong_payer", "active": "eligibility"}.get(message.kind, "coordination_of_benefits")
    action = "follow_up_payer" if message.kind == "active" else "rebill_other_payer"
    return Found(cause, category, action, message.open_cents)


def _near(message: DeadlineNear, today: date) -> Found:
    kind: CauseKind = "appeal_due" if message.kind == "appeal" else "deadline_near"
    cause = Cause(kind=kind, on=today, detail=f"{message.kind} {message.level} {message.rule}")
    steps = {"appeal": "appeal", "secondary_filing": "rebill_other_payer"}
    return Found(cause, "", steps.get(message.kind, "correct_and_resubmit"), message.denied_cents, message.deadline_on)


def _awaited(policy: WorkPolicy, state: WorkItem, message: AckNews) -> tuple[WorkFact, ...]:
    """What did not come back is work, until it comes."""
    if _is_old(state, message.meta):
        return ()
    today, subject, sequence = message.meta.occurred_at.date(), message.meta.subject, message.meta.sequence
    if isinstance(message, AcknowledgementOverdue):
        cause = Cause(kind="missing_acknowledgement", on=today, detail=f"{message.awaits} {message.rule}")
        category = "" if state.is_open else "acknowledgement"
        found = Found(cause, category, "follow_up_payer", message.charge_cents)
        return (_opened(policy, state, message, found),)
    kept = tuple(one for one in state.causes if one.kind != "missing_acknowledgement")
    if not state.is_open or len(kept) == len(state.causes):
        return ()
    closes: Outcome | None = None if kept else "nothing_to_do"
    return (NewsNoted(subject=subject, sequence=sequence, ends=("missing_acknowledgement",), closes=closes),)


def _opened(policy: WorkPolicy, state: WorkItem, message: ClaimNews | AppealNews | AckNews, found: Found) -> WorkOpened:
    """The item as the news leaves it. A deadline says nothing of the category: what is open already keeps its own."""
    keeps = not found.category and state.is_open
    category = state.category if keeps else found.category or "unspecified"
    action = state.next_action if keeps else found.next_action
    amount = found.amount_cents or state.amount_cents
    today = message.meta.occurred_at.date()
    priority = policy.priority(category, amount, found.deadline_on, today)
    return WorkOpened(
        named=ClaimNamed(
            account_id=message.account_id,
            claim_id=message.claim_id,
            patient_control_number=message.patient_control_number,
            payer_id=message.payer_id,
        ),
        cause=found.cause,
        category=category,
        root_cause=found.root_cause or (state.root_cause if keeps else ""),
        next_action=action,
        queue=policy.queue(category, action, today),
        amount_cents=amount,
        deadline_on=found.deadline_on,
        band=priority.band,
        expected_cents=priority.expected_cents,
        priority_why=priority.why,
        subject=message.meta.subject,
        sequence=message.meta.sequence,
    )


def _appeal(policy: WorkPolicy, state: WorkItem, message: AppealNews) -> tuple[WorkFact, ...]:
    """An appeal that was sent makes the item wait for its answer; an answer that leaves something opens it again."""
    if _is_old(state, message.meta):
        return ()
    subject, sequence = message.meta.subject, message.meta.sequence
    today = message.meta.occurred_at.date()
    if isinstance(message, AppealDecided):
        cause = Cause(kind="denial", on=today, detail=f"appeal {message.level} {message.outcome}")
        action = "follow_up_payer" if message.outcome == "overturned" else "appeal"
        found = Found(cause, "appeal_decision", action, message.disputed_cents)
        return (_opened(policy, state, message, found),)
    if not state.is_open:
        return ()
    return (NewsNoted(subject=subject, sequence=sequence, ends=("appeal_due",)),)


def _resume(state: WorkItem, message: Due) -> tuple[WorkFact, ...]:
    due_at = due(state)
    if message.kind != "work_item" or due_at is None or due_at > message.meta.occurred_at:
        return ()
    return (WorkResumed(),)


def _wish(policy: WorkPolicy, state: WorkItem, message: PersonsWish) -> tuple[WorkFact, ...]:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if message.version is not None and message.version != state.version:
        return (WorkRefused(because="somebody changed it meanwhile: read it again", command_id=command_id),)
    if isinstance(message, OpenWork):
        return (_opened_by_hand(policy, message),)
    if not state.is_open:
        return (WorkRefused(because="it is not open", command_id=command_id),)
    return _answer(policy, state, message)


def _answer(policy: WorkPolicy, state: WorkItem, message: WorkOnOpen) -> tuple[WorkFact, ...]:  # noqa: PLR0911
    """A command for an open item."""
    command_id = message.meta.id
    match message:
        case AssignWork():
            return (WorkAssigned(owner=message.owner, command_id=command_id),)
        case StartWork():
            return (WorkStarted(command_id=command_id),)
        case WaitWork():
            return _wait(message)
        case LogCall():
            return _call(message)
        case AddNote():
            note = Note(on=_today(message.meta), by=message.meta.actor, sealed_note=message.sealed_note)
            return (NoteAdded(note=note, command_id=command_id),)
        case CloseWork():
            return _close(state, message)
        case RequestWriteOff():
            return _request(state, message)
        case DecideWriteOff():
            return _decide_write_off(policy, state, message)
        case _:
            assert_never(message)


def _today(meta: Meta) -> date:
    return meta.occurred_at.date()


def _opened_by_hand(policy: WorkPolicy, message: OpenWork) -> WorkOpened:
    today = _today(message.meta)
    priority = policy.priority(message.category, message.amount_cents, None, today)
    return WorkOpened(
        named=message.named,
        cause=message.cause,
        category=message.category,
        next_action=message.next_action,
        queue=policy.queue(message.category, message.next_action, today),
        amount_cents=message.amount_cents,
        band=priority.band,
        expected_cents=priority.expected_cents,
        priority_why=priority.why,
        command_id=message.meta.id,
    )


def _wait(message: WaitWork) -> tuple[WorkFact, ...]:
    if message.until <= _today(message.meta):
        return (WorkRefused(because="the day to wait for must be later than today", command_id=message.meta.id),)
    return (WorkWaits(until=message.until, command_id=message.meta.id),)


def _call(message: LogCall) -> tuple[WorkFact, ...]:
    today, command_id = _today(message.meta), message.meta.id
    if message.called_on > today:
        return (WorkRefused(because="the call lies in the future", command_id=command_id),)
    call = Call(
        called_on=message.called_on,
        by=message.meta.actor,
        outcome=message.outcome,
        sealed_reference=message.sealed_reference,
        sealed_representative=message.sealed_representative,
        next_action_on=message.next_action_on,
    )
    logged = CallLogged(call=call, command_id=command_id)
    if message.next_action_on is None or message.next_action_on <= today:
        return (logged,)
    return (logged, WorkWaits(until=message.next_action_on, command_id=command_id))


def _close(state: WorkItem, message: CloseWork) -> tuple[WorkFact, ...]:
    if state.write_off is not None:
        because = "a write-off waits for its approval: decide it first"
        return (WorkRefused(because=because, command_id=message.meta.id),)
    return (WorkClosed(outcome=message.outcome, command_id=message.meta.id),)


def _request(state: WorkItem, message: RequestWriteOff) -> tuple[WorkFact, ...]:
    command_id = message.meta.id
    if state.write_off is not None:
        return (WorkRefused(because="a write-off waits for its approval already", command_id=command_id),)
    if message.amount_cents > state.amount_cents:
        because = f"only {state.amount_cents / 100:.2f} is open"
        return (WorkRefused(because=because, command_id=command_id),)
    requested = WriteOffRequested(
        amount_cents=message.amount_cents,
        by=message.meta.actor,
        sealed_reason=message.sealed_reason,
        command_id=command_id,
    )
    return (requested,)


def _decide_write_off(policy: WorkPolicy, state: WorkItem, message: DecideWriteOff) -> tuple[WorkFact, ...]:
    command_id, actor, asked = message.meta.id, message.meta.actor, state.write_off
    if asked is None:
        return (WorkRefused(because="no write-off was asked for", command_id=command_id),)
    decided = WriteOffDecided(approved=message.approve, by=actor, command_id=command_id)
    if not message.approve:
        return (decided,)
    if actor == asked.by:
        because = "who asked for a write-off may not approve it: a second person must"
        return (WorkRefused(because=because, command_id=command_id),)
    if not policy.may_approve(message.roles, asked.amount_cents, _today(message.meta)):
        because = f"a write-off of {asked.amount_cents / 100:.2f} needs the approval of another role"
        return (WorkRefused(because=because, command_id=command_id),)
    return (decided, WorkClosed(outcome="written_off", command_id=command_id))


def publish(state: WorkItem, fact: WorkFact, meta: Meta) -> Event | None:
    """Only an approved write-off is everybody's business: what is to be done is this service's own."""
    if not isinstance(fact, WriteOffDecided) or not fact.approved or state.named is None or state.write_off is None:
        return None
    named = state.named
    return WriteOffApproved(
        meta=meta,
        account_id=named.account_id,
        claim_id=named.claim_id,
        patient_control_number=named.patient_control_number,
        payer_id=named.payer_id,
        written_off_cents=state.write_off.amount_cents,
        category=state.category,
        requested_by=state.write_off.by,
        approved_by=fact.by,
    )


def _index(state: WorkItem) -> dict[str, Scalar]:
    arose = {"category": state.category, "root_cause": state.root_cause}
    if not state.is_open:
        return {**arose, "status": state.status, "outcome": state.outcome}
    return {
        **arose,
        "open": True,
        "status": state.status,
        "band": state.band,
        "queue": state.queue,
        "owner": state.owner,
        "payer_id": state.named.payer_id if state.named else None,
    }


def _aggregate_id(message: WorkMessage) -> str:
    return message.aggregate_id if isinstance(message, Due) else message.claim_id


def make_work_decider(policy: WorkPolicy) -> Decider[WorkItem, WorkMessage, WorkFact]:
    """The work item under the given policy."""
    return Decider(
        service="claims",
        kind="work_item",
        initial=WorkItem(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=_aggregate_id,
        record_key=lambda state: state.named.account_id if state.named else "unassigned",
        state_codec=TypeAdapter(WorkItem),
        message_codec=TypeAdapter(AnyWorkMessage),
        fact_codec=TypeAdapter(AnyWorkFact),
        index=_index,
        due=due,
    )
