"""Who came first of a patient's claims that arrive at the same moment: one aggregate for each patient gives them turns.

A claim is judged before it is stored, so two that come at once would not see each other's services, and both would
pass a limit that only one may. Each takes its turn first: the aggregate is written one after the other, whichever
process asks. A claim counts those with turns before its own, be they stored or still on their way; those behind it
count it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from pydantic import AwareDatetime, PositiveInt, TypeAdapter

from shared.contracts import Contract, Message, Meta
from shared.decider import Decider, Fact
from shared.replaced import replace

from .content import ClaimContent, ContentLine, Provider
from .past import Earlier

KIND = "patient_turns"
TURNS_KEPT = 50
ON_ITS_WAY = timedelta(minutes=15)
"""A claim that took its turn and is not stored by then never came: its file or request was broken off. A house rule."""


class TakeTurn(Message):
    """A claim of the patient is at the door."""

    type: Literal["claims.take-turn.v1"] = "claims.take-turn.v1"
    patient: str
    claim_id: str
    arrival: UUID
    content: ClaimContent


class TurnTaken(Fact):
    """The claim's turn, counted from 1."""

    type: Literal["turn-taken"] = "turn-taken"
    claim_id: str
    arrival: UUID
    turn: PositiveInt
    content: ClaimContent
    at: AwareDatetime


class Turn(Contract):
    """A claim that took its turn, with what matters of its services."""

    claim_id: str
    arrival: UUID
    turn: PositiveInt
    content: ClaimContent
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Turns:
    """The last turns of one patient, in their order."""

    taken: int = 0
    turns: tuple[Turn, ...] = ()

    def of(self, arrival: UUID) -> Turn | None:
        """The turn of an arrival; None when it is too long ago to be kept."""
        return next((one for one in self.turns if one.arrival == arrival), None)


def slim(content: ClaimContent) -> ClaimContent:
    """What of a claim others count: days, procedures, units, who rendered them, and what it takes back."""
    return ClaimContent(
        patient_control_number=content.patient_control_number,
        charge_cents=None,
        frequency_code=content.frequency_code,
        claim_type=content.claim_type,
        billing=Provider(npi=content.billing.npi),
        rendering=Provider(npi=content.rendering.npi) if content.rendering else None,
        lines=tuple(_slim_line(line, content) for line in content.lines),
    )


def _slim_line(line: ContentLine, content: ClaimContent) -> ContentLine:
    return ContentLine(
        number=line.number,
        procedure=line.procedure,
        units=line.units,
        service_from=line.service_from or content.service_from,
        rendering=Provider(npi=line.rendering.npi) if line.rendering else None,
    )


def before(state: Turns, arrival: UUID, stored: Sequence[Earlier], now: datetime) -> list[Earlier]:
    """The claims that came before an arrival: those stored, and those on their way with an earlier turn.

    What is stored with a later turn came after it, though it was judged faster.
    """
    own = state.of(arrival)
    number = state.taken + 1 if own is None else own.turn
    later = {one.claim_id for one in state.turns if one.turn > number}
    known = {one.claim_id for one in stored}
    coming = [
        Earlier(one.claim_id, one.content, (one.at.date().isoformat(), one.claim_id))
        for one in state.turns
        if one.turn < number and one.claim_id not in known and now - one.at <= ON_ITS_WAY
    ]
    return [*(one for one in stored if one.claim_id not in later), *coming]


def decide(state: Turns, message: TakeTurn) -> tuple[TurnTaken, ...]:
    """The next turn; an arrival that has one keeps it. A correction takes a new one."""
    if state.of(message.arrival) is not None:
        return ()
    return (
        TurnTaken(
            claim_id=message.claim_id,
            arrival=message.arrival,
            turn=state.taken + 1,
            content=message.content,
            at=message.meta.occurred_at,
        ),
    )


def evolve(state: Turns, fact: TurnTaken) -> Turns:
    """Apply one fact. Of a claim's turns the last counts."""
    match fact:
        case TurnTaken():
            turn = Turn.model_validate(fact.model_dump(exclude={"type"}))
            others = tuple(one for one in state.turns if one.claim_id != fact.claim_id)
            return replace(state, taken=fact.turn, turns=(*others, turn)[-TURNS_KEPT:])
        case _:
            assert_never(fact)


def publish(state: Turns, fact: TurnTaken, meta: Meta) -> None:
    """Nothing: it is between claims of one house."""


TURNS: Decider[Turns, TakeTurn, TurnTaken] = Decider(
    service="claims",
    kind=KIND,
    initial=Turns(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.patient,
    record_key=lambda _: "unassigned",
    state_codec=TypeAdapter(Turns),
    message_codec=TypeAdapter(TakeTurn),
    fact_codec=TypeAdapter(TurnTaken),
    keeps_history=False,
)
