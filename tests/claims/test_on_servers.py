"""The claims service on a real broker and store: the same flow over the wire, through its own process's loops."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import TypeAdapter

from revcycle.stack.topics import create_topics
from samples.generate import generate
from services.claims.app import create_app
from services.claims.settings import ClaimsSettings
from shared.bus.kafka import KafkaBus
from shared.contracts import ClaimReceived
from shared.contracts.wire import events_topic, to_record
from tests.claims.world import ISSUER, TENANT, coverage_answer, signing_key
from tests.servers import Kafka
from tests.shared.on_servers import settings_on

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(400)]
CLAIMS = 60


def settings_for(root: Path, kafka: Kafka, mongo: str, database: str, key: ECKey) -> ClaimsSettings:
    return ClaimsSettings(
        **settings_on(root, kafka, mongo, database, key, datetime(2026, 7, 1, 8, tzinfo=UTC)),
        issuer=ISSUER,
        intake=root / "intake",
        exchange=root / "exchange",
        settle_seconds=0,
    )


class Service:
    """A running service, and a caller."""

    def __init__(self, http: httpx.AsyncClient, key: ECKey, settings: ClaimsSettings, app: Any) -> None:
        self.http, self._key, self.settings, self.app = http, key, settings, app

    async def get(self, path: str) -> Any:
        claims = {"iss": ISSUER, "aud": "revcycle", "sub": "t", "tenant": TENANT, "exp": int(time.time()) + 600}
        token = jwt.encode({"alg": "ES256", "kid": "test"}, {**claims, "roles": ["biller", "operator"]}, self._key)
        answer = await self.http.get(path, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()

    async def until(self, path: str, wanted: int) -> list[dict[str, Any]]:
        """What a query finds, once it finds so many."""
        end = time.monotonic() + 60
        while len(found := await self.get(path)) < wanted:
            assert time.monotonic() < end, f"{path} found {len(found)} of {wanted}"
            await asyncio.sleep(0.1)
        return list(found)


@pytest.fixture
async def service(tmp_path: Path, each_kafka: Kafka, mongo_url: str, database_name: str) -> AsyncGenerator[Service]:
    await create_topics(each_kafka.servers, 3)
    key = signing_key()
    settings = settings_for(tmp_path, each_kafka, mongo_url, database_name, key)
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://claims") as http,
    ):
        yield Service(http, key, settings, app)


async def test_claims_go_out_over_the_wire(service: Service, each_kafka: Kafka) -> None:
    folder = service.settings.intake / TENANT
    folder.mkdir(parents=True)
    (folder / "day.837").write_bytes(generate(CLAIMS * 2)[TENANT])
    await service.until("/claims?status=waiting_coverage&limit=200", CLAIMS)

    running = service.app.state.running
    found = await running.runtime.store.find(running.spec.deciders[0], TENANT, {}, None, 200)
    bus = KafkaBus(each_kafka.servers, "test", idempotent=each_kafka.idempotent)
    await bus.start()
    await bus.send([to_record(events_topic("eligibility"), coverage_answer(state)) for _, state in found])
    await bus.stop()

    sent = await service.until("/claims?status=submitted&limit=200", CLAIMS)
    assert sum(one["charge_cents"] for one in sent) > 0
    assert list((service.settings.exchange / TENANT / "to_payer").glob("*.837"))
    status = await service.get("/internal/status")
    assert (status["parked"], status["dead_letters"], status["quarantined"]) == (0, 0, 0)
    journal = [line async for line in running.runtime.store.journal_since(None)]
    received = [line for line in journal if (line.document["event"] or {}).get("type") == "claim.received.v1"]
    assert len(received) == CLAIMS
    stored = TypeAdapter(ClaimReceived).validate_python(
        {**received[0].document["event"], "meta": received[0].document["meta"]}, strict=False
    )
    assert stored.lines > 0
