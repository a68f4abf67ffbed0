"""A stack of its own for the demo, on ports nobody uses."""

import asyncio

from rich.console import Console

from revcycle.demo.story import Course, Story
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS
from revcycle.stack.ports import free_port, is_free
from revcycle.stack.record import StackRecord
from revcycle.stack.up import start_behind, stop_stack


async def play(course: Course, layout: Layout, console: Console, *, keep: bool) -> list[str]:
    """Start a stack, play the course on it, and stop it; what was wrong with the run."""
    record = await asyncio.to_thread(start_stack, course, layout, console)
    try:
        return await Story(course, layout, record, console).run()
    finally:
        if keep:
            console.print(f"The stack runs on: revcycle status --dir {layout.root}; console at {record.url('console')}")
        else:
            await asyncio.to_thread(stop_stack, layout)


def start_stack(course: Course, layout: Layout, console: Console) -> StackRecord:
    """The usual ports where they are free, others where they are not."""
    arguments = ["--dir", str(layout.root), "--as-of", course.start.isoformat(), "--log-level", "WARNING"]
    for name, port in DEFAULT_PORTS.items():
        arguments += [f"--{name}-port", str(port if is_free(port) else free_port())]
    with console.status("starting broker, store, sandbox and services"):
        return start_behind(arguments, layout)
