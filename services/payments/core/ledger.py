"""The proof of the book: the states against themselves, and against everything recomputed from the journal's entries.

The recomputation shares no arithmetic with the states: it knows only debits, credits and what they were for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

from services.payments.core.account_facts import (
    AnyAccountFact,
    LedgerAccount,
    LedgerFact,
    PatientPaymentApplied,
    PatientPaymentReleased,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
)
from services.payments.core.account_state import Account, Receivable

Balances = Mapping[tuple[str, LedgerAccount], int]
"""Debit balances by claim or charge (empty for money not applied) and ledger account."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The book's columns, in cents: charge is everything below it down to `patient_cents`, added up."""

    charge_cents: int = 0
    paid_cents: int = 0
    adjusted_cents: int = 0
    patient_paid_cents: int = 0
    written_off_cents: int = 0
    denials_written_off_cents: int = 0
    insurance_cents: int = 0
    patient_cents: int = 0
    other_cents: int = 0
    other_paid_cents: int = 0
    reduced_cents: int = 0
    denied_cents: int = 0
    credit_cents: int = 0
    received_cents: int = 0
    unapplied_cents: int = 0
    other_received_cents: int = 0
    other_unapplied_cents: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Totals)))

    @property
    def outstanding_cents(self) -> int:
        """What payers, patients and other parties still owe, credits taken off."""
        return self.insurance_cents + self.patient_cents + self.other_cents

    @property
    def ties_out(self) -> bool:
        """Charges are all accounted for, and so is the money of patients and of other parties."""
        given_up = self.written_off_cents + self.denials_written_off_cents
        by_others = self.other_paid_cents + self.reduced_cents
        settled = self.paid_cents + self.adjusted_cents + self.patient_paid_cents + by_others + given_up
        applied = self.received_cents - self.unapplied_cents, self.other_received_cents - self.other_unapplied_cents
        paid = self.patient_paid_cents, self.other_paid_cents
        return self.charge_cents == settled + self.outstanding_cents and applied == paid


class Discrepancy(NamedTuple):
    """An amount that is not what it must be. `item_id` is empty for the account as a whole."""

    account_id: str
    item_id: str
    what: str
    stated_cents: int
    expected_cents: int


def totals_of(account: Account) -> Totals:
    """The columns of one account, added up from its claims and charges."""
    items = tuple(account.receivables.values())
    columns = {
        name: sum(int(getattr(item, name)) for item in items)
        for name in (
            "charge_cents",
            "paid_cents",
            "adjusted_cents",
            "patient_paid_cents",
            "written_off_cents",
            "denials_written_off_cents",
            "insurance_cents",
            "patient_cents",
            "other_cents",
            "other_paid_cents",
            "reduced_cents",
            "denied_cents",
        )
    }
    return Totals(
        **columns,
        credit_cents=sum(max(0, -item.insurance_cents) for item in items) + max(0, -account.owed_cents),
        received_cents=account.received_cents,
        unapplied_cents=account.unapplied_cents,
        other_received_cents=sum(one.paid_cents - one.returned_cents for one in account.other_money),
        other_unapplied_cents=sum(one.unapplied_cents for one in account.other_money),
    )


def recompute(facts: Iterable[AnyAccountFact]) -> Balances:
    """The balances that the journal's entries make, from nothing."""
    balances: Counter[tuple[str, LedgerAccount]] = Counter()
    for fact in facts:
        if isinstance(fact, LedgerFact):
            balances[fact.item_id, fact.debit] += fact.cents
            balances[fact.item_id, fact.credit] -= fact.cents
    return balances


def whose_money(facts: Iterable[AnyAccountFact]) -> Mapping[tuple[str, str], int]:
    """Where each patient payment lies: cents by claim or charge (empty: not applied) and payment."""
    lies: Counter[tuple[str, str]] = Counter()
    for fact in facts:
        if isinstance(fact, PatientPaymentTaken):
            lies["", fact.payment_id] += fact.cents
        elif isinstance(fact, PatientPaymentReversed | PatientPaymentRestored):
            lies["", fact.payment_id] += fact.cents if isinstance(fact, PatientPaymentRestored) else -fact.cents
        elif isinstance(fact, PatientPaymentApplied | PatientPaymentReleased):
            moved = fact.cents if isinstance(fact, PatientPaymentApplied) else -fact.cents
            lies[fact.item_id, fact.payment_id] += moved
            lies["", fact.payment_id] -= moved
    return {place: cents for place, cents in lies.items() if cents}


def trial_balance(balances: Balances) -> dict[LedgerAccount, int]:
    """Debit balance of each ledger account; they add up to nothing."""
    sums: Counter[LedgerAccount] = Counter()
    for (_, account), cents in balances.items():
        sums[account] += cents
    return dict(sums)


def prove(account: Account, facts: Iterable[AnyAccountFact]) -> tuple[Discrepancy, ...]:
    """Everything in which an account is not what its journal says, or does not tie out in itself."""
    facts = tuple(facts)
    return (
        *_unlike_itself(account),
        *_unlike_journal(account, recompute(facts)),
        *_unlike_payments(account, whose_money(facts)),
    )


def _unlike_itself(account: Account) -> Iterator[Discrepancy]:
    for item_id, item in account.receivables.items():
        given_up = item.written_off_cents + item.denials_written_off_cents
        by_others = item.other_paid_cents + item.reduced_cents
        settled = item.paid_cents + item.adjusted_cents + item.patient_paid_cents + by_others + given_up
        accounted = settled + item.insurance_cents + item.patient_cents + item.other_cents
        yield from _unless_equal(account, item_id, "charge", item.charge_cents, accounted)
        applied = sum(share.cents for share in item.patient_payments)
        yield from _unless_equal(account, item_id, "patient payments", item.patient_paid_cents, applied)
        yield from _unless_equal(account, item_id, "shares of other parties", item.other_cents, _open_shares(item))
        if item.payer_id:
            insurance = (
                item.charge_cents
                - item.paid_cents
                - item.adjusted_cents
                - item.moved_to_patient_cents
                + item.coordinated_cents
                + item.stopped_cents
                - item.denials_written_off_cents
            )
            yield from _unless_equal(account, item_id, "insurance receivable", item.insurance_cents, insurance)
    totals = totals_of(account)
    yield from _unless_equal(account, "", "patient receivable", account.patient_cents, totals.patient_cents)
    applied = account.received_cents - totals.patient_paid_cents
    yield from _unless_equal(account, "", "unapplied credit", account.unapplied_cents, applied)
    free = totals.other_received_cents - totals.other_paid_cents
    yield from _unless_equal(account, "", "other parties' credit", totals.other_unapplied_cents, free)
    credits_ = sum(share.cents for share in account.credits)
    yield from _unless_equal(account, "", "credits by payment", account.unapplied_cents, credits_)
    yield from _unless_equal(account, "", "balance announced", account.balance_cents, _billed(account))


def _billed(account: Account) -> int:
    """What is owed, less what is held before a bill."""
    waits = (item for item in account.receivables.values() if item.bill is not None and item.bill.waits)
    held = sum(max(0, item.patient_cents) for item in waits)
    return account.owed_cents - min(held, max(0, account.owed_cents))


def _open_shares(item: Receivable) -> int:
    return sum(one.open_cents for one in item.others)


def _unlike_journal(account: Account, balances: Balances) -> Iterator[Discrepancy]:
    for item_id, item in account.receivables.items():
        for name, column, sign in _ITEM_COLUMNS:
            stated = getattr(item, column)
            yield from _unless_equal(account, item_id, name.value, stated, sign * balances.get((item_id, name), 0))
    for item_id in {item_id for item_id, _ in balances if item_id} - account.receivables.keys():
        cents = sum(abs(c) for (of, _), c in balances.items() if of == item_id)
        yield from _unless_equal(account, item_id, "claim or charge missing", 0, cents)
    sums = trial_balance(balances)
    for name, stated in (
        (LedgerAccount.PATIENT_RECEIVABLE, account.patient_cents),
        (LedgerAccount.UNAPPLIED_CREDIT, -account.unapplied_cents),
        (LedgerAccount.PATIENT_CASH, account.received_cents),
        (LedgerAccount.OTHER_CASH, sum(one.paid_cents - one.returned_cents for one in account.other_money)),
        (LedgerAccount.OTHER_CREDIT, -sum(one.unapplied_cents for one in account.other_money)),
    ):
        yield from _unless_equal(account, "", name.value, stated, sums.get(name, 0))
    yield from _unless_equal(account, "", "debits less credits", sum(sums.values()), 0)


def _unlike_payments(account: Account, lies: Mapping[tuple[str, str], int]) -> Iterator[Discrepancy]:
    stated = {("", share.payment_id): share.cents for share in account.credits}
    for item_id, item in account.receivables.items():
        stated |= {(item_id, share.payment_id): share.cents for share in item.patient_payments}
    for item_id, payment_id in sorted(stated.keys() | lies.keys()):
        place = item_id, payment_id
        yield from _unless_equal(account, item_id, f"money of {payment_id}", stated.get(place, 0), lies.get(place, 0))


_ITEM_COLUMNS = (
    (LedgerAccount.REVENUE, "charge_cents", -1),
    (LedgerAccount.PAYER_CASH, "paid_cents", 1),
    (LedgerAccount.CONTRACTUAL_ADJUSTMENT, "adjusted_cents", 1),
    (LedgerAccount.UNAPPLIED_CREDIT, "patient_paid_cents", 1),
    (LedgerAccount.BAD_DEBT, "written_off_cents", 1),
    (LedgerAccount.DENIAL_WRITE_OFF, "denials_written_off_cents", 1),
    (LedgerAccount.INSURANCE_RECEIVABLE, "insurance_cents", 1),
    (LedgerAccount.PATIENT_RECEIVABLE, "patient_cents", 1),
    (LedgerAccount.OTHER_RECEIVABLE, "other_cents", 1),
    (LedgerAccount.OTHER_CREDIT, "other_paid_cents", 1),
    (LedgerAccount.AGREED_REDUCTION, "reduced_cents", 1),
)


def _unless_equal(account: Account, item_id: str, what: str, stated: int, expected: int) -> Iterator[Discrepancy]:
    if stated != expected:
        yield Discrepancy(account.account_id, item_id, what, stated, expected)
