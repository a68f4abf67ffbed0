"""A stack of its own for the demo, on ports nobody uses."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from revcycle.demo.story import Course, Story
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS
from revcycle.stack.ports import free_port, is_free
from revcycle.stack.record import StackRecord
from revcycle.stack.up import start_behind, stop_stack

MEMORY = Path("/dev/shm")  # noqa: S108 - it is looked for, not written to by name
MEMORY_BYTES_MIN = 2 << 30


def begin_anew(layout: Layout) -> None:
    """Throw an earlier demo away, and keep the new one's data in memory where the machine has room for it.

    RefusalError for a directory that holds something else.

    The store confirms a write only when it is on disk, and waiting for a laptop's disk is most of what a demo would do.
    What lies in memory survives the end of any process, only not of the machine: good enough for a demo.
    """
    if layout.root.exists() and any(layout.root.iterdir()) and not layout.record.exists():
        message = f"{layout.root} holds other things than a demo: name an empty directory, or none."
        raise RefusalError(message, Exit.REFUSED)
    stop_stack(layout)
    if layout.data.is_symlink():
        shutil.rmtree(layout.data.resolve(), ignore_errors=True)
    shutil.rmtree(layout.root, ignore_errors=True)
    layout.root.mkdir(mode=0o700, parents=True)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        layout.data.symlink_to(tempfile.mkdtemp(prefix="revcycle-demo-", dir=MEMORY))


async def play(course: Course, layout: Layout, console: Console, *, keep: bool) -> list[str]:
    """Start a stack, play the course on it, and stop it; what was wrong with the run."""
    await asyncio.to_thread(begin_anew, layout)
    record = await asyncio.to_thread(start_stack, course, layout, console)
    try:
        return await Story(course, layout, record, console).run()
    finally:
        if keep:
            console.print(f"The stack runs on: revcycle status --dir {layout.root}; console at {record.url('console')}")
        else:
            await asyncio.to_thread(stop_stack, layout)


def start_stack(course: Course, layout: Layout, console: Console, *, resume: bool = False) -> StackRecord:
    """The usual ports where they are free, others where they are not; `resume` leaves the clock where it stands."""
    arguments = ["--dir", str(layout.root), "--log-level", "WARNING"]
    if not resume:
        arguments += ["--as-of", course.start.isoformat()]
    for name, port in DEFAULT_PORTS.items():
        arguments += [f"--{name}-port", str(port if is_free(port) else free_port())]
    with console.status("starting broker, store, sandbox and services"):
        return start_behind(arguments, layout)
