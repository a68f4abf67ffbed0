"""A tenant that sends a hundred times its share waits for itself, by HTTP and by file; nobody else does."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from samples.generate import generate
from services.claims.api import router
from services.claims.routing import routing_table
from shared.http import bare_app
from shared.overload import Limits
from shared.runtime import Running
from tests.claims.callers import CLAIM, Client
from tests.claims.world import NOW, TENANT, World, make_world, signing_key

SHARE = 6
ENTRY = """
[[quota]]
tenant = "{tenant}"
claims_a_minute = {rate}
burst_claims = {burst}
files_unread = {unread}
valid_from = 2000-01-01
source = "test"
owner = "test"
"""
GREEDY, MODEST = "greedy", TENANT


def quota_file(root: Path, *entries: tuple[str, int, int, int]) -> Path:
    path = root / "quotas.toml"
    names = ("tenant", "rate", "burst", "unread")
    path.write_text("".join(ENTRY.format(**dict(zip(names, entry, strict=True))) for entry in entries))
    return path


@asynccontextmanager
async def serving(root: Path, *entries: tuple[str, int, int, int], **limits: int) -> AsyncGenerator[Client]:
    key = signing_key()
    world = make_world(root, key=key, quota_file=quota_file(root, *entries))
    app = bare_app("claims", router, streams=("/files",), limits=Limits(**limits))  # type: ignore[arg-type]
    app.state.running = Running(world.runtime, world.spec, None, (), ())  # type: ignore[arg-type]
    app.state.routing, app.state.quotas, app.state.upload_bytes_max = routing_table(), world.quotas, 1_000_000
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://claims") as http:
        yield Client(world, key, http)


def claim(number: int) -> dict[str, Any]:
    return {**CLAIM, "patient_control_number": f"N{number}"}


async def upload(client: Client, content: bytes, tenant: str = TENANT) -> httpx.Response:
    return await client.http.post("/files", content=content, headers=client.token("biller", tenant=tenant))


async def test_a_hundred_times_its_share_is_shed_and_the_others_claims_all_get_in(tmp_path: Path) -> None:
    async with serving(tmp_path, ("*", SHARE, SHARE, 10)) as client:
        statuses: Counter[tuple[str, int]] = Counter()
        for n in range(SHARE):
            flood = [client.post("/claims", claim(m), key=f"g{n}/{m}", tenant=GREEDY) for m in range(100)]
            own = client.post("/claims", claim(n), key=f"m{n}", tenant=MODEST)
            *shed, modest = await asyncio.gather(*flood, own)
            statuses.update((GREEDY, answer.status_code) for answer in shed)
            statuses[MODEST, modest.status_code] += 1
        assert statuses == {(GREEDY, 201): SHARE, (GREEDY, 429): SHARE * 99, (MODEST, 201): SHARE}
        assert len(await client.world.claims(GREEDY)) == len(await client.world.claims(MODEST)) == SHARE
        assert client.http._transport.app.state.gate.numbers()["shed"] == {"tenant_quota": SHARE * 99}  # type: ignore[attr-defined]


async def test_who_comes_back_when_told_is_let_in(tmp_path: Path) -> None:
    async with serving(tmp_path, ("*", 6, 1, 10)) as client:
        assert (await client.post("/claims", claim(1), key="a")).status_code == 201
        shed = await client.post("/claims", claim(2), key="b")
        assert (shed.status_code, shed.headers["Retry-After"], shed.json()["exceeded"]) == (429, "10", "tenant_quota")
        assert "6 claims a minute" in shed.json()["detail"]
        client.world.clock.move(NOW + timedelta(seconds=9))
        assert (await client.post("/claims", claim(2), key="b")).status_code == 429
        client.world.clock.move(NOW + timedelta(seconds=10))
        assert (await client.post("/claims", claim(2), key="b")).status_code == 201
        assert (await client.post("/claims", claim(3), key="c", role="auditor")).status_code == 403


async def test_an_upload_is_charged_and_only_so_many_may_wait_to_be_read(tmp_path: Path) -> None:
    async with serving(tmp_path, ("*", 60, 3, 2), (GREEDY, 1, 1, 9)) as client:
        first, *_ = [await upload(client, f"file {n}".encode()) for n in range(2)]
        assert first.status_code == 201
        shed = await upload(client, b"file 3")
        assert (shed.status_code, shed.json()["exceeded"]) == (429, "files_unread")
        assert int(shed.headers["Retry-After"]) >= 5
        await client.world.settle()
        client.world.clock.move(NOW + timedelta(seconds=1))
        assert (await upload(client, b"file 3")).status_code == 201, "the others were read"
        assert (await upload(client, b"file 1", GREEDY)).status_code == 201
        shed = await upload(client, b"file 2", GREEDY)
        assert (shed.json()["exceeded"], shed.headers["Retry-After"]) == ("tenant_quota", "60")


@pytest.mark.parametrize("limit", ["requests_max", "backlog_max"])
async def test_the_bounds_of_the_process_hold_for_claims_and_files(tmp_path: Path, limit: str) -> None:
    async with serving(tmp_path, ("*", 60, 60, 10), **{limit: 1}) as client:
        client.world.clock.move(NOW)
        app: Any = client.http._transport.app  # type: ignore[attr-defined]
        if limit == "requests_max":
            app.state.gate.enter("/claims", 0)
        else:
            assert (await upload(client, b"one file")).status_code == 201
            app.state.gate.backlog = 1
        assert (await client.post("/claims", claim(1))).status_code == 429
        assert (await upload(client, b"another")).status_code == 429
        assert (await client.get("/claims")).status_code == 200


def drop(world: World, tenant: str, files: dict[str, bytes]) -> None:
    folder = world.intake / tenant
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


async def once_around(world: World) -> int:
    done = sum([await loop.step() for loop in world.loops])
    return done + sum([await worker.run_once() for worker in world.workers])


def claims_in(count: int, seed: int) -> bytes:
    return generate(count * 2, seed=seed)[TENANT]


async def test_files_of_a_flood_wait_in_their_folder_and_those_of_others_go_on(tmp_path: Path) -> None:
    world = make_world(tmp_path, quota_file=quota_file(tmp_path, ("*", 60, 60, 3), (GREEDY, 4, 4, 3)))
    flood = {f"{n:03}.837": b"ISA no claim at all %d" % n for n in range(100)}
    drop(world, GREEDY, flood)
    drop(world, "zebra", {f"{n}.837": b"ISA of another %d" % n for n in range(3)})
    await once_around(world)
    assert len(await world.files("zebra")) == 3, "every one, in the first round, though its name comes last"
    assert len(await world.files(GREEDY)) == 3
    for minute in range(1, 40):
        world.clock.move(NOW + timedelta(minutes=minute))
        while await once_around(world):
            pass
        assert len(await world.files(GREEDY)) == min(3 + 4 * minute, 100)
    assert sum([await loop.pending() for loop in world.loops]) == 0
    assert len({file.file_id for file in await world.files(GREEDY)}) == 100, "late, and none is lost"


async def test_a_file_rests_when_its_tenants_quota_is_used_up_and_loses_no_claim(tmp_path: Path) -> None:
    world = make_world(tmp_path, quota_file=quota_file(tmp_path, ("*", 600, 600, 3), (TENANT, 5, 5, 3)))
    drop(world, TENANT, {"a.837": claims_in(12, 1)})
    drop(world, "northgate", {"b.837": claims_in(12, 2)})
    while await once_around(world):
        pass
    assert len(await world.claims("northgate")) == 12
    assert len(await world.claims(TENANT)) <= 5
    (file,) = await world.files()
    assert file.status == "reading"
    seen: list[int] = []
    for minute in range(1, 5):
        world.clock.move(NOW + timedelta(minutes=minute))
        while await once_around(world):
            pass
        seen.append(len(await world.claims()))
    assert seen == sorted(seen)
    assert all(after - before <= 5 for before, after in zip([0, *seen], seen, strict=False))
    (file,) = await world.files()
    assert (file.status, file.taken, len(await world.claims())) == ("completed", 12, 12)
