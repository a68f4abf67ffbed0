"""The buckets of this process. They are kept in memory: N pods give a tenant N times its quota (ADR 9)."""

import math
from datetime import datetime, timedelta

from services.claims.core import INTAKE_FILE
from services.claims.quota import Bucket, Quota, QuotaBook, full, refilled, take
from shared.runtime import Runtime

TENANTS_MAX = 10_000


class Quotas:
    """Charges tenants. Every method takes the time, of a clock that goes on by itself."""

    def __init__(self, book: QuotaBook) -> None:
        self._book = book
        self._buckets: dict[str, Bucket] = {}

    def of(self, tenant: str, now: datetime) -> Quota:
        return self._book.of(tenant, now.date())

    def charge(self, tenant: str, claims: int, now: datetime) -> timedelta | None:
        """None when it was paid; else how long to wait until it can be, with nothing taken."""
        quota = self.of(tenant, now)
        bucket, wait = take(quota, self._buckets.get(tenant) or full(quota, now), now, claims)
        self._buckets[tenant] = bucket
        if len(self._buckets) > TENANTS_MAX:
            self._forget(now)
        return wait

    def wait_for(self, tenant: str, claims: int, now: datetime) -> timedelta:
        """How long until so many could be paid; nothing is taken. More than the burst are as many as the burst."""
        quota = self.of(tenant, now)
        bucket = self._buckets.get(tenant) or full(quota, now)
        return take(quota, bucket, now, min(claims, quota.burst_claims)).wait or timedelta(0)

    def _forget(self, now: datetime) -> None:
        """A full bucket says nothing that a new one would not."""
        for tenant, bucket in list(self._buckets.items()):
            quota = self.of(tenant, now)
            if refilled(quota, bucket, now).level == full(quota, now).level:
                del self._buckets[tenant]


def whole_seconds(wait: timedelta) -> int:
    """For `Retry-After`: never too early, never zero."""
    return max(1, math.ceil(wait.total_seconds()))


def quota_time(runtime: Runtime) -> datetime:
    """The clock, unless it is one that is moved by hand: a bucket must fill by itself."""
    return runtime.clock.now() if runtime.settings.clock_file is None else runtime.wall()


async def unread_room(runtime: Runtime, quotas: Quotas, tenant: str) -> int:
    """How many more files of a tenant may wait to be read; they are counted in the store, whoever took them."""
    unread = await runtime.store.count(INTAKE_FILE, tenant, {"status": "reading"})
    return max(quotas.of(tenant, quota_time(runtime)).files_unread - unread, 0)
