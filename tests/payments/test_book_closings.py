"""Closings of accounts: a report with them is the report without, and the proof finds one that is not true."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.payments.book_reader import BookReader
from services.payments.core.aging import Aging, aging_report, overdue_report
from services.payments.core.book import AccountBook
from services.payments.core.book_closing import BOOK_CLOSING
from services.payments.core.book_report import ClosedAccount, Report, Tally, drilled, tally_of
from services.payments.core.close_book import closing_of, prove_closing
from services.payments.core.credit_report import credit_report
from services.payments.core.entries import LedgerAccount
from services.payments.core.indicators import indicators_report
from services.payments.core.movements import Days, adjustments_report, allocation_report, cash_report, daysheet_report
from shared.store.port import Key
from tests.payments.bookkeeper import FIRST, book_of, on, pasts
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import PROPERTY, decision, remitted, self_pay, submitted
from tests.payments.test_proof import Saboteur
from tests.payments.world import TENANT

DAYS = st.integers(0, 500).map(lambda days: FIRST + timedelta(days=days))


def reports(first: date, last: date) -> Sequence[Report]:
    days = Days(first, last)
    return (
        daysheet_report(days, ["day", "poster"]),
        cash_report(days, ["kind", "payer", "method"]),
        adjustments_report(days),
        allocation_report(days),
        aging_report(Aging(), last),
        aging_report(Aging(by="guarantor", base="activity"), last),
        overdue_report(Aging(), (first, last)),
        credit_report(last),
        indicators_report(days),
    )


def with_closings(report: Report, books: Sequence[AccountBook]) -> Tally:
    """As the reader does it: an account that the report passes over is known by its closing alone."""
    tally = Tally(report)
    for book in books:
        closing = closing_of(book)
        if closing.facts and report.passes(closing, closing.last_day(UTC)):
            tally.add_closed(ClosedAccount(closing, book.stated))
            assert [one for one in drilled(report, book, None, None) if one.adds] == []
        else:
            tally.add(book)
    return tally


def shown(tally: Tally) -> Any:
    totals = {name: tally.totals[name] for name in tally.report.columns}
    return list(tally.taken()), totals, tally.accounts, tally.controls, tally.ties


@settings(PROPERTY, max_examples=30)
@given(st.tuples(pasts("acct_1"), pasts("acct_2")), DAYS, DAYS)
def test_a_report_with_closings_is_the_report_without(books: Sequence[AccountBook], one: date, other: date) -> None:
    for report in reports(min(one, other), max(one, other)):
        assert shown(with_closings(report, books)) == shown(tally_of(report, books)), report.name


@settings(PROPERTY, max_examples=30)
@given(pasts())
def test_a_closing_is_what_the_journal_says_and_a_planted_fault_is_found(book: AccountBook) -> None:
    closing = closing_of(book)
    facts, times = [one.fact for one in book.entries], [one.at for one in book.entries]
    assert list(prove_closing(closing, facts, times)) == []
    planted = (
        replace(closing, settled=not closing.settled),
        replace(closing, last_at=max(times) + timedelta(1)),
        replace(closing, facts=closing.facts + 1),
        replace(closing, balances={**closing.balances, LedgerAccount.REVENUE: 1}),
    )
    for wrong in planted:
        assert list(prove_closing(wrong, facts, times)), wrong


def test_a_settled_account_is_passed_over_by_what_comes_later_and_an_open_one_is_not() -> None:
    settled = closing_of(book_of(on(FIRST, submitted()), on(FIRST, remitted(decision("rem_1", 10_000)))))
    open_ = closing_of(book_of(on(FIRST, self_pay("chg_1", 500))))
    later = FIRST + timedelta(40)
    assert (settled.settled, open_.settled) == (True, False)
    for report, passed in ((aging_report(Aging(), later), False), (daysheet_report(Days(later, later), ["day"]), True)):
        assert report.passes(settled, FIRST)
        assert report.passes(open_, FIRST) is passed
    assert not aging_report(Aging(), FIRST - timedelta(1)).passes(settled, FIRST)


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    charge = {"charge_cents": 5_000, "description_code": "99213", "service_date": "2026-06-20"}
    for number in range(4):
        account = {"account_id": f"acct_{number}", "guarantor": {"name": "Zoë Canary"}}
        await made.made("/charges", {**charge, **account})
        if number:
            paid = {"account_id": f"acct_{number}", "paid_cents": 5_000, "method": "check"}
            await made.made("/payments", paid)
    return made


async def test_reports_read_only_what_changed_and_say_the_same(cashier: Cashier, monkeypatch: Any) -> None:
    paths = ("aging?as_of=2026-08-31", "daysheet?first=2026-08-01&last=2026-08-31", "credits?as_of=2026-08-31")
    before = [await cashier.get(f"/books/{path}") for path in paths]
    assert await cashier.made("/books/closings", None, "operator") == {"made": 4, "closings": 4}
    assert (await cashier.made("/books/closings", None, "operator"))["made"] == 0
    assert [await cashier.get(f"/books/{path}") for path in paths] == before
    cashier.clock.at += timedelta(40)
    await cashier.made("/payments", {"account_id": "acct_3", "paid_cents": 100, "method": "check"})
    read: list[str] = []
    history = cashier.world.store.history

    async def counted(decider: Any, key: Key) -> Any:
        read.append(key.id)
        return await history(decider, key)

    monkeypatch.setattr(cashier.world.store, "history", counted)
    after = [await cashier.get(f"/books/{path}") for path in paths]
    assert after[1]["rows"] != before[1]["rows"], "the payment of August is there"
    assert after[0]["totals"]["days_61_90_cents"] == 5_000
    assert all(one["ties"] and one["accounts"] == 4 for one in after)
    assert set(read) == {"acct_0", "acct_3"}, "acct_0 is open for the aging, acct_3 got an entry"
    monkeypatch.undo()
    proof = await cashier.get("/ledger/proof")
    assert (proof["proved"], proof["closings"]) == (True, 4)


async def test_the_proof_finds_a_closing_that_is_not_true(cashier: Cashier) -> None:
    await cashier.made("/books/closings", None, "operator")
    Saboteur(cashier.world).state("book_closing", lambda state: state.update(balances={"patient_cash": 4_999}), which=1)
    proof = await cashier.get("/ledger/proof")
    assert not proof["proved"]
    assert {one["what"] for one in proof["discrepancies"]} >= {"closing: patient_cash", "closing: revenue"}


async def test_the_loop_closes_what_has_rested_for_a_day(cashier: Cashier) -> None:
    world = cashier.world
    closer = next(one for one in world.spec.loops(world.runtime) if one.name == "book_closer")
    await closer.step()
    assert await world.store.count(BOOK_CLOSING, TENANT, {}) == 0
    await cashier.days(2)
    closer = next(one for one in world.spec.loops(world.runtime) if one.name == "book_closer")
    await closer.step()
    assert await world.store.count(BOOK_CLOSING, TENANT, {}) == 4
    tally = await BookReader(world.store, world.account_decider, TENANT).tally(aging_report(Aging(), date(2026, 7, 3)))
    assert tally.ties
