"""The composition root of the console: the only place that constructs things."""

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from services.console.access import router as access
from services.console.account_pages import router as account_pages
from services.console.api import router as pages
from services.console.audit_log import router as audit_log
from services.console.calls import Services
from services.console.claim_pages import router as claim_pages
from services.console.drawing import STATIC, draw, protect
from services.console.handlers import DECIDERS, TOPICS, routes
from services.console.live import router as live
from services.console.money_cash_pages import router as money_cash_pages
from services.console.money_pages import router as money_pages
from services.console.peers import ClientFactory, Peers, client_factory
from services.console.portal_pages import router as portal_pages
from services.console.session import LoginNeededError, local_path
from services.console.settings import ConsoleSettings
from services.console.store import TotalsCounter
from services.console.streams_pages import router as streams_pages
from services.console.system import router as system
from services.console.work_pages import router as work_pages
from shared.http import make_app, serve
from shared.runtime import Spec

STREAMS_END_SECONDS = 1
"""Browsers hold streams of news open: a console that is told to stop does not wait for them."""
TITLES = {403: "Not for this role", 404: "Not found", 422: "That filter does not work"}


def make_spec() -> Spec:
    """What makes this service: projections of everything, and nothing said."""
    return Spec(name="console", deciders=DECIDERS, routes=routes(), topics=TOPICS)


def furnish(app: FastAPI, settings: ConsoleSettings, client_for: ClientFactory | None = None) -> FastAPI:
    """Pages, static files, error pages and headers, onto an application that has its machinery or will have it."""
    for router in (
        pages,
        work_pages,
        claim_pages,
        account_pages,
        money_pages,
        money_cash_pages,
        portal_pages,
        streams_pages,
        audit_log,
        system,
        live,
        access,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    reach = client_for or client_factory(settings.service_timeout_seconds)
    app.state.peers = Peers(settings.service_urls(), reach)
    app.state.services = Services(settings.service_urls(), reach)
    app.state.totals = TotalsCounter(timedelta(seconds=settings.totals_rest_seconds))
    app.add_exception_handler(LoginNeededError, _ask_to_sign_in)
    app.add_exception_handler(HTTPException, _explain)
    app.middleware("http")(protect)
    return app


def create_app(settings: ConsoleSettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or ConsoleSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    return furnish(make_app(make_spec(), settings), settings)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


async def _ask_to_sign_in(request: Request, error: Exception) -> Response:
    """A person is shown the form and comes back to the same page; a program is told what to send."""
    assert isinstance(error, LoginNeededError), "registered for this class only"
    if error.bearer or not _wants_page(request):
        return JSONResponse({"detail": str(error)}, 401, {"WWW-Authenticate": "Bearer"})
    if request.method in {"GET", "HEAD"}:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?{urlencode({'next': wanted})}", 303)
    return RedirectResponse(f"/login?{urlencode({'next': _page_before(request), 'lost': 'yes'})}", 303)


def _page_before(request: Request) -> str:
    """The page of ours that a form was sent from, else the overview."""
    before = urlsplit(request.headers.get("referer", ""))
    if before.netloc != request.headers.get("host"):
        return "/"
    return local_path(before.path + (f"?{before.query}" if before.query else ""))


async def _explain(request: Request, error: Exception) -> Response:
    """An error as a page for a person, as JSON for a program."""
    assert isinstance(error, HTTPException), "registered for this class only"
    if not _wants_page(request):
        return await http_exception_handler(request, error)
    principal = getattr(request.state, "principal", None)
    if error.status_code == 403 and request.url.path == "/" and principal is not None and principal.may(("client",)):
        return RedirectResponse("/portal", 303)  # where a client's own pages begin
    title = TITLES.get(error.status_code, "Something went wrong")
    return draw(request, "error.html", {"title": title, "detail": str(error.detail)}, error.status_code)


if __name__ == "__main__":
    settings = ConsoleSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings, grace_seconds=STREAMS_END_SECONDS)
