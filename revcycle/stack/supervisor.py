"""Starts the stages of a stack in order, keeps every process alive, and stops everything in the opposite order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from revcycle.refusal import RefusalError
from revcycle.stack.child import Child, ProcessSpec, RestartPolicy
from revcycle.stack.record import Phase, ProcessRecord, ProcessState
from shared.tasks import end_tasks

Hook: TypeAlias = Callable[[], Awaitable[None]]
LOG_LINES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """Processes that start together; `then` runs when all are ready, before the next stage begins."""

    specs: tuple[ProcessSpec, ...]
    then: Hook | None = None


class Supervisor:
    """Runs stages until told to stop. `changed` hears of every change, with the phase and the processes as they are."""

    def __init__(
        self,
        stages: Sequence[Stage],
        log_of: Callable[[str], Path],
        changed: Callable[[Phase, list[ProcessRecord]], None],
        policy: RestartPolicy | None = None,
    ) -> None:
        self._stages = stages
        self._log_of = log_of
        self._changed = changed
        self._phase = Phase.STOPPED
        chosen = policy or RestartPolicy()
        self._children = [
            [Child(spec, log_of(spec.name), chosen, self._tell) for spec in stage.specs] for stage in stages
        ]

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] | None = None) -> None:
        """Start everything, call `ready` once, keep it running until `stop` is set, and stop it all.

        RefusalError when a process cannot be started; everything started before it is stopped again.
        """
        try:
            if await self._unless(stop, self._begin(0)):
                if ready is not None:
                    ready()
                await self._keep(stop)
        except RefusalError:
            await self._stop_from(0, Phase.FAILED)
            raise
        await self._stop_from(0, Phase.STOPPED)

    async def _keep(self, stop: asyncio.Event) -> None:
        """While it runs: what leaned on a process that forgot everything starts anew, as it did the first time."""
        while (stage := await self._stage_that_forgot(stop)) is not None:
            if not await self._unless(stop, self._begin_again(stage)):
                return

    async def _begin(self, first: int) -> None:
        self._enter(Phase.STARTING)
        for number in range(first, len(self._stages)):
            for child in self._children[number]:
                child.start()
            await self._finish_stage(number)
        self._enter(Phase.READY)

    async def _begin_again(self, stage: int) -> None:
        await self._stop_from(stage + 1, Phase.STARTING)
        await self._finish_stage(stage)
        await self._begin(stage + 1)

    async def _finish_stage(self, number: int) -> None:
        await asyncio.gather(*(child.settled.wait() for child in self._children[number]))
        failed = [child for child in self._children[number] if child.state is ProcessState.FAILED]
        if failed:
            raise RefusalError("\n".join(self._why_failed(child.spec.name) for child in failed))
        for child in self._children[number]:
            child.ended.clear()
        then = self._stages[number].then
        if then is not None:
            await then()

    async def _stage_that_forgot(self, stop: asyncio.Event) -> int | None:
        """Wait until a forgetful process ends (its stage), or until the stop (None)."""
        waits = {
            asyncio.create_task(child.ended.wait()): number
            for number, children in enumerate(self._children)
            for child in children
            if child.spec.forgets
        }
        stopping = asyncio.create_task(stop.wait())
        done, open_waits = await asyncio.wait({stopping, *waits}, return_when=asyncio.FIRST_COMPLETED)
        await end_tasks(open_waits)
        return None if stopping in done else min(waits[task] for task in done)

    async def _unless(self, stop: asyncio.Event, work: Awaitable[None]) -> bool:
        """Do the work, or leave it when the stop comes first; True when it was done."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        done = working.done()
        await end_tasks((stopping, working))
        if not done:
            return False
        await working
        return not stop.is_set()

    async def _stop_from(self, first: int, phase: Phase) -> None:
        """Last stage first: a service may still write to the broker and the store while it finishes."""
        self._enter(Phase.STOPPING if phase is not Phase.STARTING else phase)
        for children in reversed(self._children[first:]):
            await asyncio.gather(*(child.stop() for child in children))
        self._enter(phase)

    def _why_failed(self, name: str) -> str:
        log = self._log_of(name)
        lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:] if log.exists() else []
        return "\n".join([f"{name} does not stay up; the end of {log}:", *(f"  {line}" for line in lines)])

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._tell()

    def _tell(self) -> None:
        self._changed(self._phase, [child.record() for stage in self._children for child in stage])
