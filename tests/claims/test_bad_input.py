"""Bad files: each gets a reason that says where, is kept, and takes nothing else with it."""

from pathlib import Path

import pytest

from samples.generate import generate
from shared.contracts import ClaimHeld, ClaimReceived
from tests.claims.world import TENANT, World, make_world
from tests.shared.sealing import PlainSealer


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def good_file(count: int = 5) -> bytes:
    return generate(count * 2)[TENANT]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE:empty"),
        (b"   \r\n", "FILE:empty"),
        (b"name;amount\nSMITH;12", "FILE:isa"),
        (b"\x00\xff\xfe\x01" * 100, "FILE:isa"),
        (good_file().decode().encode("utf-16"), "FILE:isa"),
        (good_file()[:50], "FILE:isa"),
        (good_file().replace(b"ST*837*", b"ST*270*"), "FILE:set"),
    ],
)
async def test_an_unreadable_file_is_quarantined_with_its_reason(world: World, content: bytes, code: str) -> None:
    await world.drop("bad.837", content)
    (file,) = await world.files()
    (note,) = await world.quarantine()
    assert file.status == "quarantined"
    assert file.reason is not None
    assert note["code"] == file.reason.code == code
    assert "SMITH" not in str(note)
    assert not await world.claims()
    assert [path.name for path in (world.intake / TENANT).iterdir() if path.is_file()] == []
    assert len(list((world.intake / TENANT / "taken").iterdir())) == 1


async def test_a_truncated_file_gives_what_it_holds(world: World) -> None:
    content = good_file(5)
    cut = content.rindex(b"\nLX*1")
    await world.drop("cut.837", content[:cut])
    (file,) = await world.files()
    assert (file.status, file.taken) == ("completed", 5)
    assert len(world.events(ClaimReceived)) == 4
    (held,) = world.events(ClaimHeld)
    assert isinstance(held, ClaimHeld)
    assert {"x12-structure", "lines"} <= {reason.rule for reason in held.reasons}
    (note,) = await world.quarantine()
    assert note["claims_taken"] == 5


async def test_one_bad_claim_among_good_ones_is_held_alone(world: World) -> None:
    content = good_file(5)
    place = content.index(b"\nCLM*", content.index(b"\nCLM*") + 1)
    amount = content.index(b"*", place + 5) + 1
    end = content.index(b"*", amount)
    await world.drop("one-bad.837", content[:amount] + b"-5" + content[end:])
    held = [one for one in await world.claims() if one.status == "held"]
    assert len(held) == 1
    assert {"charge", "charge-sum"} == {hold.rule for hold in held[0].holds}
    assert len(world.events(ClaimReceived)) == 4


async def test_the_same_file_twice_is_one_intake(world: World) -> None:
    content = good_file(5)
    await world.drop("one.837", content)
    await world.drop("two.837", content)
    assert len(await world.files()) == 1
    assert len(world.events(ClaimReceived)) == 5
    assert len(list((world.intake / TENANT / "taken").iterdir())) == 2


async def test_the_same_claims_in_another_envelope_are_duplicates(world: World) -> None:
    content = good_file(5)
    await world.drop("one.837", content)
    await world.drop("two.837", content.replace(b"\nBHT*0019*00*", b"\nBHT*0019*18*"))
    held = [one for one in await world.claims() if one.status == "held"]
    assert len(held) == 5
    assert {hold.rule for one in held for hold in one.holds} == {"duplicate-claim", "control-number-repeated"}


async def test_tenants_do_not_see_each_others_claims(world: World) -> None:
    content = good_file(5)
    await world.drop("one.837", content, "lakeside")
    await world.drop("one.837", content, "northgate")
    for tenant in ("lakeside", "northgate"):
        assert {one.status for one in await world.claims(tenant)} == {"waiting_coverage"}
    ids = [{one.claim_id for one in await world.claims(tenant)} for tenant in ("lakeside", "northgate")]
    assert not ids[0] & ids[1]


async def test_a_claim_that_x12_cannot_carry_leaves_its_file_alone(world: World) -> None:
    content = good_file(3)
    name = content.index(b"NM1*IL*1*") + len(b"NM1*IL*1*")
    end = content.index(b"*", name)
    await world.drop("accent.837", content[:name] + "MU\u00d1OZ".encode() + content[end:])
    await world.verify_coverage()
    statuses = sorted(one.status for one in await world.claims())
    assert "held" in statuses
    assert "submitted" in statuses
    held = [hold.rule for one in await world.claims() for hold in one.holds if one.status == "held"]
    assert set(held) == {"x12-writing"}


async def test_a_shredded_claim_leaves_its_file_and_the_others_go(world: World) -> None:
    await world.drop("day.837", good_file(5))
    shredded, *_ = await world.claims()
    assert isinstance(world.runtime.sealer, PlainSealer)
    await world.runtime.sealer.forget(TENANT, shredded.account_id)
    await world.verify_coverage()
    held = [one for one in await world.claims() if one.status == "held"]
    assert shredded.claim_id in {one.claim_id for one in held}
    assert {hold.rule for one in held for hold in one.holds} == {"seal"}
    assert {one.status for one in await world.claims()} == {"held", "submitted"}


async def test_no_identifier_reaches_a_topic_or_lies_in_the_store(world: World) -> None:
    content = good_file(5)
    await world.drop("QUILLFEATHER_ADA.837", content)
    await world.verify_coverage()
    names = {line.split(b"*")[3] for line in content.split(b"~\n") if line.startswith(b"NM1*IL")}
    members = {line.split(b"*")[9] for line in content.split(b"~\n") if line.startswith(b"NM1*IL")}
    births = {line.split(b"*")[2] for line in content.split(b"~\n") if line.startswith(b"DMG")}
    lying = await world.published() + world.lying()
    assert names
    assert b"QUILLFEATHER" not in lying
    assert not [one for one in names | members | births if one in lying]
