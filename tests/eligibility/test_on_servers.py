"""The eligibility service on a real broker and store, before the sandbox's payers."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from revcycle.stack.topics import create_topics
from sandbox.app import create_app as create_sandbox
from sandbox.settings import SandboxSettings
from services.eligibility.app import ROUTERS, STREAMS, make_spec
from services.eligibility.settings import EligibilitySettings
from shared.auth import DEVELOPMENT_ISSUER
from shared.bus.kafka import KafkaBus
from shared.clock import write_clock_file
from shared.contracts import Event
from shared.contracts.wire import events_topic, to_record
from shared.http import make_app
from shared.identity import seal_model
from shared.log import configure_logs
from tests.eligibility.house import ADA, TENANT, question
from tests.eligibility.test_batches import lines, rows
from tests.eligibility.test_check import AT, received
from tests.eligibility.test_followups import denied, overdue
from tests.servers import Kafka
from tests.shared.on_servers import settings_on

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(400)]


class Service:
    """A running service, and a caller of it."""

    def __init__(self, http: httpx.AsyncClient, app: Any, settings: EligibilitySettings) -> None:
        self.http, self.app, self.settings = http, app, settings

    async def hears(self, *events: Event) -> None:
        bus = KafkaBus(self.settings.kafka, "test", idempotent=self.settings.kafka_idempotent)
        await bus.start()
        try:
            await bus.send(tuple(to_record(events_topic(one.meta.source), one) for one in events))
        finally:
            await bus.stop()

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What a query says, once it holds."""
        end = time.monotonic() + 60
        while True:
            answer = await self.http.get(path)
            if answer.status_code == 200 and holds(answer.json()):
                return answer.json()
            assert time.monotonic() < end, f"{path} said {answer.status_code} {answer.text[:500]}"
            await asyncio.sleep(0.1)

    def nothing_due(self, batch: dict[str, Any]) -> bool:
        """Whether all that a batch had to do by now is done."""
        due = batch["next_at"]
        return due is None or datetime.fromisoformat(due) > self.settings.clock().now()

    def moves(self, **time_on: float) -> None:
        assert self.settings.clock_file is not None
        write_clock_file(self.settings.clock_file, self.settings.clock().now() + timedelta(**time_on))


@pytest.fixture
async def service(tmp_path: Path, own_kafka: Kafka, mongo_url: str, database_name: str) -> AsyncGenerator[Service]:
    await create_topics(own_kafka.servers, 3)
    key = ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
    settings = EligibilitySettings(
        **settings_on(tmp_path, own_kafka, mongo_url, database_name, key, AT),
        issuer=DEVELOPMENT_ISSUER,
        sandbox_url="http://payers",
    )
    sandbox = create_sandbox(
        SandboxSettings(exchange=tmp_path / "exchange", sandbox_seed=2026, clock_file=tmp_path / "clock.json"),
        configure_logs("sandbox", "ERROR"),
    )
    claims = {"iss": DEVELOPMENT_ISSUER, "aud": "revcycle", "sub": "t", "tenant": TENANT, "exp": int(time.time()) + 600}
    token = jwt.encode({"alg": "ES256", "kid": "test"}, {**claims, "roles": ["biller", "operator"]}, key)
    async with sandbox.router.lifespan_context(sandbox):
        app = make_app(make_spec(settings, httpx.ASGITransport(sandbox)), settings, *ROUTERS, streams=STREAMS)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://eligibility",
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            ) as http,
        ):
            yield Service(http, app, settings)


async def test_a_list_a_person_a_denial_and_an_overdue_balance_are_answered_over_the_wire(service: Service) -> None:
    made = await service.http.post("/batches", content=lines(*rows(60)), headers={"Idempotency-Key": "list"})
    [batch] = made.json()["batches"]
    path = f"/batches/{batch['batch_id']}"
    shown = await service.until(path, lambda said: said["files_sent"] == 1)
    for _ in range(12):
        service.moves(hours=1)
        shown = await service.until(path, service.nothing_due)
    assert (shown["status"], shown["answered"]) == ("closed", 60)
    assert shown["unmatched_answers"] == 0

    asked = await service.http.post("/checks", json=question("cov_mine", "RC103"), headers={"Idempotency-Key": "one"})
    assert asked.status_code == 202
    check = "/checks/acct_1.cov_mine.2026-03-03"
    await service.until(check, lambda said: said["status"] != "waiting")
    [said] = (await service.http.get(f"{check}/conversations")).json()
    opened = (await service.http.get(f"/checks/{said['id'].replace('/', '/conversations/', 1)}")).json()
    assert opened["trace_number"] in opened["answer"]
    assert (await service.http.get(f"{check}/benefits")).json()["lines"]

    sealed = await seal_model(service.app.state.running.runtime.sealer, TENANT, "acct_1", ADA)
    claim = received("c1").model_copy(update={"payer_id": "RC102", "sealed_subscriber": sealed})
    history = "/coverages/cov_1/history"
    await service.hears(claim)
    await service.until(history, lambda told: sum(one["what"] == "answered" for one in told) == 2)
    # A denial that comes while the payer is still being asked asks nothing more: its answer is news enough.
    await service.hears(denied("c1", ("CO", "22")), overdue())
    await service.until(history, lambda told: sum(one["what"] == "answered" for one in told) == 3)
    rest = await service.until("/internal/status", lambda numbers: numbers["settled"])
    assert (rest["effects_stuck"], rest["parked"], rest["dead_letters"]) == (0, 0, 0)
