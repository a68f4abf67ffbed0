"""The proof of a provider's ledger: its state against everything recomputed from the journal's entries."""

from collections import Counter
from collections.abc import Iterable, Iterator

from services.payments.core.ledger import Discrepancy
from services.payments.core.provider import Provider, ProviderAdjusted, ProviderFact, ProviderItemSettled
from services.payments.core.provider_code import ProviderAccount


def prove_provider(provider: Provider, facts: Iterable[ProviderFact]) -> tuple[Discrepancy, ...]:
    """Everything in which a provider's ledger is not what its journal says. Knows only debits, credits and items."""
    balances: Counter[ProviderAccount] = Counter()
    codes: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for fact in facts:
        if isinstance(fact, ProviderAdjusted | ProviderItemSettled):
            balances[fact.debit] += fact.cents
            balances[fact.credit] -= fact.cents
        if isinstance(fact, ProviderAdjusted):
            codes[fact.code] += fact.amount_cents
            items[fact.item_id] += fact.amount_cents if fact.item_id else 0
        elif isinstance(fact, ProviderItemSettled):
            items[fact.item_id] = 0
    return tuple(_unlike(provider, balances, codes, items))


def _unlike(
    provider: Provider, balances: Counter[ProviderAccount], codes: Counter[str], items: Counter[str]
) -> Iterator[Discrepancy]:
    for account in ProviderAccount:
        stated = provider.balances.get(account, 0)
        yield from _unless_equal(provider, "", account.value, stated, balances[account])
    by_code = dict(provider.by_code)
    for code in sorted(by_code.keys() | codes.keys()):
        yield from _unless_equal(provider, "", f"adjustments {code}", by_code.get(code, 0), codes[code])
    open_items = {one.item_id: one.cents for one in provider.open}
    for item_id in sorted((open_items.keys() | items.keys()) - {""}):
        yield from _unless_equal(provider, item_id, "open item", open_items.get(item_id, 0), items[item_id])
    yield from _unless_equal(provider, "", "debits less credits", sum(provider.balances.values()), 0)


def _unless_equal(provider: Provider, item_id: str, what: str, stated: int, expected: int) -> Iterator[Discrepancy]:
    if stated != expected:
        yield Discrepancy(provider.provider_id, item_id, what, stated, expected)
