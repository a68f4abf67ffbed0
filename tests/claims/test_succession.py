"""Corrected, void and secondary claims: made of an original, with what its payers decided."""

import copy
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.claims.api_models import ClaimBody
from services.claims.core import Claim
from services.claims.core.next_payer import PriorDecision
from services.claims.succession import UnmatchedLineError, for_next_payer
from shared.contracts import Adjustment, ClaimRemitted, LineDecision, PaymentReversed
from shared.x12.claim837 import (
    Batch837,
    Claim837,
    OtherPayer,
    Party,
    Payer,
    Person,
    Subscriber,
    read_837,
    write_837p,
)
from tests.claims.callers import CLAIM, Client, calling
from tests.claims.world import NOW, TENANT, World, event_meta, make_world
from tests.x12.judge import judged_by_pyx12

TODAY = date(2026, 7, 1)
CO45 = Adjustment(group="CO", reason="45", amount_cents=20_00)
PR1 = Adjustment(group="PR", reason="1", amount_cents=30_00)
PR2 = Adjustment(group="PR", reason="2", amount_cents=15_00)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path) as one:
        yield one


def remitted(claim: Claim, sequence: int = 1, **changes: Any) -> ClaimRemitted:
    assert claim.content is not None
    given: dict[str, Any] = {
        "payer_claim_control_number": f"ICN{sequence}",
        "status": "1",
        "charge_cents": 125_00,
        "paid_cents": 60_00,
        "patient_responsibility_cents": 45_00,
        "denied_cents": 0,
        "adjustments": (CO45, PR1, PR2),
        "lines": (line_decision((CO45, PR1, PR2)),),
    }
    return ClaimRemitted(
        meta=event_meta(
            f"remit/{claim.claim_id}/{sequence}", claim.account_id, sequence=sequence, subject="account/acct_1"
        ),
        account_id=claim.account_id,
        claim_id=claim.claim_id,
        patient_control_number=claim.content.patient_control_number,
        remittance_id=f"rem_{sequence}",
        payer_id=claim.content.payer_id,
        payment_date=TODAY,
        **(given | changes),
    )


def line_decision(adjustments: tuple[Adjustment, ...], paid_cents: int = 60_00) -> LineDecision:
    return LineDecision(
        line_control_number="1", procedure="99213", charge_cents=125_00, paid_cents=paid_cents, adjustments=adjustments
    )


async def sent(world: World, content: bytes | None = None) -> Claim:
    """The one claim of the world, at its payer."""
    if content is not None:
        await world.drop("one.837", content)
    await world.verify_coverage()
    (claim,) = await world.claims()
    assert claim.status == "submitted"
    return claim


async def original(client: Client, body: dict[str, Any] = CLAIM) -> Claim:
    taken = await client.post("/claims", body)
    assert taken.status_code == 201
    return await sent(client.world)


def written(world: World) -> list[Claim837]:
    """All that left, oldest first."""
    files = world.outbox().values()
    return [one for file in files for one in read_837([file]) if isinstance(one, Claim837)]


DENIED = {
    "paid_cents": 0,
    "denied_cents": 125_00,
    "adjustments": (Adjustment(group="CO", reason="16", amount_cents=125_00),),
    "lines": (),
}


@pytest.mark.parametrize("denied", [False, True], ids=["paid", "denied"])
async def test_case_12_a_correction_has_the_number_of_the_latest_remittance(client: Client, denied: bool) -> None:
    claim = await original(client)
    await client.world.tell(remitted(claim, 1), remitted(claim, 2, **(DENIED if denied else {})))
    corrected = copy.deepcopy(CLAIM)
    corrected["lines"][0]["procedure"] = "99214"

    answer = await client.post(f"/claims/{claim.claim_id}/replacement", corrected, key="fix")

    assert answer.status_code == 201
    assert answer.json()["account_id"] == claim.account_id
    await client.world.verify_coverage()
    first, second = written(client.world)
    assert (first.frequency_code, first.payer_claim_control_number) == ("1", "")
    assert (second.frequency_code, second.payer_claim_control_number) == ("7", "ICN2")
    assert second.patient_control_number == first.patient_control_number
    assert [line.procedure for line in second.lines] == ["99214"]


async def test_case_11_a_void_goes_out_and_nothing_is_reversed_here(client: Client) -> None:
    claim = await original(client)
    await client.world.tell(remitted(claim))
    before = (await client.get(f"/claims/{claim.claim_id}")).json()

    answer = await client.post(f"/claims/{claim.claim_id}/void", {"reason": "billed twice"}, key="void")

    assert answer.status_code == 201
    await client.world.verify_coverage()
    void = written(client.world)[-1]
    assert (void.frequency_code, void.payer_claim_control_number) == ("8", "ICN1")
    assert void.subscriber.person.last_name == "QUILLFEATHER"
    assert (await client.get(f"/claims/{claim.claim_id}")).json() == before
    assert client.world.events(PaymentReversed) == []


async def test_before_the_payer_decided_nothing_is_corrected(client: Client) -> None:
    claim = await original(client)
    for path, body in (("replacement", CLAIM), ("void", {"reason": "a mistake"})):
        answer = await client.post(f"/claims/{claim.claim_id}/{path}", body, key=path)
        assert answer.status_code == 409
        assert "not decided" in answer.json()["detail"]
    assert len(await client.world.claims()) == 1


async def test_a_payer_that_takes_no_corrections_gets_none(client: Client) -> None:
    body = copy.deepcopy(CLAIM)
    body["subscriber"]["claim_filing_code"] = "MB"
    claim = await original(client, body)
    await client.world.tell(remitted(claim))
    answer = await client.post(f"/claims/{claim.claim_id}/replacement", body, key="fix")
    assert answer.status_code == 409
    assert "Medicare Part B takes no corrected claim" in answer.json()["detail"]
    assert "reopening" in answer.json()["detail"]


async def test_a_correction_without_the_payers_number_is_refused(client: Client) -> None:
    claim = await original(client)
    await client.world.tell(remitted(claim, payer_claim_control_number=None))
    answer = await client.post(f"/claims/{claim.claim_id}/replacement", CLAIM, key="fix")
    assert answer.status_code == 409
    assert "CLP07" in answer.json()["detail"]


async def test_a_repeat_is_the_same_successor_and_a_second_one_is_refused(client: Client) -> None:
    claim = await original(client)
    await client.world.tell(remitted(claim))
    path = f"/claims/{claim.claim_id}/replacement"
    first, again = await client.post(path, CLAIM, key="fix"), await client.post(path, CLAIM, key="fix")
    assert first.json()["claim_id"] == again.json()["claim_id"]
    other = await client.post(path, CLAIM, key="fix again")
    assert other.status_code == 409
    assert first.json()["claim_id"] in other.json()["detail"]
    assert len(await client.world.claims()) == 2
    # After the payer decided again, there may be another.
    await client.world.tell(remitted(claim, 2))
    assert (await client.post(path, CLAIM, key="fix once more")).status_code == 201


SECOND = OtherPayer(
    subscriber=Subscriber(
        person=Person("QUILLFEATHER", "ADA"), member_id="MEMBER88", relationship="18", payer_responsibility="S",
        claim_filing_code="CI",
    ),
    payer=Payer("PAYER TWO", "PAYER2"),
    benefits_assigned="Y",
    release_of_information="Y",
)  # fmt: skip
THIRD = replace(
    SECOND,
    subscriber=replace(SECOND.subscriber, member_id="MEMBER99", payer_responsibility="T"),
    payer=Payer("PAYER THREE", "PAYER3"),
)


def file_of(*others: OtherPayer) -> bytes:
    claim = replace(ClaimBody.model_validate_json(json.dumps(CLAIM)).claim837(), other_payers=others)
    submitter, receiver = Party(name="US", id="US", id_qualifier="46"), Party(name="THEM", id="THEM", id_qualifier="46")
    return write_837p(Batch837(submitter, receiver, 1, 1, NOW, (claim,)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


async def test_case_13_the_secondary_claim_has_two_reasons_in_one_group_at_the_level_received(world: World) -> None:
    claim = await sent(world, file_of(SECOND))
    await world.tell(remitted(claim))
    await world.verify_coverage()

    secondary = written(world)[-1]
    assert (secondary.payer.id, secondary.subscriber.member_id) == ("PAYER2", "MEMBER88")
    assert secondary.subscriber.payer_responsibility == "S"
    assert secondary.subscriber.person.birth_date == date(1980, 2, 3)
    (prior,) = secondary.other_payers
    assert (prior.payer.id, prior.paid_cents, prior.payer_claim_control_number) == ("PAYER1", 60_00, "ICN1")
    assert (prior.subscriber.payer_responsibility, prior.subscriber.member_id) == ("P", "MEMBER77")
    assert prior.adjustments == ()
    ((decision,),) = [line.adjudications for line in secondary.lines]
    assert (decision.payer_id, decision.paid_cents, decision.adjudicated_on) == ("PAYER1", 60_00, TODAY)
    assert [(one.group, one.reason, one.amount_cents) for one in decision.adjustments] == [
        ("CO", "45", 20_00),
        ("PR", "1", 30_00),
        ("PR", "2", 15_00),
    ]
    content = list(world.outbox().values())[-1]
    assert b"\nCAS*PR*1*30**2*15~" in content
    assert secondary.charge_cents == 60_00 + sum(one.amount_cents or 0 for one in decision.adjustments)


async def test_adjustments_of_the_claim_stay_at_the_claim(world: World) -> None:
    claim = await sent(world, file_of(SECOND))
    await world.tell(remitted(claim, lines=()))
    await world.verify_coverage()
    (prior,) = written(world)[-1].other_payers
    assert [one.amount_cents for one in prior.adjustments] == [20_00, 30_00, 15_00]
    assert prior.adjudicated_on == TODAY
    assert [line.adjudications for line in written(world)[-1].lines] == [()]


async def test_the_third_payer_hears_of_both_before_it(world: World) -> None:
    claim = await sent(world, file_of(SECOND, THIRD))
    await world.tell(remitted(claim))
    await world.verify_coverage()
    second = next(one for one in await world.claims() if one.content and one.content.payer_id == "PAYER2")
    rest = Adjustment(group="OA", reason="23", amount_cents=80_00)
    decided = remitted(second, 1, paid_cents=45_00, adjustments=(rest,), lines=(line_decision((rest,), 45_00),))
    await world.tell(decided)
    await world.verify_coverage()
    third = written(world)[-1]
    assert (third.payer.id, third.subscriber.payer_responsibility) == ("PAYER3", "T")
    assert {one.payer.id for one in third.other_payers if one.paid_cents is not None} == {"PAYER1", "PAYER2"}
    assert [one.payer_id for one in third.lines[0].adjudications] == ["PAYER1", "PAYER2"]
    numbers = [one.content.patient_control_number for one in await world.claims() if one.content]
    assert sorted(numbers) == ["API1", "API1-2", "API1-2-3"]


@pytest.mark.parametrize(
    "crossover",
    [{"status": "19"}, {"remark_codes": ("MA18",)}, {"remark_codes": ("N89",)}, {"forwarded_to": "PAYER2"}],
    ids=str,
)
async def test_case_44_after_a_crossover_no_secondary_is_sent(world: World, crossover: dict[str, Any]) -> None:
    claim = await sent(world, file_of(SECOND))
    await world.tell(remitted(claim, **crossover))
    (same,) = await world.claims()
    (noted,) = same.next_payers
    assert noted.next_claim_id is None
    assert "crossover" in noted.because
    assert len(written(world)) == 1


async def test_a_claim_without_other_coverage_has_no_secondary(world: World) -> None:
    claim = await sent(world, file_of())
    await world.tell(remitted(claim))
    (same,) = await world.claims()
    assert same.next_payers == ()


async def test_a_decision_that_does_not_add_up_is_not_passed_on(world: World) -> None:
    claim = await sent(world, file_of(SECOND))
    await world.tell(remitted(claim, paid_cents=50_00))
    (same,) = await world.claims()
    (noted,) = same.next_payers
    assert "does not make the charge" in noted.because


async def test_the_same_remittance_twice_bills_once(world: World) -> None:
    claim = await sent(world, file_of(SECOND))
    await world.tell(remitted(claim), remitted(claim))
    assert len(await world.claims()) == 2


def test_a_line_that_the_claim_does_not_have_is_not_guessed() -> None:
    (claim,) = [one for one in read_837([file_of(SECOND)]) if isinstance(one, Claim837)]
    foreign = LineDecision(line_control_number="9", procedure="00000", charge_cents=1, paid_cents=1)
    prior = PriorDecision(
        remittance_id="r", status="1", paid_cents=1, charge_cents=1, decided_on=TODAY, lines=(foreign,)
    )
    with pytest.raises(UnmatchedLineError):
        for_next_payer(claim, prior)


@pytest.mark.slow
async def test_pyx12_accepts_corrections_voids_and_secondaries(client: Client) -> None:
    world = client.world
    await world.drop("one.837", file_of(SECOND))
    await world.verify_coverage()
    (claim,) = await world.claims()
    await world.tell(remitted(claim))
    await client.post(f"/claims/{claim.claim_id}/replacement", CLAIM, key="fix")
    await client.post(f"/claims/{claim.claim_id}/void", {"reason": "billed twice"}, key="void")
    await world.verify_coverage()
    assert sorted(one.frequency_code for one in written(world)) == ["1", "1", "7", "8"]
    for file in world.outbox().values():
        assert judged_by_pyx12(file) == (True, set())
    assert {one.status for one in await world.claims(TENANT)} >= {"submitted"}
