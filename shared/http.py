"""The HTTP edge every service shares: tokens, errors that never quote the input, health, status, parked aggregates."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any
from uuid import UUID, uuid5

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from shared.audit_edge import Audited, without_patients
from shared.auth import NotAuthenticatedError, Principal, Role
from shared.collector import calm_collector
from shared.contracts import Meta
from shared.health_api import router as probes
from shared.metrics_http import Measured
from shared.overload import Gate, Limits, Shedding, ShedError, answer_shed, gate_of
from shared.runtime import Running, Runtime, Spec, open_runtime, run
from shared.settings import Settings
from shared.shell import ContentionError, ParkedError
from shared.store.port import Key

NAMESPACE = UUID("6f2b0d0e-6f5b-5d5c-9a43-0d9a2f1d7c11")
"""Of ids that derive from what a client sent (an Idempotency-Key), so that a repeat is the same command."""


def running_of(request: Request) -> Running:
    running: Running = request.app.state.running
    return running


def runtime_of(request: Request) -> Runtime:
    return running_of(request).runtime


Run = Annotated[Runtime, Depends(runtime_of)]


def allow(*roles: Role) -> Callable[[Request], Principal]:
    """A dependency that lets these roles in and gives the caller; 401 without a token, 403 without a role."""

    def check(request: Request) -> Principal:
        try:
            caller = runtime_of(request).authenticator.verify(request.headers.get("authorization"))
        except NotAuthenticatedError as error:
            raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None
        request.state.principal = caller  # for the audit log, of refusals too
        if not caller.may(roles):
            raise HTTPException(403, f"this needs one of the roles: {', '.join(roles)}")
        return caller

    return check


Operator = Annotated[Principal, Depends(allow("operator"))]
KEY_MAX = 200


def idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key", description=f"1 to {KEY_MAX} characters.")] = None,
) -> str:
    """The header that makes a repeat harmless; 400 without it (IETF draft-ietf-httpapi-idempotency-key-header)."""
    if not key or len(key) > KEY_MAX:
        raise HTTPException(400, f"send an Idempotency-Key header of 1 to {KEY_MAX} characters, new for each request")
    return key


IdempotencyKey = Annotated[str, Depends(idempotency_key)]


class Body(BaseModel):
    """A request body: strict about unknown fields, silent about values."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


async def first_use(runtime: Runtime, caller: Principal, key: str, digest: str) -> UUID:
    """The command id of an Idempotency-Key; 422 when the key was used for another request.

    A repeat gets the same id, so its command decides nothing and the answer is made from the same state.
    """
    held = await runtime.store.reserve(caller.tenant, "idempotency", {key: digest})
    if held[key] != digest:
        raise HTTPException(422, "this Idempotency-Key was used for a different request; use a new one")
    return uuid5(NAMESPACE, f"{caller.tenant}/{key}")


def command_meta(runtime: Runtime, caller: Principal, service: str, command_id: UUID, subject: str, key: str) -> Meta:
    """The envelope of a command that a person or a client sends."""
    return Meta(
        id=command_id,
        tenant=caller.tenant,
        occurred_at=runtime.clock.now(),
        source=service,
        subject=subject,
        key=key,
        correlation=command_id,
        actor=caller.actor,
    )


def make_app(spec: Spec, settings: Settings, *routers: APIRouter, streams: Collection[str] = ()) -> FastAPI:
    """The service as an ASGI application: it starts and stops with it. Bodies sent to `streams` may be long."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            runtime = await stack.enter_async_context(open_runtime(settings, spec.name))
            app.state.running = await stack.enter_async_context(run(spec, runtime))
            calm_collector()
            runtime.log.info("service_started", port=settings.port)
            yield

    return bare_app(spec.name, *routers, lifespan=lifespan, streams=streams)


def bare_app(
    name: str,
    *routers: APIRouter,
    lifespan: Any = None,
    streams: Collection[str] = (),
    limits: Limits | None = None,
) -> FastAPI:
    """The routes and error handlers, without the machinery: for tests, which set `app.state.running` themselves."""
    app = FastAPI(title=f"RevCycle {name}", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.gate = Gate(limits or Limits(), streams)
    app.add_middleware(Audited)
    app.add_middleware(Shedding, gate=app.state.gate)
    app.add_middleware(Measured)
    from shared.audit_api import router as audit  # they are made of what this module has
    from shared.letters_api import router as letters
    from shared.metrics_api import router as metrics
    from shared.versions_api import router as versions

    app.include_router(probes)
    app.include_router(health)
    app.include_router(metrics)
    app.include_router(letters)
    app.include_router(audit)
    app.include_router(versions)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(RequestValidationError, _refuse_request)
    app.add_exception_handler(ShedError, answer_shed)
    app.add_exception_handler(ParkedError, _parked)
    app.add_exception_handler(ContentionError, _contention)
    return app


def serve(app: FastAPI, settings: Settings, *, grace_seconds: int | None = None) -> None:
    """Run under uvicorn until a signal; access logs are off, because a path may hold an id.

    Requests in flight are finished first; with `grace_seconds` no longer than that, for streams that have no end.
    """
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=grace_seconds,
    )


health = APIRouter()


@health.get("/internal/status")
@without_patients
async def status(request: Request, _: Operator) -> dict[str, Any]:
    """What waits where, and what was turned away. No patient data."""
    return {**await running_of(request).status(), "intake": gate_of(request).numbers()}


@health.get("/internal/at-rest")
@without_patients
async def at_rest(request: Request, _: Operator) -> dict[str, Any]:
    """Whether anything waits to be done now, and when the next thing comes: cheap enough to be asked often."""
    return await running_of(request).at_rest()


@health.get("/internal/parked")
@without_patients
async def parked(request: Request, caller: Operator) -> list[dict[str, Any]]:
    """Aggregates of the tenant that wait for a person, with why and how many messages wait behind."""
    running = running_of(request)
    found = [
        {"kind": decider.kind, "id": key.id, "reason": reason, "waiting": waiting}
        for decider in running.spec.deciders
        for key, reason, waiting in await running.runtime.store.parked(decider, caller.tenant)
    ]
    return sorted(found, key=lambda row: (row["kind"], row["id"]))


class Release(Body):
    """Why a person lets it go on."""

    reason: str = Field(min_length=3, max_length=500)


@health.post("/internal/parked/{kind}/{aggregate_id}/release")
async def release(request: Request, kind: str, aggregate_id: str, body: Release, caller: Operator) -> dict[str, int]:
    """Decide the waiting messages of a parked aggregate, in order."""
    running = running_of(request)
    for decider in running.spec.deciders:
        if decider.kind == kind:
            await running.runtime.audit.record(caller, "aggregate.release", f"{kind}/{aggregate_id}", body.reason)
            handled = await running.runtime.shell.release(decider, Key(caller.tenant, aggregate_id))
            return {"handled": handled}
    raise HTTPException(404, "no such kind of aggregate here")


@health.get("/internal/dead-letters")
@without_patients
async def dead_letters(run: Run, _: Operator, after: str | None = None) -> list[dict[str, Any]]:
    """Records that could not be read: where they lay and why. Their content stays sealed."""
    return [
        {name: value for name, value in note.items() if not name.startswith("sealed_")}
        for note in await run.store.notes("dead_letters", None, after, 100)
    ]


@health.get("/internal/quarantine")
@without_patients
async def quarantine(run: Run, caller: Operator, after: str | None = None) -> list[dict[str, Any]]:
    """Files of the tenant that could not be taken in, with reason and position."""
    return [dict(note) for note in await run.store.notes("quarantine", caller.tenant, after, 100)]


async def _refuse_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError), "registered for this class only"
    faults = [
        {"field": ".".join(str(p) for p in fault["loc"]), "rule": fault["type"], **_said(fault.get("ctx"))}
        for fault in error.errors()
    ]
    return JSONResponse({"detail": "the request breaks these rules", "faults": faults}, 422)


def _said(context: Any) -> dict[str, str]:
    """The sentence of a rule that a service names itself; those of the library may quote what was sent."""
    return {"message": context["says"]} if isinstance(context, dict) and "says" in context else {}


async def _parked(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


async def _contention(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "1"})
