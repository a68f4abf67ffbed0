"""What runs, how it is, and what waits where: asked of the processes themselves."""

import asyncio

import httpx
from pydantic import BaseModel, JsonValue

from revcycle.identity import issue_token
from revcycle.refusal import Exit, RefusalError
from revcycle.settle import OPERATOR_TENANT
from revcycle.stack.layout import Layout
from revcycle.stack.options import SERVERS
from revcycle.stack.probes import accepts_connections, answers_ready
from revcycle.stack.record import Phase, ProcessRecord, StackRecord, read_record

ANSWER_SECONDS = 5.0


class ProcessStatus(BaseModel):
    """One process. `numbers` is what the service says of itself (`GET /internal/status`); None when it says nothing."""

    name: str
    state: str
    ready: bool
    url: str
    pid: int | None
    restarts: int
    last_exit: int | None
    log: str
    numbers: dict[str, JsonValue] | None


class StackStatus(BaseModel):
    """The stack as a whole; healthy when every process is ready."""

    phase: Phase
    healthy: bool
    kafka: str
    mongo: str
    processes: list[ProcessStatus]


def running_stack(layout: Layout) -> StackRecord:
    """The record of a stack that runs now; RefusalError (NOT_RUNNING) otherwise."""
    record = read_record(layout.record)
    if record is None or not record.running():
        message = f"No stack runs in {layout.root}: start one with revcycle up."
        raise RefusalError(message, Exit.NOT_RUNNING)
    return record


async def ask_status(layout: Layout, record: StackRecord) -> StackStatus:
    """Ask every process at once; one that does not answer costs its time-out once, not once each."""
    token = issue_token(layout, OPERATOR_TENANT, "revcycle status", ["operator"])
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, headers=headers, trust_env=False) as client:
        processes = await asyncio.gather(*(_ask(process, client) for process in record.processes))
    healthy = record.phase is Phase.READY and all(process.ready for process in processes)
    return StackStatus(
        phase=record.phase, healthy=healthy, kafka=record.kafka, mongo=record.mongo, processes=list(processes)
    )


async def _ask(process: ProcessRecord, client: httpx.AsyncClient) -> ProcessStatus:
    is_server = process.name in SERVERS
    probe = accepts_connections(process.port) if is_server else answers_ready(process.url)
    ready = process.id is not None and process.id.alive() is not None and await probe()
    return ProcessStatus(
        name=process.name,
        state=process.state,
        ready=ready,
        url=process.url,
        pid=process.id.pid if process.id is not None else None,
        restarts=process.restarts,
        last_exit=process.last_exit,
        log=str(process.log),
        numbers=await _numbers(process, client) if ready and not is_server else None,
    )


async def _numbers(process: ProcessRecord, client: httpx.AsyncClient) -> dict[str, JsonValue] | None:
    """The process's own counts; None when it has none or does not answer in time."""
    path = "/status" if process.name == "sandbox" else "/internal/status"
    try:
        answer = await client.get(process.url + path)
        answer.raise_for_status()
        said: JsonValue = answer.json()
    except (httpx.HTTPError, ValueError):
        return None
    return said if isinstance(said, dict) else None
