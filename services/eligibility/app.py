"""The composition root of the eligibility service: the only place that constructs things."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

from services.eligibility import api, api_authorizations, api_batches, api_estimates, api_providers
from services.eligibility.authorization_policy import review_book
from services.eligibility.batches import BatchConnection
from services.eligibility.core import InquiryPolicy, check_decider
from services.eligibility.core.authorization import AuthorizationDecider, authorization_decider
from services.eligibility.core.authorization_policy import ReviewBook
from services.eligibility.core.batch import batch_decider
from services.eligibility.core.discovery import DISCOVERY
from services.eligibility.core.night import night_decider
from services.eligibility.core.provider import PROVIDER
from services.eligibility.core.recheck import recheck_decider
from services.eligibility.followups import FollowUps
from services.eligibility.handlers import ALL_TOPICS, all_routes, authorization_routes, night_routes
from services.eligibility.night_policy import night_book
from services.eligibility.nightly import Nightly
from services.eligibility.payer_gate import Backlog, Resume
from services.eligibility.payers import PayerConnection
from services.eligibility.policies import inquiry_policy, recheck_triggers
from services.eligibility.reviews import ReviewConnection
from services.eligibility.settings import EligibilitySettings
from shared.decider import Decider, Effect
from shared.http import make_app, serve
from shared.inbox import join_routes
from shared.runtime import Loop, Runtime, Spec
from shared.worker import Performer

ROUTERS = (api.router, api_estimates.router, api_batches.router, api_providers.router, api_authorizations.router)
STREAMS = ("/batches",)


class Parts:
    """What the loops and performers of one process share: above all what is known of each payer."""

    def __init__(
        self,
        runtime: Runtime,
        settings: EligibilitySettings,
        policy: InquiryPolicy,
        authorization: tuple[AuthorizationDecider, ReviewBook],
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        limits = httpx.Limits(max_connections=settings.payer_connections)
        client = httpx.AsyncClient(base_url=settings.sandbox_url, limits=limits, transport=transport)
        check = check_decider(policy)
        self.payers = PayerConnection(runtime, settings, client, policy.directory)
        self.batches = BatchConnection(runtime, settings, client, check, policy, self.payers)
        self.reviews = ReviewConnection(runtime, settings, *authorization, self.payers)
        self.nightly = Nightly(runtime, check, batch_decider(policy.directory), policy, night_book())
        self.follow_ups = FollowUps(runtime, check, self.payers)
        kinds: dict[str, tuple[Decider[Any, Any, Any], Resume]] = {
            check.kind: (check, self.payers.resume),
            authorization[0].kind: (authorization[0], self.reviews.resume),
        }
        self.backlog = Backlog(runtime, self.payers.gate, kinds)


def make_spec(settings: EligibilitySettings, transport: httpx.AsyncBaseTransport | None = None) -> Spec:
    """What makes this service; its policy is read once, for the day it starts. `transport` leads to the payers."""
    policy = inquiry_policy(settings.policy_date())
    check, batch = check_decider(policy), batch_decider(policy.directory)
    recheck = recheck_decider(recheck_triggers(settings.policy_date()))
    book = review_book()
    authorization = authorization_decider(book)
    night = night_decider(night_book(), policy)
    made: dict[int, Parts] = {}

    def parts(runtime: Runtime) -> Parts:
        """One for the performers and loops of a process."""
        if id(runtime) not in made:
            made[id(runtime)] = Parts(runtime, settings, policy, (authorization, book), transport)
        return made[id(runtime)]

    def performers(runtime: Runtime) -> Mapping[str, Mapping[type[Effect], Performer]]:
        own = parts(runtime)
        return {
            check.kind: own.payers.performers(),
            batch.kind: own.batches.performers(),
            recheck.kind: own.follow_ups.of_denials(),
            DISCOVERY.kind: own.follow_ups.of_searches(),
            authorization.kind: own.reviews.performers(),
            night.kind: own.nightly.performers(),
        }

    def loops(runtime: Runtime) -> Sequence[Loop]:
        return (parts(runtime).backlog,)

    return Spec(
        name="eligibility",
        deciders=(check, batch, recheck, DISCOVERY, PROVIDER, authorization, night),
        routes=join_routes(all_routes(check, recheck), authorization_routes(authorization), night_routes(night)),
        performers=performers,
        loops=loops,
        topics=ALL_TOPICS,
    )


def create_app(settings: EligibilitySettings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or EligibilitySettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    return make_app(make_spec(settings), settings, *ROUTERS, streams=STREAMS)


if __name__ == "__main__":
    settings = EligibilitySettings()  # pyright: ignore[reportCallIssue] - fields come from the environment
    serve(create_app(settings), settings)
