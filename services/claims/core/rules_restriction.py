"""What patients asked to keep from a plan because they paid for it in full (45 CFR 164.522(a)(1)(vi)).

One aggregate for each coverage, under the pseudonym that its claims have too. Claims that are here already are told.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field, TypeAdapter

from shared.contracts import Event, Message, Meta
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

from .edits_base import Restriction

RESTRICTIONS_MAX = 1_000
SECOND_LOOK = timedelta(minutes=10)
"""A claim that was judged just before the restriction may be kept just after the first look. A house rule."""


class Restrict(Message):
    """Keep services between two days from the plan; without procedures, all of them."""

    type: Literal["claims.restrict.v1"] = "claims.restrict.v1"
    coverage_id: str
    first: date
    last: date
    procedures: tuple[str, ...] = ()


class LiftRestriction(Message):
    """The patient agreed that the plan may be told after all."""

    type: Literal["claims.lift-restriction.v1"] = "claims.lift-restriction.v1"
    coverage_id: str
    restriction_id: UUID


class RestrictionTold(Answer):
    """The claims of the coverage heard of it; `claims` is how many it concerns."""

    type: Literal["claims.restriction-told.v1"] = "claims.restriction-told.v1"
    coverage_id: str
    claims: int


RestrictionMessage: TypeAlias = Restrict | LiftRestriction | RestrictionTold


class TellRestriction(Effect):
    """Look at the coverage's claims that are here already."""

    type: Literal["tell-restriction"] = "tell-restriction"
    coverage_id: str


class Restricted(Fact):
    """The plan is not told."""

    type: Literal["restricted"] = "restricted"
    restriction_id: UUID
    first: date
    last: date
    procedures: tuple[str, ...]


class RestrictionLifted(Fact):
    """The plan may be told."""

    type: Literal["restriction-lifted"] = "restriction-lifted"
    restriction_id: UUID


RestrictionFact: TypeAlias = Restricted | RestrictionLifted


@dataclass(frozen=True, slots=True)
class Kept:
    """One restriction, under the id of the request that made it."""

    id: UUID
    first: date
    last: date
    procedures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What one coverage's plan is not told; `lifted` are the ids of what it may be told again."""

    kept: tuple[Kept, ...] = ()
    lifted: tuple[UUID, ...] = ()

    @property
    def in_force(self) -> tuple[Restriction, ...]:
        """What the scrubber looks at."""
        return tuple(
            Restriction(one.first, one.last, frozenset(one.procedures))
            for one in self.kept
            if one.id not in self.lifted
        )


def decide(state: Restrictions, message: RestrictionMessage) -> tuple[RestrictionFact | Effect, ...]:
    """Answer one message."""
    match message:
        case Restrict():
            made = message.meta.id
            if any(one.id == made for one in state.kept) or len(state.kept) >= RESTRICTIONS_MAX:
                return ()
            return (
                Restricted(restriction_id=made, first=message.first, last=message.last, procedures=message.procedures),
                TellRestriction(coverage_id=message.coverage_id),
                TellRestriction(coverage_id=message.coverage_id, not_before=message.meta.occurred_at + SECOND_LOOK),
            )
        case LiftRestriction():
            known = any(one.id == message.restriction_id for one in state.kept)
            if not known or message.restriction_id in state.lifted:
                return ()
            lifted = RestrictionLifted(restriction_id=message.restriction_id)
            return (lifted, TellRestriction(coverage_id=message.coverage_id))
        case RestrictionTold():
            return ()
        case _:
            assert_never(message)


def evolve(state: Restrictions, fact: RestrictionFact) -> Restrictions:
    """Apply one fact."""
    match fact:
        case Restricted():
            kept = Kept(fact.restriction_id, fact.first, fact.last, fact.procedures)
            return replace(state, kept=(*state.kept, kept))
        case RestrictionLifted():
            return replace(state, lifted=(*state.lifted, fact.restriction_id))
        case _:
            assert_never(fact)


def publish(_state: Restrictions, _fact: RestrictionFact, _meta: Meta) -> Event | None:
    """Nobody else is told that there is something not to be told."""
    return None


RESTRICTION: Decider[Restrictions, RestrictionMessage, RestrictionFact] = Decider(
    service="claims",
    kind="restriction",
    initial=Restrictions(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.coverage_id,
    record_key=lambda _: "restriction",
    state_codec=TypeAdapter(Restrictions),
    message_codec=TypeAdapter(Annotated[RestrictionMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[RestrictionFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(TellRestriction),
)
