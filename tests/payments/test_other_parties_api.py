"""Other parties over HTTP: registered, billed on paper, paid, reduced, and what the books say of them."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.payments.cashier import Cashier, make_cashier

CHARGE = {
    "account_id": "acct_1",
    "charge_cents": 50_000,
    "description_code": "99213",
    "service_date": "2026-06-20",
    "guarantor": {"name": "Zoë Canary"},
}
LETTER = {
    "account_id": "acct_1",
    "kind": "attorney",
    "contact": ["Canary & Finch LLP", "12 Perch Lane"],
    "covers_from": "2026-06-01",
    "covers_until": "2026-06-30",
    "protected_until": "2026-07-20",
    "reason": "letter of protection of June 25",
}


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await made.made("/charges", CHARGE)
    return made


async def owed(cashier: Cashier) -> int:
    return int((await cashier.get("/accounts/acct_1"))["balance_cents"])


async def test_an_attorney_pays_less_than_was_billed_and_the_guarantor_is_never_asked(cashier: Cashier) -> None:
    first, again = [await cashier.made("/other-parties", LETTER, key="same") for _ in range(2)]
    party_id = first["party_id"]
    assert again["party_id"] == party_id
    assert await owed(cashier) == 0
    billed = await cashier.made(f"/other-parties/{party_id}/invoices")
    assert [one["billed_cents"] for one in billed["invoices"]] == [50_000]
    check = {"method": "check", "reference": "881", "paid_cents": 30_000, "received_on": "2026-07-01"}
    await cashier.made(f"/other-parties/{party_id}/payments", check)
    assert (await cashier.post(f"/other-parties/{party_id}/payments", check)).status_code == 409
    asked = await cashier.made(f"/other-parties/{party_id}/reductions", {"reduced_cents": 20_000, "reason": "settled"})
    [reduction] = asked["reductions"]
    path = f"/other-parties/{party_id}/reductions/{reduction['reduction_id']}/decision"
    assert (await cashier.post(path, {"approved": True, "reason": "fair"})).status_code == 409
    assert [one["party_id"] for one in await cashier.get("/other-parties?waits=true")] == [party_id]
    await cashier.made(path, {"approved": True, "reason": "fair"}, actor="sam.second")
    ended = await cashier.made(f"/other-parties/{party_id}/end", {"how": "settled", "reason": "case closed"})
    assert (ended["standing"], ended["open_cents"], await owed(cashier)) == ("settled", 0, 0)
    assert (await cashier.get("/ledger/proof"))["proved"]


async def test_the_invoice_is_paper_and_rows_and_who_reads_it_is_on_record(cashier: Cashier) -> None:
    party = await cashier.made("/other-parties", LETTER)
    path = f"/other-parties/{party['party_id']}"
    assert "Canary" not in str(party)
    await cashier.made(f"{path}/invoices")
    pdf = PdfReader(io.BytesIO((await cashier.fetched(f"{path}/invoices/1")).content))
    text = pdf.pages[0].extract_text()
    assert "Canary & Finch LLP" in text
    assert "$500.00" in text
    rows = (await cashier.fetched(f"{path}/invoices/1?form=csv")).text.splitlines()
    assert rows[0] == "invoice,item_id,service_date,amount"
    assert rows[1].endswith("2026-06-20,500.00")
    assert (await cashier.get(f"{path}/contact"))["contact"][1] == "12 Perch Lane"


async def test_a_letter_that_expires_gives_the_balance_back_to_the_guarantor(cashier: Cashier) -> None:
    await cashier.made("/other-parties", LETTER)
    assert await owed(cashier) == 0
    await cashier.days(20)
    assert await owed(cashier) == 50_000
    [party] = await cashier.get("/other-parties?account_id=acct_1")
    assert (party["standing"], party["protects"]) == ("expired", False)


async def test_the_books_age_other_parties_apart_and_tie(cashier: Cashier) -> None:
    party = await cashier.made("/other-parties", {**LETTER, "kind": "employer", "protected_until": None})
    check = {"method": "ach", "reference": "T-1", "paid_cents": 60_000, "received_on": "2026-07-01"}
    await cashier.made(f"/other-parties/{party['party_id']}/payments", check)
    days = "first=2026-07-01&last=2026-07-31"
    for path in (f"daysheet?{days}", f"cash-receipts?{days}&by=kind", "aging", "aging?side=other", "credits"):
        report = await cashier.get(f"/books/{path}")
        assert report["ties"], path
    receipts = await cashier.get(f"/books/cash-receipts?{days}&by=kind&by=payer")
    assert [row["kind"] for row in receipts["rows"]] == ["other_payment"]
    [credit] = (await cashier.get("/books/credits"))["rows"]
    assert (credit["kind"], credit["unapplied_cents"]) == ("other_party", -10_000)
    [money] = (await cashier.get(f"/other-parties/{party['party_id']}"))["payments"]
    back = {"payment_id": money["payment_id"], "returned_cents": 10_000, "cause": "refund", "reason": "paid too much"}
    await cashier.made(f"/other-parties/{party['party_id']}/returns", back)
    assert (await cashier.get("/books/credits"))["rows"] == []
    assert (await cashier.get("/ledger/proof"))["proved"]


async def test_what_cannot_be_is_refused_with_a_sentence(cashier: Cashier) -> None:
    body = {**LETTER, "limit_cents": 1_000}
    answer = await cashier.post("/other-parties", body)
    assert (answer.status_code, "without a limit" in answer.text) == (409, True)
    assert (await cashier.post("/other-parties", {**LETTER, "account_id": "acct_none"})).status_code == 404
    party = await cashier.made("/other-parties", {**LETTER, "protected_until": None, "kind": "grant"})
    path = f"/other-parties/{party['party_id']}"
    late = {"method": "check", "paid_cents": 5, "received_on": "2027-01-01"}
    assert (await cashier.post(f"{path}/payments", late)).status_code == 409
    assert (await cashier.post(f"{path}/payments", {**late, "paid_cents": -5})).status_code == 422
    assert (await cashier.post(f"{path}/end", {"how": "settled", "reason": "x"})).status_code == 422
    assert (await cashier.post(path.replace("opty", "nope") + "/invoices")).status_code == 404
