"""A process dies between any two steps and another takes over: nothing is lost, nothing is done twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from samples.generate import generate
from services.claims.core import INTAKE_FILE, SUBMISSION
from services.claims.delivery import hand_over
from shared.contracts import ClaimReceived, ClaimSubmitted, Message
from shared.decider import Decider, Fact
from shared.shell import Shell
from shared.store.memory import MemoryStore
from shared.store.port import Refused, Write
from tests.claims.world import NOW, TENANT, World, coverage_answer, make_world

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)


class ProcessDiedError(Exception):
    """Everything the process held in memory is gone."""


class MortalStore(MemoryStore):
    """Lets a process die before one of its commits."""

    kind: str | None = None
    writes_left = 0

    async def commit(self, decider: Decider[S, M, F], writes: Sequence[Write[S]], /) -> Refused:
        if decider.kind == self.kind:
            self.writes_left -= 1
            if self.writes_left < 0:
                raise ProcessDiedError
        return await super().commit(decider, writes)


def mortal_world(root: Path) -> World:
    return make_world(root, store=MortalStore(NOW))


def successor(root: Path, world: World) -> World:
    """Another process on the same store, vault, folders and topics."""
    made = make_world(root, store=world.store, sealer=world.runtime.sealer, days_later=1)  # type: ignore[arg-type]
    made.bus.records[:0] = world.bus.records
    return made


def die_after(world: World, kind: str, writes: int) -> None:
    """The process ends after so many further commits to aggregates of this kind, in the middle of what it was doing."""
    assert isinstance(world.store, MortalStore)
    world.store.kind, world.store.writes_left = kind, writes


def revive(world: World) -> None:
    assert isinstance(world.store, MortalStore)
    world.store.kind = None


async def live_and_die(world: World, content: bytes) -> None:
    with pytest.raises(ProcessDiedError):
        await world.drop("day.837", content)


@pytest.mark.parametrize("writes", [0, 1, 2])
async def test_a_file_is_read_to_its_end_by_the_next_process(
    tmp_path: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.claims.file_performer.STRETCH_CLAIMS", 10)
    monkeypatch.setattr("services.claims.file_performer.BATCH_ITEMS", 5)
    content = generate(80)[TENANT]
    world = mortal_world(tmp_path)
    die_after(world, INTAKE_FILE.kind, writes)
    await live_and_die(world, content)
    revive(world)
    after = successor(tmp_path, world)
    await after.settle()
    (file,) = await after.files()
    assert (file.status, file.taken, file.position) == ("completed", 40, 40)
    assert len(await after.claims()) == 40
    announced = [event.meta.id for event in after.events(ClaimReceived)]
    assert len(set(announced)) == 40


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
async def test_a_submission_is_finished_by_the_next_process(tmp_path: Path, writes: int) -> None:
    world = mortal_world(tmp_path)
    await world.drop("day.837", generate(20)[TENANT])
    die_after(world, SUBMISSION.kind, writes)
    with pytest.raises(ProcessDiedError):
        await world.verify_coverage()
    revive(world)
    before = world.outbox()
    after = successor(tmp_path, world)
    await after.settle()
    assert {one.status for one in await after.claims()} == {"submitted"}
    assert len({event.meta.id for event in after.events(ClaimSubmitted)}) == 10
    files = after.outbox()
    assert len(files) == 1
    assert before.items() <= files.items()


async def test_two_processes_batch_at_the_same_time_and_each_claim_goes_once(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    await world.drop("day.837", generate(20)[TENANT])
    waiting = await world.claims()
    await Shell(world.store, world.runtime.relay, world.runtime.log).transact(
        world.spec.deciders[0], [coverage_answer(one) for one in waiting]
    )
    other = successor(tmp_path, world)
    for _ in range(2):
        for process in (world, other):
            await process.loops[2].step()
    await world.settle()
    members = [member.claim_id for one in await world.submissions() for member in one.members]
    assert len(members) == len(set(members)) == 10
    assert {one.status for one in await world.claims()} == {"submitted"}


def test_a_file_that_the_partner_took_is_not_delivered_again(tmp_path: Path) -> None:
    hand_over(tmp_path, "sub_1.837", b"ISA")
    taken = tmp_path / "taken"
    taken.mkdir()
    (tmp_path / "to_payer" / "sub_1.837").rename(taken / "000001-sub_1.837")
    hand_over(tmp_path, "sub_1.837", b"ISA")
    assert not list((tmp_path / "to_payer").iterdir())
