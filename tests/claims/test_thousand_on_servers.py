"""The thousand claims on a real broker and store: tables and rules by HTTP, faults held, the others submitted."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from revcycle.stack.topics import create_topics
from services.claims.app import create_app
from shared.bus.kafka import KafkaBus
from shared.contracts.wire import events_topic, to_record
from tests.claims.test_on_servers import settings_for
from tests.claims.test_thousand import answer, number_of
from tests.claims.thousand import CLAIMS, LARGE, MUE, PTP, TENANT, file_of, planted, restrictions
from tests.claims.world import ISSUER, signing_key
from tests.servers import Kafka

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]
PATIENCE_SECONDS = 300


class Caller:
    """An operator who is a biller too, and who waits."""

    def __init__(self, http: httpx.AsyncClient, key: ECKey, app: Any) -> None:
        self._http, self._key, self.app = http, key, app

    async def send(self, path: str, body: bytes) -> Any:
        claims = {"iss": ISSUER, "aud": "revcycle", "sub": "t", "tenant": TENANT, "exp": int(time.time()) + 900}
        token = jwt.encode({"alg": "ES256", "kid": "test"}, {**claims, "roles": ["biller", "operator"]}, self._key)
        key = hashlib.sha256(path.encode() + body).hexdigest()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        answered = await self._http.post(path, content=body, headers=headers)
        answered.raise_for_status()
        return answered.json()

    async def count(self, status: str) -> int:
        running = self.app.state.running
        counted: int = await running.runtime.store.count(running.spec.deciders[0], TENANT, {"status": status})
        return counted

    async def until(self, **wanted: int) -> None:
        """Until so many claims are in each status."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := {status: await self.count(status) for status in wanted}) != wanted:
            assert time.monotonic() < end, f"{found} instead of {wanted}"
            await asyncio.sleep(0.3)


@pytest.fixture
async def caller(tmp_path: Path, each_kafka: Kafka, mongo_url: str, database_name: str) -> AsyncGenerator[Caller]:
    await create_topics(each_kafka.servers, 3)
    key = signing_key()
    app = create_app(settings_for(tmp_path, each_kafka, mongo_url, database_name, key))
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://c") as http:
        yield Caller(http, key, app)


async def test_a_thousand_claims_with_thirty_faults_on_the_stack(
    caller: Caller, each_kafka: Kafka, tmp_path: Path
) -> None:
    claims, expected = planted()
    runtime = caller.app.state.running.runtime
    for kind, content in (("ptp", PTP), ("mue", MUE)):
        await caller.send(f"/reference/{kind}", content.encode())
    await caller.send("/rules", json.dumps(LARGE).encode())
    activation = {"version": 1, "valid_from": "2026-01-01", "reason": "agreed with revenue integrity"}
    await caller.send(f"/rules/{LARGE['id']}/activate", json.dumps(activation).encode())
    for body in restrictions(claims, expected):
        await caller.send("/restrictions", json.dumps(body).encode())
    await tables_loaded(caller)

    folder = tmp_path / "intake" / TENANT
    folder.mkdir(parents=True)
    (folder / "day.837").write_bytes(file_of(claims))
    by_answer = 4
    await caller.until(held=30 - by_answer, waiting_coverage=CLAIMS - 30 + by_answer)

    claim = caller.app.state.running.spec.deciders[0]
    waiting = await runtime.store.find(claim, TENANT, {"status": "waiting_coverage"}, None, CLAIMS)
    bus = KafkaBus(each_kafka.servers, "test", idempotent=each_kafka.idempotent)
    await bus.start()
    await bus.send([to_record(events_topic("eligibility"), answer(state, expected)) for _, state in waiting])
    await bus.stop()

    await caller.until(held=30, submitted=CLAIMS - 30)
    held = await runtime.store.find(claim, TENANT, {"status": "held"}, None, CLAIMS)
    assert {number_of(state): {hold.rule for hold in state.holds} for _, state in held} == {
        number: {rule} for number, rule in expected.items()
    }


async def tables_loaded(caller: Caller) -> None:
    """Wait until both tables count."""
    jobs = next(decider for decider in caller.app.state.running.spec.deciders if decider.kind == "rules_job")
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = await caller.app.state.running.runtime.store.find(jobs, TENANT, {"what": "reference"}, None, 10)
        if len(found) == 2 and all(state.status == "done" for _, state in found):
            return
        assert time.monotonic() < end, "the tables were not read"
        await asyncio.sleep(0.2)
