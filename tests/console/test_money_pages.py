"""The money pages before the real ledger: every number opens the list behind it, and the list adds up to it."""

import re
from html import unescape
from urllib.parse import unquote

import httpx
import pytest

from tests.console.desk import Desk
from tests.console.street import Street
from tests.console.test_account_pages import KEYS
from tests.payments.eras import answered, check, era_file

ROLES = ("biller", "poster", "collector", "operator")
PATHS = (
    "/money",
    "/money/aging?by=payer&as_of=2026-07-01",
    "/money/aging?by=guarantor&base=bill&side=patient",
    "/money/reports/overdue",
    "/money/reports/daysheet",
    "/money/reports/cash-receipts?first=2026-07-01&last=2026-07-31",
    "/money/reports/indicators",
    "/money/reports/credits",
    "/money/reports/unbilled",
    "/money/reports/pre-billing",
    "/money/denials",
    "/money/denials/claims",
    "/money/deposits?status=late",
    "/money/cash",
    "/money/cash?kind=credit",
    "/money/unmatched",
)


async def shown(street: Street, path: str, **more: str) -> httpx.Response:
    return await street.desk.browser(roles=ROLES).get(path, headers=more)


async def test_every_page_of_money_is_drawn(street: Street) -> None:
    for path in PATHS:
        page = await shown(street, path)
        assert page.status_code == 200, path
        assert "cannot be reached" not in page.text, path
        assert page.text.count("<h1") == 1
        assert page.text.count("<table") == page.text.count("<caption"), path


def cents_of(text: str) -> int:
    whole = text.replace("$", "").replace(",", "").replace("−", "-").replace(".", "")
    return int(whole)


async def test_every_figure_of_the_aging_is_the_sum_of_the_list_behind_it(street: Street) -> None:
    page = (await shown(street, "/money/aging")).text
    assert "ties to the ledger" in page
    figures = re.findall(r'<td class="n"><a href="([^"]+)"[^>]*>([^<]+)</a>', page)
    assert len(figures) >= 10
    told = 0
    for url, figure in {(unescape(url), figure) for url, figure in figures if cents_of(figure)}:
        behind = (await shown(street, url)).text
        found = re.search(r"together <strong>([^<]+)</strong>", behind)
        assert found, url
        assert cents_of(found[1]) == cents_of(figure), unquote(url)
        told += 1
    assert told >= 3


async def test_a_bar_of_the_chart_leads_to_its_entries(street: Street) -> None:
    page = (await shown(street, "/money")).text
    bars = re.findall(r'<a href="(/money/entries/aging[^"]+)" aria-label="([^"]+)"', page)
    assert bars
    url, label = next((unescape(url), label) for url, label in bars if "$0.00" not in label)
    assert "acct_" in (await shown(street, url)).text
    assert re.search(r": −?\$[\d,]+\.\d\d$", label)


@pytest.mark.parametrize(
    "path",
    ["/money/aging?by=secretly", "/money/aging?as_of=2026-13-01", "/money/reports/daysheet?first=soon&last=later",
     "/money/deposits?status=secretly", "/money/cash?kind=secretly"],
)  # fmt: skip
async def test_a_filter_that_cannot_be_is_refused(street: Street, path: str) -> None:
    refused = await shown(street, path)
    assert refused.status_code == 422
    assert "The filter" in refused.text


@pytest.mark.parametrize("path", ["/money/reports/secretly", "/money/entries/secretly", "/money/deposits/dep_gone"])
async def test_what_is_not_there_is_not_there(street: Street, path: str) -> None:
    assert (await shown(street, path)).status_code == 404


async def test_payments_that_is_down_is_said_and_denials_work(street: Street) -> None:
    street.down.add("payments")
    for path in ("/money", "/money/aging", "/money/cash", "/money/deposits", "/money/unmatched"):
        page = await shown(street, path)
        assert page.status_code == 200
        assert "Payments cannot be reached." in page.text
    assert (await shown(street, "/money/denials")).status_code == 200


async def test_denials_by_reason_and_payer_lead_to_their_claims(told: Desk) -> None:
    browser = told.browser()
    page = (await browser.get("/money/denials")).text
    cells = re.findall(
        r'<a href="(/money/denials/claims\?reason=[^"]+payer=[^"]+)">([^<]+)</a> <span class="quiet">\((\d+)\)', page
    )
    assert cells
    for url, _, count in cells:
        behind = (await browser.get(unescape(url))).text
        assert behind.count('<th scope="row"><a class="id" href="/claims/') == int(count)
    assert "northgate" not in page


async def test_claims_on_their_way_are_shown_with_the_claims_behind(street: Street) -> None:
    tiles = (await shown(street, "/money")).text
    assert "clean claims" in tiles
    page = (await shown(street, "/money/reports/claim-flow?by=payer&first=2026-07-01&last=2026-07-31")).text
    cells = re.findall(r'<a href="(/money/entries/claim-flow[^"]+row=clean_claims[^"]+)"[^>]*>([^<]+)</a>', page)
    assert cells
    for url, figure in cells:
        behind = (await shown(street, unescape(url))).text
        assert re.search(rf"together <strong>{figure}</strong>", behind), url
    assert "claims received" in page


async def test_a_decision_without_a_claim_is_matched_on_the_page_once(street: Street) -> None:
    lost = answered("WRONG", 7_000, (("CO", "45", 3_000),), control_number="ICN9")
    await street.cashier.world.drop(era_file(check([lost], trace="TLOST")), "lost.835")
    await street.cashier.settle()
    browser = street.desk.browser(roles=ROLES)
    listed = (await browser.get("/money/unmatched")).text
    (path,) = re.findall(r'href="(/money/unmatched/WRONG/[^"]+)"', listed)
    page = (await browser.get(path)).text
    assert "Which claim is" in page
    given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page[page.index("Another claim") :]))
    data = {**given, "key": next(KEYS), "account_id": "acct_2", "claim_id": "clm_b", "reason": "same day and charge"}
    for _ in range(2):
        done = await browser.post("/money/actions/match", data=data)
        assert done.status_code == 303, done.text
    await street.cashier.settle()
    item = (await street.cashier.get("/accounts/acct_2/items/clm_b"))["paid_cents"]
    assert item == 7_000
    assert "WRONG" not in (await browser.get("/money/unmatched")).text
    late = await browser.post("/money/actions/match", data={**data, "key": next(KEYS), "claim_id": "clm_x"})
    assert late.status_code == 404
