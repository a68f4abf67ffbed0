"""Both books of a tenant at once: the guarantors' and providers' ledgers, and the cash book beside them."""

from collections.abc import Sequence
from typing import NamedTuple

from services.payments.cash_proof import CashProof, prove_cash
from services.payments.core.account import AccountDecider
from services.payments.journal_check import AnyDecider
from services.payments.proof import Progress, Proof, Told, prove_ledger
from shared.store.port import Store


class Books(NamedTuple):
    """What came of both."""

    ledger: Proof
    cash: CashProof

    @property
    def proved(self) -> bool:
        return self.ledger.proved and self.cash.proved


async def prove_books(
    store: Store,
    account: AccountDecider,
    cash: Sequence[AnyDecider],
    tenant: str,
    told: Told = lambda _: None,
) -> Books:
    """Recompute the tenant's books, and compare them with everything stored and with each other."""
    in_cash = sum([await store.count(one, tenant, {}) for one in cash])
    last = Progress(0, 0, 0)

    def of_ledger(progress: Progress) -> None:
        nonlocal last
        last = progress._replace(total=progress.total + in_cash)
        told(last)

    ledger = await prove_ledger(store, account, tenant, of_ledger)
    total = last.total or in_cash

    def of_cash(done: int) -> None:
        told(Progress(last.done + done, total, ledger.entries))

    received_cents = ledger.totals.received_cents
    return Books(ledger, await prove_cash(store, cash, tenant, received_cents, of_cash))
