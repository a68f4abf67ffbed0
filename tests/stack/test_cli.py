"""The command line against the real broker, and against a claims service in small."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from revcycle.cli import app
from revcycle.identity import make_identity
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.topics import create_topics
from revcycle.tail import Wanted, watch

RUN = CliRunner()


class Intake(BaseHTTPRequestHandler):
    """Takes files as the claims service does: one content, one file id; what it refuses, it explains."""

    taken: dict[str, str]

    def do_POST(self) -> None:
        content = b"".join(self._chunks())
        sha256 = hashlib.sha256(content).hexdigest()
        if not self.headers["authorization"].startswith("Bearer ") or sha256 != self.headers["x-content-sha256"]:
            self._answer(400, {"detail": "x-content-sha256: is not the hash of the content"})
        elif not content.startswith(b"ISA"):
            self._answer(422, {"detail": "the file does not begin with ISA"})
        else:
            known = sha256 in self.taken
            file_id = self.taken.setdefault(sha256, f"file_{len(self.taken) + 1}")
            self._answer(200 if known else 201, {"file_id": file_id})

    def _chunks(self) -> Iterator[bytes]:
        """A chunked body, as it comes."""
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()

    def _answer(self, status: int, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def claims_url() -> Generator[str]:
    handler = type("Taking", (Intake,), {"taken": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def claim_files(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "first.837", tmp_path / "second.837", tmp_path / "letter.txt"]
    for file, content in zip(files, (b"ISA*1", b"ISA*2" * 200_000, b"Dear payer"), strict=True):
        file.write_bytes(content)
    return files


def submit(files: list[Path], url: str, layout: Layout, *words: str) -> tuple[int, str]:
    names = [str(file) for file in files]
    result = RUN.invoke(app, ["submit", *names, "--tenant=lakeside", f"--claims={url}", f"--dir={layout.root}", *words])
    return result.exit_code, result.stdout


def test_files_are_submitted_once_however_often_it_is_run(
    claims_url: str, claim_files: list[Path], layout: Layout
) -> None:
    make_identity(layout)
    first_code, first = submit(claim_files[:1], claims_url, layout, "--json")
    again_code, again = submit(claim_files[:2], claims_url, layout, "--json")
    assert (first_code, again_code) == (0, 0)
    assert [(o["file_id"], o["known"]) for o in json.loads(first)] == [("file_1", False)]
    assert [(o["file_id"], o["known"]) for o in json.loads(again)] == [("file_1", True), ("file_2", False)]


def test_a_refused_file_is_explained_and_the_others_go_on(
    claims_url: str, claim_files: list[Path], layout: Layout
) -> None:
    make_identity(layout)
    code, said = submit([claim_files[2], claim_files[0]], claims_url, layout)
    assert code == Exit.FAILED
    assert "refused (422): the file does not begin with ISA" in said
    assert "file_1" in said


def test_a_service_that_does_not_answer_is_an_outcome(claim_files: list[Path], layout: Layout) -> None:
    make_identity(layout)
    code, said = submit(claim_files[:1], "http://127.0.0.1:9", layout, "--json")
    assert code == Exit.FAILED
    assert json.loads(said)[0]["error"] == "not sent: ConnectError"


def test_a_token_is_printed_for_people_and_for_programs(layout: Layout) -> None:
    make_identity(layout)
    words = ["token", "--tenant=lakeside", "--role=biller", f"--dir={layout.root}"]
    assert RUN.invoke(app, words).stdout.count(".") == 2
    assert json.loads(RUN.invoke(app, [*words, "--json"]).stdout)["expires_in_seconds"] == 8 * 3600
    unknown = RUN.invoke(app, [*words, "--role=king"])
    assert unknown.exit_code == Exit.USAGE
    assert "no role is called king" in unknown.stderr


def test_the_clock_of_a_stack_on_the_machines_clock_is_not_moved(layout: Layout) -> None:
    refused = RUN.invoke(app, ["sweep", "--as-of=2026-07-01", f"--dir={layout.root}"])
    assert isinstance(refused.exception, RefusalError)
    assert refused.exception.exit_code is Exit.REFUSED


async def fill(servers: str, topic: str) -> None:
    """Four claims of two tenants, and a record that is no JSON."""
    await create_topics(servers, 3, [topic])
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        for number, tenant in enumerate(("lakeside", "northgate", "lakeside", "lakeside")):
            headers: list[tuple[str, bytes]] = [
                ("ce_type", b"claim.denied.v1" if number == 3 else b"claim.received.v1"),
                ("ce_tenant", tenant.encode()),
                ("ce_partitionkey", f"acct_{number}".encode()),
                ("ce_subject", f"claim/clm_{number}".encode()),
                ("ce_time", b"2026-07-01T00:00:00+00:00"),
            ]
            body = json.dumps({"type": "x", "claim_id": f"clm_{number}", "charge_cents": 100 * number}).encode()
            await producer.send_and_wait(topic, body, key=f"{tenant}/acct_{number}".encode(), headers=headers)
        await producer.send_and_wait(topic, b"\xff\x00", key=b"poison")


async def subjects(servers: str, topic: str, wanted: Wanted) -> set[str]:
    return {seen.header("ce_subject") async for seen in watch(servers, topic, wanted, earliest=True, follow=False)}


@pytest.mark.stack
async def test_a_topic_is_watched_by_type_tenant_and_account(kafka_servers: str) -> None:
    topic = f"tail.{uuid4().hex}"
    await fill(kafka_servers, topic)
    assert await subjects(kafka_servers, topic, Wanted()) == {*(f"claim/clm_{n}" for n in range(4)), ""}
    assert await subjects(kafka_servers, topic, Wanted(tenant="northgate")) == {"claim/clm_1"}
    assert await subjects(kafka_servers, topic, Wanted(kind="claim.denied.v1")) == {"claim/clm_3"}
    assert await subjects(kafka_servers, topic, Wanted(account="acct_2")) == {"claim/clm_2"}
    assert len(await subjects(kafka_servers, topic, Wanted(tenant="lakeside", limit=2))) == 2
    with pytest.raises(RefusalError, match=r"There is no topic nowhere"):
        await subjects(kafka_servers, "nowhere", Wanted())


@pytest.mark.stack
def test_tail_prints_lines_for_people_and_json_for_programs(kafka_servers: str) -> None:
    topic = f"tail.{uuid4().hex}"
    asyncio.run(fill(kafka_servers, topic))
    words = ["tail", topic, "--from=earliest", "--no-follow", f"--kafka={kafka_servers}"]
    people = RUN.invoke(app, [*words, "--account=acct_3"]).stdout
    assert "claim.denied.v1" in people
    assert "claim_id=clm_3, charge_cents=300" in people
    rows: list[dict[str, Any]] = [json.loads(line) for line in RUN.invoke(app, [*words, "--json"]).stdout.splitlines()]
    assert sum(1 for row in rows if row["body"] is None) == 1
    assert {row["key"] for row in rows} >= {"lakeside/acct_0", "northgate/acct_1", "poison"}


async def test_no_broker_is_said_in_one_sentence() -> None:
    with pytest.raises(RefusalError, match=r"No Kafka broker answers at 127\.0\.0\.1:9"):
        await subjects("127.0.0.1:9", "claims.events.v1", Wanted())
