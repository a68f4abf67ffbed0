"""What must hold at the end of a long run, account by account."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from services.collections.core import Account, AccountMessage, CollectionFact
from services.collections.core.asking import judged_again, says_the_same
from services.collections.core.facts import ContactMade
from services.collections.core.person_facts import CallAsked, WishJudged
from services.collections.measures import Happened, Measures
from shared.contracts import Meta
from shared.decider import Decider, Entry
from shared.store.memory import MemoryStore
from shared.store.port import Key
from tests.collections.plan_checks import plan_faults
from tests.collections.story import SHELF, TENANT
from tests.collections.year_book import Book

Accounts = Decider[Account, AccountMessage, CollectionFact]
ENDED = {"clear", "settled", "written_off"}


async def check_all(
    store: MemoryStore, decider: Accounts, book: Book, measures: Measures, now: datetime
) -> tuple[list[str], Mapping[str, int]]:
    """Every fault, and how many accounts are in which state. Each account is counted in the measures."""
    faults, statuses, journal = list[str](), Counter[str](), defaultdict[str, list[Entry[CollectionFact]]](list)
    async for line in store.journal_since(None):
        document = line.document
        if document["kind"] != decider.kind:
            continue
        fact = decider.fact_codec.validate_python(document["fact"], strict=False)
        meta = Meta.model_validate(document["meta"], strict=False)
        journal[document["aggregate_id"]].append(Entry(meta, document["number"], fact, None))
    for account_id in sorted(book.accounts):
        key = Key(TENANT, account_id)
        account = (await store.load(decider, (key,)))[key].snapshot.state
        history = journal[account_id]
        statuses[account.status] += 1
        measures.count(Happened(entry.meta.occurred_at.date(), entry.fact) for entry in history)
        faults += book.faults(account_id, account.balance_cents, account.written_off_cents)
        faults += (f"{account_id}: {fault}" for fault in rest_faults(decider, account, now))
        faults += (f"{account_id}: {fault}" for fault in contact_faults(decider, history, account))
        told = [(entry.meta.occurred_at.date(), entry.fact) for entry in history]
        faults += (f"{account_id}: {fault}" for fault in plan_faults(decider, told))
    return faults, statuses


def rest_faults(decider: Accounts, account: Account, now: datetime) -> Iterator[str]:
    """An account is ended, or waits for something that can come: a day, an answer, a person."""
    if account.status in ENDED:
        if account.owed_cents > 0:
            yield f"it is {account.status} and owes {account.owed_cents}"
        return
    due_at = decider.due(account)
    if due_at is not None:
        if due_at <= now:
            yield f"its deadline of {due_at} was not worked off"
        return
    if account.desk.promise is not None:
        yield "a promise is open, and nothing will follow it up"
    waits = account.outgoing or account.call_tasks or account.work or account.standing.exclusion or account.holds
    if not waits and account.plan_work is None:
        yield f"it is {account.status} and nothing is awaited"


def contact_faults(decider: Accounts, history: Sequence[Entry[CollectionFact]], account: Account) -> Iterator[str]:
    """Every contact that went out stands on a decision of the gate that allowed it, and that is the same made anew."""
    state, allowed = decider.initial, set[str]()
    for entry in history:
        fact = entry.fact
        if isinstance(fact, WishJudged):
            again = judged_again(SHELF.on(TENANT, entry.meta.occurred_at.date()), state, fact)
            if not says_the_same(fact, again):
                yield f"the gate says otherwise now of {fact.decision_id}"
            if fact.allowed:
                allowed.add(fact.decision_id)
        ours = isinstance(fact, ContactMade) and fact.direction == "out"
        went_out = isinstance(fact, CallAsked) or ours
        if went_out and fact.decision_id not in allowed:  # type: ignore[union-attr]
            yield f"a contact on {entry.meta.occurred_at.date()} stands on no decision that allowed it"
        state = decider.evolve(state, fact)
    if state != account:
        yield "its state is not the fold of its journal"
