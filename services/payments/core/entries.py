"""One balanced entry of the ledger: a debit and a credit of the same amount, in one of the book's accounts."""

from enum import StrEnum
from typing import TypedDict

from shared.contracts import NonNegativeCents
from shared.decider import Fact


class LedgerAccount(StrEnum):
    """The book's accounts."""

    INSURANCE_RECEIVABLE = "insurance_receivable"
    PATIENT_RECEIVABLE = "patient_receivable"
    REVENUE = "revenue"
    PAYER_CASH = "payer_cash"
    PATIENT_CASH = "patient_cash"
    CONTRACTUAL_ADJUSTMENT = "contractual_adjustment"
    BAD_DEBT = "bad_debt"
    DENIAL_WRITE_OFF = "denial_write_off"
    UNAPPLIED_CREDIT = "unapplied_credit"
    PROVIDER_ADJUSTMENT = "provider_adjustment"
    OTHER_RECEIVABLE = "other_receivable"  # of parties that are neither insurer nor guarantor
    OTHER_CASH = "other_cash"
    OTHER_CREDIT = "other_credit"  # their money that is not applied
    AGREED_REDUCTION = "agreed_reduction"


class Sides(TypedDict):
    """Debit, credit and cents of an entry."""

    debit: LedgerAccount
    credit: LedgerAccount
    cents: int


def sides(debit: LedgerAccount, credit: LedgerAccount, cents: int) -> Sides:
    """A balanced entry. A negative amount swaps its sides, because an entry's cents are never negative."""
    if cents < 0:
        debit, credit = credit, debit
    return Sides(debit=debit, credit=credit, cents=abs(cents))


class AccountFact(Fact):
    account_id: str


class LedgerFact(AccountFact):
    """A balanced entry. `item_id` is the claim or self-pay charge; empty for money not yet applied to one."""

    item_id: str
    debit: LedgerAccount
    credit: LedgerAccount
    cents: NonNegativeCents

    def effect_on(self, account: LedgerAccount) -> int:
        """What the entry adds to an account's debit balance."""
        return self.cents * ((self.debit is account) - (self.credit is account))
