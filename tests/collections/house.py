"""The whole collections service on memory: real shell, sweep, inbox, worker, folders; only servers are missing."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pypdf import PdfReader

from services.collections.api import router
from services.collections.app import make_spec
from services.collections.assistance_api import assistance
from services.collections.books import HouseBooks, read_books
from services.collections.core import Channel
from services.collections.core.agency_policy import NO_AGENCIES, AgencyBook
from services.collections.outlets import Outlet
from services.collections.policies import policy_book
from services.collections.policy_api import policy_routes
from services.collections.routers import people
from services.collections.settings import CollectionsSettings
from shared.audit import Audit
from shared.auth import DEVELOPMENT_ISSUER, Authenticator
from shared.consumer import Consumer
from shared.contracts import PatientBalanceChanged
from shared.contracts.wire import events_topic, to_record
from shared.identity import Guarantor, PostalAddress, seal_model
from shared.inbox import Inbox, Received
from shared.runtime import Running, Runtime, Spec
from shared.sealed import Pseudonyms
from shared.sweep import Sweep
from shared.worker import Worker
from tests.collections.story import ACCOUNT, TENANT, at, balance
from tests.shared.apps import app_of
from tests.shared.harness import Machine
from tests.shared.sealing import PlainSealer

POLICY_ROUTES = policy_routes(policy_book())
MARY = Guarantor(
    name="MARY  Q\nEXAMPLE",
    address=PostalAddress(line1="12 Elm Street", line2="", city="Springfield", state="IL", postal_code="62701"),
    phone="217-555-0100",
)


@dataclass
class House:
    """One process of the service, and the days it lives through."""

    machine: Machine
    runtime: Runtime
    spec: Spec
    sealer: PlainSealer
    exchange: Path
    key: ECKey
    workers: tuple[Worker, ...]
    inbox: Inbox
    sweep: Sweep
    outlets: dict[Channel, Outlet]
    books: HouseBooks
    sequence: int = 0
    read: int = 0
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def owes(
        self,
        cents: int,
        *,
        guarantor: Guarantor | None = MARY,
        sealed: str | None = None,
        tenant: str = TENANT,
        account_id: str = ACCOUNT,
    ) -> None:
        """A balance comes in from the topic of payments."""
        self.sequence += 1
        if guarantor is not None and sealed is None:
            sealed = await seal_model(self.sealer, tenant, account_id, guarantor)
        day = (self.machine.clock.time - at(0)).days
        message = balance(day, cents, self.sequence, tenant=tenant, guarantor=sealed, account_id=account_id)
        await self.receives(message)

    async def receives(self, message: PatientBalanceChanged) -> None:
        await self.machine.bus.send((to_record(events_topic("payments"), message),))
        await self.settle()

    async def lives_to(self, day: int) -> None:
        """Every day is swept and settled."""
        while self.machine.clock.time < at(day):
            self.machine.clock.time += timedelta(1)
            await self.settle()

    async def settle(self) -> None:
        """Deadlines, records and effects until nothing more happens. The machine's own time goes on."""
        for _ in range(20):
            self.machine.clock.wall_time += timedelta(minutes=1)
            done = sum([await self.sweep.run(decider) for decider in self.spec.deciders]) + await self._consume()
            done += sum([await worker.run_once() for worker in self.workers])
            if not done:
                return
        raise AssertionError("the service did not come to rest")

    async def _consume(self) -> int:
        records = self.machine.bus.records[self.read :]
        self.read += len(records)
        own = [r for r in records if r.topic in self.spec.topics]
        await self.inbox.handle([Received(r.topic, 0, n, r.key, r.value, r.headers) for n, r in enumerate(own)])
        return len(own)

    def events(self) -> list[str]:
        """The types of the public events so far."""
        topic = events_topic("collections")
        return [dict(r.headers)["ce_type"].decode() for r in self.machine.bus.records if r.topic == topic]

    def files(self, folder: str, tenant: str = TENANT) -> dict[str, str]:
        path = self.exchange / tenant / folder
        return {file.name: text_of(file) for file in sorted(path.glob("*.*"))} if path.is_dir() else {}

    def client(self, *roles: str, tenant: str = TENANT, sub: str = "collector_1") -> httpx.AsyncClient:
        """A caller of the API with these roles."""
        claims: dict[str, Any] = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": "revcycle",
            "sub": sub,
            "tenant": tenant,
            "roles": list(roles),
            "exp": 4_000_000_000,
        }
        token = jwt.encode({"alg": "ES256", "kid": "test"}, claims, self.key)
        app = app_of("collections", router, people, assistance, POLICY_ROUTES)
        app.state.books = self.books
        consumer = Consumer(self.runtime.settings, "collections", self.spec.topics, self.inbox, self.machine.log)
        app.state.running = Running(self.runtime, self.spec, consumer, self.workers, ())
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://collections",
            headers={"authorization": f"Bearer {token}"},
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def text_of(file: Path) -> str:
    """What somebody reads who has the file."""
    if file.suffix != ".pdf":
        return file.read_text()
    return "\n".join(page.extract_text() for page in PdfReader(file).pages)


def make_house(root: Path, agencies: AgencyBook = NO_AGENCIES) -> House:
    """A process on memory, on day 0 of the story."""
    machine, sealer = Machine(at(0)), PlainSealer()
    key = ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
    settings = CollectionsSettings(
        env="development",
        kafka="localhost:1",
        mongo="unused",
        jwks_file=root / "jwks.json",
        issuer=DEVELOPMENT_ISSUER,
        master_key_file=root / "master",
        pseudonym_key_file=root / "pseudonym",
        exchange=root / "exchange",
    )
    runtime = Runtime(
        settings=settings,
        log=machine.log,
        clock=machine.clock,
        wall=machine.clock.wall,
        store=machine.store,
        bus=machine.bus,
        relay=machine.relay,
        shell=machine.shell,
        sealer=sealer,
        pseudonyms=Pseudonyms(b"a key of thirty-two bytes, at least"),
        audit=Audit(machine.store, machine.clock.wall),
        authenticator=Authenticator(KeySet([key]), DEVELOPMENT_ISSUER, "revcycle", production=False),
    )
    outlets: dict[Channel, Outlet] = {}
    books = read_books(settings)._replace(agencies=agencies)
    spec = make_spec(settings, outlets, books)
    deciders = {decider.kind: decider for decider in spec.deciders}
    workers = tuple(
        Worker(machine.shell, deciders[kind], performers, machine.clock, machine.clock.wall, machine.log, kind)
        for kind, performers in spec.performers(runtime).items()
    )
    inbox = Inbox(machine.shell, machine.bus, sealer, spec.routes, machine.log, machine.clock.wall)
    sweep = Sweep(machine.bus, machine.store, machine.clock, machine.clock.wall)
    return House(machine, runtime, spec, sealer, settings.exchange, key, workers, inbox, sweep, outlets, books)
