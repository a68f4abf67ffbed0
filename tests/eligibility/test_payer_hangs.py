"""A payer hangs for an hour of virtual time: its own claims wait, and nobody else's does.

The service's own worker, connection, lines and backlog; the payers answer from memory, and an hour passes at once.
"""

import asyncio
from collections import deque
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import shared.worker
from services.eligibility.payer_gate import Backlog
from services.eligibility.payers import PayerConnection
from services.eligibility.settings import EligibilitySettings
from shared.identity import Individual, SubscriberIdentity, seal_model
from shared.worker import Worker
from tests.eligibility.test_check import AT, CHECK, received
from tests.shared.harness import WALL, Machine
from tests.shared.sealing import PlainSealer
from tests.shared.virtual_time import run_in_virtual_time

HOUR = 3600
DAY = 24 * HOUR
ALERT_SECONDS, REST_SECONDS, LATER_SECONDS = 1.0, 15.0, 30.0
"""How long the worker rests when nothing happens: as in the service at first, then less often, but within a lease."""
PLACES, PAGE, EACH = 20, 5, 2
"""The worker's places, how many it takes at once, and inquiries to one payer: a part of the real ones, to save time."""
EVERY = 240
"""Seconds between two claims of each payer."""
SPEAKS_SECONDS = 0.5
HANGS, QUICK = "HANGS", "QUICK"
CLAIMS = {HANGS: PLACES + HOUR // EVERY, QUICK: HOUR // EVERY}
IDENTITY = SubscriberIdentity(subscriber=Individual(last_name="QUILL", first_name="ADA"), member_id="M1")


class Clinic:
    """One process of the service and two payers."""

    def __init__(self, *, hangs: bool) -> None:
        self.machine, self.sealer, self.hangs = Machine(AT), PlainSealer(), hangs
        self.came, self.told = dict[str, float](), dict[str, float]()
        self.silences = 0
        settings = EligibilitySettings.model_construct(
            sandbox_url="http://payers", payer_inquiries_max=EACH, submitter_id="R"
        )
        self.payer_timeout, self.patience = settings.payer_timeout_seconds, settings.payer_patience_seconds
        machine = self.machine
        runtime: Any = SimpleNamespace(
            store=machine.store, shell=machine.shell, sealer=self.sealer, clock=machine.clock, log=machine.log
        )
        client = httpx.AsyncClient(base_url="http://payers", transport=httpx.MockTransport(self._answer))
        self.connection = PayerConnection(runtime, settings, client)
        self.backlog = Backlog(runtime, self.connection.gate, {CHECK.kind: (CHECK, self.connection.resume)})
        self.worker = Worker(
            machine.shell, CHECK, self.connection.performers(), machine.clock, machine.clock.wall, machine.log, "w"
        )
        self._numbers = iter(range(10_000))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        payer = HANGS if HANGS.encode() in request.content else QUICK
        if payer == HANGS and self.hangs and self.now() < HOUR:
            self.silences += 1
            await asyncio.sleep(self.payer_timeout)
            raise httpx.ReadTimeout("nothing came", request=request)
        await asyncio.sleep(SPEAKS_SECONDS)
        return httpx.Response(200, content=b"no 271 at all")

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def receive(self, payer: str, count: int) -> None:
        sealed = await seal_model(self.sealer, "lakeside", "acct", IDENTITY)
        names = [f"{payer}_{next(self._numbers)}" for _ in range(count)]
        claims = [
            received(name).model_copy(update={"account_id": name, "payer_id": payer, "sealed_subscriber": sealed})
            for name in names
        ]
        self.came |= dict.fromkeys(names, self.now())
        await self.machine.shell.transact(CHECK, claims)

    async def live(self) -> None:
        """As the service's loops do, until every claim knows; a claim to each payer every four minutes."""
        due = deque(range(0, HOUR, EVERY))
        while due or len(self.told) < sum(CLAIMS.values()):
            assert self.now() < DAY, "a claim waits for ever"
            self.machine.clock.time = AT + timedelta(seconds=self.now())
            self.machine.clock.wall_time = WALL + timedelta(seconds=self.now())
            if due and due[0] <= self.now():
                due.popleft()
                await self.receive(HANGS, 1)
                await self.receive(QUICK, 1)
            await self.backlog.step()
            started = await self.worker.tick()
            self.listen()
            if not started:
                rest = ALERT_SECONDS if self.now() < EVERY else REST_SECONDS if self.now() < HOUR else LATER_SECONDS
                await self.worker.wait(min([rest, *[at - self.now() for at in list(due)[:1]]]))
        await self.worker.stop()

    def listen(self) -> None:
        """Note when a claim was told what came of its inquiry: an answer, or that there was none."""
        for record in self.machine.bus.records[len(self.told) :]:
            name = record.key.decode().rpartition("/")[2]
            assert name not in self.told, "a claim was told twice"
            self.told[name] = self.now()

    def waited(self, payer: str) -> list[float]:
        """Seconds that each of a payer's claims waited, in the order they came."""
        return [self.told[name] - at for name, at in self.came.items() if name.startswith(payer)]


async def an_hour(*, hangs: bool) -> Clinic:
    """A burst that fills every place of the worker, and the hour."""
    clinic = Clinic(hangs=hangs)
    await clinic.receive(HANGS, PLACES)
    await clinic.live()
    assert clinic.told.keys() == clinic.came.keys()
    return clinic


def test_a_payer_that_hangs_for_an_hour_delays_only_its_own_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.worker, "IN_FLIGHT_MAX", PLACES)
    monkeypatch.setattr(shared.worker, "PAGE", PAGE)
    well, hanging = (run_in_virtual_time(an_hour(hangs=hangs)) for hangs in (False, True))
    assert well.silences == 0
    assert 0 < hanging.silences < CLAIMS[HANGS] * 2, "it is not asked over and over"
    assert max(well.waited(HANGS)) < PLACES
    assert min(hanging.waited(HANGS)) > EVERY, "its own claims wait"
    (first_well, *others_well), (first, *others) = well.waited(QUICK), hanging.waited(QUICK)
    assert others == others_well == [SPEAKS_SECONDS] * (CLAIMS[QUICK] - 1), "nobody else's do"
    assert first <= first_well + hanging.patience + 2 * ALERT_SECONDS, "but until it is known to say nothing"
