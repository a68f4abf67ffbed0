"""The machinery on memory, for tests: a store, a bus, a shell and clocks that a test sets."""

from datetime import UTC, datetime

from shared.bus.memory import MemoryBus
from shared.log import configure_logs
from shared.relay import Relay
from shared.shell import Shell
from shared.store.memory import MemoryStore

WALL = datetime(2026, 11, 1, tzinfo=UTC)


class HandClock:
    """Implements `Clock`; `wall` is the machine's time beside it."""

    def __init__(self, now: datetime) -> None:
        self.time = now
        self.wall_time = WALL

    def now(self) -> datetime:
        return self.time

    def wall(self) -> datetime:
        return self.wall_time


class Machine:
    """Everything a decider needs to run, without a server."""

    def __init__(self, now: datetime) -> None:
        self.clock = HandClock(now)
        self.log = configure_logs("test", "ERROR")
        self.store = MemoryStore(WALL)
        self.bus = MemoryBus()
        self.relay = Relay(self.bus, self.store, self.clock.wall, "test")
        self.shell = Shell(self.store, self.relay, self.log)
