"""Bank reassociation from a list to matched money, on memory: by trace, by a person, late, twice, and refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.cash_parts import cash_parts
from services.payments.core.deposit import Deposit
from services.payments.core.expected import Expected
from shared.contracts import DepositMatched, DepositUnmatched
from shared.store.port import Key
from tests.payments.bank_files import ACCOUNT, ROUTING, Line, bai2
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import PROPERTY
from tests.payments.world import TENANT

MAPPING = {"date_column": "Date", "amount_column": "Amount", "trace_column": "Trace", "account_column": "Account"}


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await bank_account(made)
    return made


async def bank_account(cashier: Cashier, **more: Any) -> dict[str, Any]:
    body = {"name": "Operating", "routing_number": ROUTING, "account_number": ACCOUNT, "csv": MAPPING}
    return await cashier.made("/bank/accounts", body, **more)


async def send(cashier: Cashier, content: bytes, form: str = "bai2", **more: Any) -> Any:
    return await cashier.post(f"/bank/files?form={form}", content=content, **more)


async def deposits(cashier: Cashier) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await cashier.get("/bank/deposits")
    return found


def traced(cents: int, trace: str, **more: Any) -> Line:
    return Line(cents, text=f"ACME HCCLAIMPMT TRN*1*{trace}*1512345678~", **more)


@pytest.mark.parametrize("first", ["remittance", "deposit"])
async def test_a_transfer_meets_its_remittance_whatever_came_first(cashier: Cashier, first: str) -> None:
    if first == "remittance":
        await cashier.remitted("rem_1", 6_000, "T1")
    cashier.clock.at = cashier.clock.at.replace(day=2)
    assert (await send(cashier, bai2(traced(6_000, "T1")))).status_code == 201
    if first == "deposit":
        await cashier.remitted("rem_1", 6_000, "T1")
    [deposit] = await deposits(cashier)
    assert (deposit["status"], deposit["unapplied_cents"]) == ("matched", 0)
    [event] = [one for one in cashier.world.events() if isinstance(one, DepositMatched)]
    assert (event.remittance_id, event.matched_cents, event.by) == ("rem_1", 6_000, "trace")
    assert await cashier.proof() == {"bank": 6_000, "payer_money": -6_000}
    await cashier.days(10)
    assert await cashier.get("/bank/work") == {"without_deposit": [], "without_remittance": []}


@pytest.mark.parametrize("told", ["1512345678", "512345678", ""])
async def test_of_two_payers_with_one_trace_the_sender_decides(cashier: Cashier, told: str) -> None:
    await cashier.remitted("rem_1", 6_000, "T1", originator_id="1512345678")
    await cashier.remitted("rem_2", 6_000, "T1", originator_id="1999999999")
    cashier.clock.at = cashier.clock.at.replace(day=2)
    sender = f"*{told}" if told else ""
    await send(cashier, bai2(Line(6_000, text=f"HCCLAIMPMT TRN*1*T1{sender}~")))
    [deposit] = await deposits(cashier)
    matched = [part["expected_id"] for part in deposit["parts"]]
    assert matched == (["rem_1"] if told else []), "without a sender nobody guesses"


async def test_a_transfer_of_another_sender_is_not_this_remittance(cashier: Cashier) -> None:
    await cashier.remitted("rem_1", 6_000, "T1", originator_id="1777777777")
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await send(cashier, bai2(traced(6_000, "T1")))
    [deposit] = await deposits(cashier)
    assert (deposit["status"], deposit["originator"]) == ("open", "1512345678")
    path = f"/bank/deposits/{deposit['deposit_id']}"
    assert [one["because_of"] for one in await cashier.get(f"{path}/candidates")] == ["trace"]


async def test_what_is_missing_becomes_work_after_the_window_and_ends_by_itself(cashier: Cashier) -> None:
    await cashier.remitted("rem_1", 6_000, "T1")
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await send(cashier, bai2(traced(4_000, "T2")))
    await cashier.days(4)  # Monday, 6 July: three business days after 1 July
    assert await cashier.get("/bank/work") == {"without_deposit": [], "without_remittance": []}
    await cashier.days(2)
    work = await cashier.get("/bank/work")
    assert [(one["expected_id"], one["age_days"]) for one in work["without_deposit"]] == [("rem_1", 7)]
    assert [(one["unapplied_cents"], one["age_days"]) for one in work["without_remittance"]] == [(4_000, 6)]
    await cashier.remitted("rem_2", 4_000, "T2", on=cashier.clock.at.date().replace(day=2))
    [deposit] = await deposits(cashier)
    body = {"parts": [{"expected_id": "rem_2", "cents": 4_000}], "reason": "the payer sent the 835 late"}
    if deposit["status"] != "matched":
        await cashier.made(f"/bank/deposits/{deposit['deposit_id']}/match", body)
    await cashier.made("/bank/expected/rem_1/dismiss", {"reason": "the payer voided this check"})
    assert await cashier.get("/bank/work") == {"without_deposit": [], "without_remittance": []}


async def test_outside_the_window_a_person_decides(cashier: Cashier) -> None:
    await cashier.remitted("rem_1", 6_000, "T1", on=cashier.clock.at.date().replace(month=5))
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await send(cashier, bai2(traced(6_000, "T1")))
    [deposit] = await deposits(cashier)
    assert deposit["status"] == "open"
    path = f"/bank/deposits/{deposit['deposit_id']}"
    assert [one["because_of"] for one in await cashier.get(f"{path}/candidates")] == ["trace"]
    body = {"parts": [{"expected_id": "rem_1", "cents": 6_000}], "reason": "same trace, the payer dates late"}
    await cashier.made(f"{path}/match", body, key="m")
    await cashier.made(f"{path}/match", body, key="m")
    assert (await cashier.get(path))["parts"][0]["reason"] == "same trace, the payer dates late"
    assert await cashier.proof() == {"bank": 6_000, "payer_money": -6_000}


async def test_a_lockbox_of_several_checks_and_a_match_taken_back_restores_both_sides(cashier: Cashier) -> None:
    for number, cents in ((1, 1_000), (2, 2_500)):
        await cashier.remitted(f"rem_{number}", cents, f"10{number}", method="CHK")
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await send(cashier, bai2(Line(4_000, 115, "LBX")))
    [deposit] = await deposits(cashier)
    path = f"/bank/deposits/{deposit['deposit_id']}"
    parts = [{"expected_id": "rem_1", "cents": 1_000}, {"expected_id": "rem_2", "cents": 2_500}]
    await cashier.made(f"{path}/match", {"parts": parts, "reason": "lockbox slip 17"})
    shown = await cashier.get(path)
    assert (shown["status"], shown["unapplied_cents"]) == ("open", 500)
    assert await cashier.proof() == {"bank": 4_000, "unapplied_cash": -500, "payer_money": -3_500}
    await cashier.made(f"{path}/unmatch", {"expected_id": "rem_2", "reason": "that check is in the next box"})
    assert (await cashier.get(path))["unapplied_cents"] == 3_000
    [missing] = [one for one in await cashier.get("/bank/expected") if one["expected_id"] == "rem_2"]
    assert missing["missing_cents"] == 2_500
    assert [type(e).__name__ for e in cashier.world.events() if isinstance(e, DepositUnmatched)] == ["DepositUnmatched"]
    await cashier.made(f"{path}/set-aside", {"reason": "rent of the subtenant"})
    assert await cashier.proof() == {"bank": 4_000, "payer_money": -1_000, "set_aside": -3_000}


async def test_partial_deposits_fill_one_remittance_and_no_more(cashier: Cashier) -> None:
    await cashier.remitted("rem_1", 6_000, "T1")
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await send(cashier, bai2(traced(4_000, "T1", bank_reference="A"), traced(2_500, "T1", bank_reference="B")))
    found = {one["deposited_cents"]: f"/bank/deposits/{one['deposit_id']}" for one in await deposits(cashier)}
    part: dict[str, Any] = {"parts": [{"expected_id": "rem_1", "cents": 4_000}], "reason": "first half"}
    await cashier.made(f"{found[4_000]}/match", part)
    more = {"parts": [{"expected_id": "rem_1", "cents": 2_500}], "reason": "second half"}
    refused = await cashier.post(f"{found[2_500]}/match", more)
    assert (refused.status_code, "2000 cents are missing" in refused.text) == (409, True)
    fit = {"parts": [{"expected_id": "rem_1", "cents": 2_000}], "reason": "second half"}
    await cashier.made(f"{found[2_500]}/match", fit)
    too_much = {"parts": [{"expected_id": "rem_1", "cents": 1}], "reason": "once more"}
    assert (await cashier.post(f"{found[2_500]}/match", too_much)).status_code == 409
    assert await cashier.proof() == {"bank": 6_500, "unapplied_cash": -500, "payer_money": -6_000}


async def test_the_same_file_and_the_same_deposit_count_once(cashier: Cashier) -> None:
    cashier.clock.at = cashier.clock.at.replace(day=2)
    twins = bai2(Line(700, bank_reference="X"), Line(700, bank_reference="X"), Line(900, bank_reference="Y"))
    for n, known in ((1, 0), (2, 3)):
        answer = (await send(cashier, twins, key=f"f{n}")).json()
        assert (answer["deposits"], answer["known_before"]) == (3 - known, known)
    csv = b"Date,Amount,Trace,Account\n2026-07-02,9.00,Y,4511234\n"
    [account] = await cashier.get("/bank/accounts")
    path = f"csv&bank_account_id={account['bank_account_id']}"
    assert (await send(cashier, csv, path)).json()["known_before"] == 1
    body = {
        "bank_account_id": account["bank_account_id"],
        "deposited_cents": 900,
        "deposited_on": "2026-07-02",
        "bank_reference": "Y",
    }
    assert (await cashier.made("/bank/deposits", body))["known_before"]
    assert await cashier.proof() == {"bank": 2_300, "unapplied_cash": -2_300}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bai2(Line(700), account="999"), "no open bank account of this client"),
        (bai2(Line(700), routing="999"), "no open bank account of this client"),
        (bai2(Line(700), currency="EUR"), "currency is not USD"),
        (bai2(Line(700), extra_total=1), "account control total says 701, and what was read comes to 700"),
        (b"\xff\xfe", "not text in UTF-8"),
    ],
)
async def test_a_list_of_another_bank_or_one_that_does_not_add_up_changes_nothing(
    cashier: Cashier, content: bytes, says: str
) -> None:
    cashier.clock.at = cashier.clock.at.replace(day=2)
    refused = await send(cashier, content)
    assert (refused.status_code, says in refused.text) == (422, True), refused.text
    assert await deposits(cashier) == []
    assert await cashier.proof() == {}


async def test_of_two_accounts_in_one_file_the_own_one_is_taken(cashier: Cashier) -> None:
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await bank_account(cashier, tenant="northgate")
    other = await send(cashier, bai2(Line(700)), tenant="southside")
    assert other.status_code == 422
    assert (await send(cashier, bai2(Line(700)), tenant="northgate")).status_code == 201
    assert await deposits(cashier) == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"deposited_cents": -5}, 422),
        ({"deposited_cents": 0}, 422),
        ({"deposited_cents": 1.5}, 422),
        ({"currency": "EUR"}, 422),
        ({"deposited_on": "2027-01-01"}, 422),
        ({"deposited_on": "1999-01-01"}, 422),
        ({"deposited_on": "2026-02-30"}, 422),
        ({"bank_account_id": "bank_other"}, 404),
    ],
)
async def test_nonsense_by_api_is_refused(cashier: Cashier, wrong: dict[str, Any], status: int) -> None:
    [account] = await cashier.get("/bank/accounts")
    body: dict[str, Any] = {
        "bank_account_id": account["bank_account_id"],
        "deposited_cents": 900,
        "deposited_on": "2026-07-01",
        "bank_reference": "Y",
    }
    assert (await cashier.post("/bank/deposits", body | wrong)).status_code == status
    assert await cashier.proof() == {}


async def test_the_numbers_of_an_account_lie_nowhere(cashier: Cashier) -> None:
    everything = b"".join(one.value for one in cashier.world.bus.records) + repr(vars(cashier.world.store)).encode()
    assert b"bank_account" in everything
    assert ACCOUNT.encode() not in everything
    assert ROUTING.encode() not in everything


async def test_a_remittance_of_another_client_is_matched_with_nothing(cashier: Cashier) -> None:
    cashier.clock.at = cashier.clock.at.replace(day=2)
    await cashier.remitted("rem_1", 6_000, "T1", meta=cashier.meta("other", "northgate"))
    await send(cashier, bai2(traced(6_000, "T1")))
    [deposit] = await deposits(cashier)
    body = {"parts": [{"expected_id": "rem_1", "cents": 6_000}], "reason": "same trace"}
    refused = await cashier.post(f"/bank/deposits/{deposit['deposit_id']}/match", body)
    assert (refused.status_code, deposit["status"]) == (404, "open")


@st.composite
def banks(draw: st.DrawFn) -> list[tuple[str, int, str]]:
    """Remittances and deposits of few traces and amounts, some of them twice, in any order."""
    steps = [
        (kind, draw(st.sampled_from((1_000, 2_000, 3_000))), draw(st.sampled_from(("T1", "T2", ""))))
        for kind in draw(st.lists(st.sampled_from(("remittance", "deposit")), max_size=6))
    ]
    return draw(st.permutations([*steps, *draw(st.lists(st.sampled_from(steps), max_size=2))])) if steps else steps


@pytest.mark.slow
@PROPERTY
@given(banks())
async def test_no_money_is_matched_twice_and_both_sides_say_the_same(steps: list[tuple[str, int, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        cashier = make_cashier(Path(folder))
        await bank_account(cashier)
        cashier.clock.at = cashier.clock.at.replace(day=2)
        for n, (kind, cents, trace) in enumerate(steps):
            if kind == "remittance":
                await cashier.remitted(f"rem_{n}", cents, trace)
            else:
                await send(cashier, bai2(traced(cents, trace) if trace else Line(cents, bank_reference=f"R{n}")))
        await cashier.days(6)
        await cashier.proof()
        taken, given_ = await both_sides(cashier)
        assert taken == given_


async def both_sides(cashier: Cashier) -> tuple[set[tuple[str, str, int]], set[tuple[str, str, int]]]:
    parts, store = cash_parts(), cashier.world.store
    deposits_: list[tuple[Key, Deposit]] = list(await store.find(parts.deposit, TENANT, {}, None, 100))
    expected: list[tuple[Key, Expected]] = list(await store.find(parts.expected, TENANT, {}, None, 100))
    assert all(one.open_cents >= 0 for _, one in expected)
    assert all(one.free_cents >= 0 for _, one in deposits_)
    return (
        {(one.deposit_id, part.expected_id, part.cents) for _, one in deposits_ for part in one.parts},
        {(part.deposit_id, one.expected_id, part.cents) for _, one in expected for part in one.parts},
    )
