"""The whole console on memory: the real inbox, shell, store and pages; only servers are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.console.app import furnish, make_spec
from services.console.peers import ClientFactory
from services.console.settings import ConsoleSettings
from shared.audit import Audit
from shared.auth import DEVELOPMENT_ISSUER, Authenticator
from shared.consumer import Consumer
from shared.contracts import Event
from shared.contracts.wire import events_topic, to_record
from shared.http import bare_app
from shared.inbox import Inbox, Received
from shared.runtime import Running, Runtime, Spec
from shared.sealed import Pseudonyms
from tests.console.story import START
from tests.shared.apps import keep_routes
from tests.shared.harness import Machine
from tests.shared.sealing import PlainSealer

EVERY_ROLE = ("biller", "collector", "operator")
PAGE = {"accept": "text/html"}


@dataclass
class Desk:
    """One process of the console, and the browsers that look at it."""

    machine: Machine
    running: Running
    app: FastAPI
    key: ECKey
    clients: list[httpx.AsyncClient] = field(default_factory=list[httpx.AsyncClient])

    async def hears(self, events: Sequence[Event]) -> None:
        """Records come in from the topics, in this order."""
        records = [to_record(events_topic(event.meta.source), event) for event in events]
        received = [Received(r.topic, 0, n, r.key, r.value, r.headers) for n, r in enumerate(records)]
        await self.inbox.handle(received)

    @property
    def inbox(self) -> Inbox:
        runtime = self.running.runtime
        return Inbox(runtime.shell, runtime.bus, runtime.sealer, self.running.spec.routes, runtime.log, runtime.wall)

    def token(self, tenant: str = "lakeside", roles: Sequence[str] = EVERY_ROLE, **claims: Any) -> str:
        """An access token, as the development provider signs it."""
        body: dict[str, Any] = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": "revcycle",
            "sub": "pat_biller",
            "tenant": tenant,
            "roles": list(roles),
            "exp": 4_000_000_000,
            **claims,
        }
        return jwt.encode({"alg": "ES256", "kid": "test"}, body, self.key)

    def browser(self, tenant: str | None = "lakeside", roles: Sequence[str] = EVERY_ROLE) -> httpx.AsyncClient:
        """A browser that is signed in to a tenant by an Authorization header; None: a stranger."""
        headers = PAGE if tenant is None else {**PAGE, "authorization": f"Bearer {self.token(tenant, roles)}"}
        transport = httpx.ASGITransport(self.app)
        client = httpx.AsyncClient(transport=transport, base_url="http://console", headers=headers)
        self.clients.append(client)
        return client

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()


def nobody_answers(url: str) -> httpx.AsyncClient:
    """Services that are down, without asking a network."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    return httpx.AsyncClient(transport=httpx.MockTransport(refuse), base_url=url)


def make_desk(root: Path, client_for: ClientFactory | None = None, signing: ECKey | None = None) -> Desk:
    """A console on memory that has heard nothing yet."""
    machine = Machine(START)
    key = signing or ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
    settings = make_settings(root)
    runtime = make_runtime(machine, settings, key)
    running = running_on(runtime, make_spec())
    app = keep_routes(furnish(bare_app("console"), settings, client_for or nobody_answers), "console")
    app.state.running = running
    return Desk(machine, running, app, key)


def make_settings(root: Path) -> ConsoleSettings:
    return ConsoleSettings(
        env="development",
        kafka="localhost:1",
        mongo="unused",
        jwks_file=root / "jwks.json",
        issuer=DEVELOPMENT_ISSUER,
        master_key_file=root / "master",
        pseudonym_key_file=root / "pseudonym",
        eligibility_url="http://eligibility",
        claims_url="http://claims",
        payments_url="http://payments",
        collections_url="http://collections",
        totals_rest_seconds=0,
    )


def make_runtime(machine: Machine, settings: ConsoleSettings, key: ECKey) -> Runtime:
    return Runtime(
        settings=settings,
        log=machine.log,
        clock=machine.clock,
        wall=machine.clock.wall,
        store=machine.store,
        bus=machine.bus,
        relay=machine.relay,
        shell=machine.shell,
        sealer=PlainSealer(),
        pseudonyms=Pseudonyms(b"k" * 32),
        audit=Audit(machine.store, machine.clock.wall),
        authenticator=Authenticator(
            KeySet([ECKey.import_key(key.as_dict(private=False))]), DEVELOPMENT_ISSUER, "revcycle", production=False
        ),
    )


def running_on(runtime: Runtime, spec: Spec) -> Running:
    """A started service whose consumer never connects."""
    inbox = Inbox(runtime.shell, runtime.bus, runtime.sealer, spec.routes, runtime.log, runtime.wall)
    return Running(runtime, spec, Consumer(runtime.settings, spec.name, spec.topics, inbox, runtime.log), (), ())
