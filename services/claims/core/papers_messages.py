"""What a claim's papers may be told, and the facts of their way. Names and contents of documents are kept sealed."""

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt

from shared.contracts import ClaimSubmitted, Contract, Message, NonNegativeCents, Sealed
from shared.decider import Answer, Effect, Fact

from .work_messages import ClaimNamed

Form: TypeAlias = Literal["pdf", "jpeg", "png", "tiff", "text", "ccda"]
Route: TypeAlias = Literal["electronic", "mail", "fax", "portal"]
PaperState: TypeAlias = Literal["announcing", "waiting", "not_announced", "sending", "sent", "accepted", "refused"]
"""`waiting`: for its claim to go, or for a person to send it; `not_announced`: the claim left without its PWK."""
SendingState: TypeAlias = Literal["building", "built", "by_hand", "sent", "accepted", "refused", "failed"]


class Paper(Contract):
    """One document. `control_number` is PWK06 and TRN02; `answers` the payer's number of the request it answers."""

    number: PositiveInt
    control_number: str
    report_type: str
    form: Form
    size: NonNegativeInt
    sha256: str
    file_id: str
    sealed_name: Sealed
    route: Route
    answers: str | None = None
    line_control_number: str = ""
    state: PaperState = "announcing"
    announced_at: int = -1  # so many events the claim had when it named the paper


class Question(Contract):
    """One thing the payer asks for (STC01 of its 277): repeated in the answer as it came."""

    category: str
    code: str
    entity: str = ""
    code_list: str = ""


class Sending(Contract):
    """Papers that leave together: `interchange` is ISA13 and GS06 of their 275."""

    number: PositiveInt
    route: Route
    papers: tuple[int, ...]
    trace: str | None = None
    questions: tuple[Question, ...] = ()
    due_on: date | None = None
    state: SendingState = "building"
    sending_id: str = ""
    partner: str = ""
    interchange: int = 0
    size: int = 0
    sha256: str = ""
    failures: int = 0
    code: str = ""
    acks: tuple[str, ...] = ()


class PapersCommand(Message):
    """A command for the papers of one claim."""

    claim_id: str


class AttachPaper(PapersCommand):
    """Keep a document with the claim."""

    type: Literal["claims.attach-paper.v1"] = "claims.attach-paper.v1"
    named: ClaimNamed
    charge_cents: NonNegativeCents
    control_number: str
    report_type: str = Field(min_length=2, max_length=2)
    form: Form
    size: PositiveInt
    sha256: str
    file_id: str
    sealed_name: Sealed
    route: Route
    answers: str | None = None
    line_control_number: str = ""


class SendAnswer(PapersCommand):
    """Send what was attached in answer to the payer's request of this number."""

    type: Literal["claims.send-answer.v1"] = "claims.send-answer.v1"
    trace: str
    questions: tuple[Question, ...] = ()
    due_on: date | None = None


class MarkSent(PapersCommand):
    """A person sent by hand what goes by portal, mail or fax."""

    type: Literal["claims.mark-papers-sent.v1"] = "claims.mark-papers-sent.v1"
    number: PositiveInt


class SendAgain(PapersCommand):
    """Send once more what was refused, or could not be written."""

    type: Literal["claims.send-papers-again.v1"] = "claims.send-papers-again.v1"
    number: PositiveInt


class PaperNamed(Answer):
    """Whether the claim names the paper (PWK), and how many events it had then; `gone`: it left with it before."""

    type: Literal["claims.paper-named.v1"] = "claims.paper-named.v1"
    claim_id: str
    number: PositiveInt
    announced: bool
    events: NonNegativeInt
    gone: bool = False


class SendingBuilt(Answer):
    """The file is written and kept; `code` says why it could not be."""

    type: Literal["claims.sending-built.v1"] = "claims.sending-built.v1"
    claim_id: str
    number: PositiveInt
    sending_id: str
    partner: str
    interchange: NonNegativeInt
    size: NonNegativeInt
    sha256: str
    code: str = ""


class SendingDelivered(Answer):
    """The file lies where it is taken from; or not yet, with a code."""

    type: Literal["claims.sending-delivered.v1"] = "claims.sending-delivered.v1"
    claim_id: str
    number: PositiveInt
    code: str = ""


class RecordSendingAck(PapersCommand):
    """A TA1 or 999 speaks of the papers' file."""

    type: Literal["claims.record-sending-ack.v1"] = "claims.record-sending-ack.v1"
    sending_id: str
    ack_id: str
    form: Literal["TA1", "999"]
    accepted: bool
    codes: tuple[str, ...] = ()


PapersMessage: TypeAlias = (
    AttachPaper
    | SendAnswer
    | MarkSent
    | SendAgain
    | PaperNamed
    | SendingBuilt
    | SendingDelivered
    | RecordSendingAck
    | ClaimSubmitted
)
AnyPapersMessage = Annotated[PapersMessage, Field(discriminator="type")]


class NamePaper(Effect):
    """Let the claim name the paper (PWK)."""

    type: Literal["name-paper"] = "name-paper"
    number: PositiveInt


class BuildSending(Effect):
    """Write the 275, or the packet to print, and keep it."""

    type: Literal["build-sending"] = "build-sending"
    number: PositiveInt


class DeliverSending(Effect):
    """Put the kept file where it is taken from."""

    type: Literal["deliver-sending"] = "deliver-sending"
    number: PositiveInt


class PaperAttached(Fact):
    """The document is with the claim."""

    type: Literal["paper-attached"] = "paper-attached"
    named: ClaimNamed
    charge_cents: NonNegativeCents
    paper: Paper
    command_id: UUID


class PaperSettled(Fact):
    """The claim names the paper, or left without it."""

    type: Literal["paper-settled"] = "paper-settled"
    number: PositiveInt
    announced: bool
    events: NonNegativeInt
    gone: bool = False


class ClaimLeft(Fact):
    """The claim went to the payer, perhaps again."""

    type: Literal["claim-left"] = "claim-left"
    sequence: NonNegativeInt


class SendingStarted(Fact):
    """Papers leave together."""

    type: Literal["sending-started"] = "sending-started"
    sending: Sending
    command_id: UUID | None = None


class SendingWritten(Fact):
    """The file's bytes are settled."""

    type: Literal["sending-written"] = "sending-written"
    number: PositiveInt
    sending_id: str
    partner: str
    interchange: NonNegativeInt
    size: NonNegativeInt
    sha256: str


class SendingFailed(Fact):
    """The file cannot be written, or did not get there and is tried again at `again_at`."""

    type: Literal["sending-failed"] = "sending-failed"
    number: PositiveInt
    code: str
    again_at: AwareDatetime | None = None


class SendingLeft(Fact):
    """The papers are with the payer's side."""

    type: Literal["sending-left"] = "sending-left"
    number: PositiveInt
    command_id: UUID | None = None


class SendingAcknowledged(Fact):
    """What a TA1 or 999 says of the file."""

    type: Literal["sending-acknowledged"] = "sending-acknowledged"
    number: PositiveInt
    ack_id: str
    form: Literal["TA1", "999"]
    accepted: bool
    codes: tuple[str, ...]


class PapersWork(Fact):
    """A person must act."""

    type: Literal["papers-work"] = "papers-work"
    because: Literal["portal", "print", "refused", "not_answered", "unwritable"]
    what: str
    due_on: date | None = None


class PapersRefused(Fact):
    """What a person asked for is not possible; `because` says why in our words."""

    type: Literal["papers-refused"] = "papers-refused"
    because: str
    command_id: UUID


PapersFact: TypeAlias = (
    PaperAttached
    | PaperSettled
    | ClaimLeft
    | SendingStarted
    | SendingWritten
    | SendingFailed
    | SendingLeft
    | SendingAcknowledged
    | PapersWork
    | PapersRefused
)
AnyPapersFact = Annotated[PapersFact, Field(discriminator="type")]
