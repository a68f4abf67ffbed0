"""Lists of inquiries: one file out, one back in any order, each check its own answer, retried until time is over."""

import json
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.app import create_app
from sandbox.settings import SandboxSettings
from services.eligibility.batches import position_of, positions_in, trace_of
from shared.contracts import CoverageChecked, EligibilityBatchClosed
from shared.log import configure_logs
from shared.x12.eligibility import Aaa, Inquiry270, read_270, write_271
from tests.eligibility.house import House, active, question


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    yield built
    await built.close()


class Clearinghouse:
    """Takes files and answers them backwards; `refuses` and `keeps_silent` say what it does instead, how often."""

    def __init__(self, house: House, refuses: int = 0, keeps_silent: int = 0) -> None:
        self.house, self.refuses, self.keeps_silent = house, refuses, keeps_silent
        self.files: list[bytes] = []
        self.say: Callable[[Inquiry270], Any] = active
        house.answer = self.answer  # type: ignore[method-assign]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and self.refuses:
            self.refuses -= 1
            return httpx.Response(503)
        if request.method == "POST":
            self.files.append(request.content)
            return httpx.Response(202, json={"receipt": f"r{len(self.files) - 1}"})
        if self.keeps_silent:
            self.keeps_silent -= 1
            return httpx.Response(204)
        asked = self.inquiries(int(request.url.path.rsplit("/", 1)[1][1:]))
        answers = [one for one in map(self.say, reversed(asked)) if one is not None]
        content = write_271(answers, 1, self.house.machine.clock.time) if answers else b""
        return httpx.Response(200, content=content)

    def inquiries(self, number: int) -> list[Inquiry270]:
        return [one for one in read_270([self.files[number]]) if isinstance(one, Inquiry270)]


def lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def rows(count: int, payer: str = "RC110") -> list[dict[str, Any]]:
    return [question(f"cov_{n}", payer, account_id=f"acct_{n}", identity=who(n)) for n in range(count)]


def who(n: int) -> dict[str, Any]:
    subscriber = {"last_name": "QUILLFEATHER", "first_name": f"ADA{n}", "birth_date": "1970-01-01"}
    return {"subscriber": subscriber, "member_id": f"M{n:05d}"}


async def send(house: House, content: bytes, key: str = "once") -> httpx.Response:
    return await house.client().post("/batches", content=content, headers={"Idempotency-Key": key})


async def later(house: House, **time: float) -> None:
    house.machine.clock.time += timedelta(**time)
    await house.settle()


async def test_a_list_goes_out_in_one_file_and_each_answer_comes_to_its_check_whatever_their_order(
    house: House,
) -> None:
    partner = Clearinghouse(house)
    made = (await send(house, lines(*rows(30)))).json()
    [batch] = made["batches"]
    assert (made["rows"], made["refused"], batch["inquiries"]) == (30, [], 30)
    await house.settle()
    assert len(partner.files) == 1
    assert len(partner.inquiries(0)) == 30
    await later(house, minutes=2)
    client = house.client()
    for n in (0, 13, 29):
        shown = (await client.get(f"/checks/acct_{n}.cov_{n}.2026-03-03")).json()
        assert (shown["coverage"], shown["outcome"]["plan"]) == ("active", "PLAN OF RC110")
        said = (await client.get(f"/checks/acct_{n}.cov_{n}.2026-03-03/conversations")).json()
        text = (await client.get(f"/checks/{said[0]['id'].replace('/', '/conversations/', 1)}")).json()
        assert f"M{n:05d}" in text["answer"]
    assert len(house.events(CoverageChecked)) == 30
    [closed] = house.events(EligibilityBatchClosed)
    assert (closed.inquiries, closed.answered, closed.unanswered) == (30, 30, 0)
    assert "QUILLFEATHER" not in str([record.value for record in house.machine.bus.records])


async def test_a_repeat_of_the_list_is_the_same_list(house: House) -> None:
    partner = Clearinghouse(house)
    first, again = (await send(house, lines(*rows(3)))).json(), (await send(house, lines(*rows(3)))).json()
    assert first == again
    await house.settle()
    assert len(partner.files) == 1
    assert (await send(house, lines(*rows(4)))).status_code == 422, "the key had another use"


async def test_a_payer_that_is_down_is_tried_again_and_answers_that_are_missing_are_asked_for_again(
    house: House,
) -> None:
    partner = Clearinghouse(house, refuses=2, keeps_silent=1)
    silent = {"M00001", "M00002"}
    partner.say = lambda one: (
        None if one.member_id in silent else _busy(one) if one.member_id == "M00003" else active(one)
    )
    await send(house, lines(*rows(5)))
    await house.settle()
    assert partner.files == []
    for _ in range(12):
        await later(house, minutes=2)
    assert [len(partner.inquiries(n)) for n in range(2)] == [5, 3], "only those without an answer go out again"
    partner.say = active
    await later(house, hours=1)
    await later(house, hours=1)
    [closed] = house.events(EligibilityBatchClosed)
    assert (closed.answered, closed.unanswered) == (5, 0)


def _busy(one: Inquiry270) -> Any:
    return active(one, benefits=(), rejections=(Aaa("42", "R", "2100A"),))


async def test_when_time_is_over_what_has_no_answer_is_unknown(house: House) -> None:
    partner = Clearinghouse(house)
    partner.say = lambda one: None if one.member_id == "M00001" else active(one)
    [batch] = (await send(house, lines(*rows(2)))).json()["batches"]
    for _ in range(48):
        await later(house, hours=1)
    [closed] = house.events(EligibilityBatchClosed)
    assert (closed.answered, closed.unanswered) == (1, 1)
    client = house.client()
    assert (await client.get(f"/batches/{batch['batch_id']}")).json()["status"] == "closed"
    shown = (await client.get("/checks/acct_1.cov_1.2026-03-03")).json()
    assert (shown["coverage"], shown["because"], shown["retry_at"]) == ("unknown", "The payer did not answer.", None)


async def test_a_row_that_cannot_be_asked_is_refused_with_a_sentence_and_its_neighbours_go_on(house: House) -> None:
    partner = Clearinghouse(house)
    good = rows(2)
    faulty = [{**good[0], "billing_npi": "12"}, {**good[0], "payer_id": "RC109"}, {**good[0], "identity": None}]
    content = lines(good[0], *faulty) + b"\nno json\n\n" + lines(good[1])
    made = (await send(house, content)).json()
    assert [one["line"] for one in made["refused"]] == [2, 3, 4, 5]
    assert "billing_npi" in made["refused"][0]["error"]
    assert "takes no files" in made["refused"][1]["error"]
    assert made["batches"][0]["inquiries"] == 2
    await house.settle()
    assert len(partner.inquiries(0)) == 2
    assert (await send(house, b"", "two")).status_code == 422


async def test_a_list_is_split_by_payer_and_by_how_many_a_file_takes(house: House) -> None:
    Clearinghouse(house)
    others = [one | {"account_id": f"other_{n}"} for n, one in enumerate(rows(3, "RC101"))]
    made = (await send(house, lines(*rows(2), *others, others[0]))).json()
    told = [(one["payer_id"], one["inquiries"], one["joined"]) for one in made["batches"]]
    assert told == [("RC110", 2, 0), ("RC101", 3, 1)], "the same question twice is asked once"
    listed = (await house.client().get("/batches", params={"status": "open"})).json()
    assert {one["batch_id"] for one in listed} == {one["batch_id"] for one in made["batches"]}


async def test_answers_of_another_batch_or_of_nobody_reach_no_check(house: House) -> None:
    partner = Clearinghouse(house)
    partner.say = lambda one: active(one, trace_number="T" * 26, reference="X")
    [batch] = (await send(house, lines(*rows(2)))).json()["batches"]
    await house.settle()
    await later(house, minutes=2)
    shown = (await house.client().get(f"/batches/{batch['batch_id']}")).json()
    assert (shown["answered"], shown["unmatched_answers"], shown["status"]) == (0, 2, "open")


@given(st.sets(st.integers(0, 9_999), max_size=50))
def test_positions_are_told_by_bits_and_by_trace_numbers(positions: set[int]) -> None:
    bits = f"{sum(1 << one for one in positions):x}"
    assert set(positions_in(bits)) == positions
    batch = "eb_0123456789abcdef0123"
    assert {position_of(batch, trace_of(batch, one)) for one in positions} == positions
    assert position_of("eb_0123456789abcdef0124", trace_of(batch, 7)) is None
    assert position_of(batch, "0123456789abcdef0123") is None


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_inquiries_go_through_the_sandbox_and_all_have_their_answer(
    house: House, tmp_path: Path
) -> None:
    settings = SandboxSettings(exchange=tmp_path / "exchange", sandbox_seed=2026, tick_seconds=0.05)
    app = create_app(settings, configure_logs("sandbox", "ERROR"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it") as sandbox,
    ):

        async def answer(request: httpx.Request) -> httpx.Response:
            return await sandbox.request(request.method, request.url.path, content=request.content)

        house.answer = answer  # type: ignore[method-assign]
        made = (await send(house, lines(*rows(10_000)))).json()
        assert made["batches"][0]["inquiries"] == 10_000
        for _ in range(24):
            await later(house, hours=1)
    [closed] = house.events(EligibilityBatchClosed)
    assert (closed.inquiries, closed.answered) == (10_000, 10_000)
    checks = house.spec.deciders[0]
    found = {one: await house.machine.store.count(checks, "lakeside", {"status": one}) for one in ("active", "waiting")}
    assert found["active"] > 9_000
    assert found["waiting"] == 0
