"""How files get to partners: SFTP that is looked after, HTTP, cutoffs, test mode, and ids and files by partner."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from samples.generate import generate
from services.claims.core.cutoffs import CutoffRule, last_cutoff, next_cutoff
from services.claims.core.submission import RETRY_AFTER
from services.claims.routing import routing_table
from shared.contracts import ClaimSubmitted
from shared.policy import PolicyError
from shared.x12.claim837 import Claim837, read_837
from tests.claims.callers import calling
from tests.claims.world import TENANT, World, coverage_answer, make_world
from tests.shared.sealing import PlainSealer

SUBMITTER = '[submitter.default]\nname = "BILLING"\ncontact_name = "DESK"\ncontact_phone = "8005550100"\n'


def routing_file(root: Path, text: str, submitter: str = SUBMITTER) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    path = root / "routing.toml"
    path.write_text(submitter + text)
    return path


def partner(name: str = "clearinghouse", payers: str = '["*"]', more: str = "") -> str:
    return f'[partner.{name}]\nname = "{name.upper()}"\nid = "{name.upper()}"\npayers = {payers}\n{more}\n'


def day(count: int = 6) -> bytes:
    return generate(count * 2)[TENANT]


async def send(world: World, content: bytes | None = None) -> None:
    await world.drop("day.837", content or day())
    await world.verify_coverage()


class LyingServer(asyncssh.SFTPServer):
    """Says yes to everything, and keeps nothing: the file is gone once it has its name; until it turns honest."""

    honest = False

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        old, new = (Path(self.map_path(path).decode()) for path in (oldpath, newpath))
        await asyncio.to_thread(old.rename, new) if self.honest else await asyncio.to_thread(old.unlink)


class CuttingServer(asyncssh.SFTPServer):
    """Says yes, and keeps half of the file."""

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        old, new = (Path(self.map_path(path).decode()) for path in (oldpath, newpath))
        content = await asyncio.to_thread(old.read_bytes)
        await asyncio.to_thread(new.write_bytes, content[: len(content) // 2])
        await asyncio.to_thread(old.unlink)


class Keys:
    """Key pairs of a server and of us."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.server = asyncssh.generate_private_key("ssh-ed25519")
        self.ours = asyncssh.generate_private_key("ssh-ed25519")
        self.key_file = root / "our_key"
        self.ours.write_private_key(str(self.key_file))
        self.allowed = root / "allowed"
        self.ours.write_public_key(str(self.allowed))

    def host_key(self, key: asyncssh.SSHKey | None = None) -> str:
        return (key or self.server).export_public_key().decode().strip()


@asynccontextmanager
async def serving(keys: Keys, folder: Path, kind: type[asyncssh.SFTPServer]) -> AsyncGenerator[int]:
    """A true SFTP server on this machine, shut in a folder; its port."""
    (folder / "in").mkdir(parents=True, exist_ok=True)

    def make(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return kind(channel, chroot=str(folder).encode())

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[keys.server], authorized_client_keys=str(keys.allowed), sftp_factory=make
    )
    try:
        yield server.get_port()
    finally:
        server.close()
        await server.wait_closed()


Place = Callable[..., Any]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    """Makes a world whose partner is an SFTP server of some honesty."""
    async with AsyncExitStack() as stack:

        async def make(kind: type[asyncssh.SFTPServer] = asyncssh.SFTPServer, **changes: str) -> tuple[World, Path]:
            keys, folder = Keys(tmp_path / "keys"), tmp_path / "partner"
            port = await stack.enter_async_context(serving(keys, folder, kind))
            given = {"host_key": keys.host_key(), "port": str(port), "key_file": str(keys.key_file)} | changes
            settings = f"""transport = "sftp"
[partner.clearinghouse.sftp]
host = "127.0.0.1"
port = {given["port"]}
user = "lakeside"
key_file = "{given["key_file"]}"
host_key = "{given["host_key"]}"
folder = "in"
timeout_seconds = 10"""
            return make_world(tmp_path, routing_file=routing_file(tmp_path, partner(more=settings))), folder / "in"

        yield make


async def test_files_go_out_over_sftp_and_are_seen_there(place: Place) -> None:
    world, folder = await place()
    await send(world)
    (submission,) = await world.submissions()
    (file,) = folder.iterdir()
    assert (submission.status, file.name, file.stat().st_size) == (
        "sent",
        f"{submission.submission_id}.837",
        submission.size,
    )
    assert len(world.events(ClaimSubmitted)) == 6
    assert not await world.quarantine()
    assert world.outbox() == {}


@pytest.mark.parametrize(("kind", "code"), [(LyingServer, "SFTP:absent"), (CuttingServer, "SFTP:size")])
async def test_case_26_a_file_that_the_server_took_and_does_not_show_is_not_counted_as_sent(
    place: Place, kind: type[asyncssh.SFTPServer], code: str
) -> None:
    world, _ = await place(kind)
    await send(world)
    (submission,) = await world.submissions()
    assert submission.status == "built"
    assert submission.failure is not None
    assert submission.failure.code == code
    assert not world.events(ClaimSubmitted)
    assert {one.status for one in await world.claims()} == {"batched"}
    (work,) = await world.quarantine()
    assert (work["kind"], work["code"], work["claims"]) == ("undelivered_file", code, 6)
    assert "not counted as sent" in work["reason"]


async def test_a_file_is_sent_again_once_the_server_is_honest(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    world, folder = await place(LyingServer)
    await send(world)
    waits: list[timedelta] = []
    for _ in range(5):
        (submission,) = await world.submissions()
        assert submission.failure is not None
        waits.append(submission.failure.again_at - world.clock.now())
        world.clock.move(submission.failure.again_at)
        await world.settle()
    assert tuple(waits) == (*RETRY_AFTER, RETRY_AFTER[-1])
    monkeypatch.setattr(LyingServer, "honest", True)
    (submission,) = await world.submissions()
    assert submission.failure is not None
    world.clock.move(submission.failure.again_at)
    await world.settle()
    (submission,) = await world.submissions()
    assert (submission.status, submission.failure) == ("sent", None)
    assert len(list(folder.iterdir())) == 1
    assert len(world.events(ClaimSubmitted)) == 6


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"port": "1"}, "SFTP:unreachable"),
        ({"key_file": "/nowhere"}, "SFTP:key"),
        ({"host_key": Keys.__name__}, "SFTP:key"),
    ],
)
async def test_a_partner_that_cannot_be_reached_is_work_for_a_person(
    place: Place, changes: dict[str, str], code: str
) -> None:
    world, _ = await place(**changes)
    await send(world)
    (work,) = await world.quarantine()
    assert work["code"] == code
    assert not world.events(ClaimSubmitted)


async def test_a_server_with_another_host_key_gets_nothing(place: Place) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    world, folder = await place(host_key=other)
    await send(world)
    (work,) = await world.quarantine()
    assert work["code"] == "SFTP:host-key"
    assert list(folder.iterdir()) == []


async def test_a_server_that_does_not_know_our_key_is_named(place: Place, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(stranger))
    world, _ = await place(key_file=str(stranger))
    await send(world)
    (work,) = await world.quarantine()
    assert work["code"] == "SFTP:login"


async def test_files_go_out_over_http_with_a_key_and_a_digest(tmp_path: Path) -> None:
    seen: list[bytes] = []
    answers = [b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        seen.append(head + await reader.readexactly(length))
        writer.write(answers[len(seen) - 1])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    (tmp_path / "token").write_text("secret-token\n")
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    more = f'''transport = "http"
[partner.clearinghouse.http]
url = "http://127.0.0.1:{port}/claims"
token_file = "{tmp_path / "token"}"'''
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, partner(more=more)))
    async with server:
        await send(world)
        (submission,) = await world.submissions()
        assert submission.failure is not None
        assert (submission.status, submission.failure.code) == ("built", "HTTP:503")
        world.clock.move(submission.failure.again_at)
        await world.settle()
    (submission,) = await world.submissions()
    assert submission.status == "sent"
    assert f"Idempotency-Key: {submission.submission_id}".lower().encode() in seen[1].lower()
    assert b"Bearer secret-token" in seen[1]
    assert seen[1].endswith(b"IEA*1*260000001~\n")


RULE = CutoffRule((time(16),), "America/New_York", date(2020, 1, 1), "test", "test")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        # Wednesday 1 July 2026, New York in summer: 16:00 is 20:00 UTC.
        ("2026-07-01T19:59", "2026-06-30T20:00", "2026-07-01T20:00"),
        ("2026-07-01T20:00", "2026-07-01T20:00", "2026-07-02T20:00"),
        # Over a weekend.
        ("2026-07-04T12:00", "2026-07-03T20:00", "2026-07-06T20:00"),
        # In winter 16:00 is 21:00 UTC; the clocks change on 1 November.
        ("2026-11-02T20:30", "2026-10-30T20:00", "2026-11-02T21:00"),
    ],
)
def test_cutoffs_are_of_the_partners_zone_and_days(now: str, last: str, following: str) -> None:
    found = (last_cutoff((RULE,), utc(now)), next_cutoff((RULE,), utc(now)))
    assert found == (utc(last), utc(following))


def test_nothing_leaves_on_a_holiday_or_after_a_rule_ended() -> None:
    now = datetime(2026, 7, 4, 12, tzinfo=UTC)
    observed = replace(RULE, holidays=frozenset({date(2026, 7, 3)}))
    assert last_cutoff((observed,), now) == datetime(2026, 7, 2, 20, tzinfo=UTC)
    ended = replace(RULE, valid_to=date(2026, 6, 30))
    assert last_cutoff((ended,), now) == datetime(2026, 6, 30, 20, tzinfo=UTC)
    assert next_cutoff((ended,), now) is None
    assert last_cutoff((replace(RULE, weekdays=frozenset()),), now) is None


CUTOFFS = """
[[partner.clearinghouse.cutoffs]]
times = ["16:00"]
zone = "America/New_York"
valid_from = 2020-01-01
source = "test"
owner = "test"
holidays = ["federal"]

[holidays]
federal = [2026-07-03]
"""


async def test_claims_wait_for_the_cutoff_of_their_partner(tmp_path: Path) -> None:
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, partner(more=CUTOFFS)))
    # Yesterday's cutoff has passed, and nothing waited for it.
    await world.settle()
    await send(world)
    assert not world.events(ClaimSubmitted)
    world.clock.move(datetime(2026, 7, 1, 19, 59, tzinfo=UTC))
    await world.settle()
    assert not world.events(ClaimSubmitted)
    world.clock.move(datetime(2026, 7, 1, 20, tzinfo=UTC))
    await world.settle()
    assert len(world.events(ClaimSubmitted)) == 6

    await world.drop("late.837", generate(40, seed=9)[TENANT])
    await world.verify_coverage()
    assert len(world.events(ClaimSubmitted)) == 6
    world.clock.move(datetime(2026, 7, 2, 20, tzinfo=UTC))
    await world.settle()
    assert len(world.events(ClaimSubmitted)) > 6


def test_case_19_a_partner_knows_a_tenant_by_an_id_of_its_own(tmp_path: Path) -> None:
    submitter = (
        '[submitter.lakeside]\nname = "LAKESIDE"\nid = "LAKE"\n[submitter.lakeside.ids]\nmedicare = "M123"\n'
        + SUBMITTER
    )
    routing = routing_table(routing_file(tmp_path, partner() + partner("medicare", '["00430"]'), submitter))
    assert routing.submitter_of("lakeside", "medicare").id == "M123"
    assert routing.submitter_of("lakeside", "clearinghouse").id == "LAKE"
    assert routing.submitter_of("northgate", "medicare").id == "NORTHGATE"


async def test_case_20_each_partner_gets_one_file_of_its_own(tmp_path: Path) -> None:
    payers = sorted({one.payer.id for one in claims_of(day(20))})
    table = partner() + partner("direct", f'["{payers[0]}"]')
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, table))
    await send(world, day(20))
    files = world.outbox()
    assert len(files) == 2
    for name, content in files.items():
        own = {one.payer.id for one in claims_of(content)}
        assert own == ({payers[0]} if "direct" in name else set(payers[1:]))


def claims_of(content: bytes) -> list[Claim837]:
    return [one for one in read_837([content]) if isinstance(one, Claim837)]


async def test_files_of_a_tenant_in_test_say_so(tmp_path: Path) -> None:
    table = partner(more='tenants_in_test = ["lakeside"]')
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, table))
    await send(world)
    (content,) = world.outbox().values()
    assert content[:106].split(b"*")[15] == b"T"


async def test_case_10_every_interchange_number_is_unique_with_two_workers(tmp_path: Path) -> None:
    sealer = PlainSealer()
    first = make_world(tmp_path, sealer=sealer)
    second = make_world(tmp_path, store=first.store, sealer=sealer)
    batchers = [next(loop for loop in world.loops if loop.name == "batcher") for world in (first, second)]
    for number in range(6):
        await first.drop(f"{number}.837", generate(12, seed=number + 1)[TENANT])
        waiting = [one for one in await first.claims() if one.status == "waiting_coverage"]
        assert waiting
        await first.runtime.shell.transact(first.spec.deciders[0], [coverage_answer(one) for one in waiting])
        await asyncio.gather(*(batcher.step() for batcher in batchers * 3))
        await first.settle()
    numbers = [one.interchange for one in await first.submissions()]
    written = [content[:106].split(b"*")[13] for content in first.outbox().values()]
    assert len(numbers) >= 6
    assert len(set(numbers)) == len(numbers)
    assert len(set(written)) == len(written)
    assert {one.status for one in await first.claims()} == {"submitted"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (partner(payers='["P1"]'), "must take payers"),
        (partner(more='claim_types = ["P"]'), "for I"),
        (partner(more='transport = "pigeon"'), "transport is one of"),
        (partner(more='transport = "sftp"'), "needs the table"),
        (
            partner(more='transport = "sftp"\n[partner.clearinghouse.sftp]\nhost = "h"'),
            "lacks host_key, key_file, user",
        ),
        (partner(more='usage = "X"'), "usage is P"),
        (partner(more=CUTOFFS.replace("New_York", "Atlantis")), "time zone"),
        (partner(more=CUTOFFS.replace('["federal"]', '["lunar"]')), "lunar"),
        (partner(more=CUTOFFS.replace('source = "test"', "")), "lacks source"),
    ],
)
def test_a_routing_table_that_would_not_work_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        routing_table(routing_file(tmp_path, text))


async def test_a_file_that_waits_is_shown(tmp_path: Path) -> None:
    async with calling(tmp_path) as client:
        await send(client.world)
        shown = (await client.get("/submissions")).json()
        waiting = (await client.get("/submissions?undelivered=true")).json()
    assert [(one["status"], one["claims"], one["failure"]) for one in shown] == [("sent", 6, None)]
    assert waiting == []
