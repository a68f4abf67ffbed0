"""The sandbox over HTTP: inquiries, trouble, switches, health."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from sandbox.app import create_app
from sandbox.settings import SandboxSettings
from shared.clock import write_clock_file
from shared.log import configure_logs
from shared.x12.eligibility import Answer271, Inquiry270, Party, Payer, Person, read_271, write_270
from tests.sandbox.desk import START, claim, file

SECRET_NAME = "QUILLFEATHER"


@asynccontextmanager
async def serving(root: Path, clock: Path | None = None, slow_seconds: float = 0) -> AsyncGenerator[AsyncClient]:
    settings = SandboxSettings(
        exchange=root / "exchange",
        clock_file=clock,
        sandbox_seed=2026,
        sandbox_slow_seconds=slow_seconds,
        tick_seconds=0.005,
    )
    app = create_app(settings, configure_logs("sandbox", "INFO"))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://it") as client,
    ):
        yield client


def inquiry(payer_id: str, member_id: str, dependent: bool = False) -> bytes:
    one = Inquiry270(
        trace_number=f"T{member_id}",
        payer=Payer(payer_id, payer_id),
        provider=Party("PRACTICE", npi="1234567893"),
        subscriber=Person(SECRET_NAME, "ADA", birth_date=date(1970, 1, 1), sex="F"),
        member_id=member_id,
        dependent=Person(SECRET_NAME, "BEN", birth_date=date(2015, 1, 1), sex="M") if dependent else None,
        relationship="19" if dependent else "",
        service_date=date(2026, 6, 20),
        originator_id="9REVCYCLE",
        sender_id="REVCYCLE",
        receiver_id=payer_id,
    )
    return write_270(one, 1, START)


async def ask(client: AsyncClient, payer_id: str, member_id: str) -> Answer271 | int:
    """The answer, or the HTTP status when there is none."""
    answered = await client.post("/x12/lakeside", content=inquiry(payer_id, member_id))
    if answered.status_code != 200:
        return answered.status_code
    assert answered.headers["content-type"] == "application/edi-x12"
    return next(one for one in read_271([answered.content]) if isinstance(one, Answer271))


async def test_members_are_active_with_their_share_or_inactive_or_rejected_in_the_configured_mix(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as client:
        answers = [await ask(client, "RC105", f"M{n:05d}") for n in range(300)]
        told = [one for one in answers if isinstance(one, Answer271)]
        assert len(told) == 300
        status = Counter(one.status for one in told)
        assert status["active"] > 240
        assert 5 < status["inactive"] < 40
        assert {code.code for one in told for code in one.rejections} <= {"42", "72", "75"}
        active = next(one for one in told if one.status == "active")
        assert {benefit.code for benefit in active.benefits} >= {"1", "A", "B", "C"}
        assert any(benefit.authorization_required for one in told for benefit in one.benefits)
        assert any(benefit.code in ("CB", "U", "R") for one in told for benefit in one.benefits), "odd ones too"


async def test_a_payer_that_cannot_answer_says_42_at_the_first_tries_and_then_answers(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        members = [f"M{n:05d}" for n in range(150)]
        first = {one: _codes(await ask(client, "RC101", one)) for one in members}
        member = next(one for one, codes in first.items() if codes == ["42"])
        assert _codes(await ask(client, "RC101", member)) == ["42"]
        assert _codes(await ask(client, "RC101", member)) == []


async def test_an_unsteady_payer_is_down_at_the_first_tries(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        answers = [await ask(client, "RC108", "M1") for _ in range(3)]
        assert answers[:2] == [503, 503]
        assert isinstance(answers[2], Answer271)


async def test_the_answer_names_the_person_asked_about_and_repeats_after_a_restart(tmp_path: Path) -> None:
    answers: list[bytes] = []
    for _ in range(2):
        async with serving(tmp_path) as client:
            answers.append((await client.post("/x12/lakeside", content=inquiry("RC103", "M7", dependent=True))).content)
    told = [one for one in read_271([answers[0]]) if isinstance(one, Answer271)]
    assert told[-1].dependent is not None
    assert told[-1].dependent.first_name == "BEN"
    assert told[-1].trace_number == "TM7"
    without_time = [[line for line in one.split(b"\n") if line[:3] not in (b"ISA", b"GS*", b"BHT")] for one in answers]
    assert without_time[0] == without_time[1]


@pytest.mark.parametrize("content", [b"", b"hello", file([claim()])])
async def test_what_is_no_inquiry_gets_400_and_no_echo(tmp_path: Path, content: bytes) -> None:
    async with serving(tmp_path) as client:
        answered = await client.post("/x12/lakeside", content=content)
        assert answered.status_code == 400
        assert "PCN1" not in answered.text


async def test_switches_hold_across_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        assert (await client.post("/payers/RC101/down")).json()["position"] == "down"
        assert await ask(client, "RC101", "M1") == 503
    async with serving(tmp_path) as client:
        assert await ask(client, "RC101", "M1") == 503
        await client.post("/payers/RC101/slow")
        assert isinstance(await ask(client, "RC101", "M1"), Answer271)
        await client.post("/payers/RC101/up")
        assert (await client.post("/payers/RC101/sideways")).status_code == 422


async def test_the_folder_loop_runs_on_the_clock_file_and_status_counts_without_names(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    clock = tmp_path / "clock.json"
    write_clock_file(clock, START)
    folder = tmp_path / "exchange/lakeside/to_payer"
    folder.mkdir(parents=True)
    person = Person(SECRET_NAME, "ADA", birth_date=date(1970, 1, 1), sex="F")
    insured = replace(claim().subscriber, person=person)
    (folder / "a.837").write_bytes(file([claim(subscriber=insured, payer=Payer("ALDER", "RC101"))]))
    async with serving(tmp_path, clock) as client:
        assert (await client.get("/health/ready")).json() == {"status": "ready"}
        while not (status := (await client.get("/status")).json())["settled"]:
            pass
        assert status["claims"] == {"received": 1}
        assert status["files_written"] == {"999": 1, "277ca": 1}
        assert status["next_due_at"] == "2026-07-02T06:00:00Z"
        assert SECRET_NAME not in (await client.get("/status")).text
    output = capfd.readouterr()
    assert SECRET_NAME not in output.out + output.err
    assert "files_written" in output.err


def _codes(answer: Answer271 | int) -> list[str]:
    assert isinstance(answer, Answer271)
    return [one.code for one in answer.rejections]
