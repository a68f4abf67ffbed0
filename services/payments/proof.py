"""The book's proof for one tenant: everything recomputed from the journal, and compared with what is stored.

Four things are held against each other: every account and every provider's ledger against its own journal; what was
posted of each remittance, to accounts and to providers, against what the remittance says of itself; and the cash of
both ledgers against the sum of the payers' payments. One pass over the journal; nothing is changed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from services.payments.cash_proof import judged
from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import LedgerAccount, LedgerFact, RemittedFact
from services.payments.core.account_state import Account
from services.payments.core.book_closing import BOOK_CLOSING
from services.payments.core.close_book import prove_closing
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.core.ledger import Discrepancy, Totals, prove, totals_of
from services.payments.core.provider import PROVIDER, Provider, ProviderAdjusted, ProviderItemSettled
from services.payments.core.provider_code import ProviderAccount
from services.payments.core.provider_ledger import prove_provider
from services.payments.core.remittance import REMITTANCE, Remittance
from services.payments.core.remittance_control import Posted, prove_remittance
from services.payments.journal_check import PAGE, AnyDecider, History, compared, fresh, pages, unlike
from shared.store.port import Key, Store

DISCREPANCIES_SHOWN = 100
Told: TypeAlias = Callable[["Progress"], None]


class Progress(NamedTuple):
    """How far a proof is: aggregates compared of those there are, and ledger entries read."""

    done: int
    total: int
    entries: int


@dataclass(slots=True)
class Proof:
    """What was added up over the tenant's book, and everything that is not as it must be.

    `at_rest` is False while remitted claims are still on their way to their accounts: then what they leave open is not
    held against a remittance. `waiting_cents` are remitted claims that no account has: they wait for a person.
    """

    totals: Totals = field(default_factory=Totals)
    accounts: int = 0
    entries: int = 0
    debits_cents: int = 0
    credits_cents: int = 0
    balances: Counter[LedgerAccount] = field(default_factory=Counter[LedgerAccount])
    providers: int = 0
    provider_adjustments_cents: int = 0
    provider_balances: Counter[ProviderAccount] = field(default_factory=Counter[ProviderAccount])
    remittances: int = 0
    remitted_cents: int = 0
    waiting_cents: int = 0
    at_rest: bool = True
    closings: int = 0
    posted: dict[str, Posted] = field(default_factory=dict[str, Posted])
    discrepancies: list[Discrepancy] = field(default_factory=list[Discrepancy])
    discrepancies_found: int = 0

    @property
    def proved(self) -> bool:
        return not self.discrepancies_found and self.totals.ties_out and self.debits_cents == self.credits_cents

    @property
    def payer_cash_cents(self) -> int:
        """What payers sent: the claims' payments less provider-level adjustments, as the bank shows it."""
        return self.totals.paid_cents - self.provider_adjustments_cents

    def add(self, found: Sequence[Discrepancy]) -> None:
        """Keep the first ones in full, and count all."""
        self.discrepancies_found += len(found)
        self.discrepancies += found[: max(0, DISCREPANCIES_SHOWN - len(self.discrepancies))]

    def of(self, remittance_id: str) -> Posted:
        """What was posted of a remittance so far."""
        return self.posted.setdefault(remittance_id, Posted())


async def prove_ledger(
    store: Store, account: AccountDecider, tenant: str, told: Told = lambda _: None, providers: AnyDecider = PROVIDER
) -> Proof:
    """Recompute the tenant's whole book and compare. `told` hears how far it is, a page at a time."""
    proof = Proof()
    kinds = _by_kind(account, providers, REMITTANCE)
    counts = {kind: await store.count(one, tenant, {}) for kind, one in kinds.items()}
    seen = Counter[str]()
    proof.at_rest = await _at_rest(store)
    remittances: list[tuple[Remittance, int]] = []
    async for kind, page in pages(store, kinds, tenant):
        if kind == account.kind:
            await _hold_against_closings(proof, store, account, page)
        async for state, history in compared(proof.add, store, kinds[kind], page, _judged):
            if isinstance(state, Account):
                _add_account(proof, state, history.facts)
            elif isinstance(state, Provider):
                _add_provider(proof, state, history.facts)
            else:
                remittances.append((state, len(history.facts)))
        seen[kind] += len(page)
        told(Progress(seen.total(), sum(counts.values()), proof.entries))
    for kind, count in counts.items():
        if count > seen[kind]:
            proof.add([Discrepancy("", "", f"{kind}s without a journal", count - seen[kind], 0)])
    await _add_unmatched(proof, store, tenant)
    _hold_against_remittances(proof, [state for state, _ in remittances])
    return proof


async def _hold_against_closings(
    proof: Proof, store: Store, account: AccountDecider, page: Mapping[Key, History]
) -> None:
    """The kept closings of these accounts, against what their journal says."""
    rows = await store.load(BOOK_CLOSING, tuple(page))
    for key, history in page.items():
        closing = rows[key].snapshot.state
        if closing.facts:
            proof.closings += 1
            not_journaled = len(history.facts) < closing.facts  # committed, when the page was read
            read = (await fresh(store, account, key))[1] if not_journaled else history
            proof.add(list(prove_closing(closing, read.facts, read.times)))


def _by_kind(*deciders: AnyDecider) -> Mapping[str, AnyDecider]:
    return {one.kind: one for one in deciders}


async def prove_one(store: Store, decider: AnyDecider, key: Key) -> tuple[Discrepancy, ...]:
    """One aggregate against its own journal, what was committed and not yet journaled included."""
    state, history, facts = await fresh(store, decider, key)
    return tuple(unlike(decider, key, state, history, facts, _judged))


def _judged(state: Any, facts: Sequence[Any]) -> Iterator[Discrepancy]:
    if isinstance(state, Account):
        yield from prove(state, facts)
    elif isinstance(state, Provider):
        yield from prove_provider(state, facts)
    else:
        yield from judged(state, facts)


async def _at_rest(store: Store) -> bool:
    """Whether no remitted claim is on its way. One that is stuck is not on its way."""
    outlooks = [await store.outlook(REMITTANCE), await store.outlook(CONTROL_NUMBER)]
    return all(one.next_effect_at is None for one in outlooks)


def _add_account(proof: Proof, state: Account, facts: Sequence[Any]) -> None:
    proof.accounts += 1
    proof.totals += totals_of(state)
    for held in state.held:
        if held.remitted.is_posted:
            proof.of(held.remitted.remittance_id).waiting_cents += held.remitted.paid_cents
    for fact in facts:
        if isinstance(fact, LedgerFact):
            proof.entries += 1
            proof.debits_cents += fact.cents
            proof.credits_cents += fact.cents
            proof.balances[fact.debit] += fact.cents
            proof.balances[fact.credit] -= fact.cents
        if isinstance(fact, RemittedFact):
            proof.of(fact.place.remittance_id).claims_cents += fact.effect_on(LedgerAccount.PAYER_CASH)


def _add_provider(proof: Proof, state: Provider, facts: Sequence[Any]) -> None:
    proof.providers += 1
    proof.provider_adjustments_cents += state.adjusted_cents
    for fact in facts:
        if isinstance(fact, ProviderAdjusted | ProviderItemSettled):
            proof.entries += 1
            proof.debits_cents += fact.cents
            proof.credits_cents += fact.cents
            proof.provider_balances[fact.debit] += fact.cents
            proof.provider_balances[fact.credit] -= fact.cents
        if isinstance(fact, ProviderAdjusted):
            proof.of(fact.remittance_id).provider_cents += fact.amount_cents


async def _add_unmatched(proof: Proof, store: Store, tenant: str) -> None:
    """Remitted claims that wait for their claim, or for a person."""
    after: str | None = None
    while page := await store.find(CONTROL_NUMBER, tenant, {"held": True}, after, PAGE):
        for _, number in page:
            for remitted in number.held:
                if remitted.is_posted:
                    proof.of(remitted.remittance_id).waiting_cents += remitted.paid_cents
        after = page[-1][0].id


def _hold_against_remittances(proof: Proof, remittances: Sequence[Remittance]) -> None:
    """What the remittances say of themselves, against what was posted of each."""
    proof.waiting_cents = sum(one.waiting_cents for one in proof.posted.values())
    for remittance in remittances:
        proof.remittances += 1
        posted = proof.posted.get(remittance.remittance_id, Posted())
        if remittance.status == "posted" and remittance.header is not None:
            proof.remitted_cents += remittance.header.payment_cents
        proof.add(list(prove_remittance(remittance, posted, at_rest=proof.at_rest)))
