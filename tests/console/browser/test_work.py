"""The main task of work lists in a real browser: by mouse, by keyboard alone, by two people, with a service down."""

import pytest
from playwright.async_api import Page

from services.console.core.work_catalog import WORK_LISTS
from tests.console.backstage import Backstage
from tests.console.browser.served import Site, down, violations
from tests.console.story import whole_story

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
EVERYBODY = ("biller", "poster", "collector", "operator", "auditor")
SERVICES = ("eligibility", "claims", "payments", "collections")


@pytest.fixture
def backstage(site: Site) -> Backstage:
    made = Backstage()
    site.peers.update(dict.fromkeys(SERVICES, made.answer))
    return made


async def stands_on(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_on_any_list(site: Site, backstage: Backstage, dark: bool) -> None:
    page = await site.page(dark=dark, roles=EVERYBODY)
    found: dict[str, list[str]] = {}
    names = ("held", "cash") if dark else tuple(WORK_LISTS)  # one template: its colours are seen on any of them
    for path in ("/work", *(f"/work/{name}" for name in names)):
        await page.goto(path)
        if wrong := await violations(page):
            found[path] = wrong
    assert found == {}


async def test_a_claim_is_released_by_mouse_and_taken_back(site: Site, backstage: Backstage) -> None:
    page = await site.page()
    await page.goto("/work")
    await page.get_by_role("link", name="Held claims").click()
    await page.get_by_label("Pick clm_0002").check()
    await page.locator("#deed-release summary").click()
    await page.get_by_label("Why").fill("the number was mended")
    assert await violations(page) == []
    await page.locator("#deed-release button").click()
    await page.get_by_text("1 row released.").wait_for()
    await page.get_by_role("button", name="Undo").click()
    await page.get_by_text("1 row taken back.").wait_for()
    assert [path for path, _ in backstage.changes] == ["/claims/clm_0002/release", "/claims/clm_0002/hold"]


async def test_a_denial_is_given_to_somebody_by_keyboard_alone(site: Site, backstage: Backstage) -> None:
    page = await site.page()
    await page.goto("/")
    for key in ("g", "w"):
        await page.keyboard.press(key)
    await page.wait_for_url("**/work")
    for _ in range(3):
        await page.keyboard.press("j")
    await page.keyboard.press("k")
    assert await stands_on(page) == "Rejections"
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/work/denials")
    await page.keyboard.press("j")
    assert await stands_on(page) == "clm_0006"
    await page.keyboard.press("e")
    await page.keyboard.type("pat_biller")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_text("1 row assigned.").wait_for()
    assert await page.get_by_role("cell", name="pat_biller").is_visible()


async def test_the_second_of_two_people_is_told_who_was_first(site: Site, backstage: Backstage) -> None:
    pages = [await site.page(claims={"sub": who}) for who in ("dana", "sam")]
    for page in pages:
        await page.goto("/work/denials")
        await page.get_by_label("Pick clm_0006").check()
        await page.locator("#deed-wait summary").click()
        await page.get_by_label("Until").fill("2026-08-15")
    await pages[0].locator("#deed-wait button").click()
    await pages[0].get_by_text("1 row put off.").wait_for()
    backstage.refuses["clm_0006"] = "somebody changed it meanwhile: read it again"
    await pages[1].locator("#deed-wait button").click()
    await pages[1].get_by_text("dana was first").wait_for()


async def test_a_row_that_comes_while_somebody_picks_waits_until_they_are_done(
    site: Site, backstage: Backstage
) -> None:
    page = await site.page()
    await page.goto("/work/held")
    await page.get_by_text("Updates by itself.").wait_for()
    await page.get_by_label("Pick clm_0002").check()
    story = whole_story()
    before = len(story.events)
    story.claim(1, 100_00).held("Give the subscriber's birth date.")
    await site.desk.hears(story.events[before:])
    await page.get_by_role("button", name="Show what is new").wait_for()
    assert await page.get_by_label("Pick clm_0002").is_checked()
    assert await page.get_by_role("link", name="clm_0001").count() == 0
    await page.get_by_label("Pick clm_0002").uncheck()
    await page.get_by_role("link", name="clm_0001").wait_for()


async def test_a_service_that_is_down_is_said_and_the_rest_works(site: Site, backstage: Backstage) -> None:
    site.peers["payments"] = down
    page = await site.page(roles=EVERYBODY)
    await page.goto("/work/credits")
    await page.get_by_text("payments cannot be reached").wait_for()
    await page.goto("/work/parked")
    await page.get_by_label("Pick rem_0002").check()
    await page.locator("#deed-release summary").click()
    await page.locator("#deed-release textarea").fill("the bank says so")
    await page.locator("#deed-release button").click()
    await page.get_by_text("0 rows posted; 1 row not.").wait_for()
    await page.get_by_text("Nothing happened: try again later.").wait_for()
    await page.goto("/work/denials")
    assert await page.get_by_role("link", name="clm_0006").is_visible()


async def test_a_form_that_lacks_something_is_shown_again_with_what_was_typed(site: Site, backstage: Backstage) -> None:
    page = await site.page(scripts=False)
    await page.goto("/work/denials?payer=60054")
    await page.get_by_label("Pick clm_0006").check()
    await page.locator("#deed-close summary").click()
    await page.locator("#deed-close button").click()
    await page.get_by_text("Nothing was done: mend what is marked.").wait_for()
    assert await page.get_by_label("Pick clm_0006").is_checked()
    assert page.url.endswith("payer=60054")
    assert backstage.changes == []
