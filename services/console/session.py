"""Who is looking: an access token in the Authorization header, or in a cookie that scripts cannot read.

The cookie is HttpOnly and SameSite=Strict, so another site can neither read it nor make the browser send it.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response

from shared.auth import NotAuthenticatedError, Principal, Role
from shared.http import runtime_of

COOKIE = "revcycle_session"
READERS: tuple[Role, ...] = ("biller", "poster", "collector", "operator", "auditor")


class Visitor(NamedTuple):
    """A caller, and the header that proves it: the system page passes it on to the services."""

    principal: Principal
    authorization: str

    @property
    def tenant(self) -> str:
        return self.principal.tenant


class LoginNeededError(Exception):
    """Nobody is signed in. `bearer` says that a program asked, which is told so instead of being shown a form."""

    def __init__(self, reason: str, *, bearer: bool) -> None:
        super().__init__(reason)
        self.bearer = bearer


def visitor(*roles: Role) -> Callable[[Request], Visitor]:
    """A dependency that lets these roles in; LoginNeededError without a token, 403 without a role."""

    def check(request: Request) -> Visitor:
        header = request.headers.get("authorization")
        authorization = header or f"Bearer {request.cookies.get(COOKIE, '')}"
        try:
            principal = runtime_of(request).authenticator.verify(authorization)
        except NotAuthenticatedError as error:
            raise LoginNeededError(str(error), bearer=header is not None) from None
        request.state.principal = principal  # for the navigation, on error pages too
        if not principal.may(roles):
            raise HTTPException(403, f"This page needs one of the roles: {', '.join(roles)}.")
        return Visitor(principal, authorization)

    return check


def keep_session(response: Response, token: str, *, secure: bool) -> None:
    """Remember the token until the browser closes; the token's own expiry ends it earlier."""
    response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=secure)


def end_session(response: Response, *, secure: bool) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=secure)


def check_origin(request: Request) -> None:
    """A form must come from our own pages; HTTPException 403 otherwise."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "This form came from another site.")


def local_path(wanted: str) -> str:
    """A path of this console to go on to; anything that could lead elsewhere becomes the overview."""
    parts = urlsplit(wanted)
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme
    return wanted if is_local and wanted.isprintable() else "/"
