"""The service from a dropped file to the payer's answer, on memory."""

from pathlib import Path

import pytest

from samples.generate import generate
from samples.normalise import normalise
from shared.contracts import ClaimAccepted, ClaimHeld, ClaimReceived, ClaimRejected, ClaimSubmitted
from shared.x12.claim837 import Claim837, read_837
from tests.claims.world import TENANT, World, make_world

CORPUS = Path(__file__).parents[2] / "samples" / "corpus" / "837p"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def day_of_claims(count: int) -> bytes:
    return generate(count * 2)[TENANT]


async def test_good_claims_travel_from_the_folder_to_the_payer(world: World) -> None:
    content = day_of_claims(30)
    await world.drop("day.837", content)
    assert [len(world.events(t)) for t in (ClaimReceived, ClaimHeld, ClaimSubmitted)] == [30, 0, 0]

    await world.verify_coverage()
    sent = world.events(ClaimSubmitted)
    assert len(sent) == 30
    files = world.outbox()
    written = [one for file in files.values() for one in read_837([file]) if isinstance(one, Claim837)]
    came = [one for one in read_837([content]) if isinstance(one, Claim837)]
    assert {one.patient_control_number: one.subscriber for one in written} == {
        one.patient_control_number: one.subscriber for one in came
    }
    assert sum(one.charge_cents or 0 for one in written) == sum(one.charge_cents or 0 for one in came)
    assert not await world.quarantine()


@pytest.mark.parametrize("name", sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*") if path.is_file()))
async def test_every_public_sample_is_taken_or_refused_with_a_reason(world: World, name: str) -> None:
    content = (CORPUS / name).read_bytes()
    await world.drop("sample.837", content)
    (file,) = await world.files()
    claims = await world.claims()
    assert file.status in ("completed", "quarantined")
    assert file.taken == len(claims)
    assert all(one.status in ("held", "waiting_coverage") for one in claims)
    assert all(one.holds for one in claims if one.status == "held")
    if file.status == "quarantined":
        assert await world.quarantine()


async def test_normalised_samples_flow_the_whole_way(world: World) -> None:
    for path in sorted(CORPUS.rglob("*X222*")):
        await world.drop(f"{path.stem}.837", normalise(path.read_bytes()))
    held = [(one.origin, [h.rule for h in one.holds]) for one in await world.claims() if one.status == "held"]
    assert not held
    await world.verify_coverage()
    assert {one.status for one in await world.claims()} == {"submitted"}
    assert not world.events(ClaimAccepted, ClaimRejected)
