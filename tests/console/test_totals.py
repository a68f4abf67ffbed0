"""The overview's numbers are exact, whatever was delivered twice or early, and each is what its list holds."""

import re
from datetime import timedelta

import httpx
import pytest

from services.console.core import CLAIM_VIEW, Sum
from services.console.overview import stage_groups, work_waiting
from services.console.store import STALE_AFTER, TotalsCounter, count, newest_events
from tests.console.desk import Desk
from tests.console.story import Story, whole_story


async def test_totals_are_what_happened(told: Desk) -> None:
    totals = await count(told.machine.store, "lakeside")
    assert totals.claims == Sum(12, 4_050_00)
    assert {name: (s.count, s.cents) for name, s in totals.claims_now.by_name.items()} == {
        "received": (1, 100_00),
        "held": (1, 210_00),
        "submitted": (1, 320_00),
        "accepted": (1, 430_00),
        "rejected": (1, 540_00),
        "denied": (1, 650_00),
        "paid": (6, 1_260_00),
    }
    assert totals.claims_ever["submitted"] == Sum(10, 3_740_00)
    assert totals.owing == Sum(4, 200_00)
    assert totals.accounts_now["placed"] == Sum(1, 50_00)
    assert totals.accounts_ever["placed"] == Sum(2, 100_00)
    assert totals.accounts_now["written_off"] == Sum(1, 50_00)
    assert totals.patients_paid == Sum(1, 50_00)
    assert totals.credits == Sum(1, 7_50)
    assert totals.remittances["parked"] == Sum(1, 99_00)
    assert totals.deadline_near == Sum(1, 540_00)


async def test_redelivery_changes_no_number(told: Desk) -> None:
    before = await count(told.machine.store, "lakeside")
    events = whole_story().events
    await told.hears(events)
    await told.hears(events[40:] + events[:80])
    assert await count(told.machine.store, "lakeside") == before


async def test_early_news_is_counted_once_the_rest_is_there(desk: Desk) -> None:
    events = whole_story().events
    services = ("collections", "payments", "eligibility", "claims")
    for service in services:
        await desk.hears([e for e in events if e.meta.source == service] * 2)
    backwards = await count(desk.machine.store, "lakeside")
    assert (backwards.claims, backwards.owing) == (Sum(12, 4_050_00), Sum(4, 200_00))


async def test_claims_of_now_add_up_to_all_claims(told: Desk) -> None:
    totals = await count(told.machine.store, "lakeside")
    assert sum(s.count for s in totals.claims_now.by_name.values()) == totals.claims.count


async def test_every_number_is_what_its_list_holds(told: Desk) -> None:
    browser = told.browser()
    totals = await count(told.machine.store, "lakeside")
    figures = [f for g in stage_groups(totals) for row in g.rows for f in (row.now, row.ever) if f is not None]
    figures += [work.figure for work in work_waiting(totals)]
    for figure in figures:
        page = await browser.get(figure.url)
        assert page.status_code == 200, figure.url
        assert listed(page) == figure.count, figure.url


def listed(page: httpx.Response) -> int:
    """How many a list's caption says there are, and that many rows there are."""
    found = re.search(r"<caption>([\d,]+) ", page.text)
    rows = len(re.findall(r'<th scope="row">', page.text))
    count_ = 0 if found is None else int(found[1])
    assert rows == count_
    return count_


async def test_totals_are_counted_once_for_everybody_and_again_when_news_came(told: Desk) -> None:
    clock, runtime = told.machine.clock, told.running.runtime
    counter = TotalsCounter(timedelta(seconds=1))
    first = await counter.of(runtime, "lakeside")
    assert await counter.of(runtime, "lakeside") is first
    story = Story()
    story.claim(500, 1_00).received()
    await told.hears(story.events)
    assert await counter.of(runtime, "lakeside") is first
    clock.wall_time += timedelta(seconds=1)
    second = await counter.of(runtime, "lakeside")
    assert second.claims.count == first.claims.count + 1
    clock.wall_time += timedelta(seconds=2)
    assert await counter.of(runtime, "lakeside") is second
    clock.wall_time += STALE_AFTER
    assert await counter.of(runtime, "lakeside") is not second


@pytest.mark.parametrize("claims", [1, 137])
async def test_pages_lead_through_the_whole_list_once(desk: Desk, claims: int) -> None:
    story = Story()
    for n in range(claims):
        story.claim(n).received()
    await desk.hears(story.events)
    browser, seen, url = desk.browser(), list[str](), "/claims?status=received"
    while url:
        page = await browser.get(url)
        seen += re.findall(r'<th scope="row"><a class="id" href="/claims/([^"]+)"', page.text)
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"clm_{n:04}" for n in range(claims)]
    assert await desk.machine.store.count(CLAIM_VIEW, "lakeside", {}) == claims


async def test_the_newest_events_are_exact_over_all_shards(desk: Desk) -> None:
    story = Story()
    for n in range(250):
        story.claim(n).received()
    await desk.hears(story.events + story.events[100:])
    newest = await newest_events(desk.machine.store, "lakeside")
    assert [m.event_id for m in newest] == [e.meta.id for e in reversed(story.events[-100:])]
