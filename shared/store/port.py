"""What a service asks of its store. The memory and the Mongo store pass one contract suite.

Every row, reservation, blob and record belongs to a tenant; nothing can be read or written without naming it. Methods
that look across tenants (`due`, `with_effects`, `unpublished`, `journal_since`) serve the machinery, never a caller.
"""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import UUID

from shared.contracts import Message
from shared.decider import Decider, Entry, Fact, Pending, Scalar, Snapshot

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)
Document: TypeAlias = dict[str, Any]

DOCUMENT_BYTES_MAX = 1_000_000
"""An aggregate's document stays under 1 MB; one that would not is parked."""


class DocumentTooLargeError(ValueError):
    """An aggregate grew past `DOCUMENT_BYTES_MAX`."""


class Key(NamedTuple):
    """Whose aggregate, and which."""

    tenant: str
    id: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.id}"


class Mark(NamedTuple):
    """Who filled an outbox, and with which of its batches: a process, and a number that grows with each of them."""

    writer: str
    number: int

    def __str__(self) -> str:
        return f"{self.writer}:{self.number:012}"


class Row(NamedTuple, Generic[S]):
    """An aggregate as loaded. `version` 0 means that there is no document yet.

    An outbox stays in its document after it was published, until the next write: whether it is owed, its mark tells.
    """

    version: int
    snapshot: Snapshot[S]
    outbox: tuple[Document, ...] = ()  # entries as stored: they are read only when they are owed
    mark: Mark | None = None
    parked: str | None = None  # why its messages wait


class Write(NamedTuple, Generic[S]):
    """A new version of an aggregate, guarded by the version its decision was based on."""

    key: Key
    version: int
    snapshot: Snapshot[S]
    outbox: tuple[Document, ...] | None = None  # entries, all that are to be published; None leaves it as it is
    changed_effects: tuple[Pending, ...] = ()
    answered: tuple[UUID, ...] = ()
    parked: str | None = None
    mark: Mark | None = None  # of the outbox, when there is something in it
    lets_go: bool = False  # the lease on its effects ends with this write


class Refused(NamedTuple):
    """Writes that did not happen: `lost` to another writer, to be decided again; `failed` for a reason of their own."""

    lost: frozenset[Key]
    failed: Mapping[Key, str]


class Leased(NamedTuple):
    """Open effects of one aggregate, reserved for one worker until the lease ends."""

    key: Key
    effects: tuple[Pending, ...]


class JournalLine(NamedTuple):
    """One journaled fact, as a document: meta, number, fact, event (or None), kind, aggregate_id, recorded_at."""

    id: str
    document: Document


class Health(NamedTuple):
    """Numbers for `status`: what waits now, and when the next thing comes due."""

    effects_due: int
    effects_stuck: int
    deadlines_due: int
    parked: int
    waiting: int
    next_due_at: datetime | None  # the first deadline still to come
    next_effect_at: datetime | None  # the first effect to be attempted later


class Outlook(NamedTuple):
    """What comes next of one kind of aggregate, at a glance: enough to tell whether anything waits."""

    next_due_at: datetime | None  # the first deadline, past ones too
    next_effect_at: datetime | None  # the first effect to be attempted, past ones too


class Store(Protocol):
    """See the module's docstring. All times are aware UTC."""

    async def prepare(self, deciders: Sequence[Decider[Any, Any, Any]]) -> None:
        """Create the indexes that the queries of these deciders need. Safe to repeat."""
        ...

    async def load(self, decider: Decider[S, M, F], keys: Collection[Key], /) -> Mapping[Key, Row[S]]:
        """One query for every key; a missing document is version 0 and the initial state."""
        ...

    async def commit(self, decider: Decider[S, M, F], writes: Sequence[Write[S]], /) -> Refused:
        """One bulk write, each document guarded by its version and atomic in itself."""
        ...

    async def clear(self, decider: Decider[S, M, F], marks: Mapping[Key, Mark], /) -> None:
        """Empty the outboxes that still have the given mark."""
        ...

    async def append(self, decider: Decider[Any, Any, Any], entries: Mapping[Key, Sequence[Document]], /) -> None:
        """Add facts to the journal; a fact already there stays as it is."""
        ...

    async def history(self, decider: Decider[S, M, F], key: Key, /) -> Sequence[Entry[F]]:
        """The journal of one aggregate, oldest first."""
        ...

    def journal_since(self, since: datetime | None, /) -> AsyncIterator[JournalLine]:
        """Every journaled fact recorded at or after `since` (wall clock), by aggregate and number."""
        ...

    def journal_of(self, decider: Decider[Any, Any, Any], tenant: str, first: str, /) -> AsyncIterator[Document]:
        """One tenant's journal lines of one kind, by aggregate and number, from the aggregate `first` on.

        As they are stored, but without events: who reads so many reads facts. An empty `first` begins with the first
        one. Lines come as they are read: no page of them is kept.
        """
        ...

    async def marked(self, decider: Decider[S, M, F], after: Mark, limit: int, /) -> Sequence[Key]:
        """Aggregates whose outbox was filled by this mark's writer, with a later batch than the mark's."""
        ...

    async def report(self, upto: Mark, at: datetime, /) -> None:
        """A writer is alive at `at` (wall clock), and everything up to and with its mark is published."""
        ...

    async def published_upto(self, writers: Collection[str], /) -> Mapping[str, Mark]:
        """What these writers reported; one that is not known is missing."""
        ...

    async def silent(self, before: datetime, rests_since: datetime, /) -> Sequence[Mark]:
        """The reports of writers last heard of before (wall clock), unless they were at rest already at the other."""
        ...

    async def lay_to_rest(self, writer: str, at: datetime, /) -> None:
        """Nothing of this writer is owed any more; should it report again, it is alive again."""
        ...

    async def due(
        self, decider: Decider[S, M, F], as_of: datetime, after: Key | None, limit: int, /
    ) -> Sequence[tuple[Key, datetime, str]]:
        """Aggregates whose deadline is at or before `as_of`, by key: key, deadline and record key."""
        ...

    async def lease(
        self, decider: Decider[S, M, F], as_of: datetime, now: datetime, until: datetime, owner: str, limit: int, /
    ) -> Sequence[Leased]:
        """Reserve aggregates with an effect to be attempted at or before `as_of` and no lease alive at `now`."""
        ...

    async def keep_leases(self, decider: Decider[S, M, F], owners: Mapping[Key, str], until: datetime, /) -> None:
        """Move the end of leases that are still their owner's; a time gone by gives them up."""
        ...

    async def find(
        self, decider: Decider[S, M, F], tenant: str, where: Mapping[str, Scalar], after: str | None, limit: int, /
    ) -> Sequence[tuple[Key, S]]:
        """A tenant's aggregates whose index values equal `where`, by id, starting after the id `after`."""
        ...

    async def find_among(
        self,
        decider: Decider[S, M, F],
        tenant: str,
        name: str,
        values: Collection[Scalar],
        after: str | None,
        limit: int,
        /,
    ) -> Sequence[tuple[Key, S]]:
        """As `find`, one query for those whose index value `name` is any of these."""
        ...

    async def find_placed(
        self, decider: Decider[S, M, F], tenant: str, list: str, order: str, between: tuple[int, int], most: int, /
    ) -> Sequence[tuple[Key, S, int]]:
        """Aggregates of an ordered list whose rank is at or after the first and before the second, by rank.

        When there are more than `most`, some `most` of them: ask for a narrower stretch.
        """
        ...

    async def count_placed(self, decider: Decider[S, M, F], tenant: str, list: str, order: str, /) -> int:
        """How many aggregates stand in an ordered list; its cost grows with them."""
        ...

    async def scan(self, decider: Decider[S, M, F], after: Key | None, limit: int, /) -> Sequence[tuple[Key, S]]:
        """Some aggregates of this kind, of whatever tenant, in the order of their keys from after one on."""
        ...

    async def count(self, decider: Decider[S, M, F], tenant: str | None, where: Mapping[str, Scalar], /) -> int:
        """How many aggregates match."""
        ...

    async def wait_behind(
        self, decider: Decider[S, M, F], messages: Mapping[Key, Sequence[tuple[str, Document]]], /
    ) -> None:
        """Keep messages (id, document) of parked aggregates, in order; one already waiting stays as it is."""
        ...

    async def waiting(self, decider: Decider[S, M, F], key: Key, /) -> Sequence[tuple[str, Document]]:
        """Messages that wait for a parked aggregate, in order."""
        ...

    async def done_waiting(self, decider: Decider[S, M, F], key: Key, ids: Collection[str], /) -> None:
        """Remove messages that were handled."""
        ...

    async def waiting_keys(self, decider: Decider[S, M, F], limit: int, /) -> Sequence[Key]:
        """Aggregates with messages waiting, parked or not."""
        ...

    async def parked(self, decider: Decider[S, M, F], tenant: str | None, /) -> Sequence[tuple[Key, str, int]]:
        """Parked aggregates: key, reason, number of messages waiting."""
        ...

    async def health(self, deciders: Sequence[Decider[Any, Any, Any]], as_of: datetime, /) -> Health:
        """Numbers for `status` at the clock's time `as_of`."""
        ...

    async def outlook(self, decider: Decider[S, M, F], /) -> Outlook:
        """What comes next; parked aggregates and stuck effects left out."""
        ...

    async def reserve(self, tenant: str, rule: str, wanted: Mapping[str, str], /) -> Mapping[str, str]:
        """For each key of the rule, who holds it: the given holder if the key was free, else the earlier one."""
        ...

    async def next_number(self, name: str, count: int = 1, /) -> int:
        """The next value of a counter, from 1, never given twice; with `count`, the first of so many in a row."""
        ...

    async def put_blob(self, tenant: str, name: str, chunks: AsyncIterable[bytes], /) -> None:
        """Keep bytes beside the documents, in chunks; a name already there is replaced."""
        ...

    def read_blob(self, tenant: str, name: str, /) -> AsyncIterator[bytes]:
        """The chunks of a blob as they were put; KeyError when there is none."""
        ...

    async def note(self, collection: str, tenant: str, id: str, document: Document, /) -> bool:
        """Append a record (audit, dead_letters, quarantine, …); False when the id is already there."""
        ...

    async def note_all(self, collection: str, notes: Sequence[tuple[str, str, Document]], /) -> None:
        """Append many records (tenant, id, document); those already there stay as they are."""
        ...

    async def notes(self, collection: str, tenant: str | None, after: str | None, limit: int, /) -> Sequence[Document]:
        """Records by id, starting after `after`; each carries its `id` and `tenant`."""
        ...

    async def find_notes(
        self,
        collection: str,
        tenant: str,
        keys: Collection[str],
        between: tuple[str, str],
        limit: int,
        /,
        *,
        newest_first: bool = False,
    ) -> Sequence[Document]:
        """As `notes`, those whose `keys` hold all of these and whose ids lie between the two, both left out."""
        ...

    async def count_notes(self, collection: str, /) -> int:
        """How many records a collection holds; `waiting` are the messages behind parked aggregates."""
        ...
