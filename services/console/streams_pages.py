"""Streams: what every service reads and how far behind it is, its outbox, and the records it could not read.

A dead letter is shown by its shape and never by its content. It is tried again through the gate it came to, by the
service that buried it, or given up with a reason; both are jobs with their progress.
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.acting import KEY, key_of, new_key, services_of
from services.console.calls import Answer, Ask, problems_of
from services.console.core.actions import Request as Wanted
from services.console.core.forms import Field, read_form
from services.console.core.streams_view import Stream, parked_of, stream_of
from services.console.core.told import rows_in, told, told_all
from services.console.drawing import draw
from services.console.session import Visitor, check_origin, visitor
from shared import letters_api
from shared.http import Run, parked
from shared.letters import AT_ONCE_MAX
from shared.runtime import Runtime

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Operator = Annotated[Visitor, Depends(visitor("operator"))]
OWN = "console"
VERBS = {"replay": "replayed", "discard": "given up"}
REASON = Field("reason", "Why", "line", least=3, most=200)
LETTER = ("id", "topic", "partition", "offset", "reason", "at", "type", "replayable", "shape")
JOB = ("job_id", "verb", "total", "done", "by", "reason", "at")
PICKS_MAX = AT_ONCE_MAX


class Desk(NamedTuple):
    """One service: its streams, open letters, parked aggregates and jobs."""

    name: str
    stream: Stream | None
    letters: Sequence[SimpleNamespace]
    parked: Sequence[SimpleNamespace]
    jobs: Sequence[tuple[SimpleNamespace, Sequence[SimpleNamespace]]]


class Again(NamedTuple):
    """A form that was not carried out: of which service, with what was typed and picked, and why not."""

    service: str
    picks: frozenset[str]
    reason: str
    problem: str
    key: str


@router.get("/streams")
async def streams(request: Request, run: Run, who: Operator) -> Response:
    """Every service is asked now, with the caller's own token; the console reports on itself."""
    return await _page(request, run, who)


async def _page(
    request: Request, run: Runtime, who: Visitor, again: Again | None = None, status_code: int = 200
) -> Response:
    services = services_of(request)
    others = asyncio.gather(*(_asked(request, who, name) for name in services.names))
    answered, own = await asyncio.gather(others, _own(request, run, who))
    values = {
        "desks": [*(desk_of(name, answers) for name, answers in answered), desk_of(OWN, own)],
        "problems": [problem for _, answers in answered for problem in problems_of(answers)],
        "again": again,
        "done": VERBS.get(request.query_params.get("done", ""), ""),
        "key": new_key,
        "live_seconds": 5,
        "poll_seconds": 5,
    }
    return draw(request, "streams.html", values, status_code)


async def _asked(request: Request, who: Visitor, name: str) -> tuple[str, list[Answer]]:
    paths = ("/internal/streams", "/internal/letters", "/internal/letters/jobs", "/internal/parked")
    refresh = "x-refresh" in request.headers
    asks = (Ask(name, path) for path in paths)
    return name, await services_of(request).ask(who.authorization, *asks, refresh=refresh)


async def _own(request: Request, run: Runtime, who: Visitor) -> list[Answer]:
    """The console's own, without a way through the network."""
    caller = who.principal
    bodies = await asyncio.gather(
        letters_api.streams(request, run, caller),
        letters_api.letters(request, run, caller),
        letters_api.jobs(run, caller),
        parked(request, caller),
    )
    return [Answer(OWN, 200, body) for body in bodies]


def desk_of(name: str, answers: Sequence[Answer]) -> Desk:
    """What a service told, as far as it told anything."""
    stream, letters, jobs, waiting = answers
    return Desk(
        name,
        stream_of(stream.one) if stream.good else None,
        told_all(letters.rows(), *LETTER),
        parked_of(waiting.rows()),
        [(told(row, *JOB), told_all(rows_in(row, "failed"), "id", "why")) for row in jobs.rows()],
    )


@router.post("/streams/{service}/{verb}")
async def act(request: Request, run: Run, who: Operator, service: str, verb: str) -> Response:
    """Try letters of a service again, or give them up; pressed twice it happens once."""
    check_origin(request)
    if verb not in VERBS or service not in {*services_of(request).names, OWN}:
        raise HTTPException(404, "There is no such action.")
    form = await request.form()
    picks = [str(one)[:300] for one in form.getlist("pick")][: PICKS_MAX + 1]
    given = {name: str(value)[:1_000] for name, value in form.items()}
    key, filled = key_of(given.get(KEY, "")), read_form((REASON,), given)
    again = Again(service, frozenset(picks), given.get("reason", ""), "", key)
    if filled.problems or not 0 < len(picks) <= PICKS_MAX:
        said = "Pick letters" if not picks else f"Pick at most {PICKS_MAX} letters at once"
        said = f"Why: {filled.problems['reason']}" if filled.problems and 0 < len(picks) <= PICKS_MAX else f"{said}."
        return await _page(request, run, who, again._replace(problem=f"{said} Nothing was done."), 422)
    answer = await _tell(request, run, who, service, verb, {"ids": picks, **filled.values}, key)
    if answer.good:
        return RedirectResponse(f"/streams?done={verb}#jobs", 303)
    kept = again._replace(problem=answer.problem, key=key if answer.unsure else new_key())
    return await _page(request, run, who, kept, 502 if answer.unsure else answer.status)


async def _tell(
    request: Request, run: Runtime, who: Visitor, service: str, verb: str, body: Mapping[str, Any], key: str
) -> Answer:
    if service != OWN:
        wanted = Wanted("POST", f"/internal/letters/{verb}", body, {}, str(body["reason"]))
        return await services_of(request).tell(who.authorization, service, wanted, key)
    chosen = letters_api.Chosen(ids=tuple(body["ids"]), reason=body["reason"])
    if verb == "replay":
        done = await letters_api.replay(request, run, who.principal, chosen, key)
    else:
        done = await letters_api.discard(run, who.principal, chosen, key)
    return Answer(OWN, 200, done)
