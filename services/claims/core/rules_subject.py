"""What a rule looks at and changes: one claim at a time, with the work it may still cost."""

from collections.abc import Callable
from datetime import date
from typing import Any

from .content import ClaimContent, ContentLine

WORK_MAX = 200_000
"""Lines that all rules together may look at for one claim; quantifiers inside each other multiply."""

Prices = Callable[[str, ContentLine, ClaimContent], int | None]
"""The price in cents of a line by a named schedule; None where the schedule has none for it on its day."""


def no_prices(_schedule: str, _line: ContentLine, _content: ClaimContent) -> int | None:
    """No schedule is loaded."""
    return None


class RuleFailedError(Exception):
    """A rule could not be carried out. Its text is a sentence for a biller and names no value of the claim."""


class Subject:
    """A claim under the rules. `line` is the line at hand, `other` one beside it, `place` the position of `line`."""

    __slots__ = ("content", "line", "other", "place", "prices", "received_on", "tags", "work")

    def __init__(self, content: ClaimContent, received_on: date, prices: Prices = no_prices) -> None:
        self.content = content
        self.received_on = received_on
        self.prices = prices
        self.tags: tuple[str, ...] = ()
        self.line: Any = None
        self.other: Any = None
        self.place: int | None = None
        self.work = 0

    def spend(self, lines: int) -> None:
        """Look at so many more lines."""
        self.work += lines
        if self.work > WORK_MAX:
            raise RuleFailedError("it looks at too many pairs of lines: narrow its conditions")

    def put_line(self, line: ContentLine) -> None:
        """The line at hand is now this one."""
        assert self.place is not None
        lines = self.content.lines
        self.line = line
        changed = (*lines[: self.place], line, *lines[self.place + 1 :])
        self.content = self.content.model_copy(update={"lines": changed})
