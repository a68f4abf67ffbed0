"""Rules and reference data through the service: drafts, dry runs, activation, tables, restrictions."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from samples.generate import generate
from services.claims.rulebooks import base_rules
from tests.claims.callers import CLAIM
from tests.claims.rule_makers import HOLD, document
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_api import changed
from tests.claims.world import TENANT

OFFICE = document({"field": "facility_code", "is": "11"}, HOLD, id="office-visits", title="Office visits wait")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


async def holds_of(client: RulesClient, body: Any = CLAIM, key: str = "k1") -> list[str]:
    answer = await client.post("/claims", body, key=key)
    assert answer.status_code == 201, answer.text
    return [hold["rule"] for hold in answer.json()["holds"]]


async def test_a_draft_says_nothing_until_it_is_active(client: RulesClient) -> None:
    await client.send("/rules", OFFICE)
    assert await holds_of(client) == []
    await client.activate(OFFICE)
    assert await holds_of(client, changed(["patient_control_number"], "B"), key="k2") == [
        "duplicate-claim",
        "office-visits",
    ]


async def test_a_rule_is_in_force_from_its_day_of_service_and_the_old_version_before(client: RulesClient) -> None:
    await client.activate({**OFFICE, "branch": [{"then": [{"tag": "old"}]}]}, "2026-01-01")
    await client.activate({**OFFICE, "branch": [{"then": [{"tag": "new"}]}]}, "2026-06-21")
    shown = (await client.get("/rules/office-visits")).json()
    assert [(one["version"], one["first"], one["last"]) for one in shown["terms"]] == [
        (1, "2026-01-01", "2026-06-20"),
        (2, "2026-06-21", None),
    ]
    before = await client.send("/claims/dry-run", CLAIM)
    after = await client.send("/claims/dry-run", changed(["lines", 0, "service_from"], "2026-06-21"))
    assert (before["tags"], after["tags"]) == (["old"], ["new"])
    assert [(one["type"], one["actor"]) for one in shown["history"]][-1] == ("rule-activated", "pat@lakeside")
    assert shown["documents"]["1"]["branch"] == [{"then": [{"tag": "old"}]}]


async def test_who_activated_what_and_why_is_in_the_audit_log(client: RulesClient) -> None:
    await client.activate(OFFICE)
    await client.send("/rules/office-visits/retire", {"valid_from": "2026-08-01", "reason": "no longer asked"})
    notes = [dict(note) for note in await client.world.store.notes("audit", TENANT, None, 100)]
    assert [(note["action"], note["actor"], note["reason"]) for note in notes if note["kind"] == "write"] == [
        ("rule.draft", "pat@lakeside", "a test wants it"),  # of the header: the document holds none
        ("rule.activate", "pat@lakeside", "agreed with the payer"),
        ("rule.retire", "pat@lakeside", "no longer asked"),
    ]


async def test_another_tenants_rules_do_not_concern_this_one(client: RulesClient) -> None:
    await client.activate(OFFICE, tenant="northgate")
    assert await holds_of(client) == []
    assert (await client.get("/rules")).json()["rules"] == []


async def test_the_same_document_again_is_no_new_version(client: RulesClient) -> None:
    first = await client.post("/rules", OFFICE, key="a", role="operator")
    again = await client.post("/rules", OFFICE, key="b", role="operator")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


async def test_a_rule_in_toml_is_the_same_rule(client: RulesClient) -> None:
    toml = """
id = "office-visits"
title = "Office visits wait"
source = "a test"
owner = "tests"
valid_from = 2000-01-01
[[branch]]
then = [{ hold = "Look at this claim again." }]
"""
    headers = {**client.token("biller"), "Content-Type": "application/toml", "Idempotency-Key": "t"}
    answer = await client.http.post("/rules", content=toml, headers=headers)
    assert answer.status_code == 201
    checked = await client.http.post("/rules/check", content=toml.replace("hold", "held"), headers=headers)
    assert checked.json()["ok"] is False
    assert "branch 1, then 1" in checked.json()["faults"][0]


async def test_bad_documents_are_refused_with_every_fault(client: RulesClient) -> None:
    bad = await client.post("/rules", {**OFFICE, "owner": "", "branch": []}, role="operator")
    assert bad.status_code == 422
    assert len(bad.json()["detail"]["faults"]) == 2
    headers = {**client.token("biller"), "Idempotency-Key": "t"}
    assert (await client.http.post("/rules", content=b"{", headers=headers)).status_code == 422
    assert (await client.http.post("/rules", content=b"[1]", headers=headers)).status_code == 422
    assert (await client.http.post("/rules", content=b" " * 40_000, headers=headers)).status_code == 413
    taken = await client.post("/rules", {**OFFICE, "id": "npi-check-digit"}, key="x")
    assert "take another" in str(taken.json())


async def test_rules_that_go_round_in_circles_are_not_activated(client: RulesClient) -> None:
    one = document(None, {"set": "onset_date", "to": {"field": "accident_date"}}, id="one")
    two = document(None, {"set": "accident_date", "to": {"field": "onset_date"}}, id="two")
    await client.activate(one)
    await client.send("/rules", two)
    body = {"version": 1, "valid_from": "2026-01-01", "reason": "why not"}
    answer = await client.post("/rules/two/activate", body, key="t", role="operator")
    assert answer.status_code == 409
    assert "onset_date" in answer.json()["detail"]


async def test_only_an_operator_activates(client: RulesClient) -> None:
    await client.send("/rules", OFFICE)
    body = {"version": 1, "valid_from": "2026-01-01", "reason": "why not"}
    assert (await client.post("/rules/office-visits/activate", body, role="biller")).status_code == 403
    assert (
        await client.post("/rules/office-visits/activate", {**body, "version": 2}, role="operator")
    ).status_code == 404


async def test_a_dry_run_says_what_would_have_changed(client: RulesClient) -> None:
    await client.world.drop("day.837", generate(600 * 2)[TENANT])
    large = document({"field": "charge_cents", "above": 300_00}, HOLD, id="large")
    await client.send("/rules", large)
    begun = await client.send("/rules/large/dry-run", {"version": 1})
    assert begun["status"] == "running"
    await client.world.settle()
    done = await client.job(begun["job_id"])
    claims = await client.world.claims()
    expected = sorted(one.claim_id for one in claims if one.content and (one.content.charge_cents or 0) > 300_00)
    (difference,) = done["differences"]
    assert (done["status"], done["seen"]) == ("done", 600)
    assert 0 < len(expected) < 600
    assert (difference["rule"], difference["effect"], difference["claims"]) == ("large", "held", len(expected))
    assert sorted(difference["claim_ids"]) == expected[:500]
    assert {one.status for one in claims} == {"waiting_coverage"}, "a dry run changes nothing"
    jobs = (await client.get("/rules-jobs?what=dry_run")).json()
    assert [one["job_id"] for one in jobs] == [begun["job_id"]]


async def test_a_dry_run_says_what_would_be_changed_and_let_go(client: RulesClient) -> None:
    await client.activate(OFFICE)
    await client.world.drop("day.837", generate(20)[TENANT])
    next_version = {**OFFICE, "branch": [{"then": [{"set": "referral_number", "to": "R1"}, {"tag": "x"}]}]}
    await client.send("/rules", next_version)
    begun = await client.send("/rules/office-visits/dry-run", {"version": 2})
    await client.world.settle()
    found = {one["effect"]: one["claims"] for one in (await client.job(begun["job_id"]))["differences"]}
    assert found["changed"] == found["tagged"] == 10
    assert 0 < found["no_longer_held"] <= 10


async def test_what_a_rule_changed_goes_to_the_payer_and_is_explained(client: RulesClient) -> None:
    recode = document(
        {"field": "line.procedure", "is": "99213"}, {"set": "line.procedure", "to": "99214"}, each="line", id="recode"
    )
    extra = document(
        {"no_line": {"field": "line.procedure", "is": "99070"}},
        {"add_line": {"procedure": "99070", "charge_cents": 5_00}},
        id="supplies",
    )
    await client.activate(recode)
    await client.activate(extra)
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    shown = (await client.get(f"/claims/{claim_id}")).json()
    assert (shown["charge_cents"], shown["lines"]) == (130_00, 2)
    assert {(one["rule"], one["version"], one["did"], one["at"]) for one in shown["explained"]} == {
        ("recode", 1, "set", "lines[0].procedure"),
        ("supplies", 1, "add", "lines"),
    }
    await client.world.verify_coverage()
    (sent,) = client.world.outbox().values()
    assert b"HC:99214*125*" in sent
    assert b"HC:99070*5*" in sent


async def test_a_rules_hold_is_waived_only_where_it_says_so(client: RulesClient) -> None:
    await client.activate({**OFFICE, "waivable": True})
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    released = await client.post(f"/claims/{claim_id}/release", {"reason": "records came"}, key="r")
    assert released.json()["status"] == "waiting_coverage"
    await client.activate({**OFFICE, "waivable": False})
    other = changed(["subscriber", "member_id"], "MEMBER78")
    claim_id = (await client.post("/claims", {**other, "patient_control_number": "B"}, key="b")).json()["claim_id"]
    refused = await client.post(f"/claims/{claim_id}/release", {"reason": "records came"}, key="r2")
    assert refused.status_code == 409


async def test_a_tenants_rule_takes_the_place_of_a_base_rule(client: RulesClient) -> None:
    drug = changed(["lines", 0, "procedure"], "J1234")
    assert (await client.send("/claims/dry-run", drug))["holds"] == []
    every = document(
        {"all": [{"field": "line.procedure", "matches": "J####"}, {"field": "line.drug.ndc", "exists": False}]},
        {**HOLD, "at": "line.drug"},
        each="line",
        id="drug-needs-ndc",
    )
    await client.activate(every)
    found = await client.send("/claims/dry-run", drug, key="again")
    assert [(one["rule"], one["field"]) for one in found["holds"]] == [("drug-needs-ndc", "lines[0].drug")]
    assert "drug-needs-ndc" in {rule.id for rule in base_rules()}


async def test_validating_a_claim_keeps_nothing(client: RulesClient) -> None:
    broken = changed(["billing", "npi"], "1234567890")
    found = await client.send("/claims/dry-run", broken)
    assert (found["would_be_held"], [one["rule"] for one in found["holds"]]) == (True, ["npi-check-digit"])
    assert found["explained"][0]["source"].startswith("45 CFR 162.406")
    assert await client.world.claims() == []
    assert await holds_of(client) == []


MUE = "code,units,mai,valid_from,valid_to\n99213,1,2,2026-01-01,\nA0001,3,1,2026-01-01,2026-12-31\n"


async def test_a_table_counts_once_it_is_loaded(client: RulesClient) -> None:
    loaded = await client.load("mue", MUE)
    assert (loaded["status"], loaded["rows"], loaded["refused_total"], loaded["seen"]) == ("done", 2, 0, 2)
    assert await holds_of(client, changed(["lines", 0, "units"], 2)) == ["mue-day-policy"]
    assert [(one["kind"], one["rows"]) for one in (await client.get("/reference")).json()] == [("mue", 2)]


async def test_the_same_file_again_is_the_same_and_an_earlier_one_comes_back(client: RulesClient) -> None:
    first = await client.load("mue", MUE)
    assert (await client.load("mue", MUE))["job_id"] == first["job_id"]
    assert len((await client.get("/rules-jobs?what=reference")).json()) == 1
    await client.load("mue", MUE.replace("99213,1", "99213,9"))
    assert (await client.send("/claims/dry-run", changed(["lines", 0, "units"], 2)))["holds"] == []
    await client.load("mue", MUE)
    assert (await client.send("/claims/dry-run", changed(["lines", 0, "units"], 2), key="x"))["would_be_held"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("code,units\n", "missing: mai, valid_from, valid_to, 0 unknown"),
        ("code,units,mai,valid_from,valid_to,QUILLFEATHER\n", "none is missing, 1 unknown"),
        ("", "missing: code"),
        ("code,units,mai,valid_from,valid_to\n", "no row of the file could be taken"),
        ("code,units,mai,valid_from,valid_to\n" + "x" * 5000, "more than 4000 characters"),
    ],
)
async def test_a_file_with_wrong_columns_is_refused_with_a_sentence(
    client: RulesClient, content: str, says: str
) -> None:
    refused = await client.load("mue", content)
    assert refused["status"] == "refused"
    assert says in refused["reason"]
    assert "QUILLFEATHER" not in str(refused)
    assert (await client.get("/reference")).json() == []


async def test_bad_rows_are_named_by_row_and_the_others_go_in(client: RulesClient) -> None:
    content = MUE + (
        "A0002,many,1,2026-01-01,\n"
        "A0003,1,4,2026-01-01,\n"
        "A0004,1,1,someday,\n"
        "A0005,1,1,2026-01-01,2025-01-01\n"
        "A0006,1,1\n"
        "99213,7,2,2026-01-01,\n"
        "A-7,1,1,2026-01-01,\n"
        'A0008,"1"x,1,2026-01-01,\n'
    )
    loaded = await client.load("mue", content)
    assert (loaded["status"], loaded["rows"], loaded["refused_total"]) == ("done", 2, 8)
    assert sorted((one["row"], one["column"]) for one in loaded["refused"]) == [
        (4, "units"),
        (5, "mai"),
        (6, "valid_from"),
        (7, "valid_to"),
        (8, ""),
        (9, ""),
        (10, "code"),
        (11, ""),
    ]


async def test_a_file_that_is_no_text_is_refused(client: RulesClient) -> None:
    headers = client.token("operator")
    answer = await client.http.post("/reference/mue", content=b"\xff\xfe\x00", headers=headers)
    await client.world.settle()
    assert (await client.job(answer.json()["job_id"]))["reason"] == "the file is no UTF-8 text"
    unnamed = await client.http.post("/reference/fees", content=b"", headers=headers)
    assert unnamed.status_code == 422
    assert (await client.http.post("/reference/spells", content=b"", headers=headers)).status_code == 422


async def test_progress_of_a_long_file_is_seen(client: RulesClient) -> None:
    rows = "".join(f"A{number:05},1,1,2026-01-01,\n" for number in range(60_000 // 2))
    more = "".join(f"B{number:05},1,1,2026-01-01,\n" for number in range(60_000 // 2))
    loaded = await client.load("mue", f"code,units,mai,valid_from,valid_to\n{rows}{more}")
    assert (loaded["rows"], loaded["seen"]) == (60_000, 60_000)
    state = next(d for d in client.world.spec.deciders if d.kind == "rules_job")
    entries = await client.world.store.history(state, (await client.world.store.find(state, TENANT, {}, None, 1))[0][0])
    assert [entry.fact.seen for entry in entries if entry.fact.type == "progressed"] == [50_000, 60_000]
    assert len({entry.meta.id for entry in entries}) == len(entries), "facts of one journal share an id"


async def test_pricing_by_a_loaded_schedule(client: RulesClient) -> None:
    head = "payer,procedure,modifier,price,valid_from,valid_to\n"
    fees = f"{head},99213,,80.00,2026-01-01,\nPAYER1,99213,,75.50,2026-01-01,\n"
    await client.load("fees", fees, name="usual")
    await client.activate(document(None, {"price": "usual"}, each="line", id="prices"))
    found = await client.send("/claims/dry-run", CLAIM)
    assert (found["charge_cents"], found["holds"]) == (75_50, [])
    unknown = await client.send("/claims/dry-run", changed(["lines", 0, "procedure"], "99999"))
    assert "has no price" in unknown["holds"][0]["message"]


async def test_what_a_patient_keeps_from_the_plan_is_held_until_it_is_lifted(client: RulesClient) -> None:
    body = {
        "payer_id": "PAYER1",
        "member_id": "MEMBER77",
        "first": "2026-06-20",
        "last": "2026-06-20",
        "reason": "paid in full at the desk",
    }
    kept = await client.send("/restrictions", body)
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    shown = (await client.get(f"/claims/{claim_id}")).json()
    assert [hold["rule"] for hold in shown["holds"]] == ["self-pay-restriction"]
    refused = await client.post(f"/claims/{claim_id}/release", {"reason": "let it go"}, key="r")
    assert refused.status_code == 409, "nobody but the patient may let the plan know"
    lift = {"coverage_id": kept["coverage_id"], "reason": "the patient agreed"}
    await client.send(f"/restrictions/{kept['restriction_id']}/lift", lift)
    headers = {**client.token("biller"), "Idempotency-Key": "c1", "X-Reason": "not restricted any more"}
    mended = await client.http.put(f"/claims/{claim_id}", json=CLAIM, headers=headers)
    assert mended.json()["status"] == "waiting_coverage"
    assert b"MEMBER77" not in client.world.lying()
