"""The ledger's proof for one tenant: every account recomputed from the journal, and the control totals of the book."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import AnyAccountFact, LedgerAccount, LedgerFact
from services.payments.core.account_state import Account
from services.payments.core.ledger import Discrepancy, Totals, prove, totals_of
from services.payments.core.provider import PROVIDER
from shared.store.port import Key, Store

PAGE = 200
DISCREPANCIES_SHOWN = 100


@dataclass(slots=True)
class Proof:
    """What was added up over the tenant's book, and everything that is not as it must be."""

    totals: Totals = field(default_factory=Totals)
    accounts: int = 0
    entries: int = 0
    debits_cents: int = 0
    credits_cents: int = 0
    balances: Counter[LedgerAccount] = field(default_factory=Counter[LedgerAccount])
    provider_adjustments_cents: int = 0
    discrepancies: list[Discrepancy] = field(default_factory=list[Discrepancy])

    @property
    def proved(self) -> bool:
        return not self.discrepancies and self.totals.ties_out and self.debits_cents == self.credits_cents

    @property
    def payer_cash_cents(self) -> int:
        """What payers sent: the claims' payments less provider-level adjustments, as the bank shows it."""
        return self.totals.paid_cents - self.provider_adjustments_cents


async def prove_ledger(store: Store, account: AccountDecider, tenant: str) -> Proof:
    """Recompute the tenant's whole book and compare. Reads everything once; changes nothing."""
    proof = Proof()
    async for key, state in _accounts(store, account, tenant):
        facts = [entry.fact for entry in await store.history(account, key)]
        if not prove(state, facts):
            _add(proof, state, facts)
            continue
        # It may have changed between the two reads; what was committed and not yet journaled counts too.
        again = await _again(store, account, key)
        _add(proof, *again)
        proof.discrepancies += prove(*again)[: max(0, DISCREPANCIES_SHOWN - len(proof.discrepancies))]
    async for adjusted_cents in _providers(store, tenant):
        proof.provider_adjustments_cents += adjusted_cents
    return proof


def _add(proof: Proof, state: Account, facts: Sequence[AnyAccountFact]) -> None:
    proof.accounts += 1
    proof.totals += totals_of(state)
    for fact in facts:
        if isinstance(fact, LedgerFact):
            proof.entries += 1
            proof.debits_cents += fact.cents
            proof.credits_cents += fact.cents
            proof.balances[fact.debit] += fact.cents
            proof.balances[fact.credit] -= fact.cents


async def _again(store: Store, account: AccountDecider, key: Key) -> tuple[Account, list[AnyAccountFact]]:
    row = (await store.load(account, (key,)))[key]
    history = await store.history(account, key)
    known = len(history)
    return row.snapshot.state, [
        *(entry.fact for entry in history),
        *(entry.fact for entry in row.outbox if entry.number > known),
    ]


async def _accounts(store: Store, account: AccountDecider, tenant: str) -> AsyncIterator[tuple[Key, Account]]:
    after: str | None = None
    while page := await store.find(account, tenant, {}, after, PAGE):
        for key, state in page:
            yield key, state
        after = page[-1][0].id


async def _providers(store: Store, tenant: str) -> AsyncIterator[int]:
    after: str | None = None
    while page := await store.find(PROVIDER, tenant, {}, after, PAGE):
        for _, provider in page:
            yield provider.adjusted_cents
        after = page[-1][0].id
