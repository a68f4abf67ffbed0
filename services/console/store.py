"""What the pages ask of the console's own database: pages of views, the newest events, totals."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from services.console.core import (
    ACCOUNT_VIEW,
    CLAIM_VIEW,
    KEPT,
    REMITTANCE_VIEW,
    SHARD_IDS,
    TAIL,
    Moment,
    Totals,
    add_account,
    add_claim,
    add_remittance,
    in_causal_order,
)
from shared.contracts import Message
from shared.decider import Decider, Fact, Scalar
from shared.runtime import Runtime
from shared.store.port import Key, Store

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

PAGE_ROWS = 50
SCAN_ROWS = 500
STALE_AFTER = timedelta(seconds=5)
"""Another process of the console may have written: without news of our own, totals are counted again after this."""


class Page(NamedTuple, Generic[S]):
    """One page of a list: rows by id, how many there are in all, and where the next page starts (None: no more)."""

    rows: tuple[tuple[str, S], ...]
    total: int
    next_after: str | None


async def page_of(
    store: Store, decider: Decider[S, M, F], tenant: str, where: Mapping[str, Scalar], after: str | None
) -> Page[S]:
    """A keyset page: it starts after an id, so the thousandth page costs what the first does."""
    found = await store.find(decider, tenant, where, after, PAGE_ROWS + 1)
    rows = tuple((key.id, state) for key, state in found[:PAGE_ROWS])
    return Page(rows, await store.count(decider, tenant, where), rows[-1][0] if len(found) > PAGE_ROWS else None)


async def view_of(store: Store, decider: Decider[S, M, F], tenant: str, id: str) -> S | None:
    """One view, or None where this tenant has none of this id."""
    key = Key(tenant, id)
    row = (await store.load(decider, (key,)))[key]
    return None if row.version == 0 else row.snapshot.state


async def newest_events(store: Store, tenant: str) -> list[Moment]:
    """The newest events of a tenant, newest first."""
    rows = await store.load(TAIL, [Key(tenant, shard) for shard in SHARD_IDS])
    moments = [moment for row in rows.values() for moment in row.snapshot.state.moments]
    return in_causal_order(moments)[::-1][:KEPT]


class Counted(NamedTuple):
    """Totals, how much the shell had handled when they were counted, and when."""

    totals: Totals
    handled: int
    at: datetime


class TotalsCounter:
    """Counts a tenant's totals from its views, once for everybody who looks at the same time."""

    def __init__(self, rest: timedelta) -> None:
        self._rest = rest
        self._counted: dict[str, Counted] = {}
        self._counting = asyncio.Lock()

    async def of(self, runtime: Runtime, tenant: str) -> Totals:
        """Totals of now, or of a moment ago."""
        async with self._counting:
            known = self._counted.get(tenant)
            handled, now = runtime.shell.handled, runtime.wall()
            if known is None or now - known.at >= (STALE_AFTER if known.handled == handled else self._rest):
                known = Counted(await count(runtime.store, tenant), handled, now)
                self._counted[tenant] = known
            return known.totals


async def count(store: Store, tenant: str) -> Totals:
    """Read every view of a tenant once and add it up. Exact: there is no second book that could drift."""
    totals = Totals()
    async for claim in _all(store, CLAIM_VIEW, tenant):
        add_claim(totals, claim)
    async for account in _all(store, ACCOUNT_VIEW, tenant):
        add_account(totals, account)
    async for remittance in _all(store, REMITTANCE_VIEW, tenant):
        add_remittance(totals, remittance)
    return totals


async def _all(store: Store, decider: Decider[S, Any, Any], tenant: str) -> AsyncIterator[S]:
    after: str | None = None
    while found := await store.find(decider, tenant, {}, after, SCAN_ROWS):
        for _, state in found:
            yield state
        after = found[-1][0].id
