"""The system page: real services' health edges on memory, and services that are down."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from services.console.peers import Peers
from shared.contracts.wire import to_record
from shared.http import bare_app
from shared.inbox import Inbox, Received, route
from shared.runtime import Spec
from tests.console.desk import Desk, make_desk, make_runtime, make_settings, running_on
from tests.console.story import START
from tests.shared.harness import Machine
from tests.shared.till import TILL, Pay, pay

SPEC = Spec(name="claims", deciders=(TILL,), routes=route(TILL, Pay), topics=("claims.commands.v1",))


async def claims_service(root: Path, desk: Desk) -> httpx.AsyncBaseTransport:
    """A service with a parked aggregate, a buried record, and a quarantined file of each tenant."""
    machine = Machine(START)
    runtime = make_runtime(machine, make_settings(root), desk.key)
    app = bare_app("claims")
    app.state.running = running_on(runtime, SPEC)
    records = [to_record("claims.commands.v1", pay(f"r{cents}", cents)) for cents in (1, 666)]
    poison = Received("claims.commands.v1", 3, 7, None, b'{"till": "Mrs. Secret"}', records[0].headers)
    inbox = Inbox(runtime.shell, runtime.bus, runtime.sealer, SPEC.routes, runtime.log, runtime.wall)
    good = [Received(r.topic, 0, n, r.key, r.value, r.headers) for n, r in enumerate(records)]
    await inbox.handle([*good, poison])
    await machine.store.note("quarantine", "lakeside", "file_1", {"reason": "not an 837", "position": 106})
    await machine.store.note("quarantine", "northgate", "file_2", {"reason": "of another tenant"})
    return httpx.ASGITransport(app)


def time_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too slow", request=request)


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.fixture
async def watching(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A console whose claims service runs, collections hangs and the others are down."""
    transports: dict[str, httpx.AsyncBaseTransport] = {"http://collections": httpx.MockTransport(time_out)}

    def client_for(url: str) -> httpx.AsyncClient:
        transport = transports.get(url, httpx.MockTransport(refuse))
        return httpx.AsyncClient(transport=transport, base_url=url)

    desk = make_desk(tmp_path, client_for)
    transports["http://claims"] = await claims_service(tmp_path, desk)
    yield desk
    await desk.close()


async def test_every_service_is_a_row_and_what_is_down_says_so(watching: Desk) -> None:
    page = await watching.browser().get("/system")
    assert page.status_code == 200
    for name in ("eligibility", "claims", "payments", "collections", "console"):
        assert f'<th scope="row">{name}</th>' in page.text
    assert page.text.count("cannot be reached") == 2
    assert page.text.count("does not answer in time") == 1


async def test_what_waits_in_a_service_is_shown_without_its_content(watching: Desk) -> None:
    text = (await watching.browser().get("/system")).text
    assert "BrokenRuleError at till.py" in text
    assert "claims.commands.v1" in text
    assert "not an 837" in text
    assert "of another tenant" not in text
    assert "Mrs. Secret" not in text
    assert "sealed" not in text


async def test_a_service_that_refuses_the_token_is_a_remark(watching: Desk, tmp_path: Path) -> None:
    stranger = make_desk(tmp_path)
    claims = await claims_service(tmp_path, stranger)

    def client_for(url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=claims, base_url=url)

    watching.app.state.peers = Peers({"claims": "http://claims"}, client_for)
    text = (await watching.browser().get("/system")).text
    assert "answers 401 to this token" in text
