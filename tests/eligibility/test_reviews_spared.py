"""Requests for authorization go through the gate of inquiries about coverage: breaker, rate and backlog."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from services.eligibility.core.directory import PayerTerms
from services.eligibility.core.putting_off import PUT_OFF_MAX
from services.eligibility.payer_gate import PayerGate
from services.eligibility.policies import payer_directory
from tests.eligibility.house import House, post, question
from tests.eligibility.test_reviews import NOW, wish

OPEN_AFTER = payer_directory().of("RC106", NOW.date()).failures_to_open


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    built.machine.clock.time = NOW
    yield built
    await built.close()


class Payer:
    """Counts what it is asked: 503 while it is down, then a 278 that says nothing of anybody."""

    def __init__(self, house: House) -> None:
        self.asked, self.down = 0, True
        house.answer = self.answer  # type: ignore[method-assign]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(503) if self.down else httpx.Response(200, content=b"no 278 at all")


async def ask(house: House, count: int) -> list[str]:
    client = house.client()
    made = [
        await post(client, "/authorizations", wish(f"M{n:04d}", account_id=f"acct_{n}"), f"key{n}")
        for n in range(count)
    ]
    return [f"/authorizations/acct_{n}/{one.json()['request_id']}" for n, one in enumerate(made)]


async def test_a_payer_that_keeps_failing_is_left_alone_and_the_backlog_drains_when_it_speaks(house: House) -> None:
    payer = Payer(house)
    paths = await ask(house, OPEN_AFTER + 6)
    await house.settle()
    assert payer.asked == OPEN_AFTER, "the breaker opened: the other six were not sent"
    assert (await post(house.client(), "/checks", question(payer="RC106", coverage="cov_x"), "check")).is_success
    await house.settle()
    assert payer.asked == OPEN_AFTER, "a question about coverage goes through the same gate"
    payer.down = False
    house.machine.clock.time += PUT_OFF_MAX
    await house.settle()
    shown = [(await house.client().get(path)).json()["status"] for path in paths]
    assert set(shown) == {"unclear"}, "everybody has the payer's word, such as it is"
    assert payer.asked == OPEN_AFTER * 2 + 7, "what failed was tried again, and each of the others asked once"


async def test_a_payer_is_asked_no_more_often_a_minute_than_it_allows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice_a_minute(_: PayerGate, __: str) -> PayerTerms:
        return PayerTerms(per_minute=2)

    monkeypatch.setattr(PayerGate, "terms", twice_a_minute)
    payer = Payer(house)
    payer.down = False
    await ask(house, 5)
    asked: list[int] = []
    for _ in range(3):
        await house.settle()
        asked.append(payer.asked)
        house.machine.clock.time += timedelta(seconds=61)
    assert asked == [2, 4, 5]
