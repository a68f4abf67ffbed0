"""The billing company's fee over HTTP: from a draft to a month that two people closed, and what comes after it."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from services.payments.clients import read_clients
from shared.contracts import StatementSent
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import meta
from tests.payments.test_books_api import sent
from tests.payments.world import make_settings

CLIENTS = """
[lakeside]
time_zone = "America/New_York"

[[lakeside.fees]]
contract = "Lakeside 2026"
valid_from = 2026-07-01
source = "agreement of 12 June 2026"
owner = "contracts"
issuer = "Harbor Billing LLC"
client = "Lakeside Clinic"
collected = ["payer", "patient"]
tiers = [{ from_cents = 0, basis_points = 600 }, { from_cents = 2_000, basis_points = 450 }]
per_claim_cents = 150
per_statement_cents = 75
minimum_cents = 1_000
setup_cents = 25_000
"""


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    file = tmp_path / "clients.toml"
    file.write_text(CLIENTS)
    made = make_cashier(tmp_path, make_settings(tmp_path, clients=file))
    await made.world.hear(sent("clm_a", "acme"), statement_sent(1))
    await made.made("/payments", {"account_id": "acct_1", "paid_cents": 4_000, "method": "check"})
    return made


def statement_sent(number: int) -> StatementSent:
    envelope = meta(f"statement {number}", subject="account/acct_1", sequence=number)
    return StatementSent(
        meta=envelope.model_copy(update={"source": "collections"}),
        account_id="acct_1",
        statement_id=f"stm_{number}",
        number=number,
        balance_cents=100,
        sent_on=date(2026, 7, 1),
        due_on=date(2026, 7, 31),
    )


async def entries_of(cashier: Cashier, month: str, line: str = "") -> list[dict[str, Any]]:
    text = (await cashier.fetched(f"/fees/statements/{month}/entries?{line}")).text
    return [json.loads(line) for line in text.splitlines()]


async def test_a_month_from_draft_to_closed_by_two_people(cashier: Cashier) -> None:
    draft = await cashier.get("/fees/statements/2026-07")
    assert (draft["standing"], draft["basis_cents"], draft["claims"], draft["statements"]) == ("draft", 4_000, 1, 1)
    assert [one["fee_cents"] for one in draft["shares"]] == [120, 90]
    assert draft["total_cents"] == 120 + 90 + 150 + 75 + (1_000 - 435) + 25_000
    early = await cashier.post("/fees/statements/2026-07/close", None, "operator", actor="ann")
    assert (early.status_code, "not over" in early.text) == (409, True)
    cashier.clock.at = datetime(2026, 8, 2, 12, tzinfo=UTC)
    waits = await cashier.made("/fees/statements/2026-07/close", None, "operator", actor="ann", key="one")
    assert waits == await cashier.made("/fees/statements/2026-07/close", None, "operator", actor="ann", key="one")
    assert (waits["standing"], waits["ties"]) == ("waiting", True)
    word = {"approved": True, "reason": "as agreed"}
    own = await cashier.post("/fees/statements/2026-07/decision", word, "operator", actor="ann")
    assert own.status_code == 403
    closed = await cashier.made("/fees/statements/2026-07/decision", word, "operator", actor="bob")
    assert (closed["standing"], closed["closed_by"], closed["total_cents"]) == ("closed", "bob", draft["total_cents"])
    [listed] = await cashier.get("/fees/statements")
    assert (listed["standing"], listed["asked_by"], listed["closed_by"]) == ("closed", "ann", "bob")


async def close(cashier: Cashier) -> None:
    now = cashier.clock.at
    cashier.clock.at = datetime(2026, 8, 2, 12, tzinfo=UTC)
    await cashier.made("/fees/statements/2026-07/close", None, "operator", actor="ann")
    word = {"approved": True, "reason": "as agreed"}
    await cashier.made("/fees/statements/2026-07/decision", word, "operator", actor="bob")
    cashier.clock.at = now


async def test_a_closed_month_stays_and_what_came_late_is_in_the_next(cashier: Cashier) -> None:
    await close(cashier)
    before = await cashier.get("/fees/statements/2026-07")
    await cashier.made("/payments", {"account_id": "acct_1", "paid_cents": 700, "method": "cash"})
    await cashier.world.hear(statement_sent(2))
    cashier.clock.at = datetime(2026, 8, 3, 2, tzinfo=UTC)
    await cashier.made("/payments", {"account_id": "acct_2", "paid_cents": 900, "method": "cash"})
    assert await cashier.get("/fees/statements/2026-07") == before
    assert [one["adds"] for one in await entries_of(cashier, "2026-07")] == [4_000]
    august = await cashier.get("/fees/statements/2026-08")
    assert {(one["part"], one["of_month"]): one["basis_cents"] for one in august["lines"]} == {
        ("collected", ""): 900,
        ("late", "2026-07"): 700,
    }
    assert (august["late_cents"], august["statements"], august["claims"], august["ties"]) == (700, 1, 0, True)
    [late] = await entries_of(cashier, "2026-08", "part=late&of_month=2026-07")
    assert (late["account_id"], late["adds"], late["type"]) == ("acct_1", 700, "patient-payment-taken")
    assert sum(one["adds"] for one in await entries_of(cashier, "2026-08")) == august["basis_cents"]
    book = await cashier.get("/books/cash-receipts?first=2026-08-01&last=2026-08-31")
    assert book["totals"]["amount_cents"] == august["book_cents"] == 900


async def test_a_closed_month_outlives_its_contract(cashier: Cashier, tmp_path: Path) -> None:
    await close(cashier)
    before = await cashier.get("/fees/statements/2026-07")
    (tmp_path / "clients.toml").write_text("[lakeside]")
    read_clients.cache_clear()
    assert await cashier.get("/fees/contracts") == []
    assert await cashier.get("/fees/statements/2026-07") == before
    assert [one["adds"] for one in await entries_of(cashier, "2026-07")] == [4_000]


async def test_a_day_is_the_clients_day(cashier: Cashier) -> None:
    cashier.clock.at = datetime(2026, 8, 1, 3, tzinfo=UTC)
    assert (await cashier.get("/books/aging"))["last"] == "2026-07-31"
    assert "not over" in (await cashier.post("/fees/statements/2026-07/close", None, "operator")).text
    await cashier.made("/payments", {"account_id": "acct_1", "paid_cents": 300, "method": "cash"})
    assert (await cashier.get("/fees/statements/2026-07"))["basis_cents"] == 4_300, "11 in the evening of 31 July there"


async def test_the_statement_on_paper_and_as_a_workbook(cashier: Cashier) -> None:
    await close(cashier)
    paper = await cashier.fetched("/fees/statements/2026-07?form=pdf")
    text = PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    for said in (
        "Harbor Billing LLC",
        "Lakeside Clinic",
        "July 2026",
        "closed by bob",
        "$260.00",
        "ties to the ledger",
    ):
        assert said in text, text
    assert paper.content == (await cashier.fetched("/fees/statements/2026-07?form=pdf")).content
    sheet = await cashier.fetched("/fees/statements/2026-07?form=xlsx")
    rows = list(load_workbook(io.BytesIO(sheet.content)).worksheets[0].values)
    assert ("Fees", "Total", None, None, 260) in rows, rows


async def test_who_may_what_and_what_there_is_not(cashier: Cashier) -> None:
    assert (await cashier.post("/fees/statements/2026-07/close", None, "poster")).status_code == 403
    wrong = {"2026-06": "no fee contract", "2026-13": "pattern", "2026-09": "2026-07 is next"}
    for month, says in wrong.items():
        answer = await cashier.post(f"/fees/statements/{month}/close", None, "operator")
        assert (answer.status_code in {404, 409, 422}, says in answer.text) == (True, True), answer.text
    word = {"approved": True, "reason": "as agreed"}
    assert (await cashier.post("/fees/statements/2026-07/decision", word, "operator")).status_code == 409
    [contract] = await cashier.get("/fees/contracts")
    assert contract["source"] == "agreement of 12 June 2026"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ('[lakeside]\ntime_zone = "Nowhere"', r"\[lakeside\] time_zone: .*no such time zone"),
        ("[lakeside]\nfess = []", r"\[lakeside\] fess"),
        ('[[lakeside.fees]]\ncontract = "x"', r"\[lakeside\] fees.0.valid_from"),
    ],
)
def test_a_file_of_clients_that_means_nothing_says_where(tmp_path: Path, said: str, says: str) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(said)
    with pytest.raises(ValueError, match=says):
        read_clients(file)
