"""Shedding: a process refuses what it has no room for, with 429 and when to come back, before it falls over.

Three bounds, each on something that would otherwise grow without end: requests in progress, bytes of bodies on their
way in, and work that waits in the store. Health, operations (`/health`, `/internal`) and mere reading are never shed.
What is refused was not taken: the sender still has it, and sends it again.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.store.documents import NEVER

READS = frozenset({"GET", "HEAD", "OPTIONS"})
NEVER_SHED = ("/health/", "/internal/")
BACKLOG_LOOK = timedelta(seconds=2)
BUSY_SECONDS = 1
UPLOADS_SECONDS = 5
BACKLOG_SECONDS = 15


class Limits(BaseSettings):
    """Frozen; `REVCYCLE_…`. Of one process: two pods take twice as much."""

    model_config = SettingsConfigDict(env_prefix="REVCYCLE_", frozen=True, extra="ignore")

    requests_max: PositiveInt = Field(default=200, description="Requests that change something, in progress at once.")
    uploading_bytes_max: PositiveInt = Field(
        default=4 << 30, description="Bytes of request bodies on their way in: they lie in memory or on the local disk."
    )
    body_bytes_max: PositiveInt = Field(
        default=1 << 20,
        description="Largest body that is read into memory whole; files are streamed and may be larger.",
    )
    backlog_max: PositiveInt = Field(
        default=50_000, description="Effects due and not performed (a file to read is one) at which intake pauses."
    )


class ShedError(HTTPException):
    """429: what was exceeded, what to do, and after how many whole seconds."""

    def __init__(self, exceeded: str, detail: str, seconds: int) -> None:
        super().__init__(429, detail, {"Retry-After": str(seconds)})
        self.exceeded, self.seconds = exceeded, seconds

    def response(self) -> JSONResponse:
        body = {"detail": self.detail, "exceeded": self.exceeded, "retry_after_seconds": self.seconds}
        return JSONResponse(body, 429, self.headers)


class Gate:
    """What one process has let in, and what it turned away. Its numbers are part of `/internal/status`."""

    def __init__(self, limits: Limits, streams: Collection[str] = ()) -> None:
        self.limits, self._streams = limits, frozenset(streams)
        self.requests = self.uploading_bytes = self.backlog = 0
        self.shed: Counter[str] = Counter()
        self._looked_at, self._looking = NEVER, False

    def numbers(self) -> dict[str, Any]:
        return {"requests": self.requests, "uploading_bytes": self.uploading_bytes, "shed": dict(self.shed)}

    def refuse(self, exceeded: str, detail: str, seconds: int) -> ShedError:
        """Count it; the caller raises it."""
        self.shed[exceeded] += 1
        return ShedError(exceeded, detail, seconds)

    def enter(self, path: str, length: int) -> "Visit":
        """Let a request with a declared length in bytes in. Raises ShedError; HTTPException 413 for a hopeless one."""
        if self.requests >= self.limits.requests_max:
            detail = f"{self.requests} requests are in progress here, which is all this process takes: send it again"
            raise self.refuse("requests_in_progress", detail, BUSY_SECONDS)
        visit = Visit(self, streamed=path in self._streams)
        visit.hold(length)
        self.requests += 1
        return visit

    async def look(self, now: datetime, measure: Callable[[], Awaitable[int]]) -> None:
        """Raises ShedError while too much work waits. The store is asked now and then, by one request of many."""
        if not self._looking and now - self._looked_at >= BACKLOG_LOOK:
            self._looking = True
            try:
                self.backlog = await measure()
                self._looked_at = now
            finally:
                self._looking = False
        if self.backlog >= self.limits.backlog_max:
            detail = f"{self.backlog} pieces of work wait to be done (files to read, effects due): send it again later"
            raise self.refuse("backlog", detail, BACKLOG_SECONDS)


class Visit:
    """One request: the bytes that are reserved for its body, until it ends."""

    def __init__(self, gate: Gate, *, streamed: bool) -> None:
        self._gate, self._streamed = gate, streamed
        self._held = self._received = 0

    def hold(self, size: int) -> None:
        """Reserve room for a body of this many bytes in all."""
        gate, limits = self._gate, self._gate.limits
        most = limits.uploading_bytes_max if self._streamed else limits.body_bytes_max
        if size > most:
            raise HTTPException(413, f"the body is larger than {most} bytes")
        more = max(size - self._held, 0)
        if gate.uploading_bytes + more > limits.uploading_bytes_max:
            detail = f"{gate.uploading_bytes} bytes are being uploaded already, and there is no room for this: wait"
            raise gate.refuse("uploading_bytes", detail, UPLOADS_SECONDS)
        gate.uploading_bytes += more
        self._held += more

    def receive(self, size: int) -> None:
        """So many bytes more came: a body without a declared length is reserved as it comes."""
        self._received += size
        self.hold(self._received)

    def leave(self) -> None:
        self._gate.requests -= 1
        self._gate.uploading_bytes -= self._held


class Shedding:
    """ASGI middleware: lets requests through the gate."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READS or scope["path"].startswith(NEVER_SHED):
            await self._app(scope, receive, send)
            return
        try:
            visit = self._gate.enter(scope["path"], _declared_length(scope))
        except ShedError as error:
            await error.response()(scope, receive, send)
            return
        except HTTPException as error:
            await JSONResponse({"detail": error.detail}, error.status_code)(scope, receive, send)
            return

        async def counted() -> Message:
            message = await receive()
            visit.receive(len(message.get("body", b"")))  # what it raises, the application answers with
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            visit.leave()


def _declared_length(scope: Scope) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


async def answer_shed(_: Request, error: Exception) -> JSONResponse:
    """The exception handler for what is refused inside the application."""
    assert isinstance(error, ShedError), "registered for this class only"
    return error.response()


async def _look(request: Request) -> None:
    running, gate = request.app.state.running, gate_of(request)
    runtime = running.runtime
    deciders = [decider for decider in running.spec.deciders if decider.has_effects]

    async def effects_due() -> int:
        return int((await runtime.store.health(deciders, runtime.clock.now())).effects_due)

    await gate.look(runtime.wall(), effects_due)


def gate_of(request: Request) -> Gate:
    gate: Gate = request.app.state.gate
    return gate


while_there_is_room: Any = Depends(_look)
"""For `dependencies=[…]` of a route that takes work in: 429 while too much of what was taken before waits."""
