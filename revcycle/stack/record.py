"""`stack.json`: what the supervisor started, so that a later command finds it, or what a crash left of it."""

import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

from revcycle.stack.layout import write_private

POLL_SECONDS = 0.05
BEGINNING_LOOKS = 100
BEGINNING_SECONDS = 0.001


class Phase(StrEnum):
    """Where the stack as a whole stands."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class ProcessState(StrEnum):
    """Where one process stands."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting to restart"
    FAILED = "failed"
    STOPPED = "stopped"


class ProcessId(BaseModel):
    """One process of this machine, told apart from a later one that was given the same number."""

    model_config = ConfigDict(frozen=True)

    pid: int
    created_at: float
    command: tuple[str, ...]

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """What the machine says of a pid; None when there is no such process."""
        try:
            process = psutil.Process(pid)
            return cls(pid=pid, created_at=process.create_time(), command=_command_of(process))
        except psutil.Error:
            return None

    def alive(self) -> psutil.Process | None:
        """The process, if it is still the one recorded: same number, same start, same command line."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.created_at and tuple(process.cmdline()) == self.command
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def _command_of(process: psutil.Process) -> tuple[str, ...]:
    """Its command line, which a process has not got in its first moment. psutil.Error when it is gone."""
    for _ in range(BEGINNING_LOOKS):
        command = tuple(process.cmdline())
        if command or process.status() == psutil.STATUS_ZOMBIE:
            return command
        time.sleep(BEGINNING_SECONDS)
    return ()


class ProcessRecord(BaseModel):
    """One supervised process."""

    name: str
    state: ProcessState
    id: ProcessId | None = None
    port: int
    url: str
    log: Path
    restarts: int = 0
    last_exit: int | None = None


class StackRecord(BaseModel):
    """Everything a later command needs to know about a running stack."""

    phase: Phase
    supervisor: ProcessId
    kafka: str
    mongo: str
    processes: list[ProcessRecord] = []

    def url(self, name: str) -> str | None:
        """The address of a part, by its name."""
        return next((process.url for process in self.processes if process.name == name), None)

    def running(self) -> bool:
        return self.supervisor.alive() is not None


def read_record(path: Path) -> StackRecord | None:
    """The record, or None where no stack was ever started (or its file was cut short)."""
    try:
        return StackRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def write_record(path: Path, record: StackRecord) -> None:
    write_private(path, record.model_dump_json(indent=2).encode())


def end_leftovers(processes: Iterable[ProcessRecord], grace_seconds: float = 10) -> list[str]:
    """End what a killed supervisor left running; names of what was ended.

    Only processes that are still the very ones recorded are touched: a number alone may by now be anybody's.
    """
    found = [(p.name, alive) for p in processes if p.id is not None and (alive := p.id.alive())]
    end_processes([process for _, process in found], grace_seconds)
    return [name for name, _ in found]


def end_processes(processes: list[psutil.Process], grace_seconds: float) -> None:
    """Ask each to stop, wait for all together, then insist."""
    for process in processes:
        _signal(process, insist=False)
    remaining = _wait_gone(processes, grace_seconds)
    for process in remaining:
        _signal(process, insist=True)
    _wait_gone(remaining, grace_seconds)


def _wait_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that are still there after this time. One that ended but was not yet collected by its parent is gone."""
    deadline = time.monotonic() + seconds
    while (remaining := [process for process in processes if _is_there(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return remaining


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, *, insist: bool) -> None:
    try:
        if insist:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
