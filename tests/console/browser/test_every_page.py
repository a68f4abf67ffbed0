"""What holds for every page, in a real browser: axe finds nothing in either theme, and nothing leaves the console."""

import pytest

from services.console.sections import SECTIONS
from tests.console.browser.served import Site, violations
from tests.console.story import whole_story

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PAGES = (*(section.path for section in SECTIONS), "/claims/clm_0002", "/accounts/acct_0009", "/remittances/rem_0002")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_on_any_page(site: Site, dark: bool) -> None:
    page = await site.page(dark=dark, roles=("biller", "poster", "collector", "operator", "auditor"))
    found: dict[str, list[str]] = {}
    for path in PAGES:
        await page.goto(path)
        if wrong := await violations(page):
            found[path] = wrong
    assert found == {}


async def test_signing_in_and_a_page_that_is_not_there_are_clean_too(site: Site) -> None:
    stranger = await site.page(signed_in=False)
    await stranger.goto("/claims")
    assert await violations(stranger) == []
    lost = await site.page(dark=True)
    await lost.goto("/claims/clm_gone")
    assert await violations(lost) == []
    await lost.keyboard.press("?")
    assert await lost.locator("#keys").is_visible()
    assert await violations(lost) == []


async def test_a_page_is_read_without_scripts_and_on_a_narrow_screen_without_scrolling_sideways(site: Site) -> None:
    page = await site.page(scripts=False, width=640, height=480)
    for path in PAGES:
        await page.goto(path)
        assert await page.locator("h1").is_visible()
    # 200 % zoom of a window of 1280 pixels is one of 640: the page itself stays within, tables scroll on their own.
    narrow = await site.page(width=640)
    for path in PAGES:
        await narrow.goto(path)
        assert await narrow.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


async def test_a_live_update_arrives_while_somebody_looks(site: Site) -> None:
    page = await site.page()
    await page.goto("/claims/clm_0003")
    await page.get_by_text("Updates by itself.").wait_for()
    await page.get_by_role("link", name="acct_0003").first.focus()
    story = whole_story()
    before = len(story.events)
    story.claim(3, 320_00).accepted()
    await site.desk.hears(story.events[before:])
    await page.locator("td.what", has_text="Accepted by the payer").wait_for()
    assert await page.evaluate("document.activeElement.textContent") == "acct_0003"


async def test_the_keyboard_goes_everywhere_and_can_be_turned_off(site: Site) -> None:
    page = await site.page()
    await page.goto("/")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await page.wait_for_url("**/claims")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.tagName") in {"INPUT", "SELECT"}
    await page.keyboard.press("?")  # is typed where somebody types
    assert not await page.locator("#keys").is_visible()
    await page.locator("h1").click()
    await page.keyboard.press("?")
    await page.get_by_label("Turn these keys off").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    assert page.url.endswith("/claims")


async def test_a_session_that_ends_while_somebody_looks_is_said(site: Site) -> None:
    page = await site.page()
    await page.goto("/events")
    await page.get_by_text("Updates by itself.").wait_for()
    await page.context.clear_cookies()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.get_by_role("heading", name="You are signed out").wait_for()
    assert await page.get_by_role("heading", name="Events").is_visible()
    await page.get_by_role("link", name="Sign in again").click()
    await page.wait_for_url("**/login?next=%2Fevents")


async def test_a_theme_is_kept_and_needs_no_script(site: Site) -> None:
    page = await site.page(scripts=False)
    await page.goto("/claims?status=held")
    await page.get_by_role("button", name="Dark").click()
    assert page.url.endswith("/claims?status=held")
    assert await page.locator("html").get_attribute("data-theme") == "dark"
