"""Every public 835 posted against claims made to match it, held against what two other parsers counted in it.

What posts comes to the truth's totals to the cent: payments, patient responsibility, adjustments by group, provider
adjustments, cash. What is parked is parked for the very reason that the truth gives, claim or line out of balance; or
because a line lacks an amount, which the truth counts as nothing and the ledger does not.
"""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from samples.match import Match, match_all
from services.payments.core.account_facts import ClaimAdjudicated
from services.payments.core.remittance import Remittance
from shared.store.port import Key
from tests.payments.eras import submissions
from tests.payments.world import World, make_world
from tests.x12.support import truth

TRUTH = truth("truth_835")
OUT_OF_BALANCE = ("claims_out_of_balance", "lines_out_of_balance")


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


async def decisions(world: World, tenant: str) -> list[ClaimAdjudicated]:
    """Every payer's decision on the tenant's accounts."""
    histories = [
        await world.store.history(world.account_decider, Key(tenant, account.account_id))
        for account in await world.accounts(tenant)
    ]
    return [entry.fact for history in histories for entry in history if isinstance(entry.fact, ClaimAdjudicated)]


def by_group(made: list[ClaimAdjudicated]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for one in made:
        for _, adjustment in one.remitted.every_adjustment():
            sums[adjustment.group] += adjustment.amount_cents
    return {group: amount for group, amount in sums.items() if amount}


def test_the_truth_covers_every_file() -> None:
    assert {f"835/{match.name}" for match in match_all()} == set(TRUTH)


@pytest.mark.parametrize("match", match_all(), ids=lambda one: one.name)
async def test_a_public_remittance_comes_to_its_truth(tmp_path: Path, match: Match) -> None:
    said = TRUTH[f"835/{match.name}"]
    world = make_world(tmp_path)
    await world.hear(*submissions(match))
    await world.drop(match.remittance, tenant=match.tenant)
    remittances = sorted(await world.remittances(match.tenant), key=lambda one: one.header.transaction)  # type: ignore[union-attr]
    assert len(remittances) == said["transactions"]
    absent = lines_without_amounts(match.remittance)
    whole = not (said["claims_out_of_balance"] or said["lines_out_of_balance"] or absent)
    for remittance, stated in zip(remittances, said["per_transaction"], strict=True):
        _is_as_stated(remittance, stated)
    assert (all(one.status == "posted" for one in remittances)) == whole
    if whole:
        await _posted_in_full(world, match.tenant, said)
    else:
        _parked_for_its_reason(remittances, said, absent)
    proof = await world.proof(match.tenant)
    assert proof.proved, proof.discrepancies
    assert proof.waiting_cents == 0, "a claim was made for every CLP"


def lines_without_amounts(content: bytes) -> int:
    """SVC segments without charge or payment, counted with no parser of ours: a line of them cannot be evaluated."""
    enveloped = content.startswith(b"ISA")  # one of the files begins with its ST
    element, end = (content[3:4], content[105:106]) if enveloped else (content[2:3], b"~")
    lines = [one.strip().split(element) for one in content.split(end) if one.strip().startswith(b"SVC" + element)]
    return sum(not (len(one) > 3 and one[2] and one[3]) for one in lines)


def _is_as_stated(remittance: Remittance, stated: dict[str, Any]) -> None:
    header = remittance.header
    assert header is not None
    assert (header.payment_cents, header.claims_cents, header.provider_cents, header.claims, header.trace_number) == (
        cents(stated["bpr"]),
        cents(stated["paid"]),
        cents(stated["plb"]),
        stated["claims"],
        stated["trn"],
    )
    assert stated["balances"], "no public file fails the third equation"


async def _posted_in_full(world: World, tenant: str, said: dict[str, Any]) -> None:
    made = await decisions(world, tenant)
    proof = await world.proof(tenant)
    assert len(made) == said["claims"]
    assert sum(len(one.remitted.lines) for one in made) == said["service_lines"]
    assert sum(one.remitted.charge_cents for one in made) == cents(said["total_charge"])
    assert proof.totals.paid_cents == cents(said["total_paid"])
    owed = sum(one.remitted.patient_responsibility_cents for one in made)
    assert owed == cents(said["patient_responsibility"])
    assert by_group(made) == {group: cents(amount) for group, amount in said["cas"].items() if cents(amount)}
    assert proof.provider_adjustments_cents == cents(said["plb_total"])
    assert proof.payer_cash_cents == proof.remitted_cents == cents(said["bpr_amount"])


def _parked_for_its_reason(remittances: list[Remittance], said: dict[str, Any], absent: int) -> None:
    parked = [one for one in remittances if one.status == "parked"]
    assert all(one.imbalance for one in parked)
    text = "; ".join(one.imbalance for one in parked)
    assert text.count("CLP03 = CLP04 + adjustments") == len(said["claims_out_of_balance"])
    assert text.count("SVC02 = SVC03 + adjustments") == said["lines_out_of_balance"] + absent
    assert text.count("not evaluable") == absent
    assert "BPR02 = " not in text
