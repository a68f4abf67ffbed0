"""The client's portal: the practice of the token, everything of it, nothing of another, and nothing to press."""

import re
from collections.abc import AsyncGenerator
from html import unescape
from pathlib import Path

import pytest

from tests.console.street import Street, open_street

PATHS = (
    "/portal",
    "/portal/claims",
    "/portal/claims?status=paid",
    "/portal/claims/clm_a",
    "/portal/reports/aging",
    "/portal/reports/cash-receipts",
    "/portal/reports/adjustments",
    "/portal/reports/overdue",
    "/portal/fees",
)
STAFF = (
    "/claims",
    "/claims/clm_a",
    "/accounts/acct_1",
    "/money",
    "/events",
    "/system",
    "/remittances",
    "/find?q=clm_a",
    "/audit-log",
)


@pytest.fixture
async def street(tmp_path: Path) -> AsyncGenerator[Street]:
    """A day without claims of its own: these tests are about the money."""
    async with open_street(tmp_path, with_claims=False) as made:
        yield made


async def test_a_client_sees_its_own_and_can_change_nothing(street: Street) -> None:
    browser = street.desk.browser(roles=("client",))
    for path in PATHS:
        page = await browser.get(path)
        assert page.status_code == 200, path
        assert "cannot be reached" not in page.text
        assert page.text.count("<h1") == 1
        assert page.text.count("<table") == page.text.count("<caption"), path
        forms = re.findall(r'<form[^>]* action="([^"]+)" method="post"', page.text)
        assert set(forms) <= {"/logout", "/theme"}
        assert 'href="/claims' not in page.text
        assert 'href="/accounts' not in page.text


async def test_every_link_of_the_portal_is_the_clients(street: Street) -> None:
    browser = street.desk.browser(roles=("client",))
    seen: set[str] = set()
    wanted = ["/portal"]
    while wanted:
        path = wanted.pop()
        page = await browser.get(path)
        assert page.status_code == 200, path
        seen.add(path)
        links = {unescape(one) for one in re.findall(r'href="(/[^"#]+)"', page.text) if "/static/" not in one}
        wanted += [one for one in links - seen - set(wanted) if not one.startswith(("/login", "/portal/entries"))]
    assert "/portal/claims/clm_a" in seen


@pytest.mark.parametrize("path", STAFF)
async def test_the_pages_of_those_who_bill_are_not_the_clients(street: Street, path: str) -> None:
    assert (await street.desk.browser(roles=("client",)).get(path)).status_code == 403


async def test_the_console_begins_at_the_portal_for_a_client(street: Street) -> None:
    begins = await street.desk.browser(roles=("client",)).get("/")
    assert (begins.status_code, begins.headers["location"]) == (303, "/portal")


async def test_another_practice_sees_nothing_of_it_whatever_it_asks(street: Street) -> None:
    browser = street.desk.browser("northgate", ("client",))
    assert (await browser.get("/portal/claims/clm_a")).status_code == 404
    for query in ("tenant=lakeside", "client=lakeside", "client_id=lakeside&practice=lakeside"):
        text = (await browser.get(f"/portal/claims?{query}")).text
        assert "clm_" not in text
        aging = (await browser.get(f"/portal/reports/aging?{query}")).text
        assert "acme" not in aging
    asked = [str(one.url) for one in street.calls]
    assert asked
    assert not any("lakeside" in url for url in asked)


async def test_the_list_behind_a_figure_is_the_clients_too(street: Street) -> None:
    browser = street.desk.browser(roles=("client",))
    page = (await browser.get("/portal/reports/aging")).text
    url = unescape(next(one for one in re.findall(r'href="(/portal/entries/aging[^"]+)"', page) if "acme" in one))
    entries = await browser.get(url)
    assert entries.status_code == 200
    assert "acct_" in entries.text
    assert (await browser.get("/portal/entries/daysheet?first=2026-07-01&last=2026-07-02")).status_code == 404


async def test_a_client_may_not_ask_the_services_for_more(street: Street) -> None:
    headers = {"authorization": f"Bearer {street.desk.token(roles=('client',))}"}
    async with street.client_for("http://payments") as payments:
        for path in ("/accounts", "/accounts/acct_1", "/exports/accounts?first=2026-07-01&last=2026-07-02", "/tills"):
            assert (await payments.get(path, headers=headers)).status_code == 403, path
        assert (await payments.get("/books/aging", headers=headers)).status_code == 200
        closing = {**headers, "idempotency-key": "k"}
        assert (await payments.post("/fees/statements/2026-06/close", headers=closing)).status_code in {403, 404}
    async with street.client_for("http://claims") as claims:
        assert (await claims.get("/claims", headers=headers)).status_code == 403


@pytest.mark.parametrize("month", ["2026-13", "soon", "2026-07-01", "..%2Fcontracts", "٢٠٢٦-٠٧"])
async def test_a_month_that_is_none_has_no_statement(street: Street, month: str) -> None:
    assert (await street.desk.browser(roles=("client",)).get(f"/portal/fees/{month}")).status_code == 404


async def test_payments_that_is_down_leaves_the_claims(street: Street) -> None:
    street.down.add("payments")
    browser = street.desk.browser(roles=("client",))
    page = (await browser.get("/portal")).text
    assert "Payments cannot be reached." in page
    assert "/portal/claims?status=paid" in page
