"""Requests by route: how many, how they ended, how long they took. ASGI middleware around everything else."""

from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.audit_edge import action_of
from shared.metrics_tally import OTHER, Tally

TRACE = frozenset({b"traceparent"})
"""Of the caller's headers, the only one that a span looks at."""


class Measured:
    """Counts under the path that a route declares. What matches no route is `other`: a path may hold an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._routes: frozenset[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        tracing = getattr(shell_of(scope), "tracing", None)
        if tracing is None:
            await self._measure(scope, receive, send)
            return
        caller = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in TRACE}
        with tracing.request(caller) as span:
            status = await self._measure(scope, receive, send)
            route = self._route_of(scope)
            span.update_name(f"{tracing.service} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer, and count it; the status."""
        began, status = perf_counter(), 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            tally = tally_of(scope)
            if tally is not None:
                route = self._route_of(scope)
                tally.add("http_requests_total", route, f"{status // 100}xx")
                tally.took(perf_counter() - began, "http_request_seconds", route)
        return status

    def _route_of(self, scope: Scope) -> str:
        if self._routes is None:
            self._routes = frozenset(routes_of(scope["app"]))
        if scope.get("route") is None:
            return OTHER
        action = action_of(scope)
        return action if action in self._routes else OTHER


def shell_of(scope: Scope) -> Any:
    """The shell of the service behind the application; None before it started."""
    running = getattr(scope["app"].state, "running", None)
    return getattr(getattr(running, "runtime", None), "shell", None)


def tally_of(scope: Scope) -> Tally | None:
    """What that service counts."""
    found: Tally | None = getattr(shell_of(scope), "tally", None)
    return found


def routes_of(app: Any) -> set[str]:
    """Method and declared path of every route, those of routers in routers too."""
    found: set[str] = set()
    for part in app.routes:
        contexts = part.effective_route_contexts() if hasattr(part, "effective_route_contexts") else ()
        found |= {f"{method} {one.path}" for one in contexts for method in one.methods or ()}
        found |= {f"{method} {part.path}" for method in getattr(part, "methods", None) or ()}
    return found
