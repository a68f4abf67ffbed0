"""News about an account's coverage that names no claim: who else covers the patient. It is brought to the claims.

Coverage that nobody had named is kept: a claim that comes later, and is held or denied for its own, hears of it too.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import (
    ClaimDenied,
    ClaimHeld,
    Contract,
    CoverageDiscovered,
    Meta,
    OtherCoverageFound,
    OtherPayer,
    Sealed,
)
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

from .claim_onward import COVERAGE_INACTIVE

SUBJECTS_KEPT = 200
DISCOVERED_KEPT = 10


class NewsTold(Answer):
    """The claims it concerns know; `claims` is how many."""

    type: Literal["claims.coverage-news-told.v1"] = "claims.coverage-news-told.v1"
    account_id: str
    claims: int


NewsMessage: TypeAlias = OtherCoverageFound | CoverageDiscovered | ClaimHeld | ClaimDenied | NewsTold


class Discovered(Contract):
    """Coverage at a payer that nobody had named."""

    payer_id: str
    sealed_subscriber: Sealed


class TellNews(Effect):
    """Tell the account's claims of that day, or the one named. `others` are payers the coverage's own one named."""

    type: Literal["tell-coverage-news"] = "tell-coverage-news"
    account_id: str
    claim_id: str = ""
    coverage_id: str
    service_date: date
    subject: str
    sequence: int
    others: tuple[OtherPayer, ...] = ()
    discovered: Discovered | None = None


class NewsHeard(Fact):
    """Something about the account's coverage was heard."""

    type: Literal["coverage-news-heard"] = "coverage-news-heard"
    account_id: str
    subject: str
    sequence: int
    kept: TellNews | None = None


@dataclass(frozen=True, slots=True)
class AccountNews:
    """How far the news of each check and search was heard, and what was told of coverage that nobody had named."""

    account_id: str = ""
    heard: tuple[tuple[str, int], ...] = ()
    discovered: tuple[TellNews, ...] = ()


def decide(state: AccountNews, message: NewsMessage) -> tuple[NewsHeard | Effect, ...]:
    """Tell the claims, once for each news."""
    match message:
        case NewsTold():
            return ()
        case ClaimHeld() | ClaimDenied():
            return _tell_late(state, message)
        case OtherCoverageFound() | CoverageDiscovered():
            return _tell(state, message)
        case _:
            assert_never(message)


def _tell(state: AccountNews, message: OtherCoverageFound | CoverageDiscovered) -> tuple[NewsHeard | Effect, ...]:
    subject, sequence = message.meta.subject, message.meta.sequence
    if dict(state.heard).get(subject, -1) >= sequence:
        return ()
    discovered = None
    if isinstance(message, CoverageDiscovered):
        discovered = Discovered(payer_id=message.payer_id, sealed_subscriber=message.sealed_subscriber)
    tell = TellNews(
        account_id=message.account_id,
        coverage_id=message.coverage_id,
        service_date=message.service_date,
        subject=subject,
        sequence=sequence,
        others=() if isinstance(message, CoverageDiscovered) else message.payers,
        discovered=discovered,
    )
    heard = NewsHeard(
        account_id=message.account_id, subject=subject, sequence=sequence, kept=tell if discovered else None
    )
    return heard, tell


def _tell_late(state: AccountNews, message: ClaimHeld | ClaimDenied) -> tuple[NewsHeard | Effect, ...]:
    """What was found before, to a claim that its own coverage does not carry. Each of its troubles hears it once."""
    subject, sequence = message.meta.subject, message.meta.sequence
    if not state.discovered or dict(state.heard).get(subject, -1) >= sequence:
        return ()
    if isinstance(message, ClaimHeld) and all(reason.rule != COVERAGE_INACTIVE for reason in message.reasons):
        return ()
    trouble = "held" if isinstance(message, ClaimHeld) else message.remittance_id
    told = (
        one.model_copy(update={"claim_id": message.claim_id, "subject": f"{one.subject}/{trouble}"})
        for one in state.discovered
        if one.discovered is not None and one.discovered.payer_id != message.payer_id
    )
    return NewsHeard(account_id=message.account_id, subject=subject, sequence=sequence), *told


def evolve(state: AccountNews, fact: NewsHeard) -> AccountNews:
    """Apply one fact."""
    others = [one for one in state.heard if one[0] != fact.subject]
    heard = (*others, (fact.subject, fact.sequence))[-SUBJECTS_KEPT:]
    discovered = state.discovered
    if fact.kept is not None:
        known = [one for one in discovered if one.subject != fact.subject]
        discovered = (*known, fact.kept)[-DISCOVERED_KEPT:]
    return replace(state, account_id=fact.account_id, heard=heard, discovered=discovered)


def publish(_state: AccountNews, _fact: NewsHeard, _meta: Meta) -> None:
    """Nothing: eligibility said it."""


COVERAGE_NEWS: Decider[AccountNews, NewsMessage, NewsHeard] = Decider(
    service="claims",
    kind="coverage_news",
    initial=AccountNews(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.account_id,
    record_key=lambda state: state.account_id or "unassigned",
    state_codec=TypeAdapter(AccountNews),
    message_codec=TypeAdapter(Annotated[NewsMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(NewsHeard),
    effect_codec=TypeAdapter(TellNews),
    keeps_history=False,
)
