"""What goes wrong, from one seed: where a process dies, stands still, waits or gets no answer; in what order.

Time is simulated too: a loop that jumps to its next timer, so that leases end and outages last without anybody waiting.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from errno import EIO
from heapq import heappop
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias, TypeVar, TypeVarTuple, Unpack
from zlib import crc32

T = TypeVar("T")
Rates: TypeAlias = Mapping[str, float]
Ts = TypeVarTuple("Ts")

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
STALL_SECONDS = (6.0, 40.0)
"""Longer than a silence that is taken for death."""


class CrashError(BaseException):
    """A process died here: everything it held in memory is gone, and nothing in it may catch that."""


class AwayError(Exception):
    """A server did not answer; what was asked of it may have happened."""


class Soon(list[Any]):
    """What is to be called in the next round, with what, and in which context; cancelled, it is empty."""

    def cancel(self) -> None:
        self.clear()


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs what is ready, then moves its clock to the next timer at once. Nothing runs beside it: it has no threads.

    Nothing is ever read from a socket here, so no selector is asked, and nothing is handed over from another thread.
    """

    _ready: deque[Any]
    _scheduled: list[asyncio.TimerHandle]
    _stopping: bool

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__()

    def time(self) -> float:
        return self.seconds

    def call_soon(  # type: ignore[override]  # what is returned can be cancelled, which is all that is asked of it
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> "Soon":
        soon = Soon((callback, args, copy_context() if context is None else context))
        self._ready.append(soon)
        return soon

    def _run_once(self) -> None:
        """All rounds of asyncio's own loop, without what a simulation has no use for."""
        ready, timers = self._ready, self._scheduled
        while not self._stopping:
            while timers and timers[0].cancelled():
                heappop(timers)
            if not ready:
                self._wait(timers)
            for _ in range(len(ready)):
                one = ready.popleft()
                if type(one) is not Soon:
                    one._run()
                elif one:
                    callback, args, context = one
                    context.run(callback, *args)

    def _wait(self, timers: list[asyncio.TimerHandle]) -> None:
        """Until the next timer, which takes no time."""
        if not timers:
            msg = "everybody waits for somebody else"
            raise AssertionError(msg)
        self.seconds = max(self.seconds, timers[0].when())
        while timers and timers[0].when() <= self.seconds:
            timer = heappop(timers)
            if not timer.cancelled():
                self._ready.append(timer)

    def run_in_executor(self, executor: Any, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        """What a service gives to a thread is done here and now."""
        done = self.create_future()
        done.set_result(func(*args))
        return done


class Point:
    """A point between two steps, as one seed meets it: how often it was passed, and what may happen there."""

    __slots__ = ("anything", "danger", "passed", "upto")

    def __init__(self, danger: float, rates: Rates) -> None:
        self.passed, self.danger = 0, danger
        self.upto = tuple(zip(rates, accumulate(rates.values()), strict=True))
        self.anything = self.upto[-1][1]


class Chaos:
    """The seed's bad luck. `kept` names the only faults that may happen, by number, when a trace is being shortened.

    `aim` is a point where a process dies as soon as one gets there. Until then the seed is what it is without an aim.
    """

    def __init__(self, seed: int, *, calm: bool, kept: frozenset[int] | None = None, aim: str | None = None) -> None:
        self.seed, self.aim = seed, aim
        self.rng, self.calm, self.kept = random.Random(seed + 1), calm, kept
        self.fate, self.temper = seed % FATES, TEMPERS[seed % len(TEMPERS)]
        self.on = not calm
        self.steps = self.asked = 0
        self.counts: dict[str, int] = {}
        self.trace: list[tuple[int, str]] = []
        self.points: dict[str, Point] = {}
        self.crashed_at: set[str] = set()
        self.skipped = timedelta()
        self._told = -1.0, timedelta(), START

    def wall(self) -> datetime:
        """The machines' own time."""
        seconds, (at, skipped, told) = asyncio.get_running_loop().time(), self._told
        if at == seconds and skipped is self.skipped:
            return told
        told = START + timedelta(milliseconds=int(seconds * 1000)) + self.skipped
        self._told = seconds, self.skipped, told
        return told

    def chance(self, probability: float) -> bool:
        """Whether something happens now; never while nothing may go wrong."""
        return self.on and self.rng.random() < probability

    def fault(self, kind: str, where: str = "") -> bool:
        """Note a fault that is about to be injected; False when it may not be, in a shortened run."""
        self.asked += 1
        if self.kept is not None and self.asked not in self.kept:
            return False
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.trace.append((self.asked, f"{asyncio.get_running_loop().time():8.1f}s {kind} {where}"))
        return True

    def pass_point(self, where: str) -> tuple[Point, float]:
        """Count that a process passes a point; how likely it dies there. Rare points are as dangerous as others."""
        self.steps += 1
        point = self.points.get(where)
        if point is None:
            fated = crc32(where.encode()) % FATES == self.fate
            point = self.points[where] = Point(FATED if fated else NEW_POINT, self.temper.rates(where))
        point.passed += 1
        if point.passed == 1 and where == self.aim:
            return point, CERTAIN
        return point, point.danger / point.passed

    def note(self, kind: str) -> None:
        """Count what went wrong by itself, such as a lost race."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    @property
    def faults(self) -> int:
        return sum(self.counts.values())


CERTAIN, NEW_POINT, FATED, SHAKEN = 1.0, 0.03, 0.9, 0.6
FATES = 7
"""Each point is fatal in every seventh seed that passes it, so that none has to wait for luck."""
WRITES = frozenset({"Shell._write before commit"})
"""Who waits here loses races; who stands still here writes late, and others have taken it for dead meanwhile."""
COMMITTED = frozenset({"Consumer after commit"})
READS = frozenset({"Shell.transact before load"})
RATES: Rates = {"crash": 0.004, "away": 0.0035, "slow": 0.0035, "stall": 0.001}


PUBLISHES = frozenset({"Relay.publish before send", "Relay.publish before append"})


def _at(points: Iterable[str], **rates: float) -> dict[str, Rates]:
    """At these points, something else than anywhere."""
    return {point: {**RATES, **rates} for point in points}


class Temper(NamedTuple):
    """What a seed is bad at: how often what happens anywhere, and at some points; how often a neighbour is faster."""

    anywhere: Rates = RATES
    at: Mapping[str, Rates] = _at(WRITES, stall=0.15)
    races: float = 0.005
    poll_records: int = 8
    """Of one partition, at most: few, where a partition's news are to lie in several batches at once."""
    lane_records: int = 2
    """Few enough that batches go in lanes, and that one is handled while another is stored."""
    at_once: float = 0.8
    """How often a process takes the next batch while the last one is still in its hands."""

    def rates(self, where: str) -> Rates:
        return self.at.get(where, self.anywhere)


TEMPERS: tuple[Temper, ...] = (
    Temper(),
    Temper({**RATES, "away": 0.03}, _at(WRITES, stall=0.012, away=0.03) | _at(PUBLISHES, away=0.2)),
    Temper(at=_at(WRITES, stall=0.012, slow=0.25), races=0.1),
    Temper(at=_at(READS, away=0.6) | _at(COMMITTED, crash=0.5), poll_records=1, lane_records=1, at_once=1.0),
)
"""Processes that stand still and write late; servers away; races; lanes that wait, and deaths after a commit."""
YIELDS = 0.25


class Life:
    """One life of one process: what it does is cut into steps, and each may be its last."""

    def __init__(self, chaos: Chaos, name: str) -> None:
        self.chaos, self.name = chaos, name
        self.alive = True
        self._shaken = False

    def die(self, where: str) -> None:
        """End this life. Whatever else it was doing ends at its next step."""
        self.alive = False
        self.chaos.crashed_at.add(where)
        raise CrashError

    async def step(self, where: str) -> None:
        """A named point between two steps. Raises CrashError when the process dies, AwayError when nobody answers."""
        if (kind := self.meet(where)) is not None:
            await self.suffer(kind, where)

    def meet(self, where: str) -> str | None:
        """What happens at a named point, for `suffer`; mostly nothing. Raises CrashError when the process dies."""
        chaos = self.chaos
        if not self.alive:
            raise CrashError
        if not chaos.on:
            return None
        point, danger = chaos.pass_point(where)
        luck = chaos.rng.random()
        # Whoever stood still often dies a moment later.
        if luck < (max(SHAKEN, danger) if self._shaken else danger) and chaos.fault("crash", f"{self.name} {where}"):
            self.die(where)
        self._shaken = False
        luck = chaos.rng.random()
        if luck >= point.anything:
            return "yield" if luck - point.anything < YIELDS else None
        kind = next(kind for kind, upto in point.upto if luck < upto)
        return kind if chaos.fault(kind, f"{self.name} {where}") else None

    def pass_by(self, where: str) -> None:
        """A point between two steps of what blocks. Raises CrashError when the process dies, OSError when it fails."""
        chaos = self.chaos
        if not self.alive:
            raise CrashError
        if not chaos.on:
            return
        _, danger = chaos.pass_point(where)
        luck = chaos.rng.random()
        if luck < danger and chaos.fault("crash", f"{self.name} {where}"):
            self.die(where)
        if 1 - luck < RATES["away"] and chaos.fault("folder away", f"{self.name} {where}"):
            raise OSError(EIO, where)

    async def suffer(self, kind: str, where: str) -> None:
        """What `meet` said."""
        match kind:
            case "yield":
                await asyncio.sleep(0)
            case "crash":
                self.die(where)
            case "away":
                raise AwayError
            case "slow":
                await asyncio.sleep(self.chaos.rng.uniform(0.1, 3.0))
            case _:
                # Others take it for dead, and it goes on where it stood.
                await asyncio.sleep(self.chaos.rng.uniform(*STALL_SECONDS))
                self._shaken = True
        if not self.alive:
            raise CrashError
