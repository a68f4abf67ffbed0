"""A submission: one outbound 837 file of one tenant, partner and kind of claims, until its partner answers for it.

Every step is an effect that is safe to repeat: build (claims join, the file is written and kept sealed), deliver (the
file lies in the partner's folder), tell (each claim learns that it was sent, or its file refused or withdrawn).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, TypeAdapter

from shared.contracts import Event, FileDelivered, FileUndelivered, FileWithdrawn, Message, Meta
from shared.decider import Answer, Decider, Effect
from shared.replaced import replace

from .content import ClaimType
from .submission_facts import (
    ClaimsTold,
    DeliveryFailed,
    FileAck,
    FileAcknowledged,
    Member,
    SubmissionBuilt,
    SubmissionDelivered,
    SubmissionEmptied,
    SubmissionFact,
    SubmissionOpened,
    SubmissionWithdrawn,
    Telling,
)

CLAIMS_MAX = 500
ACKS_KEPT = 50
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""After the first, second, … failure to deliver; the last one holds for all further ones. A house rule."""


class OpenSubmission(Message):
    """Start a file for these claims; those that another file was faster to take stay out."""

    type: Literal["claims.open-submission.v1"] = "claims.open-submission.v1"
    submission_id: str
    partner: str
    candidates: tuple[str, ...] = Field(min_length=1, max_length=CLAIMS_MAX)
    interchange: PositiveInt
    group: PositiveInt
    claim_type: ClaimType = "P"


class ReportBuilt(Answer):
    """The file is written and kept; without members there is none."""

    type: Literal["claims.report-built.v1"] = "claims.report-built.v1"
    submission_id: str
    members: tuple[Member, ...]
    size: NonNegativeInt
    sha256: str


class ReportDelivered(Answer):
    """The file lies where the partner takes it from."""

    type: Literal["claims.report-delivered.v1"] = "claims.report-delivered.v1"
    submission_id: str


class ReportWithdrawn(Answer):
    """The file was not handed over: a plan is not to be told of a claim that was written into it."""

    type: Literal["claims.report-withdrawn.v1"] = "claims.report-withdrawn.v1"
    submission_id: str
    claims: PositiveInt  # that are kept from their plan


class ReportUndelivered(Answer):
    """The file does not lie where the partner takes it from; `message` says what a person may do about it."""

    type: Literal["claims.report-undelivered.v1"] = "claims.report-undelivered.v1"
    submission_id: str
    code: str
    message: str


class ReportTold(Answer):
    """Every claim of the file knows."""

    type: Literal["claims.report-told.v1"] = "claims.report-told.v1"
    submission_id: str
    telling: Telling


class RecordFileAck(Message):
    """A TA1 or 999 came back."""

    type: Literal["claims.record-file-ack.v1"] = "claims.record-file-ack.v1"
    submission_id: str
    ack: FileAck


SubmissionMessage: TypeAlias = (
    OpenSubmission | ReportBuilt | ReportDelivered | ReportWithdrawn | ReportUndelivered | ReportTold | RecordFileAck
)


class BuildSubmission(Effect):
    """Let the candidates join, write the file, keep it sealed."""

    type: Literal["build-submission"] = "build-submission"


class DeliverSubmission(Effect):
    """Put the kept file where the partner takes it from."""

    type: Literal["deliver-submission"] = "deliver-submission"


class TellClaims(Effect):
    """Tell every claim of the file what became of it."""

    type: Literal["tell-claims"] = "tell-claims"
    telling: Telling
    stage: Literal["interchange", "syntax"] = "syntax"
    codes: tuple[str, ...] = ()


AnySubmissionEffect = Annotated[BuildSubmission | DeliverSubmission | TellClaims, Field(discriminator="type")]


SubmissionStatus: TypeAlias = Literal[
    "absent", "building", "built", "delivered", "sent", "refused", "empty", "withdrawn"
]


@dataclass(frozen=True, slots=True)
class Submission:
    """One outbound file. `interchange` is ISA13 and `group` GS06, which acknowledgements quote."""

    submission_id: str = ""
    partner: str = ""
    status: SubmissionStatus = "absent"
    candidates: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    interchange: int = 0
    group: int = 0
    created_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    size: int = 0
    sha256: str = ""
    acks: tuple[FileAck, ...] = ()
    claim_type: ClaimType = "P"
    failures: int = 0
    failure: DeliveryFailed | None = None

    @property
    def charge_cents(self) -> int:
        """What its claims charge together."""
        return sum(one.charge_cents for one in self.members)

    @property
    def refusal(self) -> FileAck | None:
        """The first refusal of the file, if any: a later acceptance does not undo it."""
        return next((ack for ack in self.acks if not ack.accepted), None)


TOLD: Mapping[tuple[Telling, SubmissionStatus], SubmissionStatus] = {
    ("transmitted", "delivered"): "sent",
    ("refused", "sent"): "refused",
    ("withdrawn", "withdrawn"): "withdrawn",
}
"""What a file is once its claims know."""
Decisions: TypeAlias = tuple[SubmissionFact | Effect, ...]


def decide(state: Submission, message: SubmissionMessage) -> Decisions:  # noqa: PLR0911 - one arm per message
    """Answer one message."""
    match message:
        case OpenSubmission():
            return _open(state, message)
        case ReportBuilt():
            return _built(state, message)
        case ReportDelivered():
            return _delivered(state, message)
        case ReportWithdrawn():
            return _withdrawn(state, message)
        case ReportUndelivered():
            return _undelivered(state, message)
        case ReportTold():
            return _told(state, message)
        case RecordFileAck():
            return _acknowledge(state, message.ack)
        case _:
            assert_never(message)


def _open(state: Submission, message: OpenSubmission) -> Decisions:
    if state.status != "absent":
        return ()
    opened = SubmissionOpened(
        submission_id=message.submission_id,
        partner=message.partner,
        candidates=message.candidates,
        interchange=message.interchange,
        group=message.group,
        created_at=message.meta.occurred_at,
        claim_type=message.claim_type,
    )
    return (opened, BuildSubmission())


def _built(state: Submission, message: ReportBuilt) -> Decisions:
    if state.status != "building":
        return ()
    if not message.members:
        return (SubmissionEmptied(),)
    built = SubmissionBuilt(members=message.members, size=message.size, sha256=message.sha256)
    return (built, DeliverSubmission())


def _delivered(state: Submission, message: ReportDelivered) -> Decisions:
    if state.status != "built":
        return ()
    return (SubmissionDelivered(delivered_at=message.meta.occurred_at), TellClaims(telling="transmitted"))


def _withdrawn(state: Submission, message: ReportWithdrawn) -> Decisions:
    """Its number stays unused; its claims go out in another file, but for those that may not."""
    if state.status != "built":
        return ()
    return (SubmissionWithdrawn(claims=message.claims), TellClaims(telling="withdrawn"))


def _undelivered(state: Submission, message: ReportUndelivered) -> Decisions:
    """Tried again for as long as it takes: a file that was built is never given up."""
    if state.status != "built":
        return ()
    wait = RETRY_AFTER[min(state.failures, len(RETRY_AFTER) - 1)]
    again_at = message.meta.occurred_at + wait
    failed = DeliveryFailed(code=message.code, message=message.message, attempt=state.failures + 1, again_at=again_at)
    return (failed, DeliverSubmission(not_before=again_at))


def _told(state: Submission, message: ReportTold) -> Decisions:
    if (message.telling, state.status) not in TOLD:
        return ()
    told = ClaimsTold(telling=message.telling)
    # A refusal that overtook the news of the delivery waited until the claims knew that they were sent.
    return (told, *_tell_refusal(evolve(state, told)))


def _acknowledge(state: Submission, ack: FileAck) -> Decisions:
    if any(known.ack_id == ack.ack_id for known in state.acks) or len(state.acks) >= ACKS_KEPT:
        return ()
    noted = FileAcknowledged(ack=ack)
    first_refusal = state.refusal is None and not ack.accepted
    return (noted, *(_tell_refusal(evolve(state, noted)) if first_refusal else ()))


def _tell_refusal(state: Submission) -> tuple[Effect, ...]:
    refusal = state.refusal
    if state.status != "sent" or refusal is None:
        return ()
    stage: Literal["interchange", "syntax"] = "interchange" if refusal.kind == "TA1" else "syntax"
    return (TellClaims(telling="refused", stage=stage, codes=refusal.codes),)


def evolve(state: Submission, fact: SubmissionFact) -> Submission:  # noqa: PLR0911 - one arm per fact
    """Apply one fact."""
    match fact:
        case SubmissionOpened():
            return replace(
                state,
                submission_id=fact.submission_id,
                partner=fact.partner,
                status="building",
                candidates=fact.candidates,
                interchange=fact.interchange,
                group=fact.group,
                created_at=fact.created_at,
                claim_type=fact.claim_type,
            )
        case SubmissionBuilt():
            return replace(state, status="built", members=fact.members, size=fact.size, sha256=fact.sha256)
        case SubmissionEmptied():
            return replace(state, status="empty")
        case SubmissionDelivered():
            return replace(state, status="delivered", delivered_at=fact.delivered_at, failure=None)
        case SubmissionWithdrawn():
            return replace(state, status="withdrawn", failure=None)
        case DeliveryFailed():
            return replace(state, failures=fact.attempt, failure=fact)
        case ClaimsTold():
            return replace(state, status=TOLD.get((fact.telling, state.status), state.status))
        case FileAcknowledged():
            return replace(state, acks=(*state.acks, fact.ack))
        case _:
            assert_never(fact)


def publish(state: Submission, fact: SubmissionFact, meta: Meta) -> Event | None:
    """A file's claims speak for it, as long as it gets where it should."""
    match fact:
        case DeliveryFailed() if fact.attempt == 1:
            return FileUndelivered(
                meta=meta,
                submission_id=state.submission_id,
                partner=state.partner,
                code=fact.code,
                what=fact.message,
                again_at=fact.again_at,
                claims=len(state.members),
                charge_cents=state.charge_cents,
            )
        case SubmissionWithdrawn():
            return FileWithdrawn(
                meta=meta, submission_id=state.submission_id, partner=state.partner, claims=fact.claims
            )
        case SubmissionDelivered() if state.failures:
            return FileDelivered(
                meta=meta, submission_id=state.submission_id, partner=state.partner, failures=state.failures
            )
        case _:
            return None


SUBMISSION: Decider[Submission, SubmissionMessage, SubmissionFact] = Decider(
    service="claims",
    kind="submission",
    initial=Submission(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.submission_id,
    record_key=lambda state: state.submission_id or "submission",
    state_codec=TypeAdapter(Submission),
    message_codec=TypeAdapter(Annotated[SubmissionMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[SubmissionFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(AnySubmissionEffect),
    index=lambda state: {
        "status": state.status,
        "partner": state.partner,
        "type": f"837{state.claim_type}",
        "day": state.created_at.date().isoformat() if state.created_at else None,
        "interchange": state.interchange,
        "group": state.group,
        "undelivered": state.failure is not None,
    },
)
