"""Which claim a payer means: the patient control number it echoes (CLP01), and what waits until that claim is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.remitted import Position, RemittedClaim, digest_of
from shared.contracts import ClaimSubmitted, Event, Message, Meta
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace


class RouteRemittedClaim(Message):
    """Bring a remitted claim to the account it belongs to."""

    type: Literal["payments.route-remitted-claim.v1"] = "payments.route-remitted-claim.v1"
    remitted: RemittedClaim


class RemittedClaimForwarded(Answer):
    """The account has it."""

    type: Literal["payments.remitted-claim-forwarded.v1"] = "payments.remitted-claim-forwarded.v1"
    patient_control_number: str


class ClaimNamed(Fact):
    """The control number belongs to this claim."""

    type: Literal["control-number.claim-named.v1"] = "control-number.claim-named.v1"
    patient_control_number: str
    account_id: str
    claim_id: str


class RemittedClaimRouted(Fact):
    """Forwarded to the one claim of this number; with no claim, or several, it is held and visible."""

    type: Literal["control-number.remitted-claim-routed.v1"] = "control-number.remitted-claim-routed.v1"
    remitted: RemittedClaim
    claim_id: str | None


class RouteRepeatDiffered(Fact):
    """The same place of a remittance came with other content; the first one stands."""

    type: Literal["control-number.route-repeat-differed.v1"] = "control-number.route-repeat-differed.v1"
    patient_control_number: str
    remittance_id: str
    position: int
    digest: str


class ForwardRemittedClaim(Effect):
    """Post this on the account. The account knows repeats by remittance and position, so it may be done again."""

    type: Literal["payments.forward-remitted-claim.v1"] = "payments.forward-remitted-claim.v1"
    account_id: str
    claim_id: str
    remitted: RemittedClaim


class Bearer(NamedTuple):
    """A claim that carries the number."""

    account_id: str
    claim_id: str


class Seen(NamedTuple):
    """A place of a remittance that was routed or is held."""

    place: Position
    digest: str


@dataclass(frozen=True, slots=True)
class ControlNumber:
    """One patient control number of a tenant."""

    patient_control_number: str = ""
    bearers: tuple[Bearer, ...] = ()
    seen: tuple[Seen, ...] = ()
    held: tuple[RemittedClaim, ...] = ()
    conflicts: tuple[str, ...] = ()


ControlNumberMessage: TypeAlias = ClaimSubmitted | RouteRemittedClaim | RemittedClaimForwarded
ControlNumberFact: TypeAlias = ClaimNamed | RemittedClaimRouted | RouteRepeatDiffered


def decide(state: ControlNumber, message: ControlNumberMessage) -> tuple[ControlNumberFact | Effect, ...]:
    match message:
        case ClaimSubmitted():
            return _name(state, message)
        case RouteRemittedClaim():
            return _route(state, message.remitted)
        case RemittedClaimForwarded():
            return ()
        case _:
            assert_never(message)


def _name(state: ControlNumber, event: ClaimSubmitted) -> tuple[ControlNumberFact | Effect, ...]:
    """Remember the claim; the first one takes what waited. A second claim makes the number ambiguous from then on."""
    bearer = Bearer(event.account_id, event.claim_id)
    if bearer in state.bearers:
        return ()
    named = ClaimNamed(
        patient_control_number=event.patient_control_number, account_id=event.account_id, claim_id=event.claim_id
    )
    if state.bearers:
        return (named,)
    return (named, *(item for remitted in state.held for item in _forward(bearer, remitted)))


def _route(state: ControlNumber, remitted: RemittedClaim) -> tuple[ControlNumberFact | Effect, ...]:
    """Forward, or hold: with no claim yet, or with several claims, because a guess would post to the wrong person."""
    digest = digest_of(remitted)
    known = next((seen.digest for seen in state.seen if seen.place == remitted.place), None)
    if known is not None:
        return _repeated(state, remitted, known, digest)
    if len(state.bearers) == 1:
        return _forward(state.bearers[0], remitted)
    return (RemittedClaimRouted(remitted=remitted, claim_id=None),)


def _forward(bearer: Bearer, remitted: RemittedClaim) -> tuple[ControlNumberFact | Effect, ...]:
    return (
        RemittedClaimRouted(remitted=remitted, claim_id=bearer.claim_id),
        ForwardRemittedClaim(account_id=bearer.account_id, claim_id=bearer.claim_id, remitted=remitted),
    )


def _repeated(
    state: ControlNumber, remitted: RemittedClaim, known: str, digest: str
) -> tuple[ControlNumberFact | Effect, ...]:
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
            return replace(
                state,
                patient_control_number=fact.patient_control_number,
                bearers=(*state.bearers, Bearer(fact.account_id, fact.claim_id)),
            )
        case RemittedClaimRouted():
            return _routed(state, fact)
        case RouteRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def _routed(state: ControlNumber, fact: RemittedClaimRouted) -> ControlNumber:
    place = fact.remitted.place
    held = tuple(one for one in state.held if one.place != place)
    seen = tuple(one for one in state.seen if one.place != place)
    return replace(
        state,
        patient_control_number=fact.remitted.patient_control_number,
        seen=(*seen, Seen(place, digest_of(fact.remitted))),
        held=held if fact.claim_id else (*held, fact.remitted),
    )


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
    return {"held": bool(state.held), "ambiguous": len(state.bearers) > 1}


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
    effect_codec=TypeAdapter(ForwardRemittedClaim),
    index=_index,
)
