"""What goes wrong, from one seed: where a process dies, stands still, waits or gets no answer; in what order.

Time is simulated too: a loop that jumps to its next timer, so that leases end and outages last without anybody waiting.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from datetime import UTC, datetime, timedelta
from errno import EIO
from heapq import heappop
from typing import Any, NamedTuple, TypeAlias, TypeVar, TypeVarTuple, Unpack
from zlib import crc32

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
STALL_SECONDS = (6.0, 40.0)
"""Longer than a silence that is taken for death."""


class CrashError(BaseException):
    """A process died here: everything it held in memory is gone, and nothing in it may catch that."""


class AwayError(Exception):
    """A server did not answer; what was asked of it may have happened."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs what is ready, then moves its clock to the next timer at once. Nothing runs beside it: it has no threads.

    Nothing is ever read from a socket here, so no selector is asked, and nothing is handed over from another thread.
    """

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _stopping: bool

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__()

    def time(self) -> float:
        return self.seconds

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def _run_once(self) -> None:
        """One round of asyncio's own loop, without what a simulation has no use for."""
        ready, timers = self._ready, self._scheduled
        while timers and timers[0].cancelled():
            heappop(timers)
        if not ready and not self._stopping:
            if not timers:
                msg = "everybody waits for somebody else"
                raise AssertionError(msg)
            self.seconds = max(self.seconds, timers[0].when())
            while timers and timers[0].when() <= self.seconds:
                ready.append(heappop(timers))
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()

    def run_in_executor(self, executor: Any, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        """What a service gives to a thread is done here and now."""
        done = self.create_future()
        done.set_result(func(*args))
        return done


class Chaos:
    """The seed's bad luck. `kept` names the only faults that may happen, by number, when a trace is being shortened."""

    def __init__(self, seed: int, *, calm: bool, kept: frozenset[int] | None = None) -> None:
        self.seed = seed
        self.rng, self.calm, self.kept = random.Random(seed + 1), calm, kept
        self.fate, self.temper = seed % FATES, TEMPERS[seed % len(TEMPERS)]
        self.on = not calm
        self.steps = self.asked = 0
        self.counts: dict[str, int] = {}
        self.trace: list[tuple[int, str]] = []
        self.reached: dict[str, int] = {}
        self.crashed_at: set[str] = set()
        self.skipped = timedelta()
        self._told = 0.0, START

    def wall(self) -> datetime:
        """The machines' own time."""
        seconds = asyncio.get_running_loop().time()
        if self._told[0] != seconds:
            self._told = seconds, START + timedelta(milliseconds=int(seconds * 1000))
        return self._told[1] + self.skipped

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

    def danger(self, where: str) -> float:
        """How likely a process dies when it passes a point for the first time."""
        return FATED if crc32(where.encode()) % FATES == self.fate else NEW_POINT

    def note(self, kind: str) -> None:
        """Count what went wrong by itself, such as a lost race."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    @property
    def faults(self) -> int:
        return sum(self.counts.values())


NEW_POINT, FATED, SHAKEN = 0.03, 0.9, 0.6
FATES = 7
"""Each point is fatal in every seventh seed that passes it, so that none has to wait for luck."""
WRITES = frozenset({"Shell._write before commit"})
"""Who waits here loses races; who stands still here writes late, and others have taken it for dead meanwhile."""
COMMITTED = frozenset({"Consumer after commit"})
READS = frozenset({"Shell.transact before load"})
Rates: TypeAlias = Mapping[str, float]
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

    def rates(self, where: str) -> Rates:
        return self.at.get(where, self.anywhere)


TEMPERS: tuple[Temper, ...] = (
    Temper(),
    Temper({**RATES, "away": 0.03}, _at(WRITES, stall=0.012, away=0.03) | _at(PUBLISHES, away=0.2)),
    Temper(at=_at(WRITES, stall=0.012, slow=0.25), races=0.1),
    Temper(at=_at(READS, away=0.5) | _at(COMMITTED, crash=0.4), poll_records=1, lane_records=1),
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
        chaos = self.chaos
        if not self.alive:
            raise CrashError
        if not chaos.on:
            return
        chaos.steps += 1
        passed = chaos.reached[where] = chaos.reached.get(where, 0) + 1
        luck = chaos.rng.random()
        # Rare points are as dangerous as frequent ones, and whoever stood still often dies a moment later.
        danger = SHAKEN if self._shaken else self.chaos.danger(where) / passed
        self._shaken = False
        if luck < danger and chaos.fault("crash", f"{self.name} {where}"):
            self.die(where)
        luck = chaos.rng.random()
        for kind, rate in chaos.temper.rates(where).items():
            if luck < rate:
                if chaos.fault(kind, f"{self.name} {where}"):
                    await self._suffer(kind, where)
                break
            luck -= rate
        else:
            if luck < YIELDS:
                await asyncio.sleep(0)
        if not self.alive:
            raise CrashError

    def pass_by(self, where: str) -> None:
        """A point between two steps of what blocks. Raises CrashError when the process dies, OSError when it fails."""
        chaos = self.chaos
        if not self.alive:
            raise CrashError
        if not chaos.on:
            return
        chaos.steps += 1
        passed = chaos.reached[where] = chaos.reached.get(where, 0) + 1
        luck = chaos.rng.random()
        if luck < chaos.danger(where) / passed and chaos.fault("crash", f"{self.name} {where}"):
            self.die(where)
        if 1 - luck < RATES["away"] and chaos.fault("folder away", f"{self.name} {where}"):
            raise OSError(EIO, where)

    async def _suffer(self, kind: str, where: str) -> None:
        match kind:
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
