"""News about an account's coverage that names no claim: who else covers the patient. It is brought to the claims."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from shared.contracts import Contract, CoverageDiscovered, Meta, OtherCoverageFound, OtherPayer, Sealed
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

SUBJECTS_KEPT = 200


class NewsTold(Answer):
    """The claims it concerns know; `claims` is how many."""

    type: Literal["claims.coverage-news-told.v1"] = "claims.coverage-news-told.v1"
    account_id: str
    claims: int


NewsMessage: TypeAlias = OtherCoverageFound | CoverageDiscovered | NewsTold


class Discovered(Contract):
    """Coverage at a payer that nobody had named."""

    payer_id: str
    sealed_subscriber: Sealed


class TellNews(Effect):
    """Find the account's claims of that day, and tell each. `others` are payers that the coverage's own one named."""

    type: Literal["tell-coverage-news"] = "tell-coverage-news"
    account_id: str
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


@dataclass(frozen=True, slots=True)
class AccountNews:
    """How far the news of each check and search was heard."""

    account_id: str = ""
    heard: tuple[tuple[str, int], ...] = ()


def decide(state: AccountNews, message: NewsMessage) -> tuple[NewsHeard | Effect, ...]:
    """Tell the claims, once for each news."""
    if isinstance(message, NewsTold):
        return ()
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
    return (NewsHeard(account_id=message.account_id, subject=subject, sequence=sequence), tell)


def evolve(state: AccountNews, fact: NewsHeard) -> AccountNews:
    """Apply one fact."""
    others = [one for one in state.heard if one[0] != fact.subject]
    heard = (*others, (fact.subject, fact.sequence))[-SUBJECTS_KEPT:]
    return replace(state, account_id=fact.account_id, heard=heard)


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
