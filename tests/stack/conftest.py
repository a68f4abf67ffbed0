"""Toy services as real processes, and a supervisor that runs them."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from revcycle.stack.child import ProcessSpec, RestartPolicy
from revcycle.stack.layout import Layout
from revcycle.stack.ports import free_port
from revcycle.stack.probes import answers_ready
from revcycle.stack.record import Phase, ProcessRecord
from revcycle.stack.supervisor import Stage, Supervisor

TOY = Path(__file__).with_name("toy.py")
PATIENCE_SECONDS = 30
QUICK = RestartPolicy(tries=3, window_seconds=60, first_wait_seconds=0.01, longest_wait_seconds=0.05, ready_seconds=10)


@dataclass
class Toys:
    """Makes toy specs; its journal holds what they did, in order."""

    folder: Path
    names: dict[int, str] = field(default_factory=dict[int, str])

    def spec(self, name: str, *flags: str, forgets: bool = False, stop_seconds: float = 10) -> ProcessSpec:
        port = free_port()
        self.names[port] = name
        return ProcessSpec(
            name=name,
            argv=(sys.executable, str(TOY), str(port), str(self.folder / "journal"), *flags),
            port=port,
            url=f"http://127.0.0.1:{port}",
            ready=answers_ready(f"http://127.0.0.1:{port}"),
            forgets=forgets,
            stop_seconds=stop_seconds,
        )

    def journal(self) -> list[str]:
        """For example `["start broker", "start claims", "stop claims"]`."""
        lines = (self.folder / "journal").read_text().splitlines()
        return [f"{word} {self.names[int(port)]}" for word, port in (line.split() for line in lines)]


class Watched:
    """A running supervisor, and what it said last."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        self.processes: dict[str, ProcessRecord] = {}
        self._news = asyncio.Condition()

    def hear(self, phase: Phase, processes: list[ProcessRecord]) -> None:
        if self.phases[-1:] != [phase]:
            self.phases.append(phase)
        self.processes = {process.name: process for process in processes}
        asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._tell()))

    async def until(self, so: Callable[["Watched"], bool]) -> None:
        """Wait until what it says makes this so."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: so(self))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def kill(self, name: str) -> None:
        """Make a toy die by itself."""
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.HTTPError):
                await client.get(f"{self.processes[name].url}/die")


@asynccontextmanager
async def running(stages: Sequence[Stage], layout: Layout, policy: RestartPolicy = QUICK) -> AsyncGenerator[Watched]:
    """Run the stages until the block ends; what the supervisor raises comes out of the block."""
    watched, stop = Watched(), asyncio.Event()
    work = asyncio.create_task(Supervisor(stages, layout.log, watched.hear, policy).run(stop))
    try:
        ready = asyncio.create_task(watched.until(lambda w: w.phases[-1:] == [Phase.READY]))
        await asyncio.wait({ready, work}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if not work.done():
            yield watched
    finally:
        stop.set()
        await work


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "run")
    made.prepare()
    return made


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    return Toys(tmp_path)
