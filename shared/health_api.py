"""What an orchestrator asks a process: does it live, does it serve, and what is wrong in depth.

`/live` asks for a restart when it fails; `/ready` for no more requests. Nothing here names a patient or a tenant.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse

from shared.audit_edge import without_patients
from shared.runtime import Running

PART_SECONDS = 2.0
"""How long a part may take to answer in `/health/deep`."""
KEPT = timedelta(seconds=2)
"""Whoever asks in depth more often gets the same answer: asking must not be a way to keep a service busy."""

router = APIRouter()
Check: TypeAlias = Callable[[Running], Awaitable[dict[str, Any]]]


def _running(request: Request) -> Running | None:
    return getattr(request.app.state, "running", None)


@router.get("/live")
@router.get("/health/live", include_in_schema=False)
@without_patients
async def live(request: Request) -> dict[str, str]:
    """The process answers, and is not stuck: 503 when its lag grows and nothing has been handled for two minutes."""
    running = _running(request)
    stalled = None if running is None else running.watchdog.stalled(running.runtime.wall())
    if stalled is not None:
        raise HTTPException(503, stalled)
    return {"status": "live"}


@router.get("/ready")
@router.get("/health/ready", include_in_schema=False)
@without_patients
async def ready(request: Request) -> dict[str, str]:
    """Everything started, and no loop has ended; 503 says what not. The consumer may still be joining its group."""
    running = _running(request)
    if running is None:
        raise HTTPException(503, "the service is still starting")
    if running.troubles:
        raise HTTPException(503, "; ".join(running.troubles))
    return {"status": "ready"}


@router.get("/health/deep")
@without_patients
async def deep(request: Request) -> JSONResponse:
    """Every part is asked now: store, consumer, loops, outbox, workers. 503 when one of them is not well."""
    running = _running(request)
    if running is None:
        return JSONResponse({"status": "starting", "parts": {}}, 503)
    kept: tuple[datetime, dict[str, Any]] | None = getattr(request.app.state, "deep", None)
    now = running.runtime.wall()
    if kept is None or now - kept[0] > KEPT:
        kept = request.app.state.deep = (now, await examine(running))
    said = kept[1]
    return JSONResponse(said, 200 if said["status"] == "well" else 503)


async def examine(running: Running) -> dict[str, Any]:
    """What each part says of itself; one that does not answer in time is not well, and keeps no other one waiting."""
    names = list(CHECKS)
    found = await asyncio.gather(*(_ask(check, running) for check in CHECKS.values()))
    parts = dict(zip(names, found, strict=True))
    well = all(part["well"] for part in parts.values())
    return {"status": "well" if well else "not well", "service": running.spec.name, "parts": parts}


async def _ask(check: Check, running: Running) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return {"well": True, **await check(running)}
    except TimeoutError:
        return {"well": False, "why": f"no answer within {PART_SECONDS:g} s"}
    except Exception as error:  # noqa: BLE001 - whatever a part fails with, that is its answer; its text may quote data
        return {"well": False, "why": type(error).__name__}


async def _store(running: Running) -> dict[str, Any]:
    return {"waiting_messages": await running.runtime.store.count_notes("waiting")}


async def _consumer(running: Running) -> dict[str, Any]:
    lag = sum((await running.consumer.lags()).values())
    said: dict[str, Any] = {"joined": running.consumer.joined, "lag": lag, "handled": running.consumer.received}
    stalled = running.watchdog.stalled(running.runtime.wall())
    if running.consumer.refused:
        return {**said, "well": False, "why": "the broker refuses the consumer"}
    return said if stalled is None else {**said, "well": False, "why": stalled}


async def _loops(running: Running) -> dict[str, Any]:
    ended = sorted(task.get_name() for task in running.tasks if task.done())
    return {"running": len(running.tasks) - len(ended), "well": not ended, **({"ended": ended} if ended else {})}


async def _outbox(running: Running) -> dict[str, Any]:
    seconds = running.runtime.relay.oldest_seconds()
    said: dict[str, Any] = {"oldest_seconds": round(seconds, 1)}
    if seconds > OUTBOX_SECONDS:
        return {**said, "well": False, "why": "events are written and not published"}
    return said


async def _workers(running: Running) -> dict[str, Any]:
    return {"in_flight": sum(worker.in_flight for worker in running.workers)}


OUTBOX_SECONDS = 30.0
CHECKS: dict[str, Check] = {
    "store": _store,
    "consumer": _consumer,
    "loops": _loops,
    "outbox": _outbox,
    "workers": _workers,
}
