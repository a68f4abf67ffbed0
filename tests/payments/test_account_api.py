"""One claim down to its lines and entries over HTTP, and what persons may do with it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.payments.account_views import stopped_codes
from services.payments.core.account_lines import line_books, shares_of
from services.payments.core.remitted import RemittedLine
from services.payments.policy.patient import load_never_billed, load_shares, read_shares, read_write_offs
from shared.contracts import ClaimSubmitted, SubmittedLine
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import ACCOUNT, PROPERTY, SERVICE, adjustments, decision, remitted, reversal_of, submitted
from tests.payments.posting import get, post
from tests.payments.test_never_billed import standing
from tests.payments.world import World, make_world, token

SPLIT = (("CO", "45", 2_000), ("PR", "1", 500), ("PR", "2", 1_500))
CHARGE = {
    "account_id": "acct_1",
    "charge_cents": 50_000,
    "description_code": "99213",
    "service_date": "2026-06-20",
    "guarantor": {"name": "Marguerite Canary"},
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def claim(name: str = "clm_a") -> ClaimSubmitted:
    made = submitted(name)
    return made.model_copy(update={"meta": made.meta.model_copy(update={"source": "claims"})})


async def decided(world: World) -> None:
    await world.hear(claim())
    await world.drop(era_file(check([answered("PCN-clm_a", 6_000, SPLIT)])))


async def test_a_share_is_shown_by_kind_and_by_line(world: World) -> None:
    await decided(world)
    shown = await get(world, "/accounts/acct_1/items/clm_a")
    assert shown["responsibility"] == {"deductible": 500, "coinsurance": 1_500}
    first, rest = shown["lines"]
    assert (first["line"], first["procedure"], first["paid_cents"], first["patient_cents"]) == (
        1,
        "99213",
        6_000,
        2_000,
    )
    assert (first["responsibility"], first["insurance_cents"]) == ({"deductible": 500, "coinsurance": 1_500}, 0)
    assert {name: cents for name, cents in rest.items() if name.endswith("_cents") and cents} == {}
    [rule] = shown["never_billed"]
    assert (rule["rule"], rule["reason"], rule["treated_as"]) == ("not-patient-responsibility", "45", "contractual")
    assert rule["source"]


async def test_every_balance_goes_down_to_the_entries_that_make_it(world: World) -> None:
    await decided(world)
    await post(world, "/payments", {"account_id": "acct_1", "paid_cents": 700, "method": "check"}, "p1")
    account = await get(world, "/accounts/acct_1")
    [item] = account["items"].values()
    for name, column, sign in (
        ("patient_receivable", "patient_cents", 1),
        ("insurance_receivable", "insurance_cents", 1),
        ("payer_cash", "paid_cents", 1),
        ("revenue", "charge_cents", -1),
    ):
        found = await get(world, "/accounts/acct_1/entries", item_id="clm_a", ledger_account=name)
        assert found["balance_cents"] == sign * item[column]
        assert sum(one["adds_cents"] for one in found["entries"]) == found["balance_cents"]
        assert all(one["cause"] and one["posted_by"] and one["why"] for one in found["entries"])
    line = await get(world, "/accounts/acct_1/entries", item_id="clm_a", line=1, ledger_account="patient_receivable")
    assert [one["why"].split(",")[0] for one in line["entries"]] == ["PR-1", "PR-2"]


async def test_news_of_the_patient_takes_the_share_off_the_balance_with_its_rule(world: World) -> None:
    await decided(world)
    body = {"standings": ["qmb"], "reason": "the 271 says so"}
    told = await post(world, "/accounts/acct_1/items/clm_a/standings", body, "s1")
    assert (told.json()["balance_cents"], told.json()["stopped"]) == (0, [{"rule": "qmb", "cents": 2_000}])
    shown = await get(world, "/accounts/acct_1/items/clm_a")
    assert {"qmb"} < {one["rule"] for one in shown["never_billed"]}
    assert shown["responsibility"] == {}
    [work] = await get(world, "/work", about="stopped")
    assert work["stopped"] == [{"item_id": "clm_a", "rule": "qmb", "cents": 2_000}]
    nobody = await post(world, "/accounts/acct_1/items/clm_z/standings", body, "s2")
    assert nobody.status_code == 409


async def test_a_write_off_by_two_people_and_its_undoing(world: World) -> None:
    await post(world, "/charges", CHARGE, "c1")
    [item_id] = (await get(world, "/accounts/acct_1"))["items"]
    body = {"item_id": item_id, "side": "patient", "reason": "charity", "written_off_cents": 30_000, "note": "FAP 26-7"}
    asked = await post(world, "/accounts/acct_1/write-offs", body, "w1")
    assert (asked.status_code, asked.json()["status"], asked.json()["balance_cents"]) == (201, "waiting", 50_000)
    path = f"/accounts/acct_1/write-offs/{asked.json()['write_off_id']}"
    word = {"approved": True, "note": "application seen"}
    assert (await post(world, f"{path}/decision", word, "d0")).status_code == 403
    assert len(await get(world, "/work", about="write_off_waits")) == 1
    approved = await post(world, f"{path}/decision", word, "d1", "bob")
    assert (approved.json()["status"], approved.json()["balance_cents"]) == ("posted", 20_000)
    assert (await post(world, f"{path}/decision", word, "d2", "cid")).status_code == 409
    back = await post(world, f"{path}/revert", {"note": "application withdrawn"}, "r1", "cid")
    assert back.json()["balance_cents"] == 50_000
    assert (await post(world, f"{path}/revert", {"note": "application withdrawn"}, "r2")).status_code == 409
    entries = (await get(world, "/accounts/acct_1/entries", ledger_account="bad_debt"))["entries"]
    assert [(one["posted_by"], one["why"]) for one in entries] == [
        ("bob", "FAP 26-7"),
        ("cid", "application withdrawn"),
    ]
    too_much = await post(world, "/accounts/acct_1/write-offs", {**body, "written_off_cents": 60_000}, "w2")
    assert (too_much.status_code, "only 50000 cents" in too_much.json()["detail"]) == (409, True)


async def test_money_is_moved_with_a_reason_and_refused_with_one(world: World) -> None:
    for key in ("c1", "c2"):
        await post(world, "/charges", {**CHARGE, "charge_cents": 1_000}, key)
    paid = (
        await post(world, "/payments", {"account_id": "acct_1", "paid_cents": 1_000, "method": "cash"}, "p1")
    ).json()
    items = (await get(world, "/accounts/acct_1"))["items"]
    [source] = [name for name, one in items.items() if one["patient_cents"] == 0]
    [target] = [name for name, one in items.items() if one["patient_cents"]]
    path = f"/accounts/acct_1/payments/{paid['payment_id']}/move"
    body = {"from_item_id": source, "to_item_id": target, "moved_cents": 400, "reason": "meant for the other visit"}
    assert (await post(world, path, body, "m1")).status_code == 200
    after = (await get(world, "/accounts/acct_1"))["items"]
    assert (after[source]["patient_cents"], after[target]["patient_cents"]) == (400, 600)
    refused = await post(world, path, {**body, "moved_cents": 900}, "m2")
    assert (refused.status_code, refused.json()["detail"]) == (409, "only 600 cents of this payment lie there")
    assert (await world.proof()).proved


async def test_a_payment_goes_line_by_line_or_where_a_person_says(world: World) -> None:
    await decided(world)
    await post(world, "/charges", {**CHARGE, "charge_cents": 1_000}, "c1")
    items = (await get(world, "/accounts/acct_1"))["items"]
    [charge] = [name for name in items if name != "clm_a"]
    money = {"account_id": "acct_1", "paid_cents": 700, "method": "check"}
    by_line = await post(world, "/payments", {**money, "allocation": "line"}, "p1")
    assert (by_line.status_code, by_line.json()["balance_cents"]) == (201, 2_300)
    line = (await get(world, "/accounts/acct_1/items/clm_a"))["lines"][0]
    assert (line["line"], line["patient_paid_cents"]) == (1, 700)
    targets = [{"item_id": charge, "cents": 600}]
    by_hand = await post(world, "/payments", {**money, "allocation": "hand", "targets": targets}, "p2")
    assert by_hand.status_code == 201
    after = (await get(world, "/accounts/acct_1"))["items"]
    assert (after[charge]["patient_cents"], after["clm_a"]["patient_cents"]) == (400, 1_200)
    too_much = {**money, "allocation": "hand", "targets": [{"item_id": charge, "cents": 701}]}
    assert (await post(world, "/payments", too_much, "p3")).status_code == 422
    assert (await post(world, "/payments", {**money, "allocation": "statement"}, "p4")).status_code == 422
    statement = {**money, "allocation": "statement", "items": [charge]}
    assert (await post(world, "/payments", statement, "p5")).json()["balance_cents"] == 900
    after = (await get(world, "/accounts/acct_1"))["items"]
    assert (after[charge]["patient_cents"], after["clm_a"]["patient_cents"]) == (0, 900)


async def test_reading_is_not_deciding_and_a_tenant_sees_its_own(world: World) -> None:
    await decided(world)
    async with world.client() as client:
        body = {"item_id": "clm_a", "side": "patient", "reason": "courtesy", "written_off_cents": 1, "note": "why not"}
        headers = {**token("biller", "auditor"), "Idempotency-Key": "k"}
        refused = await client.post("/accounts/acct_1/write-offs", json=body, headers=headers)
        foreign = await client.get("/accounts/acct_1/items/clm_a", headers=token("biller", tenant="northgate"))
    assert (refused.status_code, foreign.status_code) == (403, 404)


def test_a_table_with_a_senseless_entry_is_not_read() -> None:
    known = 'source = "s"\nowner = "o"\nvalid_from = 2020-01-01\n'
    with pytest.raises(ValueError, match="no such kind of share"):
        read_shares(f'[[rule]]\nkind = "tip"\ncodes = ["1"]\n{known}')
    with pytest.raises(ValueError, match="two rules begin on one day"):
        read_shares(f'[[rule]]\nkind = "copay"\ncodes = ["1", "1"]\n{known}')
    with pytest.raises(ValueError, match="a limit that is none"):
        read_write_offs(f'[[reason]]\nreason = "x"\nsides = ["patient"]\nalone_cents = -1\n{known}')


CODES: st.SearchStrategy[str] = st.sampled_from(("CO-45", "PR-1", "PR-2", "PR-3", "PR-96", "PR-100", "CO-29", "OA-23"))
STOPS, SHARES = load_never_billed(), load_shares()


@st.composite
def claims_with_lines(draw: st.DrawFn) -> list[Any]:
    """A claim of some lines, decisions about them, some reversed, and perhaps a word about the patient."""
    procedures = draw(st.lists(st.sampled_from(("99213", "97110", "81002")), min_size=1, max_size=4))
    billed = tuple(
        SubmittedLine(line_control_number=str(n), procedure=code, charge_cents=2_000, service_from=SERVICE)
        for n, code in enumerate(procedures, 1)
    )
    life: list[Any] = [submitted(charge_cents=2_000 * len(billed)).model_copy(update={"lines": billed})]
    for n in range(draw(st.integers(1, 2))):
        lines = tuple(
            RemittedLine(
                procedure=draw(st.sampled_from((one.procedure, "J0696"))),
                charge_cents=2_000,
                paid_cents=draw(st.integers(0, 1_000)),
                adjustments=adjustments(draw(st.dictionaries(CODES, st.integers(1, 900), max_size=3))),
            )
            for one in billed
        )
        made = decision(f"rem_{n}", sum(one.paid_cents for one in lines), charge_cents=2_000 * len(billed))
        made = made.model_copy(update={"lines": lines, "payer_id": draw(st.sampled_from(("acme", "second")))})
        life.append(remitted(made))
        if draw(st.booleans()):
            life.append(remitted(reversal_of(made, f"rev_{n}")))
    if draw(st.booleans()):
        life.append(standing("qmb"))
    return life


@PROPERTY
@for_all(claims_with_lines())
def test_lines_and_kinds_of_shares_add_up_to_the_claim(life: list[Any]) -> None:
    made = ACCOUNT.start(*life)
    item = made.snapshot.state.receivables["clm_a"]
    books = line_books("clm_a", item, made.facts, SHARES)
    assert sum(one.charge_cents for one in books) == item.charge_cents
    assert sum(one.paid_cents for one in books) == item.paid_cents
    assert sum(one.adjusted_cents for one in books) == item.adjusted_cents
    stated_open = item.insurance_cents - item.coordinated_cents - item.stopped_cents
    assert sum(one.insurance_cents for one in books) == stated_open
    shares = shares_of(item, stopped_codes(STOPS, item), SHARES)
    assert sum(shares.values()) == item.moved_to_patient_cents - item.coordinated_cents - item.stopped_cents
    assert all(sum(one.shares.values()) == one.patient_cents for one in books if one.line)
