"""The bank's lists out of their folder: each taken once, copies and bad ones aside with the reason, others go on."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.payments.bank_files import ACCOUNT, ROUTING, Line, bai2
from tests.payments.card_house import CHARGE
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.world import TENANT

MAPPING = {"date_column": "Date", "amount_column": "Amount", "trace_column": "Trace", "reference_column": "Ref"}
GOOD = bai2(Line(6_000, bank_reference="B1", text="TRN*1*T1*1512345678~"))
CSV = b"Date,Amount,Trace,Ref\n2026-07-02,12.00,T9,R9\n"


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await open_account(made)
    made.clock.at += timedelta(1)
    return made


async def open_account(cashier: Cashier, number: str = ACCOUNT, csv: Any = MAPPING) -> None:
    body = {"name": "Operating", "routing_number": ROUTING, "account_number": number, "csv": csv}
    await cashier.made("/bank/accounts", body)


async def drop(cashier: Cashier, name: str, content: bytes, tenant: str = TENANT) -> Path:
    folder = cashier.world.exchange / tenant / "bank"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    await cashier.settle()
    return folder


async def reasons(cashier: Cashier, tenant: str = TENANT) -> list[str]:
    return [str(one["reason"]) for one in await cashier.world.store.notes("quarantine", tenant, None, 50)]


def lying(folder: Path) -> dict[str, int]:
    return {one.name: len(list(one.iterdir())) for one in folder.iterdir() if one.is_dir()}


async def test_a_list_is_taken_matched_kept_and_archived(cashier: Cashier) -> None:
    await cashier.remitted("rem_1", 6_000, "T1", originator_id="1512345678", on=cashier.clock.at.date())
    folder = await drop(cashier, "day.bai2", GOOD)
    assert (lying(folder), [one for one in folder.iterdir() if one.is_file()]) == ({"taken": 1}, [])
    [file] = await cashier.get("/bank/files")
    assert (file["name"], file["credits"], file["credited_cents"]) == ("day.bai2", 1, 6_000)
    assert await cashier.proof() == {"bank": 6_000, "payer_money": -6_000}
    [loop] = [one for one in cashier.world.loops if one.name == "bank_files"]
    assert await loop.pending() == 0
    stored = b"".join(await loop._vault.read(TENANT, file["file_id"]))  # type: ignore[attr-defined]
    assert stored == GOOD


async def test_the_same_list_again_goes_aside_and_counts_once(cashier: Cashier) -> None:
    await drop(cashier, "day.bai2", GOOD)
    folder = await drop(cashier, "copy of day.bai2", GOOD)
    assert lying(folder) == {"taken": 1, "duplicates": 1}
    [file] = await cashier.get("/bank/files")
    assert (file["credits"], file["came_again_as"]) == (1, ["copy of day.bai2"])
    assert ["came before" in one for one in await reasons(cashier)] == [True]
    assert await cashier.proof() == {"bank": 6_000, "unapplied_cash": -6_000}


async def test_who_died_before_the_move_takes_the_same_file_and_no_copy(cashier: Cashier) -> None:
    folder = await drop(cashier, "day.bai2", GOOD)
    [archived] = (folder / "taken").iterdir()
    archived.rename(folder / "day.bai2")
    await cashier.settle()
    assert (lying(folder), await reasons(cashier)) == ({"taken": 1}, [])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("day.bai2", bai2(Line(700), extra_total=1), "control total says 701"),
        ("day.bai2", bai2(Line(700), account="999"), "no open bank account of this client"),
        ("day.bai2", bai2(Line(700), currency="EUR"), "currency is not USD"),
        ("day.bai2", GOOD[: len(GOOD) // 2], "line"),
        ("day.bai2", b"\xff\xfe", "not text in UTF-8"),
        ("day.csv", b"Day,Sum\n1,2\n", "columns"),
        ("note.txt", b"Dear Sirs", "end in .bai, .bai2 or .csv"),
    ],
)
async def test_a_bad_list_goes_aside_with_its_reason_and_the_next_is_taken(
    cashier: Cashier, name: str, content: bytes, says: str
) -> None:
    await drop(cashier, f"a-{name}", content)
    assert await cashier.proof() == {}
    folder = await drop(cashier, "b.bai2", GOOD)
    assert lying(folder) == {"quarantine": 1, "taken": 1}
    assert any(says in one for one in await reasons(cashier)), await reasons(cashier)


async def test_a_list_in_another_clients_folder_is_of_no_account_there(cashier: Cashier) -> None:
    folder = await drop(cashier, "day.bai2", GOOD, "northgate")
    assert lying(folder) == {"quarantine": 1}
    assert "no open bank account of this client" in (await reasons(cashier, "northgate"))[0]
    assert await cashier.proof("northgate") == {}


async def test_rows_by_mapping_and_of_two_accounts_by_the_name_of_the_file(cashier: Cashier) -> None:
    await drop(cashier, "list.csv", CSV)
    assert await cashier.proof() == {"bank": 1_200, "unapplied_cash": -1_200}
    await open_account(cashier, "0004519999")
    folder = await drop(cashier, "other.csv", CSV.replace(b"R9", b"R8"))
    assert lying(folder) == {"taken": 1, "quarantine": 1}
    await drop(cashier, "other-9999.csv", CSV.replace(b"R9", b"R8"))
    assert await cashier.proof() == {"bank": 2_400, "unapplied_cash": -2_400}


async def test_everything_that_waits_for_a_person_is_one_list_with_its_age(cashier: Cashier) -> None:
    await cashier.made("/charges", CHARGE)
    await cashier.made("/payments", {"account_id": "acct_1", "paid_cents": 9_000, "method": "check"})
    ask = {"account_id": "acct_1", "party": "patient", "method": "check", "reason": "paid twice"}
    payment = await cashier.made("/payments", {"account_id": "acct_1", "paid_cents": 40_000, "method": "check"})
    await cashier.made("/refunds", {**ask, "payment_id": payment["payment_id"], "refunded_cents": 30_000})
    await cashier.remitted("rem_1", 6_000, "T5")
    await drop(cashier, "day.bai2", GOOD)
    before = (await cashier.get("/cash/work"))["counts"]
    assert (before["unapplied_cash"], before["deposit_without_remittance"]) == (1, 0)
    await cashier.days(8)
    work = await cashier.get("/cash/work")
    waiting = {kind: count for kind, count in work["counts"].items() if count}
    assert waiting == {
        "credit": 1,
        "refund_to_approve": 1,
        "deposit_without_remittance": 1,
        "remittance_without_deposit": 1,
    }
    assert {(one["kind"], one["cents"]) for one in work["items"]} >= {
        ("deposit_without_remittance", 6_000),
        ("remittance_without_deposit", 6_000),
        ("refund_to_approve", 30_000),
    }
    assert [one["age_days"] for one in work["items"]] == sorted((o["age_days"] for o in work["items"]), reverse=True)
    only = await cashier.get("/cash/work?kind=deposit_without_remittance")
    assert [one["what"] for one in only["items"]] == ["trace T1"]
    other = await cashier.get("/cash/work", tenant="northgate")
    assert other["items"] == []
