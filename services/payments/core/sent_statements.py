"""How many statements went out for an account: some clients pay the billing company for each.

One that corrects another is not a statement more.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import PositiveInt, TypeAdapter

from shared.contracts import Event, Meta, StatementSent
from shared.decider import Decider, Fact
from shared.replaced import replace


class StatementCounted(Fact):
    """A statement went out, seen for the first time."""

    type: Literal["sent-statements.counted.v1"] = "sent-statements.counted.v1"
    account_id: str
    statement_id: str
    sent_on: date
    sequence: PositiveInt
    number: int = 0
    counts: bool = True  # a correction is not a statement more


@dataclass(frozen=True, slots=True)
class SentStatements:
    """An account's statements; `sequence` is of the last one heard of, so a repeat is known."""

    account_id: str = ""
    sequence: int = 0
    count: int = 0
    number: int = 0  # of the newest one


def decide(state: SentStatements, message: StatementSent) -> tuple[StatementCounted, ...]:
    if message.meta.sequence <= state.sequence:
        return ()
    counted = StatementCounted(
        account_id=message.account_id,
        statement_id=message.statement_id,
        sent_on=message.sent_on,
        sequence=message.meta.sequence,
        number=message.number,
        counts=not message.replaces,
    )
    return (counted,)


def evolve(state: SentStatements, fact: StatementCounted) -> SentStatements:
    count, number = state.count + fact.counts, max(state.number, fact.number)
    return replace(state, account_id=fact.account_id, sequence=fact.sequence, count=count, number=number)


def publish(_: SentStatements, __: StatementCounted, ___: Meta) -> Event | None:
    """Nothing: collections said so."""
    return None


SENT_STATEMENTS: Decider[SentStatements, StatementSent, StatementCounted] = Decider(
    service="payments",
    kind="sent_statements",
    initial=SentStatements(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.account_id,
    record_key=lambda state: state.account_id,
    state_codec=TypeAdapter(SentStatements),
    message_codec=TypeAdapter(StatementSent),
    fact_codec=TypeAdapter(StatementCounted),
)
