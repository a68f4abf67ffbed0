"""The audit log at the HTTP edge: every answered request of a route is in it before the answer leaves.

A route needs to do nothing for that. It says `runtime.audit.record(…)` where it knows better words, or a reason. What
shows nothing of patients is marked `@without_patients`, and only refusals of it are recorded.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.audit import Audit, AuditUnavailableError
from shared.audit_anchors import HOUSE
from shared.audit_lines import VISIT, Line, Visit, line_of
from shared.auth import Principal

READS = frozenset({"GET", "HEAD"})
REFUSED = frozenset({401, 403, 404})
NOTHING_HAPPENED = 400
CONFLICT = 409
UNKNOWN = "unknown caller"
UNKNOWN_A_MINUTE = 60
"""Refusals of callers without a token are in the house's log, so many a minute by a process; the others are counted."""
SAME_LOOK = timedelta(minutes=10)
LOOKS_MAX = 10_000
REASON_MIN, REASON_MAX = 3, 200
FILTER_CHARACTERS_MAX = 30

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def without_patients(endpoint: Endpoint) -> Endpoint:
    """Mark a route that neither shows nor changes anything of patients: its successful calls are not recorded."""
    endpoint.__dict__["without_patients"] = True
    return endpoint


def reason_given(
    reason: Annotated[str | None, Header(alias="X-Reason", description="Why, in words that name nobody.")] = None,
) -> str:
    """Why a person changes what is there; 400 without it. For routes whose body is a whole document."""
    if reason is None or not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        detail = (
            f"send an X-Reason header of {REASON_MIN} to {REASON_MAX} characters: why this is changed, naming nobody"
        )
        raise HTTPException(400, detail)
    return reason.strip()


Why = Annotated[str, Depends(reason_given)]
asks_why: Any = Depends(reason_given)
"""For `dependencies=[…]` of a route that does nothing with the reason itself: the log takes it from the header."""


class Audited:
    """ASGI middleware. Raises nothing: what cannot be recorded is answered 503 instead."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._unknown = UnknownCallers()
        self._looks: dict[tuple[str, str, str, str], datetime] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit("read" if scope["method"] in READS else "write")
        token, unavailable = VISIT.set(visit), False

        async def audited(message: Message) -> None:
            nonlocal unavailable
            if message["type"] == "http.response.start" and not visit.settled:
                visit.settled = True
                try:
                    await self._settle(scope, visit, int(message["status"]))
                except AuditUnavailableError:
                    unavailable = True
                    detail = "the audit log cannot be written now, so nothing is shown: try again"
                    await JSONResponse({"detail": detail}, 503, {"Retry-After": "5"})(scope, receive, send)
            if not unavailable:
                await send(message)

        try:
            await self._app(scope, receive, audited)
        except Exception:
            if not visit.settled:
                visit.settled = True
                await self._settle_failure(scope, visit)
            raise
        finally:
            VISIT.reset(token)

    async def _settle_failure(self, scope: Scope, visit: Visit) -> None:
        try:
            await self._settle(scope, visit, 500)
        except AuditUnavailableError:
            return  # the failure itself is answered; the line waits for the store

    async def _settle(self, scope: Scope, visit: Visit, status: int) -> None:
        audit = audit_of(scope)
        if audit is None:
            return
        address, given = (scope.get("client") or ("",))[0], _header(scope, b"x-reason")
        lines = visit.lines or self._own_lines(scope, visit, status, audit)
        by_tenant: dict[str, list[Line]] = {}
        for who, line in lines:
            refused = status in {401, 403}
            full = line._replace(outcome=status, address=address, reason=line.reason or given)
            by_tenant.setdefault(who.tenant, []).append(full._replace(kind="refused") if refused else full)
        for tenant, said in by_tenant.items():
            await audit.keep(tenant, said)

    def _own_lines(self, scope: Scope, visit: Visit, status: int, audit: Audit) -> list[tuple[Principal, Line]]:
        """The line of a request whose route said none."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return []
        who = _caller(scope, status)
        if who is None:
            who = self._unknown.admit(audit.now()) if status in REFUSED - {404} else None
            if who is None:
                return []
        if status not in REFUSED:
            shows_none = getattr(endpoint, "without_patients", False)
            if shows_none or (status >= NOTHING_HAPPENED and status != CONFLICT):
                return []
        line = line_of(who, action_of(scope), _subject(scope, status), "", visit.kind)
        if status in REFUSED:
            return [(who, line._replace(kind="refused"))]
        return [] if self._same_look(scope, who, line, audit.now()) else [(who, line)]

    def _same_look(self, scope: Scope, who: Principal, line: Line, now: datetime) -> bool:
        """A page that renews itself was looked at once: what it asks for again within ten minutes is no other look."""
        look = (who.tenant, who.actor, line.action, line.subject)
        before = self._looks.get(look)
        if before is not None and now - before < SAME_LOOK and line.kind == "read" and _header(scope, b"x-refresh"):
            return True
        if len(self._looks) >= LOOKS_MAX:
            self._looks.clear()
        self._looks[look] = now
        return False


class UnknownCallers:
    """Lets so many refusals of callers without a token into the log a minute."""

    def __init__(self) -> None:
        self._minute: datetime | None = None
        self._count = self._left_out = 0

    def admit(self, now: datetime) -> Principal | None:
        """Who the line is about, with how many went unrecorded before; None when this one is not recorded."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        if self._count > UNKNOWN_A_MINUTE:
            self._left_out += 1
            return None
        left_out, self._left_out = self._left_out, 0
        return Principal(HOUSE, f"{UNKNOWN} ({left_out} more before)" if left_out else UNKNOWN, frozenset())


def audit_of(scope: Scope) -> Audit | None:
    """The service's audit log; None before it started."""
    running = getattr(scope["app"].state, "running", None)
    found: Audit | None = None if running is None else running.runtime.audit
    return found


def _caller(scope: Scope, status: int) -> Principal | None:
    """Who a token named; where a route took a secret in its path or a signature instead, somebody of that tenant."""
    principal: Principal | None = scope.get("state", {}).get("principal")
    tenant = scope.get("path_params", {}).get("tenant")
    if principal is None and isinstance(tenant, str) and status < NOTHING_HAPPENED:
        return Principal(tenant, "holder of a link or signature", frozenset())
    return principal


def action_of(scope: Scope) -> str:
    """Method and path of the route, as it is declared: it holds no id.

    A route knows its path below the router it is in; what leads there is the rest of what was asked for.
    """
    declared, asked = str(getattr(scope.get("route"), "path", "?")), str(scope["path"])
    here = PARAMETER.sub(lambda found: str(scope.get("path_params", {}).get(found[1], "")), declared)
    above = asked[: len(asked) - len(here)] if asked.endswith(here) else ""
    return f"{scope['method']} {above}{declared}"


def _subject(scope: Scope, status: int) -> str:
    """`kind/id` of what the path names; of a list, the names of its filters. What is not here may be anything."""
    params: Mapping[str, Any] = scope.get("path_params", {})
    named = {name: value for name, value in params.items() if name not in {"token", "tenant"}}
    if named:
        known_here = status < NOTHING_HAPPENED or status == CONFLICT
        return " ".join(f"{name.removesuffix('_id')}/{value if known_here else '?'}" for name, value in named.items())
    asked = sorted({part.partition("=")[0] for part in scope["query_string"].decode("latin-1").split("&") if part})
    known = [name for name in asked if name.isidentifier() and len(name) <= FILTER_CHARACTERS_MAX]
    return f"list?{','.join(known)}" if known else "list"


def _header(scope: Scope, name: bytes) -> str:
    found = next((value for key, value in scope["headers"] if key == name), b"")
    return found.decode("latin-1").strip()[:REASON_MAX]
