"""The audit log's pages: who read or changed what, over all services, and whether their logs are whole."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple, cast, get_args

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from services.console.api import Choice, after_of, chosen, list_values
from services.console.drawing import draw
from services.console.peers import Peers, Told
from services.console.session import Visitor, visitor
from shared.audit_lines import Kind, Log
from shared.audit_log import ids_between, page_of, verify
from shared.contracts import EVENTS
from shared.http import Run
from shared.runtime import Runtime

router = APIRouter(include_in_schema=False)
Auditor = Annotated[Visitor, Depends(visitor("auditor", "operator"))]
OWN = "console"
ROWS = 100
CHOICES = (
    Choice("service", "Service", (*EVENTS, OWN)),
    Choice("log", "Log", get_args(Log)),
    Choice("kind", "Kind", get_args(Kind)),
    Choice("actor", "Who"),
    Choice("action", "What"),
    Choice("subject", "About"),
    Choice("first", "From day"),
    Choice("last", "To day"),
)
DAYS = ("first", "last")


class Record(NamedTuple):
    """A line of one service's log."""

    service: str
    at: datetime
    said: Mapping[str, Any]


@router.get("/audit-log")
async def audit_log(request: Request, run: Run, who: Auditor) -> Response:
    """The newest records first, of one service or of all."""
    filters, after = chosen(request, CHOICES), after_of(request)
    days = [_day(name, filters.get(name)) for name in DAYS]
    asked = {name: value for name, value in filters.items() if name != "service"}
    peers: Peers = request.app.state.peers
    query = {**asked, "newest_first": "true", "limit": str(ROWS + 1), **({"after": after} if after else {})}
    told = await peers.ask_each("/audit", who.authorization, query, only=filters.get("service"))
    records = [record for one in told for record in _records(one)]
    if filters.get("service", OWN) == OWN:
        first, last = ids_between(*days)
        where = {name: value for name, value in asked.items() if name not in DAYS}
        between = (first, min(last, after) if after else last)
        own = await page_of(run.store, who.tenant, where, between, ROWS + 1, newest_first=True)
        records += _records(Told(OWN, list(own)))
    # Ids begin with the time, so that those of all services read in one order.
    records.sort(key=lambda record: str(record.said["id"]), reverse=True)
    shown = records[:ROWS]
    next_after = str(shown[-1].said["id"]) if len(records) > ROWS else None
    around = list_values(request, "/audit-log", CHOICES, filters, next_after)
    return draw(request, "audit_log.html", {"records": shown, "problems": _problems(told), **around})


@router.get("/audit-log/verification")
async def verification(request: Request, run: Run, who: Auditor) -> Response:
    """Every service checks its log of the tenant now."""
    peers: Peers = request.app.state.peers
    told, own = await asyncio.gather(
        peers.ask_each("/audit/verify", who.authorization, {}), _own_verdict(run, who.tenant)
    )
    verdicts = [cast("Mapping[str, Any]", one.body) for one in told if isinstance(one.body, dict)]
    values = {"verdicts": [*verdicts, own], "problems": _problems(told)}
    return draw(request, "audit_verification.html", values)


async def _own_verdict(run: Runtime, tenant: str) -> Mapping[str, Any]:
    return (await verify(run.store, run.audit, OWN, tenant))._asdict()


def _records(told: Told) -> list[Record]:
    rows = cast("Sequence[Mapping[str, Any]]", told.body) if isinstance(told.body, list) else ()
    return [Record(told.service, _time(row["at"]), row) for row in rows]


def _time(at: Any) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(str(at))


def _problems(told: Sequence[Told]) -> list[str]:
    return [f"{one.service} {one.problem}" for one in told if one.problem]


def _day(name: str, given: str | None) -> date | None:
    try:
        return None if given is None else date.fromisoformat(given)
    except ValueError:
        raise HTTPException(422, f"The filter “{name}” is a day, such as 2026-07-01.") from None
