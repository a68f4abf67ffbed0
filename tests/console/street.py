"""The console in front of the real claims and payments services, all on memory: what a click does, does it there."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from services.claims.api import router as claims_router
from services.claims.appeal_api import router as appeals
from services.claims.archive_api import router as archive
from services.claims.mend_api import router as mend
from services.claims.routing import routing_table
from services.claims.work_api import router as work
from services.claims.x12_api import router as x12
from services.console.calls import Services
from services.console.peers import Peers
from shared.contracts import EVENTS, Event
from shared.runtime import Running
from tests.claims.test_inquiries import accept_all
from tests.claims.test_partners import day, send
from tests.claims.world import World as ClaimsWorld
from tests.claims.world import make_world as claims_world
from tests.console.desk import Desk, make_desk
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import submitted
from tests.payments.world import KEY
from tests.shared.apps import app_of


@dataclass
class Street:
    """Console, claims and payments; `down` names services that cannot be reached, `slow` those that hang."""

    desk: Desk
    claims: ClaimsWorld
    cashier: Cashier
    transports: Mapping[str, httpx.AsyncBaseTransport]
    down: set[str] = field(default_factory=set[str])
    slow: set[str] = field(default_factory=set[str])
    calls: list[httpx.Request] = field(default_factory=list[httpx.Request])
    heard: int = 0

    def client_for(self, url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=Door(self, url), base_url=url)

    async def tell_console(self) -> None:
        """The console hears what the services have said."""
        events: list[Event] = [*self.claims.events(*EVENTS["claims"]), *self.cashier.world.events()]
        await self.desk.hears(events)

    def made(self) -> list[httpx.Request]:
        """The changes that were asked of the services."""
        return [one for one in self.calls if one.method != "GET"]


class Door(httpx.AsyncBaseTransport):
    """Leads to a service, unless it is down."""

    def __init__(self, street: Street, url: str) -> None:
        self._street, self._name, self._url = street, url.removeprefix("http://"), url

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._street.calls.append(request)
        inner = self._street.transports.get(self._name)
        if self._name in self._street.slow:
            if inner is not None:
                await inner.handle_async_request(request)
            raise httpx.ReadTimeout("too slow", request=request)
        if inner is None or self._name in self._street.down:
            raise httpx.ConnectError("refused", request=request)
        return await inner.handle_async_request(request)


@asynccontextmanager
async def open_street(root: Path, *, with_claims: bool = True) -> AsyncGenerator[Street]:
    """A day's claims are with the payer; two guarantors' accounts have a paid claim, and one that is open.

    Payments heard of them all; the console heard what both services said. Without `with_claims` the day sent none:
    that is quicker, for tests that are about the money.
    """
    claims = claims_world(root / "claims", key=KEY)
    if with_claims:
        await send(claims, day(3))
        await claims.acknowledge("a.277ca", accept_all(await claims.claims()))
    cashier = make_cashier(root / "payments")
    await cashier.world.hear(_sent("clm_a", "acct_1"), _sent("clm_b", "acct_2"))
    await cashier.world.hear(*claims.events(*EVENTS["claims"]))
    paid = answered("PCN-clm_a", 6_000, (("CO", "45", 2_000), ("PR", "2", 2_000)))
    await cashier.world.drop(era_file(check([paid])))
    await cashier.settle()
    desk = make_desk(root, None, KEY)
    transports = {"claims": _claims_app(claims), "payments": await _payments_app(cashier)}
    street = Street(desk, claims, cashier, transports)
    urls = {name: f"http://{name}" for name in ("eligibility", "claims", "payments", "collections")}
    desk.app.state.services = Services(urls, street.client_for)
    desk.app.state.peers = Peers(urls, street.client_for)
    await desk.hears([_sent("clm_a", "acct_1"), _sent("clm_b", "acct_2")])
    await street.tell_console()
    try:
        yield street
    finally:
        await desk.close()


def _sent(claim_id: str, account_id: str) -> Any:
    made = submitted(claim_id)
    meta = made.meta.model_copy(update={"source": "claims", "subject": f"claim/{claim_id}"})
    return made.model_copy(update={"meta": meta, "payer_id": "acme", "account_id": account_id})


def _claims_app(world: ClaimsWorld) -> httpx.AsyncBaseTransport:
    app = app_of("claims", claims_router, work, appeals, archive, x12, mend)
    app.state.running = Running(world.runtime, world.spec, None, (), ())  # type: ignore[arg-type]
    app.state.routing = routing_table()
    app.state.quotas = world.quotas
    app.state.upload_bytes_max = 1_000_000
    return httpx.ASGITransport(app=app)


async def _payments_app(cashier: Cashier) -> httpx.AsyncBaseTransport:
    await cashier.raw("GET", "/health/live")
    assert cashier.app is not None
    return httpx.ASGITransport(app=cashier.app)
