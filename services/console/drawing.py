"""Pages from templates, autoescaped; every response forbids the browser what a page does not need."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console.core import counted, dollars
from services.console.sections import SECTIONS
from shared.http import runtime_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
THEME_COOKIE = "revcycle_theme"
THEMES = ("light", "dark")
LABELS = {
    "authorization_required": "authorization needed",
    "inactive": "not in force",
    "plan_broken": "plan broken",
    "written_off": "written off",
    "received": "received",
    "": "—",
}
TONES = {
    **dict.fromkeys(("paid", "verified", "settled", "ready", "accepted"), "good"),
    **dict.fromkeys(("held", "overdue", "authorization_required", "plan_broken", "recalled"), "warn"),
    **dict.fromkeys(("rejected", "denied", "inactive", "parked", "placed", "written_off", "down"), "bad"),
}


def moment_text(at: datetime | None) -> str:
    """`2026-07-01 12:00`, UTC; a dash for what has not happened."""
    return "—" if at is None else f"{at:%Y-%m-%d %H:%M}"


def day_text(day: date | None) -> str:
    return "—" if day is None else day.isoformat()


def number_text(number: int) -> str:
    return f"{number:,}"


def label_text(name: str) -> str:
    """A status as people say it."""
    return LABELS.get(name, name.replace("_", " "))


def tone_of(name: str) -> str:
    """The badge's tone; the word beside it says the same, so colour never stands alone."""
    return TONES.get(name, "plain")


def stamp_of(name: str) -> str:
    """A short hash of a static file, so that a new release is never mixed with an old stylesheet."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def make_environment() -> Environment:
    """The templates with their filters."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        dollars=dollars, moment=moment_text, day=day_text, number=number_text, label=label_text, tone=tone_of
    )
    files = (path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
    own: dict[str, Any] = {
        "counted": counted,
        "sections": SECTIONS,
        "stamps": {name: stamp_of(name) for name in files},
    }
    environment.globals.update(own)
    return environment


ENVIRONMENT = make_environment()


def draw(request: Request, template: str, values: Mapping[str, Any], status_code: int = 200) -> HTMLResponse:
    """A page, with the navigation of whoever is signed in."""
    running = getattr(request.app.state, "running", None)
    now = None if running is None else runtime_of(request).clock.now()
    principal = getattr(request.state, "principal", None)
    theme = request.cookies.get(THEME_COOKIE, "")
    page = {
        "visitor": principal,
        "path": request.url.path,
        "here_url": _address(request) if status_code < 400 and request.method == "GET" else "/",
        "theme": theme if theme in THEMES else "",
        "now": now,
        "live_seconds": 0,
        "poll_seconds": 0,
        **values,
    }
    return HTMLResponse(ENVIRONMENT.get_template(template).render(page), status_code)


def _address(request: Request) -> str:
    """Where a form that leaves the page comes back to. A refused address is not said again."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def protect(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Headers of every response. Pages hold work on patients' claims, so no cache may keep them."""
    response = await call_next(request)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    is_static = request.url.path.startswith("/static/")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_static else "no-store"
    return response
