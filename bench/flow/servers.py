"""The broker and the stores that every contender is measured on, each for one round."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from revcycle.stack.child import ProcessSpec
from revcycle.stack.layout import Layout
from revcycle.stack.plan import broker, store
from revcycle.stack.ports import free_port
from revcycle.stack.store_server import cached_binary

START_SECONDS = 60.0
MEMORY = Path("/dev/shm")  # noqa: S108 - it is looked for, not written to by name


def stores() -> list[str]:
    """Where can be measured: on a store that costs nothing, the Rust build where it was made, the local default."""
    return ["free", *(["rust"] if cached_binary().exists() else []), "local"]


@contextmanager
def layout_in_memory(prefix: str) -> Generator[Layout]:
    """A run directory of its own, in memory where there is such a folder, removed at the end."""
    memory = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix=prefix, dir=memory) as folder:
        layout = Layout(Path(folder) / "stack")
        layout.prepare()
        yield layout


def prefer(kind: str, layout: Layout) -> None:
    """Have this kind of store in a run directory, though a faster one may be there."""
    if kind == "local":
        (layout.data / "begun").touch()  # the wheel goes on with what is no file of the Rust build


@contextmanager
def serving(kind: str) -> Generator[tuple[str, str]]:
    """A broker and a store of one kind, on the first core: `host:port` and a URL, or `free`."""
    with layout_in_memory("revcycle-bench-") as layout, ExitStack() as running:
        specs = [broker(free_port(), layout)]
        prefer(kind, layout)
        if kind != "free":
            specs.append(store(free_port(), layout))
        for spec in specs:
            running.enter_context(server(spec, layout.log(spec.name), first_core=True))
        yield specs[0].url or "", (specs[1].url or "") if kind != "free" else "free"


@contextmanager
def server(spec: ProcessSpec, log: Path, *, first_core: bool = False) -> Generator[subprocess.Popen[bytes]]:
    """Run one server until the block ends; yields its process once it accepts connections.

    RuntimeError with the end of what it said when it ends before, or does not listen in time.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(spec.argv, stdout=out, stderr=subprocess.STDOUT, cwd=spec.cwd)
        if first_core and sys.platform == "linux":
            os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        try:
            _wait_for(process, spec, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(spec.stop_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(process: subprocess.Popen[bytes], spec: ProcessSpec, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", spec.port or 0), timeout=1).close()
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
        else:
            return
    how = "does not listen" if process.poll() is None else f"ended with {process.returncode}"
    msg = f"{spec.name} {how}: {log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)
