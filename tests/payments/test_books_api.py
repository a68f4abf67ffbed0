"""The books over HTTP: reports with their controls, files, the entries behind each figure, and exports that go on."""

import csv
import io
import json
from pathlib import Path
from typing import Any, cast

import pytest
from openpyxl import load_workbook

from shared.store.memory import MemoryStore
from shared.table_files import guarded
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.eras import answered, check, era_file
from tests.payments.kit import submitted
from tests.payments.test_proof import Saboteur, cent
from tests.payments.world import token

DAYS = "first=2026-07-01&last=2026-07-31"
NASTY = "=HYPERLINK(1)"


def sent(claim: str, payer: str, account: str = "acct_1") -> Any:
    made = submitted(claim)
    meta = made.meta.model_copy(update={"source": "claims"})
    return made.model_copy(
        update={"meta": meta, "payer_id": payer, "account_id": account, "rendering_npi": "1999999984"}
    )


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    """Two guarantors: a claim paid in part, one of an unfriendly payer, and a payment with something left."""
    made = make_cashier(tmp_path)
    await made.world.hear(sent("clm_a", "acme"), sent("clm_b", NASTY, "acct_2"))
    one = answered("PCN-clm_a", 6_000, (("CO", "45", 2_000), ("PR", "2", 2_000)))
    await made.world.drop(era_file(check([one])))
    await made.made("/payments", {"account_id": "acct_1", "paid_cents": 2_500, "method": "check"})
    await made.settle()
    return made


async def lines_of(cashier: Cashier, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await cashier.fetched(path)).text.splitlines()]


async def test_aging_ties_and_every_figure_names_its_entries(cashier: Cashier) -> None:
    shown = await cashier.get("/books/aging?as_of=2026-07-01&buckets=15,45")
    assert [(row["payer"], row.get("days_16_45_cents"), row.get("unapplied_cents")) for row in shown["rows"]] == [
        (NASTY, 10_000, 0),
        ("patient", 0, -500),
    ]
    assert shown["ties"]
    assert [one["difference_cents"] for one in shown["controls"]] == [0, 0]
    for row in shown["rows"]:
        entries = await lines_of(cashier, row["drill_down"])
        assert sum(one["adds"] for one in entries) == row.get("days_16_45_cents", 0) + row.get("unapplied_cents", 0)
    [charge] = await lines_of(cashier, shown["rows"][0]["drill_down"] + "&column=days_16_45_cents")
    assert (charge["type"], charge["account_id"], charge["amount_cents"]) == ("charge-posted", "acct_2", 10_000)


REPORTS = [
    "aging?by=guarantor&base=bill",
    "aging?by=provider&base=activity",
    "aging?by=practice&side=patient",
    "overdue?first=2026-05-31&last=2026-07-31",
    f"daysheet?{DAYS}&by=day&by=poster&by=provider",
    f"cash-receipts?{DAYS}&by=day&by=kind&by=payer&by=method&by=poster",
    f"adjustments?{DAYS}",
    "credits?as_of=2026-07-31",
    f"allocation?{DAYS}",
    f"indicators?{DAYS}",
]


async def test_every_report_ties_as_json_and_says_so_in_its_files(cashier: Cashier) -> None:
    for path in REPORTS:
        await assert_ties(cashier, path)


async def assert_ties(cashier: Cashier, path: str) -> None:
    shown = await cashier.get(f"/books/{path}")
    assert shown["ties"], shown["controls"]
    assert shown["rows"]
    rows = list(csv.reader((await cashier.fetched(f"/books/{path}&form=csv")).text.splitlines()))
    assert len(rows) == 1 + len(shown["rows"]) + 1 + len(shown["controls"])
    assert all("ties" in row[0] and "NOT" not in row[0] for row in rows[-len(shown["controls"]) :])
    workbook = load_workbook(io.BytesIO((await cashier.fetched(f"/books/{path}&form=xlsx")).content))
    assert [len(row) for row in workbook.worksheets[0].values] == [len(row) for row in rows]
    for row in shown["rows"]:
        for column in [name for name in shown["totals"] if row[name]]:
            entries = await lines_of(cashier, f"{row['drill_down']}&column={column}")
            assert sum(one["adds"] for one in entries) == row[column], (row, column)


async def test_the_day_sheet_opens_with_what_the_day_before_closed_with(cashier: Cashier) -> None:
    cashier.clock.at = cashier.clock.at.replace(day=3)
    await cashier.made("/payments", {"account_id": "acct_2", "paid_cents": 700, "method": "cash"}, actor="ann")
    first, second = (await cashier.get(f"/books/daysheet?{DAYS}"))["rows"]
    assert (first["opening_cents"], first["closing_cents"], second["opening_cents"]) == (0, 9_500, 9_500)
    assert (second["patient_payments_cents"], second["closing_cents"]) == (-700, 8_800)


async def test_nothing_in_a_file_is_a_formula(cashier: Cashier) -> None:
    rows = list(csv.reader((await cashier.fetched("/books/aging?form=csv")).text.splitlines()))
    assert f"'{NASTY}" in [row[0] for row in rows]
    workbook = load_workbook(io.BytesIO((await cashier.fetched("/books/aging?form=xlsx")).content))
    cells = [cell for row in workbook.worksheets[0].rows for cell in row]
    assert f"'{NASTY}" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_would_begin_a_formula_is_marked(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert [guarded(one) for one in ("-", "acme", "1-2")] == ["-", "acme", "1-2"]


async def test_a_book_that_does_not_tie_says_by_how_much(cashier: Cashier) -> None:
    Saboteur(cashier.world).state("account", lambda state: cent("insurance_cents")(state["receivables"]["clm_a"]))
    shown = await cashier.get("/books/aging?as_of=2026-07-01")
    assert (shown["ties"], shown["controls"][0]["difference_cents"]) == (False, -1)
    text = (await cashier.fetched("/books/aging?as_of=2026-07-01&form=csv")).text
    assert "DOES NOT TIE: -0.01" in text


async def test_an_account_that_lost_its_journal_is_missed_and_not_forgotten(cashier: Cashier) -> None:
    journal = vars(cast("MemoryStore", cashier.world.store))["_journal"]
    for place in [one for one in journal if one.startswith("account/lakeside/acct_2/")]:
        del journal[place]
    shown = await cashier.get("/books/aging?as_of=2026-07-01")
    assert shown["controls"][0]["difference_cents"] == -10_000


async def test_another_client_sees_nothing_of_it(cashier: Cashier) -> None:
    shown = await cashier.get("/books/aging", tenant="northgate")
    assert (shown["rows"], shown["accounts"], shown["ties"]) == ([], 0, True)


REFUSED = [
    ("/books/daysheet?first=2026-07-02&last=2026-07-01", "last day is before"),
    ("/books/aging?buckets=60,30", "buckets are days that grow"),
    ("/books/overdue?first=2020-01-01&last=2026-07-01&every=day", "at most 60 days"),
    ("/books/aging/entries?column=nonsense", "the report has the columns"),
    ("/exports/claims?first=2026-07-01&last=2026-07-01&after=nonsense", "a cursor is"),
]


async def test_what_means_nothing_is_refused_with_the_reason(cashier: Cashier) -> None:
    for path, says in REFUSED:
        answer = await cashier.raw("GET", path, headers=token("auditor"))
        assert (answer.status_code, says in answer.text) == (422, True), answer.text


async def test_an_export_goes_on_behind_any_row(cashier: Cashier) -> None:
    for what, count in (("claims", 2), ("accounts", 2), ("entries", 7), ("receipts", 2)):
        await assert_goes_on(cashier, what, count)


async def assert_goes_on(cashier: Cashier, what: str, count: int) -> None:
    whole = await lines_of(cashier, f"/exports/{what}?{DAYS}")
    assert len(whole) == count
    assert len({row["cursor"] for row in whole}) == count
    for at, row in enumerate(whole):
        rest = await lines_of(cashier, f"/exports/{what}?{DAYS}&after={row['cursor']}&limit=3")
        assert rest == whole[at + 1 : at + 4]
    for form in ("csv", "xlsx"):
        assert (await cashier.fetched(f"/exports/{what}?{DAYS}&form={form}")).content
    assert await lines_of(cashier, f"/exports/{what}?first=2026-08-01&last=2026-08-02") == []


async def test_who_exported_what_is_on_record(cashier: Cashier) -> None:
    await lines_of(cashier, f"/exports/entries?{DAYS}")
    noted = await cashier.get("/audit", "auditor")
    assert ("export.entries", "days/2026-07-01/2026-07-31") in [(one["action"], one["subject"]) for one in noted]


async def test_exported_claims_and_receipts_are_the_ledgers(cashier: Cashier) -> None:
    claim, other = await lines_of(cashier, f"/exports/claims?{DAYS}")
    assert (claim["charge_cents"], claim["paid_cents"], claim["adjusted_cents"]) == (10_000, 6_000, 2_000)
    assert (claim["patient_paid_cents"], claim["patient_cents"], other["insurance_cents"]) == (2_000, 0, 10_000)
    receipts = await lines_of(cashier, f"/exports/receipts?{DAYS}")
    assert [(one["kind"], one["payer"], one["method"], one["amount_cents"]) for one in receipts] == [
        ("payer_payment", "acme", "-", 6_000),
        ("patient_payment", "patient", "check", 2_500),
    ]
