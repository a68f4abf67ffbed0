"""A bank's list as it was picked up: its content is its id, so the same list under another name is the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from shared.contracts import Event, Message, Meta, NonNegativeCents
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace


class RecordBankFile(Message):
    """A list was read, and every credit of the client's own accounts in it is recorded."""

    type: Literal["payments.record-bank-file.v1"] = "payments.record-bank-file.v1"
    file_id: str
    name: str = Field(max_length=255)
    form: Literal["bai2", "csv"]
    credits: NonNegativeInt
    known: NonNegativeInt = Field(description="Of the credits, those that another list or a caller told of before.")
    credited_cents: NonNegativeCents = Field(description="Of the credits that were new.")
    debits: NonNegativeInt
    refused: NonNegativeInt = Field(description="Statements of accounts that are not this client's.")


class BankFileTaken(Fact):
    type: Literal["bank-file.taken.v1"] = "bank-file.taken.v1"
    file_id: str
    name: str
    form: Literal["bai2", "csv"]
    credits: int
    known: int
    credited_cents: NonNegativeCents
    debits: int
    refused: int


class BankFileCameAgain(Fact):
    """The same content under another name, or once more: nothing of it was taken."""

    type: Literal["bank-file.came-again.v1"] = "bank-file.came-again.v1"
    name: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """One list of a bank."""

    file_id: str = ""
    name: str = ""
    form: Literal["bai2", "csv"] = "bai2"
    credits: int = 0
    known: int = 0
    credited_cents: int = 0
    debits: int = 0
    refused: int = 0
    again: tuple[str, ...] = ()  # names under which it came once more


BankFileFact: TypeAlias = BankFileTaken | BankFileCameAgain


def decide(state: BankFile, message: RecordBankFile) -> tuple[BankFileFact | Effect, ...]:
    """Once. A repeat under its own name is the same taking, interrupted; another name is a copy, and is noted once."""
    if not state.file_id:
        said = {name: getattr(message, name) for name in BankFileTaken.model_fields if name != "type"}
        return (BankFileTaken(**said),)
    if message.name in {state.name, *state.again}:
        return ()
    return (BankFileCameAgain(name=message.name),)


def evolve(state: BankFile, fact: BankFileFact) -> BankFile:
    match fact:
        case BankFileTaken():
            return BankFile(
                file_id=fact.file_id,
                name=fact.name,
                form=fact.form,
                credits=fact.credits,
                known=fact.known,
                credited_cents=fact.credited_cents,
                debits=fact.debits,
                refused=fact.refused,
            )
        case BankFileCameAgain():
            return replace(state, again=(*state.again, fact.name))
        case _:
            assert_never(fact)


def publish(_: BankFile, __: BankFileFact, ___: Meta) -> Event | None:
    """Nothing: its deposits say what they are matched with."""
    return None


def _index(state: BankFile) -> Mapping[str, Scalar]:
    return {"form": state.form}


BANK_FILE: Decider[BankFile, RecordBankFile, BankFileFact] = Decider(
    service="payments",
    kind="bank_file",
    initial=BankFile(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.file_id,
    record_key=lambda state: state.file_id,
    state_codec=TypeAdapter(BankFile),
    message_codec=TypeAdapter(RecordBankFile),
    fact_codec=TypeAdapter(Annotated[BankFileFact, Field(discriminator="type")]),
    index=_index,
)
