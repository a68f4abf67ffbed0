"""The pulse of a process: loops rest until something happened here, instead of asking the store over and over."""

import asyncio

from shared.clock import Clock

CLOCK_SECONDS = 0.05


class Pulse:
    """Counts beats. A loop remembers the count it has seen, so a beat between its look and its rest is not missed."""

    def __init__(self) -> None:
        self.count = 0
        self._beaten = asyncio.Event()

    def beat(self) -> None:
        """Something happened: every resting loop wakes."""
        self.count += 1
        self._beaten.set()
        self._beaten = asyncio.Event()

    async def rest(self, seconds: float, seen: int) -> int:
        """Until a beat that was not seen yet, or the time is over; the count to remember."""
        if self.count == seen:
            try:
                async with asyncio.timeout(seconds):  # wait_for loses a cancellation that comes with the beat
                    await self._beaten.wait()
            except TimeoutError:
                return self.count
        return self.count


class Pulses:
    """The pulses of one process: `claim` beats when a claim changed, `claim/effects` when one asks for work."""

    def __init__(self) -> None:
        self._pulses: dict[str, Pulse] = {}

    def of(self, name: str) -> Pulse:
        return self._pulses.setdefault(name, Pulse())

    def beat_all(self) -> None:
        for pulse in self._pulses.values():
            pulse.beat()


async def follow_clock(clock: Clock, pulses: Pulses) -> None:
    """Until cancelled: wake everybody when a clock that is set by hand was moved."""
    before = clock.now()
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        now = clock.now()
        if now != before:
            before = now
            pulses.beat_all()
