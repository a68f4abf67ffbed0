"""The work list over HTTP: by priority, page by page, in bulk, and with what people write kept sealed."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from services.claims.work_api import router
from shared.contracts import ClaimDenied, DenialReason, Meta, WriteOffApproved
from tests.claims.callers import Client, calling
from tests.claims.world import NOW, TENANT


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path, router) as one:
        yield one


def denied(number: int, cents: int = 300_00, category: str = "coding", tenant: str = TENANT) -> ClaimDenied:
    claim_id = f"clm_{number:05}"
    meta = Meta(
        id=uuid5(NAMESPACE_URL, f"{tenant}/{claim_id}"),
        tenant=tenant,
        occurred_at=NOW,
        source="claims",
        subject=f"claim/{claim_id}",
        key="acct_1",
        sequence=5,
        correlation=uuid5(NAMESPACE_URL, "story"),
    )
    return ClaimDenied(
        meta=meta,
        account_id="acct_1",
        claim_id=claim_id,
        patient_control_number=f"PCN{number}",
        payer_id="PAYER1",
        remittance_id="rem_1",
        charge_cents=cents,
        paid_cents=0,
        denied_cents=cents,
        reasons=(DenialReason(group="CO", reason="11", amount_cents=cents),),
        outcome="denied",
        category=category,
        root_cause="coding",
        next_action="correct_and_resubmit",
    )


async def denials(client: Client, *events: ClaimDenied) -> None:
    world = client.world
    (work,) = [one for one in world.spec.deciders if one.kind == "work_item"]
    await world.runtime.shell.transact(work, events)


async def listed(client: Client, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/work-items{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_the_list_is_by_priority_and_pages_by_a_key(client: Client) -> None:
    amounts = (300_00, 5_00, 2_000_00, 300_00, 90_00)
    await denials(client, *(denied(number, cents) for number, cents in enumerate(amounts)))
    seen: list[tuple[str, int]] = []
    page: dict[str, Any] = {}
    cursor = ""
    for _ in range(3):
        page = await listed(client, f"?limit=2{cursor}")
        seen += [(one["claim_id"], one["band"]) for one in page["items"]]
        cursor = f"&after={page['next']}"
    assert page["next"] is None
    assert seen == [("clm_00002", 1), ("clm_00000", 3), ("clm_00003", 3), ("clm_00004", 3), ("clm_00001", 4)]


async def test_case_22_the_worklist_is_filtered_by_insurer(client: Client) -> None:
    others = denied(2).model_copy(update={"payer_id": "PAYER2"})
    await denials(client, denied(1), others, denied(3))
    by_insurer = {
        payer: [one["claim_id"] for one in (await listed(client, f"?payer={payer}"))["items"]]
        for payer in ("PAYER1", "PAYER2", "PAYER3")
    }
    assert by_insurer == {"PAYER1": ["clm_00001", "clm_00003"], "PAYER2": ["clm_00002"], "PAYER3": []}


async def test_the_list_is_filtered_and_a_tenant_sees_its_own(client: Client) -> None:
    await denials(client, denied(1), denied(2, category="authorization"), denied(3, tenant="hillside"))
    assert [one["claim_id"] for one in (await listed(client, "?category=authorization"))["items"]] == ["clm_00002"]
    assert [one["claim_id"] for one in (await listed(client, "?queue=coder&payer=PAYER1"))["items"]] == ["clm_00001"]
    assert len((await listed(client))["items"]) == 2
    other = await client.get("/work-items/clm_00003")
    assert other.status_code == 404
    assert (await client.get("/work-items?colour=red")).status_code == 422


async def test_an_item_shows_its_playbook_and_who_did_what(client: Client) -> None:
    await denials(client, denied(1))
    assert (await client.post("/work-items/clm_00001/assign", {"owner": "ann"}, "k1")).json()["owner"] == "ann"
    shown = (await client.get("/work-items/clm_00001")).json()
    assert [step["action"] for step in shown["playbook"]] == ["correct_and_resubmit", "appeal"]
    assert shown["playbook"][0]["needs"]
    assert [(one["type"], one["actor"]) for one in shown["history"]] == [
        ("work-opened", "system"),
        ("work-assigned", "pat@lakeside"),
    ]


async def test_root_causes_are_counted_with_what_prevents_them(client: Client) -> None:
    await denials(client, denied(1), denied(2), denied(3).model_copy(update={"root_cause": "authorization"}))
    await client.post("/work-items/clm_00001/close", {"outcome": "resubmitted"}, "k1")
    rows = (await client.get("/work-items/root-causes")).json()
    assert [(one["root_cause"], one["items"], one["open"]) for one in rows] == [
        ("coding", 2, 1),
        ("authorization", 1, 1),
    ]
    assert all(one["prevention"] for one in rows)


async def test_a_call_is_logged_sealed_and_opened_for_who_works_on_it(client: Client) -> None:
    await denials(client, denied(1))
    call = {
        "called_on": "2026-07-01",
        "outcome": "in_process",
        "reference": "REF-4711-QUILL",
        "representative": "QZ",
        "next_action_on": "2026-07-15",
    }
    answer = await client.post("/work-items/clm_00001/calls", call, "k1")
    assert (answer.json()["status"], answer.json()["wait_until"]) == ("waiting", "2026-07-15")
    await client.post("/work-items/clm_00001/notes", {"text": "Mrs Quillfeather called back"}, "k2")
    for lying in (client.world.lying(), await client.world.published()):
        assert b"4711" not in lying
        assert b"Quillfeather" not in lying
    opened = (await client.get("/work-items/clm_00001/correspondence")).json()
    assert opened["calls"][0]["reference"] == "REF-4711-QUILL"
    assert opened["notes"][0]["text"] == "Mrs Quillfeather called back"
    assert (await client.get("/work-items/clm_00001/correspondence", role="auditor")).status_code == 403
    assert "4711" not in (await client.get("/work-items/clm_00001")).text


async def test_two_people_cannot_change_what_they_read_at_the_same_time(client: Client) -> None:
    await denials(client, denied(1))
    version = (await client.get("/work-items/clm_00001")).json()["version"]
    first = await client.post("/work-items/clm_00001/assign", {"owner": "ann", "version": version}, "k1")
    second = await client.post("/work-items/clm_00001/assign", {"owner": "bob", "version": version}, "k2")
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["detail"] == "somebody changed it meanwhile: read it again"
    repeat = await client.post("/work-items/clm_00001/assign", {"owner": "ann", "version": version}, "k1")
    assert repeat.status_code == 200


async def test_case_31_a_write_off_takes_two_people_over_http(client: Client) -> None:
    await denials(client, denied(1))
    path = "/work-items/clm_00001/write-off"
    assert (await client.post(path, {"amount_cents": 300_00, "reason": "too old"}, "k1")).status_code == 200
    own = await client.post(f"{path}/decision", {"approve": True}, "k2", "operator")
    assert own.status_code == 409
    headers = {**client.token("biller", actor="bob"), "Idempotency-Key": "k3", "X-Reason": "agreed"}
    small = await client.http.post(f"{path}/decision", json={"approve": True}, headers=headers)
    assert (small.status_code, small.json()["detail"]) == (
        409,
        "a write-off of 300.00 needs the approval of another role",
    )
    assert not client.world.events(WriteOffApproved)
    headers = {**client.token("poster", actor="eve"), "Idempotency-Key": "k4", "X-Reason": "agreed"}
    done = await client.http.post(f"{path}/decision", json={"approve": True}, headers=headers)
    assert (done.status_code, done.json()["outcome"]) == (200, "written_off")
    assert len(client.world.events(WriteOffApproved)) == 1


async def test_case_24_bulk_over_a_thousand_lists_what_could_not_be_done(client: Client) -> None:
    await denials(client, *(denied(number) for number in range(1_200)))
    stale = [{"claim_id": f"clm_{number:05}", "version": 99} for number in range(3)]
    good = [{"claim_id": f"clm_{number:05}"} for number in range(3, 1_200)]
    body = {"action": "assign", "owner": "ann", "items": [*stale, *good, {"claim_id": "clm_none"}]}
    answer = await client.post("/work-items/bulk", body, "bulk1")
    assert answer.json()["done"] == 1_197
    assert {one["claim_id"]: one["reason"].split(":")[0] for one in answer.json()["failed"]} == {
        "clm_00000": "somebody changed it meanwhile",
        "clm_00001": "somebody changed it meanwhile",
        "clm_00002": "somebody changed it meanwhile",
        "clm_none": "no such item here",
    }
    closed = {"action": "close", "outcome": "resubmitted", "items": good}
    assert (await client.post("/work-items/bulk", closed, "bulk2")).json() == {"done": 1_197, "failed": []}
    assert len((await listed(client))["items"]) == 3
    assert len((await listed(client, "?status=done&limit=200"))["items"]) == 200
    assert (await client.post("/work-items/bulk", {**closed, "outcome": "written_off"}, "bulk3")).status_code == 422


def test_the_claims_own_events_reach_the_work_item(client: Client) -> None:
    """Over the topic, as in production: they are read back by their own service."""
    routes = client.world.spec.routes[ClaimDenied.model_fields["type"].default]
    assert "work_item" in {route.decider.kind for route in routes}
    assert "claims.events.v1" in client.world.spec.topics


async def test_items_are_read_by_the_claims_they_are_of(client: Client) -> None:
    await denials(client, denied(1), denied(2), denied(3))
    named = await listed(client, "?ids=clm_00003,clm_00001,clm_gone")
    assert sorted(one["claim_id"] for one in named["items"]) == ["clm_00001", "clm_00003"]
    assert named["next"] is None
