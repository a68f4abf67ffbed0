"""Making an account's closing from its journal, and holding a kept one against it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from services.payments.core.aging import MONEY, SIDES, positions
from services.payments.core.book import AccountBook
from services.payments.core.book_closing import Closing
from services.payments.core.entries import LedgerAccount, LedgerFact
from services.payments.core.ledger import Discrepancy


def closing_of(book: AccountBook) -> Closing:
    """The book after its last entry; nothing has been closed of an account without entries."""
    if not book.entries:
        return Closing()
    balances = balances_of(one.fact for one in book.entries)
    open_ = any(True for _ in positions(book, date.max, SIDES["all"]))
    money = any(balances.get(account, 0) for account in MONEY["all"])
    return Closing(
        account_id=book.account_id,
        facts=len(book.entries),
        last_at=max(one.at for one in book.entries),
        settled=not open_ and not money,
        balances=balances,
    )


def balances_of(facts: Iterable[object]) -> dict[LedgerAccount, int]:
    """Debit balances by ledger account; what comes to nothing is left out."""
    sums: Counter[LedgerAccount] = Counter()
    for fact in facts:
        if isinstance(fact, LedgerFact):
            sums[fact.debit] += fact.cents
            sums[fact.credit] -= fact.cents
    return {account: cents for account, cents in sorted(sums.items()) if cents}


def prove_closing(closing: Closing, facts: Sequence[object], times: Sequence[datetime]) -> Iterator[Discrepancy]:
    """In what a kept closing is not what its facts of the journal say. `times` are when they happened."""
    read, at = facts[: closing.facts], times[: closing.facts]
    account_id = closing.account_id
    if len(read) < closing.facts:
        yield Discrepancy(account_id, "", "closing of facts that are not there", closing.facts, len(read))
        return
    balances = balances_of(read)
    for account in sorted({*balances, *closing.balances}):
        stated, expected = closing.balances.get(account, 0), balances.get(account, 0)
        if stated != expected:
            yield Discrepancy(account_id, "", f"closing: {account.value}", stated, expected)
    if at and closing.last_at != max(at):
        yield Discrepancy(account_id, "", "closing: time of the last entry", 0, 0)
    if closing.settled is not _is_settled(read):
        yield Discrepancy(account_id, "", "closing: settled", int(closing.settled), int(not closing.settled))


def _is_settled(facts: Iterable[object]) -> bool:
    """Nothing stands open of any claim or charge by itself, and no money is unapplied: from the entries alone."""
    open_: Counter[tuple[str, LedgerAccount]] = Counter()
    for fact in facts:
        if isinstance(fact, LedgerFact):
            for account, sign in ((fact.debit, 1), (fact.credit, -1)):
                name = "" if account in MONEY["all"] else fact.item_id
                if account in MONEY["all"] or account in SIDES["all"]:
                    open_[name, account] += sign * fact.cents
    return not any(open_.values())
