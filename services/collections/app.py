"""The composition root of the collections service: the only place that constructs things."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.collections.api import router
from services.collections.compliance import rule_shelf
from services.collections.core import make_decider
from services.collections.handlers import TOPICS, routes
from services.collections.performers import OutgoingMail
from services.collections.policies import letterheads, policy_book
from services.collections.policy_api import policy_routes
from services.collections.settings import CollectionsSettings
from shared.decider import Effect
from shared.http import make_app, serve
from shared.runtime import Runtime, Spec
from shared.worker import Performer


def make_spec(settings: CollectionsSettings) -> Spec:
    """What makes this service; policies and letterheads are read once, at start."""
    rules = rule_shelf(settings.dunning_folder, production=settings.env == "production")
    accounts = make_decider(policy_book(settings.dunning_folder), rules)
    heads = letterheads(settings.letterhead_file)

    def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {accounts.kind: OutgoingMail(runtime, accounts, rules, heads, settings.exchange).performers()}

    return Spec(name="collections", deciders=(accounts,), routes=routes(accounts), performers=performers, topics=TOPICS)


def create_app(settings: CollectionsSettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or CollectionsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    own = policy_routes(policy_book(settings.dunning_folder))
    return make_app(make_spec(settings), settings, router, own)


if __name__ == "__main__":
    settings = CollectionsSettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)
