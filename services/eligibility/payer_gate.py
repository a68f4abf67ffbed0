"""The gate before each payer: whatever is asked of one in real time goes through it, coverage and authorizations alike.

It holds the payer's breaker, its rate and its line. Who may not pass is put off, and remembered: when the payer speaks
again, the backlog asks for them at once.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date
from time import perf_counter
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from services.eligibility.core.directory import Directory, PayerTerms
from services.eligibility.payer_limits import Sparing, Waiting
from services.eligibility.payer_lines import PayerLine, PayerLines
from services.eligibility.settings import EligibilitySettings
from shared.clock import Clock
from shared.contracts import Message
from shared.decider import Decider, Pending
from shared.metrics_tally import Series, Tally
from shared.runtime import Runtime
from shared.store.port import Key

RESUMED_AT_ONCE = 200
UNLISTED = "unlisted"
"""Payers that the directory does not name, together: what stands in a claim is no name for a metric."""
BREAKER = {"closed": 0, "probing": 1, "open": 2}
T = TypeVar("T")


class Asked(NamedTuple, Generic[T]):
    """What came of asking: `spoke`, whether anything came back in time, be it a refusal; `well`, an answer."""

    result: T
    spoke: bool
    well: bool


class PutOff(NamedTuple):
    """The payer was not asked; `wait_seconds` is how long it is to be spared, where that is known."""

    wait_seconds: float | None = None


class PayerGate:
    """Every payer's gate in this process, under the terms of the day."""

    def __init__(
        self, directory: Directory, settings: EligibilitySettings, clock: Clock, tally: Tally | None = None
    ) -> None:
        self._directory, self._clock, self._tally = directory, clock, tally or Tally()
        self.lines = PayerLines(settings.payer_inquiries_max, settings.payer_patience_seconds)
        self.spared: dict[str, Sparing] = {}

    async def through(self, payer_id: str, who: Waiting, ask: Callable[[], Awaitable[Asked[T]]]) -> T | PutOff:
        """Ask, if the payer may be asked now; else `who` is put off, and comes up when the payer speaks again."""
        sparing = self._sparing(payer_id)
        if not sparing.circuit.enter():
            return self._put_off(sparing, who)
        well: bool | None = None
        try:
            if wait_seconds := sparing.rate.wait_seconds():
                return self._put_off(sparing, who, wait_seconds)
            if not await self._line(payer_id).turn():
                return self._put_off(sparing, who)
            spoke, well, began = False, False, perf_counter()
            try:
                result, spoke, well = await ask()
            finally:
                self._count(payer_id, perf_counter() - began, answered=bool(well))
                self.lines.of(payer_id).end(answered=spoke)
                self.lines.leave(payer_id)
        finally:
            sparing.leave(answered=well)
            if sparing.idle:
                self.spared.pop(payer_id, None)
        return result

    def terms(self, payer_id: str) -> PayerTerms:
        """How a payer is asked today."""
        return self._directory.of(payer_id, self.today())

    def today(self) -> date:
        return self._clock.now().date()

    def gauges(self) -> Iterator[tuple[Series, float]]:
        """Breaker and backlog of every payer of the directory, and of the others together."""
        breaker = dict.fromkeys((*self._directory.payers, UNLISTED), 0)
        backlog = dict(breaker)
        for payer_id, sparing in self.spared.items():
            payer = self._known(payer_id)
            state = "open" if self.lines.silent(payer_id) else sparing.circuit.state
            breaker[payer] = max(breaker[payer], BREAKER[state])
            backlog[payer] += len(sparing.backlog)
        yield from ((("payer_breaker", payer), state) for payer, state in breaker.items())
        yield from ((("payer_backlog", payer), count) for payer, count in backlog.items())

    def series(self) -> Iterator[Series]:
        """What is shown before any payer was asked."""
        for payer in (*self._directory.payers, UNLISTED):
            yield "payer_seconds", payer
            yield "payer_unanswered_total", payer

    def _count(self, payer_id: str, seconds: float, *, answered: bool) -> None:
        payer = self._known(payer_id)
        self._tally.took(seconds, "payer_seconds", payer)
        if not answered:
            self._tally.add("payer_unanswered_total", payer)

    def _known(self, payer_id: str) -> str:
        return payer_id if payer_id in self._directory.payers else UNLISTED

    def _put_off(self, sparing: Sparing, who: Waiting, wait_seconds: float | None = None) -> PutOff:
        sparing.put_off(who)
        return PutOff(wait_seconds)

    def _sparing(self, payer_id: str) -> Sparing:
        sparing = self.spared.get(payer_id)
        if sparing is None:
            sparing = self.spared[payer_id] = Sparing(self.terms(payer_id), self._seconds)
        return sparing

    def _seconds(self) -> float:
        """The business's time, so that what waits for a payer and the payer's own rest go by one clock."""
        return self._clock.now().timestamp()

    def _line(self, payer_id: str) -> PayerLine:
        return self.lines.of(payer_id, self.terms(payer_id).inquiries_max)


Resume: TypeAlias = Callable[[Key, Pending], Message | None]
"""The message that brings an effect that was put off up again; None for one that was not."""


class Backlog:
    """Asks again those who were put off, as soon as their payer speaks again. A loop of the service."""

    name = "payer_backlog"
    kind = None

    def __init__(
        self, runtime: Runtime, gate: PayerGate, kinds: Mapping[str, tuple[Decider[Any, Any, Any], Resume]]
    ) -> None:
        self._runtime, self._gate, self._kinds = runtime, gate, kinds

    async def step(self) -> int:
        drained = [who for sparing in self._gate.spared.values() for who in sparing.drain(RESUMED_AT_ONCE)]
        for kind, (decider, resume) in self._kinds.items():
            keys = [who.key for who in drained if who.kind == kind]
            if not keys:
                continue
            rows = await self._runtime.store.load(decider, keys)
            effects = ((key, pending) for key, row in rows.items() for pending in row.snapshot.effects.values())
            resumed = [message for key, pending in effects if (message := resume(key, pending)) is not None]
            await self._runtime.shell.transact(decider, resumed)
        return len(drained)

    def gauges(self) -> Iterator[tuple[Series, float]]:
        return self._gate.gauges()

    def series(self) -> Iterator[Series]:
        return self._gate.series()

    async def pending(self) -> int:
        return sum(sparing.owed for sparing in self._gate.spared.values())
