"""One supervised process: started, watched, started again when it ends by itself, stopped when it is told to."""

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from revcycle.stack.probes import Probe
from revcycle.stack.record import ProcessId, ProcessRecord, ProcessState
from shared.tasks import end_tasks

LOG_BYTES_MAX = 20_000_000
PROBE_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run, and how to see that it serves.

    `forgets` marks a process whose memory is its only store: when it ends, everything that leaned on it starts anew.
    """

    name: str
    argv: tuple[str, ...]
    port: int
    url: str
    ready: Probe
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: Path | None = None
    stop_seconds: float = 15
    forgets: bool = False
    one_core: bool = False  # measured: its threads only take turns, and do so three times faster on one core


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """A process that ends by itself comes back, at growing intervals, unless it ended `tries` times in the window."""

    tries: int = 5
    window_seconds: float = 120
    first_wait_seconds: float = 0.25
    longest_wait_seconds: float = 8
    ready_seconds: float = 60

    def wait_seconds(self, recent_ends: int) -> float:
        """0.25, 0.5, 1, 2 … seconds."""
        return min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (recent_ends - 1))


class Child:
    """The life of one process. `settled` is set while it is ready, or given up."""

    def __init__(self, spec: ProcessSpec, log: Path, policy: RestartPolicy, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.settled = asyncio.Event()
        self.ended = asyncio.Event()
        self._log = log
        self._policy = policy
        self._changed = changed
        self._state = ProcessState.STOPPED
        self._ends: deque[float] = deque(maxlen=policy.tries)
        self._process: asyncio.subprocess.Process | None = None
        self._id: ProcessId | None = None
        self._restarts = 0
        self._last_exit: int | None = None
        self._life: asyncio.Task[None] | None = None

    @property
    def state(self) -> ProcessState:
        return self._state

    def record(self) -> ProcessRecord:
        return ProcessRecord(
            name=self.spec.name,
            state=self._state,
            id=self._id,
            port=self.spec.port,
            url=self.spec.url,
            log=self._log,
            restarts=self._restarts,
            last_exit=self._last_exit,
        )

    def start(self) -> None:
        """Begin its life; it goes on until `stop`, or until the policy gives it up."""
        assert self._life is None, f"{self.spec.name} is started already"
        self._life = asyncio.create_task(self._live(), name=f"supervise {self.spec.name}")

    async def stop(self) -> None:
        """SIGTERM, a while to finish, SIGKILL. Safe to call twice, and before the start."""
        if self._life is not None:
            await end_tasks((self._life,))
            self._life = None
        await self._end_process()
        self.settled.clear()
        self._become(ProcessState.STOPPED)

    async def _live(self) -> None:
        while True:
            self._last_exit = await self._live_once()
            self.settled.clear()
            self.ended.set()
            self._ends.append(time.monotonic())
            recent_ends = self._recent_ends()
            if recent_ends >= self._policy.tries:
                self._become(ProcessState.FAILED)
                self.settled.set()
                return
            self._become(ProcessState.WAITING)
            await asyncio.sleep(self._policy.wait_seconds(recent_ends))
            self._restarts += 1

    async def _live_once(self) -> int:
        """From start to end; the exit code (negative: the signal that ended it)."""
        process = await self._spawn()
        watch = asyncio.create_task(self._watch_ready(), name=f"ready {self.spec.name}")
        try:
            return await process.wait()
        finally:
            await end_tasks((watch,))

    async def _spawn(self) -> asyncio.subprocess.Process:
        self._become(ProcessState.STARTING)
        _rotate(self._log)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.spec.cwd,
                env={**os.environ, **self.spec.env},
                # Ctrl-C in the terminal is for the supervisor, which stops its children in order.
                start_new_session=True,
            )
        if self.spec.one_core:
            _keep_on_one_core(self._process.pid)
        self._id = ProcessId.of(self._process.pid)
        self._changed()
        return self._process

    async def _watch_ready(self) -> None:
        """Ready, or ended after a time that is plenty: then it counts as one more end."""
        deadline = time.monotonic() + self._policy.ready_seconds
        while not await self.spec.ready():
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
                return
            await asyncio.sleep(PROBE_EVERY_SECONDS)
        self._become(ProcessState.READY)
        self.settled.set()

    async def _end_process(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.spec.stop_seconds):
                self._last_exit = await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            self._last_exit = await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    def _recent_ends(self) -> int:
        since = time.monotonic() - self._policy.window_seconds
        return sum(1 for ended in self._ends if ended > since)

    def _become(self, state: ProcessState) -> None:
        self._state = state
        self._changed()


def _rotate(log: Path) -> None:
    """Keep one earlier log: a process that restarts for a day must not fill the disk."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def _keep_on_one_core(pid: int) -> None:
    """Where the system has such a thing, and the process has not ended already."""
    with contextlib.suppress(psutil.Error, AttributeError, OSError):
        process = psutil.Process(pid)
        process.cpu_affinity([max(process.cpu_affinity() or [0])])
