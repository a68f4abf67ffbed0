"""The whole eligibility service on memory: real shell, inbox, workers, loops and HTTP; payers are scripted."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pydantic import TypeAdapter

from services.eligibility.app import ROUTERS, STREAMS, make_spec
from services.eligibility.settings import EligibilitySettings
from shared.audit import Audit
from shared.auth import DEVELOPMENT_ISSUER, Authenticator
from shared.consumer import Consumer
from shared.contracts import TYPES, Event, Message
from shared.contracts.wire import events_topic, from_record, header_map, to_record
from shared.identity import Individual, SubscriberIdentity, seal_model
from shared.inbox import Inbox, Received
from shared.runtime import Running, Runtime
from shared.sealed import Pseudonyms, Sealer
from shared.sweep import Sweep
from shared.worker import Worker
from shared.x12.eligibility import Answer271, Benefit, Inquiry270, Payer, read_270, write_271
from tests.shared.apps import app_of
from tests.shared.harness import Machine
from tests.shared.sealing import PlainSealer

TENANT = "lakeside"
NOW = datetime(2026, 2, 20, 12, tzinfo=UTC)
ADA = SubscriberIdentity(
    subscriber=Individual(last_name="QUILLFEATHER", first_name="ADA", birth_date=date(1970, 1, 1), sex="F"),
    member_id="M0001",
)
IDENTITY = {
    "subscriber": {"last_name": "QUILLFEATHER", "first_name": "ADA", "birth_date": "1970-01-01", "sex": "F"},
    "member_id": "M0001",
}

Says: TypeAlias = Callable[[Inquiry270], Answer271 | int | None]
"""What a payer does with an inquiry: an answer, an HTTP status, or None for silence until time is over."""


def active(inquiry: Inquiry270, *more: Benefit, **changes: Any) -> Answer271:
    """Active coverage in answer to an inquiry, with more benefits."""
    fields: dict[str, Any] = {
        "trace_number": inquiry.trace_number,
        "payer": Payer(f"PLAN {inquiry.payer.id}", inquiry.payer.id),
        "provider": inquiry.provider,
        "subscriber": inquiry.subscriber,
        "member_id": inquiry.member_id,
        "dependent": inquiry.dependent,
        "relationship": inquiry.relationship,
        "benefits": (Benefit("1", "IND", ("30",), plan=f"PLAN OF {inquiry.payer.id}"), *more),
        "sender_id": inquiry.receiver_id,
        "receiver_id": inquiry.sender_id,
    }
    return Answer271(**(fields | changes))


class House:
    """One process of the service, its payers, and the topics around it. A given sealer is another service's too."""

    def __init__(self, root: Path, sealer: Sealer | None = None) -> None:
        self.machine, self.sealer = Machine(NOW), sealer or PlainSealer()
        self.asked: list[Inquiry270] = []
        self.payers: dict[str, Says] = {}
        self.root = root
        self._read = 0
        self._clients: list[httpx.AsyncClient] = []
        self._key = ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
        self.settings = EligibilitySettings(
            env="development",
            kafka="localhost:1",
            mongo="unused",
            jwks_file=root / "jwks.json",
            issuer=DEVELOPMENT_ISSUER,
            master_key_file=root / "master",
            pseudonym_key_file=root / "pseudonym",
            sandbox_url="http://payers",
        )
        self.runtime = Runtime(
            settings=self.settings,
            log=self.machine.log,
            clock=self.machine.clock,
            wall=self.machine.clock.wall,
            store=self.machine.store,
            bus=self.machine.bus,
            relay=self.machine.relay,
            shell=self.machine.shell,
            sealer=self.sealer,
            pseudonyms=Pseudonyms(b"a key of thirty-two bytes, at least"),
            audit=Audit(self.machine.store, self.machine.clock.wall),
            authenticator=Authenticator(KeySet([self._key]), DEVELOPMENT_ISSUER, "revcycle", production=False),
        )
        self.spec = make_spec(self.settings, httpx.MockTransport(self._receive))
        by_kind = {one.kind: one for one in self.spec.deciders}
        clock = self.machine.clock
        self.workers = [
            Worker(self.machine.shell, by_kind[kind], by_effect, clock, clock.wall, self.machine.log, "worker")
            for kind, by_effect in self.spec.performers(self.runtime).items()
        ]
        self.loops = self.spec.loops(self.runtime)
        self.inbox = Inbox(
            self.machine.shell, self.machine.bus, self.sealer, self.spec.routes, self.machine.log, clock.wall
        )
        self.sweep = Sweep(self.machine.bus, self.machine.store, clock, clock.wall)

    async def _receive(self, request: httpx.Request) -> httpx.Response:
        """What a test put in the place of `answer` is asked too."""
        return await self.answer(request)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """The clearinghouse: each inquiry goes to its payer."""
        inquiries = [one for one in read_270([request.content]) if isinstance(one, Inquiry270)]
        self.asked += inquiries
        said = [self.payers.get(one.payer.id, active)(one) for one in inquiries]
        if any(one is None for one in said):
            raise httpx.ReadTimeout("nothing came")
        refused = [one for one in said if isinstance(one, int)]
        if refused:
            return httpx.Response(refused[0])
        answers = [one for one in said if isinstance(one, Answer271)]
        return httpx.Response(200, content=write_271(answers, 1, self.machine.clock.time))

    async def hears(self, *events: Event) -> None:
        """Events of other services come in."""
        await self.machine.bus.send(tuple(to_record(events_topic(one.meta.source), one) for one in events))
        await self.settle()

    async def settle(self) -> None:
        """Records, deadlines and effects that are due, until nothing more happens. The business's time stands still."""
        for _ in range(60):
            self.machine.clock.wall_time += timedelta(minutes=1)
            done = await self._consume()
            for one in self.spec.deciders:
                if one.has_deadlines:
                    done += await self.sweep.run(one)
            for worker in self.workers:
                done += await worker.run_once()
            for loop in self.loops:
                done += await loop.step()
            if not done:
                return
        raise AssertionError("the service did not come to rest")

    async def _consume(self) -> int:
        records = self.machine.bus.records[self._read :]
        self._read += len(records)
        own = [r for r in records if r.topic in self.spec.topics]
        await self.inbox.handle([Received(r.topic, 0, n, r.key, r.value, r.headers) for n, r in enumerate(own)])
        return len(own)

    def events(self, *types: type[Message]) -> list[Any]:
        """The public events so far, of these types."""
        found: list[Any] = []
        for record in self.machine.bus.records:
            headers = header_map(record.headers)
            if record.topic == events_topic("eligibility"):
                kind = TYPES[headers["ce_type"]]
                found.append(from_record(TypeAdapter(kind), headers, record.value))
        return [one for one in found if not types or isinstance(one, types)]

    async def sealed(self, identity: SubscriberIdentity = ADA, account_id: str = "acct_1") -> str:
        return await seal_model(self.sealer, TENANT, account_id, identity)

    def client(self, *roles: str, tenant: str = TENANT) -> httpx.AsyncClient:
        """A caller of the API with these roles."""
        claims: dict[str, Any] = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": "revcycle",
            "sub": "biller_1",
            "tenant": tenant,
            "roles": list(roles or ("biller",)),
            "exp": 4_000_000_000,
        }
        token = jwt.encode({"alg": "ES256", "kid": "test"}, claims, self._key)
        app = app_of("eligibility", *ROUTERS, streams=STREAMS)
        consumer = Consumer(self.runtime.settings, "eligibility", self.spec.topics, self.inbox, self.machine.log)
        app.state.running = Running(self.runtime, self.spec, consumer, tuple(self.workers), ())
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://eligibility",
            headers={"authorization": f"Bearer {token}"},
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def question(coverage: str = "cov_1", payer: str = "RC101", day: str = "2026-03-03", **more: Any) -> dict[str, Any]:
    """A body of `POST /checks`."""
    return {
        "account_id": "acct_1",
        "coverage_id": coverage,
        "payer_id": payer,
        "billing_npi": "1234567893",
        "service_date": day,
        "identity": IDENTITY,
        **more,
    }


async def post(client: httpx.AsyncClient, path: str, body: object, key: str = "once") -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key})
