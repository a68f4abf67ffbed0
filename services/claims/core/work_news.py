"""What news of a claim means for its work item: it opens it, changes it, or settles what it was about."""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from shared.contracts import (
    AcknowledgementOverdue,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimRejected,
    ClaimRerouted,
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
    Meta,
    StatusCallDue,
)
from shared.replaced import replace

from .work_messages import (
    AckNews,
    AppealNews,
    Cause,
    CauseKind,
    ClaimNamed,
    ClaimNews,
    FileNews,
    NewsNoted,
    Outcome,
    Settled,
    WorkFact,
    WorkOpened,
)
from .work_policy import WorkPolicy
from .work_state import WorkItem

LEAVES_ITS_FILE = frozenset({"x12-writing", "paper", "seal"})
"""Rules by which a claim leaves the file that was being written (`submission_performer.py`)."""
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


def news(policy: WorkPolicy, state: WorkItem, message: ClaimNews) -> tuple[WorkFact, ...]:
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
    left = [one for one in state.causes if one.kind not in ("rejection", "missing_acknowledgement", "unwritable")]
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
        case ClaimHeld():
            return _unwritable(message, today)
        case InformationRequested() | AttachmentWorkFound():
            return _wanted(message, today)
        case StatusCallDue():
            cause = Cause(kind="status_call", on=today, detail=f"call {message.number}")
            return Found(cause, "status_call", "follow_up_payer", message.charge_cents)
        case _:
            return None


def _unwritable(message: ClaimHeld, today: date) -> Found | None:
    """What the scrubber holds has its own list; what left its file because it cannot be written, nobody expects."""
    rules = [one.rule for one in message.reasons if one.rule in LEAVES_ITS_FILE]
    if not rules:
        return None
    cause = Cause(kind="unwritable", on=today, detail=" ".join(f"{one.rule} {one.field}" for one in message.reasons))
    return Found(cause, "submission", "correct_and_resubmit", message.charge_cents)


def _wanted(message: InformationRequested | AttachmentWorkFound, today: date) -> Found:
    """A payer waits for papers or for an answer, until its own day where it says one."""
    if isinstance(message, InformationRequested):
        cause = Cause(kind="information_requested", on=today, detail=" ".join(message.codes))
    else:
        cause = Cause(kind="attachment", on=today, detail=message.because)
    return Found(cause, "documentation", "send_records", message.charge_cents, message.due_on)


def _coverage(message: CoverageWorkFound, today: date) -> Found:
    cob = message.kind in ("cob", "discovered")
    cause = Cause(kind="cob" if cob else "coverage", on=today, detail=" ".join((message.kind, *message.payers)))
    categories = {"managed_care": "wrong_payer", "active": "eligibility", "restricted": "unspecified"}
    category = categories.get(message.kind, "coordination_of_benefits")
    action = "follow_up_payer" if message.kind in ("active", "restricted") else "rebill_other_payer"
    return Found(cause, category, action, message.open_cents)


def _near(message: DeadlineNear, today: date) -> Found:
    kind: CauseKind = "appeal_due" if message.kind == "appeal" else "deadline_near"
    cause = Cause(kind=kind, on=today, detail=f"{message.kind} {message.level} {message.rule}")
    steps = {"appeal": "appeal", "secondary_filing": "rebill_other_payer"}
    return Found(cause, "", steps.get(message.kind, "correct_and_resubmit"), message.denied_cents, message.deadline_on)


def awaited(policy: WorkPolicy, state: WorkItem, message: AckNews) -> tuple[WorkFact, ...]:
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


def settled(state: WorkItem, message: Settled) -> tuple[WorkFact, ...]:
    """The payer has what it wanted. Papers that nobody asked for answer no request."""
    if _is_old(state, message.meta):
        return ()
    asked = isinstance(message, InformationSettled) or message.trace is not None
    over = set[CauseKind]()
    if isinstance(message, AttachmentsSent):
        over.add("attachment")
    if asked:
        over.add("information_requested")
    return _ended(state, message.meta, over, "answered")


def of_file(policy: WorkPolicy, state: WorkItem, message: FileNews) -> tuple[WorkFact, ...]:
    """One item for a file that did not get there, or that nobody says to have: it is over when that comes."""
    if _is_old(state, message.meta):
        return ()
    today = message.meta.occurred_at.date()
    match message:
        case FileUndelivered():
            cause = Cause(kind="undelivered_file", on=today, detail=message.code)
            found = Found(cause, "submission", "follow_up_payer", message.charge_cents)
        case FileAcknowledgementOverdue():
            cause = Cause(kind="missing_acknowledgement", on=today, detail=f"file {message.rule}")
            found = Found(cause, "acknowledgement", "follow_up_payer", message.charge_cents)
        case FileDelivered():
            return _ended(state, message.meta, {"undelivered_file"}, "delivered")
        case FileWithdrawn():
            return _ended(state, message.meta, {"undelivered_file"}, "nothing_to_do")
        case FileAcknowledgementArrived():
            return _ended(state, message.meta, {"missing_acknowledgement"}, "answered")
        case _:
            assert_never(message)
    return (_opened(policy, state, message, found),)


def _ended(state: WorkItem, meta: Meta, over: set[CauseKind], outcome: Outcome) -> tuple[WorkFact, ...]:
    """Causes that are over; with the last of them the item is done."""
    ends: tuple[CauseKind, ...] = tuple(one.kind for one in state.causes if one.kind in over)
    if not state.is_open or not ends:
        return ()
    closes = outcome if all(one.kind in over for one in state.causes) else None
    return (NewsNoted(subject=meta.subject, sequence=meta.sequence, ends=ends, closes=closes),)


def _named(message: ClaimNews | AppealNews | AckNews | FileNews) -> ClaimNamed:
    if isinstance(message, FileNews):
        return ClaimNamed(
            account_id="",
            claim_id=message.submission_id,
            patient_control_number="",
            payer_id="",
            partner=message.partner,
        )
    return ClaimNamed(
        account_id=message.account_id,
        claim_id=message.claim_id,
        patient_control_number=message.patient_control_number,
        payer_id=message.payer_id,
    )


def _opened(
    policy: WorkPolicy, state: WorkItem, message: ClaimNews | AppealNews | AckNews | FileNews, found: Found
) -> WorkOpened:
    """The item as the news leaves it. A deadline says nothing of the category: what is open already keeps its own."""
    keeps = not found.category and state.is_open
    category = state.category if keeps else found.category or "unspecified"
    action = state.next_action if keeps else found.next_action
    amount = found.amount_cents or state.amount_cents
    today = message.meta.occurred_at.date()
    deadline_on = found.deadline_on or policy.respond_by(found.category, today)
    priority = policy.priority(category, amount, deadline_on, today)
    return WorkOpened(
        named=_named(message),
        cause=found.cause,
        category=category,
        root_cause=found.root_cause or (state.root_cause if keeps else ""),
        next_action=action,
        queue=policy.queue(category, action, today),
        amount_cents=amount,
        deadline_on=deadline_on,
        band=priority.band,
        expected_cents=priority.expected_cents,
        priority_why=priority.why,
        subject=message.meta.subject,
        sequence=message.meta.sequence,
    )


def appeal(policy: WorkPolicy, state: WorkItem, message: AppealNews) -> tuple[WorkFact, ...]:
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
