"""A whole stack of its own for a test: the demo's course in small, on free ports."""

import asyncio
import shutil
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
from shared.tasks import end_tasks

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
            try:
                return await story.run(), story.tally
            finally:
                await end_tasks((trouble,))

        return asyncio.run(both())


async def _beside(work: Callable[[], Awaitable[None]] | None) -> None:
    if work is not None:
        await work()


@contextmanager
def running(folder: Path, claims: int, days: int, keys: Path | None = None) -> Generator[Stack]:
    """A fresh stack, removed at the end with its data in memory. With the same keys, people have the same ids."""
    layout = Layout(folder / "stack")
    begin_anew(layout)
    if keys is not None:
        shutil.copytree(keys, layout.keys)
    course = Course(start=START, days=days, claims=claims, public=False)
    console = Console(file=StringIO(), width=120)
    try:
        yield Stack(layout, start_stack(course, layout, console), course, console)
    finally:
        stop_stack(layout)
        begin_anew(layout)
        if layout.data.is_symlink():
            layout.data.resolve().rmdir()
