"""The search for coverage that nobody knows of, when a guarantor does not pay: payers are asked by name and birth date.

A payer's word is taken only where it names the same person. What it finds is a new coverage of the account.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import BalanceOverdue, Contract, CoverageDiscovered, Meta, NonNegativeCents
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

FOUND_MAX = 20


class Found(Contract):
    """One payer that covers the patient."""

    payer_id: str
    coverage_id: str
    service_date: date
    plan_type: str | None = None
    sealed_subscriber: str


class Searched(Answer):
    """What a search came to. `unanswered` are payers that could not be asked; `reason` says why nobody was."""

    type: Literal["eligibility.searched.v1"] = "eligibility.searched.v1"
    account_id: str
    asked: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    reason: Literal["no_identity", "no_payer_to_ask"] | None = None


DiscoveryMessage: TypeAlias = BalanceOverdue | Searched


class Search(Effect):
    """Ask the payers that are asked by name."""

    type: Literal["eligibility.search.v1"] = "eligibility.search.v1"
    account_id: str


class SearchStarted(Fact):
    """A balance is overdue, for the first time since the last search."""

    type: Literal["discovery.started.v1"] = "discovery.started.v1"
    account_id: str
    balance_cents: NonNegativeCents
    due_on: date


class CoverageFound(Fact):
    """A payer covers the patient."""

    type: Literal["discovery.found.v1"] = "discovery.found.v1"
    found: Found


class SearchEnded(Fact):
    """Everybody who could be asked was."""

    type: Literal["discovery.ended.v1"] = "discovery.ended.v1"
    asked: tuple[str, ...]
    unanswered: tuple[str, ...]
    reason: str | None


DiscoveryFact: TypeAlias = SearchStarted | CoverageFound | SearchEnded


@dataclass(frozen=True, slots=True)
class Discovery:
    """An account's search: what it owed, since when, and what was found. One search for each overdue balance."""

    account_id: str = ""
    balance_cents: int = 0
    due_on: date = date.min
    found: tuple[Found, ...] = ()
    asked: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    status: Literal["none", "searching", "found", "nothing_found"] = "none"
    reason: str | None = None


def decide(search: Discovery, message: DiscoveryMessage) -> tuple[DiscoveryFact | Effect, ...]:
    match message:
        case BalanceOverdue():
            if message.due_on <= search.due_on:
                return ()  # this balance was searched for
            started = SearchStarted(
                account_id=message.account_id, balance_cents=message.balance_cents, due_on=message.due_on
            )
            return (started, Search(account_id=message.account_id))
        case Searched():
            known = {(one.payer_id, one.coverage_id) for one in search.found}
            news = [one for one in message.found if (one.payer_id, one.coverage_id) not in known]
            ended = SearchEnded(asked=message.asked, unanswered=message.unanswered, reason=message.reason)
            return (*(CoverageFound(found=one) for one in news[:FOUND_MAX]), ended)
        case _:
            assert_never(message)


def evolve(search: Discovery, fact: DiscoveryFact) -> Discovery:
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case SearchStarted():
            return replace(
                search,
                account_id=fact.account_id,
                balance_cents=fact.balance_cents,
                due_on=fact.due_on,
                status="searching",
                reason=None,
            )
        case CoverageFound():
            return replace(search, found=(*search.found, fact.found)[-FOUND_MAX:])
        case SearchEnded():
            return replace(
                search,
                asked=fact.asked,
                unanswered=fact.unanswered,
                reason=fact.reason,
                status="found" if search.found else "nothing_found",
            )
        case _:
            assert_never(fact)


def publish(search: Discovery, fact: DiscoveryFact, meta: Meta) -> CoverageDiscovered | None:
    """What was found, each once."""
    if not isinstance(fact, CoverageFound):
        return None
    found = fact.found
    return CoverageDiscovered(
        meta=meta,
        account_id=search.account_id,
        coverage_id=found.coverage_id,
        payer_id=found.payer_id,
        service_date=found.service_date,
        balance_cents=search.balance_cents,
        plan_type=found.plan_type,
        sealed_subscriber=found.sealed_subscriber,
    )


DISCOVERY: Decider[Discovery, DiscoveryMessage, DiscoveryFact] = Decider(
    service="eligibility",
    kind="discovery",
    initial=Discovery(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.account_id,
    record_key=lambda search: search.account_id,
    state_codec=TypeAdapter(Discovery),
    message_codec=TypeAdapter(Annotated[DiscoveryMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[DiscoveryFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Search),
    index=lambda search: {"status": search.status},
)
