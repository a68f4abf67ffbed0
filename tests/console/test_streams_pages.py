"""The streams page before a service with dead letters: seen by shape, replayed or given up once, progress shown."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from services.console.calls import Services
from services.console.core.streams_view import seconds_said, stream_of
from services.console.session import READERS
from tests.console.test_account_pages import KEYS
from tests.shared.letter_post import SECRET, TOPIC, Post, open_post


@pytest.fixture
async def post(tmp_path: Path) -> AsyncGenerator[Post]:
    async with open_post(tmp_path) as made:
        urls = {name: f"http://{name}" for name in ("eligibility", "claims")}

        def client_for(url: str) -> httpx.AsyncClient:
            def refuse(request: httpx.Request) -> httpx.Response:
                raise httpx.ConnectError("refused", request=request)

            transport = httpx.ASGITransport(made.app) if url.endswith("claims") else httpx.MockTransport(refuse)
            return httpx.AsyncClient(transport=transport, base_url=url)

        made.desk.app.state.services = Services(urls, client_for)
        yield made


async def press(post: Post, verb: str, picks: list[str], reason: str, key: str = "") -> httpx.Response:
    data = {"key": key or next(KEYS), "reason": reason, "pick": picks}
    return await post.desk.browser().post(f"/streams/claims/{verb}", data=data)


async def test_streams_show_groups_letters_by_shape_and_who_is_down(post: Post) -> None:
    page = await post.desk.browser().get("/streams")
    assert page.status_code == 200
    assert SECRET not in page.text
    assert "revcycle-claims" in page.text
    assert "revcycle-console" in page.text
    assert "Eligibility cannot be reached." in page.text
    assert page.text.count('name="pick"') == 3
    assert "till: a text of 11 characters" in page.text
    assert page.text.count("<table") == page.text.count("<caption")


async def test_giving_up_takes_a_reason_and_happens_once(post: Post) -> None:
    first, key = f"{TOPIC}/0/1", next(KEYS)
    for reason in ("", "no"):
        refused = await press(post, "discard", [first], reason)
        assert refused.status_code == 422
        assert "Nothing was done" in refused.text
        assert re.search(rf'value="{re.escape(first)}" checked', refused.text), "what was picked stays picked"
    for _ in range(2):
        done = await press(post, "discard", [first], "a test of a partner", key)
        assert (done.status_code, done.headers["location"]) == (303, "/streams?done=discard#jobs")
    page = (await post.desk.browser().get("/streams")).text
    assert page.count('name="pick"') == 2
    assert page.count("1 of 1") == 1 * 2, "the job's progress, in words and for a screen reader"
    assert "a test of a partner" in page


async def test_a_replay_that_fails_says_why_and_stays_open(post: Post) -> None:
    assert (await press(post, "replay", [f"{TOPIC}/0/2"], "the release is out")).status_code == 303
    page = (await post.desk.browser().get("/streams")).text
    assert page.count('name="pick"') == 3
    jobs = page[page.index('id="jobs"') :]
    assert f"{TOPIC}/0/2</span>: " in jobs
    assert SECRET not in jobs


async def test_nothing_picked_is_said(post: Post) -> None:
    refused = await press(post, "replay", [], "the release is out")
    assert refused.status_code == 422
    assert "Pick letters. Nothing was done." in refused.text


async def test_what_is_no_service_or_verb_is_not_there(post: Post) -> None:
    browser = post.desk.browser()
    for path in ("/streams/secretly/replay", "/streams/claims/drop"):
        assert (await browser.post(path, data={"key": next(KEYS), "pick": "x", "reason": "why"})).status_code == 404


@pytest.mark.parametrize("role", [role for role in READERS if role != "operator"])
async def test_streams_are_for_operators(post: Post, role: str) -> None:
    assert (await post.desk.browser(roles=(role,)).get("/streams")).status_code == 403


def test_a_group_that_stands_still_with_records_waiting_says_so() -> None:
    still = stream_of({"lag": 7, "handled_a_second": 0.0, "drain_seconds": None, "topics": ["a"], "joined": True})
    assert (still.stalled, still.drain) == (True, "nothing moves")
    moving = stream_of({"lag": 7, "handled_a_second": 3.5, "drain_seconds": 2.0})
    assert (moving.stalled, moving.drain, moving.pace) == (False, "2 s", "3.5 a second")
    assert [seconds_said(n) for n in (0, 0.4, 12, 600, 9000)] == ["0 s", "0.4 s", "12 s", "10 min", "2.5 h"]
