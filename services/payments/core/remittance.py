"""A remittance: one 835 transaction, which is one check or transfer. It posts as a whole or not at all.

Its id derives from payer, trace number, date and amount, so the same check in two files is one remittance. What does
not balance is parked with the equation in figures, and a person releases or rejects it; nothing is ever added to make
it balance.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from shared.contracts import Cents, Contract, Event, Message, Meta, RemittanceParked, RemittanceReceived
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace


class Header(Contract):
    """What the transaction says of itself, and where its bytes lie."""

    payer_id: str
    trace_number: str
    payment_cents: Cents
    payment_date: date
    method: str = Field(description="BPR04: ACH, CHK, FWT, BOP, NON.")
    handling: str = Field(description="BPR01: I, H, C, D, U, X.")
    claims: NonNegativeInt
    provider_adjustments: NonNegativeInt
    content_hash: str = Field(description="Of the transaction's own segments, without its envelope.")
    file_id: str
    transaction: PositiveInt = Field(description="Which 835 of the file it is, from 1.")
    claims_cents: Cents | None = Field(default=None, description="Sum of CLP04; None where one is absent.")
    provider_cents: Cents | None = Field(default=None, description="Sum of PLB; positive lowers the payment.")
    interest_cents: Cents = Field(default=0, description="Sum of AMT*I: what of PLB L6 is told claim by claim.")
    payee_id: str = Field(default="", description="N1*PE: NPI, or what stands in for it.")
    originator_id: str = Field(default="", description="TRN03, where the transaction has one.")
    essence: str = Field(default="", description="Of what it posts: the same by hand and in a file.")
    entered_by: str = Field(default="", description="The person who typed it; empty for a file.")
    entry: str = Field(default="", description="That person's command.")
    entry_reason: str = ""


class ReceiveRemittance(Message):
    """A transaction was read. `imbalance` says in figures which equation failed; None: all three hold."""

    type: Literal["payments.receive-remittance.v1"] = "payments.receive-remittance.v1"
    remittance_id: str
    header: Header
    imbalance: str | None
    postable: bool = Field(description="Every amount that posting needs is there, so that a person may release it.")


class PersonDecision(Message):
    """A person decides about a parked remittance; who is in the envelope."""

    remittance_id: str
    reason: str = Field(min_length=3, max_length=500)


class ReleaseRemittance(PersonDecision):
    """Post it as it stands; what it does not explain stays outstanding."""

    type: Literal["payments.release-remittance.v1"] = "payments.release-remittance.v1"


class RejectRemittance(PersonDecision):
    """Never post it."""

    type: Literal["payments.reject-remittance.v1"] = "payments.reject-remittance.v1"


class RemittanceDistributed(Answer):
    """Claims up to this position, counted from 1, are on their way to their accounts."""

    type: Literal["payments.remittance-distributed.v1"] = "payments.remittance-distributed.v1"
    remittance_id: str
    upto: NonNegativeInt
    done: bool


class RemittanceTaken(Fact):
    """The three equations hold."""

    type: Literal["remittance.taken.v1"] = "remittance.taken.v1"
    remittance_id: str
    header: Header


class RemittanceStopped(Fact):
    """An equation fails, or cannot be evaluated because an amount is absent."""

    type: Literal["remittance.stopped.v1"] = "remittance.stopped.v1"
    remittance_id: str
    header: Header
    imbalance: str
    postable: bool


class RemittanceDecided(Fact):
    """A person's word on a parked remittance."""

    type: Literal["remittance.decided.v1"] = "remittance.decided.v1"
    outcome: Literal["released", "rejected"]
    reason: str
    by: str = ""


class DistributionProgressed(Fact):
    """So many claims went out."""

    type: Literal["remittance.distribution-progressed.v1"] = "remittance.distribution-progressed.v1"
    upto: int
    done: bool


class RemittanceRepeatDiffered(Fact):
    """The same check came with other content; the first one stands, and a person compares."""

    type: Literal["remittance.repeat-differed.v1"] = "remittance.repeat-differed.v1"
    header: Header


class DistributeRemittance(Effect):
    """Send the claims after this position to their accounts, and the provider-level adjustments to their providers."""

    type: Literal["payments.distribute-remittance.v1"] = "payments.distribute-remittance.v1"
    remittance_id: str
    header: Header
    after: NonNegativeInt


Status: TypeAlias = Literal["unseen", "parked", "rejected", "posting", "posted"]


@dataclass(frozen=True, slots=True)
class Remittance:
    """One remittance of a tenant."""

    remittance_id: str = ""
    status: Status = "unseen"
    header: Header | None = None
    imbalance: str = ""
    postable: bool = False
    distributed: int = 0
    reason: str = ""
    decided_by: str = ""
    other_hashes: tuple[str, ...] = ()  # of versions that do not count
    differs: bool = False  # it came again with other content after it was posted


RemittanceMessage: TypeAlias = ReceiveRemittance | ReleaseRemittance | RejectRemittance | RemittanceDistributed
RemittanceFact: TypeAlias = (
    RemittanceTaken | RemittanceStopped | RemittanceDecided | DistributionProgressed | RemittanceRepeatDiffered
)


def remittance_id_of(payer_id: str, trace_number: str, payment_date: date, payment_cents: int) -> str:
    """The same check has the same id, whatever file it came in (reassociation uses TRN, amount and date: CORE 370)."""
    text = "\x1f".join((payer_id, trace_number, payment_date.isoformat(), str(payment_cents)))
    return f"rem_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def decide(state: Remittance, message: RemittanceMessage) -> tuple[RemittanceFact | Effect, ...]:
    match message:
        case ReceiveRemittance():
            return _receive(state, message)
        case ReleaseRemittance():
            return _release(state, message)
        case RejectRemittance():
            return _reject(state, message)
        case RemittanceDistributed():
            return _progress(state, message)
        case _:
            assert_never(message)


def _receive(state: Remittance, command: ReceiveRemittance) -> tuple[RemittanceFact | Effect, ...]:
    """Take, stop, or recognise a repeat. What was not posted may come again mended: the new version counts then."""
    header = command.header
    if state.header is not None:
        if header.content_hash in {state.header.content_hash, *state.other_hashes}:
            return ()
        if header.essence and header.essence == state.header.essence and state.status != "rejected":
            return ()  # typed from the paper of the same check, or the file of what was typed
        if state.status not in {"parked", "rejected"}:
            return (RemittanceRepeatDiffered(header=header),)
    if command.imbalance is not None:
        return (
            RemittanceStopped(
                remittance_id=command.remittance_id,
                header=header,
                imbalance=command.imbalance,
                postable=command.postable,
            ),
        )
    taken = RemittanceTaken(remittance_id=command.remittance_id, header=header)
    return taken, DistributeRemittance(remittance_id=command.remittance_id, header=header, after=0)


def _release(state: Remittance, command: ReleaseRemittance) -> tuple[RemittanceFact | Effect, ...]:
    if state.status != "parked" or state.header is None or not state.postable:
        return ()
    return (
        RemittanceDecided(outcome="released", reason=command.reason, by=command.meta.actor),
        DistributeRemittance(remittance_id=state.remittance_id, header=state.header, after=0),
    )


def _reject(state: Remittance, command: RejectRemittance) -> tuple[RemittanceFact | Effect, ...]:
    if state.status != "parked":
        return ()
    return (RemittanceDecided(outcome="rejected", reason=command.reason, by=command.meta.actor),)


def _progress(state: Remittance, answer: RemittanceDistributed) -> tuple[RemittanceFact | Effect, ...]:
    if state.header is None or state.status != "posting":
        return ()
    progressed = DistributionProgressed(upto=answer.upto, done=answer.done)
    if answer.done:
        return (progressed,)
    rest = DistributeRemittance(remittance_id=state.remittance_id, header=state.header, after=answer.upto)
    return progressed, rest


def evolve(state: Remittance, fact: RemittanceFact) -> Remittance:
    match fact:
        case RemittanceTaken():
            return replace(
                state,
                remittance_id=fact.remittance_id,
                header=fact.header,
                status="posting",
                imbalance="",
                other_hashes=_former(state),
            )
        case RemittanceStopped():
            return replace(
                state,
                remittance_id=fact.remittance_id,
                header=fact.header,
                status="parked",
                imbalance=fact.imbalance,
                postable=fact.postable,
                other_hashes=_former(state),
            )
        case RemittanceDecided():
            status: Status = "posting" if fact.outcome == "released" else "rejected"
            return replace(state, status=status, reason=fact.reason, decided_by=fact.by)
        case DistributionProgressed():
            return replace(state, distributed=fact.upto, status="posted" if fact.done else "posting")
        case RemittanceRepeatDiffered():
            return replace(state, other_hashes=(*state.other_hashes, fact.header.content_hash), differs=True)
        case _:
            assert_never(fact)


def _former(state: Remittance) -> tuple[str, ...]:
    """Versions that a new one replaces: when they come again, they are old news."""
    return state.other_hashes if state.header is None else (*state.other_hashes, state.header.content_hash)


def publish(state: Remittance, fact: RemittanceFact, meta: Meta) -> Event | None:
    match fact:
        case RemittanceTaken():
            return _received(state.remittance_id, fact.header, meta)
        case RemittanceDecided() if fact.outcome == "released" and state.header is not None:
            return _received(state.remittance_id, state.header, meta)
        case RemittanceStopped():
            return _parked(state.remittance_id, fact.header, fact.imbalance, meta)
        case RemittanceRepeatDiffered():
            return _parked(state.remittance_id, fact.header, "the same check came before with other content", meta)
        case _:
            return None


def _received(remittance_id: str, header: Header, meta: Meta) -> RemittanceReceived:
    return RemittanceReceived(
        meta=meta,
        remittance_id=remittance_id,
        payer_id=header.payer_id,
        trace_number=header.trace_number,
        payment_cents=header.payment_cents,
        payment_date=header.payment_date,
        claims=header.claims,
        method=header.method,
        originator_id=header.originator_id,
    )


def _parked(remittance_id: str, header: Header, equation: str, meta: Meta) -> RemittanceParked:
    return RemittanceParked(
        meta=meta,
        remittance_id=remittance_id,
        payer_id=header.payer_id,
        trace_number=header.trace_number,
        payment_cents=header.payment_cents,
        equation=equation,
        claims=header.claims,
        payment_date=header.payment_date,
        method=header.method,
        originator_id=header.originator_id,
    )


def _index(state: Remittance) -> Mapping[str, Scalar]:
    trace = state.header.trace_number if state.header is not None else ""
    return {"status": state.status, "differs": state.differs, "trace": trace}


REMITTANCE: Decider[Remittance, RemittanceMessage, RemittanceFact] = Decider(
    service="payments",
    kind="remittance",
    initial=Remittance(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.remittance_id,
    record_key=lambda state: state.remittance_id,
    state_codec=TypeAdapter(Remittance),
    message_codec=TypeAdapter(Annotated[RemittanceMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[RemittanceFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(DistributeRemittance),
    index=_index,
)
