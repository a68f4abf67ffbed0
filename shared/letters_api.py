"""HTTP for operators: the streams a service reads; its dead letters, tried again through the same gate or given up."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from shared.audit_edge import without_patients
from shared.auth import Principal
from shared.contracts.wire import UnreadableError, header_map, type_in
from shared.http import Body, IdempotencyKey, Operator, Run, first_use, running_of
from shared.inbox import Inbox, Received
from shared.letters import (
    AT_ONCE_MAX,
    ENDS,
    JOBS,
    STEPS,
    Envelope,
    before,
    end_of,
    letter_of,
    open_letters,
    read_envelope,
    shape_of,
    steps_of,
)
from shared.runtime import Running, Runtime
from shared.store.port import Document

router = APIRouter()
JOBS_SHOWN = 20
NOT_KEPT = "its headers were not kept when it was buried: take it from its dead-letter topic"
Limit = Annotated[int, Query(ge=1, le=AT_ONCE_MAX)]


class Chosen(Body):
    """Which letters, by id, and why."""

    ids: tuple[Annotated[str, Field(min_length=3, max_length=300)], ...] = Field(min_length=1, max_length=AT_ONCE_MAX)
    reason: str = Field(min_length=3, max_length=200)


@router.get("/internal/streams")
@without_patients
async def streams(request: Request, run: Run, _: Operator) -> dict[str, Any]:
    """What this process reads, how far behind it is in records and in seconds at its pace, and its outbox.

    `drain_seconds` is null while nothing moves though something waits, and on the first look.
    """
    running = running_of(request)
    lags = await running.consumer.lags()
    behind, handled, now = sum(lags.values()), running.consumer.received, run.wall()
    pace = _pace(request, handled, now)
    drain = 0.0 if not behind else (round(behind / pace, 1) if pace else None)
    return {
        "group": f"revcycle-{running.spec.name}",
        "joined": running.consumer.joined,
        "topics": list(running.spec.topics),
        "partitions": [
            {"topic": topic, "partition": number, "lag": lag} for (topic, number), lag in sorted(lags.items())
        ],
        "lag": behind,
        "handled": handled,
        "handled_a_second": pace,
        "drain_seconds": drain,
        "outbox": {
            "aggregates": await run.relay.owing(running.spec.deciders),
            "oldest_seconds": run.relay.oldest_seconds(),
        },
    }


def _pace(request: Request, handled: int, now: datetime) -> float | None:
    """Records a second since the last look; None on the first."""
    before: tuple[int, datetime] | None = getattr(request.app.state, "looked_at_streams", None)
    if before is None or (now - before[1]).total_seconds() >= 1:
        request.app.state.looked_at_streams = (handled, now)
    if before is None or now <= before[1]:
        return None
    return round((handled - before[0]) / (now - before[1]).total_seconds(), 2)


@router.get("/internal/letters")
@without_patients
async def letters(
    request: Request, run: Run, caller: Operator, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Letters of the tenant (and those that name none) that have not ended; their payload only by its shape."""
    known = _names(running_of(request))
    found = await open_letters(run.store, caller.tenant, after, limit)
    return [await _shown(run, one, known) for one in found]


async def _shown(run: Runtime, letter: Document, known: frozenset[str]) -> dict[str, Any]:
    envelope = await _envelope(run, letter)
    value = await run.sealer.open(str(letter["sealed_value"]))
    named = {name: letter[name] for name in ("id", "topic", "partition", "offset", "reason", "at")}
    return {
        **named,
        "type": _type(envelope),
        "replayable": envelope is not None,
        "shape": shape_of(value, known),
    }


async def _envelope(run: Runtime, letter: Document) -> Envelope | None:
    sealed = letter.get("sealed_record")
    return None if sealed is None else read_envelope(await run.sealer.open(str(sealed)))


def _type(envelope: Envelope | None) -> str:
    """The type that the record says it is of, where that is one word."""
    if envelope is None:
        return ""
    try:
        said = type_in(header_map(envelope.headers))
    except UnreadableError:
        return ""
    return said if len(said) <= 100 and said.replace(".", "").replace("-", "").isalnum() else ""


def _names(running: Running) -> frozenset[str]:
    """Every field name of the messages that the service reads: what else a record calls its fields may be a name."""
    found: set[str] = {"type", "meta"}
    for routes in running.spec.routes.values():
        for route in routes:
            schema = route.codec.json_schema()
            for part in (schema, *schema.get("$defs", {}).values()):
                found |= set(part.get("properties", {}))
    return frozenset(found)


@router.post("/internal/letters/replay")
async def replay(request: Request, run: Run, caller: Operator, body: Chosen, key: IdempotencyKey) -> dict[str, Any]:
    """Try letters again, one after the other, through the gate they came to. The same key goes on where it broke off.

    What was handled meanwhile decides nothing a second time. One that still cannot be read stays open, with why.
    """
    running = running_of(request)
    job_id = await _begun(run, caller, body, key, "replay")
    inbox = Inbox(run.shell, run.bus, run.sealer, running.spec.routes, run.log, run.wall)
    done = {str(one["id"]).partition("/")[2] for one in await steps_of(run.store, job_id)}
    for letter_id in dict.fromkeys(body.ids):
        if letter_id not in done:
            outcome, why = await _try(run, inbox, caller, letter_id)
            step = {"outcome": outcome, "why": why, "at": run.wall()}
            if outcome == "replayed":
                await _end(run, caller, letter_id, "replayed", body.reason)
            await run.store.note(STEPS, caller.tenant, f"{job_id}/{letter_id}", step)
    return await _job(run, caller, job_id)


@router.post("/internal/letters/discard")
async def discard(run: Run, caller: Operator, body: Chosen, key: IdempotencyKey) -> dict[str, Any]:
    """Give letters up, each with its reason on record. They stay where they lie, sealed, and are not shown as open."""
    job_id = await _begun(run, caller, body, key, "discard")
    for letter_id in dict.fromkeys(body.ids):
        found = await letter_of(run.store, caller.tenant, letter_id)
        outcome, why = ("failed", "there is no such open letter") if found is None else ("discarded", "")
        if found is not None:
            await _end(run, caller, letter_id, "discarded", body.reason)
        step = {"outcome": outcome, "why": why, "at": run.wall()}
        await run.store.note(STEPS, caller.tenant, f"{job_id}/{letter_id}", step)
    return await _job(run, caller, job_id)


@router.get("/internal/letters/jobs")
@without_patients
async def jobs(run: Run, caller: Operator) -> list[dict[str, Any]]:
    """The newest jobs of the tenant with their progress, newest first."""
    found = await run.store.notes(JOBS, caller.tenant, None, 10_000)
    newest = sorted(found, key=lambda one: one["at"], reverse=True)[:JOBS_SHOWN]
    return [await _job(run, caller, str(one["id"])) for one in newest]


async def _begun(run: Runtime, caller: Principal, body: Chosen, key: str, verb: Literal["replay", "discard"]) -> str:
    job_id = f"job_{(await first_use(run, caller, key, f'{verb}/{body.model_dump_json()}')).hex}"
    document = {"verb": verb, "total": len(set(body.ids)), "by": caller.actor, "reason": body.reason, "at": run.wall()}
    await run.audit.record(caller, f"dead-letter.{verb}", f"{len(set(body.ids))} letters", body.reason)
    await run.store.note(JOBS, caller.tenant, job_id, document)
    return job_id


async def _try(run: Runtime, inbox: Inbox, caller: Principal, letter_id: str) -> tuple[str, str]:
    letter = await letter_of(run.store, caller.tenant, letter_id)
    if letter is None:
        end = await end_of(run.store, letter_id)
        return "failed", "there is no such letter" if end is None else f"it was {end['outcome']} before"
    envelope = await _envelope(run, letter)
    if envelope is None:
        return "failed", NOT_KEPT
    value = await run.sealer.open(str(letter["sealed_value"]))
    place = (str(letter["topic"]), int(letter["partition"]), int(letter["offset"]))
    try:
        await inbox.again(Received(*place, envelope.key, value, envelope.headers))
    except UnreadableError as error:
        return "failed", error.reason
    return "replayed", ""


async def _end(run: Runtime, caller: Principal, letter_id: str, outcome: str, reason: str) -> None:
    document = {"outcome": outcome, "by": caller.actor, "reason": reason, "at": run.wall()}
    await run.store.note(ENDS, caller.tenant, letter_id, document)


async def _job(run: Runtime, caller: Principal, job_id: str) -> dict[str, Any]:
    page = await run.store.notes(JOBS, caller.tenant, before(job_id), 1)
    job = next((one for one in page if one["id"] == job_id), None)
    if job is None:
        raise HTTPException(404, "no such job here")
    steps = await steps_of(run.store, job_id)
    failed = [
        {"id": str(one["id"]).partition("/")[2], "why": one["why"]} for one in steps if one["outcome"] == "failed"
    ]
    named = {name: job[name] for name in ("verb", "total", "by", "reason", "at")}
    return {"job_id": job_id, **named, "done": len(steps), "failed": failed}
