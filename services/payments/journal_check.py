"""Every aggregate of a tenant against its own journal: read in one pass, and read again where something differs."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from services.payments.core.ledger import Discrepancy
from shared.decider import Decider, Entry
from shared.store.documents import entry_from_document
from shared.store.port import Key, Store

PAGE = 200
LOOKS = 5
"""How often an aggregate that changes under the reader is read again."""

AnyDecider: TypeAlias = Decider[Any, Any, Any]
Judge: TypeAlias = Callable[[Any, Sequence[Any]], Iterable[Discrepancy]]
"""What of a state does not agree with its facts, found without the arithmetic of `evolve`."""
Add: TypeAlias = Callable[[Sequence[Discrepancy]], None]


class History(NamedTuple):
    """The journal of one aggregate: its facts, and whether their numbers run from 1 without a gap."""

    facts: list[Any]
    whole: bool
    times: list[datetime]  # when each happened


async def pages(
    store: Store, kinds: Mapping[str, AnyDecider], tenant: str
) -> AsyncIterator[tuple[str, dict[Key, History]]]:
    """Histories of one kind, some at a time."""
    page: dict[Key, History] = {}
    of = ""
    async for kind, key, history in _histories(store, kinds, tenant):
        if page and (kind != of or len(page) == PAGE):
            yield of, page
            page = {}
        of, page[key] = kind, history
    if page:
        yield of, page


async def _histories(
    store: Store, kinds: Mapping[str, AnyDecider], tenant: str
) -> AsyncIterator[tuple[str, Key, History]]:
    """Every aggregate's facts in order; the journal comes by aggregate and number."""
    at: tuple[str, Key] | None = None
    facts: list[Any] = []
    numbers: list[int] = []
    times: list[datetime] = []
    async for line in store.journal_since(None):
        document = line.document
        if document["tenant"] != tenant or document["kind"] not in kinds:
            continue
        of = document["kind"], Key(tenant, document["aggregate_id"])
        if at is not None and of != at:
            yield *at, History(facts, numbers == list(range(1, len(numbers) + 1)), times)
            facts, numbers, times = [], [], []
        at = of
        facts.append(kinds[at[0]].fact_codec.validate_python(document["fact"], strict=False))
        numbers.append(document["number"])
        times.append(datetime.fromisoformat(document["meta"]["occurred_at"]))
    if at is not None:
        yield *at, History(facts, numbers == list(range(1, len(numbers) + 1)), times)


async def compared(
    add: Add, store: Store, decider: AnyDecider, histories: Mapping[Key, History], judge: Judge
) -> AsyncIterator[tuple[Any, History]]:
    """Each state with the history that counts; what differs is read again, because it may have changed meanwhile."""
    rows = await store.load(decider, tuple(histories))
    for key, history in histories.items():
        row = rows[key]
        if not any(True for _ in unlike(decider, key, row.snapshot.state, history, row.snapshot.facts, judge)):
            yield row.snapshot.state, history
            continue
        state, now, facts = await fresh(store, decider, key)
        add(list(unlike(decider, key, state, now, facts, judge)))
        yield state, now


async def fresh(store: Store, decider: AnyDecider, key: Key) -> tuple[Any, History, int]:
    """State and journal of one moment: read again while the aggregate changes in between."""
    row = (await store.load(decider, (key,)))[key]
    entries: list[Entry[Any]] = []
    for _ in range(LOOKS):
        entries = list(await store.history(decider, key))
        before, row = row, (await store.load(decider, (key,)))[key]
        if row.version == before.version:
            break
    known = max((entry.number for entry in entries), default=0)
    entries += [entry_from_document(decider, entry) for entry in row.outbox if entry["number"] > known]
    whole = [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    return (
        row.snapshot.state,
        History([entry.fact for entry in entries], whole, [entry.meta.occurred_at for entry in entries]),
        row.snapshot.facts,
    )


def unlike(
    decider: AnyDecider, key: Key, state: Any, history: History, facts: int, judge: Judge
) -> Iterator[Discrepancy]:
    """Everything in which an aggregate is not what its journal says."""
    if not history.whole:
        yield Discrepancy(key.id, "", "gap in the journal", facts, len(history.facts))
    elif facts != len(history.facts):
        yield Discrepancy(key.id, "", "facts in the journal", facts, len(history.facts))
    try:
        folded = decider.fold(history.facts)
    except KeyError:
        yield Discrepancy(key.id, "", "an entry for a claim that was never charged", 0, 0)
        return
    found = [*judge(state, history.facts)]
    yield from found
    if not found and folded != state:
        yield Discrepancy(key.id, "", f"{decider.kind} is not what its facts make", 0, 0)
