"""A line for each payer: how many inquiries it is asked at once, and who gives way when it says nothing.

A payer that hangs holds each inquiry until its time is over. So that it cannot fill the worker and its connections,
only so many of its inquiries go out at once; the others wait in line. When nothing at all comes back for a while, all
that wait are put off, and as long as the payer says nothing only a few at a time find out whether it speaks again.
"""

import asyncio
from collections import deque

PROBES = 2


class PayerLine:
    """The inquiries to one payer: `in_progress` were sent, the others wait for their turn."""

    def __init__(self, each_max: int, patience_seconds: float) -> None:
        self._each_max, self._patience_seconds = each_max, patience_seconds
        self.in_progress = 0
        self.silent = False
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._answers = 0
        self._watch: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        return not (self.in_progress or self._waiting or self.silent)

    async def turn(self) -> bool:
        """True when it is this inquiry's turn, which `end` ends; False when it is put off."""
        if self.in_progress < (PROBES if self.silent else self._each_max):
            self.in_progress += 1
            return True
        if self.silent:
            return False
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._wait_for_news()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.result():
                self.end(answered=False)  # its turn came with the cancellation
            raise

    def end(self, *, answered: bool) -> None:
        """An inquiry is over. `answered`: something came back in time, be it a refusal."""
        self.in_progress -= 1
        if answered:
            self._answers += 1
            self.silent = False
        while self._waiting and self.in_progress < self._each_max:
            place = self._waiting.popleft()
            if not place.done():
                self.in_progress += 1
                place.set_result(True)

    def give_way(self) -> None:
        """The payer says nothing: who waits is put off, until it speaks again."""
        self.silent = True
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(False)

    def _wait_for_news(self) -> None:
        if self._watch is None:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(self._patience_seconds, self._look, self._answers)

    def _look(self, answers_before: int) -> None:
        self._watch = None
        if not self._waiting:
            return
        if self._answers == answers_before:
            self.give_way()
        else:
            self._wait_for_news()


class PayerLines:
    """The lines of this process, by payer."""

    def __init__(self, each_max: int, patience_seconds: float) -> None:
        self._each_max, self._patience_seconds = each_max, patience_seconds
        self._lines: dict[str, PayerLine] = {}

    def of(self, payer_id: str, each_max: int | None = None) -> PayerLine:
        """The payer's line; `each_max` is the payer's own bound, of a line that is not there yet."""
        line = self._lines.get(payer_id)
        if line is None:
            line = self._lines[payer_id] = PayerLine(each_max or self._each_max, self._patience_seconds)
        return line

    def silent(self, payer_id: str) -> bool:
        """Whether the payer has said nothing for so long that others give way."""
        line = self._lines.get(payer_id)
        return line is not None and line.silent

    def leave(self, payer_id: str) -> None:
        """Forget a line that nobody stands in."""
        if self._lines[payer_id].idle:
            del self._lines[payer_id]
