"""The billing company's own fee: what counts, at which rate, and that a closed month never changes."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from services.payments.core.book import AccountBook
from services.payments.core.book_report import tally_of
from services.payments.core.fee_book import (
    FEE_BOOK,
    AskToCloseFeeMonth,
    DecideFeeMonth,
    FeeBook,
    FeeMonthClosed,
    next_to_close,
)
from services.payments.core.fee_contract import FeeContract, FeeContracts, shares
from services.payments.core.fee_statement import FeeStatement, FeeTally, Month, Scope
from services.payments.core.movements import Days, cash_report
from services.payments.fee_run import basis_of
from tests.payments.bookkeeper import BOOKS, FIRST, book_of, on
from tests.payments.kit import PROPERTY, decision, meta, paid, remitted, reversal_of, self_pay, submitted
from tests.payments.test_money_back import reverse

FEW = settings(PROPERTY, max_examples=25)
JULY = Month(date(2026, 7, 1))
AUGUST = JULY.next


def contract(**said: Any) -> FeeContract:
    tiers = [{"from_cents": 0, "basis_points": 500}]
    fields = {"contract": "C-1", "valid_from": date(2026, 1, 1), "source": "agreement", "owner": "billing"}
    return FeeContract.model_validate({**fields, "tiers": tiers, **said})


def statement_of(
    month: Month, *books: AccountBook, of: FeeContract | None = None, marks: dict[str, int] | None = None
) -> FeeStatement:
    """A month's statement; with marks the month before is closed, and had read so far."""
    closed = None if marks is None else month.first - timedelta(days=1)
    since = date(2026, 1, 1) if marks is not None else month.first
    tally = FeeTally(of or contract(), Scope(month, since, closed))
    for book in books:
        tally.add(book, (marks or {}).get(book.account_id, 0))
    return tally.statement()


def lines_of(statement: FeeStatement) -> dict[tuple[str, str, str], int]:
    return {(one.part, one.kind, one.of_month): one.basis_cents for one in statement.lines}


FIRST_DECISION = decision("rem_1", 6_000)
LIFE = (
    on(date(2026, 6, 1), submitted()),
    on(date(2026, 7, 3), remitted(FIRST_DECISION)),
    on(date(2026, 7, 4), self_pay("chg_1", 5_000)),
    on(date(2026, 7, 5), paid("pay_1", 4_000)),
)
AFTER = (
    on(date(2026, 8, 2), remitted(reversal_of(FIRST_DECISION, "rem_2"))),
    on(date(2026, 8, 3), reverse("rev_1", "pay_1", 1_000, "returned_check")),
    on(date(2026, 8, 4), paid("pay_2", 500)),
)


def test_what_is_taken_back_later_is_a_line_of_the_next_month_with_the_month_it_came_in() -> None:
    book = book_of(*LIFE, *AFTER)
    july, august = statement_of(JULY, book), statement_of(AUGUST, book)
    assert (july.basis_cents, july.percentage_cents, july.ties) == (10_000, 500, True)
    assert lines_of(august) == {
        ("collected", "patient_payment", ""): 500,
        ("taken_back", "patient_return", "2026-07"): -1_000,
        ("taken_back", "payer_takeback", "2026-07"): -6_000,
    }
    assert (august.basis_cents, august.percentage_cents, august.total_cents) == (-6_500, -325, -325)


def test_what_arrives_for_a_closed_month_comes_in_the_next_one_and_is_counted_once() -> None:
    before = book_of(*LIFE)
    closed = statement_of(JULY, before)
    late = on(date(2026, 7, 30), paid("pay_late", 700))
    after = book_of(*LIFE, late, *AFTER)
    august = statement_of(AUGUST, after, marks={"acct_1": before.entries[-1].number})
    assert lines_of(august)["late", "patient_payment", "2026-07"] == 700
    assert (august.late_cents, august.ties) == (700, True)
    whole = tally_of(cash_report(Days(JULY.first, AUGUST.last), ("kind",)), (after,)).totals["amount_cents"]
    assert closed.basis_cents + august.basis_cents == whole


def test_the_contract_says_which_money_counts() -> None:
    book = book_of(*LIFE)
    assert statement_of(JULY, book, of=contract(collected=["payer"])).basis_cents == 6_000
    left_out = statement_of(JULY, book, of=contract(methods_left_out=["card"]))
    assert (left_out.basis_cents, left_out.left_out_cents, left_out.ties) == (6_000, 4_000, True)


def test_claims_minimum_and_setup() -> None:
    book = book_of(*LIFE)
    june = Month(date(2026, 6, 1))
    said = contract(valid_from=date(2026, 6, 1), per_claim_cents=400, minimum_cents=1_000, setup_cents=9_900)
    first = statement_of(june, book, of=said)
    assert (first.claims, first.minimum_topped_up_cents, first.setup_cents, first.total_cents) == (
        1,
        600,
        9_900,
        10_900,
    )
    assert statement_of(JULY, book, of=said).total_cents == 1_000, "500 of percentage, and 500 up to the minimum"
    august = statement_of(AUGUST, book_of(*LIFE, *AFTER), of=said)
    assert august.total_cents == 1_000 - 325, "the minimum does not swallow a credit"


@pytest.mark.parametrize(
    ("method", "basis_cents", "wanted"),
    [
        ("marginal", 100_000, [(100_000, 600, 6_000)]),
        ("marginal", 150_001, [(100_000, 600, 6_000), (50_001, 400, 2_000)]),
        ("whole", 99_999, [(99_999, 600, 6_000)]),
        ("whole", 100_000, [(100_000, 400, 4_000)]),
        ("marginal", -2_000, [(-2_000, 600, -120)]),
        ("marginal", 0, []),
    ],
)
def test_tiers(method: str, basis_cents: int, wanted: list[tuple[int, int, int]]) -> None:
    tiers = [{"from_cents": 0, "basis_points": 600}, {"from_cents": 100_000, "basis_points": 400}]
    assert [tuple(one) for one in shares(contract(tiers=tiers, tier_method=method), basis_cents)] == wanted


@forall(st.integers(-10_000_000, 10_000_000), st.integers(0, 3_000))
@settings(PROPERTY, max_examples=60)
def test_what_was_charged_alone_is_given_back_alone(cents: int, basis_points: int) -> None:
    said = contract(tiers=[{"from_cents": 0, "basis_points": basis_points}])
    there, back = (sum(one.fee_cents for one in shares(said, sign * cents)) for sign in (1, -1))
    assert there == -back
    assert abs(abs(there) * 10_000 - abs(cents) * basis_points) <= 5_000, "half a cent at most"


@pytest.mark.parametrize(
    "said",
    [
        {"tiers": [{"from_cents": 5, "basis_points": 1}]},
        {"tiers": [{"from_cents": 0, "basis_points": 1}, {"from_cents": 0, "basis_points": 2}]},
        {"tiers": [{"from_cents": 0, "basis_points": 10_001}]},
        {"valid_to": date(2025, 1, 1)},
        {"source": ""},
    ],
)
def test_a_contract_that_means_nothing_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="FeeContract"):
        contract(**said)


def test_two_contracts_on_one_day_are_refused_and_the_months_last_day_says_which_holds() -> None:
    old, new = contract(valid_to=date(2026, 7, 15)), contract(contract="C-2", valid_from=date(2026, 7, 16))
    found = FeeContracts((new, old)).on(JULY.last)
    assert found is not None
    assert found.contract == "C-2"
    assert FeeContracts((old,)).on(JULY.last) is None
    with pytest.raises(ValueError, match="same day"):
        FeeContracts((contract(), new))


@forall(BOOKS, st.lists(st.integers(0, 60), min_size=2, max_size=2), st.booleans())
@FEW
def test_every_entry_of_cash_is_billed_once_however_late_it_comes(
    books: tuple[AccountBook, ...], seen: list[int], patients_too: bool
) -> None:
    """Months are closed one after the other while entries still arrive; together they bill the cash receipts book."""
    said = contract(collected=["payer", "patient"] if patients_too else ["payer"], valid_from=FIRST)
    marks: dict[str, int] = {}
    billed_cents, month, closed = 0, Month.of(FIRST), None
    for _ in range(20):
        is_last = month.first > date(2027, 6, 1)
        tally = FeeTally(said, Scope(month, FIRST, closed))
        marks_now: dict[str, int] = {}
        for book, count in zip(books, seen, strict=True):
            read = book.entries if is_last else book.entries[: max(count, marks.get(book.account_id, 0))]
            part = AccountBook(book.account_id, read, {})
            tally.add(part, marks.get(book.account_id, 0))
            marks_now[book.account_id] = len(read)
        made = tally.statement()
        assert made.basis_cents == made.book_cents - made.left_out_cents + made.late_cents
        billed_cents += made.basis_cents
        marks, closed, month = marks_now, month.last, month.next
        if is_last:
            break
    whole = tally_of(cash_report(Days(FIRST, date(2030, 1, 1)), ("kind",)), books)
    counted = {row[0]: columns["amount_cents"] for row, columns in whole.taken()}
    assert billed_cents == sum(cents for kind, cents in counted.items() if kind in said.kinds)


def asked(name: str, month: Month, actor: str, at: date, *, four_eyes: bool = True) -> AskToCloseFeeMonth:
    made = statement_of(month)
    envelope = meta(name).model_copy(update={"actor": actor})
    return AskToCloseFeeMonth(meta=envelope, month=str(month), on=at, statement=made, marks=name, four_eyes=four_eyes)


def decided(name: str, month: Month, actor: str, *, approved: bool = True) -> DecideFeeMonth:
    envelope = meta(name).model_copy(update={"actor": actor})
    return DecideFeeMonth(meta=envelope, month=str(month), approved=approved, reason="looked at it")


SEPTEMBER_1 = date(2026, 9, 1)


def test_a_month_is_closed_by_another_person_and_then_never_changes() -> None:
    ask = asked("ask", JULY, "ann", SEPTEMBER_1)
    own = FEE_BOOK.start(ask, decided("own", JULY, "ann"))
    assert own.snapshot.state.closed == {}
    made = FEE_BOOK.run(own.snapshot, (decided("bob", JULY, "bob"), asked("again", JULY, "bob", SEPTEMBER_1)))
    [closed] = made.facts
    assert isinstance(closed, FeeMonthClosed)
    assert (closed.asked_by, closed.closed_by, closed.marks) == ("ann", "bob", "ask")
    assert FEE_BOOK.fold([*own.facts, *made.facts]) == made.snapshot.state


def test_months_close_in_order_when_they_are_over() -> None:
    early = FEE_BOOK.start(asked("early", JULY, "ann", JULY.last, four_eyes=False))
    assert early.facts == ()
    july = FEE_BOOK.start(asked("july", JULY, "ann", SEPTEMBER_1, four_eyes=False))
    june = asked("june", Month(date(2026, 6, 1)), "ann", SEPTEMBER_1, four_eyes=False)
    assert FEE_BOOK.run(july.snapshot, (june,)).facts == ()
    assert len(FEE_BOOK.run(july.snapshot, (asked("next", AUGUST, "ann", SEPTEMBER_1, four_eyes=False),)).facts) == 1


def test_a_month_without_a_contract_bills_nothing_and_stands_in_nobodys_way() -> None:
    ends, begins = contract(valid_to=JULY.last), contract(contract="C-2", valid_from=AUGUST.next.first)
    july = FEE_BOOK.start(asked("july", JULY, "ann", SEPTEMBER_1, four_eyes=False)).snapshot.state
    both = FeeContracts((ends, begins))
    assert next_to_close(both, FeeBook()) == Month(date(2026, 1, 1))
    assert next_to_close(both, july) == AUGUST.next
    assert next_to_close(FeeContracts((ends,)), july) is None
    basis = basis_of(both, july, AUGUST.next)
    assert basis is not None
    book = book_of(*LIFE, *AFTER, on(date(2026, 9, 9), paid("pay_3", 250)))
    tally = FeeTally(basis.contract, basis.scope)
    tally.add(book, book.entries[-1].number)
    assert tally.statement().basis_cents == 250
    assert basis_of(both, july, AUGUST) is None


def test_a_declined_month_may_be_asked_for_again() -> None:
    declined = FEE_BOOK.start(asked("ask", JULY, "ann", SEPTEMBER_1), decided("no", JULY, "bob", approved=False))
    assert declined.snapshot.state.waiting is None
    again = FEE_BOOK.run(declined.snapshot, (asked("again", JULY, "ann", SEPTEMBER_1), decided("yes", JULY, "bob")))
    assert set(again.snapshot.state.closed) == {"2026-07"}


def test_a_statement_that_does_not_tie_is_not_closed() -> None:
    wrong = asked("ask", JULY, "ann", SEPTEMBER_1, four_eyes=False)
    wrong = wrong.model_copy(update={"statement": wrong.statement.model_copy(update={"basis_cents": 1})})
    assert FEE_BOOK.start(wrong).facts == ()
