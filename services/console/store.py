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

LONG = timedelta(seconds=1)
"""Whoever looks waits for a count that takes no longer than that; a longer one is made beside the page."""
RESTS = 20
"""A long count is made again after this many times as long as it took."""
FLOW = timedelta(hours=1)
"""What came within this time is what flows."""
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
    """Totals, how much the shell had handled when they were counted, when, and how long that took."""

    totals: Totals
    handled: int
    at: datetime
    took: timedelta = timedelta()


class TotalsCounter:
    """Counts a tenant's totals from its views, once for everybody who looks at the same time."""

    def __init__(self, rest: timedelta) -> None:
        self._rest = rest
        self._counted: dict[str, Counted] = {}
        self._counting = asyncio.Lock()
        self._task: asyncio.Task[Counted] | None = None

    async def of(self, runtime: Runtime, tenant: str) -> Totals:
        """Totals of now, or of a moment ago; of some time ago where counting takes long, and made anew meanwhile."""
        known = self._counted.get(tenant)
        if known is not None and known.took > LONG:
            if runtime.wall() - known.at > RESTS * known.took and not self._counting.locked():
                self._task = asyncio.create_task(self._count(runtime, tenant))
            return known.totals
        return (await self._count(runtime, tenant)).totals

    async def _count(self, runtime: Runtime, tenant: str) -> Counted:
        async with self._counting:
            known = self._counted.get(tenant)
            handled, now = runtime.shell.handled, runtime.wall()
            if known is None or now - known.at >= (STALE_AFTER if known.handled == handled else self._rest):
                totals = await count(runtime.store, tenant, runtime.clock.now() - FLOW)
                known = Counted(totals, handled, now, runtime.wall() - now)
                self._counted[tenant] = known
            return known


async def count(store: Store, tenant: str, since: datetime | None = None) -> Totals:
    """Read every view of a tenant once and add it up. Exact: there is no second book that could drift.

    Events after `since` are what flows.
    """
    totals = Totals(since=since)
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
