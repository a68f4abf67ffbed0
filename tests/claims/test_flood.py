"""A tenant sends a hundred times its share: how long the claims of another one wait, with it and without it.

Time is counted, not measured. What intake publishes is a log that the next service reads in order, so many records a
minute: a claim waits for everything that was let in before it, whoever sent it.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from shared.contracts.wire import header_map
from tests.claims.test_overload import GREEDY, MODEST, claim, serving
from tests.claims.world import NOW

SHARE = 2
MINUTES = 3
TIMES = 100
READ_A_MINUTE = 5 * SHARE
"""Records the next service handles, of which a claim is two: enough for both tenants' shares, not for a flood."""


class Day(NamedTuple):
    """What became of a few minutes: how many claims were let in, and how long each of the modest tenant's waited."""

    let_in: Counter[str]
    refused: Counter[str]
    waited_minutes: list[int]


class Reader:
    """The next service: takes the log from its beginning, and knows how far it is at the end of each minute."""

    def __init__(self, client: Any) -> None:
        self._records = client.world.bus.records
        self.read = 0
        self.read_in: dict[int, int] = {}

    def read_for(self, minute: int) -> None:
        upto = min(self.read + READ_A_MINUTE, len(self._records))
        self.read_in.update(dict.fromkeys(range(self.read, upto), minute))
        self.read = upto

    def tenants(self) -> list[str]:
        return [header_map(record.headers)["ce_tenant"] for record in self._records]


async def live(root: Path, *, flood: int, quota: int) -> Day:
    """Some minutes in which one tenant sends its share and the other `flood` claims each; then the log is read up."""
    async with serving(root, ("*", quota, quota, 10)) as client:
        reader, sent_in = Reader(client), list[int]()
        let_in, refused = Counter[str](), Counter[str]()
        for minute in range(MINUTES):
            client.world.clock.move(NOW + timedelta(minutes=minute))
            for n in range(SHARE):
                sending = [(GREEDY, n * flood // SHARE + m) for m in range(flood // SHARE)] + [(MODEST, n)]
                answers = await asyncio.gather(
                    *(
                        client.post("/claims", claim(minute * 10_000 + m), key=f"{minute}/{m}", tenant=tenant)
                        for tenant, m in sending
                    )
                )
                for (tenant, _), answer in zip(sending, answers, strict=True):
                    (let_in if answer.status_code == httpx.codes.CREATED else refused)[tenant] += 1
            sent_in += [minute] * (len(client.world.bus.records) - len(sent_in))
            reader.read_for(minute)
        last = MINUTES
        while reader.read < len(client.world.bus.records):
            reader.read_for(last)
            last += 1
        waited = [reader.read_in[place] - sent_in[place] for place, who in enumerate(reader.tenants()) if who == MODEST]
        return Day(let_in, refused, waited)


def folder(root: Path, name: str) -> Path:
    (root / name).mkdir()
    return root / name


async def test_a_flood_is_held_back_at_intake_and_nobody_else_waits_longer_for_it(tmp_path: Path) -> None:
    alone = await live(folder(tmp_path, "alone"), flood=0, quota=SHARE)
    flooded = await live(folder(tmp_path, "flooded"), flood=TIMES * SHARE, quota=SHARE)
    assert flooded.let_in == {GREEDY: MINUTES * SHARE, MODEST: MINUTES * SHARE}
    assert flooded.refused == {GREEDY: MINUTES * SHARE * (TIMES - 1)}
    assert flooded.waited_minutes == alone.waited_minutes


async def test_without_a_quota_everybody_would_wait_behind_the_flood(tmp_path: Path) -> None:
    """What the quota is for, and that the comparison would see it: a tenth of that flood, and no bound."""
    unbounded = await live(tmp_path, flood=TIMES * SHARE // 10, quota=10 * TIMES * SHARE)
    assert not unbounded.refused
    assert max(unbounded.waited_minutes) >= MINUTES
