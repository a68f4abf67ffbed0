"""A bank account of the practice. Its numbers are known by a pseudonym and their last four digits only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import Contract, Event, Message, Meta
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace


class CsvMapping(Contract):
    """How this bank writes its lists: column names, and the forms of dates and amounts."""

    date_column: str = Field(min_length=1, max_length=80)
    amount_column: str = Field(min_length=1, max_length=80, description="Credits are positive.")
    trace_column: str = Field(default="", max_length=80, description="Empty: looked for in the text.")
    reference_column: str = Field(default="", max_length=80)
    text_column: str = Field(default="", max_length=80)
    account_column: str = Field(default="", max_length=80, description="Checked, where the list has it.")
    currency_column: str = Field(default="", max_length=80)
    method_column: str = Field(default="", max_length=80)
    originator_column: str = Field(default="", max_length=80, description="TRN03; empty: looked for in the text.")
    date_form: str = Field(default="%Y-%m-%d", max_length=20)
    delimiter: Literal[",", ";", "\t", "|"] = ","


class OpenBankAccount(Message):
    """The practice banks here; the same again with another mapping changes it."""

    type: Literal["payments.open-bank-account.v1"] = "payments.open-bank-account.v1"
    bank_account_id: str
    name: str = Field(min_length=1, max_length=80)
    last_digits: str = Field(pattern=r"^[0-9]{1,4}$")
    csv: CsvMapping | None = None


class CloseBankAccount(Message):
    """Nothing comes in here any more."""

    type: Literal["payments.close-bank-account.v1"] = "payments.close-bank-account.v1"
    bank_account_id: str
    reason: str = Field(min_length=3, max_length=500)


class BankAccountOpened(Fact):
    type: Literal["bank-account.opened.v1"] = "bank-account.opened.v1"
    bank_account_id: str
    name: str
    last_digits: str
    csv: CsvMapping | None


class BankAccountClosed(Fact):
    type: Literal["bank-account.closed.v1"] = "bank-account.closed.v1"
    reason: str


@dataclass(frozen=True, slots=True)
class BankAccount:
    """One account at one bank."""

    bank_account_id: str = ""
    name: str = ""
    last_digits: str = ""
    csv: CsvMapping | None = None
    closed: str = ""


BankAccountMessage: TypeAlias = OpenBankAccount | CloseBankAccount
BankAccountFact: TypeAlias = BankAccountOpened | BankAccountClosed


def decide(state: BankAccount, message: BankAccountMessage) -> tuple[BankAccountFact | Effect, ...]:
    match message:
        case OpenBankAccount():
            wanted = (message.name, message.last_digits, message.csv)
            if state.bank_account_id and not state.closed and wanted == (state.name, state.last_digits, state.csv):
                return ()
            return (
                BankAccountOpened(
                    bank_account_id=message.bank_account_id,
                    name=message.name,
                    last_digits=message.last_digits,
                    csv=message.csv,
                ),
            )
        case CloseBankAccount():
            return (BankAccountClosed(reason=message.reason),) if state.bank_account_id and not state.closed else ()
        case _:
            assert_never(message)


def evolve(state: BankAccount, fact: BankAccountFact) -> BankAccount:
    match fact:
        case BankAccountOpened():
            return replace(
                state,
                bank_account_id=fact.bank_account_id,
                name=fact.name,
                last_digits=fact.last_digits,
                csv=fact.csv,
                closed="",
            )
        case BankAccountClosed():
            return replace(state, closed=fact.reason)
        case _:
            assert_never(fact)


def publish(_: BankAccount, __: BankAccountFact, ___: Meta) -> Event | None:
    """Nothing: where the practice banks is nobody's business."""
    return None


def _index(state: BankAccount) -> Mapping[str, Scalar]:
    return {"open": not state.closed}


BANK_ACCOUNT: Decider[BankAccount, BankAccountMessage, BankAccountFact] = Decider(
    service="payments",
    kind="bank_account",
    initial=BankAccount(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.bank_account_id,
    record_key=lambda state: state.bank_account_id,
    state_codec=TypeAdapter(BankAccount),
    message_codec=TypeAdapter(Annotated[BankAccountMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[BankAccountFact, Field(discriminator="type")]),
    index=_index,
)
