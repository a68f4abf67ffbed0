"""What a subscription needs of a Kafka client: the two that are known implement it, and tests hold both to it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from .reading import Raw

Place = tuple[str, int]
"""A topic and a partition."""


class Settings(NamedTuple):
    """The client library's own settings: of every connection, and of the consumer alone."""

    connection: Mapping[str, Any]
    consumer: Mapping[str, Any]


class Source(Protocol):
    """A member of a consumer group that reads raw records and keeps its places by hand."""

    async def start(self) -> None: ...

    async def fetch(self) -> Sequence[Raw]:
        """What came, after at most a second; nothing is an answer."""
        ...

    def holds(self, place: Place, /) -> bool:
        """Whether this member still reads the partition: another one may have taken it over."""
        ...

    async def commit(self, places: Mapping[Place, int], /) -> None:
        """Keep, for each partition, the offset to read next. One that was taken over meanwhile is passed over."""
        ...

    async def send(self, topic: str, raw: Raw, headers: Sequence[tuple[str, bytes]], /) -> None:
        """Write a record to another topic, and wait until the broker has it."""
        ...

    async def stop(self) -> None: ...
