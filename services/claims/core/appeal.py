"""One appeal: a claim, a level, its deadline, the evidence, the packet, how it was sent and what the payer answered.

A level is opened only while its deadline runs (`claim_deadlines.py`): the deadline engine knows the payer's levels and
the least amount in dispute. What a payer returned unread (277CA rejection, MA130) has no appeal: it is sent anew.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from shared.contracts import AppealDecided, ClaimAppealed, Contract, Event, Message, Meta, PositiveCents, Sealed
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace

from .work_messages import ClaimNamed

EvidenceKind: TypeAlias = Literal[
    "acknowledgement", "remittance", "medical_record", "authorization", "notice", "contract", "policy", "other"
]
Method: TypeAlias = Literal["letter", "portal", "fax"]
AppealOutcome: TypeAlias = Literal["overturned", "partly_overturned", "upheld", "dismissed", "withdrawn"]
Status: TypeAlias = Literal["absent", "open", "writing", "written", "submitted", "decided"]
EVIDENCE_MAX = 100
KEPT = 20


class Evidence(Contract):
    """One piece. What the claim kept itself is told by `reference` and `detail`; a file lies sealed in the vault."""

    kind: EvidenceKind
    on: date
    reference: str
    detail: str = ""
    proves_timely_filing: bool = False
    file_id: str | None = None
    sealed_name: Sealed | None = None


class AppealCommand(Message):
    """A person's command for one appeal."""

    appeal_id: str


class OpenAppeal(AppealCommand):
    """Begin an appeal; what it is about was read from the claim."""

    type: Literal["claims.open-appeal.v1"] = "claims.open-appeal.v1"
    named: ClaimNamed
    level: PositiveInt
    category: str
    disputed_cents: PositiveCents
    reasons: tuple[str, ...]
    decided_on: date
    deadline_on: date
    deadline_rule: str
    explanation: str
    evidence: tuple[Evidence, ...] = ()


class AddEvidence(AppealCommand):
    """Add a file or a reference."""

    type: Literal["claims.add-appeal-evidence.v1"] = "claims.add-appeal-evidence.v1"
    evidence: Evidence


class WritePacket(AppealCommand):
    """Write the letter and put the packet together; again, when evidence came meanwhile."""

    type: Literal["claims.write-appeal-packet.v1"] = "claims.write-appeal-packet.v1"


class PacketWritten(Answer):
    """The packet lies in the vault."""

    type: Literal["claims.appeal-packet-written.v1"] = "claims.appeal-packet-written.v1"
    appeal_id: str
    name: str
    size: NonNegativeInt
    sha256: str
    pages: PositiveInt


class SubmitAppeal(AppealCommand):
    """It went to the payer."""

    type: Literal["claims.submit-appeal.v1"] = "claims.submit-appeal.v1"
    method: Method
    submitted_on: date
    sealed_reference: Sealed | None = None


class RecordAnswer(AppealCommand):
    """The payer answered."""

    type: Literal["claims.record-appeal-answer.v1"] = "claims.record-appeal-answer.v1"
    outcome: AppealOutcome
    decided_on: date


AppealMessage: TypeAlias = OpenAppeal | AddEvidence | WritePacket | PacketWritten | SubmitAppeal | RecordAnswer


class RenderPacket(Effect):
    """Write packet number `number` of this appeal."""

    type: Literal["render-packet"] = "render-packet"
    number: PositiveInt


class Kept(Fact):
    """A fact that answers a person's command carries its id, so that a repeat is known."""

    command_id: UUID | None = None


class AppealOpened(Kept):
    """The appeal exists."""

    type: Literal["appeal-opened"] = "appeal-opened"
    appeal_id: str
    named: ClaimNamed
    level: PositiveInt
    category: str
    disputed_cents: PositiveCents
    reasons: tuple[str, ...]
    decided_on: date
    deadline_on: date
    deadline_rule: str
    explanation: str
    evidence: tuple[Evidence, ...]


class EvidenceAdded(Kept):
    """There is more to show."""

    type: Literal["evidence-added"] = "evidence-added"
    evidence: Evidence


class PacketAsked(Kept):
    """The packet is being written."""

    type: Literal["packet-asked"] = "packet-asked"
    number: PositiveInt


class PacketKept(Fact):
    """The packet is there."""

    type: Literal["packet-kept"] = "packet-kept"
    name: str
    size: int
    sha256: str
    pages: int


class AppealSubmitted(Kept):
    """It went to the payer."""

    type: Literal["appeal-submitted"] = "appeal-submitted"
    method: Method
    submitted_on: date
    sealed_reference: Sealed | None = None


class AppealAnswered(Kept):
    """The payer answered, or it was withdrawn."""

    type: Literal["appeal-answered"] = "appeal-answered"
    outcome: AppealOutcome
    answered_on: date


class AppealRefused(Kept):
    """What was asked for is not possible; `because` says why in our words."""

    type: Literal["appeal-refused"] = "appeal-refused"
    because: str


AppealFact: TypeAlias = (
    AppealOpened | EvidenceAdded | PacketAsked | PacketKept | AppealSubmitted | AppealAnswered | AppealRefused
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """One level of appeal of one claim. `packet` is the last one written, with its digest."""

    appeal_id: str = ""
    named: ClaimNamed | None = None
    status: Status = "absent"
    level: int = 0
    category: str = ""
    disputed_cents: int = 0
    reasons: tuple[str, ...] = ()
    decided_on: date | None = None
    deadline_on: date | None = None
    deadline_rule: str = ""
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()
    packets: int = 0
    packet: PacketKept | None = None
    method: Method | None = None
    submitted_on: date | None = None
    outcome: AppealOutcome | None = None
    answered_on: date | None = None
    commands: tuple[UUID, ...] = ()


def decide(state: Appeal, message: AppealMessage) -> tuple[AppealFact | Effect, ...]:
    """Answer one message."""
    if message.meta.id in state.commands:
        return ()
    match message:
        case OpenAppeal():
            return _open(state, message)
        case PacketWritten():
            return _written(state, message)
        case AddEvidence() | WritePacket() | SubmitAppeal() | RecordAnswer():
            because = _why_not(state, message)
            refused = AppealRefused(because=because, command_id=message.meta.id)
            return (refused,) if because else _go_on(state, message)
        case _:
            assert_never(message)


def _open(state: Appeal, message: OpenAppeal) -> tuple[AppealFact, ...]:
    command_id, today = message.meta.id, message.meta.occurred_at.date()
    if state.status != "absent":
        return (AppealRefused(because="this level is being appealed already", command_id=command_id),)
    if message.deadline_on < today:
        because = f"the last day was {message.deadline_on}. {message.explanation}"
        return (AppealRefused(because=because, command_id=command_id),)
    fields = {name: getattr(message, name) for name in AppealOpened.model_fields if name not in ("type", "command_id")}
    return (AppealOpened(**fields, command_id=command_id),)


def _written(state: Appeal, message: PacketWritten) -> tuple[AppealFact, ...]:
    if state.status != "writing":
        return ()
    return (PacketKept(name=message.name, size=message.size, sha256=message.sha256, pages=message.pages),)


OnOpen: TypeAlias = AddEvidence | WritePacket | SubmitAppeal | RecordAnswer


def _why_not(state: Appeal, message: OnOpen) -> str:  # noqa: PLR0911 - one return per reason
    """What stands in the way of a command; "" when nothing does."""
    today = message.meta.occurred_at.date()
    if state.status == "absent":
        return "there is no such appeal"
    match message:
        case AddEvidence() | WritePacket():
            if state.status in ("submitted", "decided"):
                return "it went to the payer already"
            if state.status == "writing":
                return "its packet is being written: try again in a moment"
            full = isinstance(message, AddEvidence) and len(state.evidence) >= EVIDENCE_MAX
            return f"an appeal holds {EVIDENCE_MAX} pieces of evidence at most" if full else ""
        case SubmitAppeal():
            if state.status != "written":
                return "there is no finished packet that holds all the evidence: write it first"
            return "the day it was sent lies in the future" if message.submitted_on > today else ""
        case RecordAnswer():
            if state.status == "decided":
                return "it was answered already"
            if state.status != "submitted" and message.outcome != "withdrawn":
                return "it did not go to the payer yet"
            return "the day of the answer lies in the future" if message.decided_on > today else ""


def _go_on(state: Appeal, message: OnOpen) -> tuple[AppealFact | Effect, ...]:
    command_id = message.meta.id
    match message:
        case AddEvidence():
            return (EvidenceAdded(evidence=message.evidence, command_id=command_id),)
        case WritePacket():
            number = state.packets + 1
            return (PacketAsked(number=number, command_id=command_id), RenderPacket(number=number))
        case SubmitAppeal():
            reference = message.sealed_reference
            sent = AppealSubmitted(
                method=message.method,
                submitted_on=message.submitted_on,
                sealed_reference=reference,
                command_id=command_id,
            )
            return (sent,)
        case RecordAnswer():
            return (AppealAnswered(outcome=message.outcome, answered_on=message.decided_on, command_id=command_id),)


def evolve(state: Appeal, fact: AppealFact) -> Appeal:
    """Apply one fact."""
    changed = _changed(state, fact)
    if isinstance(fact, Kept) and fact.command_id is not None:
        return replace(changed, commands=(*changed.commands, fact.command_id)[-KEPT:])
    return changed


def _changed(state: Appeal, fact: AppealFact) -> Appeal:  # noqa: PLR0911 - one arm per fact
    match fact:
        case AppealOpened():
            return _opened(state, fact)
        case EvidenceAdded():
            # A packet that lacks a piece is not the packet any more.
            status: Status = "open" if state.status == "written" else state.status
            return replace(state, evidence=(*state.evidence, fact.evidence), status=status)
        case PacketAsked():
            return replace(state, status="writing", packets=fact.number)
        case PacketKept():
            return replace(state, status="written", packet=fact)
        case AppealSubmitted():
            return replace(state, status="submitted", method=fact.method, submitted_on=fact.submitted_on)
        case AppealAnswered():
            return replace(state, status="decided", outcome=fact.outcome, answered_on=fact.answered_on)
        case AppealRefused():
            return state
        case _:
            assert_never(fact)


def _opened(state: Appeal, fact: AppealOpened) -> Appeal:
    return replace(
        state,
        appeal_id=fact.appeal_id,
        named=fact.named,
        status="open",
        level=fact.level,
        category=fact.category,
        disputed_cents=fact.disputed_cents,
        reasons=fact.reasons,
        decided_on=fact.decided_on,
        deadline_on=fact.deadline_on,
        deadline_rule=fact.deadline_rule,
        explanation=fact.explanation,
        evidence=fact.evidence,
    )


def publish(state: Appeal, fact: AppealFact, meta: Meta) -> Event | None:
    """An appeal is the world's business once it went out, and once it was answered."""
    named = state.named
    if named is None:
        return None
    if isinstance(fact, AppealSubmitted):
        return ClaimAppealed(
            meta=meta,
            **named.model_dump(),
            appeal_id=state.appeal_id,
            level=state.level,
            method=fact.method,
            submitted_on=fact.submitted_on,
            disputed_cents=state.disputed_cents,
        )
    if isinstance(fact, AppealAnswered) and state.submitted_on is not None:
        return AppealDecided(
            meta=meta,
            **named.model_dump(),
            appeal_id=state.appeal_id,
            level=state.level,
            outcome=fact.outcome,
            decided_on=fact.answered_on,
            disputed_cents=state.disputed_cents,
        )
    return None


def _index(state: Appeal) -> dict[str, Scalar]:
    named = state.named
    return {
        "status": state.status,
        "claim_id": named.claim_id if named else None,
        "payer_id": named.payer_id if named else None,
    }


APPEAL: Decider[Appeal, AppealMessage, AppealFact] = Decider(
    service="claims",
    kind="appeal",
    initial=Appeal(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.appeal_id,
    record_key=lambda state: state.named.account_id if state.named else "unassigned",
    state_codec=TypeAdapter(Appeal),
    message_codec=TypeAdapter(Annotated[AppealMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[AppealFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(RenderPacket),
    index=_index,
)
