"""The cash book: what lies where between the moment money is promised and the moment it lies on the bank account.

It stands beside the guarantors' ledger and shares none of its arithmetic. One cash fact is one balanced entry.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TypedDict

from shared.contracts import NonNegativeCents
from shared.decider import Fact


class CashAccount(StrEnum):
    """The cash book's accounts; their debit balances."""

    BANK = "bank"  # on the practice's bank accounts
    UNAPPLIED_CASH = "unapplied_cash"  # on the bank account, and nothing explains it yet
    PAYER_MONEY = "payer_money"  # explained by a remittance
    PROCESSOR = "processor"  # with the card processor, on its way to the bank
    PROCESSOR_FEES = "processor_fees"
    PATIENT_MONEY = "patient_money"  # what patients paid, as the guarantors' ledger has it
    FLOAT = "float"  # change that the practice keeps in its tills
    UNDEPOSITED = "undeposited"  # entered by hand, and not on the bank account yet
    DRAWER = "drawer"  # cash and checks in a till
    IN_TRANSIT = "in_transit"  # taken out of a till, on its way to the bank
    OVER_SHORT = "over_short"  # what a count found too much (credit) or too little (debit)
    AGENCY_MONEY = "agency_money"  # collected by an agency: accounted for by its remittance, or not yet
    AGENCY_FEES = "agency_fees"
    SET_ASIDE = "set_aside"  # on the bank account, and a person said what it is


class CashSides(TypedDict):
    """Debit, credit and cents of an entry."""

    debit: CashAccount
    credit: CashAccount
    cents: int


def cash_sides(debit: CashAccount, credit: CashAccount, cents: int) -> CashSides:
    """A balanced entry; a negative amount swaps its sides."""
    if cents < 0:
        debit, credit = credit, debit
    return CashSides(debit=debit, credit=credit, cents=abs(cents))


class CashFact(Fact):
    """A balanced entry of the cash book."""

    debit: CashAccount
    credit: CashAccount
    cents: NonNegativeCents

    def effect_on(self, account: CashAccount) -> int:
        """What the entry adds to an account's debit balance."""
        return self.cents * ((self.debit is account) - (self.credit is account))


def cash_balances(facts: Iterable[object]) -> dict[CashAccount, int]:
    """The debit balances that these entries make; they add up to nothing."""
    sums: Counter[CashAccount] = Counter()
    for fact in facts:
        if isinstance(fact, CashFact):
            sums[fact.debit] += fact.cents
            sums[fact.credit] -= fact.cents
    return {account: sums[account] for account in CashAccount if sums[account]}
