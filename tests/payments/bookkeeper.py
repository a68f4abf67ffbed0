"""Accounts with a past of several days, as the books read them: examples by hand, and random ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from services.payments.core.account_facts import AnyAccountFact, LedgerAccount, LedgerFact
from services.payments.core.account_messages import AccountMessage
from services.payments.core.book import AccountBook, BookEntry, stated_by
from services.payments.core.book_report import Part, Report, drilled, tally_of
from shared.contracts import Meta
from shared.decider import Entry, Snapshot
from tests.payments.kit import (
    ACCOUNT,
    decision,
    denial_given_up,
    meta,
    paid,
    remitted,
    reversal_of,
    self_pay,
    submitted,
    written_off,
)
from tests.payments.test_money_back import Cause, refund_payer, restore, reverse

FIRST = date(2026, 1, 1)


def on(day: date, message: AccountMessage, account: str = "acct_1", actor: str = "system") -> AccountMessage:
    """The same message on a day, for an account."""
    at = datetime.combine(day, time(12), UTC)
    made = meta(f"{account} {message.meta.id}")
    envelope = Meta.model_validate(
        {**message.meta.model_dump(), "id": made.id, "occurred_at": at, "actor": actor, "key": account}
    )
    return message.model_copy(update={"meta": envelope, "account_id": account})


def book_of(*messages: AccountMessage) -> AccountBook:
    """What these messages make of their account."""
    snapshot = Snapshot(ACCOUNT.initial)
    entries: list[Entry[AnyAccountFact]] = []
    for message in messages:
        decided = ACCOUNT.run(snapshot, (message,))
        snapshot = decided.snapshot
        entries += decided.entries
    made = (
        BookEntry(
            one.number,
            str(one.meta.id),
            one.meta.occurred_at.date(),
            one.meta.occurred_at,
            one.meta.actor,
            str(one.meta.causation),
            one.fact,
        )
        for one in entries
    )
    return AccountBook(snapshot.state.account_id, tuple(made), stated_by(snapshot.state))


def next_payers_claim(claim: str, payer: str, follows: str) -> AccountMessage:
    """The same services, sent to the payer after."""
    return submitted(claim).model_copy(update={"payer_id": payer, "follows_claim_id": follows})


def balance(books: Sequence[AccountBook], day: date, *accounts: LedgerAccount) -> int:
    """What the entries of all books come to at the end of a day, added up by nothing but debits and credits."""
    total = 0
    for book in books:
        for one in book.entries:
            if isinstance(one.fact, LedgerFact) and one.day <= day:
                total += one.fact.cents * ((one.fact.debit in accounts) - (one.fact.credit in accounts))
    return total


def parts_of(report: Report, books: Sequence[AccountBook], row: tuple[str, ...], column: str) -> list[Part]:
    return [part for book in books for part in drilled(report, book, row, column)]


def assert_drills_down(report: Report, books: Sequence[AccountBook]) -> None:
    """Each figure is the sum of exactly the entries that it names."""
    for row, columns in tally_of(report, books).taken():
        for column, value in columns.items():
            parts = parts_of(report, books, row, column)
            assert sum(part.adds for part in parts) == value, (report.name, row, column)
            assert parts


@dataclass
class _Past:
    """An account that grows by one day after the other."""

    account: str
    day: date = FIRST
    made: list[AccountMessage] = field(default_factory=list[AccountMessage])

    def then(self, days: int, message: AccountMessage) -> None:
        self.day += timedelta(days=days)
        self.made.append(on(self.day, message, self.account, "ann" if days % 2 else "bob"))


@st.composite
def pasts(draw: st.DrawFn, account: str = "acct_1") -> AccountBook:
    """Claims and charges with everything that can happen to them, in the order of the days it happened on."""
    past, gap = _Past(account), st.integers(0, 50)
    charge_cents = draw(st.integers(100, 20_000))
    past.then(draw(gap), submitted(charge_cents=charge_cents, on=past.day))
    past.then(draw(gap), self_pay("chg_1", draw(st.integers(1, 9_000)), on=past.day))
    past.then(draw(gap), paid("pay_1", draw(st.integers(1, 12_000))))
    if draw(st.booleans()):
        past.then(draw(gap), next_payers_claim("clm_b", "second", "clm_a"))
    first_cents = draw(st.integers(0, charge_cents + 3_000))
    rest = charge_cents - first_cents
    reasons = draw(st.sampled_from(("CO-45", "PR-2", "CO-197", "PR-1")))
    first = decision("rem_1", first_cents, {reasons: rest}, charge_cents=charge_cents)
    past.then(draw(gap), remitted(first))
    if draw(st.booleans()):
        second = decision("rem_2", draw(st.integers(0, 4_000)), charge_cents=charge_cents, status="2")
        past.then(draw(gap), remitted(second.model_copy(update={"payer_id": "second"})))
    if draw(st.booleans()):
        past.then(draw(gap), remitted(reversal_of(first, "rem_3")))
    _money_back(draw, past)
    past.then(draw(gap), written_off("wo_1", draw(st.integers(1, 5_000))))
    if draw(st.booleans()):
        past.then(draw(gap), denial_given_up("denial", draw(st.integers(1, 5_000))))
    return book_of(*past.made)


CAUSES: tuple[Cause, ...] = ("refund", "chargeback", "returned_check")


def _money_back(draw: st.DrawFn, past: _Past) -> None:
    gap = st.integers(0, 40)
    if draw(st.booleans()):
        past.then(draw(gap), refund_payer("ref_p", draw(st.integers(1, 3_000))))
    cause: Cause = draw(st.sampled_from(CAUSES))
    past.then(draw(gap), reverse("rev_1", "pay_1", draw(st.integers(1, 6_000)), cause))
    if draw(st.booleans()):
        past.then(draw(gap), restore("rev_1"))


BOOKS = st.tuples(pasts("acct_1"), pasts("acct_2"))
DAYS = st.integers(0, 500).map(lambda days: FIRST + timedelta(days=days))
