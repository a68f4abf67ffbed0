"""The HTTP edge: who may, what is refused and how, and that a repeat is the same command."""

import copy
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from samples.generate import generate
from shared.contracts import ClaimHeld, ClaimReceived
from tests.claims.callers import CLAIM, Client, calling
from tests.claims.world import TENANT


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path) as one:
        yield one


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    body = copy.deepcopy(CLAIM)
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


async def test_a_claim_comes_in_and_a_repeat_is_the_same_claim(client: Client) -> None:
    first = await client.post("/claims", CLAIM)
    again = await client.post("/claims", CLAIM)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["status"] == "waiting_coverage"
    assert len(client.world.events(ClaimReceived)) == 1
    other = await client.post("/claims", changed(["charge_cents"], 1))
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 201}])
async def test_a_claim_without_a_key_is_refused_and_told_what_to_send(client: Client, headers: dict[str, str]) -> None:
    answer = await client.http.post("/claims", json=CLAIM, headers={**client.token("biller"), **headers})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]
    assert not client.world.events(ClaimReceived)


async def test_the_same_service_under_another_key_is_held_as_a_duplicate(client: Client) -> None:
    await client.post("/claims", CLAIM)
    second = await client.post("/claims", changed(["patient_control_number"], "API2"), key="k2")
    assert [hold["rule"] for hold in second.json()["holds"]] == ["duplicate-claim"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (changed(["charge_cents"], -1), "charge_cents"),
        (changed(["lines", 0, "charge_cents"], -1), "lines.0.charge_cents"),
        (changed(["lines", 0, "charge_cents"], "12"), "lines.0.charge_cents"),
        (changed(["lines", 0, "surprise"], "QUILLFEATHER"), "lines.0.surprise"),
        (changed(["subscriber", "person", "birth_date"], "QUILLFEATHER"), "subscriber.person.birth_date"),
        (changed(["payer"], {"name": "PAYER ONE"}), "payer.id"),
    ],
)
async def test_a_refusal_names_the_field_and_never_the_value(client: Client, body: Any, field: str) -> None:
    answer = await client.post("/claims", body)
    assert answer.status_code == 422
    assert f"body.{field}" in {fault["field"] for fault in answer.json()["faults"]}
    assert "QUILLFEATHER" not in answer.text


async def test_a_claim_is_shown_with_its_history_and_without_identifiers(client: Client) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    shown = await client.get(f"/claims/{claim_id}")
    assert [line["type"] for line in shown.json()["timeline"]] == ["claim-taken", "coverage-awaited"]
    assert shown.json()["timeline"][0]["actor"] == "pat@lakeside"
    assert not {"QUILLFEATHER", "MEMBER77", "sealed"} & set(shown.text.replace('"', " ").split())
    assert [one["claim_id"] for one in (await client.get("/claims?payer=PAYER1")).json()] == [claim_id]
    assert (await client.get("/claims?status=paid")).json() == []


async def test_a_look_at_who_it_is_about_is_in_the_audit_log(client: Client) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    assert (await client.get(f"/claims/{claim_id}/subscriber", role="auditor")).status_code == 403
    found = await client.get(f"/claims/{claim_id}/subscriber")
    assert found.json()["member_id"] == "MEMBER77"
    notes = await client.world.store.notes("audit", TENANT, None, 100)
    assert [(note["kind"], note["action"], note["outcome"]) for note in notes] == [
        ("chain", "audit.open", 0),
        ("write", "claim.receive", 201),
        ("refused", "GET /claims/{claim_id}/subscriber", 403),
        ("read", "claim.identity.read", 200),
    ]


async def test_holding_and_releasing(client: Client) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    held = await client.post(f"/claims/{claim_id}/hold", {"reason": "waiting for records"}, key="h1")
    assert (held.status_code, held.json()["status"]) == (200, "held")
    assert len(client.world.events(ClaimHeld)) == 1
    released = await client.post(f"/claims/{claim_id}/release", {"reason": "records came"}, key="r1")
    assert released.json()["status"] == "waiting_coverage"
    repeated = await client.post(f"/claims/{claim_id}/hold", {"reason": "waiting for records"}, key="h1")
    assert repeated.json()["status"] == "waiting_coverage"


async def test_what_nobody_may_waive_is_refused(client: Client) -> None:
    broken = await client.post("/claims", changed(["billing", "npi"], "1234567890"))
    claim_id = broken.json()["claim_id"]
    answer = await client.post(f"/claims/{claim_id}/release", {"reason": "let it go"}, key="r1")
    assert answer.status_code == 409
    assert "npi-check-digit" in answer.json()["detail"]


async def test_a_held_claim_is_mended(client: Client) -> None:
    claim_id = (await client.post("/claims", changed(["billing", "npi"], "1234567890"))).json()["claim_id"]
    headers = {**client.token("biller"), "Idempotency-Key": "c1", "X-Reason": "wrong NPI"}
    mended = await client.http.put(f"/claims/{claim_id}", json=CLAIM, headers=headers)
    assert (mended.status_code, mended.json()["status"]) == (200, "waiting_coverage")
    assert mended.json()["claim_id"] == claim_id
    shown = (await client.get(f"/claims/{claim_id}")).json()
    assert [line["type"] for line in shown["timeline"]][-2:] == ["claim-amended", "coverage-awaited"]


async def test_another_tenants_claim_does_not_exist(client: Client) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    assert (await client.get(f"/claims/{claim_id}", tenant="northgate")).status_code == 404
    assert (await client.get("/claims", tenant="northgate")).json() == []


async def test_without_a_token_or_role_nothing_is_said(client: Client) -> None:
    assert (await client.http.get("/claims")).status_code == 401
    assert (await client.post("/claims", CLAIM, role="auditor")).status_code == 403


async def test_an_upload_is_streamed_once_and_read(client: Client) -> None:
    content = generate(10)[TENANT]
    headers = {**client.token("integrator"), "Content-Type": "application/edi-x12", "X-File-Name": "day.837"}
    first = await client.http.post("/files", content=content, headers=headers)
    again = await client.http.post("/files", content=content, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    file_id = first.json()["file_id"]
    assert again.json()["file_id"] == file_id
    await client.world.settle()
    shown = (await client.get(f"/files/{file_id}")).json()
    assert (shown["name"], shown["status"], shown["claims_taken"]) == ("day.837", "completed", 5)
    assert [one["file_id"] for one in (await client.get("/files?status=completed")).json()] == [file_id]
    assert (await client.get("/files/file_0")).status_code == 404


async def test_an_upload_that_was_damaged_or_is_too_large_is_refused(client: Client) -> None:
    headers = {**client.token("integrator"), "X-Content-SHA256": "0" * 64}
    assert (await client.http.post("/files", content=b"ISA", headers=headers)).status_code == 422
    headers = client.token("integrator")
    assert (await client.http.post("/files", content=b"x" * 1_000_001, headers=headers)).status_code == 413
