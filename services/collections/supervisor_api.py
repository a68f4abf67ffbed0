"""HTTP of collectors' lists: what comes first, who works on what, what waits for approval, and who did how much."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Self, get_args

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import model_validator

from services.collections.api import Accounts, Limit, Reader, Status
from services.collections.books import Books
from services.collections.core import Account
from services.collections.productivity import Done, Productivity
from services.collections.work_views import shown_item
from shared.decider import Scalar
from shared.http import Body, Run, running_of
from shared.runtime import Runtime
from shared.store.port import Key

supervising = APIRouter()
PAGE = 200
OWNED_MAX, TOUCHED_MAX = 5_000, 2_000
"""So many accounts are read for one answer; where there are more, the answer says that it is not complete."""
DAYS_MAX = 92
WEEK, MONTH = 7, 30
APPROVALS: tuple[tuple[str, str, Mapping[str, Scalar], str], ...] = (
    ("review", "collection", {"status": "review"}, "/accounts?status=review"),
    ("plan", "collection", {"plan_waits": True}, "/plans/waiting"),
    ("assistance", "assistance", {"status": "waiting"}, "/assistance?status=waiting"),
    ("suit", "legal_case", {"status": "proposed"}, "/legal-cases?status=proposed"),
)
"""What waits for another person's word: what it is called, of which kind of aggregate it is, and where it is listed."""
Name = Annotated[str | None, Query(min_length=1, max_length=100)]


class Filters(Body):
    """Which accounts: of a queue, of a collector, or only those that nobody has taken; a page after a cursor."""

    queue: Name = None
    owner: Name = None
    free: bool = False
    after: Annotated[str | None, Query(pattern=r"^\d+:.*$", max_length=120)] = None
    limit: Limit = 50

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if self.owner is not None and (self.queue is not None or self.free):
            msg = "filter by owner, or by queue and free"
            raise ValueError(msg)
        return self


@supervising.get("/collector-work")
async def work_list(
    run: Run, caller: Reader, accounts: Accounts, books: Books, asked: Annotated[Filters, Query()]
) -> dict[str, Any]:
    """Accounts that wait for a person, by band, the first to be worked first, and by account within a band.

    `free` leaves out what somebody has taken. `next` is the cursor of the following page (`after`), null at the end.
    """
    first, _, last_id = (asked.after or "0:").partition(":")
    rows = list[Account]()
    for band in books.work.bands():
        if band < int(first) or len(rows) > asked.limit:
            continue
        start = last_id or None if band == int(first) else None
        found = await run.store.find(accounts, caller.tenant, _where(asked, band), start, asked.limit + 1 - len(rows))
        rows += [account for _, account in found]
    shown = [shown_item(books.work, account) for account in rows[: asked.limit]]
    more = len(rows) > asked.limit
    return {"items": shown, "next": f"{shown[-1]['band']}:{shown[-1]['account_id']}" if more else None}


def _where(asked: Filters, band: int) -> Mapping[str, Scalar]:
    """One index value says it all: a query by two would look through all of one."""
    if asked.owner is not None:
        return {"owner_band": f"{asked.owner}:{band}"}
    if asked.queue is not None:
        return {"free_queue_band" if asked.free else "queue_band": f"{asked.queue}:{band}"}
    return {"free_band" if asked.free else "band": band}


@supervising.get("/collector-work/summary")
async def summary(request: Request, run: Run, caller: Reader, accounts: Accounts, books: Books) -> dict[str, Any]:
    """Queues by band, accounts by collector and how long they have had them, statuses, and what waits for approval."""
    tenant, today = caller.tenant, run.clock.now().date()
    queues = list[dict[str, Any]]()
    for queue in books.work.queues():
        for band in books.work.bands():
            count = await run.store.count(accounts, tenant, {"queue_band": f"{queue}:{band}"})
            if count:
                free = await run.store.count(accounts, tenant, {"free_queue_band": f"{queue}:{band}"})
                queues.append({"queue": queue, "band": band, "accounts": count, "free": free})
    owned = [one async for one in _pages(run, accounts, tenant, "owned", (True,), OWNED_MAX)]
    statuses = {name: await run.store.count(accounts, tenant, {"status": name}) for name in get_args(Status)}
    kinds = {one.kind: one for one in running_of(request).spec.deciders}
    waiting = [
        {"what": what, "waiting": await run.store.count(kinds[kind], tenant, where), "where": path}
        for what, kind, where, path in APPROVALS
    ]
    return {
        "queues": queues,
        "collectors": _collectors(owned, today),
        "complete": len(owned) < OWNED_MAX,
        "aging": [{"status": name, "accounts": count} for name, count in statuses.items() if count],
        "approvals": waiting,
    }


def _collectors(owned: Sequence[Account], today: date) -> list[dict[str, Any]]:
    """Whoever has accounts: how many, what is owed on them, and for how many days they have had them."""
    rows = dict[str, dict[str, Any]]()
    for account in owned:
        desk = account.desk
        row = rows.setdefault(
            desk.owner,
            {"owner": desk.owner, "accounts": 0, "owed_cents": 0, "promises_open": 0, "held": Counter[str]()},
        )
        days = 0 if desk.owned_since is None else (today - desk.owned_since).days
        row["accounts"] += 1
        row["owed_cents"] += max(0, account.owed_cents)
        row["promises_open"] += desk.promise is not None
        row["held"]["week" if days <= WEEK else "month" if days <= MONTH else "longer"] += 1
    return [rows[name] for name in sorted(rows)]


@supervising.get("/collector-work/productivity")
async def productivity(
    run: Run, caller: Reader, accounts: Accounts, books: Books, *, from_on: date, until_on: date, owner: Name = None
) -> dict[str, Any]:
    """What collectors did, by collector and day. `complete` is false where more accounts were touched than are read."""
    if not 0 <= (until_on - from_on).days < DAYS_MAX:
        raise HTTPException(422, f"until_on: from from_on on, and {DAYS_MAX} days at most")
    today = run.clock.now().date()
    credited_days = books.work.on(caller.tenant, today).credited_days
    counted, read = Productivity(credited_days, from_on, until_on), 0
    months = _months(from_on.year * 12 + from_on.month - 1, today)
    async for account in _pages(run, accounts, caller.tenant, "touched", months, TOUCHED_MAX):
        read += 1
        counted.count(await run.store.history(accounts, Key(caller.tenant, account.account_id)))
    rows = [_shown(by, on, done) for (by, on), done in sorted(counted.days.items()) if owner in {None, by}]
    return {"days": rows, "credited_days": credited_days, "complete": read < TOUCHED_MAX}


def _months(first: int, today: date) -> tuple[str, ...]:
    """Months from one on until today's: an account is found by the last month in which somebody had to do with it."""
    last = today.year * 12 + today.month - 1
    return tuple(f"{month // 12}-{month % 12 + 1:02}" for month in range(first, max(first, last) + 1))


def _shown(by: str, on: date, done: Done) -> dict[str, Any]:
    return {
        "collector": by,
        "on": on,
        "contacts": done.contacts,
        "spoken": done.spoken,
        "promises": done.promises,
        "kept": done.kept,
        "not_kept": done.not_kept,
        "kept_rate_bps": done.kept_rate_bps,
        "collected_cents": done.collected_cents,
        "notes": done.notes,
        "complaints_answered": done.complaints_answered,
    }


async def _pages(
    run: Runtime, accounts: Accounts, tenant: str, name: str, values: tuple[Scalar, ...], most: int
) -> AsyncIterator[Account]:
    """Accounts whose index value is one of these, by id, so many at most."""
    after, left = None, most
    while left:
        found = await run.store.find_among(accounts, tenant, name, values, after, min(PAGE, left))
        for _, account in found:
            yield account
        if len(found) < min(PAGE, left):
            return
        after, left = found[-1][0].id, left - len(found)
