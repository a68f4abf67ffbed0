"""The effects worker: performs what deciders asked of the outside world, and brings the answers back as commands.

An aggregate's open effects are leased for a while, performed one after the other, and answered together with whatever
else finished meanwhile. Performing is at least once: a worker that dies is replaced when its lease ends, so a
performer must be safe to repeat; its answer counts once, because an answer to an effect no longer open is dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from time import perf_counter, time_ns
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid5

from structlog.contextvars import bound_contextvars

from shared.clock import Clock, Wall
from shared.contracts import Message, Meta
from shared.decider import Decider, Effect, Pending
from shared.log import Log
from shared.shell import Shell, effects_pulse
from shared.store.documents import NEVER
from shared.store.port import Key, Leased, Write
from shared.tasks import end_tasks
from shared.tracing_ids import log_fields

Performer: TypeAlias = Callable[[Key, Pending], Awaitable[Message]]
"""Performs one effect of one aggregate and returns its Answer; `answer_meta` makes the answer's envelope."""

LEASE = timedelta(seconds=60)
PAGE = 200
IN_FLIGHT_MAX = 400
ATTEMPTS_MAX = 12
"""Failures of the machinery (not of a payer: those are answers) before an effect waits for a person."""
BACKOFF_FIRST = timedelta(seconds=0.25)
BACKOFF_MAX = timedelta(seconds=30)


class Finished(NamedTuple):
    """What came of one lease: the answers so far, and the effect that failed, if one did."""

    key: Key
    owner: str
    answers: tuple[Message, ...]
    failed: Pending | None


def answer_meta(key: Key, pending: Pending, clock: Clock) -> Meta:
    """The envelope of the answer to an effect: its id derives from the effect, so a repeat is the same message."""
    return pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, "answer"),
            "occurred_at": max(clock.now(), pending.cause.occurred_at),
            "causation": pending.id,
            "sequence": 0,
            "tenant": key.tenant,
        }
    )


class Worker:
    """Performs the effects of one decider."""

    def __init__(
        self,
        shell: Shell,
        decider: Decider[Any, Any, Any],
        performers: Mapping[type[Effect], Performer],
        clock: Clock,
        wall: Wall,
        log: Log,
        owner: str,
    ) -> None:
        self._shell, self._decider, self._performers = shell, decider, performers
        self._clock, self._wall, self._log, self._owner = clock, wall, log, owner
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: list[Finished] = []
        self._pulse = shell.pulses.of(effects_pulse(decider.kind))
        self._seen = self._pulse.count
        self._serial = 0

    async def run_once(self) -> int:
        """Perform one page of what is due, to the end; how many aggregates it was. For tests and simulations."""
        leased, owner = await self._lease()
        for lease in leased:
            await self._perform_all(lease, owner)
        await self._settle()
        return len(leased)

    async def tick(self) -> int:
        """Start what is due, as far as there is room, and settle what finished; the number of aggregates started."""
        leased, owner = await self._lease() if len(self._tasks) + PAGE <= IN_FLIGHT_MAX else ((), "")
        for lease in leased:
            task = asyncio.create_task(self._perform_all(lease, owner))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await self._settle()
        return len(leased)

    async def wait(self, seconds: float) -> None:
        """Until something finished or there may be new work, or the time is over."""
        self._seen = await self._pulse.rest(seconds, self._seen)

    async def stop(self) -> None:
        """Give up what is in flight; its leases end by themselves and another worker performs it."""
        await end_tasks(self._tasks)

    @property
    def performed(self) -> tuple[tuple[str, str], ...]:
        """Kind of aggregate and effect of everything that this worker performs."""
        return tuple((self._decider.kind, effect.__name__) for effect in self._performers)

    @property
    def in_flight(self) -> int:
        return len(self._tasks) + len(self._finished)

    async def _lease(self) -> tuple[Sequence[Leased], str]:
        # Each page is an owner of its own: a page that comes back after its lease ended cannot touch the next one's.
        self._serial += 1
        owner = f"{self._owner}/{self._serial}"
        now = self._wall()
        leased = await self._shell.store.lease(self._decider, self._clock.now(), now, now + LEASE, owner, PAGE)
        return leased, owner

    async def _perform_all(self, lease: Leased, owner: str) -> None:
        answers: list[Message] = []
        failed: Pending | None = None
        tally, kind = self._shell.tally, self._decider.kind
        for pending in lease.effects:
            effect, began, began_ns = type(pending.effect).__name__, perf_counter(), time_ns()
            try:
                with bound_contextvars(**log_fields(pending.cause)):
                    answers.append(await self._performers[type(pending.effect)](lease.key, pending))
                tally.took(perf_counter() - began, "effect_seconds", kind, effect)
                self._trace(lease.key, pending, began_ns)
            except Exception as error:  # noqa: BLE001 - one effect's failure must not stop its neighbours
                tally.add("effect_failures_total", kind, effect)
                failed = pending._replace(error=type(error).__name__)
                about = log_fields(pending.cause)
                self._log.warning("effect_failed", kind=kind, effect=effect, error=failed.error, **about)
                self._trace(lease.key, pending, began_ns, failed.error or "")
                break
        self._finished.append(Finished(lease.key, owner, tuple(answers), failed))
        self._pulse.beat()

    def _trace(self, key: Key, pending: Pending, began_ns: int, error: str = "") -> None:
        if self._shell.tracing is not None:
            self._shell.tracing.performed(self._decider, key, pending, began_ns, error)

    async def _settle(self) -> None:
        """Decide all answers that are there in one batch, then let go of their aggregates."""
        finished, self._finished = self._finished, []
        if not finished:
            return
        whole = [done for done in finished if done.failed is None]
        answers = [answer for done in whole for answer in done.answers]
        settled = await self._shell.transact(self._decider, answers, lets_go=True)
        let_go = {key for key, decided in settled.items() if decided.changed}
        held = {done.key: done.owner for done in whole if done.key not in let_go}
        await self._shell.store.keep_leases(self._decider, held, NEVER)
        broken = [answer for done in finished if done.failed is not None for answer in done.answers]
        if broken:
            await self._shell.transact(self._decider, broken)
        for done in finished:
            if done.failed is not None:
                await self._postpone(done.key, done.owner, done.failed)

    async def _postpone(self, key: Key, owner: str, failed: Pending) -> None:
        """Count a failure of the machinery; the lease is kept for the backoff, in the machine's own time."""
        row = (await self._shell.store.load(self._decider, (key,)))[key]
        pending = row.snapshot.effects.get(failed.id)
        if pending is None:
            return
        attempts = pending.attempts + 1
        pending = pending._replace(attempts=attempts, error=failed.error, stuck=attempts >= ATTEMPTS_MAX)
        snapshot = row.snapshot._replace(effects={**row.snapshot.effects, pending.id: pending})
        if pending.stuck:
            effect = type(pending.effect).__name__
            about = log_fields(pending.cause)
            self._log.error("effect_stuck", kind=self._decider.kind, id=key.id, effect=effect, **about)
        write: Write[Any] = Write(key, row.version, snapshot, changed_effects=(pending,), parked=row.parked)
        await self._shell.store.commit(self._decider, (write,))
        wait = min(BACKOFF_FIRST * 2**attempts, BACKOFF_MAX)
        await self._shell.store.keep_leases(self._decider, {key: owner}, self._wall() + wait)
