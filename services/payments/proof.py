"""The book's proof for one tenant: everything recomputed from the journal, and compared with what is stored.

Four things are held against each other: every account and every provider's ledger against its own journal; what was
posted of each remittance, to accounts and to providers, against what the remittance says of itself; and the cash of
both ledgers against the sum of the payers' payments. One pass over the journal; nothing is changed.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import LedgerAccount, LedgerFact, RemittedFact
from services.payments.core.account_state import Account
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.core.ledger import Discrepancy, Totals, prove, totals_of
from services.payments.core.provider import PROVIDER, Provider, ProviderAdjusted, ProviderItemSettled
from services.payments.core.provider_code import ProviderAccount
from services.payments.core.provider_ledger import prove_provider
from services.payments.core.remittance import REMITTANCE, Remittance
from services.payments.core.remittance_control import Posted, prove_remittance
from shared.decider import Decider, Entry
from shared.store.documents import entry_from_document
from shared.store.port import Key, Store

PAGE = 200
DISCREPANCIES_SHOWN = 100
LOOKS = 5
"""How often an aggregate that changes under the reader is read again."""

AnyDecider: TypeAlias = Decider[Any, Any, Any]
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


class History(NamedTuple):
    """The journal of one aggregate: its facts, and whether their numbers run from 1 without a gap."""

    facts: list[Any]
    whole: bool


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
    async for kind, page in _pages(store, kinds, tenant):
        async for state, history in _compared(proof, store, kinds[kind], page):
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


def _by_kind(*deciders: AnyDecider) -> Mapping[str, AnyDecider]:
    return {one.kind: one for one in deciders}


async def prove_one(store: Store, decider: AnyDecider, key: Key) -> tuple[Discrepancy, ...]:
    """One aggregate against its own journal, what was committed and not yet journaled included."""
    state, history, facts = await _fresh(store, decider, key)
    return tuple(_unlike(decider, key, state, history, facts))


async def _at_rest(store: Store) -> bool:
    """Whether no remitted claim is on its way. One that is stuck is not on its way."""
    outlooks = [await store.outlook(REMITTANCE), await store.outlook(CONTROL_NUMBER)]
    return all(one.next_effect_at is None for one in outlooks)


async def _pages(
    store: Store, kinds: Mapping[str, AnyDecider], tenant: str
) -> AsyncIterator[tuple[str, dict[Key, History]]]:
    """Histories of one kind, some at a time."""
    page: dict[Key, History] = {}
    of = ""
    async for kind, key, history in _histories(store, kinds, tenant):
        if page and (kind != of or len(page) == PAGE):
            yield of, page
            page = {}
        of, page[key] = kind, history
    if page:
        yield of, page


async def _histories(
    store: Store, kinds: Mapping[str, AnyDecider], tenant: str
) -> AsyncIterator[tuple[str, Key, History]]:
    """Every aggregate's facts in order; the journal comes by aggregate and number."""
    at: tuple[str, Key] | None = None
    facts: list[Any] = []
    numbers: list[int] = []
    async for line in store.journal_since(None):
        document = line.document
        if document["tenant"] != tenant or document["kind"] not in kinds:
            continue
        of = document["kind"], Key(tenant, document["aggregate_id"])
        if at is not None and of != at:
            yield *at, History(facts, numbers == list(range(1, len(numbers) + 1)))
            facts, numbers = [], []
        at = of
        facts.append(kinds[at[0]].fact_codec.validate_python(document["fact"], strict=False))
        numbers.append(document["number"])
    if at is not None:
        yield *at, History(facts, numbers == list(range(1, len(numbers) + 1)))


async def _compared(
    proof: Proof, store: Store, decider: AnyDecider, histories: Mapping[Key, History]
) -> AsyncIterator[tuple[Any, History]]:
    """Each state with the history that counts; what differs is read again, because it may have changed meanwhile."""
    rows = await store.load(decider, tuple(histories))
    for key, history in histories.items():
        row = rows[key]
        if not any(True for _ in _unlike(decider, key, row.snapshot.state, history, row.snapshot.facts)):
            yield row.snapshot.state, history
            continue
        state, fresh, facts = await _fresh(store, decider, key)
        proof.add(list(_unlike(decider, key, state, fresh, facts)))
        yield state, fresh


async def _fresh(store: Store, decider: AnyDecider, key: Key) -> tuple[Any, History, int]:
    """State and journal of one moment: read again while the aggregate changes in between."""
    row = (await store.load(decider, (key,)))[key]
    entries: list[Entry[Any]] = []
    for _ in range(LOOKS):
        entries = list(await store.history(decider, key))
        before, row = row, (await store.load(decider, (key,)))[key]
        if row.version == before.version:
            break
    known = max((entry.number for entry in entries), default=0)
    entries += [entry_from_document(decider, entry) for entry in row.outbox if entry["number"] > known]
    whole = [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    return row.snapshot.state, History([entry.fact for entry in entries], whole), row.snapshot.facts


def _unlike(decider: AnyDecider, key: Key, state: Any, history: History, facts: int) -> Iterator[Discrepancy]:
    """Everything in which an aggregate is not what its journal says."""
    if not history.whole:
        yield Discrepancy(key.id, "", "gap in the journal", facts, len(history.facts))
    elif facts != len(history.facts):
        yield Discrepancy(key.id, "", "facts in the journal", facts, len(history.facts))
    try:
        folded = decider.fold(history.facts)
    except KeyError:
        yield Discrepancy(key.id, "", "an entry for a claim that was never charged", 0, 0)
        return
    found = []
    if isinstance(state, Account):
        found = [*prove(state, history.facts)]
    elif isinstance(state, Provider):
        found = [*prove_provider(state, history.facts)]
    yield from found
    if not found and folded != state:
        yield Discrepancy(key.id, "", f"{decider.kind} is not what its facts make", 0, 0)


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
