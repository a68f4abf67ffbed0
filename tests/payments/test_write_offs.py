"""Reasons to give up money: limits by role, the whole account at once, and what is paid after bad debt."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from services.payments.core.account_facts import LedgerFact, PatientPaymentTaken
from services.payments.core.account_messages import RequestWriteOff
from services.payments.policy.patient import read_write_offs
from shared.contracts import AccountWrittenOff
from tests.payments.kit import ACCOUNT, given, paid, self_pay, written_off
from tests.payments.test_account_api import CHARGE
from tests.payments.test_person import asked, decided_by, entries, reverted
from tests.payments.world import make_world, token

ONE = """[[reason]]
reason = "a"
sides = ["patient"]
valid_from = 2026-01-01
source = "s"
owner = "o"
alone_cents = 0
"""


def of_all(cents: int, reason: str, *roles: str) -> RequestWriteOff:
    return asked(cents, reason, item="").model_copy(update={"roles": roles})


def given_up_as(reason: Any) -> AccountWrittenOff:
    return written_off("wof_1", 5_000).model_copy(update={"reason": reason})


def test_a_role_decides_alone_up_to_its_own_limit() -> None:
    charge = self_pay("chg_1", 100_000)
    assert entries(given(charge).when(of_all(20_000, "administrative", "operator"))) != []
    assert entries(given(charge).when(of_all(20_000, "administrative", "poster"))) == []
    assert entries(given(charge).when(of_all(20_000, "bankruptcy", "operator"))) == []


def test_whoever_may_not_approve_so_much_leaves_it_waiting_for_one_who_may() -> None:
    waiting = given(self_pay("chg_1", 900_000)).when(of_all(600_000, "deceased", "poster")).snapshot
    poster = decided_by("bob").model_copy(update={"roles": ("poster",)})
    assert not ACCOUNT.run(waiting, (poster,)).changed
    operator = decided_by("cid").model_copy(update={"roles": ("operator",)})
    done = ACCOUNT.run(waiting, (poster, operator))
    assert entries(done) == [("bad_debt", "patient_receivable", 600_000)]
    assert done.snapshot.state.asked_write_offs["wo_1"].decided_by == "cid"


def test_the_whole_account_is_given_up_oldest_first_and_comes_back_whole() -> None:
    charges = (self_pay("chg_1", 1_000), self_pay("chg_2", 2_000))
    done = given(*charges).when(of_all(2_400, "settlement", "operator"))
    assert [cents for _, _, cents in entries(done)] == [1_000, 1_400]
    assert done.snapshot.state.owed_cents == 600
    back = ACCOUNT.run(done.snapshot, (reverted(),))
    assert back.snapshot.state.owed_cents == 3_000
    refused = ACCOUNT.run(done.snapshot, (asked(601, "courtesy", item="", name="wo_2"),))
    assert "only 600 cents" in refused.snapshot.state.asked_write_offs["wo_2"].because


def test_what_is_paid_after_bad_debt_is_recovered_and_the_rest_stays_given_up() -> None:
    done = given(self_pay("chg_1", 5_000), written_off("wof_1", 5_000)).when(paid("pay_1", 2_000))
    assert [one for one in entries(done) if "bad_debt" in one] == [("patient_receivable", "bad_debt", 2_000)]
    [taken] = [fact for fact in done.facts if isinstance(fact, PatientPaymentTaken)]
    assert taken.applied_cents == 2_000
    state = done.snapshot.state
    assert (state.owed_cents, state.receivables["chg_1"].written_off_cents) == (0, 3_000)
    more = ACCOUNT.run(done.snapshot, (paid("pay_2", 4_000),)).snapshot.state
    assert (more.receivables["chg_1"].written_off_cents, more.owed_cents) == (0, -1_000)


@pytest.mark.parametrize("reason", ["bankruptcy", "deceased", "settlement", "small_balance", "administrative"])
def test_what_is_not_owed_any_more_takes_no_payment(reason: str) -> None:
    done = given(self_pay("chg_1", 5_000), given_up_as(reason)).when(paid("pay_1", 2_000))
    assert done.snapshot.state.owed_cents == -2_000
    assert {fact.debit for fact in done.facts if isinstance(fact, LedgerFact)} == {"patient_cash"}


def test_money_pays_what_is_owed_before_it_recovers_bad_debt() -> None:
    history = (self_pay("chg_1", 5_000), written_off("wof_1", 5_000), self_pay("chg_2", 1_500))
    state = given(*history).when(paid("pay_1", 2_000)).snapshot.state
    assert (state.receivables["chg_2"].patient_cents, state.receivables["chg_1"].written_off_cents) == (0, 4_500)


@pytest.mark.parametrize("line", ["alone_by_role = { chief = 5 }", "approves_by_role = { poster = -1 }"])
def test_a_limit_for_a_role_that_there_is_not_is_refused(line: str) -> None:
    assert read_write_offs(ONE).reasons[0].may_approve((), 10**9)
    with pytest.raises(ValueError, match="entry 1: alone_by_role, approves_by_role"):
        read_write_offs(ONE + line)


async def test_who_may_not_approve_so_much_is_told_so(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    async with world.client() as client:

        async def says(path: str, body: dict[str, Any], sub: str, *roles: str) -> httpx.Response:
            headers = {**token(*roles, actor=sub), "Idempotency-Key": f"{sub}{path}{roles}"}
            return await client.post(path, json=body, headers=headers)

        made = await says("/charges", {**CHARGE, "charge_cents": 900_000}, "ann", "poster")
        assert made.status_code in {200, 201}
        wish = {
            "item_id": "",
            "side": "patient",
            "reason": "deceased",
            "written_off_cents": 600_000,
            "note": "no estate",
        }
        asked = await says("/accounts/acct_1/write-offs", wish, "ann", "poster")
        path = f"/accounts/acct_1/write-offs/{asked.json()['write_off_id']}/decision"
        word = {"approved": True, "note": "seen"}
        refused = await says(path, word, "bob", "poster")
        assert (refused.status_code, "more than your roles may approve" in refused.text) == (403, True)
        approved = await says(path, word, "cid", "operator")
        assert (approved.json()["status"], approved.json()["balance_cents"]) == ("posted", 300_000)
