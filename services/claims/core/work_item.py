"""A claim's work item: what is to be done, by whom, until when, how much it is worth, and what became of it.

One for each claim, so that nobody works beside somebody else; its causes are kept apart. Facts of the claim open it,
and close it when they settle what it was about. No denial is written off by itself: giving money up takes a request and
the approval of a second person (acceptance case 31).
"""

from functools import partial

from pydantic import TypeAdapter

from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimRejected,
    ClaimRerouted,
    CoverageWorkFound,
    DeadlineNear,
    Event,
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
    WriteOffApproved,
)
from shared.decider import Decider, Due, Scalar

from .work_messages import AnyWorkFact, AnyWorkMessage, WorkFact, WorkMessage, WorkResumed, WriteOffDecided
from .work_news import appeal, awaited, news, of_file, settled
from .work_policy import WorkPolicy
from .work_state import WorkItem, due, evolve
from .work_wishes import wish


def decide(  # noqa: PLR0911 - one arm for each kind of news
    policy: WorkPolicy, state: WorkItem, message: WorkMessage
) -> tuple[WorkFact, ...]:
    """Answer one message."""
    match message:
        case Due():
            return _resume(state, message)
        case ClaimAppealed() | AppealDecided():
            return appeal(policy, state, message)
        case AcknowledgementOverdue() | AcknowledgementArrived():
            return awaited(policy, state, message)
        case ClaimDenied() | ClaimPaid() | ClaimRejected() | ClaimAccepted() | FilingDeadlineNear() | DeadlineNear():
            return news(policy, state, message)
        case ClaimRerouted() | CoverageWorkFound() | ClaimHeld() | StatusCallDue():
            return news(policy, state, message)
        case InformationRequested() | AttachmentWorkFound():
            return news(policy, state, message)
        case InformationSettled() | AttachmentsSent():
            return settled(state, message)
        case (
            FileUndelivered()
            | FileDelivered()
            | FileWithdrawn()
            | FileAcknowledgementOverdue()
            | FileAcknowledgementArrived()
        ):
            return of_file(policy, state, message)
        case _:
            return wish(policy, state, message)


def _resume(state: WorkItem, message: Due) -> tuple[WorkFact, ...]:
    due_at = due(state)
    if message.kind != "work_item" or due_at is None or due_at > message.meta.occurred_at:
        return ()
    return (WorkResumed(),)


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
        "payer_id": (state.named.payer_id or None) if state.named else None,
    }


def _aggregate_id(message: WorkMessage) -> str:
    match message:
        case Due():
            return message.aggregate_id
        case (
            FileUndelivered()
            | FileDelivered()
            | FileWithdrawn()
            | FileAcknowledgementOverdue()
            | FileAcknowledgementArrived()
        ):
            return message.submission_id
        case _:
            return message.claim_id


def _record_key(state: WorkItem) -> str:
    """Events are of claims only, and go with their account's."""
    return (state.named.account_id or state.named.claim_id) if state.named else "unassigned"


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
        record_key=_record_key,
        state_codec=TypeAdapter(WorkItem),
        message_codec=TypeAdapter(AnyWorkMessage),
        fact_codec=TypeAdapter(AnyWorkFact),
        index=_index,
        due=due,
    )
