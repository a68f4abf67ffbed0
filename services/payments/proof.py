"""The ledger's proof for one tenant: every account recomputed from the journal, and the control totals of the book."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import AnyAccountFact, LedgerAccount, LedgerFact
from services.payments.core.account_state import Account
from services.payments.core.ledger import Discrepancy, Totals, prove, totals_of
from services.payments.core.provider import PROVIDER
from shared.store.documents import entry_from_document
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
    """Recompute the tenant's whole book and compare. One pass over the journal; changes nothing."""
    proof = Proof()
    page: dict[Key, list[AnyAccountFact]] = {}
    async for key, facts in _histories(store, account, tenant):
        page[key] = facts
        if len(page) == PAGE:
            await _compare(proof, store, account, page)
            page = {}
    await _compare(proof, store, account, page)
    missing = await store.count(account, tenant, {}) - proof.accounts
    if missing > 0:
        proof.discrepancies.append(Discrepancy("", "", "accounts without a journal", missing, 0))
    async for adjusted_cents in _providers(store, tenant):
        proof.provider_adjustments_cents += adjusted_cents
    return proof


async def _compare(
    proof: Proof, store: Store, account: AccountDecider, histories: Mapping[Key, list[AnyAccountFact]]
) -> None:
    rows = await store.load(account, tuple(histories))
    for key, facts in histories.items():
        state = rows[key].snapshot.state
        if not prove(state, facts):
            _add(proof, state, facts)
            continue
        # It may have changed between the two reads; what was committed and not yet journaled counts too.
        again = await _again(store, account, key)
        _add(proof, *again)
        proof.discrepancies += prove(*again)[: max(0, DISCREPANCIES_SHOWN - len(proof.discrepancies))]


async def _histories(
    store: Store, account: AccountDecider, tenant: str
) -> AsyncIterator[tuple[Key, list[AnyAccountFact]]]:
    """Every account's facts in order; the journal comes by aggregate and number."""
    key: Key | None = None
    facts: list[AnyAccountFact] = []
    async for line in store.journal_since(None):
        document = line.document
        if (document["tenant"], document["kind"]) != (tenant, account.kind):
            continue
        of = Key(tenant, document["aggregate_id"])
        if key is not None and of != key:
            yield key, facts
            facts = []
        key = of
        facts.append(account.fact_codec.validate_python(document["fact"], strict=False))
    if key is not None:
        yield key, facts


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
        *(entry_from_document(account, entry).fact for entry in row.outbox if entry["number"] > known),
    ]


async def _providers(store: Store, tenant: str) -> AsyncIterator[int]:
    after: str | None = None
    while page := await store.find(PROVIDER, tenant, {}, after, PAGE):
        for _, provider in page:
            yield provider.adjusted_cents
        after = page[-1][0].id
