"""The system page: health and numbers of every service, and what in them waits for a person."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.console.drawing import draw
from services.console.peers import Peers, ServiceReport
from services.console.session import Visitor, visitor
from shared.http import running_of
from shared.runtime import Running

router = APIRouter(include_in_schema=False)
Operator = Annotated[Visitor, Depends(visitor("operator"))]
NUMBERS = (
    ("lag", "Lag", "records not handled yet"),
    ("unpublished", "Outbox", "aggregates with events not published yet"),
    ("effects_due", "Effects due", "work for the outside world that waits"),
    ("effects_stuck", "Effects stuck", "given up; a person releases them"),
    ("deadlines_due", "Deadlines due", "deadlines that have come and are not handled"),
    ("parked", "Parked", "aggregates that wait for a person"),
    ("dead_letters", "Dead letters", "records that could not be read"),
    ("quarantined", "Quarantined", "files that could not be taken in"),
)
ALARMING = frozenset({"effects_stuck", "parked", "dead_letters", "quarantined"})


@router.get("/system")
async def system(request: Request, who: Operator) -> Response:
    """Every service is asked now, with the caller's own token; the console reports on itself."""
    peers: Peers = request.app.state.peers
    others, own = await asyncio.gather(peers.report(who.authorization), own_report(running_of(request), who.tenant))
    values = {"reports": [*others, own], "numbers": NUMBERS, "alarming": ALARMING, "live_seconds": 5, "poll_seconds": 5}
    return draw(request, "system.html", values)


async def own_report(running: Running, tenant: str) -> ServiceReport:
    """The console, in the words of the others."""
    store = running.runtime.store
    parked = [
        {"kind": decider.kind, "id": key.id, "reason": reason, "waiting": waiting}
        for decider in running.spec.deciders
        for key, reason, waiting in await store.parked(decider, tenant)
    ]
    letters = await store.notes("dead_letters", None, None, 100)
    return ServiceReport(
        name="console",
        ready=not any(task.done() for task in running.tasks),
        status=await running.status(),
        parked=tuple(parked),
        dead_letters=tuple(
            {name: value for name, value in n.items() if not name.startswith("sealed_")} for n in letters
        ),
        quarantine=(),
    )
