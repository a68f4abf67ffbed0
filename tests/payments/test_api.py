"""HTTP of the payments service: who may do what, once, and what is refused without quoting it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.payments.eras import answered, check, era_file
from tests.payments.world import TENANT, World, make_world, token

PAYMENT = {"account_id": "acct_1", "paid_cents": 2_500, "method": "card"}
CHARGE = {
    "account_id": "acct_1",
    "charge_cents": 4_000,
    "description_code": "99213",
    "service_date": "2026-06-20",
    "guarantor": {"name": "Marguerite Canary", "phone": "555-0100"},
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


async def post(world: World, path: str, body: dict[str, Any], key: str, *roles: str) -> httpx.Response:
    async with world.client() as client:
        headers = {**token(*(roles or ("poster",))), "Idempotency-Key": key}
        return await client.post(path, json=body, headers=headers)


async def get(world: World, path: str, tenant: str = TENANT) -> Any:
    async with world.client() as client:
        answer = await client.get(path, headers=token("biller", tenant=tenant))
        answer.raise_for_status()
        return answer.json()


async def test_a_charge_is_billed_and_a_payment_settles_it(world: World) -> None:
    charged = await post(world, "/charges", CHARGE, "c1")
    assert (charged.status_code, charged.json()["balance_cents"]) == (201, 4_000)
    answer = await post(world, "/payments", PAYMENT, "p1")
    assert (answer.status_code, answer.json()["balance_cents"]) == (201, 1_500)
    account = await get(world, "/accounts/acct_1")
    [item] = account["items"].values()
    assert (item["patient_paid_cents"], item["patient_cents"]) == (2_500, 1_500)
    entries = await get(world, "/accounts/acct_1/ledger")
    assert [(one["debit"], one["credit"], one["cents"]) for one in entries] == [
        ("patient_receivable", "revenue", 4_000),
        ("patient_cash", "unapplied_credit", 2_500),
        ("unapplied_credit", "patient_receivable", 2_500),
    ]
    assert {one["posted_by"] for one in entries} == {"pat.poster"}
    assert [one["account_id"] for one in await get(world, "/accounts?owes=true")] == ["acct_1"]
    proof = await get(world, "/ledger/proof")
    assert (proof["proved"], proof["totals"]["outstanding_cents"]) == (True, 1_500)


async def test_case_49_the_same_key_is_one_payment_and_another_body_is_refused(world: World) -> None:
    first, again = await post(world, "/payments", PAYMENT, "p1"), await post(world, "/payments", PAYMENT, "p1")
    assert first.json() == again.json()
    assert world.counted()["PatientPaymentReceived"] == 1
    assert (await post(world, "/payments", {**PAYMENT, "paid_cents": 1}, "p1")).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"paid_cents": -5},
        {"paid_cents": 0},
        {"paid_cents": "25.00"},
        {"paid_cents": 12.5},
        {"currency": "EUR"},
        {"account_id": "Marguerite Canary"},
        {"received_on": "2026-02-30"},
    ],
)
async def test_a_senseless_payment_is_refused_without_quoting_it(world: World, wrong: dict[str, Any]) -> None:
    answer = await post(world, "/payments", {**PAYMENT, **wrong}, "p1")
    assert answer.status_code == 422
    assert not any(str(value) in answer.text for value in wrong.values())
    assert not world.bus.records


async def test_reading_is_not_posting_and_a_tenant_sees_its_own(world: World) -> None:
    assert (await post(world, "/payments", PAYMENT, "p1", "biller", "auditor")).status_code == 403
    await post(world, "/payments", PAYMENT, "p1")
    assert await get(world, "/accounts", tenant="northgate") == []
    async with world.client() as client:
        assert (await client.get("/accounts")).status_code == 401
        foreign = await client.get("/accounts/acct_1", headers=token("biller", tenant="northgate"))
        assert foreign.status_code == 404


async def test_a_person_decides_about_a_parked_remittance_once_and_it_is_on_record(world: World) -> None:
    await world.drop(era_file(check([answered("PCN-x", 10_000)], off_by_cents=2_000)))
    [parked] = await get(world, "/remittances?status=parked")
    assert "difference 2000 cents" in parked["imbalance"]
    path = f"/remittances/{parked['remittance_id']}"
    released = await post(world, f"{path}/release", {"reason": "the payer confirmed it"}, "r1")
    assert (released.status_code, released.json()["status"]) == (200, "posting")
    assert (await post(world, f"{path}/release", {"reason": "the payer confirmed it"}, "r1")).status_code == 200
    assert (await post(world, f"{path}/reject", {"reason": "changed my mind"}, "r2")).status_code == 409
    assert (await post(world, "/remittances/rem_none/reject", {"reason": "no such"}, "r3")).status_code == 404
    await world.settle()
    [unmatched] = await get(world, "/unmatched")
    assert unmatched["remitted"][0]["paid_cents"] == 10_000
    audit = await world.store.notes("audit", TENANT, None, 100)
    assert ("remittance.release", "the payer confirmed it") in {(one["action"], one["reason"]) for one in audit}


async def test_who_owes_lies_sealed_in_store_and_topic(world: World) -> None:
    await post(world, "/charges", CHARGE, "c1")
    everything = b"".join(record.value for record in world.bus.records) + repr(vars(world.store)).encode()
    assert b"acct_1" in everything
    assert b"Canary" not in everything
    assert b"555-0100" not in everything
