"""A claim's versions: which field had which value before and after each step, and the claim as it was then."""

from collections.abc import AsyncGenerator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shared.versions_api import versions_router
from tests.claims.callers import CLAIM, Client, calling


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path, versions_router("claim", "/claims/{claim_id}", "biller", "auditor")) as client:
        yield client


async def corrected(client: Client) -> str:
    """A claim whose charge and member id were mended."""
    claim_id = str((await client.post("/claims", CLAIM)).json()["claim_id"])
    body = deepcopy(CLAIM)
    body["charge_cents"] = body["lines"][0]["charge_cents"] = 130_00
    body["subscriber"]["member_id"] = "MEMBER78"
    headers = {**client.token("biller", actor="kim@lakeside"), "Idempotency-Key": "fix", "X-Reason": "wrong fee"}
    answer = await client.http.put(f"/claims/{claim_id}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return claim_id


async def test_a_correction_shows_each_field_before_and_after_with_who_did_it(client: Client) -> None:
    claim_id = await corrected(client)
    said = (await client.get(f"/claims/{claim_id}/versions")).json()
    last: dict[str, Any] = next(one for one in said["versions"] if one["actor"] == "kim@lakeside")
    changed = {one["field"]: (one["before"], one["after"]) for one in last["changes"]}
    assert changed["content.lines[0].charge_cents"] == (125_00, 130_00)
    assert changed["content.charge_cents"] == (125_00, 130_00)
    assert changed["identity.sealed_subscriber"] == ("sealed", "sealed")
    assert not [field for field in changed if field.startswith("content.diagnoses")], "what stayed is not named"
    assert said["versions_total"] == said["versions"][-1]["number"]


async def test_a_correction_without_its_reason_is_refused(client: Client) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    headers = {**client.token("biller"), "Idempotency-Key": "fix"}
    for way, path in (("PUT", f"/claims/{claim_id}"), ("POST", f"/claims/{claim_id}/replacement")):
        refused = await client.http.request(way, path, json=CLAIM, headers=headers)
        assert (refused.status_code, "X-Reason" in refused.text) == (400, True)


async def test_the_claim_as_it_was_before_is_shown_without_what_is_sealed(client: Client) -> None:
    claim_id = await corrected(client)
    versions = (await client.get(f"/claims/{claim_id}/versions")).json()["versions"]
    mended = next(one["number"] for one in versions if one["actor"] == "kim@lakeside")
    before = await client.get(f"/claims/{claim_id}/versions/{mended - 1}", role="auditor")
    after = await client.get(f"/claims/{claim_id}/versions/{mended}")
    assert before.json()["record"]["content"]["charge_cents"] == 125_00
    assert after.json()["record"]["content"]["charge_cents"] == 130_00
    assert after.json()["actor"] == "kim@lakeside"
    assert before.json()["record"]["identity"]["sealed_subscriber"] == "sealed"
    assert "MEMBER7" not in before.text + after.text


async def test_versions_come_in_pages_and_end(client: Client) -> None:
    claim_id = await corrected(client)
    said = (await client.get(f"/claims/{claim_id}/versions")).json()
    page = (await client.get(f"/claims/{claim_id}/versions?after=1&limit=1")).json()
    assert page["versions"] == said["versions"][1:2]
    beyond = await client.get(f"/claims/{claim_id}/versions/{said['versions_total'] + 1}")
    assert (beyond.status_code, f"1 to {said['versions_total']}" in beyond.text) == (404, True)
    assert (await client.get(f"/claims/{claim_id}/versions/0")).status_code == 404


async def test_nobody_else_sees_versions(client: Client) -> None:
    claim_id = await corrected(client)
    for path in (f"/claims/{claim_id}/versions", f"/claims/{claim_id}/versions/1"):
        assert (await client.get(path, role="operator")).status_code == 403
        assert (await client.get(path, tenant="harbor")).status_code == 404
    assert (await client.get(f"/versions/claim/{claim_id}", role="auditor")).json()["id"] == claim_id
    assert (await client.get(f"/versions/claim/{claim_id}/1", role="auditor")).json()["version"] == 1
    assert (await client.get(f"/versions/claim/{claim_id}", role="biller")).status_code == 403
    assert (await client.get(f"/versions/gossip/{claim_id}", role="auditor")).status_code == 404
