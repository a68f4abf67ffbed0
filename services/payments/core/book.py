"""An account's journal as the books read it: every fact with its posting day, and what its claims and charges are.

Nothing here knows what a report shows. The states' own balances stand beside, as the other half of every control total.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from services.payments.core.account_facts import (
    AnyAccountFact,
    ChargePosted,
    ClaimAdjudicated,
    ClaimFollowed,
    LedgerAccount,
    LedgerFact,
    SelfPayChargePosted,
)
from services.payments.core.account_state import Account
from services.payments.core.ledger import totals_of
from services.payments.core.remitted import Position

SYSTEM = "system"
UNKNOWN = "-"
"""Where the ledger does not say: no provider for a self-pay charge, no claim for money that is not applied."""
PATIENT = "patient"
"""Stands among the payers for what guarantors owe and pay."""
OTHERS = "other_parties"
"""Stands there for what parties owe that are neither."""


class BookEntry(NamedTuple):
    """A fact of the journal: its number in the account, its posting day where the client is, and who posted it."""

    number: int
    id: str
    day: date
    at: datetime
    posted_by: str
    cause: str
    fact: AnyAccountFact


class LedgerLine(NamedTuple):
    """A balanced entry among them."""

    entry: BookEntry
    fact: LedgerFact


@dataclass(frozen=True, slots=True)
class BookItem:
    """A claim or self-pay charge. `payers` are those it was sent to, in order, with the day; empty: self-pay."""

    item_id: str
    number: int  # of the fact that opened it
    posted_on: date
    service_date: date
    payers: tuple[tuple[date, str], ...] = ()
    billing_npi: str = ""
    rendering_npi: str = ""

    def payer_on(self, day: date) -> tuple[date, str]:
        """Who had the claim last at the end of a day, and since when: it waits for one payer at a time."""
        return next((one for one in reversed(self.payers) if one[0] <= day), (self.posted_on, self.first_payer))

    @property
    def first_payer(self) -> str:
        return self.payers[0][1] if self.payers else PATIENT


@dataclass(frozen=True)
class AccountBook:
    """One guarantor's account: its facts by number, and the debit balances that its state says of itself."""

    account_id: str
    entries: tuple[BookEntry, ...]
    stated: Mapping[LedgerAccount, int]

    @cached_property
    def lines(self) -> Sequence[LedgerLine]:
        """Its balanced entries, by number."""
        return [LedgerLine(one, one.fact) for one in self.entries if isinstance(one.fact, LedgerFact)]

    @cached_property
    def items(self) -> Mapping[str, BookItem]:
        """Its claims and charges."""
        return {item.item_id: item for item in _items(self.entries)}

    @cached_property
    def by_item(self) -> Mapping[str, Sequence[LedgerLine]]:
        """Entries by claim or charge; under an empty name those of money that is not applied."""
        found: dict[str, list[LedgerLine]] = {}
        for line in self.lines:
            found.setdefault(line.fact.item_id, []).append(line)
        return found

    @cached_property
    def deciders(self) -> Mapping[Position | None, tuple[str, str]]:
        """The payer, and the status, of the decision at each place of a remittance."""
        decisions = (one.fact.remitted for one in self.entries if isinstance(one.fact, ClaimAdjudicated))
        return {one.place: (one.payer_id, one.status) for one in decisions}


def stated_by(account: Account) -> Mapping[LedgerAccount, int]:
    """The debit balances that an account's state says of itself, without a look at its entries."""
    totals = totals_of(account)
    return {
        LedgerAccount.INSURANCE_RECEIVABLE: totals.insurance_cents,
        LedgerAccount.PATIENT_RECEIVABLE: totals.patient_cents,
        LedgerAccount.UNAPPLIED_CREDIT: -totals.unapplied_cents,
        LedgerAccount.REVENUE: -totals.charge_cents,
        LedgerAccount.PAYER_CASH: totals.paid_cents,
        LedgerAccount.PATIENT_CASH: totals.received_cents,
        LedgerAccount.CONTRACTUAL_ADJUSTMENT: totals.adjusted_cents,
        LedgerAccount.BAD_DEBT: totals.written_off_cents,
        LedgerAccount.DENIAL_WRITE_OFF: totals.denials_written_off_cents,
        LedgerAccount.OTHER_RECEIVABLE: totals.other_cents,
        LedgerAccount.OTHER_CASH: totals.other_received_cents,
        LedgerAccount.OTHER_CREDIT: -totals.other_unapplied_cents,
        LedgerAccount.AGREED_REDUCTION: totals.reduced_cents,
    }


def effect_on(fact: LedgerFact, accounts: Iterable[LedgerAccount]) -> int:
    """What an entry adds to the debit balance of these accounts together."""
    return sum(fact.effect_on(account) for account in accounts)


def _items(entries: Iterable[BookEntry]) -> Iterator[BookItem]:
    entries = tuple(entries)
    before = {one.fact.claim_id: one.fact.follows_claim_id for one in entries if isinstance(one.fact, ClaimFollowed)}
    later: dict[str, list[tuple[date, str]]] = {}
    for day, fact in ((one.day, one.fact) for one in entries):
        if isinstance(fact, ClaimFollowed) and fact.payer_id:
            later.setdefault(_root(before, fact.claim_id), []).append((day, fact.payer_id))
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, ChargePosted):
            payers = ((entry.day, fact.payer_id), *later.get(fact.item_id, ()))
            yield BookItem(
                item_id=fact.item_id,
                number=entry.number,
                posted_on=entry.day,
                service_date=fact.service_date,
                payers=payers,
                billing_npi=fact.billing_npi,
                rendering_npi=fact.rendering_npi or fact.billing_npi,
            )
        elif isinstance(fact, SelfPayChargePosted):
            yield BookItem(fact.item_id, entry.number, entry.day, fact.service_date)


def _root(before: Mapping[str, str], claim_id: str) -> str:
    seen = {claim_id}
    while (earlier := before.get(claim_id)) is not None and earlier not in seen:
        seen.add(earlier)
        claim_id = earlier
    return claim_id
