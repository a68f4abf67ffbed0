"""The composition root of the eligibility service: the only place that constructs things."""

from collections.abc import Mapping, Sequence

import httpx
from fastapi import FastAPI

from services.eligibility import api, api_estimates
from services.eligibility.core import check_decider
from services.eligibility.handlers import TOPICS, routes
from services.eligibility.payers import Backlog, PayerConnection
from services.eligibility.policies import inquiry_policy
from services.eligibility.settings import EligibilitySettings
from shared.decider import Effect
from shared.http import make_app, serve
from shared.runtime import Loop, Runtime, Spec
from shared.worker import Performer

ROUTERS = (api.router, api_estimates.router)


def make_spec(settings: EligibilitySettings, transport: httpx.AsyncBaseTransport | None = None) -> Spec:
    """What makes this service; its policy is read once, for the day it starts. `transport` leads to the payers."""
    policy = inquiry_policy(settings.policy_date())
    check, directory = check_decider(policy), policy.directory

    connections: dict[int, PayerConnection] = {}

    def connection(runtime: Runtime) -> PayerConnection:
        """One for all parts of a process: they share what is known of each payer."""
        if id(runtime) not in connections:
            limits = httpx.Limits(max_connections=settings.payer_connections)
            client = httpx.AsyncClient(base_url=settings.sandbox_url, limits=limits, transport=transport)
            connections[id(runtime)] = PayerConnection(runtime, settings, client, directory)
        return connections[id(runtime)]

    def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {check.kind: connection(runtime).performers()}

    def loops(runtime: Runtime) -> Sequence[Loop]:
        return (Backlog(runtime, check, connection(runtime)),)

    return Spec(
        name="eligibility",
        deciders=(check,),
        routes=routes(check),
        performers=performers,
        loops=loops,
        topics=TOPICS,
    )


def create_app(settings: EligibilitySettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or EligibilitySettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    return make_app(make_spec(settings), settings, *ROUTERS)


if __name__ == "__main__":
    settings = EligibilitySettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)
