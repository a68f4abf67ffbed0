"""Facts about disputes and notices."""

from datetime import date
from typing import Literal, TypeAlias

from services.collections.core.dispute_messages import DisputeKind, DisputeOutcome, DocumentKind, NoticeKind
from services.collections.core.fact_base import AccountFact
from services.collections.core.messages import Channel
from shared.contracts import PositiveCents


class DisputeOpened(AccountFact):
    """The debt is disputed: what the gate stops for it stops."""

    type: Literal["dispute-opened"] = "dispute-opened"
    dispute_id: str
    kind: DisputeKind
    written: bool
    received_on: date
    disputed_cents: PositiveCents | None
    repeats: str
    after: str  # how the balance had ended before: settled or written_off; empty while it is open
    in_validation_period: bool


class EvidenceAdded(AccountFact):
    """A document belongs to the dispute."""

    type: Literal["evidence-added"] = "evidence-added"
    dispute_id: str
    document_id: str
    document: DocumentKind


class DisputeResolved(AccountFact):
    """The dispute has its answer."""

    type: Literal["dispute-resolved"] = "dispute-resolved"
    dispute_id: str
    outcome: DisputeOutcome
    resolved_on: date


class NoticePrepared(AccountFact):
    """A notice was handed to the worker."""

    type: Literal["notice-prepared"] = "notice-prepared"
    notice_id: str
    notice: NoticeKind
    dispute_id: str
    channel: Channel
    reach_id: str
    decision_id: str


class NoticeWentOut(AccountFact):
    """The person was told."""

    type: Literal["notice-went-out"] = "notice-went-out"
    notice_id: str
    notice: NoticeKind
    dispute_id: str
    sent_on: date


DisputeFacts: TypeAlias = DisputeOpened | EvidenceAdded | DisputeResolved | NoticePrepared | NoticeWentOut
