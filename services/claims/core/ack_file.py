"""An acknowledgement file: a TA1, 999, 277CA or 277 that came back, matched by control numbers and never by order."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from shared.contracts import Event, Message, Meta
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

from .intake_file import FileFinding

UNMATCHED_KEPT = 100
AckForm: TypeAlias = Literal["999", "277ca", "ta1", "277"]


class RegisterAcks(Message):
    """The bytes are stored: read them. `extension` is the file's, without dot."""

    type: Literal["claims.register-acks.v1"] = "claims.register-acks.v1"
    file_id: str
    name: str = Field(max_length=255)
    extension: AckForm
    size: NonNegativeInt
    sender: str = ""
    sender_application: str = ""


class ReportAcks(Answer):
    """The file was read: `matched` acknowledgements found their file or claim, `unmatched` did not."""

    type: Literal["claims.report-acks.v1"] = "claims.report-acks.v1"
    file_id: str
    matched: NonNegativeInt
    unmatched: tuple[FileFinding, ...] = ()
    reason: FileFinding | None = None


AckFileMessage: TypeAlias = RegisterAcks | ReportAcks


class ReadAcks(Effect):
    """Read the file and tell its submissions and claims."""

    type: Literal["read-acks"] = "read-acks"
    extension: AckForm


class AcksRegistered(Fact):
    """The file is known."""

    type: Literal["acks-registered"] = "acks-registered"
    file_id: str
    name: str
    extension: str
    size: int
    registered_on: date | None = None
    sender: str = ""
    sender_application: str = ""


class AcksRead(Fact):
    """What could be matched was passed on."""

    type: Literal["acks-read"] = "acks-read"
    matched: int
    unmatched: tuple[FileFinding, ...]
    unmatched_total: int


class AcksQuarantined(Fact):
    """The file could not be read; its bytes are kept."""

    type: Literal["acks-quarantined"] = "acks-quarantined"
    reason: FileFinding


AckFileFact: TypeAlias = AcksRegistered | AcksRead | AcksQuarantined


@dataclass(frozen=True, slots=True)
class AckFile:
    """One acknowledgement file."""

    file_id: str = ""
    name: str = ""
    extension: str = ""
    size: int = 0
    status: Literal["absent", "reading", "completed", "quarantined"] = "absent"
    matched: int = 0
    unmatched: tuple[FileFinding, ...] = ()
    unmatched_total: int = 0
    reason: FileFinding | None = None
    registered_on: date | None = None
    sender: str = ""
    sender_application: str = ""


Decisions: TypeAlias = tuple[AckFileFact | Effect, ...]


def decide(state: AckFile, message: AckFileMessage) -> Decisions:
    """Answer one message."""
    match message:
        case RegisterAcks():
            return _register(state, message)
        case ReportAcks():
            return _read(state, message)
        case _:
            assert_never(message)


def _register(state: AckFile, message: RegisterAcks) -> Decisions:
    if state.status != "absent":
        return ()
    registered = AcksRegistered(
        file_id=message.file_id,
        name=message.name,
        extension=message.extension,
        size=message.size,
        registered_on=message.meta.occurred_at.date(),
        sender=message.sender,
        sender_application=message.sender_application,
    )
    return (registered, ReadAcks(extension=message.extension))


def _read(state: AckFile, message: ReportAcks) -> Decisions:
    if state.status != "reading":
        return ()
    if message.reason is not None and not message.matched and not message.unmatched:
        return (AcksQuarantined(reason=message.reason),)
    found = message.unmatched if message.reason is None else (message.reason, *message.unmatched)
    return (AcksRead(matched=message.matched, unmatched=found[:UNMATCHED_KEPT], unmatched_total=len(found)),)


def evolve(state: AckFile, fact: AckFileFact) -> AckFile:
    """Apply one fact."""
    match fact:
        case AcksRegistered():
            return replace(
                state,
                file_id=fact.file_id,
                name=fact.name,
                extension=fact.extension,
                size=fact.size,
                registered_on=fact.registered_on,
                sender=fact.sender,
                sender_application=fact.sender_application,
                status="reading",
            )
        case AcksRead():
            return replace(
                state,
                status="completed",
                matched=fact.matched,
                unmatched=fact.unmatched,
                unmatched_total=fact.unmatched_total,
            )
        case AcksQuarantined():
            return replace(state, status="quarantined", reason=fact.reason)
        case _:
            assert_never(fact)


def publish(_state: AckFile, _fact: AckFileFact, _meta: Meta) -> Event | None:
    """The claims speak for it."""
    return None


ACK_FILE: Decider[AckFile, AckFileMessage, AckFileFact] = Decider(
    service="claims",
    kind="ack_file",
    initial=AckFile(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.file_id,
    record_key=lambda state: state.file_id or "file",
    state_codec=TypeAdapter(AckFile),
    message_codec=TypeAdapter(Annotated[AckFileMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[AckFileFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(ReadAcks),
    index=lambda state: {
        "status": state.status,
        "type": state.extension,
        "sender": state.sender,
        "sender_application": state.sender_application,
        "day": state.registered_on.isoformat() if state.registered_on else None,
    },
)
