"""The payments service on memory with a clock that a test moves, its own topics read back, and deadlines swept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from services.payments.api import router
from services.payments.books_proof import prove_books
from services.payments.cash_api import cash
from services.payments.cash_parts import cash_parts
from services.payments.processor import Processor
from services.payments.settings import PaymentsSettings
from shared.consumer import Consumer
from shared.contracts import RemittanceReceived
from shared.inbox import Received
from shared.runtime import Running
from shared.sweep import Sweep
from shared.worker import Worker
from tests.payments.kit import meta
from tests.payments.world import TENANT, World, make_world, token
from tests.shared.apps import app_of

START = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The time of the business, set by the test."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


@dataclass
class Cashier:
    """One process, and the days it lives through."""

    world: World
    clock: Clock
    read: int = 0
    keys: int = 0
    app: FastAPI | None = None

    def use_processor(self, processor: Processor) -> None:
        """Effects go to this processor from now on."""
        world, runtime = self.world, self.world.runtime
        by_kind = {decider.kind: decider for decider in world.spec.deciders}
        made = cash_parts().performers(runtime, world.account_decider, processor)
        others = world.spec.performers(runtime)
        world.workers = [
            Worker(runtime.shell, by_kind[kind], effects, self.clock, runtime.wall, runtime.log, f"worker/{kind}")
            for kind, effects in {**others, **made}.items()
        ]

    async def settle(self) -> None:
        """Deadlines, records and effects until nothing more happens."""
        for _ in range(30):
            await self.world.settle()
            sweep = Sweep(self.world.bus, self.world.store, self.clock, self.world.runtime.wall)
            deadlines = [one for one in self.world.spec.deciders if one.has_deadlines]
            swept = sum([await sweep.run(decider) for decider in deadlines])
            if not await self._listen() and not swept:
                return
        raise AssertionError("the service did not come to rest")

    async def _listen(self) -> int:
        new = [one for one in self.world.bus.records[self.read :] if one.topic in self.world.spec.topics]
        self.read = len(self.world.bus.records)
        records: list[Received] = []
        for one in new:
            self.world.offset += 1
            records.append(Received(one.topic, 0, self.world.offset, one.key, one.value, one.headers))
        await self.world.inbox.handle(records)
        return len(records)

    async def days(self, count: int) -> None:
        """Every day is swept and settled."""
        for _ in range(count):
            self.clock.at += timedelta(1)
            await self.settle()

    async def post(
        self,
        path: str,
        body: Any = None,
        *roles: str,
        key: str | None = None,
        actor: str = "pat.poster",
        tenant: str = TENANT,
        content: bytes | None = None,
    ) -> httpx.Response:
        """One command with a key of its own, then everything that follows from it."""
        self.keys += 1
        headers = {
            **token(*(roles or ("poster",)), tenant=tenant, actor=actor),
            "Idempotency-Key": key or f"k{self.keys}",
        }
        async with self._client() as client:
            if content is not None:
                answer = await client.post(path, content=content, headers=headers)
            else:
                answer = await client.post(path, json=body, headers=headers)
        await self.settle()
        return answer

    async def made(self, path: str, body: Any = None, *roles: str, **more: Any) -> dict[str, Any]:
        """The answer of a command that must go well."""
        answer = await self.post(path, body, *roles, **more)
        assert answer.status_code in {200, 201, 202}, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def get(self, path: str, *roles: str, tenant: str = TENANT) -> Any:
        async with self._client() as client:
            answer = await client.get(path, headers=token(*(roles or ("poster",)), tenant=tenant))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fetched(self, path: str) -> httpx.Response:
        """A file."""
        async with self._client() as client:
            answer = await client.get(path, headers=token("poster"))
        assert answer.status_code == 200, answer.text
        return answer

    async def raw(self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Any:
        async with self._client() as client:
            return await client.request(method, path, content=content, headers=headers)

    def _client(self) -> httpx.AsyncClient:
        world = self.world
        self.app = app = self.app or app_of("payments", router, cash)
        consumer = Consumer(world.runtime.settings, "payments", world.spec.topics, world.inbox, world.runtime.log)
        app.state.running = Running(world.runtime, world.spec, consumer, world.workers, world.loops)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://payments")

    async def proof(self, tenant: str = TENANT) -> dict[str, Any]:
        """Both books tie out, each for itself and with each other; the cash book's balances."""
        world = self.world
        books = await prove_books(world.store, world.account_decider, cash_parts().deciders, tenant)
        assert books.proved, (books.ledger.discrepancies, books.cash.discrepancies)
        assert books.cash.at_rest
        return {account.value: cents for account, cents in sorted(books.cash.balances.items()) if cents}

    async def remitted(self, remittance: str, cents: int, trace: str, **changes: Any) -> None:
        """A remittance was read, and says so."""
        event = RemittanceReceived(
            meta=self.meta(f"remittance {remittance}"),
            remittance_id=remittance,
            payer_id="acme",
            trace_number=trace,
            payment_cents=cents,
            payment_date=changes.pop("on", self.clock.at.date()),
            claims=1,
            method=changes.pop("method", "ACH"),
        )
        await self.world.hear(event.model_copy(update=changes))
        await self.settle()

    def meta(self, name: str, tenant: str = TENANT) -> Any:
        return meta(name).model_copy(
            update={"source": "payments", "occurred_at": self.clock.at, "tenant": tenant, "sequence": 1}
        )


def make_cashier(root: Path, settings: PaymentsSettings | None = None) -> Cashier:
    clock = Clock()
    return Cashier(make_world(root, clock=clock, settings=settings), clock)
