"""Bugs to plant into the real machinery, one at a time: what the simulation is there to see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.claims import pickup
from services.payments.core import control_number
from shared import inbox, relay, sweep, worker
from shared.decider import Answer, Decider
from shared.pipeline import Pipeline
from shared.relay import Relay
from shared.shell import Shell
from shared.store.documents import effect_to_document, fields_of, outbox_of
from shared.store.memory import MemoryStore
from shared.store.port import Document, Key, Leased, Mark, Write
from tests.simulation.cash_mutants import CASH_MUTANTS
from tests.simulation.stores import KeptStore

Plant = Callable[[pytest.MonkeyPatch], None]


def no_version_guard(patch: pytest.MonkeyPatch) -> None:
    def careless(self: MemoryStore, which: Any, write: Any) -> bool:
        empty: Document = {"outbox": [], "mark": "", "effects": {}, "lease_until": self.wall}
        before = self._document(which, write.key) or empty
        effects = before["effects"] | {str(p.id): effect_to_document(which, p) for p in write.changed_effects}
        for effect_id in write.answered:
            effects.pop(str(effect_id), None)
        self._save(which, write.key, {**before, **fields_of(which, write), **outbox_of(write), "effects": effects})
        return True

    patch.setattr(MemoryStore, "_put", careless)


def no_dedupe(patch: pytest.MonkeyPatch) -> None:
    """A control number takes every delivery of a submitted claim for another claim."""
    name = control_number._name

    def forgetful(state: Any, event: Any) -> Any:
        return name(replace(state, bearers=()), event)

    patch.setattr(control_number, "_name", forgetful)


def offsets_first(patch: pytest.MonkeyPatch) -> None:
    take = Pipeline.take

    async def at_most_once(self: Pipeline, records: Sequence[Any], consumer: Any) -> None:
        class Nobody:
            async def commit(self, offsets: Any) -> None: ...

        first = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
        try:
            await consumer.commit(first)
        except KafkaError:
            return
        await take(self, records, Nobody())

    patch.setattr(Pipeline, "take", at_most_once)


def batches_overtake(patch: pytest.MonkeyPatch) -> None:
    """A batch is handled and committed whatever became of the one before it."""
    handle, finish = Pipeline._handle, Pipeline._finish

    async def at_once(self: Pipeline, records: Any, _: Any) -> None:
        await handle(self, records, ())

    async def alone(self: Pipeline, records: Any, parts: Any, _: Any, consumer: Any) -> None:
        await finish(self, records, parts, None, consumer)

    patch.setattr(Pipeline, "_handle", at_once)
    patch.setattr(Pipeline, "_finish", alone)


def lanes_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """A batch is committed when its first lane is stored."""
    finish = Pipeline._finish

    async def hasty(self: Pipeline, records: Any, parts: Any, last: Any, consumer: Any) -> None:
        await finish(self, records, parts[:1], last, consumer)

    patch.setattr(Pipeline, "_finish", hasty)


def newest_only(patch: pytest.MonkeyPatch) -> None:
    publish = Relay.publish

    async def newest(self: Relay, which: Any, entries: Mapping[Key, Sequence[Document]]) -> None:
        await publish(self, which, {key: pending[-1:] for key, pending in entries.items()})

    patch.setattr(Relay, "publish", newest)


def counted_before_published(patch: pytest.MonkeyPatch) -> None:
    publish = Relay.publish

    async def hasty(self: Relay, which: Any, entries: Mapping[Key, Sequence[Document]]) -> None:
        self._open.clear()
        await self.report()
        await publish(self, which, entries)

    patch.setattr(Relay, "publish", hasty)


def outbox_cleared_early(patch: pytest.MonkeyPatch) -> None:
    async def early(self: Relay, which: Any, keys: Sequence[Key], left_by: Callable[[Mark], bool]) -> int:
        rows = await self._store.load(which, keys)
        marks = {key: row.mark for key, row in rows.items() if row.mark is not None and left_by(row.mark)}
        await self._store.clear(which, marks)
        await self.publish(which, {key: rows[key].outbox for key in marks})
        return len(marks)

    patch.setattr(Relay, "_publish_left", early)


def sweep_sends_twice(patch: pytest.MonkeyPatch) -> None:
    due = sweep.due_message

    def another(*args: Any) -> Any:
        message = due(*args)
        return message.model_copy(update={"meta": message.meta.model_copy(update={"id": uuid4()})})

    patch.setattr(sweep, "due_message", another)
    patch.setattr(sweep, "RESEND_AFTER", timedelta(0))


def answers_count_twice(patch: pytest.MonkeyPatch) -> None:
    """An answer is decided though its effect is not open any more."""
    run: Any = vars(Decider)["run"]

    def credulous(self: Any, snapshot: Any, messages: Any) -> Any:
        asked = {m.meta.causation: None for m in messages if isinstance(m, Answer)}
        return run(self, snapshot._replace(effects={**asked, **snapshot.effects}), messages)

    patch.setattr(Decider, "run", credulous)


def lease_ignored(patch: pytest.MonkeyPatch) -> None:
    """A worker takes what another has, and nobody's lease lasts."""
    lease = KeptStore.lease

    async def greedy(
        self: KeptStore, which: Any, as_of: Any, now: Any, until: Any, owner: str, limit: int, /
    ) -> Sequence[Leased]:
        return await lease(self, which, as_of, until, until, owner, limit)

    patch.setattr(KeptStore, "lease", greedy)
    patch.setattr(worker, "LEASE", timedelta(days=-1))


def journal_skipped(patch: pytest.MonkeyPatch) -> None:
    """What the sweep publishes for a dead process is not journaled."""
    append = KeptStore.append

    async def once(self: KeptStore, which: Any, entries: Mapping[Key, Sequence[Document]], /) -> None:
        await append(self, which, {key: facts[:1] for key, facts in entries.items()})

    patch.setattr(KeptStore, "append", once)


def late_writes_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A process taken for dead is not looked after any more, though it may only have stood still."""
    patch.setattr(relay, "WATCH", timedelta(0))


def reservation_not_held(patch: pytest.MonkeyPatch) -> None:
    async def yes(self: MemoryStore, tenant: str, rule: str, wanted: Mapping[str, str], /) -> Mapping[str, str]:
        return wanted

    patch.setattr(MemoryStore, "reserve", yes)


def waiting_dropped(patch: pytest.MonkeyPatch) -> None:
    async def drop(self: MemoryStore, which: Any, messages: Any, /) -> None: ...

    patch.setattr(MemoryStore, "wait_behind", drop)


def losers_dropped(patch: pytest.MonkeyPatch) -> None:
    """Whoever lost a race is taken for handled."""
    write = Shell._write

    async def content(self: Shell, *args: Any) -> Any:
        refused = await write(self, *args)
        return refused._replace(lost=frozenset())

    patch.setattr(Shell, "_write", content)


def poison_stops_a_batch(patch: pytest.MonkeyPatch) -> None:
    """What cannot be read is passed over without a word."""

    async def silent(self: Any, record: Any, reason: str) -> None: ...

    patch.setattr(inbox.Inbox, "_bury", silent)


def effects_lost(patch: pytest.MonkeyPatch) -> None:
    """A worker whose performer failed answers nothing and never asks again."""

    async def forget(self: Any, key: Key, owner: str, failed: Any) -> None:
        row = (await self._shell.store.load(self._decider, (key,)))[key]
        effects = {k: v for k, v in row.snapshot.effects.items() if k != failed.id}
        snapshot = row.snapshot._replace(effects=effects)
        write: Write[Any] = Write(key, row.version, snapshot, answered=(failed.id,))
        await self._shell.store.commit(self._decider, (write,))

    patch.setattr(worker.Worker, "_postpone", forget)


def taken_while_growing(patch: pytest.MonkeyPatch) -> None:
    """A dropped file is taken though somebody is still writing it."""

    def at_once(*_: Any) -> bool:
        return True

    patch.setattr(pickup.Pickup, "_is_settled", at_once)


def moved_before_registered(patch: pytest.MonkeyPatch) -> None:
    """A dropped file leaves its folder before its reading is scheduled."""

    async def hasty(self: pickup.Pickup, tenant: str, file: Any) -> None:
        kept = await self._vault.keep(tenant, self._filing.folder, pickup._read(file))
        pickup._move(file, "taken", f"{kept.sha256[:12]}-{file.name}")
        await self._filing.register(self._runtime, tenant, file, kept)

    patch.setattr(pickup.Pickup, "_accept", hasty)


MUTANTS: tuple[Plant, ...] = (
    no_version_guard,
    no_dedupe,
    offsets_first,
    batches_overtake,
    lanes_not_waited_for,
    newest_only,
    counted_before_published,
    outbox_cleared_early,
    sweep_sends_twice,
    answers_count_twice,
    lease_ignored,
    journal_skipped,
    late_writes_forgotten,
    reservation_not_held,
    waiting_dropped,
    losers_dropped,
    poison_stops_a_batch,
    effects_lost,
    taken_while_growing,
    moved_before_registered,
    *CASH_MUTANTS,
)
