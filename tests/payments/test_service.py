"""The payments service from a dropped 835 to the ledger's proof, on memory."""

from pathlib import Path
from typing import Any

import pytest

from samples.match import Match, match_all
from shared.contracts import RemittanceParked
from shared.x12.era835 import Remittance835, read_835
from tests.payments.eras import answered, check, era_file, mangled, submissions, withheld
from tests.payments.kit import submitted
from tests.payments.world import TENANT, World, make_world, token

SHARE = (("CO", "45", 2_000), ("PR", "2", 2_000))
PAID = answered("PCN-clm_a", 6_000, SHARE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


SENT = submitted().model_copy(update={"meta": submitted().meta.model_copy(update={"source": "claims"})})


@pytest.mark.parametrize("first", ["charge", "file"])
async def test_a_check_posts_to_the_account_whatever_came_first(world: World, first: str) -> None:
    if first == "charge":
        await world.hear(SENT)
    await world.drop(era_file(check([PAID])))
    if first == "file":
        await world.hear(SENT)
    [account] = await world.accounts()
    assert (account.owed_cents, account.receivables["clm_a"].paid_cents) == (2_000, 6_000)
    assert world.counted() == {
        "AdjustmentPosted": 1,
        "ClaimRemitted": 1,
        "PatientBalanceChanged": 1,
        "PaymentPosted": 1,
        "RemittanceReceived": 1,
    }
    proof = await world.proof()
    assert proof.proved
    assert proof.payer_cash_cents == 6_000
    assert [one.name for one in (world.exchange / TENANT / "eras").iterdir()] == ["taken"]


async def test_case_36_the_same_file_and_the_same_check_in_another_file_post_once(world: World) -> None:
    await world.hear(SENT)
    for control in (1, 1, 2):
        await world.drop(era_file(check([PAID]), control=control), f"file{control}.835")
    assert world.counted()["PaymentPosted"] == 1
    assert len(await world.remittances()) == 1
    assert (await world.proof()).totals.paid_cents == 6_000


async def test_case_33_a_check_off_by_twenty_dollars_is_parked_and_its_neighbour_posts(world: World) -> None:
    await world.hear(SENT)
    other = check([answered("PCN-x", 10_000)], trace="T2", off_by_cents=2_000)
    await world.drop(era_file(other, check([PAID])))
    [parked] = [event for event in world.events() if isinstance(event, RemittanceParked)]
    assert parked.equation == (
        "BPR02 = claims paid - provider adjustments: stated 12000 cents, computed 10000 cents, difference 2000 cents"
    )
    assert sorted(one.status for one in await world.remittances()) == ["parked", "posted"]
    assert (await world.proof()).totals.paid_cents == 6_000


async def test_case_34_a_recovered_overpayment_lowers_the_cash_and_no_patients_account(world: World) -> None:
    await world.hear(SENT)
    await world.drop(era_file(check([PAID], adjustments=[withheld(5_000)])))
    proof = await world.proof()
    assert (proof.totals.paid_cents, proof.provider_adjustments_cents, proof.payer_cash_cents) == (6_000, 5_000, 1_000)
    assert proof.totals.patient_cents == 2_000


async def test_an_absent_amount_is_parked_and_cannot_be_released(world: World) -> None:
    await world.drop(era_file(check([mangled(PAID, paid_cents=None)])))
    [parked] = await world.remittances()
    assert (parked.status, parked.postable) == ("parked", False)
    assert "not evaluable" in parked.imbalance
    async with world.client() as client:
        answer = await client.post(
            f"/remittances/{parked.remittance_id}/release",
            json={"reason": "the payer said so"},
            headers={**token("poster"), "Idempotency-Key": "1"},
        )
    assert answer.status_code == 409


BAD = {
    "empty": b"",
    "not X12": b"not x12 at all",
    "another encoding": "ISA*00*".encode("utf-16"),
    "another transaction": era_file(check([PAID])).replace(b"ST*835", b"ST*837").replace(b"GS*HP", b"GS*HC"),
    "no date": era_file(check([PAID])).replace(b"20260701~", b"~"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_file_is_kept_with_its_reason_and_the_next_one_posts(world: World, name: str) -> None:
    await world.hear(SENT)
    await world.drop(BAD[name], "bad.835")
    [stopped] = await world.store.notes("quarantine", TENANT, None, 10)
    assert stopped["code"]
    assert stopped["reason"]
    await world.drop(era_file(check([PAID])), "good.835")
    assert (await world.proof()).totals.paid_cents == 6_000


async def test_a_file_that_was_cut_off_is_parked_until_it_comes_whole(world: World) -> None:
    await world.hear(SENT)
    whole = era_file(check([PAID]))
    await world.drop(whole[: whole.index(b"SVC")], "cut.835")
    [parked] = await world.remittances()
    assert (parked.status, parked.postable) == ("parked", False)
    assert "cut off" in parked.imbalance
    await world.drop(whole, "whole.835")
    assert [one.status for one in await world.remittances()] == ["posted"]
    assert (await world.proof()).totals.paid_cents == 6_000


async def test_a_file_of_another_kind_is_set_aside(world: World) -> None:
    await world.drop(b"hello", "readme.txt")
    [note] = await world.store.notes("quarantine", TENANT, None, 10)
    assert note["code"] == "FILE:name"
    assert [one.name for one in (world.exchange / TENANT / "eras").iterdir()] == ["quarantine"]


async def test_a_file_that_may_not_be_read_stops_none_behind_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.hear(SENT)
    opened = Path.open

    def refuse(file: Path, mode: str = "r") -> Any:
        if file.name == "a.835" and mode == "rb":
            raise PermissionError
        return opened(file, mode)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        await world.drop(era_file(check([answered("PCN-9", 10_000)], trace="T9")), "a.835")
        await world.drop(era_file(check([PAID])), "b.835")
    [note] = await world.store.notes("quarantine", TENANT, None, 10)
    assert (note["code"], "correct its permissions" in note["reason"]) == ("FILE:locked", True)
    assert len(await world.remittances()) == 1
    await world.settle()
    assert len(await world.remittances()) == 2, "it is taken once it may be read"


async def test_a_process_that_dies_between_two_steps_is_continued_by_another(world: World, tmp_path: Path) -> None:
    """The undisturbed run and one that changes process after every step come to the same book."""
    await world.hear(SENT)
    checks = [check([answered(f"PCN-{n}", 10_000)], trace=f"T{n}") for n in range(5)]
    folder = world.exchange / TENANT / "eras"
    folder.mkdir(parents=True)
    (folder / "day.835").write_bytes(era_file(*checks, check([PAID])))
    for _ in range(12):
        for loop in world.loops:
            await loop.step()
        for worker in world.workers:
            await worker.run_once()
            world = make_world(tmp_path, world)
    assert [one.status for one in await world.remittances()] == ["posted"] * 6
    assert (await world.proof()).totals.paid_cents == 6_000


@pytest.mark.parametrize("match", match_all(), ids=lambda one: one.name)
async def test_public_remittances_post_to_the_cent_or_are_parked_for_their_reason(world: World, match: Match) -> None:
    await world.hear(*submissions(match))
    await world.drop(match.remittance, tenant=match.tenant)
    eras = [one for one in read_835([match.remittance]) if isinstance(one, Remittance835)]
    remittances = await world.remittances(match.tenant)
    posted = {one.header.transaction for one in remittances if one.status == "posted" and one.header is not None}
    kept = [era for number, era in enumerate(eras, 1) if number in posted]
    proof = await world.proof(match.tenant)
    assert proof.proved
    assert proof.totals.charge_cents == match.charges_cents
    assert proof.totals.paid_cents == sum(claim.paid_cents or 0 for era in kept for claim in era.claims)
    assert proof.payer_cash_cents == sum(era.payment_cents or 0 for era in kept)
    assert all(one.imbalance for one in remittances if one.status == "parked")
    assert not any(account.held for account in await world.accounts(match.tenant))


async def test_the_proof_finds_a_tampered_store_and_a_lost_journal(world: World) -> None:
    await world.hear(SENT)
    await world.drop(era_file(check([PAID])))
    lines = vars(world.store)["_journal"]
    [entry] = [i for i, raw in lines.items() if b"account.payer-payment-posted.v1" in raw]
    kept = lines.pop(entry)
    broken = await world.proof()
    assert not broken.proved
    assert {one.what for one in broken.discrepancies} >= {"payer_cash", "insurance_receivable"}
    lines[entry] = kept
    assert (await world.proof()).proved
    lines.clear()
    lost = {one.what for one in (await world.proof()).discrepancies}
    assert lost == {"accounts without a journal", "remittances without a journal"}
