"""A file that an agency sent: taken with what became of its lines, or parked whole, with the figures.

A file whose totals do not agree with its lines is parked and nothing of it counts; the agency sends it anew, under
another content. What single lines say wrong is refused line by line. Differences of an inventory are work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from shared.contracts import AgencyRemittanceReceived, Cents, Contract, Event, Message, Meta
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace

FileKind: TypeAlias = Literal["ack", "update", "payment", "inventory", "unknown"]
Outcome: TypeAlias = Literal["taken", "parked"]
LINES_KEPT = 500
"""How many refused lines and differences a file names; all are counted."""


class LineNote(Contract):
    """What is wrong with a line, or differs. `line` 0: what the agency does not name. No patient data."""

    line: NonNegativeInt
    placement_id: str = ""
    agency_number: str = ""
    code: Literal["refused", "fee", "missing", "unknown", "balance", "ended"] = "refused"
    reason: str
    ours_cents: Cents = 0
    theirs_cents: Cents = 0


class Sums(Contract):
    """Figures of a file: as its trailer states them, or as its lines come to."""

    lines: NonNegativeInt = 0
    gross_cents: Cents = 0
    fee_cents: Cents = 0
    net_cents: Cents = 0
    balance_cents: Cents = 0


NO_SUMS = Sums()


class RecordAgencyFile(Message):
    """What came of a file. The same content again, under any name, is the same file."""

    type: Literal["collections.record-agency-file.v1"] = "collections.record-agency-file.v1"
    file_id: str = Field(min_length=1)
    agency_id: str
    kind: FileKind
    name: str
    outcome: Outcome
    reason: str = ""  # why it was parked
    stated: Sums = Sums()
    found: Sums = Sums()
    accepted: NonNegativeInt = 0
    refused: NonNegativeInt = 0
    notes: tuple[LineNote, ...] = ()
    notes_found: NonNegativeInt = 0
    trace: str = ""
    payments: NonNegativeInt = 0
    remitted_on: date | None = None


class CloseAgencyFile(Message):
    """A person looked at what was wrong with it."""

    type: Literal["collections.close-agency-file.v1"] = "collections.close-agency-file.v1"
    file_id: str = Field(min_length=1)
    reason: str = Field(min_length=3, max_length=500)


class AgencyFileRecorded(Fact):
    type: Literal["agency-file.recorded.v1"] = "agency-file.recorded.v1"
    file_id: str
    agency_id: str
    kind: FileKind
    name: str
    outcome: Outcome
    reason: str
    stated: Sums
    found: Sums
    accepted: NonNegativeInt
    refused: NonNegativeInt
    notes: tuple[LineNote, ...]
    notes_found: NonNegativeInt
    trace: str
    payments: NonNegativeInt
    remitted_on: date | None


class AgencyFileClosed(Fact):
    type: Literal["agency-file.closed.v1"] = "agency-file.closed.v1"
    closed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgencyFile:
    """One file and what came of it."""

    file_id: str = ""
    agency_id: str = ""
    kind: FileKind = "unknown"
    name: str = ""
    outcome: Outcome = "parked"
    reason: str = ""
    stated: Sums = NO_SUMS
    found: Sums = NO_SUMS
    accepted: int = 0
    refused: int = 0
    notes: tuple[LineNote, ...] = ()
    notes_found: int = 0
    trace: str = ""
    payments: int = 0
    remitted_on: date | None = None
    closed_by: str = ""
    closed_because: str = ""

    @property
    def needs_work(self) -> bool:
        return bool(self.file_id) and not self.closed_by and (self.outcome == "parked" or self.notes_found > 0)


AgencyFileMessage: TypeAlias = RecordAgencyFile | CloseAgencyFile
AgencyFileFact: TypeAlias = AgencyFileRecorded | AgencyFileClosed


def decide(state: AgencyFile, message: AgencyFileMessage) -> tuple[AgencyFileFact | Effect, ...]:
    match message:
        case RecordAgencyFile():
            if state.file_id:
                return ()
            recorded = AgencyFileRecorded(**_said(message))
            return (recorded.model_copy(update={"notes": message.notes[:LINES_KEPT]}),)
        case CloseAgencyFile():
            if not state.needs_work:
                return ()
            return (AgencyFileClosed(closed_by=message.meta.actor, reason=message.reason),)
        case _:
            assert_never(message)


def evolve(state: AgencyFile, fact: AgencyFileFact) -> AgencyFile:
    match fact:
        case AgencyFileRecorded():
            return AgencyFile(**_said(fact))
        case AgencyFileClosed():
            return replace(state, closed_by=fact.closed_by, closed_because=fact.reason)
        case _:
            assert_never(fact)


def _said(message: RecordAgencyFile | AgencyFileRecorded) -> dict[str, Any]:
    return {name: getattr(message, name) for name in AgencyFileRecorded.model_fields if name != "type"}


def publish(state: AgencyFile, fact: AgencyFileFact, meta: Meta) -> Event | None:
    """A remittance that was taken: its sums are money on its way to the bank."""
    if not isinstance(fact, AgencyFileRecorded) or (fact.kind, fact.outcome) != ("payment", "taken"):
        return None
    if fact.remitted_on is None:
        return None
    return AgencyRemittanceReceived(
        meta=meta,
        remittance_id=state.file_id,
        agency_id=state.agency_id,
        trace=fact.trace,
        payments=fact.payments,
        gross_cents=fact.stated.gross_cents,
        fee_cents=fact.stated.fee_cents,
        net_cents=fact.stated.net_cents,
        received_on=fact.remitted_on,
    )


def _index(state: AgencyFile) -> Mapping[str, Scalar]:
    return {"agency_id": state.agency_id, "outcome": state.outcome, "needs_work": state.needs_work}


AGENCY_FILE: Decider[AgencyFile, AgencyFileMessage, AgencyFileFact] = Decider(
    service="collections",
    kind="agency_file",
    initial=AgencyFile(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.file_id,
    record_key=lambda state: state.file_id,
    state_codec=TypeAdapter(AgencyFile),
    message_codec=TypeAdapter(Annotated[AgencyFileMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[AgencyFileFact, Field(discriminator="type")]),
    index=_index,
)
