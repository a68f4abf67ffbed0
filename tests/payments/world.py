"""The whole payments service on memory: all but broker and server is the real thing."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pydantic import TypeAdapter

from services.payments.api import router
from services.payments.app import make_spec
from services.payments.core.account import AccountDecider
from services.payments.core.account_state import Account
from services.payments.core.remittance import REMITTANCE, Remittance
from services.payments.proof import Proof, prove_ledger
from services.payments.settings import PaymentsSettings
from shared.audit import Audit
from shared.auth import Authenticator
from shared.bus.memory import MemoryBus
from shared.clock import Clock
from shared.consumer import Consumer
from shared.contracts import TYPES, Event, Message
from shared.contracts.wire import events_topic, from_record, header_map, to_record
from shared.inbox import Inbox, Received
from shared.log import configure_logs
from shared.relay import Relay
from shared.runtime import Loop, Running, Runtime, Spec
from shared.sealed import Pseudonyms
from shared.shell import Shell
from shared.store.memory import MemoryStore
from shared.store.port import Store
from shared.worker import Worker
from tests.shared.apps import app_of
from tests.shared.sealing import PlainSealer

TENANT = "lakeside"
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
WALL = datetime(2030, 1, 1, tzinfo=UTC)
ISSUER = "urn:revcycle:development"
KEY = ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)


class StillClock:
    """The time of the business does not move in these tests."""

    def now(self) -> datetime:
        return NOW


def token(*roles: str, tenant: str = TENANT, actor: str = "pat.poster") -> dict[str, str]:
    """The header of a caller with these roles."""
    claims = {
        "iss": ISSUER,
        "aud": "revcycle",
        "exp": 4_000_000_000,
        "sub": actor,
        "tenant": tenant,
        "roles": list(roles),
    }
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'ES256', 'kid': 'test'}, claims, KEY)}"}


@dataclass
class World:
    """One process of the service; a second one on the same store takes over from it."""

    runtime: Runtime
    spec: Spec
    store: Store
    bus: MemoryBus
    inbox: Inbox
    workers: Sequence[Worker]
    loops: Sequence[Loop]
    exchange: Path
    sealer: PlainSealer
    offset: int = 0

    @property
    def account_decider(self) -> AccountDecider:
        return cast("AccountDecider", self.spec.deciders[0])

    async def hear(self, *events: Message) -> None:
        """Records come over the topics, as other services sent them."""
        await self.inbox.handle(self.records(*events))
        await self.settle()

    def records(self, *events: Message) -> list[Received]:
        """Events as a consumer gets them."""
        batch: list[Received] = []
        for event in events:
            record = to_record(events_topic(event.meta.source), event)
            self.offset += 1
            batch.append(Received(record.topic, 0, self.offset, record.key, record.value, record.headers))
        return batch

    async def drop(self, content: bytes, name: str = "acme.835", tenant: str = TENANT) -> None:
        """The clearinghouse leaves a file."""
        folder = self.exchange / tenant / "eras"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        await self.settle()

    async def settle(self, rounds: int = 60) -> None:
        """Loops and effects until nothing more happens."""
        for _ in range(rounds):
            done = sum([await loop.step() for loop in self.loops])
            done += sum([await worker.run_once() for worker in self.workers])
            if not done:
                return
        raise AssertionError("the service did not come to rest")

    async def accounts(self, tenant: str = TENANT) -> list[Account]:
        return [state for _, state in await self.store.find(self.account_decider, tenant, {}, None, 10_000)]

    async def remittances(self, tenant: str = TENANT) -> list[Remittance]:
        return [state for _, state in await self.store.find(REMITTANCE, tenant, {}, None, 10_000)]

    async def proof(self, tenant: str = TENANT) -> Proof:
        return await prove_ledger(self.store, self.account_decider, tenant)

    def events(self) -> list[Event]:
        """Everything published, in order."""
        found: list[Event] = []
        for record in self.bus.records:
            headers = header_map(record.headers)
            adapter: TypeAdapter[Any] = TypeAdapter(TYPES[headers["ce_type"]])
            found.append(from_record(adapter, headers, record.value))
        return found

    def counted(self) -> dict[str, int]:
        """How many events of each kind were published."""
        names = [type(event).__name__ for event in self.events()]
        return {name: names.count(name) for name in sorted(set(names))}

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        app = app_of("payments", router)
        consumer = Consumer(self.runtime.settings, "payments", self.spec.topics, self.inbox, self.runtime.log)
        app.state.running = Running(self.runtime, self.spec, consumer, self.workers, self.loops)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://payments") as client:
            yield client


def make_settings(root: Path, **more: Any) -> PaymentsSettings:
    """What a process in this folder is told."""
    return PaymentsSettings(
        env="development",
        kafka="unused:9092",
        mongo="unused",
        jwks_file=root / "jwks.json",
        issuer=ISSUER,
        master_key_file=root / "master",
        pseudonym_key_file=root / "pseudonym",
        exchange=root / "exchange",
        **more,
    )


def make_world(
    root: Path,
    before: World | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
    settings: PaymentsSettings | None = None,
) -> World:
    """A process on memory, or on the given store; give the one before to continue where it ended."""
    settings = settings or make_settings(root)
    seconds = count()

    def wall() -> datetime:
        return WALL + timedelta(seconds=next(seconds))

    store = store or (before.store if before else MemoryStore(NOW))
    sealer = before.sealer if before else PlainSealer()
    bus, clock, log = MemoryBus(), clock or StillClock(), configure_logs("test", "ERROR")
    relay = Relay(bus, store, wall, f"payments-{uuid4()}")
    runtime = Runtime(
        settings=settings,
        log=log,
        clock=clock,
        wall=wall,
        store=store,
        bus=bus,
        relay=relay,
        shell=Shell(store, relay, log),
        sealer=sealer,
        pseudonyms=Pseudonyms(b"a key of thirty-two bytes, at least"),
        audit=Audit(store, wall),
        authenticator=Authenticator(KeySet([KEY]), ISSUER, "revcycle", production=False),
    )
    spec = make_spec(settings)
    by_kind = {decider.kind: decider for decider in spec.deciders}
    workers = [
        Worker(runtime.shell, by_kind[kind], by_effect, clock, wall, log, f"worker/{kind}")
        for kind, by_effect in spec.performers(runtime).items()
    ]
    inbox = Inbox(runtime.shell, bus, sealer, spec.routes, log, wall)
    return World(runtime, spec, store, bus, inbox, workers, spec.loops(runtime), settings.exchange, sealer)
