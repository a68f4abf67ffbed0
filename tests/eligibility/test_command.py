"""`revcycle check-list`, from the command to the service."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from typer.testing import CliRunner

from revcycle.cli import app
from revcycle.commands.eligibility import in_words, send_list
from tests.eligibility.house import House
from tests.eligibility.test_batches import Clearinghouse, lines, rows


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    yield built
    await built.close()


async def test_a_list_sent_by_the_command_is_taken_once_and_faulty_lines_are_named(house: House) -> None:
    partner = Clearinghouse(house)
    content = lines(*rows(2)) + b"\nno json"
    service = house.client()
    token = service.headers["authorization"].removeprefix("Bearer ")

    def forward(request: httpx.Request) -> httpx.Response:
        async def send() -> httpx.Response:
            return await service.post(request.url.path, content=request.content, headers=dict(request.headers))

        answer = anyio.from_thread.run(send)
        return httpx.Response(answer.status_code, content=answer.content)

    def run() -> list[tuple[bool, dict[str, Any]]]:
        with httpx.Client(base_url="http://it", transport=httpx.MockTransport(forward)) as client:
            return [send_list(client, token, content) for _ in range(2)]

    (taken, said), (again, repeated) = await anyio.to_thread.run_sync(run)
    assert taken
    assert again
    assert said == repeated
    assert in_words(said)[0].startswith("RC110: 2 inquiries, 0 already under way")
    assert in_words(said)[1].startswith("line 3 refused:")
    await house.settle()
    assert len(partner.files) == 1


def test_a_service_that_is_away_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_bytes(lines(*rows(1)))
    options = ["--tenant", "lakeside", "--eligibility", "http://127.0.0.1:1", "--token", "t", "--json"]
    ran = CliRunner().invoke(app, ["check-list", str(file), *options])
    assert ran.exit_code == 1
    assert "run it again" in json.loads(ran.stdout)["detail"]
