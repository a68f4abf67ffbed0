"""One agency of a client: what waits to be told it, and the numbered files that were written to it.

Records wait until the agency's hour of the day, or until a file is full. Each is in one file; a file is written once
and keeps its number and its control totals. What is placed and taken back before its file never leaves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, TypeAdapter

from services.collections.core.agency_policy import AgencyBook
from services.collections.core.placement_messages import RecordKind
from shared.contracts import Cents, Contract, Event, Message, Meta
from shared.decider import Answer, Decider, Due, Effect, Fact, Scalar, named_by
from shared.replaced import replace

RECORDS_MAX = 1_000
"""Records of one file."""
FILES_KEPT = 200
TAKES_BACK = frozenset({"recall", "closure"})
SEND_HOUR = 6
"""Where the contract is over, and somebody still has to be told."""


class RecordRef(Contract):
    """A record of a placement, by its number there."""

    placement_id: str
    number: PositiveInt
    kind: RecordKind


class Enqueue(Message):
    """A placement has something to tell the agency."""

    type: Literal["collections.enqueue-record.v1"] = "collections.enqueue-record.v1"
    agency_id: str = Field(min_length=1)
    record: RecordRef


class CutFile(Message):
    """A person wants the file now."""

    type: Literal["collections.cut-agency-file.v1"] = "collections.cut-agency-file.v1"
    agency_id: str = Field(min_length=1)


class FileWritten(Answer):
    """The file lies in the agency's folder, with these totals."""

    type: Literal["collections.agency-file-written.v1"] = "collections.agency-file-written.v1"
    agency_id: str
    number: PositiveInt
    name: str
    lines: NonNegativeInt
    placed_cents: Cents
    digest: str
    unwritable: NonNegativeInt


class DroppedTold(Answer):
    """The placement knows that nothing of it goes out."""

    type: Literal["collections.dropped-told.v1"] = "collections.dropped-told.v1"
    agency_id: str


class WriteFile(Effect):
    """Write the file with this number, of these records."""

    type: Literal["collections.write-agency-file.v1"] = "collections.write-agency-file.v1"
    agency_id: str
    number: PositiveInt
    written_on: date
    records: tuple[RecordRef, ...]


class TellDropped(Effect):
    """Nothing of this placement goes out."""

    type: Literal["collections.tell-dropped.v1"] = "collections.tell-dropped.v1"
    agency_id: str
    placement_id: str
    numbers: tuple[PositiveInt, ...]


class RecordQueued(Fact):
    type: Literal["agency.record-queued.v1"] = "agency.record-queued.v1"
    agency_id: str
    record: RecordRef
    queued_at: AwareDatetime
    send_hour: int = SEND_HOUR


class RecordsTakenOut(Fact):
    """A placement was taken back before it left."""

    type: Literal["agency.records-taken-out.v1"] = "agency.records-taken-out.v1"
    agency_id: str
    placement_id: str
    numbers: tuple[PositiveInt, ...]


class FileCut(Fact):
    """These records are the file with this number."""

    type: Literal["agency.file-cut.v1"] = "agency.file-cut.v1"
    agency_id: str
    number: PositiveInt
    cut_on: date
    records: tuple[RecordRef, ...]


class FileSent(Fact):
    type: Literal["agency.file-sent.v1"] = "agency.file-sent.v1"
    number: PositiveInt
    name: str
    lines: NonNegativeInt
    placed_cents: Cents
    digest: str
    unwritable: NonNegativeInt


AgencyMessage: TypeAlias = Enqueue | CutFile | FileWritten | DroppedTold | Due
AgencyFact: TypeAlias = RecordQueued | RecordsTakenOut | FileCut | FileSent
AgencyEffect: TypeAlias = WriteFile | TellDropped
AgencyDecider: TypeAlias = Decider["AgencyDesk", AgencyMessage, AgencyFact]


class SentFile(NamedTuple):
    """A file to the agency with its control totals; without a name while it is being written."""

    number: int
    cut_on: date
    records: int
    name: str = ""
    lines: int = 0
    placed_cents: int = 0
    digest: str = ""
    unwritable: int = 0


@dataclass(frozen=True, slots=True)
class AgencyDesk:
    """What goes out to one agency."""

    agency_id: str = ""
    queue: tuple[RecordRef, ...] = ()
    queued_since: datetime | None = None
    send_hour: int = SEND_HOUR  # as the contract said when the newest record came to wait
    last_number: int = 0
    files: tuple[SentFile, ...] = ()  # the newest
    seen: tuple[str, ...] = ()  # of the newest files: records by placement and number, so that a repeat is known


def decide(book: AgencyBook, state: AgencyDesk, message: AgencyMessage) -> tuple[AgencyFact | Effect, ...]:
    match message:
        case Enqueue():
            terms = book.newest(message.meta.tenant, message.agency_id)
            return tuple(_enqueue(state, message, SEND_HOUR if terms is None else terms.send_hour))
        case CutFile():
            return tuple(_cut(state, message.agency_id, message.meta))
        case Due():
            return tuple(_cut(state, state.agency_id, message.meta))
        case FileWritten():
            return _sent(state, message)
        case DroppedTold():
            return ()
        case _:
            assert_never(message)


def _enqueue(state: AgencyDesk, command: Enqueue, send_hour: int) -> Iterator[AgencyFact | Effect]:
    record, agency_id = command.record, command.agency_id
    if record in state.queue or _name(record) in state.seen:
        return
    waiting = tuple(one for one in state.queue if one.placement_id == record.placement_id)
    if record.kind in TAKES_BACK and any(one.kind == "placement" for one in waiting):
        numbers = tuple(one.number for one in (*waiting, record))
        yield RecordsTakenOut(agency_id=agency_id, placement_id=record.placement_id, numbers=numbers)
        yield TellDropped(agency_id=agency_id, placement_id=record.placement_id, numbers=numbers)
        return
    at = command.meta.occurred_at
    queued = RecordQueued(agency_id=agency_id, record=record, queued_at=at, send_hour=send_hour)
    yield queued
    after = evolve(state, queued)
    if len(after.queue) >= RECORDS_MAX:
        yield from _cut(after, agency_id, command.meta)


def _cut(state: AgencyDesk, agency_id: str, meta: Meta) -> Iterator[AgencyFact | Effect]:
    number, on = state.last_number, meta.occurred_at.astimezone(UTC).date()
    for start in range(0, len(state.queue), RECORDS_MAX):
        number, records = number + 1, state.queue[start : start + RECORDS_MAX]
        yield FileCut(agency_id=agency_id, number=number, cut_on=on, records=records)
        yield WriteFile(agency_id=agency_id, number=number, written_on=on, records=records)


def _sent(state: AgencyDesk, answer: FileWritten) -> tuple[AgencyFact, ...]:
    if any(one.number == answer.number and one.name for one in state.files):
        return ()
    sent = FileSent(
        number=answer.number,
        name=answer.name,
        lines=answer.lines,
        placed_cents=answer.placed_cents,
        digest=answer.digest,
        unwritable=answer.unwritable,
    )
    return (sent,)


def evolve(state: AgencyDesk, fact: AgencyFact) -> AgencyDesk:
    match fact:
        case RecordQueued():
            queue = (*state.queue, fact.record)
            since = state.queued_since or fact.queued_at
            changes = {"agency_id": fact.agency_id, "queue": queue, "queued_since": since}
            return replace(state, **changes, send_hour=fact.send_hour)
        case RecordsTakenOut():
            queue = tuple(one for one in state.queue if one.placement_id != fact.placement_id)
            gone = tuple(f"{fact.placement_id}/{one}" for one in fact.numbers)
            return replace(state, queue=queue, queued_since=_since(state, queue), seen=_kept(state.seen, gone))
        case FileCut():
            left = state.queue[len(fact.records) :]
            files = (*state.files, SentFile(fact.number, fact.cut_on, len(fact.records)))[-FILES_KEPT:]
            seen = _kept(state.seen, tuple(_name(one) for one in fact.records))
            return replace(
                state, queue=left, queued_since=_since(state, left), last_number=fact.number, files=files, seen=seen
            )
        case FileSent():
            files = tuple(_with_totals(one, fact) if one.number == fact.number else one for one in state.files)
            return replace(state, files=files)
        case _:
            assert_never(fact)


def _since(state: AgencyDesk, left: tuple[RecordRef, ...]) -> datetime | None:
    return state.queued_since if left else None


def _with_totals(file: SentFile, fact: FileSent) -> SentFile:
    return file._replace(
        name=fact.name,
        lines=fact.lines,
        placed_cents=fact.placed_cents,
        digest=fact.digest,
        unwritable=fact.unwritable,
    )


def _name(record: RecordRef) -> str:
    return f"{record.placement_id}/{record.number}"


def _kept(seen: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return (*seen, *new)[-4 * RECORDS_MAX :]


def publish(_: AgencyDesk, __: AgencyFact, ___: Meta) -> Event | None:
    """Nothing: accounts say that they were placed and recalled."""
    return None


def make_agency(book: AgencyBook) -> AgencyDecider:
    """The decider; the contracts say at which hour files are written."""
    return Decider(
        service="collections",
        kind="agency",
        initial=AgencyDesk(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("agency_id"),
        record_key=lambda state: state.agency_id,
        state_codec=TypeAdapter(AgencyDesk),
        message_codec=TypeAdapter(Annotated[AgencyMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[AgencyFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[AgencyEffect, Field(discriminator="type")]),
        index=_index,
        due=cut_at,
    )


def cut_at(state: AgencyDesk) -> datetime | None:
    """The agency's hour after the first record came to wait."""
    if state.queued_since is None:
        return None
    since = state.queued_since.astimezone(UTC)
    at = datetime.combine(since.date(), time(state.send_hour), UTC)
    return at if at > since else at + timedelta(1)


def _index(state: AgencyDesk) -> Mapping[str, Scalar]:
    return {"waits": bool(state.queue)}
