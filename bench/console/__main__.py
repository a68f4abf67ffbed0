"""python -m bench.console: how long the console's server takes for a page of a work list, with very many claims in it.

Claims' views are written into a real store as the console writes them; pages are asked of the whole application, from
the request to the last byte, with nothing between. The claims service, which says who has what, answers at once.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from bench.flow.servers import serving, stores
from services.console.core import CLAIM_VIEW, ClaimView, Moment
from services.console.ordered import Cursor
from shared.decider import Snapshot
from shared.store.connect import connect, disconnect
from shared.store.documents import fields_of, outbox_of
from shared.store.mongo import MongoStore
from shared.store.places import rank_of
from shared.store.port import Key, Write
from tests.console.desk import Desk, make_desk

TENANT = "lakeside"
BATCH = 1_000
AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
PAYERS = 40
STATUSES = ("held",) * 6 + ("denied",) * 3 + ("paid",)
STEPS = ("claim.received.v1", "claim.submitted.v1", "claim.accepted.v1", "claim.denied.v1")
TARGET_MS = 150
PAGES = 20
WARM = "the first look ever"
LISTS = (
    "/work/held",
    "/work/held?sort=-amount",
    "/work/held?sort=deadline",
    "/work/held?payer=PAYER7",
    "/work/denials",
)
"""Looked at once, so that the console learns where they begin: it keeps that for all its processes."""


class Asked(NamedTuple):
    """One kind of page, and how long each of several of its answers took. Milliseconds."""

    what: str
    first_ms: float
    others_ms: list[float]
    rows: int


def view_of(n: int, chance: Random) -> ClaimView:
    """A claim with a short story; six of ten are held, three denied."""
    status: Any = STATUSES[chance.randrange(len(STATUSES))]
    at = AT - timedelta(minutes=chance.randrange(500_000))
    moments = tuple(
        Moment(
            at=at + timedelta(minutes=step),
            service="claims",
            type=type_,
            subject=f"claim/clm_{n:07}",
            sequence=step + 1,
            event_id=UUID(int=n * 10 + step),
            actor="system",
            text="What happened to the claim, in a sentence as long as they are",
            cents=100_00,
        )
        for step, type_ in enumerate(STEPS)
    )
    return ClaimView(
        account_id=f"acct_{n // 3:07}",
        status=status,
        status_at=at,
        reached=(status,),
        payer_id=f"PAYER{chance.randrange(PAYERS)}",
        patient_control_number=f"PCN{n}",
        charge_cents=chance.randrange(1_00, 5_000_00),
        denied_cents=chance.randrange(1_00, 5_000_00),
        reasons=("Correct the provider's NPI (billing.npi)",),
        filing_deadline_on=date(2026, 7, 1) + timedelta(days=chance.randrange(365)) if n % 2 else None,
        work_until=date(2026, 7, 1) + timedelta(days=chance.randrange(180)),
        moments=moments,
    )


def documents(claims: int) -> Iterator[list[dict[str, Any]]]:
    """The views as the store keeps them, by the thousand."""
    chance = Random(7)
    for first in range(0, claims, BATCH):
        batch: list[dict[str, Any]] = []
        for n in range(first, min(first + BATCH, claims)):
            key = Key(TENANT, f"clm_{n:07}")
            write = Write(key, 0, Snapshot(view_of(n, chance), 4), outbox=())
            batch.append({"_id": str(key), **fields_of(CLAIM_VIEW, write), **outbox_of(write), "effects": {}})
        yield batch


def at_once(request: httpx.Request) -> httpx.Response:
    """The claims service: nobody has anything."""
    return httpx.Response(200, json={"items": [], "next": None} if "work-items" in request.url.path else [])


@asynccontextmanager
async def console_on(store: MongoStore) -> AsyncGenerator[Desk]:
    """The whole console application, on this store."""
    with tempfile.TemporaryDirectory(prefix="revcycle-bench-") as folder:
        transport = httpx.MockTransport(at_once)
        desk = make_desk(Path(folder), lambda url: httpx.AsyncClient(transport=transport, base_url=url))
        desk.running.runtime = replace(desk.running.runtime, store=store)
        yield desk
        await desk.close()


async def ask(browser: httpx.AsyncClient, what: str, path: str, *, pages: int = PAGES) -> Asked:
    """The first page of a list, then those after it."""
    took: list[float] = []
    rows = 0
    for _ in range(pages + 1):
        began = time.perf_counter()
        answer = await browser.get(path)
        took.append(1000 * (time.perf_counter() - began))
        answer.raise_for_status()
        rows += answer.text.count("data-row")
        following = answer.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        if 'rel="next"' not in answer.text:
            break
        path = following.replace("&amp;", "&")
    return Asked(what, took[0], sorted(took[1:]), rows)


async def measure(url: str, claims: int) -> list[Asked]:
    client = connect(url)
    try:
        store = MongoStore(client["revcycle_console"])
        await store.prepare([CLAIM_VIEW])
        began = time.perf_counter()
        for batch in documents(claims):
            await client["revcycle_console"][CLAIM_VIEW.kind].insert_many(batch, ordered=False)
        print(f"{claims:,} claims were written in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        async with console_on(store) as desk:
            browser = desk.browser()
            middle = Cursor(rank_of(2_500_00, "clm"), "clm")
            return [
                *[await ask(browser, f"{WARM}: {path}", path, pages=0) for path in LISTS],
                await ask(browser, "held, by when they were held", "/work/held"),
                await ask(browser, "held, the largest first", "/work/held?sort=-amount"),
                await ask(browser, "held, from the middle of the amounts on", f"/work/held?sort=amount&after={middle}"),
                await ask(browser, "held, by the filing deadline", "/work/held?sort=deadline"),
                await ask(browser, "held, of one payer", "/work/held?payer=PAYER7"),
                await ask(browser, "denials, the largest first", "/work/denials"),
            ]
    finally:
        await disconnect(client)


def show(found: list[Asked], claims: int, kind: str) -> None:
    table = Table(title=f"{claims:,} claims on the store {kind}: server time of a page of 50 rows, ms")
    for heading in ("List", "first", "median of next", "slowest of next", "rows seen"):
        table.add_column(heading, justify="left" if heading == "List" else "right")
    for one in found:
        others = one.others_ms or [one.first_ms]
        row = (one.first_ms, others[len(others) // 2], others[-1])
        table.add_row(one.what, *(f"{ms:.0f}" for ms in row), str(one.rows))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--store", choices=[kind for kind in stores() if kind != "free"], default=stores()[1])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with serving(given.store) as (_, url):
        found = asyncio.run(measure(url, given.claims))
    if given.json:
        print(json.dumps([one._asdict() for one in found]))
    else:
        show(found, given.claims, given.store)
    late = [one.what for one in found if one.first_ms > TARGET_MS and not one.what.startswith(WARM)]
    print(f"Over {TARGET_MS} ms: {', '.join(late) or 'none'}", file=sys.stderr)


if __name__ == "__main__":
    main()
