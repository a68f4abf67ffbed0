"""A whole stack of its own for a test: the demo's course in small, on free ports."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

from rich.console import Console

from revcycle.demo.run import begin_anew, start_stack
from revcycle.demo.story import Course, Story
from revcycle.demo.tally import Tally
from revcycle.stack.layout import Layout
from revcycle.stack.record import StackRecord
from revcycle.stack.up import stop_stack

START = date(2026, 7, 1)


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack, and what it was given."""

    layout: Layout
    record: StackRecord
    course: Course
    console: Console

    def play(self, beside: Callable[[], Awaitable[None]] | None = None) -> tuple[list[str], Tally]:
        """Play the course, with something going on beside it; what was wrong, and what was heard on the topics."""

        async def both() -> tuple[list[str], Tally]:
            story = Story(self.course, self.layout, self.record, self.console)
            trouble = asyncio.create_task(_beside(beside))
            found = await story.run()
            await trouble
            return found, story.tally

        return asyncio.run(both())


async def _beside(work: Callable[[], Awaitable[None]] | None) -> None:
    if work is not None:
        await work()


@contextmanager
def running(folder: Path, claims: int, days: int) -> Generator[Stack]:
    """A fresh stack; stopped, and its data in memory removed, at the end."""
    layout = Layout(folder / "stack")
    begin_anew(layout)
    course = Course(start=START, days=days, claims=claims, public=False)
    console = Console(file=StringIO(), width=120)
    try:
        yield Stack(layout, start_stack(course, layout, console), course, console)
    finally:
        stop_stack(layout)
        begin_anew(layout)
        if layout.data.is_symlink():
            layout.data.resolve().rmdir()
