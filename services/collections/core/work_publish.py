"""What others may know of promises, disputes and complaints: codes and amounts, never words."""

from typing import TypeAlias

from services.collections.core.dispute_facts import DisputeOpened, DisputeResolved
from services.collections.core.work_facts import ComplaintAnswered, ComplaintTaken, PromiseEnded, PromiseMade, WorkFacts
from shared import contracts
from shared.contracts import CollectorsEvent, Meta

Told: TypeAlias = WorkFacts | DisputeOpened | DisputeResolved


def publish_work(fact: Told, meta: Meta) -> CollectorsEvent | None:
    """The public event of a fact; most of a collector's work is nobody else's business."""
    match fact:
        case PromiseMade():
            return contracts.PromiseToPayMade(
                meta=meta,
                account_id=fact.account_id,
                promise_id=fact.promise_id,
                promised_cents=fact.promised_cents,
                promised_for=fact.promised_for,
                rests_dunning=fact.rests,
            )
        case PromiseEnded():
            return contracts.PromiseToPayEnded(
                meta=meta,
                account_id=fact.account_id,
                promise_id=fact.promise_id,
                outcome=fact.outcome,
                paid_cents=fact.paid_cents,
            )
        case ComplaintTaken():
            return contracts.ComplaintReceived(
                meta=meta,
                account_id=fact.account_id,
                complaint_id=fact.complaint_id,
                kind=fact.kind,
                received_on=fact.received_on,
            )
        case ComplaintAnswered():
            return contracts.ComplaintAnswered(
                meta=meta,
                account_id=fact.account_id,
                complaint_id=fact.complaint_id,
                outcome=fact.outcome,
                answered_on=fact.answered_on,
            )
        case DisputeOpened() | DisputeResolved():
            return _dispute(fact, meta)
        case _:
            return None


def _dispute(fact: DisputeOpened | DisputeResolved, meta: Meta) -> CollectorsEvent:
    if isinstance(fact, DisputeResolved):
        return contracts.DebtDisputeResolved(
            meta=meta,
            account_id=fact.account_id,
            dispute_id=fact.dispute_id,
            outcome=fact.outcome,
            resolved_on=fact.resolved_on,
        )
    return contracts.DebtDisputed(
        meta=meta,
        account_id=fact.account_id,
        dispute_id=fact.dispute_id,
        kind=fact.kind,
        written=fact.written,
        received_on=fact.received_on,
        disputed_cents=fact.disputed_cents,
    )
