"""The books: every figure is made of entries, and what does not tie says by how much."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from services.payments.core.aging import CREDIT, NOT_APPLIED, Aging, Base, By, aging_report, overdue_report
from services.payments.core.book import AccountBook
from services.payments.core.book_report import Report, tally_of
from services.payments.core.credit_report import credit_report
from services.payments.core.entries import LedgerAccount
from services.payments.core.indicators import indicators_report, value_of
from services.payments.core.movements import (
    NET_RECEIVABLES,
    Days,
    adjustments_report,
    allocation_report,
    cash_report,
    daysheet_report,
)
from tests.payments.bookkeeper import (
    BOOKS,
    DAYS,
    FIRST,
    assert_drills_down,
    balance,
    book_of,
    next_payers_claim,
    on,
    parts_of,
)
from tests.payments.kit import PROPERTY, decision, denial_given_up, paid, remitted, self_pay, submitted, written_off
from tests.payments.test_money_back import prepaid, refund_payer, reverse

FEW = settings(PROPERTY, max_examples=25)
RECEIVABLES = (LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE)
SERVICE = date(2026, 3, 1)
JUNE = date(2026, 6, 30)


def rows_of(report: Report, *books: AccountBook) -> dict[str, dict[str, int]]:
    tally = tally_of(report, books)
    assert tally.ties, [(one.control.name, one.difference_cents) for one in tally.controls]
    return {"/".join(row): dict(columns) for row, columns in tally.taken()}


def test_case_65_aging_with_two_payers_is_not_doubled() -> None:
    sent = on(SERVICE, submitted(on=SERVICE))
    one_payer = book_of(sent)
    two = book_of(sent, on(date(2026, 4, 1), next_payers_claim("clm_b", "second", "clm_a")))
    by_payer = aging_report(Aging(), JUNE)
    assert rows_of(by_payer, one_payer) == {"acme": {"days_121_on_cents": 10_000}}
    assert rows_of(by_payer, two) == {"second": {"days_121_on_cents": 10_000}}, "it waits for one payer at a time"
    assert rows_of(aging_report(Aging(), date(2026, 3, 31)), two) == {"acme": {"days_0_30_cents": 10_000}}


def test_case_65_what_the_second_payer_and_the_patient_owe_adds_up_to_the_claim_once() -> None:
    first = decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 1_500, "CO-197": 500})
    second = decision("rem_2", 800, {"OA-23": 8_000, "PR-2": 1_200}, status="2")
    life = (
        on(SERVICE, submitted(on=SERVICE)),
        on(date(2026, 4, 1), next_payers_claim("clm_b", "second", "clm_a")),
        on(date(2026, 5, 15), remitted(first)),
    )
    by_bill = aging_report(Aging(base="bill"), JUNE)
    waits = rows_of(by_bill, book_of(*life))
    assert waits == {"second": {"days_61_90_cents": 2_000}}, "what was forwarded is not the patient's yet"
    decided = on(date(2026, 6, 1), remitted(second.model_copy(update={"payer_id": "second"})))
    shown = rows_of(by_bill, book_of(*life, decided))
    assert shown == {"patient": {"days_0_30_cents": 1_200}}


def test_case_66_overpayments_and_refunds_in_aging() -> None:
    life = (
        on(SERVICE, submitted(on=SERVICE)),
        on(SERVICE, self_pay("chg_1", 4_000, on=SERVICE)),
        on(date(2026, 4, 1), remitted(decision("rem_1", 9_000))),
        on(date(2026, 4, 10), remitted(decision("rem_2", 4_000))),
        on(date(2026, 4, 20), paid("pay_1", 5_000)),
    )
    refunds = (
        on(date(2026, 5, 1), refund_payer("ref_1", 3_000)),
        on(date(2026, 5, 2), reverse("ref_2", "pay_1", 1_000, "refund")),
    )
    book = book_of(*life, *refunds)
    april, may = (aging_report(Aging(), day) for day in (date(2026, 4, 30), date(2026, 5, 31)))
    assert rows_of(april, book) == {"acme": {CREDIT: -3_000}, "patient": {NOT_APPLIED: -1_000}}
    assert rows_of(may, book) == {}, "a refund takes its credit out of the aging, and makes nothing owed"
    before = rows_of(aging_report(Aging(), date(2026, 4, 9)), book)
    assert before == {"acme": {"days_31_60_cents": 1_000}, "patient": {"days_31_60_cents": 4_000}}


def test_a_credit_is_never_taken_off_what_others_owe() -> None:
    owing = book_of(on(SERVICE, submitted(on=SERVICE)))
    overpaid = book_of(
        on(SERVICE, submitted(on=SERVICE), "acct_2"), on(SERVICE, remitted(decision("rem_1", 12_000)), "acct_2")
    )
    assert rows_of(aging_report(Aging(), JUNE), owing, overpaid) == {
        "acme": {"days_121_on_cents": 10_000, CREDIT: -2_000}
    }


def test_age_counts_from_service_bill_or_last_activity() -> None:
    book = book_of(
        on(date(2026, 4, 15), submitted(on=SERVICE)), on(date(2026, 6, 1), remitted(decision("rem_1", 1_000)))
    )
    found = {
        base: rows_of(aging_report(Aging(base=base), JUNE), book)["acme"] for base in ("service", "bill", "activity")
    }
    assert found == {
        "service": {"days_121_on_cents": 9_000},
        "bill": {"days_61_90_cents": 9_000},
        "activity": {"days_0_30_cents": 9_000},
    }


@pytest.mark.parametrize("buckets", [(), (30, 30), (60, 30), (-1, 5)])
def test_buckets_that_do_not_grow_are_refused(buckets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="buckets"):
        Aging(buckets=buckets)


def test_the_day_sheet_runs_from_opening_to_closing() -> None:
    book = book_of(
        on(SERVICE, submitted(on=SERVICE)),
        on(date(2026, 4, 1), remitted(decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})), actor="pat.poster"),
        on(date(2026, 4, 2), paid("pay_1", 2_500), actor="ann"),
        on(date(2026, 4, 3), reverse("ref_1", "pay_1", 500, "refund"), actor="ann"),
    )
    sheet = tally_of(daysheet_report(Days(date(2026, 4, 1), date(2026, 4, 2)), ("day", "poster")), (book,))
    assert dict(sheet.taken()) == {
        ("2026-04-01", "pat.poster"): {"payer_payments_cents": -6_000, "adjustments_cents": -2_000},
        ("2026-04-02", "ann"): {"patient_payments_cents": -2_500},
    }
    [control] = sheet.controls
    assert (control.opening_cents, control.closing_cents, control.later_cents) == (10_000, -500, 500)
    assert (control.stated_cents, control.ties) == (0, True)


def test_cash_by_kind_keeps_returns_and_refunds_apart() -> None:
    first = decision("rem_1", 6_000)
    book = book_of(
        on(SERVICE, submitted(on=SERVICE)),
        on(SERVICE, remitted(first)),
        on(SERVICE, paid("pay_1", 2_500)),
        on(SERVICE, reverse("r_1", "pay_1", 500, "refund")),
        on(SERVICE, reverse("r_2", "pay_1", 700, "chargeback")),
    )
    shown = rows_of(cash_report(Days(SERVICE, SERVICE), ("kind", "payer", "method")), book)
    assert {name: row["amount_cents"] for name, row in shown.items()} == {
        "payer_payment/acme/-": 6_000,
        "patient_payment/patient/card": 2_500,
        "patient_refund/patient/card": -500,
        "patient_return/patient/card": -700,
    }


def test_credits_say_what_they_are_of_and_since_when() -> None:
    book = book_of(
        on(SERVICE, submitted(on=SERVICE)),
        on(date(2026, 4, 1), remitted(decision("rem_1", 12_000))),
        on(date(2026, 4, 5), prepaid("pay_1", 2_000, "PCN-next")),
        on(date(2026, 4, 6), paid("pay_2", 300)),
    )
    assert rows_of(credit_report(JUNE), book) == {
        "acct_1/payer/clm_a/2026-04-01": {CREDIT: -2_000},
        "acct_1/visit/pay_1/2026-04-05": {NOT_APPLIED: -2_000},
        "acct_1/unapplied/pay_2/2026-04-06": {NOT_APPLIED: -300},
    }


def test_adjustments_by_reason_and_payers_shares() -> None:
    book = book_of(
        on(SERVICE, submitted(on=SERVICE)),
        on(SERVICE, remitted(decision("rem_1", 6_000, {"CO-45": 2_000, "CO-253": 120, "PR-2": 1_880}))),
    )
    days = Days(SERVICE, SERVICE)
    assert rows_of(adjustments_report(days), book) == {
        "contractual/CO/253": {"amount_cents": 120, "entries": 1},
        "contractual/CO/45": {"amount_cents": 2_000, "entries": 1},
    }
    assert rows_of(allocation_report(days), book) == {
        "acme": {"claims": 1, "charges_cents": 10_000, "paid_cents": 6_000, "adjusted_cents": 2_120}
    }


def test_what_was_given_up_stands_under_its_reason_and_so_does_what_takes_it_back() -> None:
    book = book_of(
        on(SERVICE, self_pay("chg_1", 4_000, on=SERVICE)),
        on(SERVICE, written_off("wo_1", 4_000)),
        on(SERVICE, submitted("clm_b", on=SERVICE)),
        on(SERVICE, remitted(decision("rem_1", 0, {"CO-29": 10_000}, pcn="PCN-clm_b"), "clm_b")),
        on(SERVICE, denial_given_up("late", 3_000, "clm_b")),
    )
    assert rows_of(adjustments_report(Days(SERVICE, SERVICE)), book) == {
        "patient_write_off//bad_debt": {"amount_cents": 4_000, "entries": 1},
        "denial_write_off//timely_filing": {"amount_cents": 3_000, "entries": 1},
    }


def test_indicators_are_numerators_and_denominators() -> None:
    denied = decision("rem_1", 6_000, {"CO-45": 2_000, "CO-197": 2_000})
    book = book_of(on(SERVICE, submitted(on=SERVICE)), on(date(2026, 3, 11), remitted(denied)))
    days = Days(SERVICE, date(2026, 3, 30))
    shown = rows_of(indicators_report(days), book)
    assert shown["denied_claims"] == {"numerator": 1, "denominator": 1}
    assert shown["denied_amount"] == {"numerator": 2_000, "denominator": 10_000}
    assert shown["days_to_first_decision"] == {"numerator": 10, "denominator": 1}
    assert shown["net_collection"] == {"numerator": 6_000, "denominator": 8_000}
    assert shown["days_in_receivables"] == {"numerator": 2_000, "denominator": 8_000}
    assert value_of("days_in_receivables", 2_000, 8_000, days) == 7.5
    assert value_of("patient_write_offs", 0, 0, days) is None


@forall(
    BOOKS,
    DAYS,
    st.sampled_from(("payer", "guarantor", "provider", "practice")),
    st.sampled_from(("service", "bill", "activity")),
)
@FEW
def test_the_buckets_are_the_receivables_of_any_day(
    books: tuple[AccountBook, ...], day: date, by: By, base: Base
) -> None:
    report = aging_report(Aging(by, base), day)
    tally = tally_of(report, books)
    shown = sum(cents for column, cents in tally.totals.items() if column != NOT_APPLIED)
    assert shown == balance(books, day, *RECEIVABLES) == tally.controls[0].report_cents
    assert tally.totals[NOT_APPLIED] == balance(books, day, LedgerAccount.UNAPPLIED_CREDIT)
    assert tally.ties
    assert_drills_down(report, books)


@forall(BOOKS, DAYS, st.integers(0, 200))
@FEW
def test_what_moves_leads_from_one_days_receivables_to_anothers(
    books: tuple[AccountBook, ...], first: date, length: int
) -> None:
    days = Days(first, first + timedelta(days=length))
    reports = (
        daysheet_report(days, ("day",)),
        cash_report(days, ("kind", "payer", "method")),
        adjustments_report(days),
        allocation_report(days),
        credit_report(days.last),
        indicators_report(days),
        overdue_report(Aging(), (days.first, days.last)),
    )
    for report in reports:
        tally = tally_of(report, books)
        assert tally.ties, (report.name, [(one.control.name, one.difference_cents) for one in tally.controls])
        assert_drills_down(report, books)
    [sheet] = tally_of(reports[0], books).controls
    assert sheet.opening_cents == balance(books, first - timedelta(days=1), *NET_RECEIVABLES)
    assert sheet.closing_cents == balance(books, days.last, *NET_RECEIVABLES)


@forall(BOOKS, DAYS)
@FEW
def test_a_report_over_time_is_the_reports_of_its_days(books: tuple[AccountBook, ...], day: date) -> None:
    days = (FIRST, day)
    over_time = {row[0]: columns for row, columns in tally_of(overdue_report(Aging(), days), books).taken()}
    for one in days:
        alone = tally_of(aging_report(Aging(), one), books).totals
        assert +Counter(over_time.get(one.isoformat(), alone)) == +alone


@forall(BOOKS, DAYS, st.integers(1, 500))
@FEW
def test_a_state_that_is_not_its_entries_shows_as_a_difference(
    books: tuple[AccountBook, ...], day: date, cents: int
) -> None:
    account = LedgerAccount.PATIENT_RECEIVABLE
    wrong = replace(books[0], stated={**books[0].stated, account: books[0].stated[account] + cents})
    tally = tally_of(aging_report(Aging(), day), (wrong, *books[1:]))
    assert (tally.ties, tally.controls[0].difference_cents) == (False, -cents)


def test_a_state_without_its_journal_is_missed() -> None:
    book = replace(book_of(on(SERVICE, submitted(on=SERVICE))), entries=())
    [receivables, _] = tally_of(aging_report(Aging(), JUNE), (book,)).controls
    assert (receivables.report_cents, receivables.difference_cents) == (0, -10_000)


def test_a_figure_names_exactly_its_entries() -> None:
    book = book_of(
        on(SERVICE, submitted(on=SERVICE)), on(date(2026, 6, 1), remitted(decision("rem_1", 1_000, {"CO-45": 500})))
    )
    parts = parts_of(aging_report(Aging(), JUNE), (book,), ("acme",), "days_121_on_cents")
    assert [(type(one.entry.fact).__name__, one.adds) for one in parts] == [
        ("ChargePosted", 10_000),
        ("PayerPaymentPosted", -1_000),
        ("ContractualAdjusted", -500),
    ]
