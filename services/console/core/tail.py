"""The newest events of a tenant, whatever they are about.

A tail keeps the newest of what it ever saw, in a fixed order. That needs no memory of what was handled: a repeat is
either still in it, or older than everything in it and stays out. So repeats and the order of arrival leave no trace.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias
from zlib import crc32

from pydantic import Field, TypeAdapter

from services.console.core.moments import Moment, Timeline, has, moment_of, place_of, remember
from shared.contracts import ClaimsEvent, CollectionsEvent, EligibilityEvent, Meta, PaymentsEvent
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace

TailMessage: TypeAlias = ClaimsEvent | EligibilityEvent | PaymentsEvent | CollectionsEvent

SHARDS = 2
"""Two documents a tenant: few, because a batch writes each it touches; more would let more processes write at once."""
KEPT = 100
"""Each shard keeps as many as a page shows, so the newest of all shards together are exact."""


class Noted(Fact):
    """An event belongs to the newest."""

    type: Literal["tail.noted.v1"] = "tail.noted.v1"
    moment: Moment


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest events of one shard, oldest first."""

    moments: tuple[Moment, ...] = ()


def shard_of(subject: str) -> str:
    """Which of a tenant's tails follows a subject."""
    return f"tail-{crc32(subject.encode()) % SHARDS}"


SHARD_IDS = tuple(f"tail-{n}" for n in range(SHARDS))


def decide(tail: Tail, message: TailMessage) -> tuple[Noted | Effect, ...]:
    """Nothing for a repeat, and nothing for what is older than all that is kept."""
    moment = moment_of(message)
    is_older = len(tail.moments) == KEPT and place_of(moment) < place_of(tail.moments[0])
    if is_older or has(tail.moments, moment):
        return ()
    return (Noted(moment=moment),)


def evolve(tail: Tail, fact: Noted) -> Tail:
    """Apply one fact. No rules here, so history always replays."""
    return replace(tail, moments=remember(Timeline(tail.moments, 0), fact.moment, KEPT).moments)


def publish(_: Tail, __: Noted, ___: Meta) -> None:
    """A read side says nothing."""


def index(_: Tail) -> dict[str, Scalar]:
    """Tails are found by their id."""
    return {}


TAIL: Decider[Tail, TailMessage, Noted] = Decider(
    service="console",
    kind="tail",
    initial=Tail(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    keeps_history=False,
    aggregate_id=lambda message: shard_of(message.meta.subject),
    record_key=lambda _: "tail",
    state_codec=TypeAdapter(Tail),
    message_codec=TypeAdapter(Annotated[TailMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Noted),
    index=index,
)
