"""A remittance file as it arrived: read once, transaction by transaction, and resumable where it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from shared.contracts import Event, Message, Meta
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace


class FileArrived(Message):
    """A file was picked up and its bytes kept. `file_id` is the hash of its content, so a copy is the same file."""

    type: Literal["payments.file-arrived.v1"] = "payments.file-arrived.v1"
    file_id: str
    name: str
    size_bytes: NonNegativeInt


class TransactionsRead(Answer):
    """Transactions up to this one, counted from 1, became remittances."""

    type: Literal["payments.transactions-read.v1"] = "payments.transactions-read.v1"
    file_id: str
    upto: NonNegativeInt
    claims: NonNegativeInt = Field(description="In the transactions read this time.")
    findings: NonNegativeInt = Field(description="Faults of syntax and envelope that did not stop the reading.")
    done: bool


class FileUnreadable(Answer):
    """The file, or the rest of it, cannot be read. What was read before stands."""

    type: Literal["payments.file-unreadable.v1"] = "payments.file-unreadable.v1"
    file_id: str
    reason: str = Field(description="The rule that was broken, never the value.")
    position: str = Field(description="Segment and byte.")


class FileTaken(Fact):
    type: Literal["inbound-file.taken.v1"] = "inbound-file.taken.v1"
    file_id: str
    name: str
    size_bytes: int


class FileProgressed(Fact):
    type: Literal["inbound-file.progressed.v1"] = "inbound-file.progressed.v1"
    upto: int
    claims: int
    findings: int
    done: bool


class FileQuarantined(Fact):
    type: Literal["inbound-file.quarantined.v1"] = "inbound-file.quarantined.v1"
    reason: str
    position: str


class ReadRemittanceFile(Effect):
    """Read the transactions after this one. A remittance knows its repeats, so it may be done again."""

    type: Literal["payments.read-remittance-file.v1"] = "payments.read-remittance-file.v1"
    file_id: str
    after: NonNegativeInt


@dataclass(frozen=True, slots=True)
class InboundFile:
    """One file of a tenant."""

    file_id: str = ""
    name: str = ""
    size_bytes: int = 0
    status: Literal["unseen", "reading", "read", "quarantined"] = "unseen"
    transactions: int = 0
    claims: int = 0
    findings: int = 0
    reason: str = ""
    position: str = ""


InboundFileMessage: TypeAlias = FileArrived | TransactionsRead | FileUnreadable
InboundFileFact: TypeAlias = FileTaken | FileProgressed | FileQuarantined


def decide(state: InboundFile, message: InboundFileMessage) -> tuple[InboundFileFact | Effect, ...]:
    match message:
        case FileArrived():
            if state.status != "unseen":
                return ()
            taken = FileTaken(file_id=message.file_id, name=message.name, size_bytes=message.size_bytes)
            return taken, ReadRemittanceFile(file_id=message.file_id, after=0)
        case TransactionsRead():
            return _progress(state, message)
        case FileUnreadable():
            return (FileQuarantined(reason=message.reason, position=message.position),)
        case _:
            assert_never(message)


def _progress(state: InboundFile, answer: TransactionsRead) -> tuple[InboundFileFact | Effect, ...]:
    progressed = FileProgressed(upto=answer.upto, claims=answer.claims, findings=answer.findings, done=answer.done)
    return (progressed,) if answer.done else (progressed, ReadRemittanceFile(file_id=state.file_id, after=answer.upto))


def evolve(state: InboundFile, fact: InboundFileFact) -> InboundFile:
    match fact:
        case FileTaken():
            return replace(state, file_id=fact.file_id, name=fact.name, size_bytes=fact.size_bytes, status="reading")
        case FileProgressed():
            return replace(
                state,
                transactions=fact.upto,
                claims=state.claims + fact.claims,
                findings=state.findings + fact.findings,
                status="read" if fact.done else "reading",
            )
        case FileQuarantined():
            return replace(state, status="quarantined", reason=fact.reason, position=fact.position)
        case _:
            assert_never(fact)


def publish(_: InboundFile, __: InboundFileFact, ___: Meta) -> Event | None:
    """Nothing: what a file held is told by its remittances."""
    return None


def _index(state: InboundFile) -> Mapping[str, Scalar]:
    return {"status": state.status}


INBOUND_FILE: Decider[InboundFile, InboundFileMessage, InboundFileFact] = Decider(
    service="payments",
    kind="inbound_file",
    initial=InboundFile(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.file_id,
    record_key=lambda state: state.file_id,
    state_codec=TypeAdapter(InboundFile),
    message_codec=TypeAdapter(Annotated[InboundFileMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[InboundFileFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(ReadRemittanceFile),
    index=_index,
)
