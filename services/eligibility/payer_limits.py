"""What one payer is spared: a circuit breaker for one that keeps failing, and a rate for one that asks for it.

The breaker opens after so many failures in a row. While it is open nobody asks; then a few probes do, and the first
answer closes it. Whoever was put off meanwhile is remembered, so that the backlog drains as soon as it closes instead
of each waiting for its own time.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from services.eligibility.core.directory import PayerTerms
from shared.store.port import Key

PROBES = 2
BACKLOG_MAX = 50_000
"""Put-off inquiries remembered for one payer; those beyond it come back at their own time."""
MINUTE = 60.0


class Waiting(NamedTuple):
    """An aggregate that was put off: one of its effects waits for the payer."""

    kind: str
    key: Key


class Circuit:
    """Closed: everybody asks. Open: nobody does, for a while. Probing: a few do."""

    def __init__(self, failures_to_open: int, open_seconds: float, now: Callable[[], float]) -> None:
        self._failures_to_open, self._open_seconds, self._now = failures_to_open, open_seconds, now
        self._failures = 0
        self._opened_at: float | None = None
        self._probes = 0

    @property
    def state(self) -> Literal["closed", "open", "probing"]:
        if self._opened_at is None:
            return "closed"
        return "open" if self._now() < self._opened_at + self._open_seconds else "probing"

    @property
    def idle(self) -> bool:
        return self._opened_at is None and not self._failures and not self._probes

    def enter(self) -> bool:
        """Whether an inquiry may go out; `leave` must follow when it may."""
        match self.state:
            case "closed":
                return True
            case "open":
                return False
            case "probing" if self._probes < PROBES:
                self._probes += 1
                return True
            case "probing":
                return False

    def leave(self, *, answered: bool | None) -> bool:
        """An inquiry is over, None: it was not sent. True when its answer closed the circuit."""
        self._probes = max(self._probes - 1, 0)
        if answered is None:
            return False
        if answered:
            closed = self._opened_at is not None
            self._failures, self._opened_at = 0, None
            return closed
        self._failures += 1
        if self._opened_at is not None or self._failures >= self._failures_to_open:
            self._opened_at = self._now()
        return False


class Rate:
    """At most so many in any minute; 0 is no limit."""

    def __init__(self, per_minute: int, now: Callable[[], float]) -> None:
        self._per_minute, self._now = per_minute, now
        self._taken: deque[float] = deque()

    @property
    def idle(self) -> bool:
        self._forget()
        return not self._taken

    def wait_seconds(self) -> float:
        """0 when one may go now, which takes its place; else the seconds until one may."""
        if not self._per_minute:
            return 0.0
        self._forget()
        if len(self._taken) < self._per_minute:
            self._taken.append(self._now())
            return 0.0
        return self._taken[0] + MINUTE - self._now()

    def _forget(self) -> None:
        while self._taken and self._taken[0] <= self._now() - MINUTE:
            self._taken.popleft()


class Sparing:
    """Circuit, rate and backlog of one payer in this process, under the terms it has today."""

    def __init__(self, terms: PayerTerms, now: Callable[[], float]) -> None:
        self.circuit = Circuit(terms.failures_to_open, terms.open_seconds, now)
        self.rate = Rate(terms.per_minute, now)
        self.backlog: dict[Waiting, None] = {}  # who was put off, in order
        self.draining = False

    @property
    def idle(self) -> bool:
        return self.circuit.idle and self.rate.idle and not self.backlog

    def put_off(self, who: Waiting) -> None:
        """Remember whom to ask again when the payer is back."""
        if len(self.backlog) < BACKLOG_MAX:
            self.backlog[who] = None

    def leave(self, *, answered: bool | None) -> None:
        """An inquiry is over; `answered` None: it was not sent."""
        if self.circuit.leave(answered=answered):
            self.draining = True

    @property
    def owed(self) -> int:
        """How many may be asked again now, because the circuit has closed."""
        return len(self.backlog) if self.draining and self.circuit.state == "closed" else 0

    def drain(self, most: int) -> list[Waiting]:
        """Some of those put off, once the circuit has closed; they are forgotten here."""
        waiting = list(self.backlog)[: min(most, self.owed)]
        for who in waiting:
            del self.backlog[who]
        self.draining = self.draining and bool(self.backlog)
        return waiting
