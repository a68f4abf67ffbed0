"""Whether a process lives, serves, and why not: told from numbers that its loops gather, never from a guess."""

from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

STALLED_AFTER = timedelta(minutes=2)
"""So long nothing is handled while the lag grows: then the process is taken for stuck, and should be replaced."""
FRESH = timedelta(seconds=30)
"""Without a newer sample nothing is known: broker or store are away, and a restart would bring neither back."""


class Sample(NamedTuple):
    """How far the consumer was at a moment of the machine's time.

    `lag`: records behind. `handled`: records handled since the start, and tries that an outage postponed.
    """

    at: datetime
    lag: int
    handled: int


class Watchdog:
    """Remembers the samples of the last minutes."""

    def __init__(self, stalled_after: timedelta = STALLED_AFTER) -> None:
        self._stalled_after = stalled_after
        self._samples: deque[Sample] = deque()

    def see(self, sample: Sample) -> None:
        """One more. Where something was handled, or a look was missed, the time begins anew."""
        if self._samples:
            last = self._samples[-1]
            if sample.handled != last.handled or sample.lag == 0 or sample.at - last.at > FRESH:
                self._samples.clear()
        self._samples.append(sample)
        while len(self._samples) > 1 and sample.at - self._samples[1].at >= self._stalled_after:
            self._samples.popleft()

    def stalled(self, now: datetime) -> str | None:
        """Why the process is taken for stuck; None when it is not, or when nothing is known."""
        if not self._samples or now - self._samples[-1].at > FRESH:
            return None
        first, last = self._samples[0], self._samples[-1]
        if last.at - first.at < self._stalled_after or last.lag <= first.lag:
            return None
        seconds = round((last.at - first.at).total_seconds())
        return f"the lag grew from {first.lag} to {last.lag} records in {seconds} s, and nothing was handled"
