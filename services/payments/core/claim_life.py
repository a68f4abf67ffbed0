"""One claim's life as its events tell it, for the reports: received, held, sent, answered, decided, and by whose hand.

A projection: what made it is in the journal of claims. The ledger begins when a claim is sent; what lies before is
work in progress that nobody else counts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, TypeAdapter

from shared.contracts import (
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRerouted,
    ClaimSubmitted,
    Event,
    Meta,
)
from shared.decider import Decider, Fact, Scalar
from shared.replaced import replace

LifeMessage: TypeAlias = (
    ClaimReceived | ClaimHeld | ClaimRerouted | ClaimSubmitted | ClaimAccepted | ClaimRejected | ClaimPaid | ClaimDenied
)
What: TypeAlias = Literal[
    "received", "held", "rerouted", "submitted", "acknowledged", "accepted", "rejected", "paid", "denied"
]
VOID = "8"


class LifeMoved(Fact):
    """An event about the claim was heard, for the first time. Empty fields: it says nothing of them."""

    type: Literal["claim-life.moved.v1"] = "claim-life.moved.v1"
    claim_id: str
    account_id: str
    what: What
    at: AwareDatetime
    sequence: int
    payer_id: str = ""
    charge_cents: int | None = None
    service_from: date | None = None
    billing_npi: str = ""
    frequency_code: str = ""
    rules: tuple[str, ...] = ()
    follows: str = ""
    touches: int | None = None


class Sending(NamedTuple):
    """The claim was sent, and what came back: nothing yet, accepted, or rejected (and when)."""

    at: datetime
    outcome: Literal["", "accepted", "rejected"] = ""
    answered_at: datetime | None = None


class Decision(NamedTuple):
    """A payer's decision, and how often persons had touched the claim until then."""

    at: datetime
    paid: bool
    touches: int | None


class Hold(NamedTuple):
    """It was stopped before it was sent: when, by which rules, and until when (None: still)."""

    at: datetime
    rules: tuple[str, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClaimLife:
    """One claim, from intake to its first decisions."""

    claim_id: str = ""
    account_id: str = ""
    payer_id: str = ""
    charge_cents: int = 0
    billed_cents: int = 0  # as the ledger has it: of the last sending that was no void
    billing_npi: str = ""
    service_from: date | None = None
    received_at: datetime | None = None
    holds: tuple[Hold, ...] = ()
    sendings: tuple[Sending, ...] = ()
    first_touches: int | None = None  # before it was first sent
    decisions: tuple[Decision, ...] = ()
    follows: str = ""
    sequence: int = 0

    @property
    def sent_at(self) -> datetime | None:
        """When it first left for its payer."""
        return self.sendings[0].at if self.sendings else None


def decide(state: ClaimLife, message: LifeMessage) -> tuple[LifeMoved, ...]:
    """Remember each event once. Events of one claim come in their order; a repeat has an old sequence."""
    if message.meta.sequence <= state.sequence:
        return ()
    said = LifeMoved(
        claim_id=message.claim_id,
        account_id=message.account_id,
        what=_what(message),
        at=message.meta.occurred_at,
        sequence=message.meta.sequence,
        payer_id=message.payer_id,
    )
    match message:
        case ClaimReceived():
            more = _named(message, "charge_cents", "service_from", "billing_npi", "frequency_code")
        case ClaimHeld():
            more = {"charge_cents": message.charge_cents, "rules": tuple(sorted({one.rule for one in message.reasons}))}
        case ClaimSubmitted():
            more = _named(message, "charge_cents", "service_from", "billing_npi", "frequency_code", "touches")
            more["follows"] = message.follows_claim_id or ""
        case ClaimPaid() | ClaimDenied():
            more = {"touches": message.touches}
        case _:
            more = {}
    return (said.model_copy(update=more),)


def _named(message: LifeMessage, *names: str) -> dict[str, object]:
    return {name: getattr(message, name) for name in names}


def _what(message: LifeMessage) -> What:
    if isinstance(message, ClaimAccepted):
        return "accepted" if message.stage == "payer" else "acknowledged"
    return _NAMES[type(message)]


_NAMES: dict[type[Event], What] = {
    ClaimReceived: "received",
    ClaimHeld: "held",
    ClaimRerouted: "rerouted",
    ClaimSubmitted: "submitted",
    ClaimRejected: "rejected",
    ClaimPaid: "paid",
    ClaimDenied: "denied",
}


def evolve(state: ClaimLife, fact: LifeMoved) -> ClaimLife:
    """Apply one fact. No rules here."""
    state = replace(
        state,
        claim_id=fact.claim_id,
        account_id=fact.account_id,
        payer_id=fact.payer_id or state.payer_id,
        charge_cents=state.charge_cents if fact.charge_cents is None else fact.charge_cents,
        service_from=fact.service_from or state.service_from,
        billing_npi=fact.billing_npi or state.billing_npi,
        received_at=state.received_at or fact.at,
        sequence=fact.sequence,
    )
    match fact.what:
        case "received" | "rerouted" | "acknowledged":
            return state
        case "held":
            return replace(state, holds=(*_released(state, fact.at), Hold(fact.at, fact.rules)))
        case "submitted":
            return _sent(state, fact)
        case "accepted" | "rejected":
            return replace(state, sendings=_answered(state.sendings, fact.what, fact.at))
        case "paid" | "denied":
            decision = Decision(fact.at, fact.what == "paid", fact.touches)
            return replace(state, decisions=(*state.decisions, decision))
        case _:
            assert_never(fact.what)


def _sent(state: ClaimLife, fact: LifeMoved) -> ClaimLife:
    billed_cents = state.billed_cents if fact.frequency_code == VOID and state.sendings else state.charge_cents
    return replace(
        state,
        holds=_released(state, fact.at),
        sendings=(*state.sendings, Sending(fact.at)),
        first_touches=state.first_touches if state.sendings else fact.touches,
        billed_cents=billed_cents,
        follows=state.follows or fact.follows,
    )


def _released(state: ClaimLife, at: datetime) -> tuple[Hold, ...]:
    return tuple(one if one.until is not None else one._replace(until=at) for one in state.holds)


def _answered(
    sendings: tuple[Sending, ...], outcome: Literal["accepted", "rejected"], at: datetime
) -> tuple[Sending, ...]:
    """The last sending's answer. A rejection after an acceptance stands; an acceptance after a rejection does not."""
    if not sendings or sendings[-1].outcome == "rejected":
        return sendings
    return (*sendings[:-1], sendings[-1]._replace(outcome=outcome, answered_at=at))


def publish(_: ClaimLife, __: LifeMoved, ___: Meta) -> Event | None:
    """Nothing: claims said so."""
    return None


def _index(state: ClaimLife) -> dict[str, Scalar]:
    return {"unbilled": not state.sendings}


CLAIM_LIFE: Decider[ClaimLife, LifeMessage, LifeMoved] = Decider(
    service="payments",
    kind="claim_life",
    initial=ClaimLife(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.claim_id,
    record_key=lambda state: state.account_id,
    state_codec=TypeAdapter(ClaimLife),
    message_codec=TypeAdapter(Annotated[LifeMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(LifeMoved),
    index=_index,
    keeps_history=False,
)
