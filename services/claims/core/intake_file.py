"""An intake file: dropped or uploaded claims in any form, read claim by claim from a position that survives a crash.

Its id is a digest of its content and tenant, so the same file twice is one intake.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, NonNegativeInt, TypeAdapter

from shared.contracts import Contract, Event, Message, Meta, Sealed
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

FINDINGS_KEPT = 100
Form: TypeAlias = Literal["x12", "csv", "xlsx", "fhir", "hl7"]
"""How the claims are written in the file."""


class FileFinding(Contract):
    """A fault of the file outside its claims, or of a claim that could not be taken: code and place, never a value."""

    code: str
    message: str
    segment_number: NonNegativeInt = 0
    byte_offset: NonNegativeInt = 0


class RegisterFile(Message):
    """The bytes are stored: read them. The file's name is sealed, because people put patients' names into it."""

    type: Literal["claims.register-file.v1"] = "claims.register-file.v1"
    file_id: str
    sealed_name: Sealed
    size: NonNegativeInt
    source: Literal["folder", "upload"]
    form: Form = "x12"
    sender: str = ""
    sender_application: str = ""


class ReportRead(Answer):
    """The reader got to `position`, counted in claims from the start of the file.

    `taken` claims of this stretch were received, `skipped` could not be. `done` says that nothing more can be read;
    `reason` why the file stopped being readable, if it did; `read_on_at` when the tenant may send more.
    """

    type: Literal["claims.report-read.v1"] = "claims.report-read.v1"
    file_id: str
    position: NonNegativeInt
    taken: NonNegativeInt
    skipped: NonNegativeInt = 0
    findings: tuple[FileFinding, ...] = ()
    done: bool
    reason: FileFinding | None = None
    read_on_at: AwareDatetime | None = None


FileMessage: TypeAlias = RegisterFile | ReportRead


class ReadFile(Effect):
    """Read on, from this claim."""

    type: Literal["read-file"] = "read-file"
    position: NonNegativeInt
    form: Form = "x12"


class FileRegistered(Fact):
    """The file is known."""

    type: Literal["file-registered"] = "file-registered"
    file_id: str
    sealed_name: Sealed
    size: int
    source: str
    form: Form = "x12"
    registered_on: date | None = None
    sender: str = ""
    sender_application: str = ""


class StretchRead(Fact):
    """Some claims of the file were received."""

    type: Literal["stretch-read"] = "stretch-read"
    position: int
    taken: int
    skipped: int
    findings: tuple[FileFinding, ...]


class FileCompleted(Fact):
    """All of the file that can be read was read. `reason` is the fault that ended it early, if one did."""

    type: Literal["file-completed"] = "file-completed"
    reason: FileFinding | None = None


class FileQuarantined(Fact):
    """Nothing of the file could be received; its bytes are kept."""

    type: Literal["file-quarantined"] = "file-quarantined"
    reason: FileFinding


IntakeFact: TypeAlias = FileRegistered | StretchRead | FileCompleted | FileQuarantined
FileStatus: TypeAlias = Literal["absent", "reading", "completed", "quarantined"]
NOTHING_INSIDE = FileFinding(code="FILE:claims", message="The file holds no claim that could be taken in.")


@dataclass(frozen=True, slots=True)
class IntakeFile:
    """One file: how far it was read, how many claims were received, and what was wrong with it."""

    file_id: str = ""
    sealed_name: str = ""
    size: int = 0
    source: str = ""
    form: Form = "x12"
    status: FileStatus = "absent"
    position: int = 0
    taken: int = 0
    skipped: int = 0
    findings: tuple[FileFinding, ...] = ()
    findings_total: int = 0
    reason: FileFinding | None = None
    registered_on: date | None = None
    sender: str = ""
    sender_application: str = ""


Decisions: TypeAlias = tuple[IntakeFact | Effect, ...]


def decide(state: IntakeFile, message: FileMessage) -> Decisions:
    """Answer one message."""
    match message:
        case RegisterFile():
            return _register(state, message)
        case ReportRead():
            return _read(state, message)
        case _:
            assert_never(message)


def _register(state: IntakeFile, message: RegisterFile) -> Decisions:
    if state.status != "absent":
        return ()
    registered = FileRegistered(
        file_id=message.file_id,
        sealed_name=message.sealed_name,
        size=message.size,
        source=message.source,
        form=message.form,
        registered_on=message.meta.occurred_at.date(),
        sender=message.sender,
        sender_application=message.sender_application,
    )
    return (registered, ReadFile(position=0, form=message.form))


def _read(state: IntakeFile, message: ReportRead) -> Decisions:
    if state.status != "reading" or message.position < state.position:
        return ()
    stretch = StretchRead(
        position=message.position, taken=message.taken, skipped=message.skipped, findings=message.findings
    )
    if not message.done:
        read_on = ReadFile(position=message.position, form=state.form, not_before=message.read_on_at)
        waits_only = message.read_on_at is not None and message.position == state.position and not message.findings
        return (read_on,) if waits_only else (stretch, read_on)
    if state.taken + message.taken:
        return (stretch, FileCompleted(reason=message.reason))
    first = next(iter((*state.findings, *message.findings)), NOTHING_INSIDE)
    return (stretch, FileQuarantined(reason=message.reason or first))


def evolve(state: IntakeFile, fact: IntakeFact) -> IntakeFile:
    """Apply one fact."""
    match fact:
        case FileRegistered():
            return replace(
                state,
                file_id=fact.file_id,
                sealed_name=fact.sealed_name,
                size=fact.size,
                source=fact.source,
                form=fact.form,
                registered_on=fact.registered_on,
                sender=fact.sender,
                sender_application=fact.sender_application,
                status="reading",
            )
        case StretchRead():
            return replace(
                state,
                position=fact.position,
                taken=state.taken + fact.taken,
                skipped=state.skipped + fact.skipped,
                findings=(*state.findings, *fact.findings)[:FINDINGS_KEPT],
                findings_total=state.findings_total + len(fact.findings),
            )
        case FileCompleted():
            return replace(state, status="completed", reason=fact.reason)
        case FileQuarantined():
            return replace(state, status="quarantined", reason=fact.reason)
        case _:
            assert_never(fact)


def publish(_state: IntakeFile, _fact: IntakeFact, _meta: Meta) -> Event | None:
    """Events are per claim, never per file."""
    return None


INTAKE_FILE: Decider[IntakeFile, FileMessage, IntakeFact] = Decider(
    service="claims",
    kind="intake_file",
    initial=IntakeFile(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.file_id,
    record_key=lambda state: state.file_id or "file",
    state_codec=TypeAdapter(IntakeFile),
    message_codec=TypeAdapter(Annotated[FileMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[IntakeFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(ReadFile),
    index=lambda state: {
        "status": state.status,
        "type": state.form,
        "source": state.source,
        "sender": state.sender,
        "sender_application": state.sender_application,
        "day": state.registered_on.isoformat() if state.registered_on else None,
    },
)
