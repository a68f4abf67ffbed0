"""Keeps each account's closing: a few accounts after each other, always; or all of a client at once.

A closing is made when the account has entries that its kept one does not count. Nothing waits for it, and a report that
finds none reads the journal.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from services.payments.book_reader import BookReader
from services.payments.core.account import AccountDecider
from services.payments.core.book_closing import BOOK_CLOSING, Closing, KeepClosing
from services.payments.core.close_book import closing_of
from shared.contracts import Meta
from shared.runtime import Runtime
from shared.store.documents import NEVER
from shared.store.port import Key

EVERY = timedelta(seconds=30)
AT_A_TIME = 20
PAGE = 200
REST = timedelta(hours=24)
"""How long an account must have been quiet: one that is being worked on is not closed with each entry."""
NAMESPACE = UUID("6f0e8a52-4e5c-5d0f-9a3e-0b7a35a5c1f4")


async def close_accounts(runtime: Runtime, accounts: AccountDecider, keys: Sequence[Key], rest: timedelta) -> int:
    """Close those of these accounts that have rested so long since their last entry; how many closings are new."""
    store, now = runtime.store, runtime.clock.now()
    rows = await store.load(accounts, keys)
    closings = await store.load(BOOK_CLOSING, keys)
    rested: dict[str, list[Closing]] = {}
    for key in keys:
        if rows[key].snapshot.facts == closings[key].snapshot.state.facts:
            continue
        closing = closing_of(await BookReader(store, accounts, key.tenant).book(key))
        if closing.last_at is not None and closing.last_at + rest <= now:
            rested.setdefault(key.tenant, []).append(closing)
    return sum([await _keep(runtime, tenant, made) for tenant, made in rested.items()])


async def close_client(runtime: Runtime, accounts: AccountDecider, tenant: str) -> int:
    """Every account of a client, in one pass over its journal."""
    made = 0
    page: list[Closing] = []
    async for book in BookReader(runtime.store, accounts, tenant).books():
        page.append(closing_of(book))
        if len(page) == PAGE:
            made, page = made + await _keep(runtime, tenant, page), []
    return made + await _keep(runtime, tenant, page)


async def _keep(runtime: Runtime, tenant: str, closings: Sequence[Closing]) -> int:
    """Keep those that say something new; how many do."""
    made = {Key(tenant, one.account_id): one for one in closings if one.facts}
    kept = await runtime.store.load(BOOK_CLOSING, tuple(made))
    new = [_command(key, one) for key, one in made.items() if one.facts > kept[key].snapshot.state.facts]
    await runtime.shell.transact(BOOK_CLOSING, new)
    return len(new)


def _command(key: Key, closing: Closing) -> KeepClosing:
    assert closing.last_at is not None, "a closing has entries"
    said = {name: getattr(closing, name) for name in ("account_id", "facts", "last_at", "settled")}
    meta = _meta(key, closing.facts).model_copy(update={"occurred_at": closing.last_at})
    return KeepClosing(meta=meta, balances=dict(closing.balances), **said)


def _meta(key: Key, facts: int) -> Meta:
    made = uuid5(NAMESPACE, f"{key.tenant}/{key.id}/{facts}")
    return Meta.model_validate(
        {
            "id": made,
            "tenant": key.tenant,
            "occurred_at": "1970-01-01T00:00:00Z",
            "source": "payments",
            "subject": f"book_closing/{key.id}",
            "key": key.id,
            "correlation": made,
        },
        strict=False,
    )


class BookCloser:
    """A loop of the service. It never asks to be called again at once, so it is never what a service waits for."""

    name = "book_closer"
    kind = None

    def __init__(self, runtime: Runtime, accounts: AccountDecider) -> None:
        self._runtime, self._accounts = runtime, accounts
        self._next = NEVER
        self._after: Key | None = None

    async def step(self) -> int:
        """Close the next few, if it is time to."""
        if self._runtime.wall() >= self._next:
            self._next = self._runtime.wall() + EVERY
            page = await self._runtime.store.scan(self._accounts, self._after, AT_A_TIME)
            await close_accounts(self._runtime, self._accounts, [key for key, _ in page], REST)
            self._after = page[-1][0] if len(page) == AT_A_TIME else None
        return 0

    async def pending(self) -> int:
        return 0
