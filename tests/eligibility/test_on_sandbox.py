"""Eligibility against the sandbox's payers: the same service, answers that nobody here wrote by hand."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import CoverageDiscovered, CoverageVerified
from shared.identity import Individual, SubscriberIdentity
from tests.eligibility.house import ADA, House, post, question
from tests.eligibility.sandbox_house import house_on_sandbox
from tests.eligibility.test_check import received
from tests.eligibility.test_followups import overdue


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    async with house_on_sandbox(tmp_path) as built:
        yield built


async def ask(house: House, payer: str, member: str) -> dict[str, Any]:
    body = question(f"cov_{member}", payer, "2026-06-15")
    body["identity"] = {**body["identity"], "member_id": member}
    client = house.client()
    await post(client, "/checks", body, member)
    await house.settle()
    shown: dict[str, Any] = (await client.get(f"/checks/acct_1.cov_{member}.2026-06-15")).json()
    return shown


async def test_a_medicaid_member_in_managed_care_is_routed_and_one_who_is_not_stays(house: House) -> None:
    shown = [await ask(house, "RC105", f"M{n:04d}") for n in range(12)]
    active = [one["outcome"] for one in shown if one["coverage"] == "active"]
    routes = {(one["managed_care"], one["route_to_payer_id"]) for one in active}
    assert routes == {(None, None), ("SUMMIT COMMUNITY CARE", "RC106")}


async def test_benefits_and_an_estimate_come_from_what_the_payer_said(house: House) -> None:
    shown = [await ask(house, "RC106", f"M{n:04d}") for n in range(4)]
    one = next(one for one in shown if one["coverage"] == "active")
    client = house.client()
    benefits = (await client.get(f"/checks/{one['id']}/benefits")).json()
    assert (benefits["plan_type"], benefits["referral"]["need"]) == ("hmo", "yes")
    assert {share["kind"] for share in benefits["shares"]} == {"copay", "coinsurance", "deductible", "out_of_pocket"}
    visit = {"check_id": one["id"], "charge_cents": 30_000, "allowed_cents": 20_000, "service_type": "98"}
    made = (await client.post("/estimates", json=visit)).json()
    assert made["patient_cents"] == one["outcome"]["copay_cents"]
    surgery = {**visit, "service_type": "2"}
    made = (await client.post("/estimates", json=surgery)).json()
    left = one["outcome"]["deductible_remaining_cents"]
    percent = int(one["outcome"]["coinsurance_percent"])
    deductible = min(left, 20_000)
    assert made["patient_cents"] == deductible + (20_000 - deductible) * percent // 100


async def test_an_overdue_balance_finds_coverage_with_the_sandboxs_payers(house: House) -> None:
    found: list[CoverageDiscovered] = []
    for n in range(12):
        person = Individual(
            last_name="QUILLFEATHER", first_name=f"ADA{chr(65 + n)}", birth_date=ADA.subscriber.birth_date
        )
        identity = SubscriberIdentity(subscriber=person, member_id=f"M{n:04d}")
        account = f"acct_{n}"
        sealed = await house.sealed(identity, account)
        claim = received(f"c{n}").model_copy(
            update={"payer_id": "RC102", "account_id": account, "sealed_subscriber": sealed}
        )
        await house.hears(claim, overdue().model_copy(update={"account_id": account}))
        found = house.events(CoverageDiscovered)
    assert found, "some people are found by name"
    assert len({one.account_id for one in found}) < 12, "and not everybody"
    for one in found:
        identity = SubscriberIdentity.model_validate_json(await house.sealer.open(one.sealed_subscriber))
        assert identity.member_id.startswith("N")
    assert house.events(CoverageVerified)
