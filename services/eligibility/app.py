"""The composition root of the eligibility service: the only place that constructs things."""

from collections.abc import Mapping

import httpx
from fastapi import FastAPI

from services.eligibility.api import router
from services.eligibility.core import check_decider
from services.eligibility.handlers import TOPICS, routes
from services.eligibility.payers import PayerConnection
from services.eligibility.policies import inquiry_policy
from services.eligibility.settings import EligibilitySettings
from shared.decider import Effect
from shared.http import make_app, serve
from shared.runtime import Runtime, Spec
from shared.worker import Performer


def make_spec(settings: EligibilitySettings) -> Spec:
    """What makes this service; its policy is read once, for the day it starts."""
    check = check_decider(inquiry_policy(settings.policy_date()))

    def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        limits = httpx.Limits(max_connections=settings.payer_connections)
        # Waiting for a connection is our own doing: only what the payer takes counts as its silence.
        timeout = httpx.Timeout(settings.payer_timeout_seconds, pool=None)
        client = httpx.AsyncClient(base_url=settings.sandbox_url, limits=limits, timeout=timeout)
        return {check.kind: PayerConnection(runtime, settings, client).performers()}

    return Spec(name="eligibility", deciders=(check,), routes=routes(check), performers=performers, topics=TOPICS)


def create_app(settings: EligibilitySettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or EligibilitySettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    return make_app(make_spec(settings), settings, router)


if __name__ == "__main__":
    settings = EligibilitySettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)
