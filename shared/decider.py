"""The functional core's one shape, and how messages run through it. Pure: no I/O, clock or randomness.

A decider answers a message with facts and effects. Facts are private: they hold whatever `evolve` needs and go to the
service's own journal; `publish` makes the small public event of one. Effects are work for the outside world, kept as
data until a worker performs them and brings the answer back as an `Answer`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter

from shared.contracts import Contract, Event, Message, Meta
from shared.derived import assembled, derived_id
from shared.store.places import Place

Scalar: TypeAlias = str | int | bool | None


class Fact(Contract):
    """What happened, for `evolve` and the journal. Bare: the shell adds id, order, cause and time."""


class Effect(Contract):
    """Work for the outside world. It is performed at least once, so performing it must be safe to repeat."""

    not_before: AwareDatetime | None = None  # None: at once


class Answer(Message):
    """The outcome of an effect; `meta.causation` is the effect. Dropped once the effect is no longer pending."""


class Due(Message):
    """A deadline of an aggregate has come. Ids derive from the aggregate and the deadline, so a repeat is the same."""

    type: Literal["due.v1"] = "due.v1"
    aggregate_id: str
    kind: str
    due_at: AwareDatetime


S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)


class Pending(NamedTuple):
    """An effect waiting to be performed, with what its worker needs to know."""

    id: UUID
    effect: Effect
    cause: Meta
    next_attempt_at: datetime
    attempts: int = 0
    error: str | None = None  # class of the last failure, never its text
    stuck: bool = False  # given up; a person releases it


class Snapshot(NamedTuple, Generic[S]):
    """An aggregate as the store keeps it: its state, how many facts and events made it, and its open effects."""

    state: S
    facts: int = 0
    events: int = 0
    effects: Mapping[UUID, Pending] = {}


class Entry(NamedTuple, Generic[F]):
    """One fact with its envelope, and the public event made from it, if any."""

    meta: Meta
    number: int  # of the aggregate's facts, from 1 without gaps
    fact: F
    event: Event | None


class Decided(NamedTuple, Generic[S, F]):
    """What a run of messages made of one aggregate."""

    snapshot: Snapshot[S]
    entries: tuple[Entry[F], ...]
    started: tuple[Pending, ...]
    answered: tuple[UUID, ...]

    @property
    def facts(self) -> tuple[F, ...]:
        return tuple(e.fact for e in self.entries)

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(e.event for e in self.entries if e.event is not None)

    @property
    def effects(self) -> tuple[Effect, ...]:
        return tuple(p.effect for p in self.started)

    @property
    def changed(self) -> bool:
        return bool(self.entries or self.started or self.answered)


NO_EFFECTS: TypeAdapter[Any] = TypeAdapter(Effect)
"""The `effect_codec` of aggregates that never ask the outside world for anything."""


def nowhere(_: object) -> tuple[Place, ...]:
    """The `places` of aggregates that stand in no ordered list."""
    return ()


def no_deadline(_: object) -> None:
    """The `due` of aggregates that wait for nothing; the sweep passes them over."""


def named_by(field: str) -> Callable[[Message], str]:
    """The `aggregate_id` of a kind with deadlines: whose deadline came, else what a field of the message says."""

    def aggregate_id(message: Message) -> str:
        named: str = message.aggregate_id if isinstance(message, Due) else getattr(message, field)
        return named

    return aggregate_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider(Generic[S, M, F]):
    """One kind of aggregate: its rules, and how its parts are written down.

    `aggregate_id` finds the aggregate a message is for; `record_key` is the Kafka key of its events (the account where
    there is one); `index` names the few values that queries select by (nothing is found by None, False or an empty
    text); `due` is its next deadline; `places` are the ordered lists it stands in. A projection of other services'
    events keeps no history: what made it is in their journals.
    """

    service: str
    kind: str
    initial: S
    decide: Callable[[S, M], tuple[F | Effect, ...]]
    evolve: Callable[[S, F], S]
    publish: Callable[[S, F, Meta], Event | None]
    aggregate_id: Callable[[M], str]
    record_key: Callable[[S], str]
    state_codec: TypeAdapter[S]
    message_codec: TypeAdapter[M]
    fact_codec: TypeAdapter[F]
    effect_codec: TypeAdapter[Any] = NO_EFFECTS
    index: Callable[[S], Mapping[str, Scalar]] = lambda _: {}
    keeps_history: bool = True
    due: Callable[[S], datetime | None] = no_deadline
    places: Callable[[S], Iterable[Place]] = nowhere

    @property
    def has_places(self) -> bool:
        return self.places is not nowhere

    @property
    def has_effects(self) -> bool:
        return self.effect_codec is not NO_EFFECTS

    @property
    def has_deadlines(self) -> bool:
        return self.due is not no_deadline

    def run(self, snapshot: Snapshot[S], messages: Iterable[M]) -> Decided[S, F]:
        """Each message sees what the ones before it decided, so batching is invisible."""
        entries: list[Entry[F]] = []
        started: dict[UUID, Pending] = {}
        answered: list[UUID] = []
        for message in messages:
            if isinstance(message, Answer):
                effect_id = message.meta.causation
                if effect_id is None or effect_id not in snapshot.effects:
                    continue
                snapshot = snapshot._replace(effects={k: v for k, v in snapshot.effects.items() if k != effect_id})
                if started.pop(effect_id, None) is None:
                    answered.append(effect_id)
            items = self.decide(snapshot.state, message)
            subject = f"{self.kind}/{self.aggregate_id(message)}" if items else ""
            for n, item in enumerate(items):
                made_id = derived_id(message.meta.id, f"{self.service}/{subject}/{n}")
                if isinstance(item, Effect):
                    pending = Pending(made_id, item, message.meta, item.not_before or message.meta.occurred_at)
                    started[made_id] = pending
                    snapshot = snapshot._replace(effects={**snapshot.effects, made_id: pending})
                else:
                    snapshot, entry = self._record(snapshot, message.meta, subject, made_id, item)
                    entries.append(entry)
        return Decided(snapshot, tuple(entries), tuple(started.values()), tuple(answered))

    def start(self, *messages: M) -> Decided[S, F]:
        """Run messages from the beginning of an aggregate's life."""
        return self.run(Snapshot(self.initial), messages)

    def fold(self, facts: Iterable[F]) -> S:
        """The state that a history makes."""
        state = self.initial
        for fact in facts:
            state = self.evolve(state, fact)
        return state

    def _record(
        self, snapshot: Snapshot[S], cause: Meta, subject: str, fact_id: UUID, fact: F
    ) -> tuple[Snapshot[S], Entry[F]]:
        state = self.evolve(snapshot.state, fact)
        meta = assembled(
            Meta,
            {
                "id": fact_id,
                "tenant": cause.tenant,
                "occurred_at": cause.occurred_at,
                "source": self.service,
                "subject": subject,
                "key": self.record_key(state),
                "sequence": snapshot.events + 1,
                "causation": cause.id,
                "correlation": cause.correlation,
                "actor": cause.actor,
            },
        )
        event = self.publish(state, fact, meta)
        facts = snapshot.facts + 1
        events = snapshot.events + (event is not None)
        return Snapshot(state, facts, events, snapshot.effects), Entry(meta, facts, fact, event)
