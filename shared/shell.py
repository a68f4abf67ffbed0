"""The imperative shell: load once, decide the whole batch, write once, decide again only what lost a race.

An aggregate that cannot go on (its decider raised, its document grew too large, the store refuses it) is parked alone:
its messages wait in the store, in order, until a person or a fix releases it, and everything else goes on.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from shared.bus.port import BusUnavailableError
from shared.collector import Tidy
from shared.contracts import Message
from shared.decider import Decided, Decider, Fact
from shared.log import Log
from shared.metrics_tally import Tally
from shared.pulse import Pulses
from shared.relay import Relay
from shared.store.documents import entry_to_document
from shared.store.port import Document, Key, Refused, Row, Store, Write
from shared.tracing_ids import log_fields

if TYPE_CHECKING:
    from shared.tracing import Tracing

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

ATTEMPTS_MAX = 20
"""Rounds of a batch before its last losers are given back to the caller; each round, some writer wins."""


def effects_pulse(kind: str) -> str:
    """The pulse that beats when an aggregate of this kind asks the outside world for something."""
    return f"{kind}/effects"


class ContentionError(Exception):
    """Other writers won every round. Nothing is lost: the same messages may be sent again."""


class ParkedError(Exception):
    """The aggregate is parked; its messages wait for a person."""


class Plan(NamedTuple):
    """One round: what was decided on which versions, and what failed to decide."""

    versions: dict[Key, int]
    decided: dict[Key, Decided[Any, Any]]
    failed: dict[Key, str]

    @property
    def changed(self) -> list[Key]:
        return [key for key, decided in self.decided.items() if decided.changed]


class Shell:
    """Runs deciders on a store; `pulses` tell the loops of this process that there may be work."""

    def __init__(self, store: Store, relay: Relay, log: Log) -> None:
        self.store, self._relay, self._log = store, relay, log
        self.pulses = Pulses()
        self.handled = 0
        self.commits = 0
        self.tally = Tally()
        self.tracing: Tracing | None = None
        self._tidy = Tidy()

    async def transact(
        self, decider: Decider[S, M, F], messages: Sequence[M], *, lets_go: bool = False
    ) -> Mapping[Key, Decided[S, F]]:
        """Handle a batch. Safe to repeat: a batch already handled decides nothing and writes nothing.

        With `lets_go`, the leases on the effects of what is written end. Returns what was decided for each aggregate
        that is not parked. Raises ContentionError, StoreUnavailableError.
        """
        if not messages:
            return {}
        began, began_ns = perf_counter(), time_ns()
        pending = group(decider, messages)
        done: dict[Key, Decided[S, F]] = {}
        for _ in range(ATTEMPTS_MAX):
            rows = await self.store.load(decider, tuple(pending))
            parked = {key: pending[key] for key, row in rows.items() if row.parked is not None}
            if parked:
                await self._wait_behind(decider, parked)
            owed = await self._relay.owed(rows)
            plan = decide_round(decider, rows, {k: m for k, m in pending.items() if k not in parked})
            refused = await self._write(decider, rows, plan, owed, lets_go)
            failed = {**plan.failed, **refused.failed}
            kept = {k: d for k, d in plan.decided.items() if k not in refused.lost and k not in failed}
            done.update(kept)
            self._count(decider, pending, kept, refused, plan)
            if self.tracing is not None:
                self.tracing.decided(decider, rows, pending, kept, began_ns)
            lost = refused.lost | await self._park(decider, rows, failed, pending)
            if not lost:
                self.handled += len(messages)
                self.tally.handled(decider.kind, messages)
                self.tally.took(perf_counter() - began, "batch_seconds", decider.kind)
                self._tidy.after(len(messages))
                return done
            pending = {key: pending[key] for key in lost}
        msg = f"{len(pending)} {decider.kind} aggregates still conflict after {ATTEMPTS_MAX} rounds"
        raise ContentionError(msg)

    def _count(
        self,
        decider: Decider[S, M, F],
        pending: Mapping[Key, Sequence[M]],
        kept: Mapping[Key, Decided[S, F]],
        refused: Refused,
        plan: Plan,
    ) -> None:
        """What a round came to: what was written, what changed nothing, what lost a race, what broke."""
        tally, kind = self.tally, decider.kind
        tally.written(kind, kept.values())
        unchanged = sum(len(pending[key]) for key, decided in kept.items() if not decided.changed)
        if unchanged:
            tally.add("messages_unchanged_total", kind, by=unchanged)
        if refused.lost:
            tally.add("conflicts_total", kind, by=len(refused.lost))
        if plan.failed or refused.failed:
            tally.add("parked_total", kind, by=len(plan.failed) + len(refused.failed))

    async def transact_one(self, decider: Decider[S, M, F], message: M) -> Decided[S, F]:
        """Handle one message and return what was decided. Raises ParkedError when its aggregate is parked."""
        done = await self.transact(decider, (message,))
        for decided in done.values():
            return decided
        msg = f"this {decider.kind} is parked: its messages wait for a person"
        raise ParkedError(msg)

    async def release(self, decider: Decider[S, M, F], key: Key) -> int:
        """Let an aggregate go on: its waiting messages are decided in order. The number handled.

        Effects that were given up are tried anew. When a message fails again, the aggregate is parked again and all
        of them keep waiting.
        """
        rows = await self.store.load(decider, (key,))
        row = rows[key]
        anew = tuple(p._replace(attempts=0, stuck=False) for p in row.snapshot.effects.values() if p.stuck)
        if row.parked is not None or anew:
            snapshot = row.snapshot._replace(effects={**row.snapshot.effects, **{p.id: p for p in anew}})
            unparked: Write[S] = Write(key, row.version, snapshot, changed_effects=anew)
            if (await self.store.commit(decider, (unparked,))).lost:
                msg = f"this {decider.kind} changed meanwhile; release it again"
                raise ContentionError(msg)
            if anew:
                self.pulses.of(effects_pulse(decider.kind)).beat()
        return await self.drain(decider, key)

    async def drain(self, decider: Decider[S, M, F], key: Key) -> int:
        """Decide the messages that wait for an aggregate which is not parked any more."""
        waiting = await self.store.waiting(decider, key)
        if not waiting:
            return 0
        codec = decider.message_codec
        await self.transact(decider, [codec.validate_python(document, strict=False) for _, document in waiting])
        rows = await self.store.load(decider, (key,))
        if rows[key].parked is None:
            await self.store.done_waiting(decider, key, [message_id for message_id, _ in waiting])
        return len(waiting)

    async def _write(
        self,
        decider: Decider[S, M, F],
        rows: Mapping[Key, Row[S]],
        plan: Plan,
        owed: Mapping[Key, tuple[Document, ...]],
        lets_go: bool,
    ) -> Refused:
        """Write what was decided, publish it and what was owed before it, and wake whoever waits for such news."""
        if not plan.changed:
            if await self._publish(decider, owed):
                await self._empty(decider, rows, owed)
            return Refused(frozenset(), {})
        mark = await self._relay.begin(decider, plan.changed)
        said = {key: _said(decider, owed.get(key, ()), decided) for key, decided in plan.decided.items()}
        writes = [
            Write(key, plan.versions[key], d.snapshot, said[key], d.started, d.answered, mark=mark, lets_go=lets_go)
            for key, d in plan.decided.items()
            if d.changed
        ]
        self.commits += 1
        try:
            refused = await self.store.commit(decider, writes)
        except BaseException:
            self._relay.give_up(mark, written=False)
            raise
        kept = {key: d for key, d in plan.decided.items() if key not in refused.lost and key not in refused.failed}
        if any(decided.changed for decided in kept.values()):
            self.pulses.of(decider.kind).beat()
        if any(decided.started for decided in kept.values()):
            self.pulses.of(effects_pulse(decider.kind)).beat()
        public = False
        try:
            public = await self._publish(decider, {key: said[key] for key in kept})
        finally:
            if public:
                self._relay.done(mark)
            else:
                self._relay.give_up(mark, written=True)
            self.commits += 1  # whoever looked in between saw something unpublished
        if public:
            await self._empty(decider, rows, [key for key in owed if key in kept and not kept[key].changed])
        return refused

    async def _empty(self, decider: Decider[S, M, F], rows: Mapping[Key, Row[S]], keys: Collection[Key]) -> None:
        """Empty outboxes that another process left and this one has published, of aggregates that it did not write.

        Otherwise each message that comes again would have all of it said again, and what two services say to each
        other would go back and forth until a sweep ends it.
        """
        marks = {key: mark for key in keys if (mark := rows[key].mark) is not None}
        if marks:
            await self.store.clear(decider, marks)

    async def _publish(self, decider: Decider[S, M, F], said: Mapping[Key, tuple[Document, ...]]) -> bool:
        try:
            await self._relay.publish(decider, {key: entries for key, entries in said.items() if entries})
        except BusUnavailableError as error:
            # It is committed; the relay's sweep publishes it when the broker is back.
            self.tally.add("publish_postponed_total", decider.kind)
            self._log.warning("publish_postponed", kind=decider.kind, aggregates=len(said), error=str(error))
            return False
        return True

    async def _park(
        self,
        decider: Decider[S, M, F],
        rows: Mapping[Key, Row[S]],
        failed: Mapping[Key, str],
        pending: Mapping[Key, Sequence[M]],
    ) -> frozenset[Key]:
        """Park aggregates that failed; the keys that lost a race meanwhile, to be decided again."""
        if not failed:
            return frozenset()
        writes: list[Write[S]] = [
            Write(key, rows[key].version, rows[key].snapshot, parked=reason) for key, reason in failed.items()
        ]
        lost = (await self.store.commit(decider, writes)).lost
        for key, reason in failed.items():
            about = log_fields(pending[key][0].meta)
            self._log.error("aggregate_parked", kind=decider.kind, id=key.id, reason=reason, **about)
        await self._wait_behind(decider, {key: pending[key] for key in failed if key not in lost})
        return lost

    async def _wait_behind(self, decider: Decider[S, M, F], messages: Mapping[Key, Sequence[M]]) -> None:
        await self.store.wait_behind(
            decider,
            {key: [(str(m.meta.id), m.model_dump(mode="json")) for m in group] for key, group in messages.items()},
        )


def group(decider: Decider[S, M, F], messages: Sequence[M]) -> dict[Key, list[M]]:
    """The messages of each aggregate, in order."""
    grouped: dict[Key, list[M]] = {}
    for message in messages:
        grouped.setdefault(Key(message.meta.tenant, decider.aggregate_id(message)), []).append(message)
    return grouped


def _said(decider: Decider[S, M, F], owed: tuple[Document, ...], decided: Decided[S, F]) -> tuple[Document, ...]:
    """What is to be published of an aggregate, written down once for outbox and journal; of a projection, nothing."""
    return (*owed, *(entry_to_document(decider, e) for e in decided.entries)) if decider.keeps_history else ()


def decide_round(decider: Decider[S, M, F], rows: Mapping[Key, Row[S]], messages: Mapping[Key, Sequence[M]]) -> Plan:
    """Decide every aggregate of a batch; an exception in one is its own failure."""
    plan = Plan({}, {}, {})
    for key, group_ in messages.items():
        try:
            plan.decided[key] = decider.run(rows[key].snapshot, group_)
        except Exception as error:  # noqa: BLE001 - a bug in one aggregate's rules must not stop its neighbours
            plan.failed[key] = failure_of(error)
        else:
            plan.versions[key] = rows[key].version
    return plan


def failure_of(error: Exception) -> str:
    """Where a rule broke: exception class, file and line. Never its text, which may quote data."""
    trace = error.__traceback__
    where = ""
    while trace is not None:
        where = f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {where}"
