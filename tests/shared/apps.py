"""The HTTP edge of a service for a test, in a fraction of the time that building it takes.

FastAPI works out what a route wants of a request when the route is first looked at, and does so for each application
anew: a tenth of a second for a service, most of it before a test has asked for anything. The routes are the same in
every test, so they are kept; what an application remembers (its state, its gate, what runs behind it) is new each time.
"""

from collections.abc import Collection, Hashable, Sequence

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from shared.http import bare_app

_KEPT: dict[Hashable, tuple[Sequence[APIRouter], list[BaseRoute]]] = {}
"""Routes by what they were made of. The routers are kept, too: an id is nobody else's as long as its object lives."""


def app_of(name: str, *routers: APIRouter, streams: Collection[str] = ()) -> FastAPI:
    """As `bare_app`, with nothing running behind it yet."""
    return keep_routes(bare_app(name, *routers, streams=streams), name, *routers)


def keep_routes(app: FastAPI, name: str, *routers: APIRouter) -> FastAPI:
    """The application with the routes of the first one that was made of the same."""
    made_of = (name, *(id(router) for router in routers))
    app.router.routes = _KEPT.setdefault(made_of, (routers, app.router.routes))[1]
    return app
