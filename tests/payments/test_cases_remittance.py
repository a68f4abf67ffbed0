"""Acceptance cases of remittances: what a payer says is kept whole, posted as it is, or stopped with its reason."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.payments.core.account_facts import ClaimAdjudicated, ContractualAdjusted
from services.payments.from_x12 import Limits, incoming
from services.payments.payees import limits_of, read_payees
from shared.store.port import Key
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import ProviderAdjustment, Remittance835
from shared.x12.parties import Named
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import TODAY, submitted
from tests.payments.world import NOW, TENANT, World, make_world, token

SENT = submitted().model_copy(update={"meta": submitted().meta.model_copy(update={"source": "claims"})})
SHARE = (("CO", "45", 2_000), ("PR", "2", 2_000))
PAID = answered("PCN-clm_a", 6_000, SHARE)
NPI = "1234567893"


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    await world.hear(SENT)
    return world


async def facts(world: World) -> list[Any]:
    return [entry.fact for entry in await world.store.history(world.account_decider, Key(TENANT, "acct_1"))]


async def provider(world: World) -> dict[str, Any]:
    said: list[dict[str, Any]] = await get(world, "/providers")
    [one] = said
    return one


async def get(world: World, path: str) -> Any:
    async with world.client() as client:
        answer = await client.get(path, headers=token("biller"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def settle(world: World, item_id: str, account: str, key: str = "1") -> int:
    async with world.client() as client:
        answer = await client.post(
            f"/providers/{NPI}/settle",
            json={"item_id": item_id, "account": account, "reason": "the payer said so"},
            headers={**token("poster"), "Idempotency-Key": key},
        )
    return answer.status_code


def adjusted(code: str, reference: str, amount_cents: int) -> ProviderAdjustment:
    return ProviderAdjustment(NPI, date(2026, 12, 31), code, reference, amount_cents)


# What a claim says


@pytest.mark.parametrize("status", ["1", "2", "3", "4", "19", "20", "21"])
async def test_every_status_that_decides_posts_what_it_says(world: World, status: str) -> None:
    await world.drop(era_file(check([replace(PAID, status=status)])))
    [account] = await world.accounts()
    item = account.receivables["clm_a"]
    assert (item.paid_cents, item.adjusted_cents) == (6_000, 2_000)
    forwarded = status in {"19", "20", "21"}
    assert (item.patient_cents, item.insurance_cents) == ((0, 2_000) if forwarded else (2_000, 0)), (
        "the next payer first"
    )


async def test_a_claim_that_was_only_sent_on_stays_owed_and_is_not_denied(world: World) -> None:
    await world.drop(era_file(check([answered("PCN-clm_a", 0, (("OA", "109", 10_000),), status="23")])))
    [account] = await world.accounts()
    item = account.receivables["clm_a"]
    assert (item.insurance_cents, item.denied_cents, item.adjusted_cents) == (10_000, 0, 0)


@pytest.mark.parametrize(
    ("group", "code", "adjusted_cents", "denied_cents"),
    [
        ("CO", "44", 4_000, 0),  # prompt-pay discount
        ("CO", "253", 4_000, 0),  # sequestration
        ("CO", "B4", 4_000, 0),  # late filing penalty
        ("CO", "29", 0, 4_000),  # filed too late: a denial, never written off
        ("PI", "45", 4_000, 0),
        ("OA", "23", 0, 0),
        ("CR", "45", 0, 4_000),  # a group that 5010 does not know
        ("CO", "9999", 0, 4_000),
    ],
)
async def test_each_group_and_reason_goes_where_its_rule_says(
    world: World, group: str, code: str, adjusted_cents: int, denied_cents: int
) -> None:
    await world.drop(era_file(check([answered("PCN-clm_a", 6_000, ((group, code, 4_000),))])))
    [account] = await world.accounts()
    item = account.receivables["clm_a"]
    assert (item.adjusted_cents, item.denied_cents, item.patient_cents) == (adjusted_cents, denied_cents, 0)


async def test_quantities_amounts_and_remarks_are_kept_and_move_nothing(world: World) -> None:
    adjustment = Adjustment("CO", "45", 4_000, Decimal(2))
    line = replace(PAID.lines[0], adjustments=(adjustment,), extras=(("AMT", "KH", "12.5"), ("QTY", "ZK", "3")))
    claim = replace(
        PAID,
        patient_responsibility_cents=None,
        lines=(line,),
        interest_cents=70,
        remarks=("MA01",),
        extras=(("MOA", "0.8", "120.5", "MA01"), ("MIA", "4", "", "", "99"), ("AMT", "D8", "1"), ("QTY", "CA", "4")),
    )
    await world.drop(era_file(check([claim], adjustments=[adjusted("L6", "", -70)])))
    posted = next(one for one in await facts(world) if isinstance(one, ClaimAdjudicated)).remitted
    assert {one.name: one.amount_cents for one in posted.amounts} == {
        "AMT*I": 70,
        "MOA02": 12_050,
        "MIA04": 9_900,
        "AMT*D8": 100,
    }
    assert {one.name: one.quantity for one in posted.quantities} == {
        "MOA01": Decimal("0.8"),
        "MIA01": Decimal(4),
        "QTY*CA": Decimal(4),
    }
    assert (posted.remark_codes, posted.interest_cents) == (("MA01",), 70)
    assert [(one.name, one.amount_cents) for one in posted.lines[0].amounts] == [("AMT*KH", 1_250)]
    [entry] = [one for one in await facts(world) if isinstance(one, ContractualAdjusted)]
    assert entry.quantity == Decimal(2)
    said = await provider(world)
    assert said["balances"] == {"interest": -70, "payer_cash": 70}
    assert said["open"] == []
    assert (await world.proof()).payer_cash_cents == 6_070


async def test_a_corrected_insured_is_kept_and_never_in_the_clear(world: World) -> None:
    corrected = replace(PAID, corrected=Named("DOUGHNUT", "JANE", id_qualifier="C", id="NEW-MEMBER-77"))
    await world.drop(era_file(check([corrected])))
    posted = next(one for one in await facts(world) if isinstance(one, ClaimAdjudicated)).remitted
    assert posted.sealed_corrected is not None
    opened = json.loads(await world.sealer.open(posted.sealed_corrected))
    assert (opened["corrected"]["last_name"], opened["corrected"]["id"]) == ("DOUGHNUT", "NEW-MEMBER-77")
    journal = b"".join(vars(world.store)["_journal"].values()) + b"".join(record.value for record in world.bus.records)
    assert b"DOUGHNUT" not in journal
    assert b"NEW-MEMBER-77" not in journal


async def test_case_41_an_insurers_payment_is_labelled_as_the_insurers(world: World) -> None:
    await world.drop(era_file(check([PAID])))
    entries = await get(world, "/accounts/acct_1/ledger")
    [payment] = [one for one in entries if one["debit"] == "payer_cash"]
    [remittance] = await world.remittances()
    assert payment["type"] == "account.payer-payment-posted.v1"
    assert payment["why"] == f"remittance {remittance.remittance_id}, claim 1: CLP04"
    assert (payment["posted_by"], bool(payment["cause"])) == ("clearinghouse", True)


async def test_case_45_an_unknown_code_posts_as_unknown_and_stays_owed(world: World) -> None:
    await world.drop(era_file(check([answered("PCN-clm_a", 0, (("CO", "X99", 10_000),))])))
    [account] = await world.accounts()
    assert (account.receivables["clm_a"].insurance_cents, account.receivables["clm_a"].denied_cents) == (10_000, 10_000)
    decision = next(one for one in await facts(world) if isinstance(one, ClaimAdjudicated))
    assert [part.action.value for part in decision.parts] == ["unknown"]


async def test_case_46_several_provider_summaries_and_payer_names_in_one_check(world: World) -> None:
    second = submitted("clm_b")
    await world.hear(second.model_copy(update={"meta": second.meta.model_copy(update={"source": "claims"})}))
    one = check(
        [replace(PAID, provider_summary="1"), replace(answered("PCN-clm_b", 6_000, SHARE), provider_summary="2")]
    )
    summaries = (("LX", "1"), ("LX", "2"))
    names = (("N1", "PR", "ANOTHER NAME OF THE PAYER", "XV", "88888"),)
    await world.drop(era_file(replace(one, summaries=summaries, extras=names)))
    assert [remittance.status for remittance in await world.remittances()] == ["posted"]
    assert (await world.proof()).totals.paid_cents == 12_000


# What stops a remittance


async def parked_for(world: World, era: Remittance835, reason: str, *, releasable: bool) -> None:
    await world.drop(era_file(era))
    [remittance] = await world.remittances()
    assert (remittance.status, remittance.postable) == ("parked", releasable)
    assert reason in remittance.imbalance
    assert (await world.proof()).totals.paid_cents == 0


async def test_a_negative_payment_that_is_no_reversal_is_parked(world: World) -> None:
    await parked_for(
        world, check([answered("PCN-clm_a", -500, (("CO", "45", 10_500),))]), "-500 cents paid", releasable=True
    )


async def test_a_predetermination_with_money_is_parked_for_good(world: World) -> None:
    await parked_for(world, check([replace(PAID, status="25")]), "predetermination", releasable=False)


async def test_a_status_that_the_guide_does_not_know_is_a_question(world: World) -> None:
    await parked_for(world, check([replace(PAID, status="17")]), "CLP02", releasable=True)


async def test_other_money_than_dollars_is_parked_for_good(world: World) -> None:
    await parked_for(world, replace(check([PAID]), extras=(("CUR", "PR", "CAD"),)), "US dollars", releasable=False)


async def test_a_date_far_ahead_is_parked_for_good(world: World) -> None:
    ahead = NOW.date() + timedelta(days=3_650)
    await parked_for(world, check([PAID], on=ahead), "too far ahead", releasable=False)


def test_a_remittance_for_another_client_is_parked(tmp_path: Path) -> None:
    listed = tmp_path / "payees.toml"
    listed.write_text(f'[lakeside]\npayees = ["999", "{NPI}"]\n[northgate]\npayees = ["1999999984"]\n')
    payees = read_payees(listed)

    def came(tenant: str) -> tuple[str | None, bool]:
        one = incoming(check([PAID]), "file_1", 1, limits_of(payees, tenant, TODAY))
        assert one is not None
        return one.imbalance, one.postable

    assert came("lakeside") == came("a client without a list") == (None, True)
    imbalance, postable = came("northgate")
    assert (imbalance or "").startswith("N1*PE")
    assert postable, "a person may know better"
    listed.write_text('[northgate]\npayees = "1999999984"\n')
    with pytest.raises(ValueError, match="northgate"):
        read_payees(listed)


def test_a_remittance_that_neither_balances_nor_is_ours_says_both() -> None:
    one = incoming(check([PAID], off_by_cents=1), "file_1", 1, Limits(frozenset({"999"})))
    assert one is not None
    assert "BPR02" in (one.imbalance or "")
    assert "N1*PE" in (one.imbalance or "")


# A person decides, finds and opens


async def test_a_release_is_on_record_with_who_and_why(world: World) -> None:
    await world.drop(era_file(check([PAID], off_by_cents=2_000)))
    [parked] = await get(world, "/remittances?status=parked")
    async with world.client() as client:
        await client.post(
            f"/remittances/{parked['remittance_id']}/release",
            json={"reason": "a second check brings the rest"},
            headers={**token("poster"), "Idempotency-Key": "1"},
        )
    await world.settle()
    said = await get(world, f"/remittances/{parked['remittance_id']}")
    assert (said["status"], said["decided_by"], said["reason"]) == (
        "posted",
        "pat.poster",
        "a second check brings the rest",
    )
    entries = await get(world, "/accounts/acct_1/ledger")
    assert {one["posted_by"] for one in entries if one["debit"] == "payer_cash"} == {"pat.poster"}
    assert (await world.proof()).proved


async def test_case_39_a_remittance_is_found_by_its_trace(world: World) -> None:
    await world.drop(era_file(check([PAID], trace="EFT-77"), check([answered("PCN-x", 10_000)], trace="EFT-78")))
    assert [one["trace_number"] for one in await get(world, "/remittances?trace=EFT-77")] == ["EFT-77"]


async def test_case_40_a_file_is_downloaded_as_it_came_to_the_byte(world: World) -> None:
    content = era_file(check([PAID])).replace(b"ACME HEALTH", b"A & B <HEALTH>")
    await world.drop(content)
    [file] = await get(world, "/files")
    async with world.client() as client:
        answer = await client.get(f"/files/{file['file_id']}/content", headers=token("biller"))
        other = await client.get(f"/files/{file['file_id']}/content", headers=token("biller", tenant="northgate"))
    assert (answer.content, other.status_code) == (content, 404)


# Providers' ledgers


@pytest.mark.parametrize("reference", ["PCN-clm_a", "ICN0"])
async def test_case_34_a_recovery_names_its_claim_and_stays_open_until_the_claim_gives_it_back(
    world: World, reference: str
) -> None:
    """Kept first and given back later, or taken back first and kept later: both come to nothing at the same item."""
    await world.drop(era_file(check([replace(PAID, payer_claim_control_number="ICN0")])), "1.835")
    recovered = check(
        [answered("PCN-z", 9_000, (("CO", "45", 1_000),))], trace="T2", adjustments=[adjusted("WO", reference, 5_000)]
    )
    await world.drop(era_file(recovered), "2.835")
    [item] = (await provider(world))["open"]
    assert (item["open_cents"], item["claim"]["claim_id"]) == (5_000, "clm_a")
    assert item["what"].startswith("kept from a payment")
    assert (await world.accounts())[0].receivables["clm_a"].paid_cents == 6_000, "no patient's account is touched"
    taken_back = check(
        [
            answered(
                "PCN-clm_a",
                -6_000,
                (("CO", "45", -2_000), ("PR", "2", -2_000)),
                charge_cents=-10_000,
                status="22",
                control_number="ICN0",
            ),
            answered("PCN-clm_a", 1_000, (("CO", "45", 7_000), ("PR", "2", 2_000)), control_number="ICN0"),
        ],
        trace="T3",
        adjustments=[adjusted("WO", reference.lower(), -5_000)],
    )
    await world.drop(era_file(taken_back), "3.835")
    assert (await provider(world))["open"] == []
    [account] = [one for one in await world.accounts() if one.account_id == "acct_1"]
    assert account.receivables["clm_a"].paid_cents == 1_000
    assert (await world.proof()).proved


async def test_a_recovery_that_waits_says_what_the_payer_will_keep(world: World) -> None:
    await world.drop(era_file(check([PAID], adjustments=[adjusted("WO", "ICN1", -4_000)])))
    [item] = (await provider(world))["open"]
    assert (item["open_cents"], item["claim"]["patient_control_number"]) == (-4_000, "PCN-clm_a")
    assert item["what"].startswith("taken back on the claim")
    await world.drop(
        era_file(
            check(
                [answered("PCN-y", 9_000, (("CO", "45", 1_000),))],
                trace="T2",
                adjustments=[adjusted("WO", "icn 1", 4_000)],
            )
        ),
        "2.835",
    )
    assert (await provider(world))["open"] == []


async def test_a_balance_is_carried_forward_until_it_nets_to_nothing(world: World) -> None:
    reversal = answered(
        "PCN-clm_a", -6_000, (("CO", "45", -2_000), ("PR", "2", -2_000)), charge_cents=-10_000, status="22"
    )
    await world.drop(era_file(check([PAID])), "1.835")
    await world.drop(era_file(check([reversal], trace="T2", adjustments=[adjusted("FB", "T2", -6_000)])), "2.835")
    [item] = (await provider(world))["open"]
    assert (item["account"], item["open_cents"]) == ("forwarding_balance", -6_000)
    half = check(
        [answered("PCN-y", 4_000, (("CO", "45", 6_000),))], trace="T3", adjustments=[adjusted("FB", "T2", 4_000)]
    )
    await world.drop(era_file(half), "3.835")
    [item] = (await provider(world))["open"]
    assert (item["open_cents"], len(item["remittances"])) == (-2_000, 2)
    rest = check(
        [answered("PCN-v", 9_000, (("CO", "45", 1_000),))], trace="T4", adjustments=[adjusted("FB", "T2", 2_000)]
    )
    await world.drop(era_file(rest), "4.835")
    said = await provider(world)
    assert (said["open"], said["balances"]) == ([], {})
    assert sorted(one.header.payment_cents for one in await world.remittances() if one.header) == [0, 0, 6_000, 7_000]
    assert (await world.proof()).proved


async def test_an_unknown_code_is_posted_visible_and_settled_by_a_person(world: World) -> None:
    await world.drop(era_file(check([PAID], adjustments=[adjusted("Q7", "", 300)])))
    [found] = await get(world, "/providers?unknown=true")
    [item] = found["open"]
    assert (item["account"], item["open_cents"]) == ("unexplained", 300)
    assert await settle(world, item["item_id"], "withholding") == 200
    assert await settle(world, item["item_id"], "withholding") == 200, "a repeat answers the same"
    assert await settle(world, item["item_id"], "penalty", "2") == 409
    assert await get(world, "/providers?open=true") == []
    entries = await get(world, f"/providers/{NPI}/ledger")
    assert [(one["debit"], one["credit"], one["cents"]) for one in entries] == [
        ("unexplained", "payer_cash", 300),
        ("withholding", "unexplained", 300),
    ]
    assert (entries[1]["posted_by"], entries[1]["reason"]) == ("pat.poster", "the payer said so")
    assert (await world.proof()).proved


@pytest.mark.parametrize(
    ("code", "account"),
    [
        ("WO", "overpayment_recovery"),
        ("72", "overpayment_recovery"),
        ("FB", "forwarding_balance"),
        ("AP", "advance"),
        ("L6", "interest"),
        ("IP", "incentive"),
        ("CS", "provider_adjustment"),
        ("J1", "provider_adjustment"),
        ("IR", "withholding"),
        ("E3", "withholding"),
        ("LE", "withholding"),
        ("50", "penalty"),
        ("51", "penalty"),
        ("B2", "incentive"),
        ("PL", "settlement"),
        ("??", "unexplained"),
    ],
)
async def test_each_code_has_its_account_and_none_is_lost(world: World, code: str, account: str) -> None:
    await world.drop(era_file(check([PAID], adjustments=[adjusted(code.replace("?", "Q"), "REF", 300)])))
    assert (await provider(world))["balances"] == {account: 300, "payer_cash": -300}
