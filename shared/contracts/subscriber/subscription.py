"""A subscription: events one by one, each handled once, places kept behind them, unreadable ones put aside."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar

from .. import EVENTS
from ..base import Event
from ..wire import UnreadableError, events_topic
from .reading import Later, Raw, Upcasts, read
from .seen import RecentIds, Seen
from .source import Place, Settings, Source

E = TypeVar("E", bound=Event)
KEEP_EVERY = 100
NO_SETTINGS = Settings({}, {})


@dataclass(slots=True)
class Tally:
    """What a subscription did with the records that came."""

    handled: int = 0
    repeated: int = 0
    later: int = 0  # of types that this version of the contract does not know
    buried: int = 0


def subscribe(
    servers: str,
    *,
    group: str,
    types: Sequence[type[E]],
    seen: Seen | None = None,
    dead_letters: str | None = None,
    upcasts: Upcasts | None = None,
    client: Literal["aiokafka", "confluent"] = "aiokafka",
    settings: Settings = NO_SETTINGS,
) -> "Subscription[E]":
    """Subscribe a consumer group to some types of events, from the oldest record on.

    servers: `host:port`, parted by commas. types: classes of this package; their topics are read. dead_letters: the
    topic for records that cannot be read; without one, the first of them raises UnreadableError and nothing is passed
    over. settings: the client library's own, such as TLS and SASL. Raises ValueError for types that are no events.
    """
    if not types or not set(types) <= {one for events in EVENTS.values() for one in events}:
        msg = "types must be event classes of the contract, at least one"
        raise ValueError(msg)
    topics = sorted(events_topic(service) for service, events in EVENTS.items() if set(types) & set(events))
    source = _source(client, servers, group, topics, settings)
    return Subscription(source, types, seen or RecentIds(), dead_letters, upcasts)


def _source(client: str, servers: str, group: str, topics: Sequence[str], settings: Settings) -> Source:
    """The client library is imported only when it is used: one of the two is enough."""
    if client == "confluent":
        from .on_confluent import ConfluentSource

        return ConfluentSource(servers, group, topics, settings)
    from .on_aiokafka import AiokafkaSource

    return AiokafkaSource(servers, group, topics, settings)


class Subscription(Generic[E]):
    """Events as they come, for `async for`. `tally` counts what became of the records.

    An event is done when the next one is asked for, or when an `async with` around the loop is left without an error;
    then its id is remembered and its place may be kept. Without `async with`, a `break` leaves the last one undone.
    """

    def __init__(
        self,
        source: Source,
        types: Sequence[type[E]],
        seen: Seen,
        dead_letters: str | None = None,
        upcasts: Upcasts | None = None,
    ) -> None:
        self._source, self._types, self._seen = source, tuple(types), seen
        self._dead_letters, self._upcasts = dead_letters, upcasts
        self._places: dict[Place, int] = {}
        self._in_hand: tuple[Raw, Event] | None = None
        self._open = False
        self.tally = Tally()

    async def __aenter__(self) -> Self:
        await self._source.start()
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        try:
            if kind is None:
                self._done()
            await self.keep()
        finally:
            await self._source.stop()

    async def __aiter__(self) -> AsyncGenerator[E, None]:
        if self._open:
            async for event in self._events():
                yield event
            return
        async with self:
            async for event in self._events():
                yield event

    async def keep(self) -> None:
        """Keep the places of what is done; it happens by itself after each fetch and every 100 records."""
        places, self._places = self._places, {}
        await self._source.commit(places)

    async def bury(self, reason: str) -> None:
        """Put the event in hand aside as a dead letter: this program cannot handle it, and goes on without it."""
        if self._in_hand is None:
            msg = "no event is in hand: call it inside the loop"
            raise RuntimeError(msg)
        await self._bury(self._in_hand[0], reason)

    async def _events(self) -> AsyncGenerator[E, None]:
        while True:
            for raw in await self._source.fetch():
                if not self._source.holds((raw.topic, raw.partition)):
                    continue  # its new reader handles it
                event = await self._read(raw)
                if event is not None:
                    self._in_hand = raw, event
                    yield event
                    self._done()
                self._places[raw.topic, raw.partition] = raw.offset + 1
                if raw.offset % KEEP_EVERY == 0:
                    await self.keep()
            await self.keep()

    async def _read(self, raw: Raw) -> E | None:
        """The event in a record, when it is wanted and new."""
        try:
            event = read(raw, self._upcasts)
        except UnreadableError as error:
            if self._dead_letters is None:
                raise
            await self._bury(raw, error.reason)
            return None
        if isinstance(event, Later):
            self.tally.later += 1
            return None
        if not isinstance(event, self._types):
            return None
        if self._seen.knows(str(event.meta.id)):
            self.tally.repeated += 1
            return None
        return event

    def _done(self) -> None:
        if self._in_hand is None:
            return
        raw, event = self._in_hand
        self._in_hand = None
        self._seen.remember(str(event.meta.id))
        self._places[raw.topic, raw.partition] = raw.offset + 1
        self.tally.handled += 1

    async def _bury(self, raw: Raw, reason: str) -> None:
        if self._dead_letters is None:
            msg = "name a topic for dead letters: subscribe(..., dead_letters=...)"
            raise RuntimeError(msg)
        origin = {"topic": raw.topic, "partition": str(raw.partition), "offset": str(raw.offset)}
        told = [(f"x-origin-{name}", text.encode()) for name, text in origin.items()]
        await self._source.send(self._dead_letters, raw, [*raw.headers, *told, ("x-reason", reason.encode())])
        self.tally.buried += 1
