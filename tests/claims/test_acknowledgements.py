"""What comes back from the clearinghouse finds its file or claim by its numbers, and nothing is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from samples.generate import generate
from services.claims.core.claim_messages import ReleaseClaim
from shared.contracts import ClaimAccepted, ClaimRejected, ClaimSubmitted
from shared.x12.acks import (
    Ack999,
    AckTransaction,
    ClaimAck277CA,
    Status,
    Ta1,
    write_277ca,
    write_999,
    write_ta1,
)
from tests.claims.world import TENANT, World, event_meta, make_world

AT = datetime(2026, 7, 2, tzinfo=UTC)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """Six claims were sent in one file."""
    made = make_world(tmp_path)
    await made.drop("day.837", generate(12)[TENANT])
    await made.verify_coverage()
    assert len(made.events(ClaimSubmitted)) == 6
    return made


def claim_ack(control_number: str, category: str, reference: str = "") -> ClaimAck277CA:
    status = Status(category, "20", "PR", date(2026, 7, 2), "U" if category in ("A3", "A7") else "WQ", 100_00)
    return ClaimAck277CA(control_number, (status,), payer_claim_control_number="ICN1", submitted_reference=reference)


def file_277ca(*acks: ClaimAck277CA) -> bytes:
    return write_277ca(list(acks), "CLEARINGHOUSE", "LAKESIDE", 7, AT)


async def test_claim_acknowledgements_reach_their_claims(world: World) -> None:
    first, second, *_ = await world.claims()
    assert first.content is not None
    assert second.content is not None
    reference = f"{first.interchange:09d}"
    content = file_277ca(
        claim_ack(first.content.patient_control_number, "A2", reference),
        claim_ack(second.content.patient_control_number, "A7"),
    )
    await world.acknowledge("a.277ca", content)
    assert len(world.events(ClaimAccepted)) == 1
    assert len(world.events(ClaimRejected)) == 1
    statuses = {one.claim_id: one.status for one in await world.claims()}
    assert (statuses[first.claim_id], statuses[second.claim_id]) == ("accepted", "rejected")

    await world.acknowledge("a-again.277ca", content)
    assert len(world.events(ClaimAccepted, ClaimRejected)) == 2
    assert not await world.quarantine()


async def test_an_acknowledgement_of_nothing_of_ours_is_kept_as_work(world: World) -> None:
    await world.acknowledge("a.277ca", file_277ca(claim_ack("NOBODY", "A2")))
    (note,) = await world.quarantine()
    assert note["code"] == "ACK:claim"
    assert "NOBODY" not in str(note)


async def test_a_refused_group_rejects_every_claim_of_its_file(world: World) -> None:
    (submission,) = await world.submissions()
    refused = Ack999(
        "HC",
        str(submission.group),
        "R",
        "005010X222A1",
        1,
        1,
        0,
        transactions=(AckTransaction("837", "0001", "R", codes=("5",)),),
    )
    await world.acknowledge("a.999", write_999(refused, "CLEARINGHOUSE", "LAKESIDE", 8, AT))
    rejected = world.events(ClaimRejected)
    assert len(rejected) == 6
    assert (await world.submissions())[0].status == "refused"

    accepted = replace(refused, status="E", accepted=1, transactions=())
    await world.acknowledge("b.999", write_999(accepted, "CLEARINGHOUSE", "LAKESIDE", 9, AT))
    assert {one.status for one in await world.claims()} == {"rejected"}


async def test_an_accepted_file_changes_nothing_for_its_claims(world: World) -> None:
    (submission,) = await world.submissions()
    good = Ta1(f"{submission.interchange:09d}", date(2026, 7, 1), None, "A", "000")
    await world.acknowledge("a.ta1", write_ta1(good, "CLEARINGHOUSE", "LAKESIDE", 10, AT))
    assert {one.status for one in await world.claims()} == {"submitted"}
    assert [ack.accepted for ack in (await world.submissions())[0].acks] == [True]


async def test_a_refused_interchange_and_one_that_was_never_sent(world: World) -> None:
    (submission,) = await world.submissions()
    bad = Ta1(f"{submission.interchange:09d}", date(2026, 7, 1), None, "R", "025")
    unknown = Ta1("000000001", date(2026, 7, 1), None, "R", "025")
    await world.acknowledge("a.ta1", write_ta1([bad, unknown], "CLEARINGHOUSE", "LAKESIDE", 10, AT))
    stages = {event.stage for event in world.events(ClaimRejected) if isinstance(event, ClaimRejected)}
    assert stages == {"interchange"}
    assert [note["code"] for note in await world.quarantine()] == ["ACK:submission"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.999", b"", "FILE:empty"),
        ("a.277ca", b"not X12 at all", "FILE:isa"),
        ("a.csv", b"1;2", "FILE:name"),
    ],
)
async def test_a_file_that_cannot_be_read_is_quarantined(world: World, name: str, content: bytes, code: str) -> None:
    await world.acknowledge(name, content)
    assert [note["code"] for note in await world.quarantine()] == [code]
    left = world.exchange / TENANT / "acks"
    assert not [path for path in left.iterdir() if path.is_file()]


async def test_a_rejected_claim_may_be_sent_again_in_a_file_of_its_own(world: World) -> None:
    first, *_ = await world.claims()
    assert first.content is not None
    await world.acknowledge("a.277ca", file_277ca(claim_ack(first.content.patient_control_number, "A3")))
    release = ReleaseClaim(
        meta=event_meta("release", first.account_id, sequence=0), claim_id=first.claim_id, reason="corrected"
    )
    await world.tell(release)
    assert len(world.events(ClaimSubmitted)) == 7
    numbers = [one.interchange for one in await world.submissions()]
    assert len(set(numbers)) == 2
    assert len(world.outbox()) == 2
