"""Signing in and out: a development access token, pasted once, lives in a cookie that scripts cannot read."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.console.drawing import THEME_COOKIE, THEMES, draw
from services.console.session import COOKIE, check_origin, end_session, keep_session, local_path
from shared.audit_edge import without_patients
from shared.auth import NotAuthenticatedError
from shared.http import Run
from shared.runtime import Runtime

router = APIRouter(include_in_schema=False)
YEAR_SECONDS = 365 * 24 * 3600
TOKEN_CHARACTERS_MAX = 3500
"""A cookie holds 4 KB, so a longer token is cut off and refused."""


@router.get("/login")
async def login_page(request: Request) -> Response:
    """The form."""
    query = request.query_params
    values = {"next": local_path(query.get("next", "/")), "problem": "", "lost": query.get("lost") == "yes"}
    return draw(request, "login.html", values)


@router.post("/login")
async def login(
    request: Request, run: Run, token: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
) -> Response:
    """Check the token and keep it. The answer never repeats what was typed."""
    check_origin(request)
    clear = token.strip()[:TOKEN_CHARACTERS_MAX]
    onward = local_path(next)
    try:
        principal = run.authenticator.verify(f"Bearer {clear}")
    except NotAuthenticatedError as error:
        return draw(request, "login.html", {"next": onward, "problem": str(error), "lost": False}, 401)
    await run.audit.record(principal, "console.login", f"actor/{principal.actor}", kind="sign-in")
    response = RedirectResponse(onward, 303)
    keep_session(response, clear, secure=_is_production(run))
    return response


@router.post("/logout")
async def logout(request: Request, run: Run) -> Response:
    """Forget the token."""
    check_origin(request)
    with suppress(NotAuthenticatedError):  # whoever is not signed in may still press the button
        principal = run.authenticator.verify(f"Bearer {request.cookies.get(COOKIE, '')}")
        await run.audit.record(principal, "console.logout", f"actor/{principal.actor}", kind="sign-in")
    response = RedirectResponse("/login", 303)
    end_session(response, secure=_is_production(run))
    return response


@router.post("/theme")
@without_patients
async def theme(
    request: Request, run: Run, theme: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
) -> Response:
    """Light, dark, or as the system has it; kept in this browser."""
    check_origin(request)
    response = RedirectResponse(local_path(next), 303)
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, YEAR_SECONDS, path="/", httponly=True, samesite="strict", secure=_is_production(run)
        )
    else:
        response.delete_cookie(THEME_COOKIE, path="/")
    return response


def _is_production(run: Runtime) -> bool:
    return run.settings.env == "production"
