"""Acceptance cases of acknowledgements and status, by their numbers, and answers that fit nothing that was sent."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from samples.generate import generate
from services.claims.core import Claim
from services.claims.views import shown_fact
from shared.contracts import ClaimAccepted, ClaimRejected, ClaimSubmitted
from shared.x12.acks import Ack999, AckTransaction, ClaimAck277CA, Status, write_277ca, write_999
from shared.x12.parties import Named
from tests.claims.world import TENANT, World, key_of, make_world

AT = datetime(2026, 7, 2, tzinfo=UTC)
CLEARINGHOUSE = Named("CLEARINGHOUSE", id_qualifier="46", id="CLEARINGHOUSE", entity_type="2")
PAYER = Named("PAYER ONE", id_qualifier="PI", id="PAYER1", entity_type="2")


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """Six claims were sent in one file."""
    made = make_world(tmp_path)
    await made.drop("day.837", generate(12)[TENANT])
    await made.verify_coverage()
    assert len(made.events(ClaimSubmitted)) == 6
    return made


def number_of(claim: Claim) -> str:
    assert claim.content is not None
    return claim.content.patient_control_number


def said(claim: Claim, category: str, action: str = "", source: Named = PAYER, reference: str = "") -> ClaimAck277CA:
    action = action or ("U" if category in ("A3", "A6", "A7", "A8") else "WQ")
    status = Status(category, "562", "82", date(2026, 7, 2), action, 100_00)
    return ClaimAck277CA(number_of(claim), (status,), source=source, submitted_reference=reference)


def file_of(*acks: ClaimAck277CA, control: int = 7, sender: str = "CLEARINGHOUSE") -> bytes:
    return write_277ca(list(acks), sender, "LAKESIDE", control, AT)


async def says(world: World, claim: Claim) -> list[str]:
    """What the claim's history says of acknowledgements, in words."""
    entries = await world.store.history(world.spec.deciders[0], key_of(claim))
    return [line["says"] for entry in entries if "says" in (line := shown_fact(entry))]


async def state_of(world: World, claim: Claim) -> Claim:
    return next(one for one in await world.claims() if one.claim_id == claim.claim_id)


async def test_case_28_a_payers_rejection_is_a_status_and_a_reason_in_the_history(world: World) -> None:
    first, *_ = await world.claims()
    await world.acknowledge("a.277ca", file_of(said(first, "A7")))
    state = await state_of(world, first)
    assert (state.status, state.acks[-1].codes) == ("rejected", ("A7:562",))
    (line,) = await says(world, first)
    assert "information is invalid (A7)" in line
    assert "send it again" in line
    (event,) = world.events(ClaimRejected)
    assert isinstance(event, ClaimRejected)
    assert event.codes == ("A7:562",)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_case_29_the_clearinghouse_accepts_and_the_payer_rejects(world: World, order: tuple[int, int]) -> None:
    first, *_ = await world.claims()
    files = [
        ("a.277ca", file_of(said(first, "A1", source=CLEARINGHOUSE, reference=f"{first.interchange:09d}"))),
        ("b.277ca", file_of(said(first, "A3"), control=8)),
    ]
    for place in order:
        await world.acknowledge(*files[place])
    state = await state_of(world, first)
    assert state.status == "rejected"
    assert sorted(ack.category for ack in state.acks) == ["A1", "A3"]
    assert len(await says(world, first)) == 2
    assert len(world.events(ClaimRejected)) == 1


async def test_acknowledgements_find_their_claims_in_whatever_order_they_come(world: World) -> None:
    claims = await world.claims()
    categories = ["A2", "A7", "A2", "A3", "A2", "A8"]
    wanted = {one.claim_id: "accepted" if c == "A2" else "rejected" for one, c in zip(claims, categories, strict=True)}
    acks = [said(one, category) for one, category in zip(claims, categories, strict=True)]
    await world.acknowledge("a.277ca", file_of(*reversed(acks)))
    assert {one.claim_id: one.status for one in await world.claims()} == wanted


async def test_an_acceptance_that_contradicts_a_rejection_is_kept_and_changes_nothing(world: World) -> None:
    first, *_ = await world.claims()
    await world.acknowledge("a.277ca", file_of(said(first, "A7")))
    await world.acknowledge("b.277ca", file_of(said(first, "A2"), control=8))
    state = await state_of(world, first)
    assert state.status == "rejected"
    assert [ack.category for ack in state.acks] == ["A7", "A2"]
    assert "An earlier acknowledgement refused this claim" in (await says(world, first))[-1]
    assert not world.events(ClaimAccepted)


@pytest.mark.parametrize(
    ("category", "action", "code"),
    [("F1", "WQ", "ACK:category"), ("R3", "U", "ACK:category"), ("A2", "U", "ACK:action"), ("A7", "WQ", "ACK:action")],
)
async def test_a_status_that_has_no_place_in_a_277ca_is_work_and_changes_nothing(
    world: World, category: str, action: str, code: str
) -> None:
    first, second, *_ = await world.claims()
    await world.acknowledge("a.277ca", file_of(said(first, category, action), said(second, "A2")))
    (note,) = await world.quarantine()
    assert (note["code"], "ask the payer" in note["reason"]) == (code, True)
    assert (await state_of(world, first)).status == "submitted"
    assert (await state_of(world, second)).status == "accepted"


async def test_a_claim_that_the_acknowledged_file_does_not_hold_is_work(world: World) -> None:
    first, *_ = await world.claims()
    other = replace(said(first, "A7", reference=f"{first.interchange:09d}"), patient_control_number="NOT-IN-IT")
    await world.acknowledge("a.277ca", file_of(other))
    assert [note["code"] for note in await world.quarantine()] == ["ACK:claim"]
    assert {one.status for one in await world.claims()} == {"submitted"}


async def test_an_acknowledgement_of_a_file_never_sent_is_kept_and_changes_nothing(world: World) -> None:
    refused = Ack999("HC", "424242", "R", "005010X222A1", 1, 1, 0, transactions=(AckTransaction("837", "0001", "R"),))
    await world.acknowledge("a.999", write_999(refused, "CLEARINGHOUSE", "LAKESIDE", 8, AT))
    (note,) = await world.quarantine()
    assert note["code"] == "ACK:submission"
    assert {one.status for one in await world.claims()} == {"submitted"}
    assert [one.acks for one in await world.submissions()] == [()]


async def test_two_partners_with_one_number_are_told_apart_by_who_answers(tmp_path: Path) -> None:
    """Each partner has a count of its own, so the second partner's first file has the first one's number."""
    routing = tmp_path / "routing.toml"
    routing.write_text(TWO_PARTNERS)
    world = make_world(tmp_path, routing_file=routing)
    await world.drop("day.837", generate(12)[TENANT])
    await world.verify_coverage()
    sent = await world.submissions()
    assert {one.partner for one in sent} == {"first", "second"}
    assert len({one.group for one in sent}) == 1
    (number,) = {one.group for one in sent}
    refused = Ack999("HC", str(number), "R", transactions=(AckTransaction("837", "0001", "R"),))
    await world.acknowledge("a.999", write_999(refused, "SECONDPARTNER", "LAKESIDE", 8, AT))
    assert {one.partner: one.status for one in await world.submissions()} == {"first": "sent", "second": "refused"}

    await world.acknowledge("b.999", write_999(refused, "SOMEBODY", "LAKESIDE", 9, AT))
    assert [note["code"] for note in await world.quarantine()] == ["ACK:submission"]


TWO_PARTNERS = """
[submitter.default]
name = "REVCYCLE BILLING"

[partner.first]
name = "FIRST"
id = "FIRSTPARTNER"
payers = ["*"]

[partner.second]
name = "SECOND"
id = "SECONDPARTNER"
payers = ["RC101"]
"""
