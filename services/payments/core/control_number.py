"""Which claim a payer means: the patient control number it echoes (CLP01), and what waits until that claim is known.

Where no claim has the number, the payer's own number of the claim (CLP07), seen on an earlier remittance, decides.
What neither tells waits for a person, who matches it, and may take a match back: nobody guesses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.control_number_messages import Bearer as Bearer
from services.payments.core.control_number_messages import Billed as Billed
from services.payments.core.control_number_messages import (
    ClaimNamed,
    ControlNumberFact,
    How,
    RemittedClaimRouted,
    RemittedClaimUnmatched,
    Seen,
    UnmatchAsked,
    UnmatchRefused,
)
from services.payments.core.control_number_messages import ControlNumberMessage as ControlNumberMessage
from services.payments.core.control_number_messages import ForwardRemittedClaim as ForwardRemittedClaim
from services.payments.core.control_number_messages import MatchRemittedClaim as MatchRemittedClaim
from services.payments.core.control_number_messages import RemittedClaimForwarded as RemittedClaimForwarded
from services.payments.core.control_number_messages import RemittedClaimWithdrawn as RemittedClaimWithdrawn
from services.payments.core.control_number_messages import RouteRemittedClaim as RouteRemittedClaim
from services.payments.core.control_number_messages import RouteRepeatDiffered as RouteRepeatDiffered
from services.payments.core.control_number_messages import UnmatchRemittedClaim as UnmatchRemittedClaim
from services.payments.core.control_number_messages import WithdrawRemittedClaim as WithdrawRemittedClaim
from services.payments.core.remitted import Position, RemittedClaim, digest_of
from shared.contracts import ClaimSubmitted, Event, Meta
from shared.decider import Decider, Effect, Scalar
from shared.replaced import replace

Items: TypeAlias = tuple[ControlNumberFact | Effect, ...]


@dataclass(frozen=True, slots=True)
class ControlNumber:
    """One patient control number of a tenant."""

    patient_control_number: str = ""
    bearers: tuple[Bearer, ...] = ()
    seen: tuple[Seen, ...] = ()
    held: tuple[RemittedClaim, ...] = ()
    by_hand_only: tuple[Position, ...] = ()  # held, and no rule forwards it: a person took a match back
    withdrawing: tuple[Position, ...] = ()  # the account is asked to take it back
    billed: tuple[Billed, ...] = ()
    version: int = 0  # of what is held, and where the rest went
    conflicts: tuple[str, ...] = ()


def decide(state: ControlNumber, message: ControlNumberMessage) -> Items:
    match message:
        case ClaimSubmitted():
            return _name(state, message)
        case RouteRemittedClaim():
            return _route(state, message)
        case MatchRemittedClaim():
            return _match(state, message)
        case UnmatchRemittedClaim():
            return _unmatch(state, message)
        case RemittedClaimWithdrawn():
            return _withdrawn(state, message)
        case RemittedClaimForwarded():
            return ()
        case _:
            assert_never(message)


def _name(state: ControlNumber, event: ClaimSubmitted) -> Items:
    """Remember the claim; the first one takes what waited. A second claim makes the number ambiguous from then on."""
    bearer = Bearer(event.account_id, event.claim_id)
    if bearer in state.bearers:
        return ()
    named = ClaimNamed(
        patient_control_number=event.patient_control_number,
        account_id=event.account_id,
        claim_id=event.claim_id,
        payer_id=event.payer_id,
        charge_cents=event.charge_cents,
        service_from=event.service_from,
        procedures=tuple(sorted({line.procedure for line in event.lines})),
    )
    if state.bearers:
        return (named,)
    waiting = (one for one in state.held if one.place not in state.by_hand_only)
    return (named, *(item for remitted in waiting for item in _forward(bearer, remitted, "number")))


def _route(state: ControlNumber, message: RouteRemittedClaim) -> Items:
    """Forward, or hold: with no claim yet, or with several claims, because a guess would post to the wrong person."""
    remitted, digest = message.remitted, digest_of(message.remitted)
    known = next((seen.digest for seen in state.seen if seen.place == remitted.place), None)
    if known is not None:
        return _repeated(state, remitted, known, digest)
    if len(state.bearers) == 1:
        return _forward(state.bearers[0], remitted, "number")
    by_payer_number = claim_of_payer_number(state, payer_number_of(remitted)) or message.by_payer_number
    if not state.bearers and by_payer_number is not None:
        return _forward(by_payer_number, remitted, "payer_number")
    return (RemittedClaimRouted(remitted=remitted, claim_id=None),)


def payer_number_of(remitted: RemittedClaim) -> str:
    """The payer's number of the claim (CLP07), apart from other payers' numbers; empty where it states none."""
    number = remitted.payer_claim_control_number.strip()
    return f"{remitted.payer_id}|{number}" if number else ""


def claim_of_payer_number(state: ControlNumber, payer_number: str) -> Bearer | None:
    """The one claim that remittances under this control number were posted on by this number of the payer."""
    claims = {
        Bearer(one.account_id, one.claim_id)
        for one in state.seen
        if payer_number and one.payer_number == payer_number and one.account_id and one.claim_id
    }
    return claims.pop() if len(claims) == 1 else None


def _match(state: ControlNumber, command: MatchRemittedClaim) -> Items:
    """Forward what is held to the claim a person chose; nothing when it was decided meanwhile."""
    remitted = next((one for one in state.held if one.place == command.place), None)
    if remitted is None or command.version != state.version:
        return ()
    return _forward(Bearer(command.account_id, command.claim_id), remitted, "person", command.reason)


def _unmatch(state: ControlNumber, command: UnmatchRemittedClaim) -> Items:
    """Ask the account to take it back; nothing when it is not posted, or was decided meanwhile."""
    seen = next((one for one in state.seen if one.place == command.place and one.claim_id), None)
    if seen is None or command.version != state.version or command.place in state.withdrawing:
        return ()
    if seen.digest != digest_of(command.remitted):
        return ()
    return (
        UnmatchAsked(remittance_id=command.remittance_id, position=command.position, reason=command.reason),
        WithdrawRemittedClaim(
            account_id=seen.account_id, claim_id=seen.claim_id, remitted=command.remitted, reason=command.reason
        ),
    )


def _withdrawn(state: ControlNumber, answer: RemittedClaimWithdrawn) -> Items:
    place = answer.remitted.place
    if place not in state.withdrawing:
        return ()
    if answer.because:
        return (UnmatchRefused(remittance_id=place.remittance_id, position=place.claim, because=answer.because),)
    return (RemittedClaimUnmatched(remitted=answer.remitted),)


def _forward(bearer: Bearer, remitted: RemittedClaim, how: How, reason: str = "") -> Items:
    return (
        RemittedClaimRouted(
            remitted=remitted, claim_id=bearer.claim_id, account_id=bearer.account_id, how=how, reason=reason
        ),
        ForwardRemittedClaim(account_id=bearer.account_id, claim_id=bearer.claim_id, remitted=remitted),
    )


def _repeated(state: ControlNumber, remitted: RemittedClaim, known: str, digest: str) -> Items:
    if known == digest or digest in state.conflicts:
        return ()
    return (
        RouteRepeatDiffered(
            patient_control_number=remitted.patient_control_number,
            remittance_id=remitted.remittance_id,
            position=remitted.position,
            digest=digest,
        ),
    )


def evolve(state: ControlNumber, fact: ControlNumberFact) -> ControlNumber:
    match fact:
        case ClaimNamed():
            billed = Billed(fact.claim_id, fact.payer_id, fact.charge_cents, fact.service_from, fact.procedures)
            return replace(
                state,
                patient_control_number=fact.patient_control_number,
                bearers=(*state.bearers, Bearer(fact.account_id, fact.claim_id)),
                billed=(*state.billed, billed),
            )
        case RemittedClaimRouted():
            return _routed(state, fact)
        case RemittedClaimUnmatched():
            return _unmatched(state, fact)
        case UnmatchAsked() | UnmatchRefused():
            return _withdrawing(state, fact)
        case RouteRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def _routed(state: ControlNumber, fact: RemittedClaimRouted) -> ControlNumber:
    remitted = fact.remitted
    place, number = remitted.place, payer_number_of(remitted)
    seen = Seen(place, digest_of(remitted), fact.account_id, fact.claim_id or "", fact.how, number)
    held = tuple(one for one in state.held if one.place != place)
    return replace(
        state,
        patient_control_number=remitted.patient_control_number,
        seen=(*_elsewhere(state.seen, place), seen),
        held=held if fact.claim_id else (*held, remitted),
        by_hand_only=tuple(one for one in state.by_hand_only if one != place),
        version=state.version + 1,
    )


def _unmatched(state: ControlNumber, fact: RemittedClaimUnmatched) -> ControlNumber:
    place = fact.remitted.place
    return replace(
        state,
        seen=(*_elsewhere(state.seen, place), Seen(place, digest_of(fact.remitted))),
        held=(*state.held, fact.remitted),
        by_hand_only=(*state.by_hand_only, place),
        withdrawing=tuple(one for one in state.withdrawing if one != place),
        version=state.version + 1,
    )


def _withdrawing(state: ControlNumber, fact: UnmatchAsked | UnmatchRefused) -> ControlNumber:
    place = Position(fact.remittance_id, fact.position)
    others = tuple(one for one in state.withdrawing if one != place)
    withdrawing = (*others, place) if isinstance(fact, UnmatchAsked) else others
    return replace(state, withdrawing=withdrawing, version=state.version + 1)


def _elsewhere(seen: tuple[Seen, ...], place: Position) -> tuple[Seen, ...]:
    return tuple(one for one in seen if one.place != place)


def publish(_: ControlNumber, __: ControlNumberFact, ___: Meta) -> Event | None:
    """Nothing: what the account makes of a remitted claim is what others hear."""
    return None


def _id(message: ControlNumberMessage) -> str:
    return (
        message.remitted.patient_control_number
        if isinstance(message, RouteRemittedClaim)
        else (message.patient_control_number)
    )


def _index(state: ControlNumber) -> Mapping[str, Scalar]:
    held, billed = (state.held[0] if state.held else None), (state.billed[0] if state.billed else None)
    numbers = [one.payer_number for one in state.seen if one.claim_id and one.payer_number]
    return {
        "held": bool(state.held),
        "ambiguous": bool(state.held) and len(state.bearers) > 1,
        "held_payer": held.payer_id if held else None,
        "held_remittance": held.remittance_id if held else None,
        "payer_number": numbers[-1] if numbers else None,
        "plain": plain_number(state.patient_control_number) if billed else None,
        "charge": billed.charge_cents if billed else None,
    }


def plain_number(number: str) -> str:
    """A control number without what payers mangle: letters and digits, no leading zeros."""
    return re.sub(r"[^A-Z0-9]", "", number.upper()).lstrip("0")


CONTROL_NUMBER: Decider[ControlNumber, ControlNumberMessage, ControlNumberFact] = Decider(
    service="payments",
    kind="control_number",
    initial=ControlNumber(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=_id,
    record_key=lambda state: state.patient_control_number,
    state_codec=TypeAdapter(ControlNumber),
    message_codec=TypeAdapter(Annotated[ControlNumberMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[ControlNumberFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[ForwardRemittedClaim | WithdrawRemittedClaim, Field(discriminator="type")]),
    index=_index,
)
