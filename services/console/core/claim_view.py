"""One claim as the console shows it: where it stands, its money, and everything any service did with it.

Each field is written by one service only, so it does not matter in which order the services are heard.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, TypeAdapter

from services.console.core.moments import Moment, Seen, Timeline, followed, is_repeat, moment_of, remember
from services.console.core.ordering import both_ways, day_number, minutes_of
from services.console.core.reasons import adjustment
from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AdjustmentPosted,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    AuthorizationGranted,
    AuthorizationRequired,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRemitted,
    ClaimRerouted,
    ClaimStatusReported,
    ClaimSubmitted,
    Contract,
    CoverageInactive,
    CoverageVerified,
    CoverageWorkFound,
    DeadlineNear,
    EligibilityUnknown,
    FilingDeadlineNear,
    InformationRequested,
    InformationSettled,
    Meta,
    PaymentPosted,
    PaymentReversed,
    StatusCallDue,
    WriteOffApproved,
)
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace
from shared.store.places import Place

ClaimStatus: TypeAlias = Literal["unknown", "received", "held", "submitted", "accepted", "rejected", "denied", "paid"]
Awaits: TypeAlias = Literal["", "claim", "remittance"]
"""Which answer of the payer is overdue: to the claim (277CA), or its remittance."""
Appeal: TypeAlias = Literal["", "sent", "decided"]
Coverage: TypeAlias = Literal["", "verified", "inactive", "unknown", "authorization_required"]
LedgerEvent: TypeAlias = ClaimRemitted | PaymentPosted | AdjustmentPosted | PaymentReversed
AnswerEvent: TypeAlias = (
    CoverageVerified | CoverageInactive | EligibilityUnknown | AuthorizationRequired | AuthorizationGranted
)
NewsEvent: TypeAlias = (
    DeadlineNear
    | ClaimAppealed
    | AppealDecided
    | WriteOffApproved
    | AcknowledgementOverdue
    | AcknowledgementArrived
    | ClaimStatusReported
    | InformationRequested
    | InformationSettled
    | StatusCallDue
    | ClaimRerouted
    | CoverageWorkFound
    | AttachmentsSent
    | AttachmentWorkFound
)
"""Told in the claim's story, and moves neither its status nor its money."""
OwnEvent: TypeAlias = (
    ClaimReceived
    | ClaimHeld
    | ClaimSubmitted
    | ClaimAccepted
    | ClaimRejected
    | ClaimPaid
    | ClaimDenied
    | FilingDeadlineNear
    | NewsEvent
)
ClaimMessage: TypeAlias = OwnEvent | AnswerEvent | LedgerEvent

CLAIM_STATUSES: tuple[ClaimStatus, ...] = (
    "received",
    "held",
    "submitted",
    "accepted",
    "rejected",
    "denied",
    "paid",
)
COVERAGES: tuple[Coverage, ...] = ("verified", "inactive", "unknown", "authorization_required")
MOMENTS_MAX = 200
"""A claim has a dozen moments; one that is fought over for years has a hundred."""


class ClaimChanges(Contract):
    """What one event changes. None and an empty text leave things as they are; `…_delta_cents` add up."""

    status: ClaimStatus | None = None
    coverage: Coverage = ""
    payer_id: str = ""
    patient_control_number: str = ""
    service_from: date | None = None
    service_to: date | None = None
    charge_cents: int | None = None
    denied_cents: int | None = None
    patient_cents: int | None = None
    reasons: tuple[str, ...] | None = None
    filing_deadline_on: date | None = None
    remittance_id: str = ""
    awaits: Awaits | None = None
    awaited_until: date | None = None
    appeal: Appeal | None = None
    work_until: date | None = None
    paid_delta_cents: int = 0
    adjusted_delta_cents: int = 0


class ClaimSeen(Fact):
    """An event about the claim was seen for the first time."""

    type: Literal["claim-view.seen.v1"] = "claim-view.seen.v1"
    account_id: str
    moment: Moment
    changes: ClaimChanges


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim, folded. `patient_cents` and `denied_cents` are the claims service's, paid and adjusted the ledger's."""

    account_id: str = ""
    status: ClaimStatus = "unknown"
    status_at: AwareDatetime | None = None
    reached: tuple[ClaimStatus, ...] = ()
    coverage: Coverage = ""
    payer_id: str = ""
    patient_control_number: str = ""
    service_from: date | None = None
    service_to: date | None = None
    charge_cents: int = 0
    paid_cents: int = 0
    adjusted_cents: int = 0
    denied_cents: int = 0
    patient_cents: int = 0
    reasons: tuple[str, ...] = ()
    filing_deadline_on: date | None = None
    remittance_id: str = ""
    awaits: Awaits = ""
    awaited_until: date | None = None
    appeal: Appeal = ""
    work_until: date | None = None  # the first deadline of a correction or an appeal
    seen: tuple[Seen, ...] = ()
    moments: tuple[Moment, ...] = ()
    moments_dropped: int = 0

    @property
    def deadline_near(self) -> bool:
        """The payer's filing limit runs out on a claim that no payer has accepted."""
        return self.filing_deadline_on is not None and self.status not in {"accepted", "denied", "paid"}


def decide(view: ClaimView, message: ClaimMessage) -> tuple[ClaimSeen | Effect, ...]:
    """A repeat decides nothing."""
    if is_repeat(view.seen, message.meta):
        return ()
    return (ClaimSeen(account_id=message.account_id, moment=moment_of(message), changes=changes_of(message)),)


def changes_of(message: ClaimMessage) -> ClaimChanges:
    """What an event changes in the view, by the service that says it."""
    match message:
        case CoverageVerified() | CoverageInactive() | EligibilityUnknown():
            return _covered(message)
        case AuthorizationRequired() | AuthorizationGranted():
            return _covered(message)
        case ClaimRemitted() | PaymentPosted() | AdjustmentPosted() | PaymentReversed():
            return _posted(message)
        case _:
            return _moved(message)


def _covered(answer: AnswerEvent) -> ClaimChanges:
    match answer:
        case CoverageVerified() | AuthorizationGranted():
            return ClaimChanges(coverage="verified")
        case CoverageInactive():
            return ClaimChanges(coverage="inactive")
        case EligibilityUnknown():
            return ClaimChanges(coverage="unknown")
        case AuthorizationRequired():
            return ClaimChanges(coverage="authorization_required")
        case _:
            assert_never(answer)


def _posted(posting: LedgerEvent) -> ClaimChanges:
    match posting:
        case ClaimRemitted():
            return ClaimChanges(remittance_id=posting.remittance_id)
        case PaymentPosted():
            return ClaimChanges(paid_delta_cents=posting.paid_cents)
        case AdjustmentPosted():
            return ClaimChanges(adjusted_delta_cents=posting.amount_cents)
        case PaymentReversed():
            return ClaimChanges(paid_delta_cents=-posting.reversed_cents)
        case _:
            assert_never(posting)


def _moved(event: OwnEvent) -> ClaimChanges:
    base = ClaimChanges(payer_id=event.payer_id, patient_control_number=event.patient_control_number)
    return base.model_copy(update=_movement(event))


# One branch for each event: the table itself, not logic to take apart.
def _movement(event: OwnEvent) -> dict[str, object]:  # noqa: C901, PLR0911, PLR0912
    match event:
        case ClaimReceived():
            return {**_service(event), "status": "received", "reasons": ()}
        case ClaimSubmitted():
            return {**_service(event), "status": "submitted", "reasons": ()}
        case ClaimHeld():
            reasons = tuple(f"{r.message.rstrip('.')} ({r.field})" for r in event.reasons)
            return {"status": "held", "charge_cents": event.charge_cents, "reasons": reasons}
        case ClaimAccepted():
            return {"status": "accepted", "reasons": ()}
        case ClaimRejected():
            return {"status": "rejected", "charge_cents": event.charge_cents, "reasons": event.codes}
        case ClaimPaid():
            share = event.patient_responsibility_cents
            return {"status": "paid", "denied_cents": 0, "patient_cents": share, "reasons": (), "appeal": ""}
        case ClaimDenied():
            reasons = tuple(adjustment(r.group, r.reason) for r in event.reasons)
            decided = {"status": "denied", "denied_cents": event.denied_cents, "reasons": reasons}
            return {**decided, "work_until": event.work_until, "appeal": ""}
        case FilingDeadlineNear():
            return {"charge_cents": event.charge_cents, "filing_deadline_on": event.deadline_on}
        case DeadlineNear():
            return {"work_until": event.deadline_on}
        case ClaimAppealed():
            return {"appeal": "sent"}
        case AppealDecided():
            return {"appeal": "decided"}
        case AcknowledgementOverdue():
            return {"awaits": event.awaits, "awaited_until": event.expected_by.date()}
        case AcknowledgementArrived():
            return {"awaits": ""}
        case WriteOffApproved() | InformationRequested() | ClaimStatusReported() | StatusCallDue():
            return {}
        case ClaimRerouted() | CoverageWorkFound() | AttachmentsSent() | AttachmentWorkFound() | InformationSettled():
            return {}
        case _:
            assert_never(event)


def _service(event: ClaimReceived | ClaimSubmitted) -> dict[str, object]:
    return {"charge_cents": event.charge_cents, "service_from": event.service_from, "service_to": event.service_to}


def evolve(view: ClaimView, fact: ClaimSeen) -> ClaimView:
    """Apply one fact. No rules here, so history always replays."""
    timeline = remember(Timeline(view.moments, view.moments_dropped), fact.moment, MOMENTS_MAX)
    changed = _with_status(_with_money(_with_names(view, fact.changes), fact.changes), fact.changes, fact.moment.at)
    return replace(
        changed,
        account_id=fact.account_id,
        seen=followed(view.seen, fact.moment),
        moments=timeline.moments,
        moments_dropped=timeline.dropped,
    )


def _with_names(view: ClaimView, changes: ClaimChanges) -> ClaimView:
    return replace(
        view,
        coverage=changes.coverage or view.coverage,
        payer_id=changes.payer_id or view.payer_id,
        patient_control_number=changes.patient_control_number or view.patient_control_number,
        service_from=changes.service_from or view.service_from,
        service_to=changes.service_to or view.service_to,
        filing_deadline_on=changes.filing_deadline_on or view.filing_deadline_on,
        remittance_id=changes.remittance_id or view.remittance_id,
        awaits=view.awaits if changes.awaits is None else changes.awaits,
        awaited_until=changes.awaited_until or view.awaited_until,
        appeal=view.appeal if changes.appeal is None else changes.appeal,
        work_until=changes.work_until or view.work_until,
        reasons=view.reasons if changes.reasons is None else changes.reasons,
    )


def _with_money(view: ClaimView, changes: ClaimChanges) -> ClaimView:
    return replace(
        view,
        charge_cents=view.charge_cents if changes.charge_cents is None else changes.charge_cents,
        denied_cents=view.denied_cents if changes.denied_cents is None else changes.denied_cents,
        patient_cents=view.patient_cents if changes.patient_cents is None else changes.patient_cents,
        paid_cents=view.paid_cents + changes.paid_delta_cents,
        adjusted_cents=view.adjusted_cents + changes.adjusted_delta_cents,
    )


def _with_status(view: ClaimView, changes: ClaimChanges, at: datetime) -> ClaimView:
    if changes.status is None:
        return view
    reached = view.reached if changes.status in view.reached else (*view.reached, changes.status)
    return replace(view, status=changes.status, status_at=at, reached=reached)


SETTLED = frozenset[ClaimStatus]({"denied", "paid"})
PLACES_BY_STATUS: dict[ClaimStatus, str] = {"held": "held", "rejected": "rejections", "denied": "denials"}


def lists_of(view: ClaimView) -> tuple[str, ...]:
    """The work lists that a claim stands in."""
    named = [PLACES_BY_STATUS[view.status]] if view.status in PLACES_BY_STATUS else []
    if view.status == "denied" and view.work_until is not None and view.appeal != "sent":
        named.append("appeals")
    if view.awaits and view.status not in SETTLED:
        named.append("acknowledgements")
    if view.deadline_near:
        named.append("deadlines")
    return tuple(named)


def deadline_of(view: ClaimView, list: str) -> date | None:
    """The day that counts for a claim in a list: until when a payer takes a correction, an appeal or a first claim."""
    if list in {"denials", "appeals"}:
        return view.work_until
    return view.awaited_until if list == "acknowledgements" else view.filing_deadline_on


def places(view: ClaimView) -> tuple[Place, ...]:
    """Each list in each order, and again for the payer alone: what people filter by must page as fast as the whole."""
    found: list[Place] = []
    for name in lists_of(view):
        values = {
            "since": minutes_of(view.status_at),
            "amount": view.denied_cents if name in {"denials", "appeals"} else view.charge_cents,
            "deadline": day_number(deadline_of(view, name)),
        }
        for where in (name, *((f"{name}/{view.payer_id}",) if "|" not in view.payer_id and view.payer_id else ())):
            found += both_ways(where, values)
    return tuple(found)


def publish(_: ClaimView, __: ClaimSeen, ___: Meta) -> None:
    """A read side says nothing."""


def index(view: ClaimView) -> dict[str, Scalar]:
    """What lists select by. `ever_…` answers the funnel's numbers."""
    return {
        "status": view.status,
        "payer_id": view.payer_id,
        "account_id": view.account_id,
        "coverage": view.coverage,
        "remittance_id": view.remittance_id,
        "patient_control_number": view.patient_control_number,
        "deadline_near": view.deadline_near,
        **{f"ever_{status}": status in view.reached for status in CLAIM_STATUSES},
    }


CLAIM_VIEW: Decider[ClaimView, ClaimMessage, ClaimSeen] = Decider(
    service="console",
    kind="claim_view",
    initial=ClaimView(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    keeps_history=False,
    aggregate_id=lambda message: message.claim_id,
    record_key=lambda view: view.account_id,
    state_codec=TypeAdapter(ClaimView),
    message_codec=TypeAdapter(Annotated[ClaimMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(ClaimSeen),
    index=index,
    places=places,
    # `ever_…` is left to the index on tenant and id: most claims answer it, so an index of its own would not help.
)
