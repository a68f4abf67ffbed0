"""The audit log's pages: every service's records in one list, searched, paged, and verified."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from shared.auth import Principal
from shared.http import bare_app
from tests.console.desk import Desk, make_desk, make_runtime, make_settings, running_on
from tests.console.story import START
from tests.console.test_system import SPEC, refuse
from tests.shared.harness import Machine

AUDITOR = ("auditor",)


def somebody(actor: str, tenant: str = "lakeside") -> Principal:
    return Principal(tenant, actor, frozenset({"biller"}))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A console whose claims service has a log, the others being down."""
    transports: dict[str, httpx.AsyncBaseTransport] = {}

    def client_for(url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transports.get(url, httpx.MockTransport(refuse)), base_url=url)

    desk = make_desk(tmp_path, client_for)
    machine = Machine(START)
    runtime = make_runtime(machine, make_settings(tmp_path), desk.key)
    app = bare_app("claims")
    app.state.running = running_on(runtime, SPEC)
    transports["http://claims"] = httpx.ASGITransport(app)
    desk.app.state.claims = runtime
    for n in range(3):
        await runtime.audit.record(somebody("ann"), "claim.hold", f"claim/clm_{n}", "<b>the chart is missing</b>")
    await runtime.audit.record(somebody("mallory", "northgate"), "claim.hold", "claim/clm_9")
    await desk.running.runtime.audit.record(somebody("bob"), "console.login", "actor/bob", kind="sign-in")
    yield desk
    await desk.close()


async def test_the_logs_of_all_services_are_one_list(desk: Desk) -> None:
    page = await desk.browser(roles=AUDITOR).get("/audit-log")
    assert page.status_code == 200
    assert page.text.count("claim.hold") == 3
    assert "console.login" in page.text
    assert "&lt;b&gt;the chart" in page.text, "what somebody typed is text"
    assert "mallory" not in page.text
    assert "Not shown: payments cannot be reached." in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("log=security", 1),
        ("actor=ann", 3),
        ("subject=claim/clm_1", 1),
        ("service=claims&kind=write", 3),
        ("service=console&kind=write", 0),
        ("first=2030-01-01", 0),
        ("last=2030-01-01&actor=bob", 1),
    ],
)
async def test_the_log_is_searched(desk: Desk, query: str, found: int) -> None:
    page = await desk.browser(roles=AUDITOR).get(f"/audit-log?{query}")
    assert page.text.count('<th scope="row">') == found


async def test_the_log_is_paged_over_services(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.audit_log.ROWS", 2)
    browser, path, seen = desk.browser(roles=AUDITOR), "/audit-log?actor=ann", list[str]()
    while path:
        page = (await browser.get(path)).text
        seen += re.findall(r"claim/clm_\d", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == ["claim/clm_2", "claim/clm_1", "claim/clm_0"]


async def test_a_log_that_somebody_changed_is_not_whole(desk: Desk) -> None:
    browser = desk.browser(roles=AUDITOR)
    good = (await browser.get("/audit-log/verification")).text
    assert "claims: whole" in good
    assert "console: whole" in good
    assert "Not verified: payments cannot be reached." in good
    notes = desk.app.state.claims.store._notes["audit"]
    notes[sorted(name for name in notes if notes[name]["tenant"] == "lakeside")[2]]["actor"] = "nobody"
    bad = (await browser.get("/audit-log/verification")).text
    assert "claims: not whole" in bad
    assert "at 3: the record was changed" in bad


async def test_only_auditors_and_operators_see_it(desk: Desk) -> None:
    assert (await desk.browser(roles=("biller",)).get("/audit-log")).status_code == 403
    assert "/audit-log" not in (await desk.browser(roles=("biller",)).get("/")).text
    assert "/audit-log" in (await desk.browser(roles=AUDITOR).get("/")).text
    wrong = await desk.browser(roles=AUDITOR).get("/audit-log?first=soon")
    assert (wrong.status_code, "is a day" in wrong.text, "soon" in wrong.text) == (422, True, False)
