"""A client's contracts with payers: versions, drafted and put into force, and the fee schedules that were loaded.

The texts and tables lie beside it, named by digests; the book says which of them count. Nothing is taken away: what
was in force stays known, and a version that ends gets a last day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from services.payments.core.contract_terms import Name
from services.payments.core.underpayment_messages import Why
from shared.contracts import Event, Message, Meta
from shared.decider import Decider, Fact
from shared.replaced import replace

BOOK_ID = "contracts"
VERSIONS_MAX = 1_000
TABLES_MAX = 500
COMMANDS_KEPT = 50


class DraftContract(Message):
    """Keep a text as the next version of a contract. It was checked; it lies under `digest`."""

    type: Literal["payments.draft-contract.v1"] = "payments.draft-contract.v1"
    contract_id: Name
    digest: str
    name: str
    valid_from: date
    valid_to: date | None = None


class ActivateContract(Message):
    """Put a version into force for its days."""

    type: Literal["payments.activate-contract.v1"] = "payments.activate-contract.v1"
    contract_id: str
    version: PositiveInt
    reason: Why


class EndContract(Message):
    """Let a version in force end: this is its last day. The day before its first one takes it out of force wholly."""

    type: Literal["payments.end-contract.v1"] = "payments.end-contract.v1"
    contract_id: str
    version: PositiveInt
    last_day: date
    reason: Why


class ListSchedule(Message):
    """A file of a fee schedule was read: its rows count before those of earlier files of this name."""

    type: Literal["payments.list-schedule.v1"] = "payments.list-schedule.v1"
    name: Name
    file_id: str
    rows: NonNegativeInt


class WithdrawSchedule(Message):
    """A file was loaded by mistake: its rows do not count any more."""

    type: Literal["payments.withdraw-schedule.v1"] = "payments.withdraw-schedule.v1"
    name: Name
    file_id: str
    reason: Why


BookMessage: TypeAlias = DraftContract | ActivateContract | EndContract | ListSchedule | WithdrawSchedule


class ContractDrafted(Fact):
    type: Literal["contract.drafted.v1"] = "contract.drafted.v1"
    contract_id: str
    version: int
    digest: str
    name: str
    valid_from: date
    valid_to: date | None
    command_id: UUID


class ContractActivated(Fact):
    """Who did it is in the fact's envelope."""

    type: Literal["contract.activated.v1"] = "contract.activated.v1"
    contract_id: str
    version: int
    reason: str
    command_id: UUID


class ContractEnded(Fact):
    type: Literal["contract.ended.v1"] = "contract.ended.v1"
    contract_id: str
    version: int
    last_day: date
    reason: str
    command_id: UUID


class ScheduleListed(Fact):
    type: Literal["contract.schedule-listed.v1"] = "contract.schedule-listed.v1"
    name: str
    file_id: str
    rows: int


class ScheduleWithdrawn(Fact):
    type: Literal["contract.schedule-withdrawn.v1"] = "contract.schedule-withdrawn.v1"
    name: str
    file_id: str
    reason: str
    command_id: UUID


class BookRefused(Fact):
    """What was asked for cannot be, and why."""

    type: Literal["contract.refused.v1"] = "contract.refused.v1"
    why: str
    command_id: UUID


BookFact: TypeAlias = (
    ContractDrafted | ContractActivated | ContractEnded | ScheduleListed | ScheduleWithdrawn | BookRefused
)


@dataclass(frozen=True, slots=True)
class Head:
    """A version of a contract, where its text lies, and whether it counts."""

    contract_id: str
    version: int
    digest: str
    name: str
    valid_from: date
    valid_to: date | None = None
    active: bool = False

    @property
    def last_day(self) -> date:
        return self.valid_to or date.max


@dataclass(frozen=True, slots=True)
class Table:
    """A file of a fee schedule whose rows count."""

    name: str
    file_id: str
    rows: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a command: nothing against it, or why not."""

    command_id: UUID
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ContractBook:
    """Every version and every table of a client. Of tables of one name the newest comes first."""

    heads: tuple[Head, ...] = ()
    tables: tuple[Table, ...] = ()
    answered: tuple[Answered, ...] = ()

    def versions_of(self, contract_id: str) -> tuple[Head, ...]:
        return tuple(one for one in self.heads if one.contract_id == contract_id)

    def head(self, contract_id: str, version: int) -> Head | None:
        return next((one for one in self.versions_of(contract_id) if one.version == version), None)

    def answer(self, command_id: UUID) -> Answered | None:
        return next((one for one in self.answered if one.command_id == command_id), None)


def decide(state: ContractBook, message: BookMessage) -> tuple[BookFact, ...]:
    if not isinstance(message, ListSchedule) and state.answer(message.meta.id) is not None:
        return ()
    match message:
        case DraftContract():
            return _draft(state, message)
        case ActivateContract():
            return _activate(state, message)
        case EndContract():
            return _end(state, message)
        case ListSchedule():
            return _list(state, message)
        case WithdrawSchedule():
            return _withdraw(state, message)
        case _:
            assert_never(message)


def _refuse(message: BookMessage, why: str) -> tuple[BookFact, ...]:
    return (BookRefused(why=why, command_id=message.meta.id),)


def _draft(state: ContractBook, message: DraftContract) -> tuple[BookFact, ...]:
    if len(state.heads) >= VERSIONS_MAX:
        return _refuse(message, f"a client has at most {VERSIONS_MAX} versions of contracts")
    return (
        ContractDrafted(
            contract_id=message.contract_id,
            version=len(state.versions_of(message.contract_id)) + 1,
            digest=message.digest,
            name=message.name,
            valid_from=message.valid_from,
            valid_to=message.valid_to,
            command_id=message.meta.id,
        ),
    )


def _activate(state: ContractBook, message: ActivateContract) -> tuple[BookFact, ...]:
    """Two versions of one contract never hold on the same day: which one counts would be a guess."""
    head = state.head(message.contract_id, message.version)
    if head is None:
        return _refuse(message, "there is no such version of this contract")
    if head.active:
        return _refuse(message, "this version is in force already")
    for other in state.versions_of(message.contract_id):
        if other.active and other.valid_from <= head.last_day and head.valid_from <= other.last_day:
            first, last = max(other.valid_from, head.valid_from), min(other.last_day, head.last_day)
            until = "further notice" if last == date.max else last
            why = f"version {other.version} is in force from {first} to {until} too: end it first, or draft other days"
            return _refuse(message, why)
    return (
        ContractActivated(
            contract_id=head.contract_id, version=head.version, reason=message.reason, command_id=message.meta.id
        ),
    )


def _end(state: ContractBook, message: EndContract) -> tuple[BookFact, ...]:
    head = state.head(message.contract_id, message.version)
    if head is None or not head.active:
        return _refuse(message, "no such version of this contract is in force")
    if message.last_day > head.last_day:
        return _refuse(message, f"it ends on {head.last_day} already: draft a version for the days after it")
    return (
        ContractEnded(
            contract_id=head.contract_id,
            version=head.version,
            last_day=message.last_day,
            reason=message.reason,
            command_id=message.meta.id,
        ),
    )


def _list(state: ContractBook, message: ListSchedule) -> tuple[BookFact, ...]:
    if state.tables[:1] and any(_same(one, message) for one in _of(state, message.name)[:1]):
        return ()
    if len(state.tables) >= TABLES_MAX and not any(_same(one, message) for one in state.tables):
        return _refuse(message, f"a client has at most {TABLES_MAX} files of fee schedules: withdraw one")
    return (ScheduleListed(name=message.name, file_id=message.file_id, rows=message.rows),)


def _of(state: ContractBook, name: str) -> tuple[Table, ...]:
    return tuple(one for one in state.tables if one.name == name)


def _same(one: Table, message: ListSchedule | WithdrawSchedule) -> bool:
    return (one.name, one.file_id) == (message.name, message.file_id)


def _withdraw(state: ContractBook, message: WithdrawSchedule) -> tuple[BookFact, ...]:
    if not any(_same(one, message) for one in state.tables):
        return _refuse(message, "no such file of this schedule counts")
    return (
        ScheduleWithdrawn(
            name=message.name, file_id=message.file_id, reason=message.reason, command_id=message.meta.id
        ),
    )


def evolve(state: ContractBook, fact: BookFact) -> ContractBook:
    match fact:
        case ContractDrafted():
            head = Head(fact.contract_id, fact.version, fact.digest, fact.name, fact.valid_from, fact.valid_to)
            return _answered(replace(state, heads=(*state.heads, head)), fact.command_id)
        case ContractActivated():
            return _answered(replace(state, heads=tuple(_heads(state, fact))), fact.command_id)
        case ContractEnded():
            return _answered(replace(state, heads=tuple(_heads(state, fact))), fact.command_id)
        case ScheduleListed():
            others = tuple(one for one in state.tables if (one.name, one.file_id) != (fact.name, fact.file_id))
            return replace(state, tables=(Table(fact.name, fact.file_id, fact.rows), *others))
        case ScheduleWithdrawn():
            left = tuple(one for one in state.tables if (one.name, one.file_id) != (fact.name, fact.file_id))
            return _answered(replace(state, tables=left), fact.command_id)
        case BookRefused():
            return _answered(state, fact.command_id, fact.why)
        case _:
            assert_never(fact)


def _heads(state: ContractBook, fact: ContractActivated | ContractEnded) -> Iterator[Head]:
    for one in state.heads:
        if (one.contract_id, one.version) != (fact.contract_id, fact.version):
            yield one
        elif isinstance(fact, ContractActivated):
            yield replace(one, active=True)
        else:
            yield replace(one, active=fact.last_day >= one.valid_from, valid_to=max(fact.last_day, one.valid_from))


def _answered(state: ContractBook, command_id: UUID, refused: str = "") -> ContractBook:
    return replace(state, answered=(*state.answered, Answered(command_id, refused))[-COMMANDS_KEPT:])


def publish(_: ContractBook, __: BookFact, ___: Meta) -> Event | None:
    """Contracts are the client's own business."""
    return None


CONTRACT_BOOK: Decider[ContractBook, BookMessage, BookFact] = Decider(
    service="payments",
    kind="contract_book",
    initial=ContractBook(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda _: BOOK_ID,
    record_key=lambda _: BOOK_ID,
    state_codec=TypeAdapter(ContractBook),
    message_codec=TypeAdapter(Annotated[BookMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[BookFact, Field(discriminator="type")]),
)
