"""A denied claim whose denial says that coverage was wrong: its coverage is asked about again."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import ClaimDenied, Meta
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace


class Rechecked(Answer):
    """The check of the denied claim's coverage was asked for again; `check_id` None: this claim was never checked."""

    type: Literal["eligibility.rechecked.v1"] = "eligibility.rechecked.v1"
    claim_id: str
    check_id: str | None = None


RecheckMessage: TypeAlias = ClaimDenied | Rechecked


class Recheck(Effect):
    """Find the check the claim was told of, and ask for it again."""

    type: Literal["eligibility.recheck.v1"] = "eligibility.recheck.v1"
    account_id: str
    claim_id: str
    remittance_id: str


class RecheckWanted(Fact):
    """A denial said that coverage was wrong."""

    type: Literal["recheck.wanted.v1"] = "recheck.wanted.v1"
    account_id: str
    claim_id: str
    remittance_id: str
    codes: tuple[str, ...]


class RecheckEnded(Fact):
    """The check was asked for again, or there was none."""

    type: Literal["recheck.ended.v1"] = "recheck.ended.v1"
    check_id: str | None


RecheckFact: TypeAlias = RecheckWanted | RecheckEnded
REMITTANCES_KEPT = 50


@dataclass(frozen=True, slots=True)
class DeniedClaim:
    """The remittances whose denial led to a re-check, and the check it was."""

    account_id: str = ""
    remittances: tuple[str, ...] = ()
    check_id: str | None = None
    found: bool | None = None


def decide(triggers: frozenset[str], claim: DeniedClaim, message: RecheckMessage) -> tuple[RecheckFact | Effect, ...]:
    match message:
        case ClaimDenied():
            return _denied(triggers, claim, message)
        case Rechecked():
            return (RecheckEnded(check_id=message.check_id),)
        case _:
            assert_never(message)


def _denied(triggers: frozenset[str], claim: DeniedClaim, denied: ClaimDenied) -> tuple[RecheckFact | Effect, ...]:
    """Once for each remittance. `triggers` are GROUP-REASON."""
    codes = tuple(code for one in denied.reasons if (code := f"{one.group}-{one.reason}") in triggers)
    if not codes or denied.remittance_id in claim.remittances:
        return ()
    account_id, claim_id, remittance_id = denied.account_id, denied.claim_id, denied.remittance_id
    return (
        RecheckWanted(account_id=account_id, claim_id=claim_id, remittance_id=remittance_id, codes=codes),
        Recheck(account_id=account_id, claim_id=claim_id, remittance_id=remittance_id),
    )


def evolve(claim: DeniedClaim, fact: RecheckFact) -> DeniedClaim:
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case RecheckWanted():
            remittances = (*claim.remittances, fact.remittance_id)[-REMITTANCES_KEPT:]
            return replace(claim, account_id=fact.account_id, remittances=remittances, found=None)
        case RecheckEnded():
            return replace(claim, check_id=fact.check_id, found=fact.check_id is not None)
        case _:
            assert_never(fact)


def publish(claim: DeniedClaim, fact: RecheckFact, meta: Meta) -> None:
    """Nothing: the check itself tells what comes of it."""


def recheck_decider(triggers: frozenset[str]) -> Decider[DeniedClaim, RecheckMessage, RecheckFact]:
    """The decider under a list of denials."""
    return Decider(
        service="eligibility",
        kind="recheck",
        initial=DeniedClaim(),
        decide=partial(decide, triggers),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda message: message.claim_id,
        record_key=lambda claim: claim.account_id,
        state_codec=TypeAdapter(DeniedClaim),
        message_codec=TypeAdapter(Annotated[RecheckMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[RecheckFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Recheck),
        index=lambda claim: {"account_id": claim.account_id, "found": claim.found is False},
    )
