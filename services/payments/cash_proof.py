"""The cash book's proof for one tenant: every deposit, till and card payment recomputed from the journal."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.payments.core.cash import CashAccount, CashFact
from shared.decider import Decider
from shared.store.port import Key, Store

DISCREPANCIES_SHOWN = 100


async def prove_cash(store: Store, deciders: Sequence[Decider[Any, Any, Any]], tenant: str) -> dict[str, Any]:
    """Add up every entry, and fold every history anew and compare. One pass over the journal; changes nothing."""
    by_kind = {decider.kind: decider for decider in deciders}
    balances: Counter[CashAccount] = Counter()
    folded: dict[tuple[str, str], Any] = {}
    entries = 0
    async for line in store.journal_since(None):
        document = line.document
        decider = by_kind.get(document["kind"])
        if decider is None or document["tenant"] != tenant:
            continue
        fact = decider.fact_codec.validate_python(document["fact"], strict=False)
        name = decider.kind, str(document["aggregate_id"])
        folded[name] = decider.evolve(folded.get(name, decider.initial), fact)
        if isinstance(fact, CashFact):
            entries += 1
            balances[fact.debit] += fact.cents
            balances[fact.credit] -= fact.cents
    unlike = [name async for name in _unlike(store, by_kind, tenant, folded)]
    return {
        "proved": not unlike and not sum(balances.values()),
        "entries": entries,
        "balances_cents": {account.value: balances[account] for account in CashAccount if balances[account]},
        "unlike_their_journal": unlike[:DISCREPANCIES_SHOWN],
    }


async def _unlike(
    store: Store, by_kind: dict[str, Decider[Any, Any, Any]], tenant: str, folded: dict[tuple[str, str], Any]
) -> AsyncIterator[str]:
    """Names of aggregates that are not what their journal says; one that just changed is looked at again."""
    for (kind, aggregate_id), state in folded.items():
        decider, key = by_kind[kind], Key(tenant, aggregate_id)
        if (await store.load(decider, (key,)))[key].snapshot.state == state:
            continue
        history = await store.history(decider, key)
        again = decider.fold(entry.fact for entry in history)
        row = (await store.load(decider, (key,)))[key]
        owed = [entry for entry in row.outbox if entry["number"] > len(history)]
        if not owed and row.snapshot.state != again:
            yield f"{kind}/{aggregate_id}"
