"""Claim, account, money and portal in a real browser, before the real services: mouse and keyboard, both themes."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.console.browser.served import Site, served, violations
from tests.console.street import Street, open_street

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
ROLES = ("biller", "poster", "collector", "operator", "client")
PAGES = (
    "/claims/clm_a",
    "/claims/clm_a/x12/835",
    "/accounts/acct_1",
    "/money",
    "/money/aging",
    "/money/reports/daysheet",
    "/money/denials",
    "/money/deposits",
    "/money/cash",
    "/money/unmatched",
    "/portal",
    "/portal/claims",
    "/portal/claims/clm_a",
    "/portal/reports/aging",
    "/portal/fees",
)


@pytest_asyncio.fixture(loop_scope="session")
async def here(tmp_path: Path, browser: Browser) -> AsyncGenerator[tuple[Site, Street]]:
    """The console of a street, served."""
    async with open_street(tmp_path) as street, served(tmp_path, browser, street.desk) as site:
        yield site, street


async def owed(street: Street) -> int:
    return int((await street.cashier.get("/accounts/acct_1"))["balance_cents"])


async def test_axe_finds_nothing_on_pages_where_people_act(here: tuple[Site, Street]) -> None:
    site, street = here
    (claim, *_) = await street.claims.claims()
    found: dict[str, list[str]] = {}
    for dark in (False, True):
        page = await site.page(dark=dark, roles=ROLES)
        for path in (*PAGES, f"/claims/{claim.claim_id}", f"/claims/{claim.claim_id}/x12/sent"):
            await page.goto(path)
            await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            if wrong := await violations(page):
                found[f"{path} dark={dark}"] = wrong
    assert found == {}


async def test_a_payment_is_posted_by_keyboard_alone_and_half_an_amount_is_said(here: tuple[Site, Street]) -> None:
    site, street = here
    before = await owed(street)
    page = await site.page(roles=ROLES)
    await page.goto("/accounts/acct_1")
    await tab_to(page, "Post a payment")
    await page.keyboard.press("Enter")
    await tab_to(page, "", "do-post-paid_cents")
    await page.keyboard.type("12.5")
    await tab_to(page, "", "do-post-method")
    await page.keyboard.type("cash")
    await page.keyboard.press("Enter")
    if "actions" not in page.url:  # a list that is open takes the first Enter
        await tab_to(page, "Post a payment")
        await page.keyboard.press("Enter")
    await page.wait_for_url("**/actions/post*")
    amount = page.locator("#do-post-paid_cents")
    assert await amount.input_value() == "12.5"
    assert await amount.get_attribute("aria-invalid") == "true"
    assert await page.get_by_text("Write the amount in dollars and cents").is_visible()
    assert await owed(street) == before
    assert await violations(page) == []
    await amount.focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("12.50")
    await page.keyboard.press("Enter")
    await page.get_by_text("The payment is posted.").wait_for()
    assert await owed(street) == before - 12_50


async def tab_to(page: Page, text: str, id: str = "") -> None:
    """Press Tab until the focus is on what bears this text or id."""
    for _ in range(200):
        await page.keyboard.press("Tab")
        said = await page.evaluate("[document.activeElement.textContent.trim(), document.activeElement.id]")
        if (id and said[1] == id) or (not id and said[0] == text):
            return
    raise AssertionError(f"the keyboard does not come to {text or id}")


async def test_a_figure_is_followed_to_its_entries_and_on_to_the_claim(here: tuple[Site, Street]) -> None:
    site, _ = here
    page = await site.page(roles=ROLES)
    await page.goto("/money")
    await page.locator("svg.bars a").first.click()
    await page.get_by_role("heading", name="Entries behind").wait_for()
    await page.locator("table a[href^='/claims/']").first.click()
    await page.get_by_role("heading", name="Claim clm_").wait_for()
    await page.get_by_role("link", name="835").first.click()
    assert await page.get_by_text("above the fee schedule").first.is_visible()


async def test_a_service_that_goes_down_is_said_and_the_page_works(here: tuple[Site, Street]) -> None:
    site, street = here
    street.down.add("payments")
    page = await site.page(roles=ROLES)
    await page.goto("/claims/clm_a")
    assert await page.get_by_text("Payments cannot be reached.").is_visible()
    assert await page.get_by_text("Everything that happened").is_visible()
    assert await violations(page) == []


async def test_pages_where_people_act_stay_within_a_narrow_window(here: tuple[Site, Street]) -> None:
    site, _ = here
    page = await site.page(roles=ROLES, width=640)
    for path in PAGES:
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
