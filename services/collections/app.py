"""The composition root of the collections service: the only place that constructs things."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.collections.agency_parts import agency_parts
from services.collections.api import router
from services.collections.assistance_api import assistance
from services.collections.assistance_performers import AssistancePapers, AssistancePerformers
from services.collections.books import HouseBooks, read_books
from services.collections.core import Channel, PolicyBook, PolicyError, make_decider
from services.collections.core.assistance import make_assistance
from services.collections.core.legal import make_legal
from services.collections.core.statement_book import STATEMENT_BOOK
from services.collections.figures import FIGURES
from services.collections.handlers import TOPICS, routes, statement_routes
from services.collections.legal_performers import LegalPerformers
from services.collections.outlets import Outlet
from services.collections.performers import OutgoingMail
from services.collections.policy_api import policy_routes
from services.collections.ports import outlets_of
from services.collections.render import template_names
from services.collections.routers import people
from services.collections.settings import CollectionsSettings
from shared.decider import Due, Effect
from shared.http import make_app, serve
from shared.inbox import join_routes, route
from shared.runtime import Runtime, Spec
from shared.worker import Performer


def make_spec(
    settings: CollectionsSettings,
    outlets: Mapping[Channel, Outlet] | None = None,
    books: HouseBooks | None = None,
) -> Spec:
    """What makes this service. `outlets` replace those set; `books` are what was read at start already."""
    books = read_books(settings) if books is None else books
    require_templates(books.policies)
    accounts = make_decider(books.policies, books.rules, books.work, plans=books.plans, agencies=books.agencies)
    agencies, suits = agency_parts(books.agencies), make_legal(books.legal)
    applications = make_assistance(books.assistance)
    ports = outlets_of(settings) if outlets is None else outlets

    def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        papers = AssistancePapers(runtime, applications, books.assistance)
        mail = OutgoingMail(runtime, accounts, books.rules, books.letterheads, settings.exchange, ports, papers)
        placing = agencies.performers(runtime, accounts, books.rules, mail, books.letterheads, settings.exchange)
        return {
            accounts.kind: {**mail.performers(), **placing.of_accounts()},
            **placing.by_kind(),
            suits.kind: LegalPerformers(runtime, accounts).performers(),
            applications.kind: AssistancePerformers(runtime, applications, accounts, books.assistance).performers(),
        }

    return Spec(
        name="collections",
        deciders=(accounts, applications, STATEMENT_BOOK, *agencies.deciders, suits),
        routes=join_routes(statement_routes(), routes(accounts), route(applications, Due), agencies.routes()),
        performers=performers,
        loops=lambda runtime: agencies.loops(runtime, settings.exchange),
        topics=TOPICS,
        figures=FIGURES,
    )


def require_templates(book: PolicyBook) -> None:
    """PolicyError when a level of a policy would be written with a template that does not exist."""
    known = template_names()
    for policy in book.policies:
        for number, level in enumerate(policy.reminders, start=1):
            if level.template and level.template not in known:
                msg = f"{policy.name}: reminders: level {number}: there is no template {level.template!r}; "
                raise PolicyError(msg + f"there are: {', '.join(known)}")


def create_app(settings: CollectionsSettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or CollectionsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    books = read_books(settings)
    app = make_app(
        make_spec(settings, books=books), settings, router, people, policy_routes(books.policies), assistance
    )
    app.state.books = books
    return app


if __name__ == "__main__":
    settings = CollectionsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)
